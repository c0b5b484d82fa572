"""A decision over batches of Arrow: checks the columns, evaluates, and builds the result's columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from yingshang.decisions.collecting import without_collecting
from yingshang.decisions.columns import arrow_in, arrow_out
from yingshang.decisions.columns.arrow_out import Output
from yingshang.decisions.columns.inference import Called, of_boxed
from yingshang.decisions.columns.population import Needs, Population
from yingshang.decisions.columns.report import Report
from yingshang.decisions.columns.rowwise import Rows
from yingshang.decisions.columns.shapes import (
    ANYTHING,
    STRING,
    ListOf,
    Nothing,
    Number,
    Shape,
    narrowed,
    of_arrow,
    of_type,
    without_bound,
)
from yingshang.decisions.columns.tables import TableColumns, Wanted
from yingshang.decisions.columns.vectors import Vector, constant
from yingshang.decisions.errors import DecisionError
from yingshang.decisions.feel.scanner import normal
from yingshang.decisions.feel.types import ANY, Simple, Type, resolve
from yingshang.decisions.model import Model
from yingshang.decisions.table import SINGLE_HIT


class ColumnsError(DecisionError):
    """A table that a decision cannot be evaluated over: a column is missing, or of the wrong type."""


@dataclass(frozen=True)
class Options:
    """What a run shall give.

    Attributes:
        explain: a column ``<table>.rule`` for every table: the number of the rule that decided, or the list of them.
        near_misses: a column ``<table>.near`` for every table: the first rule that one input alone keeps from being met.
        struct: a decision that gives contexts has one column of structs, and not one an entry.
        id_column: the column that comes first in the result.
        dictionaries: columns of few distinct values are dictionaries.
    """

    explain: bool = False
    near_misses: bool = False
    struct: bool = False
    id_column: str = "id"
    dictionaries: bool = True


class Shared:
    """The columns of a batch, each read once for all jobs that are asked about the batch in turn; one thread at a time.

    Jobs that are given one must not be used without it meanwhile: they note what they work out with its values.
    """

    def __init__(self) -> None:
        self._memory: dict[str, dict[Any, Any]] = {}
        self._batch: pa.RecordBatch | pa.Table | None = None
        self._vectors: dict[str, Vector] = {}

    def vector(self, batch: pa.RecordBatch | pa.Table, column: str) -> Vector:
        """A column of a batch."""
        if batch is not self._batch:
            self._batch, self._vectors = batch, {}
        if column not in self._vectors:
            memory = self._memory.setdefault(column, {})
            self._vectors[column] = arrow_in.vector_of(batch.column(column), memory)
        return self._vectors[column]


class Job:
    """One decision of a model, ready for batches of one schema.

    Attributes:
        columns: names of the columns that it reads, the id first.
        report: what it has to say so far.

    Raises:
        ColumnsError: a column that is needed is missing or of the wrong type.
        DecisionError: no such decision.
    """

    @without_collecting
    def __init__(
        self, model: Model, decision: str, schema: pa.Schema, options: Options, engine: str = "columnar"
    ) -> None:
        self.model = model
        self.options = options
        self.population = Population(model, decision, Wanted(options.explain, options.near_misses))
        self.needs = self.population.needs
        self.report: Report = self.population.report
        self.report.engine = engine
        self._rows = Rows(self.population) if engine == "python" else None
        if self._rows is not None and options.near_misses:
            raise DecisionError("near misses of a population are columns: the python engine has none", file=model.file)
        self._sources = _sources(self.needs, schema, options.id_column, model)
        self.columns = list(dict.fromkeys([options.id_column, *self._sources.values()]))
        self._id = schema.field(options.id_column)
        shapes = _shapes(self.needs, schema, self._sources)
        self._name = self.needs.decisions[-1].name
        shape = shapes[self._name]
        self._entries = options.struct or not hasattr(shape, "fields")
        self.outputs = arrow_out.columns_of(self._name, shape, options.struct, [options.id_column])
        for output in self.outputs:
            reason = without_bound(output.shape)
            if reason:
                self.report.texts[output.name] = reason
        tables = self.population.tables
        self._fired = [(t, _rule_output(t)) for t in tables] if options.explain else []
        self._missed = [(t, Output.of(f"{t.name}.near", STRING)) for t in tables] if options.near_misses else []
        if not options.dictionaries:
            for output in self._all():
                output.settled = True
        self._memory: dict[str, dict[Any, Any]] = {name: {} for name in self._sources}

    def _all(self) -> list[Output]:
        return [*self.outputs, *(o for _, o in self._fired), *(o for _, o in self._missed)]

    @property
    def schema(self) -> pa.Schema:
        """The schema of the result, final once a batch was processed."""
        return pa.schema([self._id, *(o.field for o in self._all())])

    def process(self, batch: pa.RecordBatch | pa.Table, shared: Shared | None = None) -> pa.RecordBatch:
        """The result for a batch of rows; ``shared`` has read it for other jobs, too."""
        if shared is None:
            inputs = {n: arrow_in.vector_of(batch.column(c), self._memory[n]) for n, c in self._sources.items()}
        else:
            inputs = {n: shared.vector(batch, c) for n, c in self._sources.items()}
        engine = self.population if self._rows is None else self._rows
        found = engine.evaluate(inputs, batch.num_rows)
        vector = found.values[self._name]
        parts = (
            [vector]
            if self._entries
            else [arrow_out.entry_of(vector, k) for k in _entry_names(self.outputs, self._name)]
        )
        arrays = [_flat(batch.column(self.options.id_column))]
        arrays += [o.array(v) for o, v in zip(self.outputs, parts, strict=True)]
        arrays += [o.array(found.fired.get(t.name) or constant(None, batch.num_rows)) for t, o in self._fired]
        arrays += [o.array(found.missed.get(t.name) or constant(None, batch.num_rows)) for t, o in self._missed]
        self.report.rows += batch.num_rows
        self.report.evaluations = dict(self.population.scalar.rows)
        self.report.errors = self.population.scalar.errors
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        return (
            column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.nulls(0, column.type)])
        )
    return column


def _entry_names(outputs: list[Output], name: str) -> list[str]:
    return [o.name.removeprefix(f"{name}.") for o in outputs]


def _rule_output(table: TableColumns) -> Output:
    number = Number(6, 0)
    return Output.of(f"{table.name}.rule", number if table.table.policy in SINGLE_HIT else ListOf(number))


# --- columns and their types ------------------------------------------------------------------------------------------


def _sources(needs: Needs, schema: pa.Schema, id_column: str, model: Model) -> dict[str, str]:
    """For each input of the model the column that it is."""
    by_name = {normal(name): name for name in schema.names}
    wanted = [*needs.inputs]
    missing = [n for n in wanted if n not in by_name]
    if id_column not in schema.names:
        missing.insert(0, f"{id_column} (which tells the rows apart)")
    if missing:
        there = ", ".join(schema.names) or "none"
        raise ColumnsError(f"missing columns: {', '.join(missing)}; there are: {there}", file=model.file)
    types = model.input_types
    wrong = []
    for name in wanted:
        given = schema.field(by_name[name]).type
        problem = _mismatch(types.get(name), given)
        if problem:
            wrong.append(f"column {by_name[name]} has to be {problem} and is {given}")
    if wrong:
        raise ColumnsError("; ".join(wrong), file=model.file)
    return {n: by_name[n] for n in wanted}


def _mismatch(kind: Type | None, given: pa.DataType) -> str:
    """The FEEL type that a column has to have, where it cannot have any of its values."""
    target = ANY if kind is None else resolve(kind)
    shape = of_arrow(given)
    if not isinstance(target, Simple) or isinstance(shape, ListOf) or pa.types.is_null(given):
        return ""
    # Anything that is left of a column but null after coercion will do.
    return target.name if isinstance(narrowed(shape, target), Nothing) or _is_struct(given) else ""


def _is_struct(given: pa.DataType) -> bool:
    return bool(pa.types.is_struct(given))


def _shapes(needs: Needs, schema: pa.Schema, sources: Mapping[str, str]) -> dict[str, Shape]:
    """The shapes of all decisions."""
    model = needs.model
    types = model.input_types
    inputs = {n: narrowed(of_arrow(schema.field(c).type), types.get(n)) for n, c in sources.items()}
    found: dict[str, Shape] = {}
    for decision in needs.decisions:
        if decision.name in needs.foreign:
            found[decision.name] = of_type(decision.type)
            continue
        scope: dict[str, Any] = {}
        for need in decision.needs:
            if need.kind == "knowledge" and not need.namespace:
                scope[need.name] = _called(model, need.name, 0)
            elif need.namespace or need.kind == "service":
                scope[need.qualified] = ANYTHING
            else:
                scope[need.name] = inputs[need.name] if need.kind == "input" else found[need.name]
        found[decision.name] = narrowed(of_boxed(decision.logic, scope), decision.type)
    return found


def _called(model: Model, name: str, depth: int) -> Called | Shape:
    if depth > 10:
        return ANYTHING
    knowledge = model.knowledge[name]
    around = {
        n.name: _called(model, n.name, depth + 1)
        for n in knowledge.needs
        if n.kind == "knowledge" and not n.namespace and n.name != name
    }
    return Called(knowledge.definition, around)
