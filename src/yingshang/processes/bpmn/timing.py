"""Timers: what an expression means, and when it falls due. The moment is always passed in, never asked of the machine."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

_DURATION = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE,
)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}.*)?", re.IGNORECASE)
#: A timer further away than this is a slip of the pen, and would leave the calendar.
MOST_YEARS = 100


@dataclass(frozen=True)
class Span:
    """A duration: calendar months and exact time."""

    months: int
    rest: timedelta


def is_literal(text: str) -> bool:
    """Whether a timer's text is ISO 8601 as it stands (``P5D``, ``2026-10-01T09:00``); otherwise it is FEEL."""
    return bool(_DURATION.fullmatch(text) or _MOMENT.fullmatch(text))


def looks_literal(text: str) -> bool:
    """Whether somebody meant to write ISO 8601: ``P3`` is more likely a slip than the name of a variable."""
    return bool(re.match(r"P[\dT]|\d{4}-", text))


def meaning(value: Any) -> Span | datetime | date:
    """What a timer's value means: a duration, a moment, or a day.

    Args:
        value: ISO 8601 text, or a FEEL duration, date, or date and time.

    Raises:
        ValueError: it is none of them; the text says what would be.
    """
    if isinstance(value, timedelta):
        return Span(0, value)
    if isinstance(value, date):  # a datetime is one, too
        return value
    months = getattr(value, "months", None)
    if isinstance(months, int):  # FEEL's years and months duration
        return Span(months, timedelta())
    text = value.strip() if isinstance(value, str) else ""
    if found := _DURATION.fullmatch(text):
        years, months_, weeks, days, hours, minutes = (int(g or 0) for g in found.groups()[:6])
        if max(years, months_ // 12, weeks // 53, days // 366) > MOST_YEARS:
            raise ValueError(f"{text!r} is longer than {MOST_YEARS} years")
        seconds = Decimal(found[7] or 0)
        return Span(
            years * 12 + months_,
            timedelta(days=weeks * 7 + days, hours=hours, minutes=minutes, microseconds=int(seconds * 1_000_000)),
        )
    if _MOMENT.fullmatch(text):
        return datetime.fromisoformat(text) if "T" in text.upper() else date.fromisoformat(text)
    raise ValueError(f"{value!r} is neither a duration (P3D, PT4H) nor a date or a date and time")


def due(value: Any, now: datetime) -> datetime:
    """When a timer armed at ``now`` falls due. Moments without a zone, and days, are read in ``now``'s.

    Raises:
        ValueError: see :func:`meaning`; or the moment lies outside the calendar.
    """
    what = meaning(value)
    if isinstance(what, datetime):
        return what if what.tzinfo else what.replace(tzinfo=now.tzinfo)
    if isinstance(what, date):
        return datetime.combine(what, time(), now.tzinfo)
    try:
        month = now.month - 1 + what.months
        year, month = now.year + month // 12, month % 12 + 1
        day = min(now.day, monthrange(year, month)[1])
        return now.replace(year=year, month=month, day=day) + what.rest
    except (OverflowError, ValueError):
        raise ValueError(f"{value!r} leads out of the calendar") from None
