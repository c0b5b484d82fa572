"""Expressions, contexts, chains of decisions and results that are computed: equal to the scalar engine on every row."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.decisions.columns.equality import same
from tests.decisions.columns.modelling import context, decision, document, literal, table
from tests.decisions.columns.strategies import KINDS, column

SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))
NUMERIC = [k for k, v in KINDS.items() if v.feel == "number"]
_CONSTANTS = ("0", "1", "-2.5", "0.05", "100", "3.00", "1E+3", "0.333", "12345678901234567890.123", "null")


@st.composite
def numbers(draw: st.DrawFn, names: tuple[str, ...], depth: int = 3) -> str:
    """A FEEL expression that mostly gives numbers."""
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from([*names, *names, *_CONSTANTS]))
    inner = numbers(names, depth - 1)
    form = draw(st.sampled_from(["+", "-", "*", "/", "negate", "round", "if", "extreme", "abs"]))
    match form:
        case "negate":
            return f"-({draw(inner)})"
        case "round":
            how = draw(
                st.sampled_from(["decimal", "round up", "round down", "round half up", "round half down", "floor"])
            )
            return f"{how}({draw(inner)}, {draw(st.sampled_from(['0', '1', '2', '8', '-1']))})"
        case "if":
            return f"if {draw(conditions(names, depth - 1))} then {draw(inner)} else {draw(inner)}"
        case "extreme":
            return f"{draw(st.sampled_from(['min', 'max']))}({draw(inner)}, {draw(inner)})"
        case "abs":
            return f"abs({draw(inner)})"
    return f"({draw(inner)}) {form} ({draw(inner)})"


@st.composite
def conditions(draw: st.DrawFn, names: tuple[str, ...], depth: int = 2) -> str:
    """A FEEL condition."""
    inner = numbers(names, max(depth - 1, 0))
    op = st.sampled_from(["<", "<=", "=", "!=", ">", ">="])
    match draw(st.sampled_from(["compare", "compare", "between", "in", "logic", "not"] if depth > 0 else ["compare"])):
        case "between":
            return f"({draw(inner)}) between 0 and {draw(inner)}"
        case "in":
            return f"({draw(inner)}) in (1, [2..100), > 1000)"
        case "logic":
            return f"({draw(conditions(names, depth - 1))}) {draw(st.sampled_from(['and', 'or']))} ({draw(conditions(names, depth - 1))})"
        case "not":
            return f"not({draw(conditions(names, depth - 1))})"
    return f"({draw(inner)}) {draw(op)} ({draw(inner)})"


@st.composite
def rows(draw: st.DrawFn, kinds: list[str]) -> pa.Table:
    count = draw(st.integers(1, 10))
    data = {f"x{n}": draw(column(KINDS[kind], count)) for n, kind in enumerate(kinds)}
    return pa.table({"id": pa.array(range(count)), **data})


@given(data=st.data())
@settings(SETTINGS, max_examples=80)
def test_arithmetic(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(NUMERIC), min_size=2, max_size=2))
    names = ("x0", "x1")
    entries = {
        "amount": literal(data.draw(numbers(names))),
        "due": literal(data.draw(conditions((*names, "amount")))),
        "rest": literal(data.draw(numbers((*names, "amount"), 1))),
        "told": literal("string(amount)"),
        "both": literal("{total: amount + rest, list: [amount, x0]}"),
    }
    model = document({"x0": "number", "x1": ""}, [decision("out", context(entries), names)])
    same(model, "out", data.draw(rows(kinds)), struct=data.draw(st.booleans()))


@given(data=st.data())
@settings(SETTINGS, max_examples=40)
def test_a_table_over_expressions_with_computed_results(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(NUMERIC), min_size=2, max_size=2))
    names = ("x0", "x1")
    bounds = st.sampled_from(["< 1", "[1..2.5]", "> 100", "not(3)", "-", "0", "null", "> x0"])
    rules = [
        (
            [data.draw(bounds), data.draw(bounds)],
            [data.draw(numbers(names, 1)), data.draw(st.sampled_from(['"a"', '"b"', "null"]))],
        )
        for _ in range(data.draw(st.integers(1, 4)))
    ]
    first = table(
        [(data.draw(numbers(names, 2)), "number"), ("x1", "number")],
        rules,
        data.draw(st.sampled_from(["FIRST", "UNIQUE", "ANY", "RULE ORDER"])),
        outputs=[("amount", "number"), ("class", "string")],
        defaults=data.draw(st.sampled_from([[], ["x0 / 3", '"none"']])),
    )
    second = table(
        [("first.class", "string"), ("first.amount", "number")],
        [(['"a"', ">= 0"], ["1"]), (["-", "-"], ["first.amount * 2"])],
        "FIRST",
    )
    model = document(
        {"x0": "number", "x1": "number"},
        [decision("first", first, names), decision("out", second, ["x0"], ["first"])],
    )
    same(model, "out", data.draw(rows(kinds)), explain=data.draw(st.booleans()))


_TEXTS = ("x0", '"a"', '"中型"', "upper case(x0)", "substring(x0, 1, 1)", 'x0 + "!"', "null", "string(x1)")


@given(data=st.data())
@settings(SETTINGS, max_examples=40)
def test_texts_dates_and_lists(data: st.DataObject) -> None:
    text = st.sampled_from(_TEXTS)
    entries = {
        "joined": literal(f"{data.draw(text)} + {data.draw(text)}"),
        "starts": literal(f"starts with({data.draw(text)}, {data.draw(text)})"),
        "same": literal(f'{data.draw(text)} = {data.draw(text)} or x2 = date("2024-02-29")'),
        "later": literal('x2 + duration("P1M")'),
        "days": literal('x2 - date("2024-02-29")'),
        "year": literal("x2.year"),
        "before": literal('x2 < date("2024-03-01") and x1 > 0'),
        "list": literal("[x0, joined]"),
        "some": literal("some v in [x1, 1, 2] satisfies v > 2"),
        "count": literal("count([x0, x1][item != null])"),
    }
    model = document(
        {"x0": "string", "x1": "number", "x2": "date"}, [decision("out", context(entries), ["x0", "x1", "x2"])]
    )
    same(model, "out", data.draw(rows(["text", data.draw(st.sampled_from(NUMERIC)), "date"])))


@pytest.mark.parametrize("struct", [False, True])
def test_structs_lists_and_functions(struct: bool) -> None:
    firm = pa.array(
        [{"营业收入": 10, "name": "甲", "tags": ["a", "b"]}, None, {"营业收入": None, "name": None, "tags": None}],
        pa.struct([("营业收入", pa.int32()), ("name", pa.string()), ("tags", pa.list_(pa.string()))]),
    )
    knowledge = (
        '<businessKnowledgeModel id="k" name="rate"><variable name="rate"/><encapsulatedLogic>'
        '<formalParameter name="v" typeRef="number"/><literalExpression><text>if v &gt; 5 then v * 0.05 else 0</text>'
        "</literalExpression></encapsulatedLogic></businessKnowledgeModel>"
    )
    logic = context(
        {
            "rated": literal("rate(企业.营业收入)"),
            "name": literal("企业.name"),
            "tagged": literal('list contains(企业.tags, "b")'),
            "firm": literal("企业"),
            "relation": literal("[{a: 企业.name, b: 1}, {a: null, b: 2}]"),
        }
    )
    out = decision("out", logic, ["企业"]).replace(
        "<context>", '<knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement><context>'
    )
    rows = pa.table({"id": ["a", "b", "c"], "企业": firm})
    result = same(document({"企业": ""}, [knowledge, out]), "out", rows, struct=struct)
    first = result.table.to_pylist()[0]
    assert (first["out"] if struct else first)["name"] == "甲"


def test_distinct_rows_are_evaluated_once() -> None:
    model = document({"x0": "string"}, [decision("out", literal('replace(x0, "a", "b")'), ["x0"])])
    rows = pa.table({"id": range(1000), "x0": ["a", "ab", None, "c"] * 250})
    result = same(model, "out", rows)
    assert result.report.evaluations == {"out": 4}
