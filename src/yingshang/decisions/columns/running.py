"""Runs: over tables and batches in memory, and from Parquet file to Parquet file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from yingshang.decisions.collecting import uncollected
from yingshang.decisions.columns.job import Job, Options
from yingshang.decisions.columns.report import Report
from yingshang.decisions.columns.streams import Source, copy_through
from yingshang.decisions.errors import DecisionError
from yingshang.decisions.model import Model
from yingshang.decisions.reading import load

#: Rows that are evaluated at a time: their bins fit in a processor's cache.
BLOCK = 1 << 17
#: Called with rows done and rows in all, None where that is not known.
Progress = Callable[[int, "int | None"], None]
ENGINES = ("columnar", "python", "spark")


@dataclass(slots=True)
class Result:
    """What a run gives.

    Attributes:
        report: how it went; complete once all batches have been taken.
    """

    report: Report
    _batches: Iterator[pa.RecordBatch] = field(repr=False)
    _table: pa.Table | None = field(default=None, repr=False)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The result batch by batch, evaluated while they are taken; to be taken once."""
        return self._batches

    @property
    def table(self) -> pa.Table:
        """The whole result."""
        if self._table is None:
            # The first batch settles which columns are dictionaries.
            batches = list(self._batches)
            self._table = pa.Table.from_batches(batches, batches[0].schema)
        return self._table


def run(
    model: Model | str | Path,
    decision: str,
    source: Any,
    *,
    engine: str = "columnar",
    explain: bool = False,
    near_misses: bool = False,
    struct: bool = False,
    id_column: str = "id",
    progress: Progress | None = None,
) -> Result:
    """Evaluate a decision over a population.

    Args:
        model: a model, or the path of one.
        source: an Arrow table, batch, reader or iterable of batches, or the path of a Parquet file. Its columns are
            found by the names of the input data; those of an imported model are called ``import.name``.
        engine: ``columnar``; ``python`` runs the scalar engine on every row; ``spark`` see :mod:`.spark`.
        explain: adds ``<table>.rule``, the number of the rule that decided (for tables of several hits, the list).
        near_misses: adds ``<table>.near``, the first rule that one input alone keeps from being met.
        struct: a decision that gives contexts has one column of structs, and not one an entry.
        id_column: comes first in the result, as it is.
        progress: called after every block.

    Returns:
        The id, then a column an output. Numbers are exact decimals or integers; those whose digits have no bound are
        text, and the report says so.

    Raises:
        ColumnsError: a column is missing or of the wrong type.
        DecisionError: no such decision or engine.
        EvaluationError: a column cannot hold a value (a date beyond the years of Arrow).
    """
    _check_engine(engine)
    loaded = model if isinstance(model, Model) else load(model)
    options = Options(explain, near_misses, struct, id_column)
    if engine == "spark":
        raise DecisionError("spark runs from file to file: see run_file", file=loaded.file)
    stream = Source.of(source)
    job = Job(loaded, decision, stream.schema, options, engine)
    return Result(job.report, _evaluated(job, stream, progress))


def _evaluated(job: Job, source: Source, progress: Progress | None) -> Iterator[pa.RecordBatch]:
    started = time.perf_counter()
    done = 0
    for batch in source.batches(job.columns, BLOCK):
        # A model of some hundred tables is a million objects, which a look for cycles would all walk.
        with uncollected():
            result = job.process(batch)
        yield result
        done += batch.num_rows
        job.report.seconds = time.perf_counter() - started
        if progress is not None:
            progress(done, source.rows)
    if not done:
        yield job.process(source.schema.empty_table())


def run_file(
    model: str | Path | Model,
    decision: str,
    source: str | Path,
    target: str | Path,
    *,
    engine: str = "columnar",
    explain: bool = False,
    near_misses: bool = False,
    struct: bool = False,
    id_column: str = "id",
    progress: Progress | None = None,
) -> Report:
    """The same from a Parquet file to a Parquet file; memory stays bounded, however long the file is.

    Args:
        model: its path, for ``spark``; else a model will do.

    Raises:
        ColumnsError: a column is missing or of the wrong type, or ``source`` is no Parquet file.
        DecisionError, EvaluationError: as :func:`run`.
    """
    _check_engine(engine)
    options = Options(explain, near_misses, struct, id_column)
    if engine == "spark":
        from yingshang.decisions.columns.spark import run_file as run_spark

        if isinstance(model, Model):
            raise DecisionError("spark reads the model itself: give its path", file=model.file)
        return run_spark(Path(model), decision, Path(source), Path(target), options)
    loaded = model if isinstance(model, Model) else load(model)
    with uncollected():
        return _copied(loaded, decision, Source.of(source), Path(target), options, engine, progress)


def _copied(
    model: Model, decision: str, stream: Source, target: Path, options: Options, engine: str, progress: Progress | None
) -> Report:
    job = Job(model, decision, stream.schema, options, engine)
    started = time.perf_counter()
    copy_through(job, stream, target, BLOCK, progress)
    job.report.seconds = time.perf_counter() - started
    return job.report


def _check_engine(engine: str) -> None:
    if engine not in ENGINES:
        raise DecisionError(f"no engine {engine!r}; known: {', '.join(ENGINES)}")
