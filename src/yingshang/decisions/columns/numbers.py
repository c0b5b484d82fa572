"""Arithmetic over columns, exact: integers where they hold everything, else bounds with the scalar engine behind them.

Sums, differences and products of decimals are integers of a known scale; what would have more than the 34 digits of
decimal128 is rounded as the engine rounds. Quotients are known between two doubles: enough to compare them with a
threshold, but for the few rows that lie too close, and those the scalar engine decides.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yingshang.decisions.columns.domains import Doubles, Scaled
from yingshang.decisions.columns.vectors import Between, Coded, Exact, Raw, Vector
from yingshang.decisions.values import number

#: Decimals of a constant beyond which integers of its scale would only be in the way.
_MOST_SCALE = 40
_INT64 = (1 << 63) - 1
#: What a double may be off after one operation, and a decimal after rounding to 34 digits, both with room to spare.
_SLACK = 4e-16
_TINY = 1e-300

Valid = NDArray[np.bool_] | None


def both_valid(a: Valid, b: Valid) -> Valid:
    if a is None or b is None:
        return b if a is None else a
    return a & b


def as_raw(vector: Vector) -> Raw | None:
    """Numbers as integers of one scale; None for anything else.

    Of codes only those whose values are all numbers or null; where they are written with differing decimals, only their
    size is kept, and the caller has to see to the rest.
    """
    if isinstance(vector, Raw):
        return vector if isinstance(vector.domain, Scaled) else None
    if not isinstance(vector, Coded):
        return None
    values = vector.values
    held = values.memory.get("numbers")
    if held is None or held[0] != len(values):
        held = values.memory["numbers"] = (len(values), _table_of(values.items))
    if held[1] is None:
        return None
    scale, numbers, valid, alike = held[1]
    taken: NDArray[Any] = numbers[vector.codes]
    there = None if valid.all() else valid[vector.codes]
    return Raw(Scaled(scale), taken, there, None if alike else _values_of(vector))


def _values_of(vector: Coded) -> Exact:
    return lambda rows: vector.take(rows).feel()


def _table_of(items: list[Any]) -> tuple[int, NDArray[Any], NDArray[np.bool_], bool] | None:
    if not all(v is None or type(v) is Decimal for v in items):
        return None
    exponents = {int(v.as_tuple().exponent) for v in items if v is not None}
    scale = max((-e for e in exponents), default=0)
    if scale < 0:
        scale = 0
    if scale > _MOST_SCALE or min(exponents, default=0) < -_MOST_SCALE or max(exponents, default=0) > _MOST_SCALE:
        return None
    numbers = [0 if v is None else _unscaled(v, scale) for v in items]
    fits = all(abs(n) <= _INT64 for n in numbers)
    return (
        scale,
        np.asarray(numbers, np.int64 if fits else object),
        np.asarray([v is not None for v in items], np.bool_),
        exponents <= {-scale},
    )


def _unscaled(value: Decimal, scale: int) -> int:
    sign, digits, exponent = value.as_tuple()
    whole: int = int("".join(map(str, digits))) * 10 ** (int(exponent) + scale)
    return -whole if sign else whole


def _most(numbers: NDArray[Any]) -> int:
    """The largest absolute value."""
    if not len(numbers):
        return 0
    return max(abs(int(numbers.max())), abs(int(numbers.min())))


def to_scale(raw: Raw, scale: int) -> NDArray[Any]:
    """The integers at a higher scale."""
    assert isinstance(raw.domain, Scaled)
    factor = 10 ** (scale - raw.domain.scale)
    if factor == 1:
        return raw.numbers
    if raw.numbers.dtype != object and max(_most(raw.numbers), 1) * factor <= _INT64:
        scaled: NDArray[Any] = raw.numbers * np.int64(factor)
        return scaled
    return np.asarray(raw.numbers.astype(object) * factor, object)


def arithmetic(op: str, a: Vector, b: Vector, exact: Exact) -> Vector | None:
    """``a op b`` for numbers; None where only the scalar engine can say.

    Args:
        exact: the scalar engine's values of the whole expression.
    """
    if op in "+-*" and len(op) == 1:
        left, right = as_raw(a), as_raw(b)
        if left is not None and right is not None:
            return _whole(op, left, right, exact)
    x, y = bounds_of(a), bounds_of(b)
    if x is None or y is None or op not in ("+", "-", "*", "/"):
        return None
    return _bounded(op, x, y, exact)


def _whole(op: str, a: Raw, b: Raw, exact: Exact) -> Raw:
    assert isinstance(a.domain, Scaled) and isinstance(b.domain, Scaled)
    valid = both_valid(a.valid, b.valid)
    uneven = a.exact is not None or b.exact is not None
    if op == "*":
        scale = a.domain.scale + b.domain.scale
        p, q = a.numbers, b.numbers
        most = _most(p) * _most(q)
    else:
        scale = max(a.domain.scale, b.domain.scale)
        p, q = to_scale(a, scale), to_scale(b, scale)
        most = _most(p) + _most(q)
    if most > _INT64:
        p, q = p.astype(object), q.astype(object)
    result = p * q if op == "*" else p + q if op == "+" else p - q
    if most >= 10**34:
        result = _rounded_to_34(result, scale)
    return Raw(Scaled(scale), result, valid, exact if uneven or scale > _MOST_SCALE else None)


def _rounded_to_34(numbers: NDArray[Any], scale: int) -> NDArray[Any]:
    long = np.nonzero(np.abs(numbers) >= 10**34)[0]
    if len(long):
        numbers = numbers.copy()
        for i in long.tolist():
            rounded = number(Decimal(int(numbers[i])))
            numbers[i] = int(rounded) if rounded is not None else 0
    return numbers


# --- bounds -----------------------------------------------------------------------------------------------------------


def bounds_of(vector: Vector) -> Between | None:
    """Numbers as two doubles they lie between; None for what are no numbers."""
    if isinstance(vector, Between):
        return vector
    if isinstance(vector, Raw) and isinstance(vector.domain, Doubles):
        fine = np.isfinite(vector.numbers)
        valid = vector.valid if fine.all() else both_valid(vector.valid, fine)
        exact = _raw_values(vector)
        numbers = np.where(fine, vector.numbers, 0.0)
        # The shortest decimal of a double is nearer to it than to any other.
        return Between(*_widened(numbers, numbers), valid, exact)
    raw = as_raw(vector)
    if raw is None:
        return None
    assert isinstance(raw.domain, Scaled)
    if _most(raw.numbers) > 10**250:
        return None
    floats = raw.numbers.astype(np.float64) / 10.0**raw.domain.scale
    if raw.domain.scale <= 0 and raw.numbers.dtype != object and _most(raw.numbers) < 1 << 53:
        return Between(floats, floats, raw.valid, _raw_values(raw))
    return Between(*_widened(floats, floats), raw.valid, _raw_values(raw))


def _raw_values(vector: Raw) -> Exact:
    return lambda rows: vector.take(rows).feel()


def _widened(low: NDArray[Any], high: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    # Beyond the largest double the bound is infinite, and the scalar engine decides.
    with np.errstate(over="ignore", invalid="ignore"):
        return low - (np.abs(low) * _SLACK + _TINY), high + (np.abs(high) * _SLACK + _TINY)


def _bounded(op: str, a: Between, b: Between, exact: Exact) -> Between:
    valid = both_valid(a.valid, b.valid)
    with np.errstate(all="ignore"):
        if op == "+":
            low, high = a.low + b.low, a.high + b.high
        elif op == "-":
            low, high = a.low - b.high, a.high - b.low
        elif op == "*":
            low, high = _corners(a, b.low, b.high, np.multiply)
        else:
            zero = (b.low == 0) & (b.high == 0)
            if zero.any():
                # Division by zero is null.
                valid = both_valid(valid, ~zero)
            low, high = _corners(a, b.low, b.high, np.divide)
            unknown = (b.low <= 0) & (b.high >= 0)
            low, high = np.where(unknown, -np.inf, low), np.where(unknown, np.inf, high)
        low, high = _widened(low, high)
        low, high = np.where(np.isfinite(low), low, -np.inf), np.where(np.isfinite(high), high, np.inf)
    return Between(low, high, valid, exact)


def _corners(
    a: Between, low: NDArray[Any], high: NDArray[Any], do: Callable[[Any, Any], Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    corners = [do(a.low, low), do(a.low, high), do(a.high, low), do(a.high, high)]
    return np.minimum.reduce(corners), np.maximum.reduce(corners)
