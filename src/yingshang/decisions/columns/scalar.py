"""The scalar engine over the rows of a batch: once for every distinct combination of what an expression reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from yingshang.decisions.columns.vectors import CODE, Coded, Ints, Values, Vector, combine
from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.limits import EVALUATION_STEPS
from yingshang.decisions.run import Run, Scope
from yingshang.decisions.spending import NOW

#: Combinations of codes for which results are kept from batch to batch.
_KEPT = 1 << 16
#: Distinct results that are kept; a result with more is numbered anew in every batch.
_MOST = 1 << 16

Evaluate = Callable[[Scope], Any]


class Scalar:
    """Runs closures of the scalar engine, counts what it ran, and keeps results that come up again.

    Attributes:
        run: handed to boxed expressions; its steps are those of one row.
        rows: combinations evaluated so far, by what they were evaluated for.
        errors: rows that went beyond the limits of an evaluation; they are null.
    """

    def __init__(self) -> None:
        self.run = Run()
        self.rows: dict[str, int] = {}
        self.errors = 0

    def once(self, evaluate: Evaluate, scope: Scope) -> Any:
        """One evaluation; null where it goes beyond the limits."""
        self.run.budget[0] = EVALUATION_STEPS
        self.run.notes.clear()
        held, NOW.budget, NOW.parts = NOW.budget, self.run.budget, 0
        try:
            return evaluate(scope)
        except (EvaluationError, RecursionError):
            self.errors += 1
            return None
        finally:
            NOW.budget = held

    def over(self, label: str, key: Any, evaluate: Evaluate, leaves: Mapping[str, Vector], rows: int) -> Coded:
        """The value of a closure in every row.

        Args:
            label: what the report calls it.
            key: the same for the same closure in every batch.
            leaves: what it reads.
        """
        coded = {name: vector.coded() for name, vector in leaves.items()}
        size = 1
        for c in coded.values():
            size *= max(len(c.values), 1)
        if size <= _KEPT and all(c.values.lasting for c in coded.values()):
            return self._kept(label, key, evaluate, coded, rows)
        first, codes = combine(list(coded.values()), rows)
        values = Values()
        results = np.fromiter(
            (values.add(self.once(evaluate, scope)) for scope in _scopes(coded, first)), CODE, len(first)
        )
        self._count(label, len(first))
        return Coded(results[codes], values)

    def values(self, label: str, evaluate: Evaluate, leaves: Mapping[str, Vector], rows: Ints) -> list[Any]:
        """The values of a closure in some rows, one a row."""
        coded = {name: vector.take(rows).coded() for name, vector in leaves.items()}
        first, codes = combine(list(coded.values()), len(rows))
        results = [self.once(evaluate, scope) for scope in _scopes(coded, first)]
        self._count(label, len(first))
        return [results[c] for c in codes.tolist()]

    def _kept(self, label: str, key: Any, evaluate: Evaluate, coded: Mapping[str, Coded], rows: int) -> Coded:
        """As :meth:`over`, looked up in an array of all combinations of codes, which is filled as they turn up."""
        leaves = list(coded.values())
        if not leaves:
            return Coded(np.zeros(rows, CODE), Values([self.once(evaluate, {})]))
        sizes = tuple(max(len(c.values), 1) for c in leaves)
        memory = leaves[0].values.memory
        place = (self, key, *(id(c.values) for c in leaves))
        held = memory.get(place)
        if held is None or held[1] != sizes or len(held[2]) > _MOST:
            values = Values(lasting=True) if held is None or len(held[2]) > _MOST else held[2]
            # The sets of values are kept, too, so that no other can come to have their identity.
            held = memory[place] = (np.full(sizes, -1, CODE), sizes, values, [c.values for c in leaves])
        table, _, values, _ = held
        at = np.ravel_multi_index([c.codes for c in leaves], sizes) if len(leaves) > 1 else leaves[0].codes
        flat = table.reshape(-1)
        codes = flat[at]
        unknown = np.unique(at[codes < 0])
        if len(unknown):
            places = np.unravel_index(unknown, sizes)
            names = list(coded)
            for n, place_ in enumerate(unknown.tolist()):
                scope = {name: coded[name].values.items[int(places[i][n])] for i, name in enumerate(names)}
                flat[place_] = values.add(self.once(evaluate, scope))
            self._count(label, len(unknown))
            codes = flat[at]
        return Coded(codes, values)

    def _count(self, label: str, rows: int) -> None:
        self.rows[label] = self.rows.get(label, 0) + rows


def _scopes(coded: Mapping[str, Coded], rows: Ints) -> list[Scope]:
    """The variables in some rows."""
    columns = {}
    for name, c in coded.items():
        items = c.values.items
        columns[name] = [items[code] for code in c.codes[rows].tolist()]
    return [{name: column[i] for name, column in columns.items()} for i in range(len(rows))]
