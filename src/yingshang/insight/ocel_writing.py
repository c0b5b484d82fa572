"""Writing OCEL 2.0, piece by piece, here as JSON: a case and its units are the objects, and events are about both."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from yingshang.insight import due, moments
from yingshang.insight.rows import Attribute, CaseRow, EventRow

_NUMBERS: dict[str, Callable[[str], Any]] = {
    "int": int, "float": float, "boolean": lambda text: text.strip().lower() in ("true", "1"),
}  # fmt: skip
_TYPES = {"int": "integer", "float": "float", "boolean": "boolean", "date": "time"}
#: Columns of events and what they are called as attributes.
_EVENT = (
    ("resource", "resource"),
    ("unit", "unit"),
    ("lifecycle", "lifecycle"),
    ("instance", "instance"),
    ("step", "element"),
)


def write(cases: Callable[[], Iterable[CaseRow]], activities: Iterable[str]) -> Iterator[str]:
    """The log as OCEL 2.0 in JSON. Events without a time are left out, since it knows none.

    Args:
        cases: gives the cases anew each time it is called: events come first, then objects, and neither is held.
        activities: all names of activities, which are the types of events.
    """
    log = Log(cases, activities)
    yield f'{{"objectTypes":{_json(log.object_types)},"eventTypes":{_json(log.event_types)},"events":['
    yield from _listed(log.events())
    yield '],"objects":['
    yield from _listed(log.objects())
    yield "]}"


class Log:
    """The parts of a log as OCEL 2.0 has them, whatever they are written as.

    Attributes:
        object_types, event_types: with the attributes that occur; one whose values are of several types is text.
    """

    def __init__(self, cases: Callable[[], Iterable[CaseRow]], activities: Iterable[str]) -> None:
        self._cases = cases
        self._units: dict[str, None] = {}
        types, of_cases = self._known()
        self.event_types: list[dict[str, Any]] = [{"name": a, "attributes": types} for a in activities]
        self.object_types: list[dict[str, Any]] = [
            {"name": "case", "attributes": of_cases},
            {"name": "unit", "attributes": []},
        ]

    def events(self) -> Iterator[dict[str, Any]]:
        """The events that have a time."""
        number = 0
        for key, case in _named(self._cases()):
            for event in case.events:
                if event.time is not None:
                    number += 1
                    yield _event(event, f"e{number}", key)

    def objects(self) -> Iterator[dict[str, Any]]:
        """The cases, and the units."""
        for key, case in _named(self._cases()):
            yield _object(case, key)
        for unit in self._units:
            yield {"id": f"unit:{unit}", "type": "unit", "attributes": [], "relationships": []}

    def _known(self) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        events: dict[str, str] = {name: "string" for _field, name in _EVENT}
        events |= {"begun": "time", "due": "time", "cost": "float"}
        held: dict[str, str] = {"closed": "time", "deadline": "time", "ended": "boolean"}
        for case in self._cases():
            for attributes, known in ((case.attributes, held), *((e.attributes, events) for e in case.events)):
                for kind, key, _value, _children in attributes:
                    told = _TYPES.get(kind, "string")
                    if known.setdefault(key, told) != told:
                        known[key] = "string"
            self._units.update(dict.fromkeys(e.unit for e in case.events if e.unit and e.time is not None))
        return _typed(events), _typed(held)


def _listed(things: Iterable[dict[str, Any]]) -> Iterator[str]:
    for n, thing in enumerate(things):
        yield ("," if n else "") + _json(thing)


def _typed(known: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in known.items()]


def _named(cases: Iterable[CaseRow]) -> Iterator[tuple[str, CaseRow]]:
    """The cases with an id each, the same ids every time: a name that comes again gets the number of its place."""
    seen: set[str] = set()
    for n, case in enumerate(cases):
        key = f"case:{case.name or f'#{n + 1}'}"
        while key in seen:
            key = f"{key}#{n + 1}"
        seen.add(key)
        yield key, case


def _event(event: EventRow, key: str, case: str) -> dict[str, Any]:
    assert event.time is not None
    told = {name: getattr(event, column) for column, name in _EVENT if getattr(event, column)}
    if event.begun is not None:
        told["begun"] = moments.text(event.begun)
    if event.cost is not None:
        told["cost"] = event.cost
    if event.due is not None and not any(due.of_event(a[1]) for a in event.attributes):
        told["due"] = moments.text(event.due)
    told |= _values(event.attributes)
    related = [{"objectId": case, "qualifier": "of"}]
    if event.unit:
        related.append({"objectId": f"unit:{event.unit}", "qualifier": "by"})
    return {
        "id": key,
        "type": event.activity,
        "time": moments.text(event.time),
        "attributes": [{"name": n, "value": v} for n, v in told.items()],
        "relationships": related,
    }


def _object(case: CaseRow, key: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if case.due is not None and not any(due.of_case(a[1]) for a in case.attributes):
        told["deadline"] = moments.text(case.due)
    if case.closed is not None and not any(due.closes(a[1]) for a in case.attributes):
        told["closed"] = moments.text(case.closed)
    if case.ended is not None:
        told["ended"] = case.ended
    told |= _values(case.attributes)
    start = min((e.time for e in case.events if e.time is not None), default=0)
    at = moments.text(start)
    return {
        "id": key,
        "type": "case",
        "attributes": [{"name": n, "time": at, "value": v} for n, v in told.items()],
        "relationships": [],
    }


def _values(attributes: list[Attribute]) -> dict[str, Any]:
    return {key: _value(kind, value) for kind, key, value, _children in attributes}


def _value(kind: str, text: str) -> Any:
    value = _NUMBERS[kind](text) if kind in _NUMBERS else text
    # JSON has no infinity.
    return text if isinstance(value, float) and not math.isfinite(value) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
