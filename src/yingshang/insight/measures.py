"""What a log tells: durations, variants, where the time goes, what comes back, how it changes. Each is one grouping.

Durations are whole microseconds in the log and days (24 hours) in reports; quantiles are interpolated linearly, as NumPy
and SQL's ``percentile_cont`` do. A case lasts from its earliest to its latest event.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

import duckdb

from yingshang.insight import moments
from yingshang.insight.report import Flow, Month, Place, Report, Step, Totals, Variant
from yingshang.insight.store import Store

DAY = 86_400_000_000
#: Steps of a month below which a change of their mix says nothing.
FEW_STEPS = 30


_OVERDUE = "coalesce(closed, last) > due"
_LASTED = "(epoch_us(last) - epoch_us(first))"


def measure(store: Store, *, variants: int = 20, threads: int | None = None) -> Report:
    """All measures, with the most frequent ``variants``."""
    with store.connect(threads) as log:
        cells = _cells(log)
        return Report(
            totals(log, store, cells),
            _steps(log, store, cells),
            _flows(store, cells),
            _places(store, cells),
            top_variants(log, store, variants),
            _months(log),
            list(store.note.notes),
        )


def totals(log: duckdb.DuckDBPyConnection, store: Store, cells: list[Any] | None = None) -> Totals:
    """The log as a whole."""
    c = log.execute(
        "SELECT count(*) FILTER (events > 0), count(*) FILTER (events = 0), sum(events), sum(steps),"
        " count(DISTINCT variant) FILTER (events > 0), 0, count(due) FILTER (last IS NOT NULL OR closed IS NOT NULL),"
        f" count(*) FILTER ({_OVERDUE}), sum(repeats), count(*) FILTER (repeats > 0), min(epoch_us(first)),"
        f" max(epoch_us(last)), avg({_LASTED}::DOUBLE), sum(worked)::DOUBLE / nullif(sum({_LASTED}), 0),"
        f" quantile_cont({_LASTED}::DOUBLE, [0.5, 0.9]), sum(untimed), sum(late), sum(due_events), sum(overdue_events)"
        " FROM cases"
    ).fetchone()
    assert c is not None
    paths = c[4]
    if c[2] != c[3]:
        (paths,) = log.execute("SELECT count(DISTINCT path) FROM cases WHERE steps > 0").fetchall()[0]
    known = any(cell[8] for cell in (cells if cells is not None else _cells(log)))
    median, p90 = c[14] if c[14] is not None else (None, None)
    return Totals(
        cases=c[0],
        empty_cases=c[1],
        events=c[2] or 0,
        step_events=c[3] or 0,
        activities=sum(map(bool, store.note.activities)),
        variants=c[4],
        paths=paths,
        median_days=_days(median),
        p90_days=_days(p90),
        mean_days=_days(c[12]),
        due_cases=c[6],
        overdue=c[7] if c[6] else None,
        due_events=c[17] or 0,
        overdue_events=c[18] if c[17] else None,
        repeats=c[8] or 0,
        repeating_cases=c[9],
        working_share=c[13] if known else None,
        untimed=c[15] or 0,
        disordered=c[16] or 0,
        first=None if c[10] is None else moments.at(c[10]),
        last=None if c[11] is None else moments.at(c[11]),
    )


def _cells(log: duckdb.DuckDBPyConnection) -> list[Any]:
    """Steps by unit, step before, activity: sums from which flows, places and steps are added up."""
    return log.execute(
        "SELECT unit, previous, activity, count(*), count(*) FILTER (nth = 1), count(*) FILTER (nth > 1), sum(since::DOUBLE),"
        " sum(waited::DOUBLE), count(worked), sum(worked::DOUBLE), count(since)"
        " FROM events WHERE step GROUP BY ALL"
    ).fetchall()


def _sums(cells: list[Any], *by: int) -> dict[tuple[Any, ...], list[float]]:
    """The cells added up by some of their columns."""
    found: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0.0] * 8)
    for cell in cells:
        held = found[tuple(cell[i] for i in by)]
        for i, value in enumerate(cell[3:]):
            held[i] += value or 0
    return found


def _steps(log: duckdb.DuckDBPyConnection, store: Store, cells: list[Any]) -> list[Step]:
    medians = dict(log.execute("SELECT activity, median(since) FROM events WHERE step GROUP BY 1").fetchall())
    found = []
    for (activity,), (count, firsts, repeats, since, waited, known, worked, _timed) in _sums(cells, 2).items():
        told = bool(known)
        found.append(
            Step(store.note.activities[activity], int(count), int(firsts), int(repeats), since / DAY,
                 _days(medians[activity]), waited / DAY if told else None, worked / DAY if told else None)
        )  # fmt: skip
    return sorted(found, key=lambda s: (-s.days, -s.count, s.name))


def _flows(store: Store, cells: list[Any]) -> list[Flow]:
    names = store.note.activities
    return sorted(
        (
            Flow(names[a], names[b], int(s[0]), int(s[2]), s[3] / s[7] / DAY if s[7] else None)
            for (a, b), s in _sums(cells, 1, 2).items()
            if a >= 0
        ),
        key=lambda f: (-f.count, f.source, f.target),
    )


def _places(store: Store, cells: list[Any]) -> list[Place]:
    return sorted(
        (
            Place(unit, store.note.activities[b], int(s[0]), s[3] / DAY, s[3] / s[7] / DAY)
            for (unit, b), s in _sums(cells, 0, 2).items()
            if s[7]
        ),
        key=lambda p: (-p.days, p.unit, p.step),
    )


def top_variants(log: duckdb.DuckDBPyConnection, store: Store, count: int, skip: int = 0) -> list[Variant]:
    """The most frequent sequences of steps, from the ``skip``-th on."""
    rows = log.execute(
        "SELECT path, count(*) AS n, min(case_no), first(steps) FROM cases WHERE steps > 0"
        " GROUP BY path ORDER BY n DESC, 3 LIMIT ? OFFSET ?",
        [count, skip],
    ).fetchall()
    if not rows:
        return []
    # As literals: DuckDB then reads only the blocks that can hold them.
    medians = dict(
        log.execute(
            f"SELECT path, median({_LASTED}::DOUBLE) FROM cases WHERE path IN ({_listed(r[0] for r in rows)}) GROUP BY 1"
        ).fetchall()
    )
    sequences: dict[int, list[str]] = defaultdict(list)
    for case_no, activity in log.execute(
        f"SELECT case_no, activity FROM events WHERE step AND case_no IN ({_listed(r[2] for r in rows)})"
        " ORDER BY case_no, position"
    ).fetchall():
        sequences[case_no].append(store.note.activities[activity])
    return [Variant(tuple(sequences[r[2]]), r[1], _days(medians[r[0]]), r[2]) for r in rows]


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(str(int(n)) for n in numbers)


def _months(log: duckdb.DuckDBPyConnection) -> list[Month]:
    mixes: dict[int, dict[int, int]] = defaultdict(dict)
    for month, activity, count in log.execute(
        "SELECT month, activity, count(*) FROM events WHERE step AND month IS NOT NULL GROUP BY 1, 2"
    ).fetchall():
        mixes[month][activity] = count
    rows = log.execute(
        f"SELECT month, count(*), quantile_cont({_LASTED}::DOUBLE, [0.5, 0.9]), count(*) FILTER ({_OVERDUE}),"
        " count(*) FILTER (repeats > 0) FROM cases WHERE month IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return [
        Month(
            date(1970 + m // 12, m % 12 + 1, 1), n, _days(q[0]), _days(q[1]), late, repeating,
            _shift(mixes.get(m - 1, {}), mixes.get(m, {})),
        )
        for m, n, q, late, repeating in rows
    ]  # fmt: skip


def _shift(before: dict[int, int], now: dict[int, int]) -> float | None:
    """Half the sum of the differences of shares: 0 the same mix of steps, 1 nothing in common."""
    a, b = sum(before.values()), sum(now.values())
    if min(a, b) < FEW_STEPS:
        return None
    return sum(abs(before.get(k, 0) / a - now.get(k, 0) / b) for k in before.keys() | now.keys()) / 2


def _days(microseconds: float | None) -> float | None:
    return None if microseconds is None else microseconds / DAY
