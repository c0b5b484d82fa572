"""The decision tables answer as the README says: routing with reasons, the ladder, the way of the bottom line."""

from __future__ import annotations

from typing import Any

import pytest

from yingshang import decisions
from yingshang.cases import catalog


def ask(scenario: str, stem: str, decision: str, **inputs: Any) -> Any:
    return decisions.load(catalog.get(scenario).decisions[stem]).evaluate(decision, inputs)


def route(text: str = "", category: str = "", street: str = "street.xiasha", platform: str = "") -> Any:
    return ask(
        "qifu_express", "routing", "routing", category=category, street=street, platform=platform, title=text, text=""
    )


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("技改补助什么时候兑现", "dept.economy"),
        ("员工孩子上学没有学位", "dept.education"),
        ("职工医保断缴怎么补", "dept.human_resources"),
        ("想贷款,资金周转不过来", "dept.economy"),
        ("店门口招牌怎么审批", "dept.enforcement"),
        ("厂区老是停电", "dept.power"),
        ("自来水水压太低", "dept.water"),
        ("房产证办不下来", "dept.planning"),
        ("货款被拖欠,想起诉", "dept.justice"),
        ("商标被人抢注", "dept.ip_center"),
    ],
)
def test_words_alone_are_sure_when_they_name_one_matter(text: str, unit: str) -> None:
    found = route(text)
    assert (found["unit"], found["sure"]) == (unit, True)
    assert found["reason"].startswith("诉求用语提到「") and found["reason_en"].startswith("The wording mentions ")


def test_words_that_name_two_matters_are_for_a_person() -> None:
    found = route("孩子上学要办居住证,落户也想问")
    assert found["sure"] is False
    assert "同时提到2类事项" in found["reason"]
    assert found["unit"] == "dept.education"


def test_no_category_and_no_clear_words_are_for_the_dispatcher() -> None:
    found = route("厂区门口道路夜间照明不足")
    assert (found["unit"], found["sure"]) == ("", False)
    assert found["assisting"] == ["street.xiasha"]
    assert "由派单员决定" in found["reason"]


def test_a_chosen_category_decides_unless_the_words_say_otherwise() -> None:
    assert (route("想问一下", "tax")["unit"], route("想问一下", "tax")["sure"]) == ("dept.tax", True)
    torn = route("孩子上学没有学位", "tax")
    assert (torn["unit"], torn["sure"]) == ("dept.tax", False)
    assert "不一致" in torn["reason"] and "disagree" in torn["reason_en"]


def test_place_decides_about_premises() -> None:
    assert route("想扩建厂房", platform="platform.chip_valley")["unit"] == "platform.chip_valley"
    assert route("想扩建厂房")["unit"] == "dept.planning"


def test_every_category_has_a_rule_and_a_unit() -> None:
    for category in catalog.get("qifu_express").categories:
        found = route(category=category.code)
        assert found["reason"] and found["reason_en"]
        assert bool(found["unit"]) == (category.code != "other"), category.code
        # What a sure answer gives to a case that has none is the matter itself.
        assert found["category"] == ("" if category.code == "other" else category.code)


def test_every_word_that_a_category_shows_is_understood() -> None:
    """What the page suggests and what the table routes by must not drift apart."""
    words = {
        c.code: ask("qifu_express", "routing", "mentioned", title=" ".join(c.words), text="")
        for c in catalog.get("qifu_express").categories
        if c.code != "other"
    }
    assert [code for code, found in words.items() if code not in found] == []


@pytest.mark.parametrize(
    ("cause", "clock", "level", "climbs", "to"),
    [
        ("overdue", "resolve", 0, True, 1),
        ("overdue", "escalation", 1, True, 2),
        ("overdue", "escalation", 2, True, 3),
        ("overdue", "resolve", 3, False, 3),
        ("overdue", "first_contact", 0, False, 0),
        ("unsolved", "", 0, True, 1),
        ("asked", "", 2, True, 3),
    ],
)
def test_the_ladder(cause: str, clock: str, level: int, climbs: bool, to: int) -> None:
    found = ask("escalation_coordination", "ladder", "climb", cause=cause, clock=clock, level=level)
    assert (found["climbs"], found["to"]) == (climbs, to)


@pytest.mark.parametrize(
    ("obstacle", "attempts", "way", "joint"),
    [
        ("互相推诿", 1, "会商办", True),
        ("政策不明确", 1, "直接办", False),
        ("政策不明确", 3, "会商办", True),
        ("法规不允许", 9, "讲清依据", False),
        ("超过办理时限", 2, "直接办", False),
    ],
)
def test_the_bottom_line(obstacle: str, attempts: int, way: str, joint: bool) -> None:
    found = ask("bottom_line_handling", "triage", "path", form={"obstacle": obstacle, "attempts": attempts})
    assert (found["way"], found["joint"]) == (way, joint)
