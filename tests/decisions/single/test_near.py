"""Near misses: what failed, and the smallest change that meets it, checked against the engine."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.decisions.single.models import DecisionText, TableText, document, importing, model
from yingshang.decisions.model import Model
from yingshang.decisions.single.near import Failed, NearMiss, near_misses

GRANT = model(
    {"研发费用": "number", "营业收入": "number", "人数": "number", "行业": "string", "成立日期": "date"},
    {
        "研发占比": DecisionText("研发费用 / 营业收入 * 100", ["研发费用", "营业收入"], "number"),
        "补助": DecisionText(
            TableText(
                [("研发占比", "", ""), ("人数", "", ""), ("行业", "", "")],
                [
                    ((">= 5", ">= 50", '"制造业", "软件业"'), ["50000"]),
                    ((">= 3", "-", '"制造业"'), ["20000"]),
                    (("< 3", "-", "-"), ["0"]),
                ],
                "FIRST",
            ),
            ["研发占比", "人数", "行业"],
        ),
        "初创": DecisionText(TableText([("成立日期", "", "")], [((">= date(\"2022-01-01\")",), ["true"])]), ["成立日期"]),
    },
)  # fmt: skip
FACTS: dict[str, Any] = {"研发费用": 108_000, "营业收入": 4_000_000, "人数": 50, "行业": "软件业"}


def misses(m: Model, decision: str, inputs: dict[str, Any]) -> dict[int, NearMiss]:
    return {n.rule: n for n in near_misses(m, decision, inputs)}


def test_short_by_a_fraction_of_a_point_or_by_money() -> None:
    found = GRANT.near_misses("补助", FACTS)
    assert [n.rule for n in found] == [1, 2]
    (share,) = found[0].failed
    assert found[0].outputs == (("结果", 50000),)
    assert share.change is not None
    assert (share.label, share.value, share.change.target, share.change.by) == (
        "研发占比",
        Decimal("2.7"),
        5,
        Decimal("2.3"),
    )
    assert [(c.name, c.target, c.by, c.up) for c in share.facts] == [
        ("研发费用", 200_000, 92_000, True),
        ("营业收入", 2_160_000, 1_840_000, False),
    ]


def test_in_words() -> None:
    second = misses(GRANT, "补助", FACTS)[2]
    assert second.as_text("zh") == (
        "补助 规则 2（结果：20,000）还差 2 项\n"
        "  研发占比现为 2.7，须达到 3，还差 0.3；或将研发费用由 108,000 增至 120,000（增加 12,000）"
        "；或将营业收入由 4,000,000 减至 3,600,000（减少 400,000）\n"
        '  行业现为 "软件业"，须为 "制造业"'
    )
    assert second.as_text("en") == (
        "补助, rule 2 (result: 20,000): 2 missing\n"
        "  研发占比 is 2.7 and must reach 3: short by 0.3; or 研发费用 from 108,000 up to 120,000 (12,000 more)"
        "; or 营业收入 from 4,000,000 down to 3,600,000 (400,000 less)\n"
        '  行业 is "软件业" and must be "制造业"'
    )


def test_as_data() -> None:
    told = misses(GRANT, "补助", FACTS)[1].as_dict()
    assert told["outputs"] == {"结果": "50000"}
    assert told["failed"][0]["change"] == {
        "name": "研发占比", "value": "2.700", "target": "5", "beyond": False, "by": "2.300", "up": True,
    }  # fmt: skip


def test_days_between_dates() -> None:
    (miss,) = near_misses(GRANT, "初创", {"成立日期": date(2021, 12, 25)})
    assert miss.as_text("zh").endswith("成立日期现为 2021-12-25，须不早于 2022-01-01，差 7 天")
    assert miss.failed[0].change is not None
    assert miss.failed[0].change.by == 7


def only(cell: str, value: Any, kind: str = "number", allowed: str = "") -> Failed | None:
    """The failed condition of a table of one cell."""
    m = model({"甲": kind}, {"表": DecisionText(TableText([("甲", "", allowed)], [((cell,), ["1"])]), ["甲"])})
    found = near_misses(m, "表", {"甲": value})
    return found[0].failed[0] if found else None


@pytest.mark.parametrize(
    ("cell", "value", "target", "beyond", "by"),
    [
        (">= 3", 2, 3, False, 1),
        ("> 3", 3, 3, True, 0),
        ("> 3", 1, 3, True, 2),
        ("< 3", 5, 3, True, 2),
        ("<= 3", 5, 3, False, 2),
        ("[1..2], [8..9]", 4, 2, False, 2),
        ("[1..2], [8..9]", 6, 8, False, 2),
        ("(1..2)", 2, 2, True, 0),
        ("not(< 10)", 4, 10, False, 6),
        ("? >= 3 and ? < 4", 4, 4, True, 0),
        ("7", 4, 7, False, 3),
    ],
)
def test_the_nearest_bound(cell: str, value: int, target: int, beyond: bool, by: int) -> None:
    failed = only(cell, value)
    assert failed is not None and failed.change is not None
    assert (failed.change.target, failed.change.beyond, failed.change.by) == (target, beyond, by)


def test_strict_bounds_say_so() -> None:
    (miss,) = near_misses(
        model({"甲": "number"}, {"表": DecisionText(TableText([("甲", "", "")], [(("> 3",), ["1"])]), ["甲"])}),
        "表",
        {"甲": 1},
    )
    assert miss.as_text("zh").splitlines()[1] == "  甲现为 1，须超过 3，相差 2"
    assert miss.as_text("en").splitlines()[1] == "  甲 is 1 and must be over 3, 2 away"


def test_allowed_values_bound_the_change() -> None:
    failed = only("[0..10]", -1, allowed="[-5..-1], [4..20]")
    assert failed is not None and failed.change is not None
    assert failed.change.target == 4
    assert only("> 10", 3, allowed="[0..10]") == Failed("甲", Decimal(3), "> 10")


def test_values_without_degrees() -> None:
    failed = only('"a","b"', "c", "string")
    assert failed is not None and failed.accepted == ("a", "b")
    failed = only('not("c")', "c", "string")
    assert failed is not None and failed.accepted == () and failed.change is None
    failed = only("true", False, "boolean")
    assert failed is not None and failed.accepted == (True,)


def test_a_fact_that_is_not_known() -> None:
    failed = only(">= 3", None)
    assert failed is not None and failed.value is None and failed.change is None


def test_bounds_that_are_variables() -> None:
    t = TableText([("甲", "", "")], [((">= 乙 * 2",), ["1"])])
    m = model({"甲": "number", "乙": "number"}, {"表": DecisionText(t, ["甲", "乙"])})
    (miss,) = near_misses(m, "表", {"甲": 1, "乙": 5})
    assert miss.failed[0].change is not None
    assert miss.failed[0].change.target == 10
    (miss,) = near_misses(m, "表", {"甲": 1, "乙": 4})
    assert miss.failed[0].change is not None
    assert miss.failed[0].change.target == 8


def test_a_condition_in_a_cell_stands_for_itself() -> None:
    t = TableText([("甲", "", "")], [(("乙",), ["1"]), (("丙 > 2",), ["2"])], "COLLECT")
    m = model({"甲": "number", "乙": "boolean", "丙": "number"}, {"表": DecisionText(t, ["甲", "乙", "丙"])})
    found = misses(m, "表", {"甲": 1, "乙": False, "丙": 1})
    assert [f.change for f in found[1].failed] == [None]
    assert found[1].as_text("zh").endswith("甲现为 1，须满足 乙")
    assert list(misses(m, "表", {"甲": 1, "乙": True, "丙": 1})) == [2]


def test_an_imported_decision() -> None:
    table = TableText([("甲", "", "")], [((">= 3",), ["1"])])
    inner = document({"甲": "number"}, {"表": DecisionText(table, ["甲"])})
    m = importing(inner, document({"乙": "number"}, {"答": DecisionText("内.表", ["乙"])}), "表", "内")
    (miss,) = near_misses(m, "答", {"内.甲": 2})
    assert (miss.decision, miss.failed[0].change and miss.failed[0].change.by) == ("表", 1)


def test_tables_inside_other_logic_are_looked_at_too() -> None:
    m = model({"甲": "number"}, {"表": DecisionText(TableText([("甲", "", "")], [((">= 3",), ["1"])]), ["甲"]),
                                "总": DecisionText("表", ["表"])})  # fmt: skip
    (miss,) = near_misses(m, "总", {"甲": 2})
    assert (miss.decision, miss.rule) == ("表", 1)


def test_the_order_is_by_failed_conditions_then_by_distance() -> None:
    t = TableText(
        [("甲", "", ""), ("乙", "", "")],
        [((">= 100", ">= 100"), ["1"]), ((">= 100", "-"), ["2"]), ((">= 12", "-"), ["3"]), (("-", "-"), ["4"])],
        "COLLECT",
    )
    m = model({"甲": "number", "乙": "number"}, {"表": DecisionText(t, ["甲", "乙"])})
    assert [n.rule for n in near_misses(m, "表", {"甲": 10, "乙": 90})] == [3, 2, 1]


def test_a_given_decision_is_no_way_to_its_facts() -> None:
    m = model(
        {"甲": "number"},
        {
            "倍": DecisionText("甲 * 2", ["甲"]),
            "表": DecisionText(TableText([("倍", "", "")], [((">= 9",), ["1"])]), ["倍"]),
        },
    )
    (miss,) = near_misses(m, "表", {"甲": 1})
    assert [c.target for c in miss.failed[0].facts] == [Decimal("4.5")]
    (miss,) = near_misses(m, "表", {"甲": 1, "倍": 3})
    assert miss.failed[0].facts == ()


def test_a_fact_keeps_within_its_type() -> None:
    m = model(
        {"甲": "非负", "乙": "number"},
        {"表": DecisionText(TableText([("乙 - 甲", "number", "")], [((">= 9",), ["1"])]), ["甲", "乙"])},
        types={"非负": ("number", ">= 0")},
    )
    (miss,) = near_misses(m, "表", {"甲": 1, "乙": 3})
    assert [(c.name, c.target) for c in miss.failed[0].facts] == [("乙", 10)]


def test_a_target_that_no_number_says_is_rounded_to_the_safe_side() -> None:
    m = model(
        {"甲": "number"},
        {"表": DecisionText(TableText([("甲 * 3", "", "")], [((">= 1",), ["1"]), (("<= -1",), ["2"])]), ["甲"])},
    )
    up, down = (misses(m, "表", {"甲": 0})[n].failed[0].facts[0].target for n in (1, 2))
    assert (up, down) == (Decimal("0.333334"), Decimal("-0.333334"))


NUMBERS = st.integers(-40, 40).map(lambda n: Decimal(n) / 4)
#: Expressions of one fact 甲 that are a ratio of linear functions of it; 乙 is another.
EXPRESSIONS = [
    "甲 + 乙", "乙 - 甲", "甲 * 乙", "甲 / 乙", "乙 / 甲", "(甲 - 乙) / 甲 * 100", "-甲 * 2 + 乙", "甲 / (甲 + 乙)",
    "(2 * 甲 + 1) / (甲 - 3)",
]  # fmt: skip
CELLS = [">= 2", "> 2", "< -1", "<= -1", "[1..2)", "(1..3), [5..6]", "not([-2..2])", "3", "> 1000"]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EXPRESSIONS), st.sampled_from(CELLS), NUMBERS, NUMBERS)
def test_the_change_of_a_fact_is_enough_and_nothing_less_is(expression: str, cell: str, a: Decimal, b: Decimal) -> None:
    m = model(
        {"甲": "number", "乙": "number"},
        {"表": DecisionText(TableText([(expression, "", "")], [((cell,), ["1"])]), ["甲", "乙"])},
    )
    met = lambda x: m.evaluate("表", {"甲": x, "乙": b}) is not None  # noqa: E731
    assume(not met(a))
    found = near_misses(m, "表", {"甲": a, "乙": b})
    changes = [c for c in found[0].failed[0].facts if c.name == "甲"]
    steps = [Decimal(n) / 8 for n in range(-400, 401)]
    if not changes:
        assert not any(met(a + s) for s in steps)
        return
    (change,) = changes
    epsilon = Decimal("1e-9") if change.up else Decimal("-1e-9")
    assert met(change.target + epsilon if change.beyond else change.target)
    assert change.by == abs(change.target - a)
    exact = Fraction(change.target)
    assert not any(met(a + s) for s in steps if abs(Fraction(s)) < abs(exact - Fraction(a)) - Fraction(1, 10**6))


def test_a_bound_met_at_a_single_point_only() -> None:
    m = model({"甲": "number"}, {"表": DecisionText(TableText([("甲 * 3", "", "")], [(("1",), ["1"])]), ["甲"])})
    assert misses(m, "表", {"甲": 0})[1].failed[0].facts == ()
