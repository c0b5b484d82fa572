"""Requests of another city: on time or overdue as their file says, on every row."""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.support.world import World
from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.cases import clocks, sweep
from yingshang.cases.models import Case, Clock, Event
from yingshang.exchange import open311
from yingshang.exchange.imports import BadFile
from yingshang.processes import clocks as rules

HERE = Path(__file__).parent / "data" / "requests.csv"
BOSTON = Path(__file__).parents[3] / "shared" / "data" / "open311" / "boston311-100.csv"
#: When the sample was "exported"; the file in ../shared was exported at some time after its last target, 2022-05-20.
AS_OF = datetime(2022, 12, 1, tzinfo=open311.BOSTON)


def said(path: Path) -> dict[str, dict[str, str]]:
    with open(path, newline="") as f:
        return {r["case_enquiry_id"]: r for r in csv.DictReader(f)}


def files() -> list[Any]:
    # Without ../shared our own ten rows are the test; with it, all hundred as well.
    return [HERE, *([BOSTON] if BOSTON.exists() else [])]


@pytest.mark.parametrize("path", files(), ids=lambda p: p.stem)
def test_on_time_and_overdue_as_the_file_says(world: World, path: Path) -> None:
    file = said(path)
    done = open311.bring_in(path, actor=world.admin, as_of=AS_OF)
    assert done.differing == [] and done.compared == len(file) == done.run.accepted
    assert done.run.refused == done.run.known == 0
    for number, row in file.items():
        case = Case.objects.get(external_source="boston311", external_id=number)
        assert open311.judge(case, AS_OF) == row["ontime"], number
        assert case.overdue == (row["ontime"] == "OVERDUE" and not row["closed_dt"].strip())
        assert (case.status == "closed") == bool(row["closed_dt"].strip())
        clock = case.clocks.first()
        assert (clock is None) == (not row["target_dt"].strip())
        if clock:
            _recompute(clock, row)


def _recompute(clock: Clock, row: dict[str, str]) -> None:
    """The clock's own promise gives the file's target to the second, and stays there when everything is recomputed."""
    target = datetime.fromisoformat(row["target_dt"]).replace(tzinfo=open311.BOSTON)
    due = rules.compute(rules.Promise(clock.amount, clock.basis), started=clock.started_at, calendar=calendar.load())
    assert due.at == clock.due_at == target
    opened = datetime.fromisoformat(row["open_dt"]).replace(tzinfo=open311.BOSTON)
    assert timedelta(0) <= clock.started_at - opened < timedelta(seconds=36)
    expected = {"ONTIME": "met", "OVERDUE": "late"}[row["ontime"]] if row["closed_dt"].strip() else "running"
    assert clock.state == expected


def test_the_rule_explains_the_file_before_any_code_runs() -> None:
    for path in files():
        for row in said(path).values():
            target, closed = row["target_dt"].strip(), row["closed_dt"].strip()
            # Wall times of one zone and one format compare as text.
            late = bool(target) and (closed or AS_OF.strftime("%F %T")) > target
            assert row["ontime"] == ("OVERDUE" if late else "ONTIME"), row


def test_again_changes_nothing_and_later_files_close(world: World, tmp_path: Path) -> None:
    open311.bring_in(HERE, as_of=AS_OF)
    before = list(Case.objects.values()), list(Event.objects.values())
    again = open311.bring_in(HERE, as_of=AS_OF)
    assert (again.run.accepted, again.run.known) == (0, 10)
    assert before == (list(Case.objects.values()), list(Event.objects.values()))
    later = tmp_path / "later.csv"
    later.write_text(
        HERE.read_text().replace(
            "2022-12-31 23:59:59,,ONTIME,Open", "2022-12-31 23:59:59,2022-12-24 10:00:00,ONTIME,Closed"
        )
    )
    open311.bring_in(later, as_of=AS_OF)
    case = Case.objects.get(external_id="T-6")
    assert case.status == "closed" and open311.judge(case, AS_OF) == "ONTIME"


def test_history_is_told_at_its_time_and_nothing_climbs(world: World) -> None:
    open311.bring_in(HERE, as_of=AS_OF)
    late = Case.objects.get(external_id="T-5")
    assert late.level == 0 and late.overdue
    assert list(late.events.values_list("kind", flat=True)) == ["opened", "imported", "overdue"]
    closed = Case.objects.get(external_id="T-2")
    assert closed.opened_at == datetime(2022, 1, 10, 9, tzinfo=open311.BOSTON)
    assert closed.closed_at == datetime(2022, 1, 12, 9, 0, 31, tzinfo=open311.BOSTON)
    assert closed.answer == "One second late"
    with timekeeping.travel(AS_OF):
        assert sweep.sweep().clocks == 0, "the importer has left nothing for the sweeper"
    assert clocks.recompute_all() == 0


def test_bad_rows_and_files(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = HERE.read_text()
    bad = tmp_path / "bad.csv"
    bad.write_text(
        text.replace("T-1,2022-01-10 09:00:00", "T-1,yesterday")
        .replace("T-2,", ",")
        .replace("T-3,2022-01-10 09:00:00,,2022-06-01", "T-3,2022-01-10 09:00:00,,2021-06-01")
        .replace("T-5,2022-01-10 09:00:00,2022-02-01", "T-5,2022-01-10 09:00:00,2022-01-01")
    )
    done = open311.bring_in(bad, as_of=AS_OF)
    assert (done.run.accepted, done.run.refused) == (6, 4)
    assert [(r.row, r.column) for r in done.run.refused_rows.all()] == [
        (2, "open_dt"), (3, "case_enquiry_id"), (4, "closed_dt"), (6, "")]  # fmt: skip
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(BadFile, match="case_enquiry_id"):
        open311.bring_in(other)
    call_command("import_open311", str(HERE), "--as-of", "2022-12-01")
    assert "不一致 0 行" in capsys.readouterr().out
