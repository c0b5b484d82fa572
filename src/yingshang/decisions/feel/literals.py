"""Constants of FEEL texts: numbers, and ``@"…"`` (DMN 1.5, 10.3.2.12)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DecimalException

from yingshang.decisions.errors import ParseError
from yingshang.decisions.temporal import (
    Date,
    DateTime,
    DaysDuration,
    MonthsDuration,
    Time,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
)
from yingshang.decisions.values import DECIMAL


def number_literal(text: str, fail: Callable[[str], ParseError]) -> Decimal:
    """A number as it is written, rounded to 34 digits."""
    try:
        return DECIMAL.create_decimal(text)
    except DecimalException:
        raise fail("a number beyond 10**6144") from None


def at_literal(text: str) -> Date | Time | DateTime | DaysDuration | MonthsDuration | None:
    """The value of ``@"text"``; null where it is none."""
    return parse_date(text) or parse_time(text) or parse_date_time(text) or parse_duration(text)
