"""Conversion functions (DMN 1.5, 10.3.4.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel.builtins.registry import builtin
from yingshang.decisions.limits import TEXT_CHARACTERS
from yingshang.decisions.spending import characters, through
from yingshang.decisions.temporal import (
    SECOND,
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
from yingshang.decisions.values import DECIMAL, Function, Range, number

_MOST_INT = 10**12


def _whole(n: Decimal) -> int | None:
    return int(n) if abs(n) < _MOST_INT else None


@builtin("date", "from: string")
def date_of_text(text: str) -> Date | None:
    return parse_date(text)


@builtin("date", "from: date|datetime")
def date_of(value: Date | DateTime) -> Date:
    return value.date if isinstance(value, DateTime) else value


@builtin("date", "year: number, month: number, day: number")
def date_of_parts(year: Decimal, month: Decimal, day: Decimal) -> Date | None:
    y, m, d = _whole(year), _whole(month), _whole(day)
    return None if y is None or m is None or d is None else Date.make(y, m, d)


@builtin("date and time", "from: string")
def date_and_time_of_text(text: str) -> DateTime | None:
    return parse_date_time(text)


@builtin("date and time", "from: datetime")
def date_and_time_of(value: DateTime) -> DateTime:
    return value


@builtin("date and time", "date: date|datetime, time: time")
def date_and_time_of_parts(date: Date | DateTime, time: Time) -> DateTime:
    return DateTime(date.date if isinstance(date, DateTime) else date, time)


_CLOCK = "year: number, month: number, day: number, hour: number, minute: number, second: number"


@builtin("date and time", f"{_CLOCK}, offset?: days")
def date_and_time_of_numbers(
    year: Decimal,
    month: Decimal,
    day: Decimal,
    hour: Decimal,
    minute: Decimal,
    second: Decimal,
    offset: DaysDuration | None = None,
) -> DateTime | None:
    date, time = date_of_parts(year, month, day), time_of_parts(hour, minute, second, offset)
    return None if date is None or time is None else DateTime(date, time)


@builtin("date and time", f"{_CLOCK}, timezone: string")
def date_and_time_in_zone(
    year: Decimal, month: Decimal, day: Decimal, hour: Decimal, minute: Decimal, second: Decimal, timezone: str
) -> DateTime | None:
    local = date_and_time_of_numbers(year, month, day, hour, minute, second)
    zoned = parse_time(f"00:00:00@{timezone}")
    if local is None or zoned is None:
        return None
    return DateTime(local.date, Time(local.time.nanos, zoned.zone))


@builtin("time", "from: string")
def time_of_text(text: str) -> Time | None:
    return parse_time(text)


@builtin("time", "from: time|datetime|date")
def time_of(value: Time | DateTime | Date) -> Time:
    if isinstance(value, Date):
        return Time(0, 0)
    return value.time if isinstance(value, DateTime) else value


@builtin("time", "hour: number, minute: number, second: number, offset?: days")
def time_of_parts(hour: Decimal, minute: Decimal, second: Decimal, offset: DaysDuration | None = None) -> Time | None:
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        return None
    zone = None if offset is None else int(offset.nanos / SECOND)
    if zone is not None and abs(zone) > 18 * 3600:
        return None
    seconds = (int(hour) * 3600 + int(minute) * 60) * SECOND
    return Time(seconds + int(DECIMAL.multiply(second, Decimal(SECOND))), zone)


_SEPARATORS = (" ", ",", ".")
_DIGITS = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,6})?", re.ASCII)


@builtin("number", "from: string, grouping separator?: string, decimal separator?: string")
def number_of(text: str, grouping: str | None = None, point: str | None = None) -> Decimal | None:
    if grouping is not None and grouping not in _SEPARATORS:
        return None
    if (point is not None and point not in (".", ",")) or (point is not None and point == grouping):
        return None
    if grouping is not None:
        text = text.replace(grouping, "")
    if point is not None:
        if point != "." and "." in text:
            return None
        text = text.replace(point, ".")
    return number(Decimal(text)) if len(text) < 10_000 and _DIGITS.fullmatch(text) else None


@builtin("number", "from: number")
def number_of_number(n: Decimal) -> Decimal:
    return n


@builtin("string", "from: any")
def string_of(value: Any) -> str | None:
    return None if value is None else text_of(value)


def text_of(value: Any, inside: bool = False) -> str:
    """A value as FEEL writes it; texts in quotes only ``inside`` lists and contexts.

    Raises:
        EvaluationError: the text would be too long.
    """
    return _text_of(value, inside, {})


def _text_of(value: Any, inside: bool, known: dict[int, str]) -> str:
    """The same; ``known`` has the texts of the lists and contexts that came before, by identity."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if inside else value
        case Decimal():
            return number_text(value)
        case list():
            if id(value) not in known:
                through(2 + len(value))
                known[id(value)] = f"[{_joined(_text_of(v, True, known) for v in value)}]"
            return known[id(value)]
        case dict():
            if id(value) not in known:
                through(2 + len(value))
                entries = (f"{_key(k)}: {_text_of(v, True, known)}" for k, v in value.items())
                known[id(value)] = f"{{{_joined(entries)}}}"
            return known[id(value)]
        case Range():
            return _range_text(value)
        case Function():
            return f"function {value.name}({', '.join(value.parameters)})"
        case Date() | Time() | DateTime() | DaysDuration() | MonthsDuration() if inside:
            return f'@"{value}"'
    return str(value)


def _joined(parts: Iterable[str]) -> str:
    texts, length = [], 0
    for part in parts:
        texts.append(part)
        length += len(part) + 2
        if length > TEXT_CHARACTERS:
            raise EvaluationError(f"a text of more than {TEXT_CHARACTERS} characters")
    characters(length)
    return ", ".join(texts)


def number_text(n: Decimal) -> str:
    """A number without an exponent, as it was given: 1.50 stays so; a whole number has no decimals."""
    if not n:
        return "0"
    # Not by way of int: Python refuses to write one of several thousand digits.
    return format(n.to_integral_value() if n == n.to_integral_value() else n, "f")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[^\W\d][\w ]*", key) else text_of(key, True)


def _range_text(r: Range) -> str:
    if r.op:
        return f"({r.op} {text_of(r.high if r.low is None else r.low, True)})"
    return f"{'[' if r.low_in else '('}{text_of(r.low, True)}..{text_of(r.high, True)}{']' if r.high_in else ')'}"


@builtin("duration", "from: string")
def duration_of_text(text: str) -> DaysDuration | MonthsDuration | None:
    return parse_duration(text)


@builtin("duration", "from: days|months")
def duration_of(value: DaysDuration | MonthsDuration) -> DaysDuration | MonthsDuration:
    return value


@builtin("years and months duration", "from: date|datetime, to: date|datetime")
def years_and_months_duration(start: Date | DateTime, end: Date | DateTime) -> MonthsDuration:
    """Whole months between two days; times of day do not count (10.3.4.1, years and months duration)."""
    a = start.date if isinstance(start, DateTime) else start
    b = end.date if isinstance(end, DateTime) else end
    months = (b.year - a.year) * 12 + b.month - a.month
    if months > 0 and b.day < a.day:
        months -= 1
    elif months < 0 and b.day > a.day:
        months += 1
    return MonthsDuration(months)
