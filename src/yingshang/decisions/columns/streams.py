"""Populations from Arrow or Parquet, and results into Parquet: read, evaluated and written at the same time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from yingshang.decisions.collecting import collect_young
from yingshang.decisions.columns import parquet_in
from yingshang.decisions.columns.parquet_out import Writer
from yingshang.decisions.errors import DecisionError

#: Batches that wait between reading, evaluating and writing.
_WAITING = 2


class Work(Protocol):
    """What turns a batch into its result."""

    columns: list[str]

    def process(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The result for a batch."""
        ...


@dataclass(slots=True)
class Source:
    """A population.

    Attributes:
        rows: how many; None where that is not known before the end.
    """

    schema: pa.Schema
    rows: int | None
    _read: Callable[[Sequence[str], int], Iterator[pa.RecordBatch]]

    @staticmethod
    def of(given: Any) -> Source:
        """A population from a table, a batch, a reader, batches, or the path of a Parquet file.

        Raises:
            DecisionError: none of these, or a file that is no Parquet.
        """
        if isinstance(given, (str, Path)):
            return _parquet(Path(given))
        if isinstance(given, pa.RecordBatch):
            given = pa.Table.from_batches([given])
        if isinstance(given, pa.Table):
            return Source(given.schema, given.num_rows, lambda names, rows: iter(_slices(given.select(names), rows)))
        if isinstance(given, pa.RecordBatchReader):
            reader = given
        elif isinstance(given, Iterable):
            batches = iter(given)
            first = next(batches, None)
            if not isinstance(first, pa.RecordBatch):
                raise DecisionError("a population is an Arrow table, its batches, or a Parquet file")
            reader = pa.RecordBatchReader.from_batches(first.schema, _again(first, batches))
        else:
            raise DecisionError(f"a population is an Arrow table or a Parquet file, and no {type(given).__name__}")
        return Source(
            reader.schema,
            None,
            lambda names, rows: (
                part for batch in reader for part in _slices(pa.Table.from_batches([batch]).select(names), rows)
            ),
        )

    def batches(self, names: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        """The named columns, at most so many rows at a time."""
        return self._read(names, rows)


def _again(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest


def _slices(table: pa.Table, rows: int) -> Iterator[pa.RecordBatch]:
    yield from table.to_batches(max_chunksize=rows)


def _parquet(path: Path) -> Source:
    try:
        file = pq.ParquetFile(path)
        schema = file.schema_arrow
    except FileNotFoundError:
        raise DecisionError(f"no such file: {path}") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DecisionError(f"{path} is no Parquet file: {error}") from None

    def read(names: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(path) as opened:
            decimals = [n for n in names[1:] if parquet_in.is_readable(opened, n)]
        if not decimals:
            yield from _arrow_batches(path, names, rows, schema)
            return
        others = [n for n in names if n not in decimals]
        left, right = _arrow_batches(path, others, rows, schema), parquet_in.batches(path, decimals, rows)
        for a, b in _side_by_side(left, right):
            yield pa.RecordBatch.from_arrays([*a.columns, *b.columns], names=[*others, *decimals])

    return Source(schema, file.metadata.num_rows, read)


def _arrow_batches(path: Path, names: Sequence[str], rows: int, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    texts = [n for n in names[1:] if pa.types.is_string(schema.field(n).type)]
    with pq.ParquetFile(path, read_dictionary=texts) as opened:
        try:
            yield from opened.iter_batches(rows, columns=list(names))
        except (pa.ArrowException, OSError) as error:
            raise DecisionError(f"{path} is damaged: {error}") from None


def _side_by_side(
    left: Iterator[pa.RecordBatch], right: Iterator[pa.RecordBatch]
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Batches of two readers of the same rows, cut to one length."""
    a, b = next(left, None), next(right, None)
    while a is not None and b is not None:
        count = min(a.num_rows, b.num_rows)
        if count:
            yield a.slice(0, count), b.slice(0, count)
        a = a.slice(count) if a.num_rows > count else next(left, None)
        b = b.slice(count) if b.num_rows > count else next(right, None)


# --- from file to file ------------------------------------------------------------------------------------------------


class _Stop(Exception):
    """Another stage has failed."""


class _Stages:
    """Threads that hand batches on, a few at a time; the first error ends all of them."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self._threads: list[threading.Thread] = []

    def start(self, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except _Stop:
                pass
            except BaseException as error:
                self.error = self.error or error

        thread = threading.Thread(target=guarded, daemon=True)
        self._threads.append(thread)
        thread.start()

    def put(self, waiting: queue.Queue[Any], item: Any) -> None:
        while True:
            if self.error is not None:
                raise _Stop
            try:
                waiting.put(item, timeout=0.2)
                return
            except queue.Full:
                continue

    def take(self, waiting: queue.Queue[Any]) -> Iterator[Any]:
        while True:
            try:
                item = waiting.get(timeout=0.2)
            except queue.Empty:
                if self.error is not None:
                    raise _Stop from None
                continue
            if item is None:
                return
            yield item

    def join(self) -> None:
        for thread in self._threads:
            thread.join()
        if self.error is not None:
            raise self.error


#: A block leaves hardly any cycles behind, and the first look walks through the whole model.
_BLOCKS_A_LOOK = 64


def copy_through(
    job: Work, source: Source, target: Path, rows: int, progress: Callable[[int, int | None], None] | None
) -> None:
    """Read, evaluate and write, each in a thread of its own.

    The target appears under its name only when it is whole.
    """
    stages = _Stages()
    read: queue.Queue[Any] = queue.Queue(_WAITING)
    done: queue.Queue[Any] = queue.Queue(_WAITING)
    partial = target.with_name(target.name + ".partial")

    def reading() -> None:
        for batch in source.batches(job.columns, rows):
            stages.put(read, batch)
        stages.put(read, None)

    def writing() -> None:
        with Writer(partial) as writer:
            for batch in stages.take(done):
                writer.write(batch)

    stages.start(reading)
    stages.start(writing)
    try:
        _evaluate(job, source, stages, read, done, progress)
    except _Stop:
        pass
    except BaseException as error:
        stages.error = stages.error or error
    try:
        stages.join()
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _evaluate(
    job: Work,
    source: Source,
    stages: _Stages,
    read: queue.Queue[Any],
    done: queue.Queue[Any],
    progress: Callable[[int, int | None], None] | None,
) -> None:
    count = 0
    for number, batch in enumerate(stages.take(read), 1):
        stages.put(done, job.process(batch))
        count += batch.num_rows
        if number % _BLOCKS_A_LOOK == 0:
            collect_young()
        if progress is not None:
            progress(count, source.rows)
    if not count:
        stages.put(done, job.process(pa.Table.from_batches([], source.schema).select(job.columns)))
    stages.put(done, None)
