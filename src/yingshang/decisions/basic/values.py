"""FEEL values: equality, ordering, ranges, functions (DMN 1.5, 10.3.2)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

#: decimal128: 34 digits, half-even (DMN 1.5, 10.3.2.3.1).
DECIMAL = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144)


@dataclass(frozen=True)
class Range:
    """An interval; None as an end is unbounded."""

    low: Any
    high: Any
    low_in: bool
    high_in: bool

    def holds(self, value: Any) -> bool | None:
        """Whether ``value`` lies inside; None when it cannot be compared."""
        if value is None:
            return None
        results: list[bool | None] = []
        if self.low is not None:
            results.append(compare(">=" if self.low_in else ">", value, self.low))
        if self.high is not None:
            results.append(compare("<=" if self.high_in else "<", value, self.high))
        if False in results:
            return False
        return None if None in results else True


@dataclass(frozen=True)
class Function:
    """A FEEL function value with its parameter names."""

    name: str
    parameters: tuple[str, ...]
    call: Callable[..., Any]


_ORDERED = (Decimal, str, datetime, date, time, timedelta)
_OPS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def kind_of(value: Any) -> str:
    """The FEEL type name of a value."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Decimal):
        return "number"
    if isinstance(value, str):
        return "string"
    if isinstance(value, datetime):
        return "date and time"
    if isinstance(value, date):
        return "date"
    if isinstance(value, time):
        return "time"
    if isinstance(value, timedelta):
        return "days and time duration"
    if isinstance(value, list):
        return "list"
    if isinstance(value, Mapping):
        return "context"
    if isinstance(value, Range):
        return "range"
    return "function"


def equal(a: Any, b: Any) -> bool | None:
    """FEEL ``=``: null equals null only; values of different kinds cannot be compared (None)."""
    if a is None or b is None:
        return a is b
    ka, kb = kind_of(a), kind_of(b)
    if ka != kb:
        return None
    if ka == "list":
        if len(a) != len(b):
            return False
        return all(equal(x, y) for x, y in zip(a, b, strict=True))
    if ka == "context":
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    return bool(a == b)


def compare(op: str, a: Any, b: Any) -> bool | None:
    """FEEL ``<  <=  >  >=``; None where the two cannot be ordered."""
    if a is None or b is None or kind_of(a) != kind_of(b) or isinstance(a, bool) or not isinstance(a, _ORDERED):
        return None
    try:
        return _OPS[op](a, b)
    except TypeError:
        return None


def to_feel(value: Any) -> Any:
    """A Python value as FEEL has it: numbers become decimals, tuples lists."""
    if (
        isinstance(value, bool)
        or value is None
        or isinstance(value, (str, Decimal, date, time, timedelta, Range, Function))
    ):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {str(k): to_feel(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_feel(v) for v in value]
    return value
