"""Numbers that depend on one fact as the ratio of two linear functions: where they meet a bound, exactly.

``研发费用 / 营业收入 * 100`` is such a ratio in each of its two facts. Fractions of whole numbers carry it, so that no step
rounds; what is no such ratio (a square, a built-in function) has no place here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from yingshang.decisions.regions import Interval

_ZERO, _ONE = Fraction(0), Fraction(1)


class NoRatio(Exception):
    """An expression that is no ratio of two linear functions."""


class Line(NamedTuple):
    """``constant + slope * x``."""

    constant: Fraction
    slope: Fraction

    def at(self, x: Fraction) -> Fraction:
        return self.constant + self.slope * x

    @property
    def root(self) -> Fraction | None:
        """Where it is zero; None for a line that is level."""
        return -self.constant / self.slope if self.slope else None


@dataclass(frozen=True, slots=True)
class Ratio:
    """One line over another."""

    above: Line
    below: Line

    @staticmethod
    def constant(value: Fraction) -> Ratio:
        return Ratio(Line(value, _ZERO), Line(_ONE, _ZERO))

    @staticmethod
    def fact() -> Ratio:
        return Ratio(Line(_ZERO, _ONE), Line(_ONE, _ZERO))

    def __add__(self, other: Ratio) -> Ratio:
        if self.below == other.below:
            return Ratio(_sum(self.above, other.above), self.below)
        return Ratio(_sum(_product(self.above, other.below), _product(other.above, self.below)),
                     _product(self.below, other.below))  # fmt: skip

    def __neg__(self) -> Ratio:
        return Ratio(Line(-self.above.constant, -self.above.slope), self.below)

    def __mul__(self, other: Ratio) -> Ratio:
        return Ratio(_product(self.above, other.above), _product(self.below, other.below))

    def inverse(self) -> Ratio:
        return Ratio(self.below, self.above)

    def at(self, x: Fraction) -> Fraction | None:
        """The value at ``x``; None where it has none."""
        below = self.below.at(x)
        return self.above.at(x) / below if below else None

    def crossings(self, bound: Fraction) -> Iterator[Fraction]:
        """Where the ratio may meet a bound, or jump over it."""
        away = Line(self.above.constant - bound * self.below.constant, self.above.slope - bound * self.below.slope)
        yield from (root for root in (away.root, self.below.root) if root is not None)


def _sum(a: Line, b: Line) -> Line:
    return Line(a.constant + b.constant, a.slope + b.slope)


def _product(a: Line, b: Line) -> Line:
    if a.slope and b.slope:
        raise NoRatio
    return Line(a.constant * b.constant, a.constant * b.slope + a.slope * b.constant)


class Target(NamedTuple):
    """Where to go: to ``at`` itself, or with ``beyond`` just past it, up or down."""

    at: Fraction
    beyond: bool
    up: bool


def targets(ratio: Ratio, intervals: Sequence[Interval], x: Fraction) -> list[Target]:
    """The facts nearest to ``x``, on both its sides, for which the ratio lies in one of the intervals; nearest first."""
    points = sorted({c for i in intervals for end in (i.low, i.high) if end is not None
                     for c in ratio.crossings(Fraction(end))})  # fmt: skip

    def good(at: Fraction) -> bool:
        value = ratio.at(at)
        return value is not None and any(_inside(value, i) for i in intervals)

    found = []
    for n, point in enumerate(points):
        if good(point):
            found.append(Target(point, False, point > x))
            continue
        below = (point + points[n - 1]) / 2 if n else point - 1
        above = (point + points[n + 1]) / 2 if n + 1 < len(points) else point + 1
        if point >= x and good(above):
            found.append(Target(point, True, True))
        if point <= x and good(below):
            found.append(Target(point, True, False))
    return sorted(found, key=lambda t: (abs(t.at - x), t.beyond))


def _inside(value: Fraction, i: Interval) -> bool:
    low, high = (None if end is None else Fraction(end) for end in (i.low, i.high))
    above = low is None or value > low or (i.low_in and value == low)
    return above and (high is None or value < high or (i.high_in and value == high))
