"""The scalar engine on every row: what the columns have to be equal to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from yingshang.decisions.columns.population import Population
from yingshang.decisions.columns.vectors import Coded, Vector, coded_of
from yingshang.decisions.run import Run
from yingshang.decisions.table import SINGLE_HIT
from yingshang.decisions.trace import Trace


@dataclass
class RowsFound:
    """As a batch of columns has it."""

    values: dict[str, Vector]
    fired: dict[str, Coded] = field(default_factory=dict)
    missed: dict[str, Coded] = field(default_factory=dict)


class Rows:
    """Evaluates a decision row by row."""

    def __init__(self, population: Population) -> None:
        self.population = population
        self.name = population.needs.decisions[-1].name
        self._tables = {id(t.table): t for t in population.tables}

    def evaluate(self, inputs: Mapping[str, Vector], rows: int) -> RowsFound:
        """Evaluate a batch."""
        model, scalar, name = self.population.model, self.population.scalar, self.name
        columns = {n: v.feel() for n, v in inputs.items()}
        explain = self.population.wanted.explain
        results: list[Any] = []
        fired: dict[str, list[Any]] = {t.name: [None] * rows for t in self._tables.values()} if explain else {}
        for i in range(rows):
            around = Trace("model", model.name, "") if explain else None

            def evaluate(scope: Any, around: Trace | None = around) -> Any:
                return model.execute(name, scope, Run(around))

            results.append(scalar.once(evaluate, {n: c[i] for n, c in columns.items()}))
            if around is not None:
                self._told(around, fired, i)
        scalar.rows[name] = scalar.rows.get(name, 0) + rows
        return RowsFound({name: coded_of(results)}, {n: coded_of(v) for n, v in fired.items()})

    def _told(self, around: Trace, fired: dict[str, list[Any]], row: int) -> None:
        for step in around.walk():
            table = self._tables.get(id(step.origin[0])) if step.origin else None
            if table is None:
                continue
            numbers = [Decimal(r.number) for r in step.fired]
            if table.table.policy in SINGLE_HIT:
                fired[table.name][row] = numbers[0] if numbers else None
            else:
                fired[table.name][row] = numbers if step.inputs else None
