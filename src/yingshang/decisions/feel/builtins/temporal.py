"""Functions of dates and times (DMN 1.5, 10.3.4.7, 10.3.4.9, 10.3.4.10)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from yingshang import timekeeping
from yingshang.decisions.feel.builtins.registry import builtin
from yingshang.decisions.spending import through
from yingshang.decisions.temporal import Date, DateTime, ordinal_of
from yingshang.decisions.values import from_python

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _day(value: Date | DateTime) -> Date:
    return value.date if isinstance(value, DateTime) else value


@builtin("now")
def now() -> Any:
    return from_python(timekeeping.now())


@builtin("today")
def today() -> Any:
    return from_python(timekeeping.now()).date


@builtin("day of year", "date: date|datetime")
def day_of_year(value: Date | DateTime) -> Decimal:
    day = _day(value)
    return Decimal(day.ordinal - ordinal_of(day.year, 1, 1) + 1)


@builtin("day of week", "date: date|datetime")
def day_of_week(value: Date | DateTime) -> str:
    return _WEEKDAYS[_day(value).weekday - 1]


@builtin("month of year", "date: date|datetime")
def month_of_year(value: Date | DateTime) -> str:
    return _MONTHS[_day(value).month - 1]


@builtin("week of year", "date: date|datetime")
def week_of_year(value: Date | DateTime) -> Decimal:
    """The week by ISO 8601; the calendar repeats every 400 years, which Python's own dates do not reach beyond 9999."""
    day = _day(value)
    return Decimal(date(day.year % 400 + 2000, day.month, day.day).isocalendar().week)


@builtin("is", "value1?: any, value2?: any")
def is_(a: Any = None, b: Any = None) -> bool:
    """The very same value: times and dates to the last digit and the zone, in lists and contexts, too."""
    return _identical(a, b, set())


def _identical(a: Any, b: Any, known: set[tuple[int, int]]) -> bool:
    """The same; ``known`` are the pairs of parts that have been looked at."""
    kind = type(a)
    if kind is not type(b):
        return False
    if kind is not list and kind is not dict:
        return bool(a == b)
    pair = id(a), id(b)
    if pair in known:
        return True
    known.add(pair)
    through(2 + len(a))
    if kind is list:
        return len(a) == len(b) and all(_identical(x, y, known) for x, y in zip(a, b, strict=True))
    return a.keys() == b.keys() and all(_identical(a[k], b[k], known) for k in a)
