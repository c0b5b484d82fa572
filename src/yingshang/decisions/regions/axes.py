"""The orders that FEEL's kinds of values have: one axis a kind, with keys that Python can sort.

A *cut* lies between values: ``(0, key, 0)`` just below the values of a key, ``(0, key, 1)`` just above them. A span from
one cut to another is half-open, whatever the brackets of the interval are that it came from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from yingshang.decisions.temporal import (
    DAY_SECONDS,
    MOST_YEAR,
    SECOND,
    Date,
    DateTime,
    DaysDuration,
    MonthsDuration,
    Time,
    civil_of,
    ordinal_of,
)
from yingshang.decisions.values import DECIMAL

Cut = tuple[Any, ...]
LOWEST: Cut = (-1,)
HIGHEST: Cut = (1,)
Span = tuple[Cut, Cut]

_LAST_CHARACTER = 0x10FFFF


def is_zoned(value: Any) -> bool | None:
    """Whether a time has a zone or offset; None for values that are no times."""
    return value.offset is not None if isinstance(value, (Time, DateTime)) else None


@dataclass(frozen=True)
class Axis:
    """The order of one kind.

    Attributes:
        kind: a FEEL type's name.
        key: of a value; equal and ordered exactly as FEEL has the values.
        value: that a key stands for, with or without a zone.
        after: the next key above; no value lies between. None at the top.
        before: the next key below, where there is one.
        least: the lowest key, None where there is none.
        start: a key to begin with when any will do.
        steps: differences between examples, the roundest first.
    """

    kind: str
    key: Callable[[Any], Any]
    value: Callable[[Any, bool], Any]
    after: Callable[[Any], Any]
    before: Callable[[Any], Any]
    least: Any = None
    start: Any = 0
    steps: Callable[[Any, int], list[Any]] = lambda key, sign: []

    def at(self, value: Any) -> Cut:
        return (0, self.key(value), 0)

    def is_void(self, low: Cut, high: Cut) -> bool:
        """Whether no value lies between two cuts."""
        if low >= high:
            return True
        if low[0] == 0:
            if low[2] == 0:
                return False
            following = self.after(low[1])
            return following is None or (high[0] == 0 and high[2] == 0 and bool(following >= high[1]))
        return high[0] == 0 and high[2] == 0 and self.least is not None and bool(high[1] <= self.least)

    def inside(self, low: Cut, high: Cut, zoned: bool) -> Any:
        """A value between two cuts that are not void."""
        if low[0] == 0:
            key = low[1] if low[2] == 0 else self.after(low[1])
        elif high[0] != 0:
            key = self.start
        else:
            key = high[1] if high[2] == 1 else self.least if self.least is not None else self.before(high[1])
        return self.value(key, zoned)

    def example(self, low: Cut, high: Cut, zoned: bool) -> Any:
        """A value between two cuts that people find simple: an end that belongs to it, else a round one nearby."""
        if low[0] == 0 and low[2] == 0:
            return self.value(low[1], zoned)
        if low[0] == 0:
            tries = self.steps(low[1], 1)
            if high[0] == 0:
                tries += self.steps(high[1], -1)
                if isinstance(low[1], Decimal):
                    tries.append(DECIMAL.divide(DECIMAL.add(low[1], high[1]), Decimal(2)))
        elif high[0] == 0:
            tries = self.steps(high[1], -1)
        else:
            tries = []
        if high[0] == 0 and high[2] == 1:
            tries.insert(0, high[1])
        found = next((k for k in tries if low <= (0, k, 0) < high), None)
        return self.inside(low, high, zoned) if found is None else self.value(found, zoned)


def following_prefix(prefix: str) -> str | None:
    """The lowest text above all that start with ``prefix``; None where there is none."""
    while prefix:
        code = ord(prefix[-1])
        if code < _LAST_CHARACTER:
            # Half a surrogate pair is no character that data can hold.
            return prefix[:-1] + chr(0xE000 if code + 1 == 0xD800 else code + 1)
        prefix = prefix[:-1]
    return None


def _number_after(key: Decimal) -> Decimal | None:
    following = DECIMAL.next_plus(key)
    return following if following.is_finite() else None


def _whole_steps(sizes: tuple[int, ...]) -> Callable[[Any, int], list[Any]]:
    return lambda key, sign: [key + sign * s for s in sizes]


def _number_steps(key: Decimal, sign: int) -> list[Decimal]:
    return [DECIMAL.add(key, sign * Decimal(s)) for s in ("1", "0.1", "0.01", "0.001", "0.000001")]


def _text_steps(key: str, sign: int) -> list[str]:
    if sign > 0:
        return [key + tail for tail in ("0", "a", "一", " ")]
    return [key[:-1], ""] if key else []


def _same(key: Any, zoned: bool) -> Any:
    return key


#: The lowest number that 34 digits can say.
_LEAST = Decimal((1, (9,) * 34, 6111))
_FIRST_DAY = ordinal_of(-MOST_YEAR, 1, 1)
_LAST_DAY = ordinal_of(MOST_YEAR, 12, 31)


def _date(ordinal: int) -> Date:
    return Date(*civil_of(ordinal))


def _date_time(seconds: int, zoned: bool) -> DateTime:
    day, rest = divmod(seconds, DAY_SECONDS)
    return DateTime(_date(day), Time(rest * SECOND, 0 if zoned else None))


def _time(seconds: int, zoned: bool) -> Time:
    if not zoned:
        return Time(seconds * SECOND)
    # In UTC a time may lie before midnight or behind it; an offset says the same within a day.
    offset = 0 if 0 <= seconds < DAY_SECONDS else (-seconds if seconds < 0 else DAY_SECONDS - 1 - seconds)
    return Time((seconds + offset) * SECOND, offset)


def _up(last: int | None = None) -> Callable[[int], int | None]:
    return lambda key: None if last is not None and key >= last else key + 1


def _down(key: int) -> int:
    return key - 1


AXES: dict[str, Axis] = {
    a.kind: a
    for a in (
        Axis("number", lambda v: v, _same, _number_after, DECIMAL.next_minus, _LEAST, Decimal(0), _number_steps),
        Axis("string", lambda v: v, _same, lambda k: k + "\0", lambda k: "", "", "", _text_steps),
        Axis("boolean", int, lambda k, z: bool(k), _up(1), _down, 0, 0),
        Axis("date", lambda v: v.ordinal, lambda k, z: _date(k), _up(_LAST_DAY), _down, _FIRST_DAY, 20_000,
             _whole_steps((1,))),
        Axis("date and time", lambda v: v.key, _date_time, _up(), _down, None, 20_000 * DAY_SECONDS,
             _whole_steps((3600, 60, 1))),
        Axis("time", lambda v: v.key, _time, _up(DAY_SECONDS - 1), _down, 0, 43_200, _whole_steps((3600, 60, 1))),
        Axis("days and time duration", lambda v: v.nanos, lambda k, z: DaysDuration(k), _up(), _down, None, 0,
             _whole_steps((DAY_SECONDS * SECOND, 3600 * SECOND, SECOND))),
        Axis("years and months duration", lambda v: v.months, lambda k, z: MonthsDuration(k), _up(), _down, None, 0,
             _whole_steps((12, 1))),
    )
}  # fmt: skip
_ZONED_TIME = replace(AXES["time"], after=_up(), least=None)


def axis_of(kind: str, zoned: bool) -> Axis:
    """The axis of a kind; times with a zone go, in UTC, beyond the ends of the day."""
    return _ZONED_TIME if zoned and kind == "time" else AXES[kind]
