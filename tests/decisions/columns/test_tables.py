"""Tables: cases that Hypothesis found once, tables of more rules than a word has bits, near misses, chains."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decisions.columns.equality import same
from tests.decisions.columns.modelling import decision, document, literal, table
from yingshang import decisions
from yingshang.decisions import columns


def test_one_column_in_two_inputs_of_a_table() -> None:
    logic = table([("x", "number"), ("x", "number")], [(["< 1", "[1..2]"], ["1"]), (["-", "-"], ["2"])], "FIRST")
    model = document({"x": "number"}, [decision("out", logic, ["x"])])
    assert same(model, "out", pa.table({"id": [0, 1], "x": [0.1, 1.5]})).table.column("out").to_pylist() == [2, 2]


def test_numbers_of_more_than_64_bits_are_rounded() -> None:
    model = document(
        {"x": "number"}, [decision("out", literal("[decimal(x, 0), floor(x), round up(x, 1), -x * 2]"), ["x"])]
    )
    values = [Decimal("12345678901234567890.1250000000"), None, Decimal("-99999999999999999999.9500000000")]
    same(model, "out", pa.table({"id": range(3), "x": pa.array(values, pa.decimal128(38, 10))}))


@pytest.mark.parametrize("rules", [63, 64, 70, 127, 130])
@pytest.mark.parametrize(("policy", "aggregation"), [("UNIQUE", ""), ("FIRST", ""), ("ANY", ""), ("PRIORITY", ""),
                                                     ("COLLECT", "SUM"), ("RULE ORDER", "")])  # fmt: skip
def test_tables_of_many_rules(rules: int, policy: str, aggregation: str) -> None:
    lines = [
        ([f"[{n * 3}..{n * 3 + (2 if n % 9 else 4)}]", f"< {n % 7}" if n % 5 else "-"], [str(n % 11)])
        for n in range(rules)
    ]
    logic = table(
        [("x", "number"), ("y", "number")],
        lines,
        policy,
        aggregation,
        values=["3, 1, 2"] if policy == "PRIORITY" else [],
    )
    model = document({"x": "number", "y": "number"}, [decision("out", logic, ["x", "y"])])
    xs = [*range(-2, rules * 3 + 5), None]
    rows = pa.table({"id": range(len(xs)), "x": xs, "y": [None if n % 8 == 7 else n % 8 for n in range(len(xs))]})
    same(model, "out", rows, explain=True)


def test_a_chain_of_tables_is_binned_by_its_results() -> None:
    first = table([("x", "number")], [(["< 10"], ['"low"']), ([">= 10"], ['"high"'])])
    second = table([("first", "string"), ("x", "number")], [(['"low"', "> 5"], ["1"]), (['not("low")', "-"], ["2"])])
    third = table([("second", "number")], [(["1"], ['"a"']), (["> 1"], ['"b"']), (["null"], ['"c"'])])
    model = document(
        {"x": "number"},
        [
            decision("first", first, ["x"]),
            decision("second", second, ["x"], ["first"]),
            decision("third", third, [], ["second"]),
        ],
    )
    result = same(model, "third", pa.table({"id": range(4), "x": [3, 7, 12, None]}), explain=True)
    assert result.table.to_pylist()[1] == {"id": 1, "third": "a", "first.rule": 1, "second.rule": 1, "third.rule": 1}
    assert not result.report.reasons and not result.report.evaluations


def test_the_report_says_what_went_row_by_row_and_why() -> None:
    collected = table([("x", "number")], [(["< 10"], ["x * 2"]), (["< 20"], ["x"])], "COLLECT")
    model = document(
        {"x": "number"}, [decision("all", collected, ["x"]), decision("out", literal("sum(all)"), [], ["all"])]
    )
    result = same(model, "out", pa.table({"id": range(3), "x": [1, 15, 30]}))
    assert result.report.reasons == {"all": "its results are no constants, and COLLECT looks at them"}
    assert result.report.evaluations == {"all": 3, "out": 3}
    assert list(result.report.texts) == ["out"]


def _near_by_hand(cells: list[list[str]], policy: str, row: dict[str, object]) -> str | None:
    """Near misses as their definition says them, cell by cell with the scalar engine."""
    names = list(row)
    tests = [
        [
            decisions.feel.compile(c, unary=True).evaluate({"?": row[n]}) is True
            for c, n in zip(line, names, strict=True)
        ]
        for line in cells
    ]
    met = [n for n, verdicts in enumerate(tests) if all(verdicts)]
    last = met[0] if met and policy == "FIRST" else len(cells)
    for n in range(last):
        if tests[n].count(False) == 1:
            at = tests[n].index(False)
            return f"{n + 1}: {names[at]} {cells[n][at]}"
    return None


@pytest.mark.parametrize("rules", [6, 70])
@pytest.mark.parametrize("policy", ["FIRST", "UNIQUE", "COLLECT"])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_near_misses_are_rules_that_one_input_keeps_from_being_met(
    rules: int, policy: str, data: st.DataObject
) -> None:
    bound = st.integers(0, 5)
    cells = [
        [data.draw(st.sampled_from(["-", ">= {}", "< {}", "{}", "null"])).format(data.draw(bound)) for _ in range(3)]
        for _ in range(rules)
    ]
    logic = table([(n, "number") for n in "abc"], [(line, [str(n)]) for n, line in enumerate(cells)], policy)
    model = decisions.load(document(dict.fromkeys("abc", "number"), [decision("out", logic, "abc")]))
    value = st.one_of(st.none(), bound)
    rows = [{n: data.draw(value) for n in "abc"} for _ in range(8)]
    given_rows = pa.Table.from_pylist([{"id": n, **r} for n, r in enumerate(rows)], _SCHEMA)
    found = columns.run(model, "out", given_rows, near_misses=True).table.column("out.near").to_pylist()
    assert found == [_near_by_hand(cells, policy, r) for r in rows]


_SCHEMA = pa.schema([("id", pa.int64()), *((n, pa.int32()) for n in "abc")])


def test_the_largest_doubles_and_columns_of_nothing() -> None:
    logic = table([("x", "number"), ("y", "number")], [(["-", "< x"], ["1"])], "FIRST")
    most = 1.7976931348623157e308
    rows = pa.table({"id": range(4), "x": [0.1, most, -most, None], "y": [0.1, 0.1, most, most]})
    same(document({"x": "number", "y": "number"}, [decision("out", logic, ["x", "y"])]), "out", rows)
    model = document({"x": "string", "y": "number"}, [decision("out", literal("x + string(y)"), ["x", "y"])])
    nothing = pa.table({"id": [0], "x": pa.array([None], pa.string()), "y": pa.array([None], pa.int8())})
    assert same(model, "out", nothing).table.to_pylist() == [{"id": 0, "out": None}]
