"""A plan gives what the session gives, and notes what it notes; the session is asked with a trace, which takes no plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decisions.single.making import values
from tests.decisions.single.models import DecisionText, TableText, chains, document, model
from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.model import Model
from yingshang.decisions.reading import load
from yingshang.decisions.run import Run
from yingshang.decisions.session import Session
from yingshang.decisions.single.plan import Plan
from yingshang.decisions.trace import Trace


def noted(run: Run) -> Counter[str]:
    return Counter(n.as_text("en") for n in run.notes)


def walked(m: Model, decision: str, inputs: Mapping[str, Any]) -> tuple[Any, Counter[str]]:
    """The session's own way."""
    run = Run(Trace("model", "", ""))
    return Session(m, inputs, run).decide(m.decisions[decision]), noted(run)


def planned(plan: Plan, inputs: Mapping[str, Any]) -> tuple[Any, Counter[str]]:
    run = Run()
    (value,) = plan.run(Session(plan.model, inputs, run))
    return value, noted(run)


def check(m: Model, decision: str, *rows: Mapping[str, Any]) -> list[Any]:
    """Compare on rows of Python values, each twice."""
    plan = Plan(m, [decision])
    found = []
    for row in rows:
        inputs = m.given(row)
        expected = walked(m, decision, inputs)
        assert planned(plan, inputs) == expected
        assert planned(plan, inputs) == expected
        found.append(expected[0])
    return found


SIZE = TableText(
    [("人数", "", ""), ("收入", "", "")], [((">= 10", ">= 100"), ['"大"']), (("-", "-"), ['"小"'])], "FIRST"
)


def test_tables_on_shared_inputs_and_on_each_other() -> None:
    m = model(
        {"人数": "number", "收入": "number"},
        {
            "规模": DecisionText(SIZE, ["人数", "收入"], "string"),
            "档": DecisionText(
                TableText([("收入", "", "")], [(("< 50",), ["1"]), ((">= 50",), ["2"])]), ["收入"], "number"
            ),
            "补助": DecisionText(
                TableText([("规模", "", ""), ("档", "", "")], [(('"小"', "1"), ["100 * 人数"]), (("-", "2"), ["5"])]),
                ["规模", "档", "人数"],
            ),
            "总": DecisionText("{补助: 补助, 规模: 规模}", ["补助", "规模"]),
        },
    )
    assert check(
        m,
        "总",
        {"人数": 3, "收入": 40},
        {"人数": 10, "收入": 100},
        {"人数": 10},
        {"人数": "很多", "收入": 40},
        {"人数": [3], "收入": 40},
    ) == [
        {"补助": 300, "规模": "小"},
        {"补助": 5, "规模": "大"},
        {"补助": None, "规模": "小"},
        {"补助": None, "规模": "小"},
        {"补助": 300, "规模": "小"},
    ]


def test_a_table_that_reads_an_input_twice() -> None:
    t = TableText([("甲", "", ""), ("甲", "", "")], [((">= 1", "< 3"), ["1"]), (("-", ">= 3"), ["2"])])
    m = model({"甲": "number"}, {"表": DecisionText(t, ["甲"])})
    assert check(m, "表", *({"甲": n} for n in (0, 1, 2, 3))) == [None, 1, 1, 2]


@pytest.mark.parametrize("count", [1, 8, 9, 16, 17, 33, 64, 65, 300])
def test_tables_of_any_length_stand_beside_each_other(count: int) -> None:
    long = TableText([("甲", "", "")], [((f"[{n}..{n + 1})",), [str(n)]) for n in range(count)])
    short = TableText([("甲", "", "")], [((">= 1",), ["true"])])
    m = model(
        {"甲": "number"},
        {
            "长": DecisionText(long, ["甲"]),
            "短": DecisionText(short, ["甲"]),
            "总": DecisionText("[长, 短]", ["长", "短"]),
        },
    )
    last = count - 1
    assert check(m, "总", {"甲": last}, {"甲": count}, {"甲": 0}) == [
        [last, True if last else None],
        [None, True],
        [0, None],
    ]


def test_a_table_without_rules() -> None:
    m = model({"甲": "number"}, {"表": DecisionText(TableText([("甲", "", "")], [], default="3"), ["甲"])})
    assert check(m, "表", {"甲": 1}) == [3]


def test_values_beyond_those_allowed_leave_their_table_without_a_result_and_others_alone() -> None:
    narrow = TableText([("甲", "", "[0..10]")], [(("-",), ["1"])])
    wide = TableText([("甲", "", "")], [(("-",), ["2"])])
    m = model(
        {"甲": "number"},
        {
            "窄": DecisionText(narrow, ["甲"]),
            "宽": DecisionText(wide, ["甲"]),
            "总": DecisionText("[窄, 宽]", ["窄", "宽"]),
        },
    )
    assert check(m, "总", {"甲": 10}, {"甲": 11}, {}) == [[1, 2], [None, 2], [1, 2]]


def test_a_variable_that_a_decision_does_not_require_hides_no_function() -> None:
    inner = TableText([("count([甲, 甲])", "", "")], [(("2",), ['"yes"'])])
    m = model(
        {"甲": "number", "count": "number"},
        {"表": DecisionText(inner, ["甲"]), "总": DecisionText("[表, count]", ["表", "count"])},
    )
    assert check(m, "总", {"甲": 1, "count": 7}) == [["yes", 7]]


def context(*entries: tuple[str, str, str]) -> str:
    """A boxed context of literal expressions: name, type, text."""
    inner = "".join(
        f'<contextEntry><variable name="{n}"{f" typeRef={k!r}" if k else ""}/>'
        f"<literalExpression><text>{t}</text></literalExpression></contextEntry>"
        for n, k, t in entries
    )
    return f"<context>{inner}</context>"


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ((("a", "", "表"), ("b", "", "甲")), {"a": 1, "b": 2}),
        ((("甲", "", "表"), ("b", "", "甲")), {"甲": 1, "b": 1}),
        ((("a", "string", "表"), ("b", "number", "甲")), {"a": None, "b": 2}),
        ((("a", "", "甲 + 1"), ("b", "", "a")), {"a": 3, "b": 3}),
    ],
)
def test_decisions_that_only_gather_others(entries: tuple[tuple[str, str, str], ...], expected: dict[str, Any]) -> None:
    text = document(
        {"甲": "number"},
        {
            "表": DecisionText(TableText([("甲", "", "")], [(("-",), ["1"])]), ["甲"], "number"),
            "总": DecisionText("here", ["表", "甲"]),
        },
    ).decode()
    found = check(load(text.replace("<literalExpression><text>here</text></literalExpression>", context(*entries)).encode()),
                  "总", {"甲": 2})  # fmt: skip
    assert found == [expected]


def test_knowledge_in_cells_and_outputs() -> None:
    t = TableText([("甲", "", "")], [((">= 限(1)",), ["限(甲)"]), (("-",), ["0"])], "FIRST")
    m = model({"甲": "number"}, {"表": DecisionText(t, ["甲", "限"])}, knowledge={"限": (["x"], "x * 2")})
    assert check(m, "表", {"甲": 1}, {"甲": 2}) == [0, 4]


def test_results_are_typed_like_the_decision() -> None:
    t = TableText([("甲", "", "")], [(("1",), ['"x"']), (("2",), ["[5]"])])
    m = model({"甲": "number"}, {"表": DecisionText(t, ["甲"], "number")})
    assert check(m, "表", {"甲": 1}, {"甲": 2}) == [None, 5]


def test_an_error_names_the_decision_that_it_is_in() -> None:
    t = TableText([("count(for i in 1..2000000 return i)", "", "")], [(("-",), ["1"])])
    m = model({"甲": "number"}, {"表": DecisionText(t, ["甲"])})
    for way in (walked, lambda m, d, i: planned(Plan(m, [d]), i)):
        with pytest.raises(EvaluationError) as caught:
            way(m, "表", {"甲": Decimal(1)})
        assert caught.value.element == "d_表"


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_a_plan_equals_the_session(data: st.DataObject) -> None:
    m, kinds = data.draw(chains())
    plan = Plan(m, ["总"])
    row = st.fixed_dictionaries({}, optional={name: values(kind) for name, kind in kinds.items()})
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    for inputs in [*rows, *rows]:
        assert planned(plan, inputs) == walked(m, "总", inputs)
