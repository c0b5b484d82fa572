"""Regions and their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yingshang.decisions.regions.axes import HIGHEST, LOWEST, Cut, Span, axis_of, is_zoned
from yingshang.decisions.values import kind_of


@dataclass(frozen=True, slots=True)
class Interval:
    """Values from ``low`` to ``high``; None as an end is unbounded (and then not *in*)."""

    low: Any
    low_in: bool
    high: Any
    high_in: bool


EVERYTHING = Interval(None, False, None, False)


@dataclass(frozen=True, slots=True)
class Region:
    """What a cell accepts.

    Attributes:
        kind: of the values in ``intervals``, a FEEL type's name; ``any`` where every value but null fares alike.
        intervals: sorted and disjoint, none of them empty; where the cell is *true*.
        null: the cell's verdict for null: True, False, or None for "cannot be told".
        other: whether values of other kinds are accepted, and times that have a zone where the cell's have none.
        zoned: whether the cell's times have a zone or an offset.
    """

    kind: str
    intervals: tuple[Interval, ...]
    null: bool | None
    other: bool = False
    zoned: bool = False

    def contains(self, value: Any) -> bool:
        """Whether the cell is true for a FEEL value."""
        if value is None:
            return self.null is True
        if self.kind == "any":
            return bool(self.intervals)
        if kind_of(value) != self.kind or is_zoned(value) not in (None, self.zoned):
            return self.other
        at = axis_of(self.kind, self.zoned).at(value)
        return any(low <= at < high for low, high in self.spans()[0])

    def spans(self) -> tuple[list[Span], dict[Any, Any]]:
        """The intervals as pairs of cuts, and the value that each key stands for."""
        axis = axis_of(self.kind, self.zoned)
        spans: list[Span] = []
        values: dict[Any, Any] = {}
        for i in self.intervals:
            low: Cut = LOWEST
            high: Cut = HIGHEST
            if i.low is not None:
                key = axis.key(i.low)
                values[key] = i.low
                low = (0, key, 0 if i.low_in else 1)
            if i.high is not None:
                key = axis.key(i.high)
                values[key] = i.high
                high = (0, key, 1 if i.high_in else 0)
            spans.append((low, high))
        return spans, values


def of_spans(kind: str, spans: Sequence[Span], values: Mapping[Any, Any], null: bool | None, other: bool,
             zoned: bool) -> Region:  # fmt: skip
    """The region of sorted spans: void ones dropped, neighbours that touch made one."""
    axis = axis_of(kind, zoned)
    merged: list[Span] = []
    for low, high in spans:
        if axis.is_void(low, high):
            continue
        if merged and axis.is_void(merged[-1][1], low):
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    intervals = tuple(
        Interval(
            values[low[1]] if low[0] == 0 else None,
            low[0] == 0 and low[2] == 0,
            values[high[1]] if high[0] == 0 else None,
            high[0] == 0 and high[2] == 1,
        )
        for low, high in merged
    )
    return Region(kind, intervals, null, other, zoned)
