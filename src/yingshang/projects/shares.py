"""Whose share of the elapsed time is whose: units, the enterprise, nobody. The shares add up to the whole, exactly.

At each moment the time is divided equally among the parties whose work was waited for at that moment: three units at work
on three items have a third each. What nobody was waited for is nobody's. Time is working time of the district calendar.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

#: The party of time in which nothing was waited for, and that of the enterprise's own time.
NOBODY, APPLICANT = "", "applicant"


@dataclass(frozen=True)
class Span:
    """A party was waited for from ``start`` to ``end``."""

    party: str
    start: datetime
    end: datetime


def divide(
    spans: Iterable[Span], start: datetime, end: datetime, measure: Callable[[datetime, datetime], int]
) -> dict[str, Fraction]:
    """The seconds of each party between ``start`` and ``end``; their sum is ``measure(start, end)``.

    Args:
        measure: seconds that count between two moments; additive.
    """
    kept = [Span(s.party, max(s.start, start), min(s.end, end)) for s in spans]
    kept = [s for s in kept if s.start < s.end]
    edges = sorted({start, end, *(s.start for s in kept), *(s.end for s in kept)})
    opening: dict[datetime, list[str]] = defaultdict(list)
    closing: dict[datetime, list[str]] = defaultdict(list)
    for s in kept:
        opening[s.start].append(s.party)
        closing[s.end].append(s.party)
    at_work: dict[str, int] = defaultdict(int)
    shares: dict[str, Fraction] = defaultdict(Fraction)
    for a, b in pairwise(edges):
        for party in closing[a]:
            at_work[party] -= 1
        for party in opening[a]:
            at_work[party] += 1
        waited = [p for p, n in at_work.items() if n] or [NOBODY]
        seconds = Fraction(measure(a, b), len(waited))
        for party in waited:
            shares[party] += seconds
    return {p: s for p, s in shares.items() if s}


def percents(shares: Mapping[str, Fraction]) -> dict[str, int]:
    """The shares in whole percent that add up to 100: the largest remainders are rounded up; empty for no time."""
    whole = sum(shares.values(), Fraction())
    if not whole:
        return {}
    exact = {p: 100 * s / whole for p, s in shares.items()}
    floors = {p: int(e) for p, e in exact.items()}
    left = 100 - sum(floors.values())
    for party in sorted(exact, key=lambda p: (floors[p] - exact[p], p))[:left]:
        floors[party] += 1
    return floors
