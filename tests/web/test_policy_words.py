"""Amounts, conditions and what is missing, in the words of the page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from yingshang.decisions.single.changes import Change
from yingshang.decisions.single.near import Failed
from yingshang.decisions.values import from_python
from yingshang.web.views.portal_policies import words


@pytest.mark.parametrize(
    ("yuan", "zh", "en"),
    [
        ("0", "0 元", "CNY 0"),
        ("3000", "3,000 元", "CNY 3,000"),
        ("9999.5", "9,999.5 元", "CNY 9,999.5"),
        ("1000000", "100 万元", "CNY 1,000,000"),
        ("1234567", "1,234,567 元", "CNY 1,234,567"),  # 123.4567 万 would have to be rounded
        ("1234500", "123.45 万元", "CNY 1,234,500"),
        ("2210000000", "22.1 亿元", "CNY 2,210,000,000"),
    ],
)
def test_money_is_never_rounded(yuan: str, zh: str, en: str) -> None:
    with translation.override("zh-hans"):
        assert words.money(Decimal(yuan)) == zh
    with translation.override("en"):
        assert words.money(Decimal(yuan)) == en


@pytest.mark.parametrize(
    ("test", "unit", "zh", "en"),
    [
        (">= 3", "%", "不低于 3%", "at least 3%"),
        ("< 2000", "万元", "低于 2,000 万元", "below CNY 20,000,000"),
        ("[3..5)", "人", "不低于 3 人，低于 5 人", "at least 3 people, below 5 people"),
        ('"985","211"', "", "211 或 985", "211 or 985"),
        ('not("外省")', "", "不是 外省", "not 外省"),
        ("true", "", "是", "Yes"),
        ("-", "", "不限", "any"),
        ('>= date("2022-10-15")', "", "2022-10-15 起", "from 2022-10-15"),
        ('contains(?, "药")', "", 'contains(?, "药")', 'contains(?, "药")'),  # no set of values: as written
        ("not even FEEL (", "", "not even FEEL (", "not even FEEL ("),
    ],
)
def test_conditions_in_words(test: str, unit: str, zh: str, en: str) -> None:
    with translation.override("zh-hans"):
        assert words.asked(test, unit) == zh
    with translation.override("en"):
        assert words.asked(test, unit) == en


def _failed(value: Any, test: str, target: Any = None, *, beyond: bool = False, by: Any = None) -> Failed:
    held = None if value is None else from_python(value)
    change = None
    if target is not None:
        goal = from_python(target)
        change = Change("研发费用占比", held, goal, beyond, Decimal(by), target >= value)
    return Failed("研发费用占比", held, test, change)


@pytest.mark.parametrize(
    ("failed", "unit", "said"),
    [
        (
            _failed(Decimal("2.7"), ">= 3", Decimal(3), by="0.3"),
            "%",
            "研发费用占比现在 2.7%，要达到 3%，还差 0.3 个百分点",
        ),
        (_failed(Decimal(60), "<= 50", Decimal(50), by=10), "人", "研发费用占比现在 60 人，不能超过 50 人，多了 10 人"),
        (_failed(Decimal(5), "> 5", Decimal(5), beyond=True, by=0), "", "研发费用占比现在 5，要高于 5"),
        (_failed(None, "true"), "", "研发费用占比还不知道，要求“是”"),
        (_failed(False, "true"), "", "研发费用占比现在为“否”，要求“是”"),
        (
            _failed(date(2022, 1, 1), '>= date("2022-10-15")', date(2022, 10, 15), by=287),
            "",
            "研发费用占比是 2022-01-01，不能早于 2022-10-15，差 287 天",
        ),
    ],
)
def test_what_is_missing_is_the_smallest_change(failed: Failed, unit: str, said: str) -> None:
    with translation.override("zh-hans"):
        assert words.lack(failed, unit=unit) == said
