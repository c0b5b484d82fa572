"""Writing OCEL 2.0 as XML, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from yingshang.insight import ocel_writing
from yingshang.insight.rows import CaseRow
from yingshang.insight.xml_text import attribute, content


def write(cases: Callable[[], Iterable[CaseRow]], activities: Iterable[str]) -> Iterator[str]:
    """The log as OCEL 2.0; see :func:`ocel_writing.write`. Objects come before the events that are about them."""
    log = ocel_writing.Log(cases, activities)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<log>\n'
    for part, types in (("object", log.object_types), ("event", log.event_types)):
        yield f"<{part}-types>\n" + "".join(_type(part, t) for t in types) + f"</{part}-types>\n"
    yield "<objects>\n"
    for thing in log.objects():
        yield f"<object id={attribute(thing['id'])} type={attribute(thing['type'])}>{_attributes(thing)}</object>\n"
    yield "</objects>\n<events>\n"
    for event in log.events():
        head = " ".join(f"{key}={attribute(event[key])}" for key in ("id", "type", "time"))
        about = "".join(
            f"<relationship object-id={attribute(r['objectId'])} qualifier={attribute(r['qualifier'])}/>"
            for r in event["relationships"]
        )
        yield f"<event {head}>{_attributes(event)}<objects>{about}</objects></event>\n"
    yield "</events>\n</log>\n"


def _type(part: str, told: dict[str, Any]) -> str:
    known = "".join(f"<attribute name={attribute(a['name'])} type={attribute(a['type'])}/>" for a in told["attributes"])
    return f"<{part}-type name={attribute(told['name'])}><attributes>{known}</attributes></{part}-type>\n"


def _attributes(thing: dict[str, Any]) -> str:
    return "<attributes>" + "".join(_value(a) for a in thing["attributes"]) + "</attributes>"


def _value(told: dict[str, Any]) -> str:
    value = told["value"]
    text = str(value).lower() if isinstance(value, bool) else str(value)
    at = f" time={attribute(told['time'])}" if "time" in told else ""
    return f"<attribute name={attribute(told['name'])}{at}>{content(text)}</attribute>"
