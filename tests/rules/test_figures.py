"""Numbers of a rule: what the district fills in, and what a simulation moves."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.rules.documents import model_of
from tests.rules.test_publishing import UNFILLED
from yingshang.rules import figures
from yingshang.rules.engines import Engine


def test_the_sliders_of_c01_are_its_threshold_rate_and_cap(reward: str) -> None:
    found = {s.id: (s.column, s.value, s.kind) for s in figures.sliders(reward)}
    assert found == {
        "资格#1.i5.1": ("年度新增委托生产合同金额（元）", Decimal(0), "threshold"),
        "资格#1.o2.1": ("奖励比例", Decimal("0.05"), "result"),
        "资格#1.o3.1": ("每年最高（元）", Decimal(15_000_000), "result"),
    }


def test_moving_a_slider_moves_that_number_and_no_other(reward: str) -> None:
    there = figures.moved(reward, {"资格#1.o2.1": Decimal("0.06"), "资格#1.i5.1": Decimal("1000")})
    assert [s.value for s in figures.sliders(there)] == [1000, Decimal("0.06"), 15_000_000]
    facts = dict.fromkeys(Engine(reward, "结果").inputs, True) | {"与受托企业有投资关联": False}
    assert Engine(there, "结果").outcome(facts | {"年度新增委托生产合同金额": Decimal(2000)}).amount == 120
    assert Engine(there, "结果").outcome(facts | {"年度新增委托生产合同金额": Decimal(1000)}).state == "not_eligible"


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("[5000..40000)", [5000, 40000]),
        ('"C26", "第3类"', []),
        (">= 1.50, < .5", [Decimal("1.50"), Decimal(".5")]),
        ("世界500强 > 3", [3]),
        ('date("2022-10-15")', []),
    ],
)
def test_numbers_of_cells(cell: str, values: list[Decimal]) -> None:
    document = model_of({"甲": "number"}, [([cell], "7")])
    assert [s.value for s in figures.sliders(document)] == [*values, 7]
    doubled = figures.moved(document, {s.id: s.value * 2 for s in figures.sliders(document) if s.value is not None})
    assert [s.value for s in figures.sliders(doubled)] == [*(v * 2 for v in values), 14]


def test_figures_are_found_filled_in_and_moved() -> None:
    assert figures.figures(UNFILLED) == {"起点": None}
    filled = figures.fill(UNFILLED, {"起点": Decimal("1E+6")})
    assert figures.figures(filled) == {"起点": Decimal(1_000_000)}
    assert figures.figures(figures.moved(filled, {"起点": Decimal(5)})) == {"起点": Decimal(5)}
    with pytest.raises(KeyError):
        figures.fill(UNFILLED, {"终点": Decimal(1)})
    with pytest.raises(KeyError):
        figures.moved(UNFILLED, {"资格#9.i1.1": Decimal(1)})
