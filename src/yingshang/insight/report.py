"""The figures of a log; see :mod:`measures` for how they are found. Durations are days of 24 hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class Totals:
    """The log as a whole.

    Attributes:
        cases: those with events; ``empty_cases`` have none.
        activities: different names; that an event has none is no name.
        variants: different sequences of the names of all events, in the order of the log.
        paths: different sequences of steps; the same number where every event is a step.
        median_days, p90_days, mean_days: from first to last event of a case; None where no event has a time.
        due_cases: cases of which the log says when they were due.
        overdue: of these, those that ended after that: by the end that the log states, else by their last event.
        due_events, overdue_events: the same of events that have a due time of their own.
        working_share: share of the cases' durations in which somebody was at work; None where the log does not say.
        untimed: events without a time; ``disordered``: events earlier than one that stands before them.
    """

    cases: int
    empty_cases: int
    events: int
    step_events: int
    activities: int
    variants: int
    paths: int
    median_days: float | None
    p90_days: float | None
    mean_days: float | None
    due_cases: int
    overdue: int | None
    due_events: int
    overdue_events: int | None
    repeats: int
    repeating_cases: int
    working_share: float | None
    untimed: int
    disordered: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True)
class Step:
    """One activity: how often, how long from the step before to its end, and what of that was waiting and work."""

    name: str
    count: int
    cases: int
    repeats: int
    days: float
    median_days: float | None
    waited_days: float | None
    worked_days: float | None


@dataclass(frozen=True)
class Flow:
    """``count`` times ``source`` was directly followed by ``target``; ``back`` of them to a step that the case had had."""

    source: str
    target: str
    count: int
    back: int
    mean_days: float | None


@dataclass(frozen=True)
class Place:
    """A unit at a step: where the time goes."""

    unit: str
    step: str
    count: int
    days: float
    mean_days: float


@dataclass(frozen=True)
class Variant:
    """A sequence of steps and the cases that took it."""

    steps: tuple[str, ...]
    cases: int
    median_days: float | None
    case_no: int


@dataclass(frozen=True)
class Month:
    """Cases that began in a month; ``shift`` is the part of its steps that are others than in the month before."""

    month: date
    cases: int
    median_days: float | None
    p90_days: float | None
    overdue: int
    repeating: int
    shift: float | None


@dataclass(frozen=True)
class Report:
    """Everything that is shown of a log."""

    totals: Totals
    steps: list[Step]
    flows: list[Flow]
    places: list[Place]
    variants: list[Variant]
    months: list[Month]
    notes: list[tuple[str, str]] = field(default_factory=list)
