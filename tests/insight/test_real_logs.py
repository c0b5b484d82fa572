"""Two real logs against pm4py and against plain SQL over what an XML parser of its own reads."""

from __future__ import annotations

import gzip
import json
import sqlite3
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree

from yingshang.insight.measures import measure
from yingshang.insight.reading import read

LOGS = Path(__file__).resolve().parents[3] / "shared" / "data" / "process-logs"
FILES = sorted(LOGS.glob("*.xes.gz"))
#: What the logs are known to hold, so that the test does not pass where they are missing.
KNOWN = {"bpic15-1.xes.gz": (1199, 52217, 398, 1170), "wabo-receipt.xes.gz": (1434, 8577, 27, 116)}

_PM4PY = """
import json, sys, warnings
warnings.simplefilter("ignore")
import numpy, pm4py
from pm4py.objects.log.importer.xes import importer
log = importer.apply(sys.argv[1], parameters={"show_progress_bar": False})
log = pm4py.convert_to_dataframe(log)
days = numpy.array(pm4py.get_all_case_durations(log)) / 86400
print(json.dumps({
    "cases": int(log["case:concept:name"].nunique()), "events": len(log), "activities": int(log["concept:name"].nunique()),
    "variants": len(pm4py.get_variants(log)), "median_days": float(numpy.median(days)),
    "p90_days": float(numpy.percentile(days, 90)),
}))
"""


@pytest.fixture(params=FILES, ids=lambda f: f.name)
def real(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_the_logs_are_there() -> None:
    assert {f.name for f in FILES} >= KNOWN.keys()


def test_as_pm4py_has_it(real: Path, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _PM4PY, str(real)], capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout.splitlines()[-1])
    ours = measure(read(real, tmp_path / "log")).totals
    for name in ("cases", "events", "activities", "variants"):
        assert getattr(ours, name) == theirs[name], name
    for name in ("median_days", "p90_days"):
        assert getattr(ours, name) == pytest.approx(theirs[name], rel=1e-9), name
    if real.name in KNOWN:
        assert (ours.cases, ours.events, ours.activities, ours.variants) == KNOWN[real.name]


def test_as_plain_sql_has_it(real: Path, tmp_path: Path) -> None:
    db = _tables(real)
    ours = measure(read(real, tmp_path / "log"), variants=10_000)
    (due, overdue), (late_due, late) = (
        db.execute("SELECT count(due), coalesce(sum(coalesce(closed, last) > due), 0) FROM cases").fetchone(),
        db.execute("SELECT count(due), coalesce(sum(time > due), 0) FROM events").fetchone(),
    )
    assert (ours.totals.due_cases, ours.totals.overdue or 0) == (due, overdue)
    assert (ours.totals.due_events, ours.totals.overdue_events or 0) == (late_due, late)
    assert due and overdue
    variants = dict(db.execute("SELECT path, count(*) FROM cases GROUP BY 1"))
    assert {"\n".join(v.steps): v.cases for v in ours.variants} == variants
    flows = db.execute(
        "SELECT a.name, b.name, count(*) FROM events a JOIN events b ON b.c = a.c AND b.n = a.n + 1 GROUP BY 1, 2"
    )
    assert {(f.source, f.target): f.count for f in ours.flows} == {(a, b): n for a, b, n in flows}
    repeats = dict(db.execute("SELECT name, count(*) - count(DISTINCT c) FROM events GROUP BY 1"))
    assert {s.name: s.repeats for s in ours.steps} == repeats
    months = dict(
        db.execute("SELECT strftime('%Y-%m', first, 'unixepoch', '+8 hours'), count(*) FROM cases GROUP BY 1")
    )
    assert {f"{m.month:%Y-%m}": m.cases for m in ours.months} == months
    durations = [d / 86400 for (d,) in db.execute("SELECT last - first FROM cases")]
    assert ours.totals.mean_days == pytest.approx(np.mean(durations), rel=1e-9)


def _tables(path: Path) -> sqlite3.Connection:
    """Events and cases as a tree parser finds them, in SQLite."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE cases (c INTEGER, due REAL, closed REAL, first REAL, last REAL, path TEXT)")
    db.execute("CREATE TABLE events (c INTEGER, n INTEGER, name TEXT, time REAL, due REAL)")
    with gzip.open(path) as packed:
        log = etree.parse(packed).getroot()
    for c, found in enumerate(log.iterfind("{*}trace")):
        told = _values(found)
        events = [_values(e) for e in found.iterfind("{*}event")]
        times = [_seconds(e["time:timestamp"]) for e in events]
        due = told.get("deadline") or told.get("endDatePlanned") or told.get("enddate_planned")
        closed = told.get("enddate") or told.get("endDate")
        db.execute(
            "INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?)",
            (c, _seconds(due), _seconds(closed), min(times), max(times), "\n".join(e["concept:name"] for e in events)),
        )
        for n, e in enumerate(events):
            row = (c, n, e["concept:name"], times[n], _seconds(e.get("dueDate")))
            db.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", row)
    return db


def _values(element: Any) -> dict[str, str]:
    return {a.get("key"): a.get("value") for a in element if a.get("key")}


def _seconds(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None
