"""A decision and what it requires, over batches of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from yingshang.decisions.boxed import Boxed, Conditional, Context, Definition
from yingshang.decisions.columns.boxes import Boxes
from yingshang.decisions.columns.expressions import Expressions
from yingshang.decisions.columns.masks import TableMasks
from yingshang.decisions.columns.report import Report
from yingshang.decisions.columns.scalar import Scalar
from yingshang.decisions.columns.tables import PLAIN, Column, TableColumns, Wanted
from yingshang.decisions.columns.types import Coercions
from yingshang.decisions.columns.vectors import CODE, Coded, Exact, Values, Vector
from yingshang.decisions.feel import Expression
from yingshang.decisions.model import Model
from yingshang.decisions.nodes import Decision, Need
from yingshang.decisions.session import Session
from yingshang.decisions.table import Table


class Needs:
    """What a decision of a model requires, directly or not.

    Attributes:
        decisions: in an order in which each comes behind those it requires; itself last.
        inputs: names of input data, as the model has them.
        foreign: by name of a decision, what it requires of imported models, or why else it has to be run as a whole.
    """

    def __init__(self, model: Model, name: str) -> None:
        self.model = model
        self.decisions: list[Decision] = []
        self.inputs: list[str] = []
        self.foreign: dict[str, str] = {}
        need = model.find("decision", name)
        if need.namespace:
            self.decisions.append(Decision(id="", name=name, needs=(need,)))
            self.foreign[name] = f"{name} belongs to an imported model"
            self.inputs += _inputs_below(model, need)
        else:
            self._visit(model.decisions[need.name])

    def _visit(self, decision: Decision) -> None:
        if any(d.name == decision.name for d in self.decisions):
            return
        for need in decision.needs:
            if need.namespace and need.kind in ("decision", "input"):
                self.foreign[decision.name] = f"it requires {need.qualified} of an imported model"
                self._add(_inputs_below(self.model, need))
            elif need.kind == "decision":
                self._visit(self.model.decisions[need.name])
            elif need.kind == "input":
                self._add([need.name])
        self.decisions.append(decision)

    def _add(self, names: Sequence[str]) -> None:
        self.inputs += [n for n in names if n not in self.inputs]

    def below(self, decision: Decision) -> list[str]:
        """Input data that a decision requires, directly or not."""
        found: list[str] = []
        for need in decision.needs:
            for name in _inputs_below(self.model, need):
                if name not in found:
                    found.append(name)
        return found


def _inputs_below(model: Model, need: Need) -> list[str]:
    """Names of the input data that an element rests on; those of an imported model as ``import.name``."""
    home = model.imports[need.namespace] if need.namespace else model
    if need.kind == "input":
        return [need.qualified]
    if need.kind != "decision":
        return []
    found: list[str] = []
    for inner in home.decisions[need.name].needs:
        for name in _inputs_below(home, inner):
            full = f"{need.prefix}.{name}" if need.prefix else name
            if full not in found:
                found.append(full)
    return found


class Population:
    """A decision prepared for batches; not to be used by two threads at once.

    Attributes:
        report: how each decision was evaluated, and why so.
    """

    def __init__(self, model: Model, decision: str, wanted: Wanted = PLAIN) -> None:
        self.model = model
        self.needs = Needs(model, decision)
        self.wanted = wanted
        self.scalar = Scalar()
        self.report = Report()
        self.expressions = Expressions(self.scalar)
        self.coercions = Coercions()
        self.boxes = Boxes(self.expressions, self.coercions, self._table)
        self._tables: dict[int, TableColumns | None] = {}
        self._columns: dict[Any, Column] = {}
        self._functions: dict[Need, Coded] = {}
        self._values = Values([None], lasting=True)
        self._batch: _Batch | None = None
        for d in self.needs.decisions:
            if d.name not in self.needs.foreign and d.logic is not None:
                self._prepare(d.logic, d.name, frozenset(n.qualified for n in d.needs), frozenset())

    # --- preparing ----------------------------------------------------------------------------------------------------

    def _prepare(self, boxed: Boxed, name: str, known: frozenset[str], local: frozenset[str]) -> None:
        """Find the tables in a boxed expression, and which of their inputs are the same column."""
        match boxed:
            case Table():
                self._prepare_table(boxed, name, known, local)
            case Context() if not any(isinstance(b, Definition) for _, _, b in boxed.entries):
                inner = local
                for entry, _, logic in boxed.entries:
                    self._prepare(logic, f"{name}.{entry}" if entry else name, known | inner, inner)
                    inner |= {entry}
            case Conditional():
                for branch in (boxed.condition, boxed.then, boxed.otherwise):
                    self._prepare(branch, name, known, local)

    def _prepare_table(self, table: Table, name: str, known: frozenset[str], local: frozenset[str]) -> None:
        masks = TableMasks(table)
        if masks.told:
            self._tables[id(table)] = None
            self.report.slow(name, masks.told)
            return
        columns = []
        for given in table.inputs:
            read = given.expression.names & known
            # What reads entries of a context around is another column in another context.
            key = (given.expression.text, read, id(table) if given.expression.names & local else 0)
            if key not in self._columns or self._columns[key].full:
                self._columns[key] = Column()
            columns.append(self._columns[key])
        self._tables[id(table)] = TableColumns(name, masks, columns)

    @property
    def tables(self) -> list[TableColumns]:
        """Tables that are evaluated by masks, in the order of the decisions."""
        return [t for t in self._tables.values() if t is not None]

    # --- evaluating ---------------------------------------------------------------------------------------------------

    def evaluate(self, inputs: Mapping[str, Vector], rows: int) -> _Batch:
        """Evaluate a batch.

        Args:
            inputs: a vector for each of ``needs.inputs``.
        """
        batch = self._batch = _Batch(self, inputs, rows)
        for decision in self.needs.decisions:
            self.expressions.label = decision.name
            batch.values[decision.name] = self._decide(decision, batch)
        return batch

    def _decide(self, decision: Decision, batch: _Batch) -> Vector:
        if decision.name in self.needs.foreign:
            return self._whole(decision, batch)
        scope = batch.scope(decision)
        if decision.logic is None:
            return batch.constant(None, batch.rows)
        return self.coercions.coerce(self.boxes.value(decision.logic, scope, batch.rows), decision.type)

    def _whole(self, decision: Decision, batch: _Batch) -> Vector:
        """The whole graph below a decision by the scalar engine."""
        self.report.slow(decision.name, self.needs.foreign[decision.name])
        names = [n for n in self.needs.below(decision) if n in batch.inputs]
        leaves = {n: batch.inputs[n] for n in names}
        return self.scalar.over(
            decision.name,
            ("whole", decision.name),
            lambda scope: self.model.execute(decision.name, scope, self.scalar.run),
            leaves,
            batch.rows,
        )

    def _table(self, table: Table, scope: Mapping[str, Vector], rows: int) -> Vector | None:
        prepared = self._tables.get(id(table))
        if prepared is None:
            return None
        batch = self._batch
        assert batch is not None
        vectors = [batch.input(i.expression, scope, rows) for i in table.inputs]
        return prepared.evaluate(vectors, batch, scope, rows)

    def function(self, need: Need) -> Coded:
        """The function that a business knowledge model or a service is, as a value."""
        if need not in self._functions:
            value = Session(self.model, {}, self.scalar.run).value(need)
            self._functions[need] = Coded(np.zeros(0, CODE), Values([value], lasting=True))
        return self._functions[need]


class _Batch:
    """The values of one batch, and what tables say beside them.

    Attributes:
        values: of the decisions, by name.
        fired, missed: rules that decided and near misses, by table.
    """

    def __init__(self, population: Population, inputs: Mapping[str, Vector], rows: int) -> None:
        self.population = population
        self.rows = rows
        self.wanted = population.wanted
        self.expressions = population.expressions
        self.coercions = population.coercions
        self.inputs = inputs
        types = population.model.input_types
        self.given = {n: self.coercions.coerce(v, types.get(n)) for n, v in inputs.items()}
        self.values: dict[str, Vector] = {}
        self.fired: dict[str, Coded] = {}
        self.missed: dict[str, Coded] = {}
        self._inputs: dict[Any, Vector] = {}

    def scope(self, decision: Decision) -> dict[str, Vector]:
        """The variables of a decision."""
        scope: dict[str, Vector] = {}
        for need in decision.needs:
            if need.kind in ("knowledge", "service"):
                held = self.population.function(need)
                if not need.prefix:
                    scope[need.name] = Coded(np.zeros(self.rows, CODE), held.values)
            elif need.kind == "input":
                scope[need.name] = self.given[need.name]
            else:
                scope[need.name] = self.values[need.name]
        for prefix in {n.prefix for n in decision.needs if n.prefix}:
            functions = {
                n.name: self.population.function(n).values.items[0] for n in decision.needs if n.prefix == prefix
            }
            scope[prefix] = self.constant(functions, self.rows)
        return scope

    def input(self, expression: Expression, scope: Mapping[str, Vector], rows: int) -> Vector:
        """The value of a table's input; one vector for the same expression over the same variables."""
        key = (expression.text, rows, *((n, id(scope[n])) for n in sorted(expression.names) if n in scope))
        if key not in self._inputs:
            self._inputs[key] = self.expressions.value(expression, scope, rows)
        return self._inputs[key]

    # --- tools of tables ----------------------------------------------------------------------------------------------

    def boxed(self, boxed: Boxed, scope: Mapping[str, Vector], rows: int) -> Vector:
        return self.population.boxes.value(boxed, scope, rows)

    def exact(self, boxed: Boxed, scope: Mapping[str, Vector]) -> Exact:
        exact: Exact = self.population.boxes.exact(boxed, scope)
        return exact

    def names(self, boxed: Boxed) -> frozenset[str]:
        return self.population.boxes.names(boxed)

    def constant(self, value: Any, rows: int) -> Coded:
        values = self.population._values
        return Coded(np.full(rows, values.add(value), CODE), values)

    def rules(self, table: str, rules: Coded) -> None:
        self.fired[table] = rules

    def near(self, table: str, near: Coded) -> None:
        self.missed[table] = near
