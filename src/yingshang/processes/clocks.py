"""When a promise falls due: pure functions over the calendar.

* ``working_hours``: counted inside office hours from the moment the clock starts.
* ``working_days``: due at the close of business of the last day; the day the clock starts is not counted
  (Civil Code, art. 201 and 203).
* ``calendar_days``: due at midnight that ends the last day; the day the clock starts is not counted (art. 201).
* ``calendar_hours``: by the wall clock.

A pause moves the due time by exactly the time it lasted: working time for the first two, wall time for the others. A
promise that was broken before a pause stays broken: a pause after the due time moves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from yingshang.processes import wording
from yingshang.processes.calendar import SHANGHAI, WorkCalendar

WORKING = ("working_hours", "working_days")
BASES = (*WORKING, "calendar_days", "calendar_hours")


@dataclass(frozen=True)
class Promise:
    """An amount of time on a basis, e.g. 3 working days.

    Raises:
        ValueError: an unknown basis, or an amount that is not positive.
    """

    amount: Decimal
    basis: str

    def __post_init__(self) -> None:
        if self.basis not in BASES:
            raise ValueError(f"unknown basis {self.basis!r}; one of {', '.join(BASES)}")
        object.__setattr__(self, "amount", Decimal(self.amount))
        if not self.amount.is_finite() or self.amount <= 0:
            raise ValueError("a promise needs a positive amount of time")

    @property
    def working(self) -> bool:
        """Whether it counts working time."""
        return self.basis in WORKING


@dataclass(frozen=True)
class Pause:
    """A time in which the clock stood still; ``end`` is None while it does."""

    start: datetime
    end: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class Extension:
    """A further amount on the promise's basis. It is granted once, and for a reason.

    Raises:
        ValueError: no reason, or an amount that is not positive.
    """

    amount: Decimal
    reason: str
    at: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", Decimal(self.amount))
        if not self.amount.is_finite() or self.amount <= 0:
            raise ValueError("an extension needs a positive amount of time")
        if not self.reason.strip():
            raise ValueError("an extension needs a reason")


@dataclass(frozen=True)
class Due:
    """When it falls due, and what has to be said about how that was computed."""

    at: datetime
    note_zh: str = ""
    note_en: str = ""


@dataclass(frozen=True)
class Line:
    """A line of the ledger.

    Attributes:
        kind: started, rule, paused, resumed, extended, stopped, due, note.
        at: when; None for what is no event.
        due: the due time from then on.
    """

    kind: str
    at: datetime | None
    zh: str
    en: str
    due: datetime


@dataclass(frozen=True)
class Reckoning:
    """A clock at one moment.

    Attributes:
        due: when it falls due; an open pause does not move it yet.
        remaining: time left, working or wall time by the promise's basis; negative when overdue. Frozen in a pause.
        overdue: whether the due time has passed without the clock standing still.
        paused: whether it stands still.
        ledger: what happened and how it was computed, in order.
    """

    due: Due
    remaining: timedelta
    overdue: bool
    paused: bool
    ledger: list[Line] = field(default_factory=list)


def compute(
    promise: Promise,
    *,
    started: datetime,
    calendar: WorkCalendar,
    pauses: Sequence[tuple[datetime, datetime | None]] = (),
    extension: Decimal = Decimal(0),
) -> Due:
    """Return the due time of a promise that started at ``started``.

    Args:
        pauses: (from, to) of each pause in order; an open pause (to is None) does not move the due time yet.
        extension: further amount on the same basis, granted once.

    Raises:
        ValueError: pauses out of order, or times without a zone.
    """
    at = _unpaused(promise, promise.amount + extension, started, calendar)
    for pause in _ordered([Pause(a, b) for a, b in pauses]):
        at = _shifted(promise, at, pause, started, calendar)
    return Due(at, *_note(promise, started, at, calendar))


def reckon(
    promise: Promise,
    *,
    started: datetime,
    now: datetime,
    calendar: WorkCalendar,
    pauses: Sequence[Pause] = (),
    extension: Extension | None = None,
    stopped: datetime | None = None,
) -> Reckoning:
    """Return where a clock stands at ``now``, with its ledger.

    Args:
        pauses: in order; only the last may be open.
        stopped: when the promise was kept, or the clock given up; nothing counts after that.

    Raises:
        ValueError: pauses out of order, or times without a zone.
    """
    ordered = _ordered(pauses)
    words = wording.Wording(promise.basis, calendar.hours)
    amount, over = promise.amount, list[Pause]()

    def due() -> datetime:
        at = _unpaused(promise, amount, started, calendar)
        for pause in over:
            at = _shifted(promise, at, pause, started, calendar)
        return at

    lines = [
        Line("started", started, *words.started(started, promise.amount), due=due()),
        Line("rule", None, *words.rule(), due=due()),
    ]
    events: list[tuple[datetime, int, Pause | Extension]] = [(p.start, 0, p) for p in ordered]
    events += [(p.end, 1, p) for p in ordered if p.end is not None]
    events += [(extension.at, 2, extension)] if extension is not None else []
    for when, kind, event in sorted(events, key=lambda e: e[:2]):
        before = due()
        if isinstance(event, Extension):
            amount += event.amount
            lines.append(Line("extended", when, *words.extended(when, event.amount, event.reason), due=due()))
        elif kind == 0:
            lines.append(Line("paused", when, *words.paused(when, event.reason), due=before))
        else:
            over.append(event)
            moved = _measure(promise, before, due(), calendar)
            lines.append(Line("resumed", when, *words.resumed(when, moved, due()), due=due()))
    at = due()
    still = next((p.start for p in ordered if p.end is None), None)
    counted_to = min(t for t in (now, still, stopped) if t is not None)
    if stopped is not None:
        lines.append(Line("stopped", stopped, *words.stopped(stopped, counted_to <= at), due=at))
    lines.append(Line("due", None, *words.due(at), due=at))
    note = _note(promise, started, at, calendar)
    if note[0]:
        lines.append(Line("note", None, *note, due=at))
    return Reckoning(
        due=Due(at, *note),
        remaining=timedelta(seconds=_measure(promise, counted_to, at, calendar)),
        overdue=counted_to > at,
        paused=still is not None and stopped is None,
        ledger=lines,
    )


def _unpaused(promise: Promise, amount: Decimal, started: datetime, calendar: WorkCalendar) -> datetime:
    if started.tzinfo is None:
        raise ValueError("clocks need aware datetimes")
    local = started.astimezone(SHANGHAI)
    if promise.basis == "working_hours":
        return calendar.moment(calendar.position(started) + _whole(amount * 3600))
    if promise.basis == "working_days":
        counted = calendar.working_days_until(local.date()) * calendar.seconds_a_day
        return calendar.moment(counted + _whole(amount * calendar.seconds_a_day))
    if promise.basis == "calendar_hours":
        return started + timedelta(seconds=_whole(amount * 3600))
    day = local.date() + timedelta(days=1)
    midnight = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return midnight + timedelta(seconds=_whole(amount * 86400))


def _shifted(promise: Promise, at: datetime, pause: Pause, started: datetime, calendar: WorkCalendar) -> datetime:
    """The due time after a pause."""
    if pause.end is None or pause.start >= at:
        return at
    lasted = _measure(promise, max(pause.start, started), max(pause.end, started), calendar)
    if promise.working:
        return calendar.moment(calendar.position(at) + lasted)
    return at + timedelta(seconds=lasted)


def _measure(promise: Promise, a: datetime, b: datetime, calendar: WorkCalendar) -> int:
    """Seconds from ``a`` to ``b`` that count on the promise's basis."""
    return calendar.working_seconds_between(a, b) if promise.working else int((b - a).total_seconds())


def _ordered(pauses: Sequence[Pause]) -> Sequence[Pause]:
    last: datetime | None = None
    for i, pause in enumerate(pauses):
        if (last is not None and pause.start < last) or (pause.end is not None and pause.end < pause.start):
            raise ValueError("pauses must be in order and must not overlap")
        if pause.end is None and i + 1 < len(pauses):
            raise ValueError("only the last pause may be open")
        last = pause.end
    return pauses


def _note(promise: Promise, started: datetime, at: datetime, calendar: WorkCalendar) -> tuple[str, str]:
    if not promise.working:
        return "", ""
    return calendar.note(started.astimezone(SHANGHAI).date(), at.astimezone(SHANGHAI).date())


def _whole(seconds: Decimal) -> int:
    return int(seconds.to_integral_value())
