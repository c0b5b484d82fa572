"""Decision tables: hit policies over several outputs, defaults, allowed values, nulls, types."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.decisions.engine.models import document, table, text
from yingshang import decisions

D = Decimal
RULES = [(["> 1"], ['"low"', "1"]), (["> 5"], ['"high"', "2"]), (["> 7"], ['"high"', "3"])]
OUTPUTS = [("risk", '"high", "low"', ""), ("points", "3, 2, 1", "")]


@pytest.mark.parametrize(
    ("policy", "x", "expected"),
    [
        ("UNIQUE", 2, {"risk": "low", "points": D(1)}),
        ("UNIQUE", 6, None),
        ("ANY", 6, None),
        ("FIRST", 9, {"risk": "low", "points": D(1)}),
        ("PRIORITY", 9, {"risk": "high", "points": D(3)}),
        ("PRIORITY", 2, {"risk": "low", "points": D(1)}),
        ("RULE ORDER", 6, [{"risk": "low", "points": D(1)}, {"risk": "high", "points": D(2)}]),
        (
            "OUTPUT ORDER",
            9,
            [{"risk": "high", "points": D(3)}, {"risk": "high", "points": D(2)}, {"risk": "low", "points": D(1)}],
        ),
        ("COLLECT", 0, []),
    ],
)
def test_several_outputs(policy: str, x: int, expected: Any) -> None:
    assert table([("x", "number", "")], OUTPUTS, RULES, policy).evaluate("d", {"x": x}) == expected


@pytest.mark.parametrize(("aggregation", "expected"), [("COUNT", D(2)), ("SUM", None), ("MIN", None), ("MAX", None)])
def test_several_outputs_can_only_be_counted(aggregation: str, expected: Any) -> None:
    model = table([("x", "number", "")], OUTPUTS, RULES, "COLLECT", aggregation)
    assert model.evaluate("d", {"x": 6}) == expected


@pytest.mark.parametrize(("aggregation", "expected"), [("COUNT", D(0)), ("SUM", None), ("MIN", None), ("MAX", None)])
def test_aggregations_of_nothing(aggregation: str, expected: Any) -> None:
    model = table([("x", "", "")], [("o", "", "")], [(["1"], ["1"])], "COLLECT", aggregation)
    assert model.evaluate("d", {"x": 2}) == expected


@pytest.mark.parametrize("policy", ["UNIQUE", "ANY", "FIRST", "PRIORITY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"])
def test_the_default_stands_where_no_rule_is_met(policy: str) -> None:
    model = table([("x", "", "")], [("a", "", "x * 2"), ("b", "", "")], [(["1"], ["1", "2"])], policy)
    assert model.evaluate("d", {"x": 5}) == {"a": D(10), "b": None}


def test_a_value_that_is_not_allowed_has_no_result() -> None:
    model = table([("x", "string", '"a", "b"')], [("o", "", "9")], [(["-"], ["1"])])
    assert model.evaluate("d", {"x": "a"}) == D(1)
    assert model.evaluate("d", {"x": "c"}) is None
    assert model.evaluate("d", {"x": None}) == D(1)


def test_conditions_about_null() -> None:
    model = table(
        [("x", "number", "")],
        [("o", "", "")],
        [(["null"], ['"none"']), (["not(null)"], ['"some"'])],
    )
    assert model.evaluate("d", {"x": None}) == "none"
    assert model.evaluate("d", {"x": 1}) == "some"
    assert model.evaluate("d", {"x": "not a number"}) == "none"


@pytest.mark.parametrize(
    ("cell", "x", "expected"),
    [
        ("-", None, True),
        ("", 5, True),
        ("5", 5, True),
        ("-5", -5, True),
        ("1, 5", 5, True),
        ("not(1, 5)", 5, False),
        ("not(1, 5)", 6, True),
        ("[1..5)", 5, False),
        ("]1..5]", 1, False),
        ("< y", 9, True),
        ("y", 10, True),
        ("? > y - 2 and ? < y", 9, True),
        ("even(?)", 4, True),
        ("? in [1, 4]", 4, True),
        ("y = 10", 1, True),
        ("y = 11", 1, False),
        ("[y, 3]", 3, True),
        ("null", 1, False),
        ("> null", 1, False),
    ],
)
def test_cells(cell: str, x: Any, expected: bool) -> None:
    model = table([("x", "", ""), ("y", "", "")], [("o", "", "false")], [([cell, "-"], ["true"])])
    assert model.evaluate("d", {"x": x, "y": 10}) is expected


def test_results_are_coerced_to_the_output_s_type() -> None:
    model = decisions.load(
        document(
            '<decision id="d" name="d"><decisionTable><output name="o" typeRef="number"/><rule>'
            f"{text('outputEntry', '[7]')}</rule></decisionTable></decision>"
        )
    )
    assert model.evaluate("d", {}) == D(7)


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ('<decisionTable hitPolicy="SOME"><output/></decisionTable>', "unknown hit policy SOME"),
        ('<decisionTable hitPolicy="COLLECT" aggregation="AVG"><output/></decisionTable>', "unknown aggregation AVG"),
        ("<decisionTable/>", "a table without outputs"),
        ("<decisionTable><output/><output/></decisionTable>", "a name is missing"),
        ('<decisionTable><output name="a"/><output name="a"/></decisionTable>', "two outputs are called a"),
        ("<decisionTable><input/><output/></decisionTable>", "an input without expression"),
        ("<decisionTable><output/><rule/></decisionTable>", "rule 1 has the wrong number of cells"),
    ],
)
def test_tables_that_are_refused(inside: str, message: str) -> None:
    with pytest.raises(decisions.ModelError, match=message):
        decisions.load(document(f'<decision id="d" name="d">{inside}</decision>'))
