"""Writing XES (IEEE 1849), piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from yingshang.insight import due, moments
from yingshang.insight.rows import Attribute, CaseRow, EventRow
from yingshang.insight.xml_text import attribute as quoted

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<log xes.version="2.0" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/">\n'
    '<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>\n'
    '<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>\n'
    '<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>\n'
    '<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>\n'
)
_GLOBALS = (
    '<global scope="trace"><string key="concept:name" value=""/></global>\n'
    '<global scope="event"><string key="concept:name" value=""/>'
    '<date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>'
    '<string key="lifecycle:transition" value="complete"/></global>\n'
)
_CLASSIFIER = '<classifier name="Activity" keys="concept:name"/>\n'


def write(cases: Iterable[CaseRow], *, whole: bool = True) -> Iterator[str]:
    """The log of these cases; one piece a case.

    Args:
        whole: every event has a name, a time and a transition, and the log may say so.
    """
    yield _HEAD + (_GLOBALS if whole else "") + _CLASSIFIER
    for case in cases:
        yield _trace(case)
    yield "</log>\n"


def _trace(case: CaseRow) -> str:
    told = {a[1] for a in case.attributes}
    parts = ["<trace>"]
    if case.name and "concept:name" not in told:
        parts.append(_string("concept:name", case.name))
    if case.due is not None and not any(map(due.of_case, told)):
        parts.append(_date("deadline", case.due))
    if case.closed is not None and not any(map(due.closes, told)):
        parts.append(_date("enddate", case.closed))
    if case.ended is not None and "ys:ended" not in told:
        parts.append(f'<boolean key="ys:ended" value="{str(case.ended).lower()}"/>')
    parts += [_attribute(a) for a in case.attributes]
    parts += [_event(e) for e in with_beginnings(case.events)]
    parts.append("</trace>\n")
    return "".join(parts)


def with_beginnings(events: list[EventRow]) -> list[EventRow]:
    """The events with one of transition ``start`` for each whose work is known to have begun, in the order of time."""
    found: list[EventRow] = []
    for event in events:
        if event.begun is not None:
            start = EventRow(event.activity, event.begun, event.resource, event.unit, "start", event.instance)
            place = next((i for i, e in enumerate(found) if e.time is not None and e.time > event.begun), len(found))
            found.insert(place, start)
        found.append(event)
    return found


def _event(event: EventRow) -> str:
    told = {a[1] for a in event.attributes}
    parts = ["<event>"]

    def say(key: str, value: str) -> None:
        if value and key not in told:
            parts.append(_string(key, value))

    say("concept:name", event.activity)
    if event.time is not None and "time:timestamp" not in told:
        parts.append(_date("time:timestamp", event.time))
    say("org:resource", event.resource)
    say("org:group", event.unit)
    say("lifecycle:transition", event.lifecycle)
    say("concept:instance", event.instance)
    if event.cost is not None and "cost:total" not in told:
        parts.append(f'<float key="cost:total" value="{event.cost!r}"/>')
    if event.due is not None and not any(map(due.of_event, told)):
        parts.append(_date("dueDate", event.due))
    say("ys:element", event.step)
    parts += [_attribute(a) for a in event.attributes]
    parts.append("</event>")
    return "".join(parts)


def _string(key: str, value: object) -> str:
    return f"<string key={quoted(key)} value={quoted(value)}/>"


def _date(key: str, moment: int) -> str:
    return f'<date key="{key}" value="{moments.text(moment)}"/>'


def _attribute(attribute: Attribute) -> str:
    kind, key, value, children = attribute
    said = "" if kind in ("list", "container") else f" value={quoted(value)}"
    inside = "".join(_attribute(c) for c in children)
    if not inside:
        return f"<{kind} key={quoted(key)}{said}/>"
    return f"<{kind} key={quoted(key)}{said}>{inside}</{kind}>"
