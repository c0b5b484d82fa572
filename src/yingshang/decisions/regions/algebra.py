"""Union, intersection and complement of regions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from yingshang.decisions.regions.axes import HIGHEST, LOWEST, Cut, Span, axis_of
from yingshang.decisions.regions.region import EVERYTHING, Region, of_spans


def union(a: Region, b: Region) -> Region:
    """Values that either accepts.

    Raises:
        ValueError: the regions are of two kinds, or of times with and without a zone.
    """
    return _combined(a, b, any, lambda p, q: sorted([*p, *q]))


def intersect(a: Region, b: Region) -> Region:
    """Values that both accept.

    Raises:
        ValueError: the regions are of two kinds, or of times with and without a zone.
    """
    return _combined(a, b, all, _common)


def complement(a: Region) -> Region:
    """Values that are not accepted; null is turned as FEEL's ``not`` turns it."""
    null = None if a.null is None else not a.null
    if a.kind == "any":
        return Region("any", () if a.intervals else (EVERYTHING,), null, not a.other)
    spans, values = a.spans()
    gaps: list[Span] = []
    previous: Cut = LOWEST
    for low, high in spans:
        gaps.append((previous, low))
        previous = high
    gaps.append((previous, HIGHEST))
    return of_spans(a.kind, gaps, values, null, not a.other, a.zoned)


def is_empty(a: Region) -> bool:
    """Whether nothing is accepted, null included."""
    return not a.intervals and a.null is not True and not a.other


def sample(a: Region) -> Any:
    """A value that is accepted, as simple as can be; None where only null is, or nothing."""
    if not a.intervals:
        return None
    if a.kind == "any":
        return Decimal(0)
    low, high = a.spans()[0][0]
    return axis_of(a.kind, a.zoned).example(low, high, a.zoned)


def _combined(a: Region, b: Region, how: Callable[[Iterable[object]], bool],
              join: Callable[[list[Span], list[Span]], list[Span]]) -> Region:  # fmt: skip
    null = _three_valued(a.null, b.null, how is any)
    other = how((a.other, b.other))
    if a.kind == "any" and b.kind == "any":
        return Region("any", (EVERYTHING,) if how((a.intervals, b.intervals)) else (), null, other)
    model = b if a.kind == "any" else a
    if b.kind != "any" and (b.kind, b.zoned) != (model.kind, model.zoned):
        raise ValueError(f"regions of {a.kind} and {b.kind} have no common order")
    first, values = _as(a, model).spans()
    second, more = _as(b, model).spans()
    return of_spans(model.kind, join(first, second), {**values, **more}, null, other, model.zoned)


def _as(a: Region, model: Region) -> Region:
    """The region on the axis of another; only ``any`` has to be moved."""
    return Region(model.kind, a.intervals, a.null, a.other, model.zoned) if a.kind == "any" else a


def _three_valued(a: bool | None, b: bool | None, decisive: bool) -> bool | None:
    if a is decisive or b is decisive:
        return decisive
    return None if a is None or b is None else not decisive


def _common(first: list[Span], second: list[Span]) -> list[Span]:
    """The common parts of two lists of sorted, disjoint spans."""
    found: list[Span] = []
    i = j = 0
    while i < len(first) and j < len(second):
        low, high = max(first[i][0], second[j][0]), min(first[i][1], second[j][1])
        if low < high:
            found.append((low, high))
        if first[i][1] < second[j][1]:
            i += 1
        else:
            j += 1
    return found
