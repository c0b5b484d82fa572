"""The same logic elsewhere: SQL by hand in DuckDB, zen-engine row by row, OpenFisca over vectors, and a plain copy."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from bench import decisions_model as model

#: The optimizers of DuckDB that long CASE expressions are slow in.
SLOW_OPTIMIZERS = "in_clause,statistics_propagation"


class Seconds(float):
    """Seconds on the clock, and those that the processors worked meanwhile (which a busy machine hardly changes)."""

    cpu: float

    def __new__(cls, clock: float, cpu: float) -> Seconds:
        made = super().__new__(cls, clock)
        made.cpu = cpu
        return made

    def __truediv__(self, count: float) -> Seconds:
        return Seconds(float(self) / count, self.cpu / count)


class Watch:
    """Started when it is made."""

    def __init__(self) -> None:
        self.clock, self.cpu = time.perf_counter(), time.process_time()

    def stop(self) -> Seconds:
        return Seconds(time.perf_counter() - self.clock, time.process_time() - self.cpu)


def database(*, slow_optimizers: bool = True) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    if not slow_optimizers:
        connection.execute(f"SET disabled_optimizers = '{SLOW_OPTIMIZERS}'")
    return connection


def duckdb_sql(tables: list[model.Table], source: Path, target: Path, connection: duckdb.DuckDBPyConnection) -> Seconds:
    """Seconds of hand-written SQL, Parquet to Parquet, planning included."""
    query = model.sql(tables, str(source))
    watch = Watch()
    connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet)")
    return watch.stop()


def duckdb_sql_within(limit: float, tables: list[model.Table], source: Path, target: Path) -> tuple[Seconds, bool]:
    """The same with DuckDB's own settings, and whether it came to an end before it was stopped.

    In a process of its own, which can be stopped: a database that plans heeds no interruption.
    """
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=_tell_seconds, args=(tables, source, target, writer))
    watch = Watch()
    process.start()
    if reader.poll(limit):
        clock, cpu = reader.recv()
        process.join()
        return Seconds(clock, cpu), True
    used = psutil.Process(process.pid).cpu_times()
    process.kill()
    process.join()
    return Seconds(float(watch.stop()), used.user + used.system), False


def _tell_seconds(tables: list[model.Table], source: Path, target: Path, writer: Connection) -> None:
    seconds = duckdb_sql(tables, source, target, database())
    writer.send((float(seconds), seconds.cpu))


def duckdb_copy(source: Path, target: Path, columns: str = "*") -> Seconds:
    """Seconds of a copy that computes nothing."""
    connection = database()
    watch = Watch()
    connection.execute(f"COPY (SELECT {columns} FROM read_parquet('{source}')) TO '{target}' (FORMAT parquet)")
    return watch.stop()


def duckdb_sum(source: Path, columns: list[str]) -> Seconds:
    """Seconds of reading columns: sums, of texts their lengths'."""
    connection = database()
    watch = Watch()
    connection.execute(f"SELECT {', '.join(columns)} FROM read_parquet('{source}')").fetchall()
    return watch.stop()


@dataclass(frozen=True)
class Sampled:
    """Seconds for a number of rows, and what came out: an array for each table."""

    seconds: Seconds
    rows: int
    results: dict[str, pa.Array]


def zen(tables: list[model.Table], rows: pa.Table) -> Sampled:
    """zen-engine, a row at a time, every table in one graph."""
    import zen as engine

    decision = engine.ZenEngine().create_decision(model.jdm(tables))
    contexts = [
        {k: float(v) if isinstance(v, Decimal) else v for k, v in row.items() if k != "id"} for row in rows.to_pylist()
    ]
    decision.evaluate(contexts[0])
    watch = Watch()
    answers = [decision.evaluate(c)["result"] for c in contexts]
    seconds = watch.stop()
    results = {t.name: pa.array([_exact(a[t.name]) for a in answers]) for t in tables}
    return Sampled(seconds, len(contexts), results)


def openfisca(tables: list[model.Table], rows: pa.Table) -> Sampled:
    """OpenFisca: a variable a table, its formula a numpy ``select`` over vectors; reading and writing are not counted."""
    system, labels = _tax_system(tables)
    from openfisca_core.simulation_builder import SimulationBuilder

    builder = SimulationBuilder()
    builder.create_entities(system)
    builder.declare_person_entity("enterprise", np.arange(rows.num_rows))
    simulation = builder.build(system)
    for name in model.NUMBERS:
        simulation.set_input(name, "2026", np.asarray(rows[name].cast(pa.float64())))
    index = {text: n for n, text in enumerate(model.INDUSTRIES)}
    simulation.set_input(model.TEXT, "2026", np.array([index[t] for t in rows[model.TEXT].to_pylist()], np.int32))
    watch = Watch()
    arrays = {t.name: simulation.calculate(t.name, "2026") for t in tables}
    seconds = watch.stop()
    results = {
        name: pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(labels[name]))
        for name, codes in arrays.items()
    }
    return Sampled(seconds, rows.num_rows, results)


def _tax_system(tables: list[model.Table]) -> tuple[Any, dict[str, list[Any]]]:
    """A system of one entity; results are places in a list of each table's answers, which is quicker than enumerations."""
    from openfisca_core.entities import build_entity
    from openfisca_core.periods import DateUnit
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable

    enterprise = build_entity(key="enterprise", plural="enterprises", label="", is_person=True)
    system = TaxBenefitSystem([enterprise])
    about = {"entity": enterprise, "definition_period": DateUnit.YEAR}
    for name in model.NUMBERS:
        system.add_variable(type(name, (Variable,), {**about, "value_type": float}))
    system.add_variable(type(model.TEXT, (Variable,), {**about, "value_type": int}))
    labels: dict[str, list[Any]] = {}
    for t in tables:
        labels[t.name] = list(dict.fromkeys(r.output for r in t.rules))
        formula = _formula(t, [labels[t.name].index(r.output) for r in t.rules])
        system.add_variable(type(t.name, (Variable,), {**about, "value_type": int, "formula": formula}))
    return system, labels


def _formula(table: model.Table, outputs: list[int]) -> Any:
    index = {text: n for n, text in enumerate(model.INDUSTRIES)}

    def formula(entity: Any, period: Any) -> Any:
        columns = {i: entity(i, period) for i in model.INPUTS}
        conditions = [np.ones(len(columns[model.TEXT]), bool) for _ in table.rules]
        for met, rule in zip(conditions, table.rules, strict=True):
            for name, cell in zip(model.INPUTS, rule.cells, strict=True):
                if cell.texts:
                    met &= np.isin(columns[name], [index[t] for t in cell.texts])
                if cell.low is not None:
                    met &= columns[name] >= float(cell.low)
                if cell.high is not None:
                    met &= columns[name] < float(cell.high)
        return np.select(conditions, outputs)

    return formula


def _exact(value: Any) -> Any:
    return value if isinstance(value, str) else Decimal(repr(value))


def differences(target: Path, others: dict[str, pa.Array]) -> int:
    """How many values of a result in Parquet are not those of another engine, over the rows that the other one did."""
    count = 0
    for name, theirs in others.items():
        ours = pq.read_table(target, columns=[name])[name].slice(0, len(theirs))
        count += _unequal(ours, theirs)
    return count


def unequal(ours: Path, theirs: Path, names: list[str]) -> int:
    """How many values differ between two results in Parquet, of one order."""
    count = 0
    for name in names:
        a, b = (pq.read_table(p, columns=[name])[name] for p in (ours, theirs))
        count += _unequal(a, b)
    return count


def _unequal(a: pa.ChunkedArray, b: pa.ChunkedArray | pa.Array) -> int:
    a, b = _plain(a), _plain(b)
    if a.null_count != b.null_count or len(a) != len(b):
        return max(len(a), len(b))
    import pyarrow.compute as pc

    same = pc.fill_null(pc.equal(a, b), False)
    both_null = pc.and_(pc.is_null(a), pc.is_null(b))
    return len(a) - pc.sum(pc.or_(same, both_null)).as_py()


def _plain(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray:
    """Without dictionaries, numbers as one type."""
    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.string()) if pa.types.is_string(column.type) else column.cast(pa.decimal128(38, 9))
