"""Functions of lists of numbers (DMN 1.5, 10.3.4.4). Null where the list is empty or holds anything but numbers."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from yingshang.decisions.feel.builtins.registry import builtin
from yingshang.decisions.values import DECIMAL

Numbers = list[Any]


def _numbers(items: Numbers) -> bool:
    return all(isinstance(i, Decimal) for i in items)


def total(items: Numbers) -> Decimal:
    result = Decimal(0)
    for item in items:
        result = DECIMAL.add(result, item)
    return result


@builtin("sum", "list: list", variadic=True)
def sum_(items: Numbers) -> Decimal | None:
    return total(items) if items and _numbers(items) else None


@builtin("mean", "list: list", variadic=True)
def mean(items: Numbers) -> Decimal | None:
    return DECIMAL.divide(total(items), Decimal(len(items))) if items and _numbers(items) else None


@builtin("product", "list: list", variadic=True)
def product(items: Numbers) -> Decimal | None:
    if not items or not _numbers(items):
        return None
    result = Decimal(1)
    for item in items:
        result = DECIMAL.multiply(result, item)
    return result


@builtin("median", "list: list", variadic=True)
def median(items: Numbers) -> Decimal | None:
    if not items or not _numbers(items):
        return None
    ordered = sorted(items)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]  # type: ignore[no-any-return]
    return DECIMAL.divide(DECIMAL.add(ordered[middle - 1], ordered[middle]), Decimal(2))


@builtin("stddev", "list: list", variadic=True)
def stddev(items: Numbers) -> Decimal | None:
    """The sample standard deviation; it takes two numbers to deviate."""
    if len(items) < 2 or not _numbers(items):
        return None
    average = DECIMAL.divide(total(items), Decimal(len(items)))
    off = [DECIMAL.subtract(i, average) for i in items]
    squares = [DECIMAL.multiply(d, d) for d in off]
    return DECIMAL.sqrt(DECIMAL.divide(total(squares), Decimal(len(items) - 1)))


@builtin("mode", "list: list", variadic=True)
def mode(items: Numbers) -> Numbers | None:
    """The most frequent numbers, in ascending order; none of an empty list."""
    if not _numbers(items):
        return None
    counts = Counter(items)
    most = max(counts.values(), default=0)
    return sorted(n for n, times in counts.items() if times == most)
