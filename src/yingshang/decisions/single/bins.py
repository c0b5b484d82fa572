"""From an input's value to the rules that it leaves possible: bins between thresholds, and a mask of rules a bin.

All cells of one input cut its values into bins: null, each threshold, each gap between two, and one bin for values that
no cell can compare with its constants. Within a bin no cell changes its mind. So one binary search a value replaces all
cells, and tables that read the same input share that search (packet classification by bit vectors).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any

from yingshang.decisions.regions import Region
from yingshang.decisions.regions.axes import AXES
from yingshang.decisions.temporal import DateTime, Time
from yingshang.decisions.values import KINDS

#: The bin of null, and the one of single values that no cell knows.
NULL, OTHER = 0, 1

_TYPES = {name: kind for kind, name in KINDS.items()}
#: Kinds whose values are their own key.
_PLAIN = ("number", "string", "boolean")
_SINGLE = frozenset(_TYPES[name] for name in AXES)
_ZONED = (Time, DateTime)


class Bins:
    """The bins that the cells of one input make.

    Attributes:
        count: how many there are.
        segments: sorted keys and first bin by (kind, zoned).
    """

    __slots__ = ("_of_type", "count", "segments")

    def __init__(self, regions: Iterable[Region]) -> None:
        keys: dict[tuple[str, bool], set[Any]] = {}
        for region in regions:
            if region.kind == "any":
                continue
            key = AXES[region.kind].key
            found = keys.setdefault((region.kind, region.zoned), set())
            for interval in region.intervals:
                found.update(key(end) for end in (interval.low, interval.high) if end is not None)
        self.segments: dict[tuple[str, bool], tuple[list[Any], int]] = {}
        self.count = 2
        for segment, found in sorted(keys.items()):
            self.segments[segment] = (sorted(found), self.count)
            self.count += 2 * len(found) + 1
        #: By the value's type (and zone): what to search for, where, and the first bin.
        self._of_type: dict[Any, tuple[Callable[[Any], Any] | None, list[Any], int]] = {}
        for (kind, zoned), (thresholds, base) in self.segments.items():
            type_ = _TYPES[kind]
            at: Any = (type_, zoned) if type_ in _ZONED else type_
            self._of_type[at] = (None if kind in _PLAIN else AXES[kind].key, thresholds, base)

    def index(self, value: Any) -> int:
        """The bin of a FEEL value; -1 for a list, a context, a range or a function, which have none."""
        kind: Any = type(value)
        if kind in _ZONED:
            kind = (kind, value.offset is not None)
        found = self._of_type.get(kind)
        if found is None:
            if value is None:
                return NULL
            return OTHER if type(value) in _SINGLE else -1
        key_of, keys, base = found
        key = value if key_of is None else key_of(value)
        at = bisect_left(keys, key)
        return base + 2 * at + (at < len(keys) and keys[at] == key)

    def masks(self, cells: Iterable[tuple[int, Region]], all: int) -> list[int]:
        """By bin, a mask of what its values leave possible.

        Args:
            cells: a bit, and the region that keeps it.
            all: every bit there is; those without a cell stay.
        """
        turns = [0] * (self.count + 1)
        mask = all
        for bit, region in cells:
            mask &= ~bit
            for first, end in self._accepted(region):
                turns[first] ^= bit
                turns[end] ^= bit
        masks = []
        for turn in turns[:-1]:
            mask ^= turn
            masks.append(mask)
        return masks

    def _accepted(self, region: Region) -> Iterable[tuple[int, int]]:
        """Stretches of bins that a region accepts."""
        if region.null is True:
            yield NULL, NULL + 1
        if region.other:
            yield OTHER, OTHER + 1
        for (kind, zoned), (keys, base) in self.segments.items():
            end = base + 2 * len(keys) + 1
            if region.kind == "any":
                if region.intervals:
                    yield base, end
            elif (kind, zoned) != (region.kind, region.zoned):
                if region.other:
                    yield base, end
            else:
                key = AXES[kind].key
                for i in region.intervals:
                    low = base if i.low is None else base + 2 * bisect_left(keys, key(i.low)) + (1 if i.low_in else 2)
                    high = end if i.high is None else base + 2 * bisect_left(keys, key(i.high)) + 1 + i.high_in
                    yield low, high
