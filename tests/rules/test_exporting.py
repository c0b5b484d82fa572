"""Lists as files: every row once, whatever the size, and text that looks like a formula stays text."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from tests.rules.documents import TAX
from tests.rules.test_simulation import ON, by_hand
from tests.support.world import World
from yingshang import timekeeping
from yingshang.registry.models import Business
from yingshang.rules import exporting, jobs, publishing, results, runs
from yingshang.rules.errors import RuleRefused
from yingshang.rules.models import ResultExport, RuleModel


@pytest.fixture
def rule(people: list[Business]) -> RuleModel:
    Business.objects.filter(pk=people[5].pk).update(name="=1+1有限公司")
    runs.run(ON)
    return RuleModel.objects.get(key="a.tax")


def test_a_list_is_written_as_excel_and_parquet(
    rule: RuleModel,
    world: World,
    people: list[Business],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "CHUNK", 7)
    monkeypatch.setattr(exporting, "SHEET", 50)
    hand = by_hand(TAX, people)
    wanted = {
        (f.uscc, f.name if f.pk != people[5].pk else "=1+1有限公司", hand[f.pk][1]) for f in people
    }  # fmt: skip
    states = ("eligible", "near", "not_eligible", "unknown")
    found = {}
    for format in ("xlsx", "parquet"):
        asked = exporting.start(rule, world.officer, on=ON, states=states, format=format)
        jobs.export(export_id=asked.pk)
        asked.refresh_from_db()
        assert (asked.state, asked.progress, asked.rows) == ("done", 100, len(people))
        found[format] = exporting.path_of(asked)
    table = pq.read_table(found["parquet"])
    rows = {(r["统一社会信用代码"], r["名称"], r["金额(元)"]) for r in table.to_pylist()}
    assert {(u, n.replace("\t", " "), a) for u, n, a in wanted} == rows
    book = load_workbook(found["xlsx"])
    assert len(book.worksheets) == -(-len(people) // 50)
    sheets = [row for sheet in book.worksheets for row in sheet.iter_rows(min_row=2)]
    assert {r[0].value for r in sheets} == {u for u, _, _ in wanted}
    (formula,) = [r[1] for r in sheets if r[1].value == "=1+1有限公司"]
    assert formula.data_type == "s"


def test_lists_are_for_officials_and_kept_for_a_week(rule: RuleModel, world: World, tmp_path: Path) -> None:
    with pytest.raises(RuleRefused):
        exporting.start(rule, world.firm1)
    with pytest.raises(RuleRefused):
        exporting.start(rule, world.officer, format="docx")
    asked = exporting.start(rule, world.officer, on=ON)
    exporting.work(asked)
    assert ResultExport.objects.visible_to(world.officer2).count() == 0
    assert exporting.prune() == 0 and exporting.path_of(asked).exists()
    ResultExport.objects.update(created_at=timekeeping.now() - timedelta(days=8))
    assert exporting.prune() == 1 and not exporting.path_of(asked).exists()


def test_a_failed_export_says_why(rule: RuleModel, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = exporting.start(rule, world.officer, on=ON)
    monkeypatch.setattr(exporting, "_cells", lambda row: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        jobs.export(export_id=asked.pk)
    asked.refresh_from_db()
    assert asked.state == "failed" and asked.error and not exporting.path_of(asked).exists()


def test_one_file_has_what_all_rules_say(rule: RuleModel, world: World, people: list[Business]) -> None:
    other = publishing.make_model("b.tax", title="另一条")
    publishing.install(other, TAX.replace("1000000", "2000000"), ON)
    runs.run(ON)
    counts = {key: results.listing(key, ON).total for key in ("a.tax", "b.tax")}
    assert counts["a.tax"] > counts["b.tax"] > 0
    for format in ("parquet", "xlsx"):
        asked = exporting.start(None, world.officer, on=ON, format=format)
        jobs.export(export_id=asked.pk)
        asked.refresh_from_db()
        assert (asked.state, asked.rows) == ("done", sum(counts.values()))
        path = exporting.path_of(asked)
        if format == "parquet":
            titles = pq.read_table(path)["条款"].to_pylist()
        else:
            book = load_workbook(path, read_only=True)
            head, *rows = book.worksheets[0].iter_rows(values_only=True)
            book.close()
            assert head == (exporting.OF, *exporting.HEAD)
            titles = [row[0] for row in rows]
        assert {t: titles.count(t) for t in titles} == {"纳税奖励": counts["a.tax"], "另一条": counts["b.tax"]}
    with pytest.raises(RuleRefused):
        exporting.start(None, world.officer, on=ON, lack="1\t纳税额\t>= 1")
