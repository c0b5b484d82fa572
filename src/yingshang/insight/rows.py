"""What an event log is made of once it is read, whatever format it came in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

#: ``(type, key, value, children)`` as XES has it: type is ``string``, ``date``, ``int``, ``float``, ``boolean``, ``id``,
#: ``list`` or ``container``; the value is its text (empty for the last two).
Attribute = tuple[str, str, str, list[Any]]

#: Element of the event that a case was raised, which is no step of its diagram.
RAISED = "(raised)"
#: Microseconds since 1970 UTC.
Moment = int


@dataclass(slots=True)
class EventRow:
    """One event.

    Attributes:
        activity: what was done; empty where the log does not say.
        time: when; None where the log does not say.
        begun: when the work began whose end this event tells, where that is known beforehand.
        due: when it was due.
        lifecycle: ``complete``, ``start`` …, in small letters; empty where not told.
        step: id of the element of the diagram, for logs of this house.
        attributes: everything else.
    """

    activity: str
    time: Moment | None = None
    resource: str = ""
    unit: str = ""
    lifecycle: str = ""
    instance: str = ""
    cost: float | None = None
    due: Moment | None = None
    begun: Moment | None = None
    step: str = ""
    attributes: list[Attribute] = field(default_factory=list)


@dataclass(slots=True)
class CaseRow:
    """One case with its events in the order of the log.

    Attributes:
        name: the case's own number; empty where the log has none.
        due: when the case as a whole was due.
        closed: when the log says that it ended, apart from its events.
        ended: whether nothing more is to come; None where the log does not say.
    """

    name: str
    events: list[EventRow] = field(default_factory=list)
    due: Moment | None = None
    closed: Moment | None = None
    ended: bool | None = None
    attributes: list[Attribute] = field(default_factory=list)
