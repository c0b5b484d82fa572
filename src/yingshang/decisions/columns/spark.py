"""The same over Apache Spark: every partition's batches of Arrow go through a job of their own (``mapInArrow``)."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from yingshang.decisions import documents
from yingshang.decisions.columns.job import Job, Options
from yingshang.decisions.columns.report import Report
from yingshang.decisions.errors import DecisionError
from yingshang.decisions.reading import load

#: A model as it travels to the workers: its document, and those that it imports by namespace.
Documents = tuple[bytes, tuple[tuple[str, bytes], ...]]


def read_documents(path: Path) -> Documents:
    """The documents of a model and of all that it imports."""
    beside = documents.beside(path)
    found: dict[str, bytes] = {}

    def resolve(namespace: str, location: str) -> bytes | None:
        there = beside(namespace, location)
        if there is None:
            return None
        found[namespace] = documents.load_bytes(there) if isinstance(there, Path) else there
        return found[namespace]

    load(path, resolve=resolve)
    return documents.load_bytes(path), tuple(sorted(found.items()))


@lru_cache(maxsize=8)
def _job(model: Documents, decision: str, schema: bytes, options: Options) -> Job:
    """A worker's job, kept from partition to partition."""
    imported = dict(model[1])
    loaded = load(model[0], resolve=lambda namespace, location: imported.get(namespace))
    job = Job(loaded, decision, pa.ipc.read_schema(pa.py_buffer(schema)), options, "spark")
    job.process(pa.ipc.read_schema(pa.py_buffer(schema)).empty_table().select(job.columns))
    return job


def frame(source: Any, model: Path, decision: str, options: Options) -> Any:
    """A Spark data frame with the result of a decision for every row of another.

    Args:
        source: a ``pyspark.sql.DataFrame``; columns as for :func:`yingshang.decisions.columns.run`.
        model: path of the model, read here and sent to the workers.

    Raises:
        ColumnsError, DecisionError: as :func:`yingshang.decisions.columns.run`.
    """
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    plain = replace(options, dictionaries=False)
    travelling = read_documents(model)
    schema = to_arrow_schema(source.schema, timezone="UTC").serialize().to_pybytes()
    job = _job(travelling, decision, schema, plain)
    told = pa.schema([pa.field(f.name, pa.string() if pa.types.is_null(f.type) else f.type) for f in job.schema])
    return source.select(*(f"`{c}`" for c in job.columns)).mapInArrow(
        _mapper(travelling, decision, plain, told.serialize().to_pybytes()), from_arrow_schema(told)
    )


def _mapper(
    model: Documents, decision: str, options: Options, told: bytes
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def evaluate(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        schema = pa.ipc.read_schema(pa.py_buffer(told))
        for batch in batches:
            job = _job(model, decision, batch.schema.serialize().to_pybytes(), options)
            result = job.process(batch)
            yield pa.RecordBatch.from_arrays(
                [a if a.type == f.type else a.cast(f.type) for a, f in zip(result.columns, schema, strict=True)],
                schema=schema,
            )

    return evaluate


def session() -> Any:
    """The running Spark session, else a local one.

    Raises:
        DecisionError: pyspark or Java is missing.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise DecisionError("the engine spark needs the package pyspark") from None
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        raise DecisionError("the engine spark needs Java 17 or later: install it, or set JAVA_HOME")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    local = SparkSession.builder.master("local[*]").appName("yingshang dmn run")
    for name, value in (
        ("spark.ui.enabled", "false"),
        ("spark.driver.host", "127.0.0.1"),
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.sql.session.timeZone", "UTC"),
        ("spark.sql.shuffle.partitions", "2"),
    ):
        local = local.config(name, value)
    return local.getOrCreate()


def run_file(model: Path, decision: str, source: Path, target: Path, options: Options) -> Report:
    """From Parquet to Parquet by Spark; ``target`` becomes a directory, as Spark writes it."""
    if not source.exists():
        raise DecisionError(f"no such file: {source}")
    started = time.perf_counter()
    spark = session()
    given = spark.read.parquet(str(source))
    frame(given, model, decision, options).write.mode("overwrite").parquet(str(target))
    report = Report(engine="spark", rows=spark.read.parquet(str(target)).count())
    report.seconds = time.perf_counter() - started
    return report
