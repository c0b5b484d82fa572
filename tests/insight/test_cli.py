"""``yingshang insight`` as people and programmes call it."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from tests.insight.logs import event, file, trace, xes
from yingshang.runtime.cli import app

LOG = xes(
    trace("c1", event("收件", "2023-01-01T00:00:00Z"), event("办结", "2023-01-03T00:00:00Z")),
    trace("c2", event("收件", "2023-01-01T00:00:00Z"), event("收件", "2023-01-02T00:00:00Z"),
          also='<date key="deadline" value="2023-01-01T12:00:00Z"/>'),
)  # fmt: skip


def test_json(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["insight", str(file(tmp_path, LOG, "a.xes.gz")), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    wanted = {
        "cases": 2, "events": 4, "activities": 2, "variants": 2, "median_days": 1.5, "p90_days": 1.9, "overdue": 1,
        "due_cases": 1, "overdue_events": None, "repeats": 1,
    }  # fmt: skip
    assert {k: told[k] for k in wanted} == wanted
    assert told["most_frequent"][0]["steps"] == ["收件", "办结"]
    assert told["months"][0]["month"] == "2023-01"


def test_tables(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["insight", str(file(tmp_path, LOG)), "--top", "1"])
    assert done.exit_code == 0, done.output
    assert "1 / 1" in done.output
    assert "收件" in done.output


def test_a_bad_file_is_told_without_a_traceback(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["insight", str(file(tmp_path, LOG[:-40], "断.xes")), "--json"])
    assert done.exit_code == 1
    assert "断.xes 第" in done.stderr
    assert "line" in done.stderr
    assert "Traceback" not in done.output


def test_another_attribute(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["insight", str(file(tmp_path, LOG)), "--activity", "nothing"])
    assert done.exit_code == 1
    assert "'nothing'" in done.stderr
