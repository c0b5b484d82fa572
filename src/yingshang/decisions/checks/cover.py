"""Is every combination of values met by a rule? A search over the bins of one column after the other.

A state is the set of rules that still may meet the values chosen so far. It is a gap when the set is empty, and certainly
none when a rule in it accepts everything that is left to choose. Bins that leave the same set are one, a set that holds
another one needs no look (what covers the smaller covers it), and states seen before are not entered again. Covering is
NP-hard, so the work is counted and given up beyond a budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from yingshang.decisions.checks.columns import BinRange, Column

#: A bin chosen for each column; None where any does.
Choice = tuple[int | None, ...]
#: Rules up to which only the ends of their own ranges are looked at, not every bin.
_FEW = 24


class OutOfBudget(Exception):
    """The search was given up; what was found until then holds."""


@dataclass(slots=True)
class Budget:
    """Steps that the searches in one table may take: bins looked at, and some for every state."""

    left: int

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise OutOfBudget


def members(rules: int) -> Iterator[int]:
    """The rules of a set, from 0."""
    while rules:
        low = rules & -rules
        yield low.bit_length() - 1
        rules ^= low


class Search:
    """Looks for choices that no rule of a set meets.

    Args:
        columns: of the table.
        within: by column, the bins to choose from; all that have to be covered where it is not given.
    """

    def __init__(
        self, columns: Sequence[Column], budget: Budget, within: Sequence[Sequence[BinRange]] | None = None
    ) -> None:
        self.columns = columns
        self.budget = budget
        self.within = within
        self.seen: set[tuple[int, int]] = set()
        if within is None:
            self.always = [c.always for c in columns]
        else:
            self.always = [self._always(c, w) for c, w in zip(columns, within, strict=True)]

    def uncovered(self, rules: int) -> Iterator[Choice]:
        """Choices that none of the rules meets, the first ones as soon as they are found.

        Raises:
            OutOfBudget: there may be more.
        """
        if any(not self._bins(n) for n in range(len(self.columns))):
            return
        yield from self._visit(rules, (1 << len(self.columns)) - 1, {})

    def _visit(self, rules: int, left: int, chosen: dict[int, int]) -> Iterator[Choice]:
        if not rules:
            yield tuple(chosen.get(n) for n in range(len(self.columns)))
            return
        if not left or (rules, left) in self.seen:
            return
        self.seen.add((rules, left))
        remaining = [n for n in range(len(self.columns)) if left >> n & 1]
        self.budget.spend(8 + 3 * len(remaining))
        sure = rules
        for n in remaining:
            sure &= self.always[n]
        if sure:
            return
        # The column that most rules care about splits best.
        best = max(remaining, key=lambda n: (rules & ~self.always[n]).bit_count())
        for subset, place in self._split(best, rules):
            yield from self._visit(subset, left & ~(1 << best), {**chosen, best: place})

    def _split(self, n: int, rules: int) -> list[tuple[int, int]]:
        """What the bins of a column leave of a set: the smallest subsets, with a bin each."""
        sets, other = self.columns[n].sets, self.columns[n].other
        places = self._places(n, rules)
        self.budget.spend(len(places))
        found: dict[int, int] = {}
        for p in places:
            # Of bins that are alike, the one whose text reads as "any other" makes the clearest example.
            if found.setdefault(sets[p] & rules, p) != p and p == other:
                found[sets[p] & rules] = p
        ordered = sorted(found.items(), key=lambda item: item[0].bit_count())
        if len(ordered) > 64:
            return ordered
        least: list[tuple[int, int]] = []
        for subset, place in ordered:
            if all(held & ~subset for held, _ in least):
                least.append((subset, place))
        return least

    def _places(self, n: int, rules: int) -> list[int]:
        """Bins at which a set can change from one to the next; the others repeat what their neighbour says."""
        column = self.columns[n]
        ranges = self._bins(n)
        if rules.bit_count() > _FEW:
            return [p for low, high in ranges for p in range(low, high)]
        places = {low for low, _ in ranges}
        for r in members(rules):
            for low, high in column.ranges[r]:
                places.add(low)
                places.add(high)
        return sorted(p for p in places if any(low <= p < high for low, high in ranges))

    def _bins(self, n: int) -> Sequence[BinRange]:
        if self.within is not None:
            return self.within[n]
        count = self.columns[n].count
        return [(0, count)] if count else []

    @staticmethod
    def _always(column: Column, ranges: Sequence[BinRange]) -> int:
        found = -1
        for low, high in ranges:
            for p in range(low, high):
                found &= column.sets[p]
        return found
