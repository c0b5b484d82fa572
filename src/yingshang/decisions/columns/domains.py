"""Columns of ordered machine numbers, and where FEEL's constants cut them.

A domain says which FEEL value each raw number of a column stands for, and for a constant ``c`` which is the first raw
number whose value is not below ``c``, and the first whose value is above. Between two cuts all values fare alike in every
comparison with ``c``. All of it is exact: integers are compared with integers, doubles with doubles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from functools import lru_cache
from math import inf, nextafter
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from yingshang.decisions.temporal import DAY, DAY_SECONDS, SECOND, Date, DateTime, DaysDuration, Time, Zone
from yingshang.decisions.values import number

WEEK = 7 * DAY_SECONDS
_EXACT = Context(prec=10_000, Emin=-999_999, Emax=999_999)


class Domain:
    """Raw numbers of one kind of FEEL value; these are the whole numbers of a database."""

    kind: ClassVar[str] = "number"
    #: Whether the raw numbers are integers (of at most 128 bits), else doubles.
    whole: ClassVar[bool] = True

    def value(self, raw: Any) -> Any:
        """The FEEL value of a raw number."""
        raise NotImplementedError

    def cuts(self, constant: Any) -> list[Any]:
        """The first raw number not below a constant, and the first above; nothing where they cannot be compared."""
        raise NotImplementedError

    def before(self, raw: Any) -> Any:
        """The raw number before."""
        return raw - 1


@dataclass(frozen=True)
class Scaled(Domain):
    """Decimals: integers of ``10**-scale``."""

    scale: int

    def value(self, raw: Any) -> Any:
        return number(_EXACT.scaleb(Decimal(int(raw)), -self.scale))

    def cuts(self, constant: Any) -> list[Any]:
        if type(constant) is not Decimal:
            return []
        exact = _EXACT.scaleb(constant, self.scale)
        if abs(exact.adjusted()) > 60 and exact:
            # Far beyond what a column can hold, or so near to zero that only its sign counts.
            low = 10**60 if exact > 0 else -(10**60)
            return [low] if exact.adjusted() > 0 else [0, 1]
        low = int(exact.to_integral_value(ROUND_CEILING, _EXACT))
        high = int(exact.to_integral_value(ROUND_FLOOR, _EXACT)) + 1
        if max(abs(low), abs(high)) < 10**34:
            return [low, high] if low != high else [low]
        # 34 digits hold the constant, not every number of the column: those of 35 and more are rounded by the engine.
        unit = 10 ** max(len(str(abs(low))) - 34, 0)
        return [_first(self, low - 2 * unit, low + 2 * unit, lambda v: v >= constant),
                _first(self, high - 2 * unit, high + 2 * unit, lambda v: v > constant)]  # fmt: skip


def _first(domain: Domain, low: int, high: int, holds: Callable[[Any], bool]) -> int:
    """The first raw number whose value holds, between one that does not and one that does."""
    while high - low > 1:
        middle = (low + high) // 2
        if holds(domain.value(middle)):
            high = middle
        else:
            low = middle
    return high


@dataclass(frozen=True)
class Doubles(Domain):
    """Doubles, taken by their shortest decimal writing, as Python writes them (``0.1`` is a tenth)."""

    whole: ClassVar[bool] = False

    def value(self, raw: Any) -> Any:
        return number(Decimal(repr(float(raw))))

    def cuts(self, constant: Any) -> list[Any]:
        if type(constant) is not Decimal:
            return []
        near = float(constant)
        if near in (inf, -inf):
            return []
        while Decimal(repr(near)) >= constant:
            near = nextafter(near, -inf)
        while Decimal(repr(near)) < constant:
            near = nextafter(near, inf)
        found = [near]
        while Decimal(repr(near)) <= constant:
            near = nextafter(near, inf)
        return [*found, near] if near != found[0] else found

    def before(self, raw: Any) -> Any:
        return nextafter(raw, -inf)


@dataclass(frozen=True)
class Days(Domain):
    """Dates: days since 1970-01-01."""

    kind: ClassVar[str] = "date"

    def value(self, raw: Any) -> Any:
        return Date.from_ordinal(int(raw))

    def cuts(self, constant: Any) -> list[Any]:
        if type(constant) is DateTime:
            # A date that is coerced to date and time is midnight in UTC.
            day = constant.instant // DAY
            return [day, day + 1]
        return [constant.ordinal, constant.ordinal + 1] if type(constant) is Date else []


@dataclass(frozen=True)
class Instants(Domain):
    """Dates and times: ``unit`` nanoseconds since 1970-01-01, in UTC where there is a zone, else by the clock."""

    unit: int
    zone: Zone
    kind: ClassVar[str] = "date and time"

    def value(self, raw: Any) -> Any:
        nanos = int(raw) * self.unit
        zone = self.zone
        if isinstance(zone, str):
            nanos += _offset_at(zone, nanos // SECOND) * SECOND
        elif zone is not None:
            nanos += zone * SECOND
        days, rest = divmod(nanos, DAY)
        date = Date.from_ordinal(days)
        return None if date is None else DateTime(date, Time(rest, zone))

    def cuts(self, constant: Any) -> list[Any]:
        if type(constant) is not DateTime:
            return []
        second = constant.key * SECOND
        return [-(-second // self.unit), -(-(second + SECOND) // self.unit)]


@lru_cache(maxsize=4096)
def keeps_offset(zone: str, first_week: int, last_week: int) -> bool:
    """Whether clocks of a zone are never set from one week (since 1970) to the end of another.

    Where they are set back, an hour is read off them twice, and FEEL takes both for the first: the order of such times is
    not that of their instants.
    """
    if not -104_000 < first_week <= last_week < 417_000:
        return False
    first = _offset_at(zone, first_week * WEEK)
    return all(_offset_at(zone, week * WEEK) == first for week in range(first_week, last_week + 2))


def _offset_at(zone: str, utc_seconds: int) -> int:
    """Seconds east of UTC at an instant."""
    lowest, highest = -62_135_510_400, 253_402_214_400
    at = datetime.fromtimestamp(min(max(utc_seconds, lowest), highest), UTC).astimezone(ZoneInfo(zone))
    offset = at.utcoffset() or timedelta()
    return offset.days * DAY_SECONDS + offset.seconds


@dataclass(frozen=True)
class Spans(Domain):
    """Days and time durations: ``unit`` nanoseconds."""

    unit: int
    kind: ClassVar[str] = "days and time duration"

    def value(self, raw: Any) -> Any:
        return DaysDuration(int(raw) * self.unit)

    def cuts(self, constant: Any) -> list[Any]:
        if type(constant) is not DaysDuration:
            return []
        return [-(-constant.nanos // self.unit), constant.nanos // self.unit + 1]


@dataclass(frozen=True)
class Clocks(Domain):
    """Times of day without a zone: ``unit`` nanoseconds since midnight; FEEL compares whole seconds."""

    unit: int
    kind: ClassVar[str] = "time"

    def value(self, raw: Any) -> Any:
        return Time(int(raw) * self.unit)

    def cuts(self, constant: Any) -> list[Any]:
        if type(constant) is not Time:
            return []
        second = constant.key * SECOND
        return [-(-second // self.unit), -(-(second + SECOND) // self.unit)]
