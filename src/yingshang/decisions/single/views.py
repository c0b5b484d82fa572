"""A table as missing facts see it: the rules that can still be met, and the inputs that are not certain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from yingshang.decisions.boxed import conform
from yingshang.decisions.feel import Expression
from yingshang.decisions.feel.types import Mismatch, coerce
from yingshang.decisions.nodes import Decision
from yingshang.decisions.regions import region_of
from yingshang.decisions.run import Run, Scope
from yingshang.decisions.single.bins import Bins
from yingshang.decisions.single.comparing import comparable
from yingshang.decisions.single.compiled import bits, is_constant, numbered
from yingshang.decisions.single.facts import Facts
from yingshang.decisions.table import Input, Rule, Table

#: Sets of rules that are told apart.
_SETS = 5_000


class Column:
    """An input that is not certain, with its cells in the rules that can still be met.

    Attributes:
        values: what the input may come to where it depends on more than one fact; None where one fact alone decides it.
    """

    __slots__ = ("_asked", "_bins", "_masks", "cells", "decision", "fact", "input", "values")

    def __init__(self, decision: Decision, i: Input, cells: Sequence[Expression], fact: str | None,
                 values: Sequence[Any] = ()) -> None:  # fmt: skip
        self.decision = decision
        self.input = i
        self.cells = cells
        self.fact = fact
        self.values = values
        regions = [region_of(cell, i.type) for cell in cells]
        self._bins = Bins(r for r in regions if r is not None)
        self._masks = self._bins.masks(numbered(regions), (1 << len(cells)) - 1)
        self._asked = [n for n, region in enumerate(regions) if region is None]

    def mask_of_fact(self, value: Any, facts: Facts, scope: Scope) -> int:
        """The mask where the fact has this value."""
        assert self.fact is not None
        return self.mask(facts.value(self.input.expression, self.decision, {self.fact: value}), scope)

    def mask(self, got: Any, scope: Scope) -> int:
        """The rules whose cell is met where the input comes to this value, and above them a bit for one that is allowed."""
        if got is not None and self.input.type is not None:
            try:
                got = coerce(got, self.input.type)
            except Mismatch:
                got = None
        allowed = self.input.allowed
        if got is not None and allowed is not None and allowed.execute(scope, got) is not True:
            return 0
        at = self._bins.index(got)
        mask = self._masks[at] if at >= 0 else (1 << len(self.cells)) - 1
        for n in self._asked if at >= 0 else range(len(self.cells)):
            if self.cells[n].execute(scope, got) is not True:
                mask &= ~(1 << n)
        return mask | 1 << len(self.cells)


@dataclass(slots=True)
class View:
    """A table that is the logic of a decision.

    Attributes:
        rules: those that can still be met.
        columns: the inputs that are not certain.
        closed: whether these columns, each by itself, say all that the missing facts can do to the table.
    """

    decision: Decision
    table: Table
    rules: list[Rule]
    columns: list[Column] = field(default_factory=list)
    closed: bool = True

    def only_outcome(self, masks: Iterable[Iterable[int]]) -> tuple[Any, ...]:
        """The one value of the decision in a tuple, where all that the columns leave give the same; else nothing.

        Args:
            masks: of each column, those that are possible.
        """
        if not self.closed or not is_constant(self.table):
            return ()
        allowed = 1 << len(self.rules)
        sets = {allowed | (allowed - 1)}
        for column in masks:
            distinct = set(column)
            sets = {s & m for s in sets for m in distinct}
            if len(sets) > _SETS:
                return ()
        found: list[Any] = []
        for mask in sets:
            value = self._value(mask & (allowed - 1)) if mask & allowed else None
            if found and comparable(value) != comparable(found[0]):
                return ()
            found.append(value)
        return tuple(found[:1])

    def _value(self, mask: int) -> Any:
        run = Run()
        value = self.table.result([self.rules[n] for n in bits(mask)], {}, run)
        for kind in (self.table.type, self.decision.type):
            if kind is not None and value is not None:
                value = conform(value, kind, "", run)
        return value
