"""When a promise falls due: pure functions over the calendar.

* ``working_hours``: counted inside office hours from the moment the clock starts.
* ``working_days``: due at the close of business of the last day; the day the clock starts is not counted
  (Civil Code, art. 201 and 203).
* ``calendar_days``: due at midnight that ends the last day; the day the clock starts is not counted.
* ``calendar_hours``: by the wall clock.

A pause moves the due time by what would have counted in it: working seconds for the first two, wall time for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from yingshang.processes.calendar import SHANGHAI, WorkCalendar

WORKING = ("working_hours", "working_days")
BASES = (*WORKING, "calendar_days", "calendar_hours")


@dataclass(frozen=True)
class Promise:
    """An amount of time on a basis, e.g. 3 working days."""

    amount: Decimal
    basis: str

    def __post_init__(self) -> None:
        if self.basis not in BASES:
            raise ValueError(f"unknown basis {self.basis!r}; one of {', '.join(BASES)}")
        if self.amount <= 0:
            raise ValueError("a promise needs a positive amount of time")


@dataclass(frozen=True)
class Due:
    """When it falls due, and what has to be said about how that was computed."""

    at: datetime
    note_zh: str = ""
    note_en: str = ""


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
    """
    amount = promise.amount + extension
    closed = [(a, b) for a, b in pauses if b is not None]
    if promise.basis in WORKING:
        if promise.basis == "working_hours":
            position = calendar.position(started) + _whole(amount * 3600)
        else:
            counted = calendar.working_days_until(started.astimezone(SHANGHAI).date())
            position = counted * calendar.seconds_a_day + _whole(amount * calendar.seconds_a_day)
        position += sum(calendar.working_seconds_between(a, b) for a, b in closed)
        at = calendar.moment(position)
        return Due(at, *calendar.note(at.date()))
    paused = sum(((b - a) for a, b in closed), timedelta())
    if promise.basis == "calendar_hours":
        return Due(started + timedelta(seconds=_whole(amount * 3600)) + paused)
    day = started.astimezone(SHANGHAI).date() + timedelta(days=1)
    midnight = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return Due(midnight + timedelta(seconds=_whole(amount * 86400)) + paused)


def _whole(seconds: Decimal) -> int:
    return int(seconds.to_integral_value())
