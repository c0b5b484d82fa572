"""A decision table compiled for many evaluations: a binary search an input, an AND, a look-up.

The table itself stays the reference. Whatever is no plain case goes back to it: a list as an input, a cell that reads
variables (that cell alone), an output that has to be computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from yingshang.decisions import boxed
from yingshang.decisions.feel import syntax
from yingshang.decisions.regions import Region, region_of
from yingshang.decisions.run import Run, Scope
from yingshang.decisions.single.bins import Bins
from yingshang.decisions.trace import Note

if TYPE_CHECKING:
    from yingshang.decisions.table import Rule, Table

#: Results by mask that one table keeps.
_KEPT = 10_000
#: Rules of one table whose bins and masks are made together.
TOGETHER = 1_000
_STATIC = (syntax.Literal, syntax.Negate, syntax.Arithmetic, syntax.ListOf, syntax.ContextOf)


def regions_of(table: Table) -> list[list[Region | None]]:
    """By input, what each rule's cell accepts; None for a cell that has to be run."""
    return [[region_of(rule.conditions[n], i.type) for rule in table.rules] for n, i in enumerate(table.inputs)]


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def numbered(cells: Sequence[Region | None], start: int = 0) -> Iterator[tuple[int, Region]]:
    """The regions of a column, each with its rule's bit; the first rule's is bit ``start``."""
    return ((1 << (start + n), region) for n, region in enumerate(cells) if region is not None)


class Outcomes:
    """From a mask of rules to a table's result; bit n is rule n + 1.

    Attributes:
        table: what was compiled.
        all: the mask of all rules.
        moving: by rule, the inputs whose cells have to be run; ``moved`` has those rules as a mask.
        first: whether only the first rule met counts.
        constant: whether no output has to be computed, so that a mask decides the result.
    """

    __slots__ = ("_results", "all", "constant", "first", "moved", "moving", "table")

    def __init__(self, table: Table, regions: Sequence[Sequence[Region | None]]) -> None:
        self.table = table
        self.all = (1 << len(table.rules)) - 1
        self.moving: dict[int, list[int]] = {}
        for column, cells in enumerate(regions):
            for rule, region in enumerate(cells):
                if region is None:
                    self.moving.setdefault(rule, []).append(column)
        self.moved = sum(1 << rule for rule in self.moving)
        self.constant = is_constant(table)
        self.first = table.policy == "FIRST"
        self._results: dict[int, tuple[Any, tuple[Note, ...]]] = {}

    def settle(self, mask: int, values: Sequence[Any], scope: Scope, run: Run) -> Any:
        """The result for the rules in ``mask``, those of their cells that have to be run still to be asked."""
        if mask & self.moved:
            mask = self._asked(mask, values, scope, run)
        elif self.first:
            mask &= -mask
        if not self.constant:
            return self.table.result(self.rules(mask), scope, run)
        kept = self._results.get(mask)
        if kept is None:
            kept = self._result(mask)
        if kept[1]:
            run.notes.extend(kept[1])
        return kept[0]

    def rules(self, mask: int) -> list[Rule]:
        """The rules in a mask, in order."""
        rules = self.table.rules
        return [rules[n] for n in bits(mask)]

    def _asked(self, mask: int, values: Sequence[Any], scope: Scope, run: Run) -> int:
        met = 0
        for rule in bits(mask):
            conditions = self.table.rules[rule].conditions
            for column in self.moving.get(rule, ()):
                run.spend(1 + conditions[column].cost)
                if conditions[column].execute(scope, values[column], run.budget) is not True:
                    break
            else:
                met |= 1 << rule
                if self.first:
                    break
        return met

    def _result(self, mask: int) -> tuple[Any, tuple[Note, ...]]:
        run = Run()
        value = self.table.result(self.rules(mask), {}, run)
        kept = value, tuple(run.notes)
        if len(self._results) < _KEPT:
            self._results[mask] = kept
        return kept


class Compiled(Outcomes):
    """A table by itself.

    Attributes:
        parts: stretches of rules: the first, a mask of them all, and for every input its bins and their masks. Masks of
            all rules for all bins would grow with the square of the number of rules.
    """

    __slots__ = ("parts",)

    def __init__(self, table: Table) -> None:
        regions = regions_of(table)
        super().__init__(table, regions)
        self.parts: list[tuple[int, int, list[tuple[Bins, list[int]]]]] = []
        for start in range(0, len(table.rules), TOGETHER):
            every = (1 << min(TOGETHER, len(table.rules) - start)) - 1
            columns = []
            for column in regions:
                cells = column[start : start + TOGETHER]
                bins = Bins(r for r in cells if r is not None)
                columns.append((bins, bins.masks(numbered(cells), every)))
            self.parts.append((start, every, columns))

    def value(self, values: Sequence[Any], scope: Scope, run: Run) -> Any:
        """The table's result for its inputs' values, exactly as the table has it."""
        found = 0
        for start, mask, columns in self.parts:
            for (bins, masks), value in zip(columns, values, strict=True):
                at = bins.index(value)
                if at < 0:
                    return self.table.result(self.table.met(values, scope, run), scope, run)
                mask &= masks[at]
            found |= mask << start
        return self.settle(found, values, scope, run)


def is_constant(table: Table) -> bool:
    """Whether a table's outputs and defaults are the same in every evaluation."""
    cells = [cell for rule in table.rules for cell in rule.outputs]
    cells += [o.default for o in table.outputs if o.default is not None]
    return all(isinstance(c, boxed.Literal) and _is_static(c.expression.tree) for c in cells)


def _is_static(node: syntax.Node) -> bool:
    return isinstance(node, _STATIC) and all(_is_static(n) for n in syntax.children(node))
