"""The bins of a column, and the masks of every table that asks about it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yingshang.decisions.boxed import conform
from yingshang.decisions.collecting import without_collecting
from yingshang.decisions.columns.domains import Domain
from yingshang.decisions.columns.masks import Ladder, TableMasks, type_points
from yingshang.decisions.columns.steps import RawSteps, ValueSteps
from yingshang.decisions.columns.vectors import Between, Raw, Vector
from yingshang.decisions.feel import Expression
from yingshang.decisions.regions import points_of
from yingshang.decisions.run import Run
from yingshang.decisions.table import Input

Array = NDArray[Any]
#: An input of a table.
Use = tuple[TableMasks, int]


class ColumnBins:
    """The bins of one column for all inputs of tables that it is. Bins keep their numbers from batch to batch."""

    def __init__(self, uses: Sequence[Use]) -> None:
        self.uses = list(uses)
        self._points = [p for table, position in self.uses for p in table.points(position)]
        self._raw: dict[Domain, tuple[RawSteps, list[Array]]] = {}
        self._values = ValueSteps(Ladder(self._points))
        self._masks = [np.empty((0, table.words), np.uint64) for table, _ in self.uses]

    def bin(self, vector: Vector) -> tuple[Array, list[Array]]:
        """The bin of each row, and for each use the mask of each bin (bins by words)."""
        if isinstance(vector, Raw):
            if vector.domain not in self._raw:
                self._raw[vector.domain] = self._laid_out(vector.domain)
            steps, masks = self._raw[vector.domain]
            return steps.bin(vector), masks
        bins = self._values.bin(vector if isinstance(vector, Between) else vector.coded())
        self._grow()
        return bins, self._masks

    @without_collecting
    def _laid_out(self, domain: Domain) -> tuple[RawSteps, list[Array]]:
        """The steps of a domain, and the masks of all of them."""
        steps = RawSteps(domain, self._points)
        known: _Verdicts = {}
        return steps, [_masks(steps, *use, known) for use in self.uses]

    @without_collecting
    def _grow(self) -> None:
        """Masks of bins that are new."""
        fresh = self._values.samples[len(self._masks[0]) :] if self._masks else []
        if not fresh:
            return
        told: list[dict[tuple[int, str], bool]] = [{} for _ in fresh]
        for n, (table, position) in enumerate(self.uses):
            more = [words_of(table.mask(position, v, known), table.words) for v, known in zip(fresh, told, strict=True)]
            self._masks[n] = np.concatenate([self._masks[n], np.asarray(more, np.uint64)])


#: Cuts and verdicts between them, by what was asked.
_Verdicts = dict[Any, tuple[list[Any], list[bool]]]


def _masks(steps: RawSteps, table: TableMasks, position: int, known: _Verdicts) -> Array:
    """The masks of all bins; each condition is asked only between its own constants."""
    given = table.table.inputs[position]
    masks = np.empty((len(steps), table.words), np.uint64)
    masks[:] = words_of(table.full, table.words)
    asked: list[tuple[int, Expression | None]] = [*table.cells[position]]
    if given.allowed is not None:
        asked.append((-1, None))
    for bit, condition in asked:
        cuts, verdicts = _verdicts(steps.domain, given, condition, known)
        edges = [1, *(bisect_left(steps.cuts, c) + 2 for c in cuts), len(steps)]
        for n, met in enumerate(verdicts):
            if met:
                continue
            if bit < 0:
                masks[edges[n] : edges[n + 1]] = 0
            else:
                masks[edges[n] : edges[n + 1], bit // 64] &= np.uint64(~(1 << bit % 64) & (1 << 64) - 1)
    masks[0] = words_of(table.mask(position, None), table.words)
    return masks


def _verdicts(
    domain: Domain, given: Input, condition: Expression | None, known: _Verdicts
) -> tuple[list[Any], list[bool]]:
    key = (id(given.type), given.allowed and given.allowed.text, condition and condition.text)
    if key not in known:
        points = list(type_points(given.type) or ())
        points += [] if given.allowed is None else points_of(given.allowed) or ()
        points += [] if condition is None else points_of(condition) or ()
        cuts = sorted({c for p in points for c in domain.cuts(p)})
        samples = [domain.before(cuts[0]) if cuts else 0, *cuts]
        known[key] = (cuts, [_holds(given, condition, domain.value(s)) for s in samples])
    return known[key]


def words_of(mask: int, words: int) -> list[int]:
    """A mask as words of 64 bits, the lowest first."""
    return [mask >> (64 * w) & (1 << 64) - 1 for w in range(words)]


def _holds(given: Input, condition: Expression | None, value: Any) -> bool:
    """Whether a condition is met by a value of an input; without a condition, whether the value is an allowed one."""
    if value is not None and given.type is not None:
        value = conform(value, given.type, given.label, Run(), "input_type")
    if condition is not None:
        return condition.execute({}, value) is True
    return value is None or given.allowed is None or given.allowed.execute({}, value) is True
