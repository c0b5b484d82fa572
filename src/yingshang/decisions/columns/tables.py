"""Decision tables over columns: masks ANDed, row by row, in compiled loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from yingshang.decisions.boxed import Boxed
from yingshang.decisions.columns import kernel
from yingshang.decisions.columns.binning import ColumnBins, words_of
from yingshang.decisions.columns.expressions import Expressions
from yingshang.decisions.columns.masks import TableMasks
from yingshang.decisions.columns.types import Coercions
from yingshang.decisions.columns.vectors import Coded, Exact, Record, Values, Vector

Array = NDArray[Any]


@dataclass(frozen=True)
class Wanted:
    """What is asked for beside results: the rule that decided, near misses."""

    explain: bool = False
    near: bool = False


PLAIN = Wanted()


class Tools(Protocol):
    """What a table needs of the run around it."""

    wanted: Wanted
    expressions: Expressions
    coercions: Coercions

    def boxed(self, boxed: Boxed, scope: Mapping[str, Vector], rows: int) -> Vector:
        """The value of a boxed expression."""
        ...

    def exact(self, boxed: Boxed, scope: Mapping[str, Vector]) -> Exact:
        """The scalar engine's values of a boxed expression."""
        ...

    def names(self, boxed: Boxed) -> frozenset[str]:
        """Variables that a boxed expression reads."""
        ...

    def constant(self, value: Any, rows: int) -> Coded:
        """The same value in every row."""
        ...

    def rules(self, table: str, rules: Coded) -> None:
        """Take down which rules decided."""
        ...

    def near(self, table: str, near: Coded) -> None:
        """Take down near misses."""
        ...


#: Conditions that share bins: with more of them, the masks of all bins no longer fit in a processor's nearest cache, and
#: looking them up costs more than binning the column once more.
_SHARING = 1_500


@dataclass(slots=True, eq=False)
class Column:
    """A column that tables ask about: its uses, their bins, and what was binned for the present batch."""

    uses: list[tuple[TableMasks, int]] = field(default_factory=list)
    bins: ColumnBins | None = None
    binned: tuple[Vector, tuple[Array, list[Array]]] | None = None

    @property
    def full(self) -> bool:
        """Whether tables to come had better have bins of their own."""
        return sum(len(masks.cells[position]) for masks, position in self.uses) > _SHARING

    def bin(self, vector: Vector) -> tuple[Array, list[Array]]:
        """Bins and masks of a vector; the same vector is binned once for all tables."""
        if self.bins is None:
            self.bins = ColumnBins(self.uses)
        if self.binned is None or self.binned[0] is not vector:
            self.binned = (vector, self.bins.bin(vector))
        return self.binned[1]


class TableColumns:
    """One table, prepared.

    Attributes:
        name: of the decision or entry that it is the logic of.
    """

    def __init__(self, name: str, masks: TableMasks, columns: Sequence[Column]) -> None:
        self.name = name
        self.masks = masks
        self.table = masks.table
        self.columns: list[tuple[Column, int]] = []
        for position, column in enumerate(columns):
            self.columns.append((column, len(column.uses)))
            column.uses.append((masks, position))
        self._dtype = np.dtype(np.int8 if masks.none + 2 <= 127 else np.int32)
        self._places = np.arange(masks.none + 2, dtype=self._dtype)
        self._agreeing: Array | None = None
        if masks.policy.agreeing is not None:
            words = np.asarray([words_of(a, masks.words) for a in masks.policy.agreeing], np.uint64)
            self._agreeing = words.reshape(-1) if masks.words == 1 else words
        self._results = Values(lasting=True)
        self._codes = self._places
        if masks.constant and self._agreeing is not None:
            self._codes = np.asarray([self._results.add(masks.outcome(p)) for p in self._places], self._dtype)
        self._sets = _Sets(masks)
        numbers = [self.table.rules[index].number for index in masks.policy.order]
        self._rules = Values([*map(Decimal, numbers), None], lasting=True)
        self._rule_codes = np.minimum(self._places, masks.none)
        self._near, self._labels = self._near_texts()

    def _near_texts(self) -> tuple[Values, Array]:
        """What near misses are called, and the code of each pair of a bit and an input; loose conditions come last."""
        values = Values(lasting=True)
        positions = [*range(len(self.table.inputs)), *(p for p, _, _ in self.masks.loose)]
        codes = []
        for index in self.masks.policy.order:
            rule = self.table.rules[index]
            for p in positions:
                codes.append(values.add(f"{rule.number}: {self.table.inputs[p].label} {rule.conditions[p].text}"))
        codes.append(values.add(None))
        return values, np.asarray(codes, np.int8 if len(values) <= 127 else np.int32)

    def evaluate(self, vectors: Sequence[Vector], tools: Tools, scope: Mapping[str, Vector], rows: int) -> Vector:
        """The table's result in every row.

        Args:
            vectors: the values of the inputs' expressions.
            scope: variables that loose conditions and results read.
        """
        bins, masks = self._bound(vectors, tools, scope, rows)
        wanted = tools.wanted
        if self._agreeing is None:
            return self._of_sets(bins, masks, tools, rows)
        out = np.empty(rows, self._dtype)
        plain = self.masks.constant and not wanted.explain
        codes = self._codes if plain else self._places
        if wanted.near:
            near = np.empty(rows, self._labels.dtype)
            self._first_near(bins, masks, codes, out, near)
            tools.near(self.name, Coded(near, self._near))
        elif self.masks.words == 1:
            kernel.first_rule(bins, masks, self._agreeing, self.masks.none, codes, out)
        else:
            met, _ = self._words(bins, masks, rows)
            kernel.first_of_words(met, self._agreeing, self.masks.none, codes, out)
        if plain:
            return Coded(out, self._results)
        if wanted.explain:
            tools.rules(self.name, Coded(self._rule_codes[out], self._rules))
        if self.masks.constant:
            return Coded(self._codes[out], self._results)
        return self._of_rules(out, tools, scope, rows)

    # --- masks --------------------------------------------------------------------------------------------------------

    def _bound(
        self, vectors: Sequence[Vector], tools: Tools, scope: Mapping[str, Vector], rows: int
    ) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """Bins of all inputs, and the masks of the bins; loose conditions are inputs of their own."""
        bins: list[Array] = []
        masks: list[Array] = []
        for vector, (column, use) in zip(vectors, self.columns, strict=True):
            binned, held = column.bin(vector)
            bins.append(binned)
            masks.append(held[use].reshape(-1) if self.masks.words == 1 else held[use])
        for position, bit, condition in self.masks.loose:
            given = self.table.inputs[position]
            asked = {**scope, "?": tools.coercions.coerce(vectors[position], given.type)}
            verdict = tools.expressions.value(condition, asked, rows).coded()
            bins.append(verdict.codes.astype(np.uint16))
            full = self.masks.full
            kept = [words_of(full if v is True else full & ~(1 << bit), self.masks.words) for v in verdict.values.items]
            made = np.asarray(kept, np.uint64)
            masks.append(made.reshape(-1) if self.masks.words == 1 else made)
        if any(b.dtype != np.uint16 for b in bins):
            bins = [b.astype(np.int32) for b in bins]
        return tuple(bins), tuple(masks)

    def _words(self, bins: tuple[Array, ...], masks: tuple[Array, ...], rows: int) -> tuple[Array, Array]:
        words = self.masks.words
        met, almost = np.empty((rows, words), np.uint64), np.empty((rows, words), np.uint64)
        kernel.met_words(bins, tuple(m.reshape(-1, words) for m in masks), met, almost)
        return met, almost

    def _first_near(
        self, bins: tuple[Array, ...], masks: tuple[Array, ...], codes: Array, out: Array, near: Array
    ) -> None:
        ordered = self.table.policy in ("FIRST", "PRIORITY")
        none = self.masks.none
        if self.masks.words == 1:
            agreeing = None if self.table.policy == "FIRST" else self._agreeing
            kernel.first_rule_near(bins, masks, agreeing, none, ordered, codes, self._labels, out, near)
            return
        met, almost = self._words(bins, masks, len(out))
        kernel.first_of_words(met, self._agreeing, none, codes, out)
        kernel.near_of_words(met, almost, bins, masks, none, ordered, self._labels, near)

    # --- results ------------------------------------------------------------------------------------------------------

    def _of_sets(self, bins: tuple[Array, ...], masks: tuple[Array, ...], tools: Tools, rows: int) -> Coded:
        """Results that follow from the whole set of rules met."""
        met, almost = self._words(bins, masks, rows)
        if tools.wanted.near:
            near = np.empty(rows, self._labels.dtype)
            shaped = tuple(m.reshape(-1, self.masks.words) for m in masks)
            kernel.near_of_words(met, almost, bins, shaped, self.masks.none, False, self._labels, near)
            tools.near(self.name, Coded(near, self._near))
        codes = self._sets.code(met)
        if tools.wanted.explain:
            tools.rules(self.name, Coded(np.asarray(self._sets.rule_codes, np.int32)[codes], self._sets.rules))
        return Coded(np.asarray(self._sets.result_codes, np.int32)[codes], self._sets.results)

    def _of_rules(self, places: Array, tools: Tools, scope: Mapping[str, Vector], rows: int) -> Vector:
        """Results that are expressions: those of each rule over its rows."""
        parts: list[tuple[Array, Vector]] = []
        for place in np.unique(places).tolist():
            at = np.nonzero(places == place)[0]
            parts.append((at, self._of_rule(place, at, tools, scope)))
        return tools.expressions.assemble(self, parts, rows, tools.exact(self.table, scope))

    def _of_rule(self, place: int, at: Array, tools: Tools, scope: Mapping[str, Vector]) -> Vector:
        none = self.masks.none
        outputs = self.table.outputs
        if place > none or (place == none and all(o.default is None for o in outputs)):
            return tools.constant(None, len(at))
        cells = (
            [o.default for o in outputs] if place == none else self.table.rules[self.masks.policy.order[place]].outputs
        )
        values: list[Vector] = []
        for output, cell in zip(outputs, cells, strict=True):
            if cell is None:
                values.append(tools.constant(None, len(at)))
                continue
            inner = {n: scope[n].take(at) for n in tools.names(cell) if n in scope}
            values.append(tools.coercions.coerce(tools.boxed(cell, inner, len(at)), output.type))
        if len(values) == 1:
            return values[0]
        return Record({o.name: v for o, v in zip(outputs, values, strict=True)}, len(at))


class _Sets:
    """Numbers of the distinct sets of rules met, and what follows from each."""

    def __init__(self, masks: TableMasks) -> None:
        self.masks = masks
        self._forget(1 << 12)

    def _forget(self, lines: int) -> None:
        self._table = np.zeros((lines, self.masks.words + 1), np.uint64)
        self._known = 0
        self.results, self.rules = Values(lasting=True), Values(lasting=True)
        self.result_codes: list[int] = []
        self.rule_codes: list[int] = []

    def code(self, met: Array) -> Array:
        """The number of the set in each row."""
        codes = np.empty(len(met), np.int32)
        fresh = np.empty(len(met), np.int64)
        known = kernel.code_masks(met, self._table, self._known, codes, fresh)
        while known < 0:
            # Too full: forget all sets and begin anew, with more room up to a limit that a batch always keeps.
            self._forget(min(len(self._table) * 4, max(1 << 20, 1 << (2 * len(met)).bit_length())))
            known = kernel.code_masks(met, self._table, 0, codes, fresh)
        for row in fresh[: known - self._known].tolist():
            mask = sum(int(word) << (64 * n) for n, word in enumerate(met[row]))
            self.result_codes.append(self.results.add(self.masks.outcome_of(mask)))
            there = mask >> self.masks.none & 1
            self.rule_codes.append(self.rules.add([Decimal(r.number) for r in self.masks.met(mask)] if there else None))
        self._known = known
        return codes
