"""Clauses are found by the words that people use."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from yingshang.policies import search


@dataclass
class Clause:
    title: str
    words: list[str]
    summary: str = ""
    quote: str = ""
    title_en: str = ""
    summary_en: str = ""
    name: str = field(default="")


MAH = Clause(
    "药械上市许可持有人委托生产奖励",
    ["药厂代工", "生物医药补贴"],
    title_en="Reward for marketing authorisation holders",
)
REFUND = Clause("出口退税", ["退税", "外贸退税"], "出口货物免交增值税,采购货物按 13% 退税")
BONUS = Clause("新湾街道人才奖励", ["招研究生", "人才补贴"], "985、211 高校研究生工作满一年,每年奖励 3000 元")
STATION = Clause("青年人才驿站免费住", ["求职住宿", "免费住酒店"], "外地高校毕业生来杭找工作免费住 7 天")
ALL = [(c, "钱塘区政策") for c in (MAH, REFUND, BONUS, STATION)]


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("退税", REFUND),
        ("出口的增值税能退吗", REFUND),
        ("我们药厂代工有什么补贴", MAH),
        ("招了两个研究生有没有奖励", BONUS),
        ("大学毕业生找工作住哪里", STATION),
        ("免费住酒店", STATION),
        ("marketing authorisation", MAH),
    ],
)
def test_everyday_words_find_the_clause(question: str, best: Clause) -> None:
    assert search.find(ALL, question)[0] is best


def test_nothing_is_found_where_nothing_fits() -> None:
    assert search.find(ALL, "宠物医院") == []
    assert search.find(ALL, "  ") == []


def test_a_question_of_idle_words_only_still_looks() -> None:
    assert search.asked("有什么政策") == search.cut("有什么政策")
    assert search.find(ALL, "政策")  # the policy's name
