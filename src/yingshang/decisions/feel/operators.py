"""What the operators of FEEL do to values (DMN 1.5, 10.3.2.4, tables 50 to 57). Wrong operands give null."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_DOWN, Decimal, DecimalException
from typing import Any

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.limits import LIST_ITEMS, TEXT_CHARACTERS
from yingshang.decisions.spending import PARTS_A_STEP, SHORT_TEXT, characters, through
from yingshang.decisions.temporal import DAY, SECOND, Date, DateTime, DaysDuration, MonthsDuration, Time
from yingshang.decisions.values import DECIMAL, Range, compare, equal

_NANOS = Decimal(SECOND)


def join(a: str, b: str) -> str:
    """Texts one behind the other, within the limit."""
    if len(a) + len(b) > TEXT_CHARACTERS:
        raise EvaluationError(f"a text of more than {TEXT_CHARACTERS} characters")
    if len(a) + len(b) > SHORT_TEXT:
        characters(len(a) + len(b))
    return a + b


def midnight(day: Date) -> DateTime:
    """A date as date and time: midnight in UTC (10.3.2.9.4)."""
    return DateTime(day, Time(0, 0))


def add(a: Any, b: Any) -> Any:
    """``a + b`` for anything but two numbers."""
    ta, tb = type(a), type(b)
    if ta is Decimal and tb is Decimal:
        return _decimal(DECIMAL.add, a, b)
    if ta is str and tb is str:
        return join(a, b)
    if tb is DaysDuration:
        return _shift(a, b.nanos)
    if tb is MonthsDuration:
        return _shift_months(a, b.months)
    if ta is DaysDuration:
        return _shift(b, a.nanos)
    if ta is MonthsDuration:
        return _shift_months(b, a.months)
    return None


def subtract(a: Any, b: Any) -> Any:
    """``a - b``."""
    ta, tb = type(a), type(b)
    if ta is Decimal and tb is Decimal:
        return _decimal(DECIMAL.subtract, a, b)
    if tb is DaysDuration:
        return _shift(a, -b.nanos)
    if tb is MonthsDuration:
        return _shift_months(a, -b.months)
    if ta is Date and tb is Date:
        return DaysDuration((a.ordinal - b.ordinal) * DAY)
    if ta in (Date, DateTime) and tb in (Date, DateTime):
        a, b = (midnight(v) if type(v) is Date else v for v in (a, b))
        if (a.offset is None) != (b.offset is None):
            return None
        return DaysDuration(a.instant - b.instant)
    if ta is Time and tb is Time:
        if (a.offset is None) != (b.offset is None):
            return None
        return DaysDuration(a.nanos - b.nanos - ((a.offset or 0) - (b.offset or 0)) * SECOND)
    return None


def _shift(value: Any, nanos: int) -> Any:
    match value:
        case DaysDuration():
            return DaysDuration(value.nanos + nanos)
        case DateTime():
            return value.plus_nanos(nanos)
        case Date():
            return Date.from_ordinal(value.ordinal + nanos // DAY)
        case Time():
            return Time((value.nanos + nanos) % DAY, value.zone)
    return None


def _shift_months(value: Any, months: int) -> Any:
    match value:
        case MonthsDuration():
            return MonthsDuration(value.months + months)
        case Date() | DateTime():
            return value.plus_months(months)
    return None


def multiply(a: Any, b: Any) -> Any:
    """``a * b``."""
    if type(a) is Decimal and type(b) is not Decimal:
        a, b = b, a
    if type(b) is not Decimal:
        return None
    match a:
        case Decimal():
            return _decimal(DECIMAL.multiply, a, b)
        case DaysDuration():
            return _days(_decimal(DECIMAL.multiply, Decimal(a.nanos), b))
        case MonthsDuration():
            return _months(_decimal(DECIMAL.multiply, Decimal(a.months), b))
    return None


def divide(a: Any, b: Any) -> Any:
    """``a / b``; null for a division by zero."""
    match a, b:
        case Decimal(), Decimal():
            return _decimal(DECIMAL.divide, a, b)
        case DaysDuration(), Decimal():
            return _days(_decimal(DECIMAL.divide, Decimal(a.nanos), b))
        case MonthsDuration(), Decimal():
            return _months(_decimal(DECIMAL.divide, Decimal(a.months), b))
        case DaysDuration(), DaysDuration():
            return _decimal(DECIMAL.divide, Decimal(a.nanos), Decimal(b.nanos))
        case MonthsDuration(), MonthsDuration():
            return _decimal(DECIMAL.divide, Decimal(a.months), Decimal(b.months))
    return None


def power(a: Any, b: Any) -> Any:
    """``a ** b``."""
    if type(a) is Decimal and type(b) is Decimal:
        through(2 * PARTS_A_STEP)
        if not b:
            # Decimals leave it open; as everywhere else, nothing multiplied by itself no times is one.
            return Decimal(1)
        # One divided by nothing: decimals have infinity for it, FEEL has not.
        return None if not a and b < 0 else _decimal(DECIMAL.power, a, b)
    return None


def _decimal(do: Callable[[Decimal, Decimal], Decimal], a: Decimal, b: Decimal) -> Decimal | None:
    try:
        return do(a, b)
    except DecimalException:
        return None


_MOST = Decimal(10) ** 30


def _days(nanos: Decimal | None) -> DaysDuration | None:
    return None if nanos is None or abs(nanos) > _MOST else DaysDuration(int(nanos.to_integral_value(ROUND_DOWN)))


def _months(months: Decimal | None) -> MonthsDuration | None:
    return None if months is None or abs(months) > _MOST else MonthsDuration(int(months.to_integral_value(ROUND_DOWN)))


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": add, "-": subtract, "*": multiply, "/": divide, "**": power,
}  # fmt: skip


def negate(value: Any) -> Any:
    """``-value``."""
    match value:
        case Decimal():
            return DECIMAL.minus(value)
        case DaysDuration():
            return DaysDuration(-value.nanos)
        case MonthsDuration():
            return MonthsDuration(-value.months)
    return None


def both(a: Any, b: Any) -> bool | None:
    """Three-valued ``and``."""
    if a is False or b is False:
        return False
    return True if a is True and b is True else None


def between(value: Any, low: Any, high: Any) -> bool | None:
    return both(compare(">=", value, low), compare("<=", value, high))


def meets(value: Any, expected: Any) -> bool | None:
    """Whether ``value`` meets a test that is a value: inside the range, one of the list, equal to it."""
    kind = type(expected)
    if kind is Range:
        if type(value) is Range:
            return equal(value, expected)
        return expected.holds(value)  # type: ignore[no-any-return]
    if kind is list:
        if type(value) is list and equal(value, expected):
            return True
        through(2 + len(expected))
        return any(meets(value, e) is True for e in expected)
    return equal(value, expected)


def span(low: Any, high: Any) -> Iterable[Any] | None:
    """What a loop over ``low..high`` visits: whole numbers or days, downwards where the end is lower."""
    if type(low) is Decimal and type(high) is Decimal:
        if low != low.to_integral_value() or high != high.to_integral_value():
            return None
        if abs(high - low) > LIST_ITEMS:
            raise EvaluationError(f"an iteration of more than {LIST_ITEMS} items")
        a, b = int(low), int(high)
        return map(Decimal, range(a, b + 1) if a <= b else range(a, b - 1, -1))
    if type(low) is Date and type(high) is Date:
        a, b = low.ordinal, high.ordinal
        if abs(b - a) > LIST_ITEMS:
            raise EvaluationError(f"an iteration of more than {LIST_ITEMS} days")
        return map(Date.from_ordinal, range(a, b + 1) if a <= b else range(a, b - 1, -1))
    return None


def items_of(value: Any) -> Iterable[Any] | None:
    """What a loop visits in a value: the items of a list, of a range that ascends; any other value once; null nothing."""
    kind = type(value)
    if kind is list:
        return value  # type: ignore[no-any-return]
    if kind is Range:
        if value.op or compare("<=", value.low, value.high) is not True:
            return None
        visited = span(value.low, value.high)
        if visited is None or (value.low_in and value.high_in):
            return visited
        kept = list(visited)
        return kept[0 if value.low_in else 1 : len(kept) if value.high_in else -1]
    return None if value is None else [value]


_DATE_PARTS = {"year", "month", "day", "weekday"}
_TIME_PARTS = {"hour", "minute", "second"}


def member(value: Any, name: str) -> Any:
    """``value.name`` (10.3.2.5, table 61)."""
    match value:
        case dict():
            return value.get(name)
        case list():
            through(2 + len(value))
            return [member(v, name) for v in value]
        case Date() if name in _DATE_PARTS:
            return Decimal(getattr(value, name))
        case DateTime() if name in _DATE_PARTS:
            return Decimal(getattr(value.date, name))
        case DateTime() | Time():
            return _clock_member(value, value.time if isinstance(value, DateTime) else value, name)
        case DaysDuration() if name in ("days", "hours", "minutes"):
            return Decimal(value.parts[("days", "hours", "minutes").index(name)])
        case DaysDuration() if name == "seconds":
            return DECIMAL.add(Decimal(value.parts[3]), Decimal(value.parts[4]) / _NANOS)
        case MonthsDuration() if name in ("years", "months"):
            sign = -1 if value.months < 0 else 1
            whole, rest = divmod(abs(value.months), 12)
            return Decimal(sign * (whole if name == "years" else rest))
        case Range():
            return _range_member(value, name)
    return None


def _clock_member(value: Any, clock: Time, name: str) -> Any:
    if name in _TIME_PARTS:
        whole = Decimal(getattr(clock, name))
        return DECIMAL.add(whole, Decimal(clock.nanos % SECOND) / _NANOS) if name == "second" else whole
    if name == "time offset":
        return None if value.offset is None else DaysDuration(value.offset * SECOND)
    if name == "timezone" and isinstance(clock.zone, str):
        return clock.zone
    return None


def _range_member(value: Range, name: str) -> Any:
    match name:
        case "start":
            return value.low
        case "end":
            return value.high
        case "start included":
            return value.low_in
        case "end included":
            return value.high_in
    return None


def is_number(value: Any) -> bool:
    return type(value) is Decimal


def item_at(items: list[Any], position: Decimal) -> Any:
    """The item at a position from 1, or from the end where negative; null where there is none."""
    at = int(position)
    if at == 0 or abs(at) > len(items) or at != position:
        return None
    return items[at - 1 if at > 0 else at]
