"""Built-in functions of numbers over columns: rounding, absolute values, the least and the greatest of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yingshang.decisions.columns.domains import Scaled
from yingshang.decisions.columns.numbers import as_raw, both_valid, bounds_of, to_scale
from yingshang.decisions.columns.vectors import Between, Coded, Exact, Raw, Vector

Array = NDArray[Any]
_MODES = {
    "decimal": "half even",
    "floor": "floor",
    "ceiling": "ceiling",
    "round up": "up",
    "round down": "down",
    "round half up": "half up",
    "round half down": "half down",
}
#: Scales for which rounding by integers is worth it.
_MOST_SCALE = 30


def call(name: str, arguments: Sequence[Vector], exact: Exact) -> Vector | None:
    """The value of a built-in function in every row; None where only the scalar engine can say.

    Args:
        exact: the scalar engine's values.
    """
    if name in _MODES and arguments and (len(arguments) == 2 or (len(arguments) == 1 and name in ("floor", "ceiling"))):
        scale = _scale(arguments[1:])
        return None if scale is None else _rounded(_MODES[name], arguments[0], scale, exact)
    if name == "abs" and len(arguments) == 1:
        raw = as_raw(arguments[0])
        if raw is None or (raw.numbers.dtype != object and len(raw) and raw.numbers.min() == np.iinfo(np.int64).min):
            return None
        return Raw(raw.domain, np.abs(raw.numbers), raw.valid, None if raw.exact is None else exact)
    if name in ("min", "max") and len(arguments) > 1:
        numbers = [as_raw(a) for a in arguments]
        found = [n for n in numbers if n is not None]
        return _extreme(name, found, exact) if len(found) == len(numbers) else None
    return None


def _scale(arguments: Sequence[Vector]) -> int | None:
    """The scale to round to, where it is the same everywhere."""
    if not arguments:
        return 0
    given = arguments[0]
    value = given.values.items[0] if isinstance(given, Coded) and len(given.values) == 1 else None
    if type(value) is not Decimal or abs(value) > _MOST_SCALE:
        return None
    return int(value)


def _rounded(mode: str, vector: Vector, scale: int, exact: Exact) -> Vector | None:
    raw = as_raw(vector)
    if raw is not None:
        assert isinstance(raw.domain, Scaled)
        dropped = raw.domain.scale - scale
        if dropped <= 0:
            return Raw(raw.domain, raw.numbers, raw.valid, None if raw.exact is None else exact)
        numbers = _divided(mode, raw.numbers, 10**dropped)
        return Raw(Scaled(scale), numbers, raw.valid, None if raw.exact is None else exact)
    bounds = bounds_of(vector)
    return None if bounds is None or scale < 0 else _rounded_bounds(mode, bounds, scale, exact)


def _divided(mode: str, numbers: Array, unit: int) -> Array:
    """Integers divided by a power of ten, rounded."""
    if numbers.dtype != object and unit > 1 << 61:
        numbers = numbers.astype(object)
    size = np.abs(numbers) // unit
    rest = np.abs(numbers) - size * unit
    negative = numbers < 0
    match mode:
        case "down":
            more = np.zeros(len(numbers), np.bool_)
        case "up":
            more = rest != 0
        case "floor":
            more = (rest != 0) & negative
        case "ceiling":
            more = (rest != 0) & ~negative
        case "half up":
            more = rest * 2 >= unit
        case "half down":
            more = rest * 2 > unit
        case _:
            more = (rest * 2 > unit) | ((rest * 2 == unit) & (size % 2 == 1))
    size = size + np.asarray(more, np.bool_)
    return np.where(negative, -size, size)


def _rounded_bounds(mode: str, bounds: Between, scale: int, exact: Exact) -> Raw:
    factor = 10.0**scale
    with np.errstate(all="ignore"):
        low, high = bounds.low * factor, bounds.high * factor
        slack = np.maximum(np.abs(low), np.abs(high)) * 1e-15 + 1e-300
        low, high = low - slack, high + slack
        a, b = _whole(mode, low), _whole(mode, high)
        decided = (a == b) & (np.abs(a) < 1 << 52)
    numbers = np.where(decided, a, 0.0).astype(np.int64)
    undecided = ~decided if bounds.valid is None else ~decided & bounds.valid
    rows = np.nonzero(undecided)[0]
    valid = bounds.valid
    if len(rows):
        # Infinite bounds may hide a null.
        values = exact(rows)
        scaled = [0 if v is None else int(v.scaleb(scale)) for v in values]
        if any(abs(n) >= 1 << 63 for n in scaled):
            numbers = numbers.astype(object)
        numbers[rows] = scaled
        if any(v is None for v in values):
            valid = np.ones(len(numbers), np.bool_) if valid is None else valid.copy()
            valid[rows] = [v is not None for v in values]
    return Raw(Scaled(scale), numbers, valid, exact)


def _whole(mode: str, numbers: Array) -> Array:
    """Doubles rounded to whole ones; ties do not come up, for their bounds differ."""
    match mode:
        case "floor":
            return np.floor(numbers)
        case "ceiling":
            return np.ceil(numbers)
        case "down":
            return np.trunc(numbers)
        case "up":
            return np.where(numbers < 0, np.floor(numbers), np.ceil(numbers))
    return np.floor(numbers + 0.5)


def _extreme(name: str, numbers: Sequence[Raw], exact: Exact) -> Raw:
    scales = {n.domain.scale for n in numbers if isinstance(n.domain, Scaled)}
    scale = max(scales)
    do: Callable[[Any, Any], Any] = np.minimum if name == "min" else np.maximum
    uneven = len(scales) > 1 or any(n.exact is not None for n in numbers)
    return Raw(
        Scaled(scale),
        reduce(do, [to_scale(n, scale) for n in numbers]),
        reduce(both_valid, [n.valid for n in numbers]),
        exact if uneven else None,
    )
