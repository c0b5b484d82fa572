"""Gaps, overlaps and rules that never fire, of one decision table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from yingshang.decisions.checks.columns import BinRange, Column, columns_of
from yingshang.decisions.checks.cover import Budget, Choice, OutOfBudget, Search, members
from yingshang.decisions.checks.findings import Finding
from yingshang.decisions.checks.results import Results
from yingshang.decisions.table import MULTIPLE_HIT, Table

#: Findings of one kind that are listed for one table.
MOST = 20
#: Steps of the searches for gaps, and again for rules that never get their turn: some tenths of a second each.
WORK = 600_000


class TableCheck:
    """The checks of one table."""

    def __init__(self, table: Table, name: str) -> None:
        self.table = table
        self.name = name
        self.columns = columns_of(table)
        self.results = Results(table)
        self.all = (1 << len(table.rules)) - 1
        self.impossible = self._impossible()
        self.unclear = 0
        for c in self.columns:
            self.unclear |= c.unclear

    def findings(self) -> Iterator[Finding]:
        yield from self.empty_cells()
        yield from self.gaps()
        if self.table.policy in ("UNIQUE", "ANY"):
            yield from self.overlaps()
        yield from self.masked()

    # --- cells that nothing meets -------------------------------------------------------------------------------------

    def _impossible(self) -> int:
        found = 0
        for c in self.columns:
            for r, ranges in enumerate(c.ranges):
                if not ranges:
                    found |= 1 << r
        return found

    def empty_cells(self) -> Iterator[Finding]:
        for r in members(self.impossible):
            column = next(c for c in self.columns if not c.ranges[r])
            yield self._finding("never", [r], input=column.label, cell=self._cell(r, column.label))

    def _cell(self, r: int, label: str) -> str:
        n = next(n for n, i in enumerate(self.table.inputs) if i.label == label)
        return self.table.rules[r].conditions[n].text

    # --- gaps ---------------------------------------------------------------------------------------------------------

    def gaps(self) -> Iterator[Finding]:
        """Values that no rule covers; none where the table has a default, or answers with a list."""
        if self.table.policy in MULTIPLE_HIT or any(o.default is not None for o in self.table.outputs):
            return
        search = Search(self.columns, Budget(WORK))
        boxes: list[list[int]] = []
        try:
            for choice in search.uncovered(self.all & ~self.impossible):
                if any(self._in_box(choice, box) for box in boxes):
                    continue
                if len(boxes) == MOST:
                    yield Finding("more", self.name, about={"count": "…", "what": "gap"})
                    return
                boxes.append(self._box(choice))
                yield Finding("gap", self.name, example=self._example(choice))
        except OutOfBudget:
            yield Finding("budget", self.name, about={"what": "gap"})

    def _box(self, choice: Choice) -> list[int]:
        """The bins around a gap, as a set for each column, none of whose combinations is covered."""
        unions = [self.all if p is None else c.sets[p] for c, p in zip(self.columns, choice, strict=True)]
        box = [(1 << c.count) - 1 if p is None else 1 << p for c, p in zip(self.columns, choice, strict=True)]
        for n, c in enumerate(self.columns):
            if choice[n] is None:
                continue
            others = self.all & ~self.impossible
            for m, u in enumerate(unions):
                if m != n:
                    others &= u
            for p in range(c.count):
                if not c.sets[p] & others:
                    box[n] |= 1 << p
                    unions[n] |= c.sets[p]
        return box

    @staticmethod
    def _in_box(choice: Choice, box: Sequence[int]) -> bool:
        return all(p is None or held >> p & 1 for p, held in zip(choice, box, strict=True))

    def _example(self, choice: Sequence[int | None]) -> dict[str, Any]:
        return {c.label: c.bins[p] for c, p in zip(self.columns, choice, strict=True) if p is not None}

    # --- overlaps -----------------------------------------------------------------------------------------------------

    def overlaps(self) -> Iterator[Finding]:
        """Pairs of rules that one input meets. Cells are sets, so two rules overlap when they do in every column."""
        found = 0
        for r in range(len(self.table.rules)):
            for other in members(self._overlapping(r) >> (r + 1)):
                found += 1
                if found <= MOST:
                    yield self._overlap(r, other + r + 1)
        if found > MOST:
            yield Finding("more", self.name, about={"count": found - MOST, "what": "overlap"})

    def _overlapping(self, r: int) -> int:
        """The rules that overlap with a rule, and should not."""
        rules = self.all & ~self.unclear & ~self.impossible
        if not rules >> r & 1:
            return 0
        rules &= ~self.results.alike(r) if self.table.policy == "ANY" else ~(1 << r)
        for c in self.columns:
            if not rules:
                break
            rules &= c.united(c.ranges[r])
        return rules

    def _overlap(self, a: int, b: int) -> Finding:
        choice: list[int | None] = []
        for c in self.columns:
            place = next(max(p[0], q[0]) for p in c.ranges[a] for q in c.ranges[b] if p[0] < q[1] and q[0] < p[1])
            whole = len(c.ranges[a]) == len(c.ranges[b]) == 1 and c.always >> a & c.always >> b & 1
            choice.append(None if whole else place)
        return self._finding("overlap", [a, b], example=self._example(choice))

    # --- rules that never get their turn ------------------------------------------------------------------------------

    def masked(self) -> Iterator[Finding]:
        """Rules all of whose cases other rules take: before it, or (UNIQUE) at the same time, or (ANY) just as well."""
        code = {"FIRST": "masked", "PRIORITY": "masked", "ANY": "redundant", "UNIQUE": "collides"}.get(
            self.table.policy
        )
        if code is None:
            return
        budget = Budget(WORK)
        told = 0
        for r in range(len(self.table.rules)):
            if (self.unclear | self.impossible) >> r & 1:
                continue
            rivals = self._rivals(r)
            for c in self.columns:
                if not rivals:
                    break
                rivals &= c.united(c.ranges[r])
            if not rivals:
                continue
            try:
                if next(Search(self.columns, budget, [c.ranges[r] for c in self.columns]).uncovered(rivals), None):
                    continue
            except OutOfBudget:
                yield Finding("budget", self.name, about={"what": "masked"})
                return
            told += 1
            if told <= MOST:
                yield self._finding(code, [r], others=[n + 1 for n in islice(self._needed(r, rivals), 10)])
        if told > MOST:
            yield Finding("more", self.name, about={"count": told - MOST, "what": "masked"})

    def _rivals(self, r: int) -> int:
        """The rules that take a case from a rule where both are met."""
        rules = self.all & ~self.unclear & ~self.impossible & ~(1 << r)
        earlier = (1 << r) - 1
        match self.table.policy:
            case "FIRST":
                return rules & earlier
            case "PRIORITY":
                return rules & self.results.before(r)
            case "ANY":
                return rules & self.results.alike(r) & earlier
        return rules

    def _needed(self, r: int, rivals: int) -> Iterator[int]:
        """One rival that covers the rule alone, where there is one; else all."""
        alone = rivals
        for c in self.columns:
            for low, high in c.ranges[r]:
                for p in range(low, high):
                    alone &= c.sets[p]
        yield from islice(members(alone), 1) if alone else members(rivals)

    def _finding(self, code: str, rules: Sequence[int], *, input: str = "", example: dict[str, Any] | None = None,
                 **about: Any) -> Finding:  # fmt: skip
        return Finding(code, self.name, tuple(r + 1 for r in rules), input, example or {}, about)


def unclear_cells(table: Table, name: str, columns: Sequence[Column]) -> Iterator[Finding]:
    """One finding for each input with cells that cannot be judged."""
    for c in columns:
        if not c.unclear:
            continue
        rules = list(members(c.unclear))
        n = next(n for n, i in enumerate(table.inputs) if i.label == c.label)
        cell = table.rules[rules[0]].conditions[n].text
        yield Finding("unclear", name, tuple(r + 1 for r in rules), c.label, about={"cell": cell})


__all__ = ["MOST", "BinRange", "TableCheck", "unclear_cells"]
