"""What a list of items is refused for, and what applies to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from yingshang.cases.catalog import Text
from yingshang.processes.calendar import WorkCalendar
from yingshang.projects import applying, checking, plan
from yingshang.projects.items import (
    DocumentSpec,
    ItemsFile,
    ItemSpec,
    ListOfItems,
    Time,
    as_data,
    from_data,
    merged,
)
from yingshang.scenarios import check_items, checker, item_files, loader
from yingshang.scenarios.problems import Folder

CALENDAR = WorkCalendar.from_chinesecalendar()
FACTS: dict[str, Any] = {
    "kind": "新出让用地新建",
    "area": 42000,
    "environment": "报告表",
    "energy": 1800,
    "soil": True,
    "build_days": 240,
}
UNITS = {"dept.a", "dept.b"}


def document(code: str, applicant: bool = False) -> DocumentSpec:
    return DocumentSpec(code, Text(code, code), applicant, "f")


def item(code: str, **more: Any) -> ItemSpec:
    return ItemSpec(code=code, name=Text(f"事项{code}", f"Item {code}"), unit="dept.a", folder="f", source="L1", **more)


def found(
    documents: list[DocumentSpec], items: list[ItemSpec], named: set[str] | None = None
) -> list[checking.Problem]:
    return checking.problems([ItemsFile("f", tuple(documents), tuple(items))], UNITS, named)


@pytest.fixture(scope="module")
def ours() -> ListOfItems:
    return merged(list(item_files.every(loader.ROOT)))


def test_items_that_wait_for_each_other_are_refused_with_the_circle() -> None:
    papers = [document("x"), document("y"), document("z")]
    items = [
        item("a", inputs=("z",), outputs=("x",)),
        item("b", inputs=("x",), outputs=("y",)),
        item("c", at_issue=("y",), outputs=("z",)),
    ]
    (problem,) = found(papers, items)
    assert "互相等待" in problem.zh
    assert all(f"事项{c}({c})" in problem.zh for c in "abc")
    assert problem.en.count("→") == 3


def test_a_first_stage_that_makes_a_circle_is_refused() -> None:
    items = [
        item("permit"),
        item("start", after=("permit",)),
        item("pit", stands_for="permit", stands_before=("start",), after=("start",)),
    ]
    (problem,) = found([], items)
    assert "pit" in problem.zh and "start" in problem.zh


def test_what_nobody_brings_cannot_be_reached() -> None:
    (problem,) = found([document("x")], [item("a", inputs=("x",))])
    assert "办不到" in problem.zh and problem.at == "a"


def test_what_no_table_names_cannot_be_reached() -> None:
    assert [p.at for p in found([], [item("a"), item("b")], named={"a"})] == ["b"]
    assert [p.zh for p in found([], [item("a")], named={"a", "c"})] == ["表里的 c 不在清单里"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit": "dept.nowhere"}, "没有单位 dept.nowhere"),
        ({"inputs": ("nothing",)}, "没有材料 nothing"),
        ({"after": ("nobody",)}, "没有事项 nobody"),
        ({"milestone": "opening"}, "没有节点 opening"),
        ({"promised": Time(3, "")}, "promised 应是正整数并写明出处"),
        ({"promised": Time(9, "o"), "legal": Time(5, "o")}, "承诺时限比法定时限还长"),
        ({"defer": {"x": 3}}, "容缺的 x 不是申请人要交的材料"),
        ({"stands_for": "a"}, "分阶段要写明代替哪个事项、在哪些事项之前"),
    ],
)
def test_slips_are_named(change: dict[str, Any], said: str) -> None:
    papers = [document("x", applicant=True)]
    problems = found(papers, [replace(item("a"), **change), item("z", inputs=("x",))])
    assert said in [p.zh for p in problems]


def test_a_code_twice_is_refused() -> None:
    one = ItemsFile("f", (), (item("a"),))
    (problem,) = checking.problems([one, replace(one, folder="g")], UNITS)
    assert "重复" in problem.zh and "f、g" in problem.zh


def test_the_list_comes_back_from_its_document(ours: ListOfItems) -> None:
    assert from_data(as_data(ours)) == ours


def test_our_own_list_can_be_published_everywhere() -> None:
    files = list(item_files.every(loader.ROOT))
    for units in checker.known_units().values():
        assert checking.problems(files, units, item_files.named(files)) == []


def test_every_time_of_ours_says_where_it_comes_from(ours: ListOfItems) -> None:
    """The source tells no time of any single item: what is promised is ours, and says so."""
    for one in ours.items.values():
        assert one.promised.days is None or one.promised.source == "本区自定，原文未载"
        assert one.legal.days is None or "法》第" in one.legal.source


def test_the_checker_of_folders_finds_a_circle_across_two_of_them(tmp_path: Path) -> None:
    for file in item_files.every(loader.ROOT):
        if file.folder != "land_to_start":
            (tmp_path / file.folder).symlink_to(loader.ROOT / file.folder)
    broken = tmp_path / "land_to_start"
    broken.mkdir()
    for file in (loader.ROOT / "land_to_start").iterdir():
        if file.name != item_files.FILE:
            (broken / file.name).symlink_to(file)
    text = (loader.ROOT / "land_to_start" / item_files.FILE).read_text(encoding="utf-8")
    bent = text.replace('inputs = ["bid_confirmation"]', 'inputs = ["bid_confirmation", "construction_permit"]')
    assert bent != text
    (broken / item_files.FILE).write_text(bent, encoding="utf-8")
    said = [
        p.zh
        for folder in sorted(tmp_path.iterdir())
        for p in check_items.items(Folder.open(folder), checker.known_units)
    ]
    assert len(said) == 1
    assert "互相等待" in said[0] and "签订土地出让合同(land_contract)" in said[0] and "(construction_permit)" in said[0]


@pytest.mark.parametrize(
    ("change", "more", "fewer"),
    [
        (
            {},
            {"land_contract", "environment_form", "energy_review", "soil_water"},
            {"environment_report", "asset_transfer", "drug_licence"},
        ),
        ({"kind": "租赁厂房装修"}, {"construction_permit"}, {"land_contract", "scheme_review", "title_registration"}),
        ({"kind": "购置厂房改造"}, {"asset_transfer"}, {"land_contract"}),
        ({"kind": "房地产开发"}, {"civil_defence", "land_contract"}, {"drug_licence"}),
        ({"area": 299}, {"construction_start"}, {"construction_permit", "drawing_review"}),
        ({"energy": 999}, set(), {"energy_review"}),
        ({"drug": True, "drainage": True, "utilities": True}, {"drug_licence", "drainage", "utilities"}, set()),
    ],
)
def test_which_items_apply(ours: ListOfItems, change: dict[str, Any], more: set[str], fewer: set[str]) -> None:
    codes = set(applying.applicable(ours, {**FACTS, **change}))
    assert more <= codes and not fewer & codes


def test_building_starts_earlier_with_the_pit_first(ours: ListOfItems) -> None:
    codes = applying.applicable(ours, FACTS)
    whole = plan.assemble(ours, codes, date(2022, 9, 5), CALENDAR, facts=FACTS)
    pit = plan.assemble(
        ours, codes, date(2022, 9, 5), CALENDAR, facts=FACTS, ways=plan.Ways(staged=frozenset({"pit_permit"}))
    )
    assert "construction_permit" in whole.steps["construction_start"].after
    assert "pit_permit" in pit.steps["construction_start"].after
    assert pit.steps["construction_start"].starts < whole.steps["construction_start"].starts
    assert pit.total < whole.total
    # The whole permit is still there, and building does not end without it.
    assert "construction_permit" in pit.steps["building"].ends_after


def test_a_commitment_and_what_is_not_told(ours: ListOfItems) -> None:
    facts = {**FACTS, "drug": True}
    codes = applying.applicable(ours, facts)
    ways = plan.Ways(committed=frozenset({"environment_form"}))
    made = plan.assemble(ours, codes, date(2022, 9, 5), CALENDAR, facts=facts, ways=ways)
    assert made.steps["environment_form"].days == 1
    assert "drug_licence" in made.untold and not made.steps["drug_licence"].told


def test_days_are_working_days_of_the_district(ours: ListOfItems) -> None:
    """The last week of September 2022, with the make-up days of October's holidays."""
    one = ListOfItems({}, {"a": item("a", promised=Time(7, "o"))})
    made = plan.assemble(one, ["a"], date(2022, 9, 28), CALENDAR)
    # 29, 30 September; 8, 9 (both make-up days), 10, 11, 12 October.
    assert made.end == date(2022, 10, 12)


def test_documents_are_named_once(ours: ListOfItems) -> None:
    codes = applying.applicable(ours, {**FACTS, "special_fire": True})
    made = plan.assemble(ours, codes, date(2022, 9, 5), CALENDAR, facts=FACTS)
    assert {"drawing_review", "fire_design"} <= made.steps.keys()
    assert list(made.papers).count("drawings") == 1
    assert not any(ours.documents[p].applicant is False for p in made.papers)
