"""All measures of a log against a plain scan-and-group of the same log by DuckDB.

*Plain* is the log as an analyst keeps it, one Parquet table of case, activity, time and unit (texts as the log has them),
grouped by case for the number of events, the first and the last. *Insight* is the whole report on the log as it was brought
in: totals with exact quantiles, variants, steps with exact medians, flows, units, months. Beside it, for comparison, the
same plain table grouped into the sequence of activities of each case. All open their files anew each time and take turns;
the best round of each counts.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from yingshang.insight.measures import measure
from yingshang.insight.rows import CaseRow, EventRow
from yingshang.insight.store import Note, Store
from yingshang.insight.writing import Writer

DAY = 86_400_000_000
BEGIN = 1_600_000_000_000_000
SEQUENCES = """
    SELECT count(*), max(last), min(first), sum(n), sum(hash(way)) FROM (
        SELECT "case", count(*) AS n, min(time) AS first, max(time) AS last, list(activity ORDER BY time) AS way
        FROM read_parquet('{file}') GROUP BY "case")
"""
PLAIN = """
    SELECT count(*), max(last), min(first), sum(n) FROM (
        SELECT "case", count(*) AS n, min(time) AS first, max(time) AS last FROM read_parquet('{file}') GROUP BY "case")
"""


def run(events: int, rounds: int) -> Iterator[dict[str, Any]]:
    """The figures of a log of this many events, and of one ten times as long."""
    with tempfile.TemporaryDirectory(prefix="yingshang-bench-") as scratch:
        folder = Path(scratch)
        small = _made(events, folder / "small")
        large = _repeated(small, 10, folder / "large")
        file = _plain(small, folder / "plain.parquet")
        plain, sequences, whole = _turns(
            rounds, lambda: _query(PLAIN, file), lambda: _query(SEQUENCES, file), lambda: measure(small)
        )
        yield {
            "figure": "all measures of a log", "ratio": round(whole / plain, 2), "target": "at most 3",
            "met": whole <= 3 * plain, "events": events, "plain_s": round(plain, 3), "insight_s": round(whole, 3),
            "plain_with_sequences_s": round(sequences, 3),
        }  # fmt: skip
        one, ten = _turns(max(rounds // 2, 2), lambda: measure(small), lambda: measure(large))
        yield {
            "figure": "ten times the events", "ratio": round(ten / one, 2), "target": "at most 11",
            "met": ten <= 11 * one, "events": [events, 10 * events], "insight_s": [round(one, 3), round(ten, 3)],
        }  # fmt: skip


def _made(events: int, folder: Path) -> Store:
    """Cases of 4 to 13 steps of thirty, with ways back, at forty units, over three years."""
    rng = random.Random(3)
    names, units = [f"环节 {n:02}" for n in range(30)], [f"部门 {n:02}" for n in range(40)]
    with Writer(folder, Note(format="house")) as writer:
        left, number = events, 0
        while left:
            size, at, number = min(rng.randint(4, 13), left), 0, number + 1
            now = BEGIN + rng.randrange(3 * 365) * DAY
            case = CaseRow(f"QT{2020 + number % 4}-{number:08}", due=now + 20 * DAY, ended=True)
            for _ in range(size):
                at = min(max(at + rng.choice((1, 1, 1, 1, 2, -1)), 0), 29)
                gap = int(rng.expovariate(1 / (2 * DAY)))
                now += gap
                unit = units[rng.randrange(40)]
                case.events.append(EventRow(names[at], now, unit=unit, lifecycle="complete", begun=now - gap // 3))
            writer.add(case)
            left -= size
        return writer.finish()


def _repeated(store: Store, times: int, folder: Path) -> Store:
    """The same cases several times over, each a case of its own."""
    folder.mkdir()
    (folder / "log.json").write_bytes((store.folder / "log.json").read_bytes())
    with duckdb.connect(str(folder / "log.duckdb")) as made:
        made.execute(f"ATTACH '{store.file}' AS small (READ_ONLY)")
        moved = "SELECT * REPLACE ((case_no + n * (SELECT count(*) FROM small.cases))::INTEGER AS case_no)"
        for name in ("events", "cases"):
            made.execute(f"CREATE TABLE {name} AS SELECT * FROM small.{name} LIMIT 0")
            for n in range(times):
                made.execute(f"INSERT INTO {name} {moved.replace('n *', f'{n} *')} FROM small.{name}")
    return Store.open(folder)


def _plain(store: Store, file: Path) -> Path:
    with store.connect() as log:
        log.register("names", pa.table({"code": range(len(store.note.activities)), "activity": store.note.activities}))
        log.execute(
            'COPY (SELECT c.name AS "case", n.activity, e.time, e.unit FROM events e JOIN cases c USING (case_no)'
            f" JOIN names n ON n.code = e.activity ORDER BY e.case_no, e.position) TO '{file}'"
        )
    return file


def _query(sql: str, file: Path) -> None:
    with duckdb.connect() as db:
        db.execute(sql.format(file=file)).fetchall()


def _turns(rounds: int, *acts: Callable[[], object]) -> list[float]:
    """The best time of each, in seconds; they take turns, so that what else the machine does hits all alike."""
    best = [float("inf")] * len(acts)
    for _ in range(rounds):
        for n, act in enumerate(acts):
            began = time.perf_counter()
            act()
            best[n] = min(best[n], time.perf_counter() - began)
    return best
