"""Gaps and overlaps are found at limits, between numbers and in lists; what cannot be judged says so."""

from __future__ import annotations

import pytest

from yingshang import decisions
from yingshang.decisions.checks import coverage
from yingshang.decisions.table import Table

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="m" name="m" namespace="m">'


def table(
    inputs: list[tuple[str, str, str]], rules: list[list[str]], policy: str = "UNIQUE", default: str = ""
) -> Table:
    """A table with one output; inputs are (expression, type, allowed values)."""

    def cell(tag: str, text: str) -> str:
        return f"<{tag}><text>{text.replace('<', '&lt;').replace('>', '&gt;')}</text></{tag}>"

    columns = "".join(
        f'<input label="{e}"><inputExpression typeRef="{t}"><text>{e}</text></inputExpression>'
        f"{cell('inputValues', a) if a else ''}</input>"
        for e, t, a in inputs
    )
    body = "".join(
        f"<rule>{''.join(cell('inputEntry', c) for c in row)}{cell('outputEntry', str(n))}</rule>"
        for n, row in enumerate(rules)
    )
    output = f"<output>{cell('defaultOutputEntry', default) if default else ''}</output>"
    xml = (
        f'{HEAD}<decision id="d" name="d"><decisionTable hitPolicy="{policy}">'
        f"{columns}{output}{body}</decisionTable></decision></definitions>"
    )
    logic = decisions.load(xml.encode()).decisions["d"].logic
    assert isinstance(logic, Table)
    return logic


def said(of: Table) -> list[str]:
    return [f.zh for f in coverage(of, "d")]


N = [("n", "number", "")]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([["< 3"], [">= 3"]], []),
        ([["< 3"], ["> 3"]], ["空缺：n＝3 没有规则"]),
        ([["<= 3"], [">= 3"]], ["重叠：n＝3 同时命中规则 1、2"]),
        ([["< 3"], [">= 4"]], ["空缺：n＝3 没有规则"]),
        ([["< 1"], ["[1..2)"], ["[2..3]"], ["> 3"]], []),
        ([["< 1"], ["[1..2]"], ["[2..3]"], ["> 3"]], ["重叠：n＝2 同时命中规则 2、3"]),
        ([["not(5)"], ["5"]], []),
    ],
)
def test_numbers(rules: list[list[str]], expected: list[str]) -> None:
    assert said(table(N, rules)) == expected


def test_lists_are_closed_by_their_allowed_values() -> None:
    rules = [['"甲"'], ['"乙"']]
    assert said(table([("s", "string", '"甲","乙"')], rules)) == []
    assert said(table([("s", "string", '"甲","乙","丙"')], rules)) == ['空缺：s＝"丙" 没有规则']
    assert said(table([("s", "string", "")], rules)) == ['空缺：s＝"其他" 没有规则']


def test_allowed_values_bound_numbers() -> None:
    assert said(table([("n", "number", "[0..9]")], [["< 5"], ["[5..9]"]])) == []


def test_columns_are_tried_together() -> None:
    columns = [("a", "boolean", ""), ("n", "number", "0,1")]
    rules = [["true", "-"], ["false", "0"]]
    assert said(table(columns, rules)) == ["空缺：a＝false、n＝1 没有规则"]


def test_what_the_policy_allows_is_no_fault() -> None:
    rules = [["< 5"], ["< 9"]]
    assert said(table(N, rules, default="0")) == [
        "重叠：n＝4 同时命中规则 1、2",
        "规则 1 每次命中都与规则 2 冲突",
    ]
    assert said(table(N, rules, policy="FIRST", default="0")) == []
    assert said(table(N, rules, policy="COLLECT", default="0")) == []


def test_a_table_that_cannot_be_tried_out_says_so() -> None:
    assert said(table([("s", "string", "")], [['contains(?, "甲")'], ["-"]])) == [
        '规则 1 中“s”的条件 contains(?, "甲") 不是取值范围，空缺和重叠只能部分判断'
    ]
