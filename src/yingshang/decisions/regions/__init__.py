"""What a cell of a decision table accepts, as data: sorted intervals of one kind of value, and a verdict for null.

The scalar engine stays the only one who knows what FEEL means. A cell that is made of comparisons of its input with
constants can change its mind only at those constants (for ``starts with(?, "C2")``: at ``"C2"`` and ``"C3"``), so the
engine is asked at each of them and once between each two neighbours, and its answers *are* the region. Any other cell
has none, and has to be run.

A region speaks for null and for single values: numbers, texts, conditions, dates, times, durations.
"""

from yingshang.decisions.regions.algebra import complement, intersect, is_empty, sample, union
from yingshang.decisions.regions.cells import points_of, region_of
from yingshang.decisions.regions.region import EVERYTHING, Interval, Region

__all__ = [
    "EVERYTHING",
    "Interval",
    "Region",
    "complement",
    "intersect",
    "is_empty",
    "points_of",
    "region_of",
    "sample",
    "union",
]
