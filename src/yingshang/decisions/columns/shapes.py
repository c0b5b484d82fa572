"""What the results of an expression can look like, told before it runs: the columns of a result have their types first.

Numbers are followed by their digits before and behind the point. Where both have a bound the column is an exact decimal;
a quotient has none behind the point, and is written as text, unless the model rounds it (``decimal(x, 2)``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa

from yingshang.decisions.columns.arrow_in import zone_of
from yingshang.decisions.feel.types import ANY, ContextType, ListOfType, Simple, Type, resolve
from yingshang.decisions.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time, Zone, zone_text
from yingshang.decisions.values import kind_of

#: Digits of the largest decimal that databases read.
MOST_DIGITS = 38


@dataclass(frozen=True)
class Shape:
    """Anything: written as FEEL writes it."""


@dataclass(frozen=True)
class Nothing(Shape):
    """Null, always."""


@dataclass(frozen=True)
class Number(Shape):
    """Numbers of at most ``digits`` before and ``scale`` behind the point; None where there is no bound."""

    digits: int | None = None
    scale: int | None = None


@dataclass(frozen=True)
class Plain(Shape):
    """string, boolean, date or years and months duration."""

    kind: str


@dataclass(frozen=True)
class Clock(Shape):
    """time, date and time, days and time duration, in whole ``unit`` (s, ms, us, ns); all in one zone."""

    kind: str
    unit: str = "us"
    zone: Zone = None


@dataclass(frozen=True)
class ListOf(Shape):
    of: Shape


@dataclass(frozen=True)
class Entries(Shape):
    fields: Mapping[str, Shape] = field(hash=False)


ANYTHING = Shape()
NULL = Nothing()
BOOLEAN = Plain("boolean")
STRING = Plain("string")
_UNITS = ("s", "ms", "us", "ns")


def join(a: Shape, b: Shape) -> Shape:
    """The shape of what has either."""
    if isinstance(a, Nothing) or a == b:
        return b
    if isinstance(b, Nothing):
        return a
    match a, b:
        case Number(), Number():
            return Number(_larger(a.digits, b.digits), _larger(a.scale, b.scale))
        case Clock(), Clock() if a.kind == b.kind and a.zone == b.zone:
            return Clock(a.kind, max(a.unit, b.unit, key=_UNITS.index), a.zone)
        case ListOf(), ListOf():
            return ListOf(join(a.of, b.of))
        case Entries(), Entries() if list(a.fields) == list(b.fields):
            return Entries({k: join(a.fields[k], b.fields[k]) for k in a.fields})
    return ANYTHING


def join_all(shapes: Iterable[Shape]) -> Shape:
    found: Shape = NULL
    for shape in shapes:
        found = join(found, shape)
    return found


def _larger(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else max(a, b)


def of_value(value: Any) -> Shape:
    """The shape of one value."""
    match value:
        case None:
            return NULL
        case Decimal():
            exponent = int(value.as_tuple().exponent)
            digits = max(value.adjusted() + 1, 1) if value else 1
            return Number(digits, max(-exponent, 0)) if digits < 7000 else Number()
        case list():
            return ListOf(join_all(map(of_value, value)))
        case dict():
            return Entries({k: of_value(v) for k, v in value.items()})
        case str() | bool() | Date() | MonthsDuration():
            return Plain(kind_of(value))
        case DateTime():
            return Clock("date and time", _unit(value.time.nanos), value.time.zone)
        case Time() if value.zone is None:
            return Clock("time", _unit(value.nanos))
        case DaysDuration():
            return Clock("days and time duration", _unit(value.nanos))
    return ANYTHING


def _unit(nanos: int) -> str:
    return "us" if nanos % 1000 == 0 else "ns"


def of_arrow(kind: pa.DataType) -> Shape:
    """The shape of a column."""
    t = pa.types
    if t.is_null(kind):
        return NULL
    if t.is_integer(kind):
        digits = {8: 3, 16: 5, 32: 10, 64: 20 if t.is_unsigned_integer(kind) else 19}[kind.bit_width]
        return Number(digits, 0)
    if t.is_decimal(kind):
        return Number(max(kind.precision - kind.scale, 1), max(kind.scale, 0))
    if t.is_floating(kind):
        return Number()
    if t.is_dictionary(kind):
        return of_arrow(kind.value_type)
    if t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind):
        return STRING
    if t.is_boolean(kind):
        return BOOLEAN
    if t.is_date(kind):
        return Plain("date")
    if t.is_struct(kind):
        return Entries({f.name: of_arrow(f.type) for f in kind})
    if t.is_list(kind) or t.is_large_list(kind) or t.is_fixed_size_list(kind):
        return ListOf(of_arrow(kind.value_type))
    if t.is_timestamp(kind):
        return Clock("date and time", kind.unit, zone_of(kind.tz))
    if t.is_duration(kind):
        return Clock("days and time duration", kind.unit)
    return Clock("time", kind.unit) if t.is_time(kind) else ANYTHING


def of_type(kind: Type | None) -> Shape:
    """The shape of a declared type, for want of a better."""
    target = ANY if kind is None else resolve(kind)
    match target:
        case Simple("number"):
            return Number()
        case Simple("string" | "boolean" | "date" | "years and months duration" as name):
            return Plain(name)
        case Simple("Null"):
            return NULL
        case ListOfType():
            return ListOf(of_type(target.of))
        case ContextType() if target.entries:
            return Entries({k: of_type(t) for k, t in target.entries.items()})
    return ANYTHING


def narrowed(shape: Shape, kind: Type | None) -> Shape:
    """What coercion to a type leaves of a shape."""
    target = ANY if kind is None else resolve(kind)
    if target is ANY or isinstance(shape, Nothing):
        return shape
    if isinstance(target, ListOfType):
        return ListOf(narrowed(shape.of if isinstance(shape, ListOf) else shape, target.of))
    if isinstance(shape, ListOf):
        # The only item of a list stands for itself.
        return narrowed(shape.of, kind)
    if isinstance(target, Simple) and isinstance(shape, (Number, Plain, Clock)):
        given = "number" if isinstance(shape, Number) else shape.kind
        if given == target.name:
            return shape
        return Clock("date and time", "us", 0) if (given, target.name) == ("date", "date and time") else NULL
    if isinstance(target, ContextType) and isinstance(shape, Entries):
        if all(k in shape.fields for k in target.entries):
            return Entries({k: narrowed(s, target.entries.get(k)) for k, s in shape.fields.items()})
        return NULL
    return of_type(kind)


def arrow_type(shape: Shape) -> pa.DataType:
    """The type of a result's column."""
    match shape:
        case Number(int() as digits, int() as scale) if digits + scale <= MOST_DIGITS:
            return pa.int64() if scale == 0 and digits <= 18 else pa.decimal128(digits + scale, scale)
        case Nothing():
            return pa.null()
        case Plain("boolean"):
            return pa.bool_()
        case Plain("date"):
            return pa.date32()
        case ListOf():
            return pa.list_(arrow_type(shape.of))
        case Entries():
            return pa.struct([pa.field(k, arrow_type(s)) for k, s in shape.fields.items()])
        case Clock("date and time"):
            return pa.timestamp(shape.unit, tz=_zone_name(shape.zone))
        case Clock("days and time duration"):
            return pa.duration(shape.unit)
        case Clock("time"):
            return pa.time32(shape.unit) if shape.unit in ("s", "ms") else pa.time64(shape.unit)
    return pa.string()


def _zone_name(zone: Zone) -> str | None:
    return "UTC" if zone == 0 else zone_text(zone) if isinstance(zone, int) else zone


def without_bound(shape: Shape) -> str:
    """Why numbers of a shape are written as text; empty where they are not."""
    match shape:
        case Number(digits, scale) if digits is None or scale is None:
            return "its digits have no bound; decimal(…, n) gives them one"
        case Number(int() as digits, int() as scale) if digits + scale > MOST_DIGITS:
            return f"it can have {digits} digits before and {scale} behind the point, more than {MOST_DIGITS} in all"
        case ListOf():
            return without_bound(shape.of)
        case Entries():
            return next(filter(None, map(without_bound, shape.fields.values())), "")
    return ""
