"""Event logs for process mining: XES (IEEE 1849) and OCEL 2.0, written as streams of any length.

One trace is a case, one event an entry of its timeline. Names of people and what they wrote are left out: who acted is
told as the unit or the enterprise, so that a log can leave the house.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime

from yingshang.cases.models import CaseQuerySet, Event
from yingshang.insight import moments, xes_writing
from yingshang.insight.rows import Attribute, CaseRow, EventRow

CHUNK = 1_000
_EVENT = ("id", "case_id", "seq", "at", "kind", "actor_id", "actor__kind", "data")
_CASE = ("pk", "number", "scenario", "service", "channel", "status", "category__code", "lead_unit__code",
         "street__code", "opened_at", "closed_at", "solved", "level", "overdue", "business__uscc")  # fmt: skip


def _cases(cases: CaseQuerySet) -> Iterator[list[dict[str, Any]]]:
    """The cases in chunks by key, so that a log of a million cases is never one query's result."""
    last = 0
    while chunk := list(cases.filter(pk__gt=last).order_by("pk").values(*_CASE)[:CHUNK]):
        yield chunk
        last = chunk[-1]["pk"]


def _events(chunk: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {c["pk"]: [] for c in chunk}
    for event in Event.objects.filter(case_id__in=list(found)).order_by("case_id", "seq").values(*_EVENT):
        found[event["case_id"]].append(event)
    return found


def _resource(event: dict[str, Any]) -> str:
    if event["actor_id"] is None:
        return "system"
    return "enterprise" if event["actor__kind"] == "enterprise" else str(event["data"].get("unit") or "official")


def _time(at: datetime) -> str:
    return localtime(at).isoformat(timespec="milliseconds")


# --- XES ---------------------------------------------------------------------------------------------------------------


def xes(cases: CaseQuerySet) -> Iterator[str]:
    """The log of these cases as XES 2.0, piece by piece."""
    yield from xes_writing.write(_rows(cases))


def _rows(cases: CaseQuerySet) -> Iterator[CaseRow]:
    for chunk in _cases(cases):
        events = _events(chunk)
        for case in chunk:
            yield CaseRow(case["number"], [_row(e) for e in events[case["pk"]]], attributes=_attributes(case))


def _row(e: dict[str, Any]) -> EventRow:
    at = moments.of(e["at"])
    return EventRow(e["kind"], at, _resource(e), lifecycle="complete", attributes=[("int", "seq", str(e["seq"]), [])])


def _attributes(case: dict[str, Any]) -> list[Attribute]:
    fields = ("scenario", "service", "channel", "status", "category__code", "lead_unit__code", "street__code")
    told: list[Attribute] = [("string", f.removesuffix("__code"), str(case[f]), []) for f in fields if case[f]]
    told.append(("int", "level", str(case["level"]), []))
    told.append(("boolean", "overdue", str(case["overdue"]).lower(), []))
    return told


# --- OCEL 2.0 -----------------------------------------------------------------------------------------------------------

_ATTRIBUTES = {
    "case": ["scenario", "service", "channel", "status", "category"],
    "unit": ["code"],
    "business": ["uscc"],
}


def ocel(cases: CaseQuerySet) -> Iterator[str]:
    """The same as OCEL 2.0 JSON: events related to their case, its lead unit and its business; objects once each."""
    kinds = sorted(
        Event.objects.filter(case__in=cases.values("pk")).order_by().values_list("kind", flat=True).distinct()
    )
    types = [
        {"name": name, "attributes": [{"name": a, "type": "string"} for a in attributes]}
        for name, attributes in _ATTRIBUTES.items()
    ]
    event_types = [{"name": k, "attributes": [{"name": "resource", "type": "string"}]} for k in kinds]
    yield f'{{"objectTypes":{_json(types)},"eventTypes":{_json(event_types)},"events":['
    first = True
    for chunk in _cases(cases):
        events = _events(chunk)
        for case in chunk:
            for e in events[case["pk"]]:
                yield ("" if first else ",") + _json(_ocel_event(case, e))
                first = False
    yield '],"objects":['
    first, seen = True, set()
    for chunk in _cases(cases):
        for case in chunk:
            for thing in _objects(case):
                if thing["type"] == "case" or thing["id"] not in seen:
                    if thing["type"] != "case":
                        seen.add(thing["id"])
                    yield ("" if first else ",") + _json(thing)
                    first = False
    yield "]}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _ocel_event(case: dict[str, Any], e: dict[str, Any]) -> dict[str, Any]:
    related = [{"objectId": f"case:{case['number']}", "qualifier": "of"}]
    if case["lead_unit__code"]:
        related.append({"objectId": f"unit:{case['lead_unit__code']}", "qualifier": "lead"})
    if case["business__uscc"]:
        related.append({"objectId": f"business:{case['business__uscc']}", "qualifier": "asked by"})
    return {
        "id": f"event:{e['id']}",
        "type": e["kind"],
        "time": _time(e["at"]),
        "attributes": [{"name": "resource", "value": _resource(e)}],
        "relationships": related,
    }


def _objects(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    opened = _time(case["opened_at"])

    def thing(kind: str, key: str, values: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": f"{kind}:{key}",
            "type": kind,
            "attributes": [{"name": n, "time": opened, "value": str(v or "")} for n, v in values.items()],
            "relationships": [],
        }

    yield thing(
        "case", case["number"], {a: case["category__code" if a == "category" else a] for a in _ATTRIBUTES["case"]}
    )
    if case["lead_unit__code"]:
        yield thing("unit", case["lead_unit__code"], {"code": case["lead_unit__code"]})
    if case["business__uscc"]:
        yield thing("business", case["business__uscc"], {"uscc": case["business__uscc"]})
