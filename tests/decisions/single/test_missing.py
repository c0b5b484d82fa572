"""Missing facts: the answer is unknown when, and only when, one of them could change it."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decisions.single.models import DecisionText, TableText, document, importing, model
from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel import compile as compile_feel
from yingshang.decisions.model import Model
from yingshang.decisions.run import Run
from yingshang.decisions.single import cases
from yingshang.decisions.single import missing as module
from yingshang.decisions.single.comparing import comparable
from yingshang.decisions.single.missing import Verdict, missing

GRANT = model(
    {"研发费用": "number", "营业收入": "number", "人数": "number", "行业": "string"},
    {
        "研发占比": DecisionText("研发费用 / 营业收入 * 100", ["研发费用", "营业收入"], "number"),
        "补助": DecisionText(
            TableText(
                [("行业", "", ""), ("研发占比", "", ""), ("人数", "", "")],
                [
                    (('"餐饮业"', "-", "-"), ["0"]),
                    (("-", ">= 3", ">= 50"), ["50000"]),
                    (("-", ">= 3", "-"), ["20000"]),
                    (("-", "-", "-"), ["0"]),
                ],
                "FIRST",
            ),
            ["研发占比", "人数", "行业"],
        ),
    },
)  # fmt: skip


def answer(verdict: Verdict) -> tuple[Any, ...]:
    return (verdict.value,) if verdict.decided else ("missing", *verdict.missing)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"行业": "餐饮业"}, (0,)),
        ({"行业": "制造业", "研发费用": 60, "营业收入": 1000, "人数": 60}, (50000,)),
        ({"行业": "制造业", "研发费用": 60, "营业收入": 1000}, ("missing", "人数")),
        ({"行业": "制造业", "研发费用": 20, "营业收入": 1000}, (0,)),
        ({"研发费用": 20, "营业收入": 1000}, (0,)),
        ({"行业": "制造业", "研发费用": 20}, ("missing", "营业收入", "人数")),
        ({"行业": "制造业", "人数": 10}, ("missing", "研发费用", "营业收入")),
        ({}, ("missing", "研发费用", "营业收入", "人数", "行业")),
    ],
)
def test_the_answer(inputs: dict[str, Any], expected: tuple[Any, ...]) -> None:
    verdict = GRANT.missing("补助", inputs)
    assert answer(verdict) == expected
    assert verdict.possibly == ()


def test_in_words() -> None:
    assert (
        missing(GRANT, "补助", {"行业": "餐饮业"}).as_text() == "补助：0（缺少 研发费用、营业收入、人数，但不影响结果）"
    )
    unknown = missing(GRANT, "补助", {"行业": "制造业", "研发费用": 60, "营业收入": 1000})
    assert unknown.as_text("zh") == "补助：缺少 人数，尚不能得出结果"
    assert unknown.as_text("en") == "补助: not known yet, for 人数 is missing"
    assert unknown.as_dict()["outcomes"] == ["20000", "50000"]


def literal(text: str, inputs: dict[str, str], given_values: dict[str, Any], **more: Any) -> Verdict:
    m = model(inputs, {"答": DecisionText(text, list(inputs))}, types=more.pop("types", None))
    return missing(m, "答", given_values, **more)


@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        ("if 甲 > 3 then 1 else 2", {}, ("missing", "甲")),
        ("if 甲 > 3 then 1 else 1", {}, (1,)),
        ("if 乙 > 3 then 1 else 甲", {"乙": 5}, (1,)),
        ("if 乙 > 3 then 1 else 甲", {"乙": 1}, ("missing", "甲")),
        ("甲 > 3 and 乙 > 3", {"乙": 1}, (False,)),
        ("甲 > 3 and 乙 > 3", {"乙": 5}, ("missing", "甲")),
        ("甲 > 3 or 乙 > 3", {"乙": 5}, (True,)),
        ("甲 > 3 or 甲 <= 3", {}, (True,)),
        ("甲 > 3 and 甲 < 2", {}, (False,)),
        ("甲 * 2 + 1 > 乙", {"乙": 7}, ("missing", "甲")),
        ("甲 + 乙", {"乙": 7}, ("missing", "甲")),
        ("甲 in [1..3]", {}, ("missing", "甲")),
        ("甲 between 1 and 3", {}, ("missing", "甲")),
    ],
)
def test_literal_expressions(text: str, inputs: dict[str, Any], expected: tuple[Any, ...]) -> None:
    verdict = literal(text, {"甲": "number", "乙": "number"}, inputs)
    assert answer(verdict) == expected
    assert verdict.possibly == ()


def test_what_cannot_be_proven_is_possible() -> None:
    verdict = literal("甲 * 0", {"甲": "number"}, {})
    assert not verdict.decided
    assert (verdict.missing, verdict.possibly) == ((), ("甲",))
    assert verdict.as_text() == "答：可能缺少 甲，尚不能得出结果"
    assert verdict.as_text("en") == "答: not known yet; 甲 may be missing"


RATIO = TableText(
    [("甲 / 乙", "number", ""), ("丙", "", "")],
    [((">= 3", "1"), ["1"]), (("< 3", "1"), ["1"]), (("-", "1"), ["1"]), (("> 1", "-"), ["2"]), (("-", "-"), ["0"])],
    "FIRST",
)


def test_a_table_over_a_number_of_two_missing_facts_can_still_be_decided() -> None:
    m = model(
        dict.fromkeys(("甲", "乙", "丙"), "number"),
        {"表": DecisionText(RATIO, ["甲", "乙", "丙"]), "答": DecisionText("表 + 丙", ["表", "丙"])},
    )
    assert answer(missing(m, "表", {"丙": 1})) == (1,)
    assert answer(missing(m, "答", {"丙": 1})) == (2,)
    assert answer(missing(m, "表", {"丙": 2})) == ("missing", "甲", "乙")


def test_trying_values_may_go_beyond_the_limits() -> None:
    verdict = literal(
        "if 甲 < 100 then 1 else count(for i in 1..甲 return count(for j in 1..甲 return j))", {"甲": "number"}, {}
    )
    assert answer(verdict) == ("missing", "甲")
    with pytest.raises(EvaluationError):
        literal("count(for i in 1..2000000 return i)", {"甲": "number"}, {})


def test_texts_that_are_searched_for_are_tried() -> None:
    cell = 'contains(?, "补贴") or contains(?, "奖励")'
    t = TableText([('甲 + " " + 乙', "string", "")], [((cell,), ["1"]), (("-",), ["0"])], "FIRST")
    m = model({"甲": "string", "乙": "string"}, {"表": DecisionText(t, ["甲", "乙"])})
    assert answer(missing(m, "表", {})) == ("missing", "甲", "乙")
    assert answer(literal('contains(甲, "补贴")', {"甲": "string"}, {})) == ("missing", "甲")


def test_more_cases_than_can_be_looked_at_together() -> None:
    sectors = [f"业{n}" for n in range(15)]
    bounds = {s: 10 * n for n, s in enumerate(sectors, 1)}

    def graded(fact: str) -> DecisionText:
        rows = [((f'"{s}"', f">= {b}"), ["1"]) for s, b in bounds.items()]
        return DecisionText(
            TableText([("类", "", ""), (fact, "", "")], [*rows, (("-", "-"), ["0"])], "FIRST"), ["类", fact]
        )

    m = model(
        {"行业": "string", "人": "number", "收": "number", "产": "number"},
        {
            "类": DecisionText(
                TableText([("行业", "", "")], [((f'"{s}x", "{s}y"',), [f'"{s}"']) for s in sectors]), ["行业"]
            ),
            "甲": graded("人"),
            "乙": graded("收"),
            "丙": graded("产"),
            "答": DecisionText('if 类 = "业3" then min([甲, 乙, 丙]) else 2', ["类", "甲", "乙", "丙"]),
        },
    )
    verdict = missing(m, "答", {})
    assert (verdict.missing, verdict.possibly) == (("行业", "人", "收", "产"), ())
    verdict = missing(m, "答", {"人": 5})
    assert (verdict.missing, verdict.possibly) == (("行业",), ())


def test_null_is_a_value_that_is_known() -> None:
    assert answer(missing(GRANT, "补助", {"行业": None, "研发费用": None, "营业收入": 1000})) == (0,)


def test_a_fact_may_turn_out_to_be_null_only_where_that_is_said() -> None:
    text = "if 甲 = null then 1 else 2"
    assert answer(literal(text, {"甲": "number"}, {})) == (2,)
    assert answer(literal(text, {"甲": "number"}, {}, may_be_null=["甲"])) == ("missing", "甲")


def test_allowed_values_and_types_are_the_facts_domain() -> None:
    types = {"百分数": ("number", "[0..100]"), "档": ("string", '"A", "B"')}
    assert answer(literal("甲 >= 0", {"甲": "百分数"}, {}, types=types)) == (True,)
    assert answer(literal("甲 > 0", {"甲": "百分数"}, {}, types=types)) == ("missing", "甲")
    assert answer(literal('if 甲 = "C" then 1 else 2', {"甲": "档"}, {}, types=types)) == (2,)
    assert answer(literal("string length(甲)", {"甲": "档"}, {}, types=types)) == (1,)
    table = TableText([("甲", "string", '"A","B"')], [(('"A"',), ["1"]), (('"B"',), ["1"])])
    assert answer(missing(model({"甲": ""}, {"表": DecisionText(table, ["甲"])}), "表", {})) == (1,)


def test_times_may_have_a_zone_or_none() -> None:
    text = '(甲 < @"2024-01-01T00:00:00Z") = null'
    assert answer(literal(text, {"甲": "date and time"}, {})) == ("missing", "甲")


def test_a_fact_under_another_name() -> None:
    t = TableText([("别名", "", "")], [(('"a"',), ["1"]), (('not("a")',), ["1"])])
    m = model({"甲": "string"}, {"别名": DecisionText("甲", ["甲"]), "表": DecisionText(t, ["别名"])})
    assert answer(missing(m, "表", {})) == (1,)


def test_facts_of_an_imported_model() -> None:
    inner = document({"甲": "number", "丁": "number"}, {"值": DecisionText("甲 * 2", ["甲"])})
    outer = document({"乙": "number"}, {"答": DecisionText("if 乙 > 3 then 1 else 内.值", ["乙"])})
    m = importing(inner, outer, "值", "内")
    assert answer(missing(m, "答", {"乙": 5})) == (1,)
    assert answer(missing(m, "答", {"乙": 1})) == ("missing", "内.甲")
    assert answer(missing(m, "答", {"乙": 1, "内": {"甲": 4}})) == (8,)
    assert answer(missing(m, "答", {"乙": 1, "内.甲": 4})) == (8,)
    assert answer(missing(m, "内.值", {"内.甲": 4})) == (8,)
    assert answer(missing(m, "内.值", {})) == ("missing", "内.甲")
    assert missing(m, "内.值", {}).decision == "内.值"


def test_knowledge_and_boxed_logic() -> None:
    m = model(
        {"甲": "number", "乙": "number"},
        {"答": DecisionText("if 乙 > 1 then 倍(甲) else 倍(乙)", ["甲", "乙", "倍"])},
        knowledge={"倍": (["x"], "x * 2")},
    )
    assert answer(missing(m, "答", {"乙": 1})) == (2,)
    assert answer(missing(m, "答", {"乙": 2})) == ("missing", "甲")


def test_two_facts_that_matter_only_together() -> None:
    t = TableText([("甲", "", ""), ("乙", "", "")], [((">= 1", ">= 1"), ["1"]), (("-", "-"), ["0"])], "FIRST")
    m = model({"甲": "number", "乙": "number"}, {"表": DecisionText(t, ["甲", "乙"])})
    assert answer(missing(m, "表", {})) == ("missing", "甲", "乙")
    assert answer(missing(m, "表", {"甲": 0})) == (0,)


def test_a_cell_that_compares_two_missing_facts_asks_for_both() -> None:
    t = TableText([("甲", "", "")], [(("> 丙",), ["1"])], "FIRST")
    m = model({"甲": "number", "丙": "number"}, {"表": DecisionText(t, ["甲", "丙"])})
    verdict = missing(m, "表", {})
    assert not verdict.decided
    assert {*verdict.missing, *verdict.possibly} == {"甲", "丙"}
    assert answer(missing(m, "表", {"丙": 2})) == ("missing", "甲")
    assert answer(missing(m, "表", {"丙": None})) == (None,)


def test_decisions_over_the_same_fact_are_taken_together() -> None:
    m = model(
        {"甲": "number"},
        {
            "大": DecisionText(TableText([("甲", "", "")], [((">= 5",), ["true"]), (("< 5",), ["false"])]), ["甲"]),
            "小": DecisionText("甲 < 5", ["甲"]),
            "答": DecisionText("大 and 小", ["大", "小"]),
            "或": DecisionText("大 or 小", ["大", "小"]),
        },
    )
    assert answer(missing(m, "答", {})) == (False,)
    assert answer(missing(m, "或", {})) == (True,)


def test_a_decision_that_is_given_needs_no_facts() -> None:
    assert answer(missing(GRANT, "补助", {"行业": "制造业", "研发占比": 2})) == (0,)


def test_a_required_decision_that_is_decided_makes_its_facts_pointless() -> None:
    m = model(
        {"甲": "number", "乙": "number"},
        {
            "无关": DecisionText("if 甲 > 3 then 1 else 1", ["甲"]),
            "答": DecisionText("无关 * 乙", ["无关", "乙"]),
        },
    )
    assert answer(missing(m, "答", {"乙": 4})) == (4,)
    assert answer(missing(m, "答", {})) == ("missing", "乙")


def test_many_facts_of_one_table_are_told_apart_by_the_rules_they_leave() -> None:
    names = [f"事{n}" for n in range(12)]
    rows = [(tuple(">= 1" if n == m else "-" for n in range(12)), [str(m % 2)]) for m in range(12)]
    t = TableText([(n, "", "") for n in names], [*rows, (("-",) * 12, ["0"])], "FIRST")
    m = model(dict.fromkeys(names, "number"), {"表": DecisionText(t, names)})
    verdict = missing(m, "表", dict.fromkeys(names[1:], 0))
    assert answer(verdict) == (0,)
    assert answer(missing(m, "表", {names[0]: 1})) == (0,)
    # The last fact chooses between two rules of one result.
    assert set(missing(m, "表", {}).missing) == set(names)


def test_beyond_the_budget_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "CASES", 2)
    monkeypatch.setattr(module, "TRIES", 0)
    monkeypatch.setattr(module, "SPLITS", 0)
    t = TableText(
        [("甲", "", ""), ("乙", "", "")], [(("1", "-"), ["1"]), (("2", "1"), ["2"]), (("-", "-"), ["0"])], "FIRST"
    )
    m = model({"甲": "number", "乙": "number"}, {"表": DecisionText(t, ["甲", "乙"])})
    verdict = missing(m, "表", {})
    assert not verdict.decided
    assert (verdict.missing, verdict.possibly) == ((), ("甲", "乙"))


# --- against brute force ----------------------------------------------------------------------------------------------

FACTS = ("甲", "乙", "丙")
VALUES = [Decimal(n) / 2 for n in range(-1, 9)]
CELLS = st.sampled_from(["-", "-", "1", "2", "< 2", ">= 2", "> 3", "[1..3)", "not(1)", "1, 3", "null", "> 丙"])
EXPRESSIONS = st.sampled_from(["甲", "乙", "甲 + 1", "2 * 乙 - 1", "丙"])
RESULT = st.sampled_from(["1", "1", "2", "甲 > 1", "if 乙 >= 2 then 1 else 2"])
CONDITIONS = [
    "甲 > 1", "乙 = 2", "丙 in [1..2]", "甲 > 1 and 乙 < 2", "not(丙 > 1)", "3 - 甲 > 1", "if 甲 > 2 then 乙 > 1 else true",
]  # fmt: skip


@st.composite
def small_models(draw: st.DrawFn) -> Model:
    """Two tables over three facts, a condition, and a table over all that."""
    decisions: dict[str, DecisionText] = {}
    for name in ("表一", "表二"):
        columns = draw(st.lists(EXPRESSIONS, min_size=1, max_size=3))
        rule = st.tuples(st.tuples(*(CELLS for _ in columns)), st.tuples(RESULT))
        policy = draw(st.sampled_from(["FIRST", "UNIQUE", "COLLECT"]))
        decisions[name] = DecisionText(
            TableText([(c, "", "") for c in columns], draw(st.lists(rule, max_size=4)), policy), FACTS
        )
    decisions["条件"] = DecisionText(draw(st.sampled_from(CONDITIONS)), FACTS)
    last = TableText(
        [("表一", "", ""), ("条件", "", ""), ("丙", "", "")],
        draw(
            st.lists(
                st.tuples(
                    st.tuples(st.sampled_from(["-", "1", "2", "null"]), st.sampled_from(["-", "true", "false"]), CELLS),
                    st.tuples(st.sampled_from(["1", "2", "表二"])),
                ),
                max_size=4,
            )
        ),
        draw(st.sampled_from(["FIRST", "UNIQUE"])),
    )
    decisions["答"] = DecisionText(last, ["表一", "表二", "条件", *FACTS])
    return model(dict.fromkeys(FACTS, "number"), decisions)


@settings(max_examples=150, deadline=None)
@given(small_models(), st.dictionaries(st.sampled_from(FACTS), st.sampled_from(VALUES)))
def test_the_answer_is_that_of_brute_force(m: Model, known: dict[str, Any]) -> None:
    verdict = missing(m, "答", known)
    results, mattering = brute_force(m, known, dict.fromkeys(FACTS, VALUES))
    if verdict.decided:
        assert results == {comparable(m.given({"v": verdict.value})["v"])}
    else:
        assert len(results) > 1 or verdict.possibly
    assert set(verdict.missing) <= mattering <= {*verdict.missing, *verdict.possibly}


#: Type, allowed values (as a type of the model, where there are some), grid of values and cells, by kind of fact.
KINDS: dict[str, tuple[str, str, list[str], list[str]]] = {
    "number": ("number", "", ["-1", "0", "1", "1.5", "2", "3", "4"], ["1", "> 1", "[1..3]", "not(2)", "1, 3", "< 0"]),
    "percent": ("number", "[0..2]", ["0", "0.5", "1", "1.5", "2"], ["0", "> 1", ">= 0", "< 0", "[1..3]"]),
    "string": (
        "string", "", ['""', '"a"', '"ab"', '"b"', '"c"', '"d"'], ['"a"', '"a","b"', 'not("a")', 'starts with(?, "a")', '> "b"'],
    ),
    "grade": ("string", '"A","B"', ['"A"', '"B"'], ['"A"', '"B"', '"A","B"', 'not("A")', '"C"']),
    "boolean": ("boolean", "", ["true", "false"], ["true", "false", "not(true)"]),
    "date": (
        "date", "", [f'@"2024-02-{d}"' for d in ("27", "28", "29")] + ['@"2024-03-01"', '@"2024-03-02"'],
        ['>= @"2024-03-01"', '@"2024-02-29"', '< @"2024-02-28"', '[@"2024-02-28"..@"2024-03-01")'],
    ),
}  # fmt: skip


@st.composite
def mixed(draw: st.DrawFn) -> tuple[Model, dict[str, list[Any]]]:
    """A table over facts of several kinds, read by a last one; and the values to try of each fact."""
    kinds = {fact: draw(st.sampled_from(sorted(KINDS))) for fact in FACTS}
    types = {f"类{k}": (base, allowed) for k, (base, allowed, _, _) in KINDS.items()}

    def rows(read: list[str], results: Any) -> Any:
        cells = [st.sampled_from(["-", *(KINDS[kinds[f]][3] if f in kinds else ["1", "2", "not(1)"])]) for f in read]
        return draw(st.lists(st.tuples(st.tuples(*cells), st.tuples(results)), min_size=1, max_size=5))

    read = draw(st.lists(st.sampled_from(FACTS), min_size=1, max_size=3))
    first = TableText(
        [(f, "", "") for f in read], rows(read, st.sampled_from(["1", "2"])), draw(st.sampled_from(["FIRST", "COLLECT", "UNIQUE"])),
        "",
    )  # fmt: skip
    then = ["一", *draw(st.lists(st.sampled_from(FACTS), max_size=2))]
    last = TableText([(f, "", "") for f in then], rows(then, st.sampled_from(["1", "2"])), "FIRST")
    m = model(
        {fact: f"类{kind}" for fact, kind in kinds.items()},
        {"一": DecisionText(first, FACTS), "答": DecisionText(last, ["一", *FACTS])},
        types=types,
    )
    return m, {fact: [compile_feel(text).execute({}) for text in KINDS[kind][2]] for fact, kind in kinds.items()}


@settings(max_examples=150, deadline=None)
@given(mixed(), st.data())
def test_kinds_and_allowed_values_are_those_of_brute_force(case: tuple[Model, dict[str, list[Any]]], data: Any) -> None:
    m, grid = case
    known = {f: data.draw(st.sampled_from(grid[f])) for f in data.draw(st.lists(st.sampled_from(FACTS), unique=True))}
    verdict = missing(m, "答", known)
    assert verdict.possibly == ()
    assert set(verdict.missing) == brute_force(m, known, grid)[1]
    assert verdict.decided == (not verdict.missing)


def brute_force(m: Model, known: dict[str, Any], grid: dict[str, list[Any]]) -> tuple[set[Any], set[str]]:
    """The results of all completions, and the facts that matter."""
    absent = [f for f in FACTS if f not in known]
    results = {
        values: comparable(m.execute("答", {**known, **dict(zip(absent, values, strict=True))}, Run()))
        for values in itertools.product(*(grid[f] for f in absent))
    }
    mattering = {
        fact
        for at, fact in enumerate(absent)
        for values in results
        if len({results[(*values[:at], v, *values[at + 1 :])] for v in grid[fact]}) > 1
    }
    return set(results.values()), mattering
