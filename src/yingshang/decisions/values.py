"""FEEL values: their kinds, equality, order, ranges, functions, and the way in from Python and out to it.

DMN 1.5, 10.3.2. Inside the engine a value is None, bool, Decimal, str, list, dict, one of :mod:`temporal`, a
:class:`Range` or a :class:`Function`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.limits import DATA_DEPTH, DATA_PARTS
from yingshang.decisions.spending import SHORT_TEXT, characters, through
from yingshang.decisions.temporal import (
    DAY_SECONDS,
    SECOND,
    Date,
    DateTime,
    DaysDuration,
    MonthsDuration,
    Time,
    Zone,
)

if TYPE_CHECKING:
    from yingshang.decisions.feel.types import Type

#: decimal128: 34 digits, half-even (DMN 1.5, 10.3.2.3.1). Overflow and division by zero raise, and become null.
DECIMAL = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144)


@dataclass(frozen=True, slots=True)
class Range:
    """An interval, or a comparison such as ``(< 10)`` that is held as one (``op``); None as an end is unbounded."""

    low: Any
    high: Any
    low_in: bool
    high_in: bool
    op: str = ""

    def holds(self, value: Any) -> bool | None:
        """Whether ``value`` lies inside; None when it cannot be compared."""
        if self.op == "!=":
            same = equal(value, self.low)
            return None if same is None else not same
        if self.op == "=":
            return equal(value, self.low)
        if value is None:
            return None
        # Null is no end that could belong to an interval, and one of two nulls has no kind.
        if (self.low is None and (self.low_in or self.high is None)) or (self.high is None and self.high_in):
            return None
        above = True if self.low is None else compare(">=" if self.low_in else ">", value, self.low)
        below = True if self.high is None else compare("<=" if self.high_in else "<", value, self.high)
        if above is False or below is False:
            return False
        return None if above is None or below is None else True


@dataclass(slots=True, eq=False)
class Function:
    """A FEEL function value.

    Attributes:
        name: what explanations call it.
        parameters: names, in order.
        call: takes the arguments by position; raises nothing for wrong ones, but answers null.
        bind: takes arguments by name, where that differs from putting them in the order of ``parameters``.
        frame: variables that a literal function holds from around it.
        types: of the parameters, None for any; None as a whole where the function does not say.
        result: type of what it answers, None where that is not known.
        takes: whether it can be called with so many arguments; None where that is the number of ``parameters`` alone.
    """

    name: str
    parameters: tuple[str, ...]
    call: Callable[..., Any]
    bind: Callable[[Mapping[str, Any]], Any] | None = None
    frame: list[Any] | None = field(default=None, repr=False)
    types: Sequence[Type | None] | None = field(default=None, repr=False)
    result: Type | None = field(default=None, repr=False)
    takes: Callable[[int], bool] | None = field(default=None, repr=False)

    def call_named(self, arguments: Mapping[str, Any]) -> Any:
        """Call with named arguments; null unless they are exactly the parameters."""
        if self.bind is not None:
            return self.bind(arguments)
        if arguments.keys() != set(self.parameters):
            return None
        return self.call(*(arguments[p] for p in self.parameters))


KINDS: dict[type, str] = {
    type(None): "Null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    Date: "date",
    Time: "time",
    DateTime: "date and time",
    DaysDuration: "days and time duration",
    MonthsDuration: "years and months duration",
    list: "list",
    dict: "context",
    Range: "range",
    Function: "function",
}


def kind_of(value: Any) -> str:
    """The FEEL type name of a value, without its parameters."""
    return KINDS.get(type(value), "Any")


def equal(a: Any, b: Any) -> bool | None:
    """FEEL ``=``: null equals null only; values of different kinds cannot be compared (None)."""
    kind = type(a)
    if kind is not type(b):
        return False if a is None or b is None else None
    if kind is Decimal or kind is bool:
        return bool(a == b)
    if kind is str:
        if len(a) > SHORT_TEXT and len(a) == len(b):
            characters(len(a))
        return bool(a == b)
    if kind is list or kind is dict:
        return _same_parts(a, b, {})
    if kind is Range:
        return (
            (a.low_in, a.high_in, a.op) == (b.low_in, b.high_in, b.op)
            and equal(a.low, b.low) is True
            and equal(a.high, b.high) is True
        )
    if kind is Function:
        return a is b
    if kind is DateTime or kind is Time:
        return None if (a.offset is None) != (b.offset is None) else bool(a.key == b.key)
    return bool(a == b)


def _same_parts(a: Any, b: Any, known: dict[tuple[int, int], bool]) -> bool:
    """Whether two lists or two contexts are equal.

    Args:
        known: what has been found of pairs inside; the same part may stand in many places of a value.
    """
    if a is b:
        return True
    pair = id(a), id(b)
    if pair not in known:
        through(2 + len(a))
        if type(a) is list:
            parts: Iterable[tuple[Any, Any]] | None = zip(a, b, strict=True) if len(a) == len(b) else None
        else:
            parts = ((a[k], b[k]) for k in a) if a.keys() == b.keys() else None
        known[pair] = parts is not None and all(_same_part(x, y, known) for x, y in parts)
    return known[pair]


def _same_part(a: Any, b: Any, known: dict[tuple[int, int], bool]) -> bool:
    kind = type(a)
    if kind is not type(b):
        return False
    if kind is Decimal or kind is str:
        return bool(a == b)
    return _same_parts(a, b, known) if kind is list or kind is dict else equal(a, b) is True


class Identities:
    """Numbers for values: two have one number just where ``equal`` says true.

    A part that stands in many places of a value is looked at once, and the values have to be held meanwhile.
    """

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self._known: dict[int, int] = {}

    def of(self, value: Any) -> int:
        kind = type(value)
        if kind is not list and kind is not dict:
            return self._number(self._key(value))
        if id(value) not in self._known:
            through(2 + len(value))
            if kind is list:
                key: Any = (list, *map(self.of, value))
            else:
                key = (dict, frozenset((k, self.of(v)) for k, v in value.items()))
            self._known[id(value)] = self._number(key)
        return self._known[id(value)]

    def _number(self, key: Any) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def _key(self, value: Any) -> Any:
        kind = type(value)
        if kind is Range:
            return Range, self.of(value.low), self.of(value.high), value.low_in, value.high_in, value.op
        if kind is DateTime or kind is Time:
            return kind, value.key, value.offset is None
        return kind, id(value) if kind is Function else value


def order_key(value: Any) -> Any:
    """What values of one kind are ordered by, or None for values that have no order."""
    kind = type(value)
    if kind is Decimal or kind is str:
        return value
    if kind is DateTime or kind is Time:
        return value.key
    if kind is Date or kind is DaysDuration or kind is MonthsDuration:
        return value
    return None


def compare(op: str, a: Any, b: Any) -> bool | None:
    """FEEL ``<  <=  >  >=``; None where the two cannot be ordered."""
    kind = type(a)
    if kind is not type(b):
        return None
    if kind is not Decimal:
        if kind is str:
            if len(a) > SHORT_TEXT < len(b):
                characters(len(a))
        elif kind is DateTime or kind is Time:
            if (a.offset is None) != (b.offset is None):
                return None
            a, b = a.key, b.key
        elif kind is not Date and kind is not DaysDuration and kind is not MonthsDuration:
            return None
    if op == "<":
        return bool(a < b)
    if op == "<=":
        return bool(a <= b)
    if op == ">":
        return bool(a > b)
    return bool(a >= b)


# --- in from Python, out to Python ------------------------------------------------------------------------------------

_SAME = frozenset({type(None), bool, str, Date, Time, DateTime, DaysDuration, MonthsDuration, Range, Function})


def number(value: Decimal) -> Decimal | None:
    """A number as decimal128 has it; null for what is none (NaN, infinity, beyond 10**6144)."""
    try:
        n = DECIMAL.plus(value)
    except DecimalException:
        return None
    return n if n.is_finite() else None


def from_python(value: Any, depth: int = 0, room: list[int] | None = None) -> Any:
    """A Python value as FEEL has it: numbers become decimals, tuples lists, mappings contexts.

    Args:
        depth: lists and mappings around.
        room: parts that it may still have.

    Raises:
        EvaluationError: a value of a type that FEEL does not have, nested too deeply, or of too many parts.
    """
    kind = type(value)
    if kind in _SAME:
        return value
    if kind is Decimal:
        return number(value)
    if kind is int:
        return number(Decimal(value))
    if kind is float:
        return number(Decimal(repr(value)))
    if depth > DATA_DEPTH:
        raise EvaluationError(f"data nested more than {DATA_DEPTH} levels")
    if isinstance(value, (Mapping, list, tuple)):
        room = [DATA_PARTS] if room is None else room
        room[0] -= len(value)
        if room[0] < 0:
            raise EvaluationError(f"data of more than {DATA_PARTS} parts")
        if isinstance(value, Mapping):
            return {str(k): from_python(v, depth + 1, room) for k, v in value.items()}
        return [from_python(v, depth + 1, room) for v in value]
    if isinstance(value, datetime):
        return DateTime(Date(value.year, value.month, value.day), _time(value.timetz(), value))
    if isinstance(value, date):
        return Date(value.year, value.month, value.day)
    if isinstance(value, time):
        return _time(value, None)
    if isinstance(value, timedelta):
        return DaysDuration((value.days * DAY_SECONDS + value.seconds) * SECOND + value.microseconds * 1000)
    for base in (bool, str, int, float, Decimal):
        # Subclasses (enumerations of texts, lazy translations) are what they extend.
        if isinstance(value, base):
            return from_python(base(value), depth)
    raise EvaluationError(f"a value of the Python type {kind.__name__} is none of FEEL's")


def _time(value: time, at: datetime | None) -> Time:
    zone: Zone = None
    tz = value.tzinfo
    if isinstance(tz, ZoneInfo) and tz.key:
        zone = 0 if tz.key == "UTC" else tz.key
    elif tz is not None:
        offset = (at or value).utcoffset()
        zone = None if offset is None else offset.days * DAY_SECONDS + offset.seconds
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return Time(seconds * SECOND + value.microsecond * 1000, zone)


_AS_IT_IS = frozenset({type(None), bool, str, Decimal, Range, Function, MonthsDuration})


def to_python(value: Any, room: list[int] | None = None) -> Any:
    """A FEEL value for Python: ``datetime``'s types where they can hold it exactly, else the value itself.

    Args:
        room: parts that it may still have; one part that stands in many places counts in each.

    Raises:
        EvaluationError: a value of too many parts.
    """
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    if kind is list or kind is dict:
        room = [DATA_PARTS] if room is None else room
        room[0] -= len(value)
        if room[0] < 0:
            raise EvaluationError(f"a value of more than {DATA_PARTS} parts")
        if kind is list:
            return [v if type(v) in _AS_IT_IS else to_python(v, room) for v in value]
        return {k: v if type(v) in _AS_IT_IS else to_python(v, room) for k, v in value.items()}
    if kind is Date:
        return date(value.year, value.month, value.day) if 1 <= value.year <= 9999 else value
    if kind is DaysDuration:
        fits = value.nanos % 1000 == 0 and abs(value.nanos) < 86_399_999_913_600 * SECOND
        return timedelta(microseconds=value.nanos // 1000) if fits else value
    if kind is Time or kind is DateTime:
        clock = value if kind is Time else value.time
        if clock.nanos % 1000:
            return value
        tz = _tzinfo(clock.zone)
        t = time(clock.hour, clock.minute, clock.second, clock.nanos % SECOND // 1000, tz)
        if kind is Time:
            return t
        day = value.date
        return datetime.combine(date(day.year, day.month, day.day), t) if 1 <= day.year <= 9999 else value
    return value


def _tzinfo(zone: Zone) -> timezone | ZoneInfo | None:
    if zone is None:
        return None
    return ZoneInfo(zone) if isinstance(zone, str) else timezone(timedelta(seconds=zone))
