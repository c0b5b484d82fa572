"""A compiled table gives what the table itself gives: values and notes, whatever the inputs are."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decisions.engine.models import document, inputs, text
from tests.decisions.single.making import KINDS, cells, literal, table, values
from yingshang.decisions import Model, load
from yingshang.decisions.feel.types import BUILT_IN
from yingshang.decisions.run import Run
from yingshang.decisions.single.compiled import Compiled, bits, is_constant
from yingshang.decisions.table import USES_TO_COMPILE, Output, Table
from yingshang.decisions.values import from_python

POLICIES = [
    ("UNIQUE", None), ("ANY", None), ("PRIORITY", None), ("FIRST", None), ("RULE ORDER", None), ("OUTPUT ORDER", None),
    ("COLLECT", None), ("COLLECT", "SUM"), ("COLLECT", "MIN"), ("COLLECT", "MAX"), ("COLLECT", "COUNT"),
]  # fmt: skip


def reference(t: Table, given: list[Any], scope: dict[str, Any]) -> tuple[Any, list[Any]]:
    run = Run()
    return t.result(t.met(given, scope, run), scope, run), run.notes


def compiled(t: Compiled, given: list[Any], scope: dict[str, Any]) -> tuple[Any, list[Any]]:
    run = Run()
    return t.value(given, scope, run), run.notes


def check(t: Table, given: list[Any], scope: dict[str, Any] | None = None) -> Any:
    """Compare twice, for the second time comes from what the first kept."""
    scope = scope or {}
    fast = Compiled(t)
    expected = reference(t, given, scope)
    for _ in range(2):
        found = compiled(fast, given, scope)
        assert found == expected
        assert type(found[0]) is type(expected[0])
    return expected[0]


def test_a_first_table() -> None:
    t = table(
        [("金额", "number"), ("等级", "string")],
        [((">= 100", '"A","B"'), ["1"]), (("[50..100)", "-"), ["2"]), (("-", 'not("C")'), ["3"])],
        policy="FIRST",
    )
    fast = Compiled(t)
    assert fast.constant and not fast.moving
    assert [check(t, [from_python(a), b]) for a, b in [(100, "A"), (99, "A"), (10, "D"), (10, "C"), (None, "A")]] == [
        1,
        2,
        3,
        None,
        3,
    ]


def test_a_unique_table_notes_every_violation() -> None:
    t = table([("金额", "number")], [((">= 1",), ["1"]), ((">= 2",), ["2"])])
    fast = Compiled(t)
    for _ in range(2):
        value, notes = compiled(fast, [Decimal(3)], {})
        assert value is None
        assert [n.code for n in notes] == ["several_rules"]
        assert compiled(fast, [Decimal(0)], {})[1][0].code == "no_rule"


def test_only_cells_that_read_variables_are_run() -> None:
    t = table(
        [("金额", "number"), ("等级", "string")], [(("> 甲", '"A"'), ["1"]), (("> 5", '"A"'), ["2"])], policy="FIRST"
    )
    assert Compiled(t).moving == {0: [0]}
    assert check(t, [Decimal(6), "A"], {"甲": Decimal(5)}) == 1
    assert check(t, [Decimal(6), "A"], {"甲": Decimal(6)}) == 2
    assert check(t, [Decimal(6), "A"], {}) == 2


def test_outputs_that_are_computed_are_computed_each_time() -> None:
    t = table([("金额", "number")], [(("> 0",), ["金额 * 甲"])])
    fast = Compiled(t)
    assert not fast.constant
    for n in (2, 3):
        assert compiled(fast, [Decimal(4)], {"金额": Decimal(4), "甲": Decimal(n)})[0] == 4 * n


def test_the_time_is_no_constant() -> None:
    assert not is_constant(table([("金额", "number")], [(("-",), ["now()"])]))
    assert not is_constant(
        table([("金额", "number")], [(("-",), ["1"])], outputs=[Output("a", default=literal("today()"))])
    )


def test_more_rules_than_a_word_has_bits() -> None:
    t = table([("金额", "number")], [((f"[{n}..{n + 1})",), [str(n)]) for n in range(500)])
    fast = Compiled(t)
    assert [compiled(fast, [Decimal(n)], {})[0] for n in (0, 63, 64, 65, 499, 500)] == [0, 63, 64, 65, 499, None]


def test_very_long_tables_are_made_in_parts() -> None:
    t = table([("金额", "number")], [((f"[{n}..{n + 2})",), [str(n)]) for n in range(2500)], policy="RULE ORDER")
    fast = Compiled(t)
    assert len(fast.parts) == 3
    assert [compiled(fast, [Decimal(n)], {})[0] for n in (0, 999, 1000, 1001, 2500, 2501)] == [
        [0], [998, 999], [999, 1000], [1000, 1001], [2499], [],
    ]  # fmt: skip


def test_a_table_without_inputs_that_tell() -> None:
    assert check(table([("金额", "number")], []), [Decimal(1)]) is None


def test_bits() -> None:
    assert list(bits(0)) == []
    assert list(bits(1 << 200 | 0b101)) == [0, 2, 200]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Table, list[list[Any]], dict[str, Any]]:
    columns = draw(st.lists(st.tuples(st.sampled_from(KINDS), st.booleans()), min_size=1, max_size=3))
    outputs = draw(st.integers(1, 2))
    policy, aggregation = draw(st.sampled_from(POLICIES))
    results = st.sampled_from(["1", "2", "2.0", '"x"', "null", "甲", "[1, 2]"])
    rules = draw(
        st.lists(
            st.tuples(
                st.tuples(*(cells(kind if draw(st.integers(0, 9)) else "string") for kind, _ in columns)),
                st.lists(results, min_size=outputs, max_size=outputs),
            ),
            max_size=8,
        )
    )
    kind = draw(st.sampled_from([None, BUILT_IN["number"]]))
    default = draw(st.sampled_from([None, literal("9"), literal("甲")]))
    made = table(
        [("金额", kind if typed else None) for kind, typed in columns],
        rules,
        policy=policy,
        aggregation=aggregation,
        outputs=[Output(f"o{n}", kind, [Decimal(2), "x"], default if n == 0 else None) for n in range(outputs)],
    )
    # What ``input_values`` gives for a typed input is null or of that type.
    column = [
        values(kind).filter(lambda v, i=i: v is None or i.type is None or i.type.holds(v))
        for (kind, _), i in zip(columns, made.inputs, strict=True)
    ]
    given_values = draw(st.lists(st.tuples(*column).map(list), min_size=1, max_size=6))
    scope = {"甲": draw(values("number")), "乙": draw(values("string"))}
    return made, given_values, scope


@settings(max_examples=400, deadline=None)
@given(cases())
def test_compiled_equals_the_table(case: tuple[Table, list[list[Any]], dict[str, Any]]) -> None:
    t, rows, scope = case
    fast = Compiled(t)
    for row in [*rows, *rows]:
        assert compiled(fast, row, scope) == reference(t, row, scope)


def _named(base: str, cell: str) -> Model:
    """A model whose table asks whether its number is of a type ``t``, which is ``base``."""
    data, needs = inputs("x", types={"x": "number"})
    rules = "".join(
        f"<rule>{text('inputEntry', c)}{text('outputEntry', r)}</rule>" for c, r in ((cell, '"yes"'), ("-", '"no"'))
    )
    return load(
        document(
            f'<itemDefinition name="t"><typeRef>{base}</typeRef></itemDefinition>{data}<decision id="d" name="d">{needs}'
            f'<decisionTable hitPolicy="FIRST"><input>{text("inputExpression", "x")}</input><output name="o"/>{rules}'
            "</decisionTable></decision>"
        )
    )


@pytest.mark.parametrize("cell", ["? instance of t", "not(? instance of list<t>) and ? instance of t"])
def test_a_cell_that_names_a_type_means_the_type_of_its_own_model(cell: str) -> None:
    texts, numbers = _named("string", cell), _named("number", cell)
    for _ in range(2 * USES_TO_COMPILE):
        assert texts.evaluate("d", {"x": 5}) == "no"
        assert numbers.evaluate("d", {"x": 5}) == "yes"
