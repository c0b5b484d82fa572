"""What ``bench/decisions.py`` measures. Every figure is a ratio of two times of one run, or a peak of memory.

*Ours* always counts everything: reading the DMN document, compiling it, reading and writing Parquet. Only the machine code
of the kernels is there before, as it is on every run but the first. Each time is the best of a few rounds that take turns.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench import decisions_baselines as baselines
from bench import decisions_data as data
from bench import decisions_model as model
from bench.decisions_baselines import Seconds, Watch
from yingshang import decisions
from yingshang.decisions import columns
from yingshang.decisions.regions import cells

SIZE_CLASS = Path(decisions.__file__).parent / "models" / "size_class.dmn"
READ = ["sum(id)", "sum(从业人员)", "sum(营业收入)", "sum(资产总额)", "sum(length(行业代码))"]
Figure = dict[str, Any]


@dataclass
class Bench:
    """Sizes, and the files that several figures share."""

    folder: Path
    quick: bool
    tables: list[model.Table] = field(default_factory=lambda: model.tables(50))

    @property
    def rows(self) -> int:
        return 100_000 if self.quick else 1_000_000

    @property
    def rounds(self) -> int:
        return 2 if self.quick else 3

    @cached_property
    def base(self) -> pa.Table:
        return data.rows(self.rows)

    @cached_property
    def source(self) -> Path:
        return data.write(self.base, self.folder / "in.parquet", self.rows)

    @cached_property
    def document(self) -> Path:
        return self.model_of(self.tables, "model.dmn")

    @cached_property
    def result(self) -> Path:
        """Our result for ``source``, to be compared with."""
        target = self.folder / "ours.parquet"
        self.ours(target)
        return target

    def model_of(self, tables: list[model.Table], name: str) -> Path:
        path = self.folder / name
        path.write_bytes(model.dmn(tables))
        return path

    def ours(self, target: Path, document: Path | None = None, source: Path | None = None, **options: bool) -> Seconds:
        """Seconds from the document and a Parquet file to a Parquet file, nothing kept from the run before."""
        cells.forget()
        watch = Watch()
        columns.run_file(decisions.load(document or self.document), model.ALL, source or self.source, target, **options)
        return watch.stop()

    def warm(self) -> None:
        """Compile the kernels, with everything that the figures ask of them."""
        few = data.write(self.base.slice(0, 1000), self.folder / "few.parquet", 1000)
        self.ours(self.folder / "few.out.parquet", source=few)
        self.ours(self.folder / "few.out.parquet", source=few, near_misses=True)

    def best(self, *runs: Callable[[], Seconds]) -> list[Seconds]:
        """The best time of each, in rounds that take turns."""
        times = [[run() for run in runs] for _ in range(self.rounds)]
        return [min(t[n] for t in times) for n in range(len(runs))]


def at_least(ours: Seconds, theirs: Seconds, target: float, **more: Any) -> Figure:
    """Times as fast as the other."""
    ratio = theirs / ours
    return {**_times(ours, theirs, theirs.cpu / ours.cpu, ratio), "at_least": target, **more, "met": ratio >= target}


def at_most(ours: Seconds, theirs: Seconds, target: float, **more: Any) -> Figure:
    """Times as long as the other."""
    ratio = ours / theirs
    return {**_times(ours, theirs, ours.cpu / theirs.cpu, ratio), "at_most": target, **more, "met": ratio <= target}


def _times(ours: Seconds, theirs: Seconds, cpu_ratio: float, ratio: float) -> Figure:
    return {
        "ours": round(float(ours), 6),
        "theirs": round(float(theirs), 6),
        "ratio": round(float(ratio), 2),
        "cpu_ratio": round(cpu_ratio, 2),
    }


def same(count: int) -> Figure:
    """A figure counts only if both came to the same results."""
    if count:
        raise AssertionError(f"{count} results differ: the figure would compare two different things")
    return {"differences": 0}


def duckdb_tuned(b: Bench) -> Figure:
    """Hand-written SQL with DuckDB's two slow optimizers off."""
    theirs = b.folder / "sql.parquet"
    ours, sql = b.best(
        lambda: b.ours(b.folder / "ours.parquet"),
        lambda: baselines.duckdb_sql(b.tables, b.source, theirs, baselines.database(slow_optimizers=False)),
    )
    checked = same(baselines.unequal(b.folder / "ours.parquet", theirs, [t.name for t in b.tables]))
    return at_least(ours, sql, 6, rows=b.rows, **checked)


def duckdb_as_it_comes(b: Bench) -> Figure:
    """Hand-written SQL with DuckDB's settings as they are; stopped after a while, for its planning takes ever longer.

    Where it was stopped, ``ratio`` is the least that it can be; that the SQL says the same, :func:`duckdb_tuned` checks.
    """
    ours = min(b.ours(b.folder / "ours.parquet") for _ in range(b.rounds))
    theirs = b.folder / "sql.parquet"
    limit = 30 if b.quick else 120
    sql, whole = baselines.duckdb_sql_within(limit, b.tables, b.source, theirs)
    checked = same(baselines.unequal(b.folder / "ours.parquet", theirs, [t.name for t in b.tables])) if whole else {}
    return at_least(ours, sql, 20, rows=b.rows, stopped=not whole, **checked)


def zen(b: Bench) -> Figure:
    """zen-engine row by row, over some of the rows; both per row."""
    some = b.base.slice(0, 200 if b.quick else 1000)
    sampled = min((baselines.zen(b.tables, some) for _ in range(b.rounds)), key=lambda s: s.seconds)
    checked = same(baselines.differences(b.result, sampled.results))
    ours = min(b.ours(b.folder / "again.parquet") for _ in range(b.rounds)) / b.rows
    return at_least(
        ours, sampled.seconds / sampled.rows, 1000, unit="seconds a row", sampled_rows=sampled.rows, **checked
    )


def openfisca(b: Bench) -> Figure:
    """OpenFisca over vectors in memory; its reading and writing are not counted, ours are."""
    sampled = min((baselines.openfisca(b.tables, b.base) for _ in range(1 if b.quick else 2)), key=lambda s: s.seconds)
    checked = same(baselines.differences(b.result, sampled.results))
    ours = min(b.ours(b.folder / "again.parquet") for _ in range(b.rounds))
    a_second = round(sampled.rows * len(b.tables) / sampled.seconds)
    return at_least(ours, sampled.seconds, 8, rows=b.rows, their_table_evaluations_a_second=a_second, **checked)


def copy(b: Bench) -> Figure:
    """DuckDB copying the same input and output columns, Parquet to Parquet; and, stricter, only what we write."""
    both = b.folder / "both.parquet"
    joined = pq.read_table(b.source)
    results = pq.read_table(b.result)
    for name in results.column_names:
        if name != "id":
            joined = joined.append_column(results.field(name), results[name])
    pq.write_table(joined, both, row_group_size=data.ROW_GROUP // 8)
    target = b.folder / "copy.parquet"
    written = ", ".join(results.column_names)
    ours, theirs, only = b.best(
        lambda: b.ours(b.folder / "again.parquet"),
        lambda: baselines.duckdb_copy(both, target),
        lambda: baselines.duckdb_copy(both, target, written),
    )
    return at_most(ours, theirs, 1.2, rows=b.rows, copy_of_the_outputs_alone=round(only, 6))


def near_misses(b: Bench) -> Figure:
    """The near miss of every row in every table, against the run without."""
    target = b.folder / "near.parquet"
    near, plain = b.best(lambda: b.ours(target, near_misses=True), lambda: b.ours(b.folder / "again.parquet"))
    found = [n for n in pq.read_schema(target).names if n.endswith(".near")]
    assert len(found) == len(b.tables)
    return at_most(near, plain, 1.5, rows=b.rows)


def ten_times_the_rows(b: Bench) -> Figure:
    source = data.write(b.base, b.folder / "ten.parquet", b.rows * 10)
    target = b.folder / "ten.out.parquet"
    ten, one = b.best(lambda: b.ours(target, source=source), lambda: b.ours(b.folder / "again.parquet"))
    source.unlink()
    target.unlink()
    return at_most(ten, one, 11, rows=b.rows * 10)


def ten_times_the_tables(b: Bench) -> Figure:
    document = b.model_of(model.tables(500), "five_hundred.dmn")
    target = b.folder / "wide.parquet"
    ten, one = b.best(lambda: b.ours(target, document), lambda: b.ours(b.folder / "again.parquet"))
    target.unlink()
    return at_most(ten, one, 11, rows=b.rows, tables=500)


def memory(b: Bench) -> Figure:
    """Peak memory of ``yingshang dmn run`` over a hundred million rows, as the kernel counts it for the process."""
    rows = b.rows * (20 if b.quick else 100)
    source = data.write(b.base, b.folder / "many.parquet", rows)
    target = b.folder / "many.out.parquet"
    seconds, peak = command(b.document, model.ALL, source, target)
    written = pq.read_metadata(target).num_rows
    source.unlink()
    target.unlink()
    assert written == rows
    megabytes = round(peak / 2**20)
    return {
        "rows": rows,
        "peak_megabytes": megabytes,
        "at_most": 2048,
        "run_seconds": round(seconds, 1),
        "met": megabytes <= 2048,
    }


def nation(b: Bench) -> Figure:
    """The size class of 180 million synthetic businesses, against summing the columns that it reads."""
    rows = 5_000_000 if b.quick else 180_000_000
    base = data.businesses(1_000_000)
    source = data.write(base, b.folder / "nation.parquet", rows)
    target = b.folder / "nation.out.parquet"

    def run() -> Seconds:
        watch = Watch()
        columns.run_file(decisions.load(SIZE_CLASS), "企业规模", source, target)
        return watch.stop()

    ours, reading = b.best(run, lambda: baselines.duckdb_sum(source, READ))
    one_by_one = decisions.load(SIZE_CLASS)
    first = base.slice(0, 2000).to_pylist()
    expected = [one_by_one.evaluate("企业规模", {k: v for k, v in row.items() if k != "id"}) for row in first]
    got = pq.ParquetFile(target).read_row_group(0, ["企业规模"])["企业规模"].slice(0, len(first)).to_pylist()
    checked = same(sum(a != e for a, e in zip(got, expected, strict=True)))
    bytes_read = source.stat().st_size
    source.unlink()
    target.unlink()
    more = {"rows": rows, "rows_a_second": round(rows / ours), "megabytes_read": bytes_read >> 20}
    return at_most(ours, reading, 3, **more, **checked)


def single(b: Bench) -> Figure:
    """One enterprise, all fifty tables, against zen-engine; the documents are read before in both."""
    some = b.base.slice(0, 100 if b.quick else 500)
    loaded = decisions.load(b.document)
    facts = [{k: v for k, v in row.items() if k != "id"} for row in some.to_pylist()]
    for row in facts[:20]:
        loaded.evaluate(model.ALL, row)

    def ours() -> Seconds:
        watch = Watch()
        for row in facts:
            loaded.evaluate(model.ALL, row)
        return watch.stop() / len(facts)

    results: list[baselines.Sampled] = []

    def theirs() -> Seconds:
        results.append(baselines.zen(b.tables, some))
        return results[-1].seconds / len(facts)

    mine, zens = b.best(ours, theirs)
    answers = [loaded.evaluate(model.ALL, row) for row in facts]
    count = sum(
        a[t] != v for t, values in results[-1].results.items() for a, v in zip(answers, values.to_pylist(), strict=True)
    )
    return at_least(mine, zens, 20, unit="seconds an enterprise", **same(count))


def checking(b: Bench) -> Figure:
    """All checks of a model of one table with 1,000 rules over five inputs, reading not counted."""
    from yingshang.decisions import checks

    loaded = decisions.load(b.model_of(model.tables(1, rules=1000), "long.dmn"))
    best: Seconds | None = None
    for _ in range(b.rounds):
        cells.forget()
        watch = Watch()
        checks.check(loaded)
        seconds = watch.stop()
        best = seconds if best is None else min(best, seconds)
    assert best is not None
    return {"rules": 1000, "seconds": round(float(best), 3), "cpu": round(best.cpu, 3), "at_most": 1, "met": best <= 1}


def command(document: Path, decision: str, source: Path, target: Path) -> tuple[float, int]:
    """Seconds and peak bytes of the command in a process of its own."""
    program = [str(Path(sys.executable).parent / "yingshang"), "dmn", "run", str(document), "--decision", decision]
    start = time.perf_counter()
    process = subprocess.Popen(
        [*program, "--in", str(source), "--out", str(target)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"yingshang dmn run failed: {said.decode()[-2000:]}")
    return time.perf_counter() - start, usage.ru_maxrss * 1024


FIGURES: dict[str, Callable[[Bench], Figure]] = {
    f.__name__: f
    for f in (
        duckdb_tuned,
        duckdb_as_it_comes,
        zen,
        openfisca,
        copy,
        near_misses,
        ten_times_the_rows,
        ten_times_the_tables,
        memory,
        nation,
        single,
        checking,
    )
}


def measured(names: list[str], bench: Bench) -> Iterator[Figure]:
    """The figures by name, one after the other."""
    bench.warm()
    for name in names:
        start = time.perf_counter()
        figure = FIGURES[name](bench)
        yield {"name": name, **figure, "took": round(time.perf_counter() - start, 1)}
