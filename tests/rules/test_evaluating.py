"""Over columns a rule says of each business what it says of one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.documents import model_of
from yingshang.rules import evaluating, verdicts
from yingshang.rules.engines import Engine

INPUTS = {"甲": "number", "乙": "boolean", "丙": "string"}
TYPES = {"甲": pa.decimal128(18, 2), "乙": pa.bool_(), "丙": pa.dictionary(pa.int32(), pa.string())}
CELLS = [
    ["-", ">= 3", "< 2.5", "[1..4]", "not(2)", "(0..3], > 5"],
    ["-", "true", "false"],
    ["-", '"a"', 'not("a", "b")', '"b", "c"'],
]
AMOUNTS = [
    "资格.元",
    "null",
    "if 资格.符合 then 资格.元 * 0.333 else null",
    "资格.元 / 7",
    "if 资格.符合 then 1 else 2",
]

rows_of_tables = st.lists(
    st.tuples(st.tuples(*(st.sampled_from(c) for c in CELLS)), st.sampled_from(["100", "200.55"])),
    min_size=1,
    max_size=4,
)
values = st.tuples(
    st.none()
    | st.integers(-100, 700).map(lambda n: Decimal(n).scaleb(-2))
    | st.sampled_from([Decimal(n) for n in range(7)]),
    st.none() | st.booleans(),
    st.none() | st.sampled_from("abcd"),
)


def table_of(rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = {n: pa.array([r[i] for r in rows], TYPES[n]) for i, n in enumerate(INPUTS)}
    return pa.table({"id": pa.array(range(1, len(rows) + 1), pa.int64()), **columns})


def one_by_one(engine: Engine, facts: dict[str, Any]) -> dict[str, Any]:
    outcome = engine.outcome(facts)
    misses = engine.near_misses(facts) if outcome.state == "not_eligible" else []
    return {"state": "near" if misses else outcome.state, "amount": outcome.amount}


@settings(max_examples=150, deadline=None)
@given(rows_of_tables, st.sampled_from(AMOUNTS), st.lists(values, min_size=1, max_size=40))
def test_columns_say_what_the_single_engine_says(
    rules: list[tuple[tuple[str, ...], str]], amount: str, people: list[tuple[Any, ...]]
) -> None:
    engine = Engine(model_of(INPUTS, [(list(cells), given) for cells, given in rules], amount=amount), "结果")
    found = evaluating.evaluate(engine, table_of(people))
    assert found.schema == verdicts.SCHEMA
    for row, person in zip(found.to_pylist(), people, strict=True):
        facts = {n: v for n, v in zip(INPUTS, person, strict=True) if v is not None}
        assert {k: row[k] for k in ("state", "amount")} == one_by_one(engine, facts)
        assert (row["lack"] is None) == (row["state"] != "near")
        assert (row["rule"] is None) == (row["state"] != "eligible")
        if row["state"] == "eligible":
            table = engine.model.explain("资格", {n: facts.get(n) for n in INPUTS})
            assert f"{row['rule']}" in table.as_text("zh")


def test_what_is_lacking_is_told_in_terms_of_the_published_table() -> None:
    engine = Engine(model_of(INPUTS, [([">= 3", "true", "-"], "200"), (["-", "true", '"a"'], "100")]), "结果")
    found = evaluating.evaluate(
        engine,
        table_of([(Decimal(1), True, "b"), (Decimal(5), False, "b"), (Decimal(5), None, "a"), (None, False, "b"),
                  (Decimal(1), True, "a"), (Decimal(1), False, "b")]),
    )  # fmt: skip
    assert found["lack"].to_pylist() == ["1\t甲\t>= 3", "1\t乙\ttrue", None, "1\t乙\ttrue", None, None]
    assert found["state"].to_pylist() == ["near", "near", "unknown", "near", "eligible", "not_eligible"]
    assert found["rule"].to_pylist() == [None, None, None, None, 2, None]
    counted = verdicts.figures(found)
    assert (counted.eligible, counted.near, counted.not_eligible, counted.unknown) == (1, 3, 4, 1)
    assert counted.amount == 100


def test_blocks_are_put_together(monkeypatch: Any) -> None:
    engine = Engine(model_of(INPUTS, [([">= 3", "-", '"a"'], "0.005")]), "结果")
    people = [(Decimal(n % 5), None, "abc"[n % 3]) for n in range(50)]
    whole = evaluating.evaluate(engine, table_of(people))
    monkeypatch.setattr(evaluating, "BLOCK", 7)
    assert evaluating.evaluate(engine, table_of(people)).to_pylist() == whole.to_pylist()
    assert set(whole["amount"].to_pylist()) == {None, Decimal("0.01")}
    assert evaluating.evaluate(engine, table_of([])).num_rows == 0


amounts = st.lists(st.none() | st.decimals(0, 10**15, places=2), min_size=1, max_size=30)


@given(amounts, amounts, st.data())
def test_amounts_of_some_rows_are_those_of_all(
    first: list[Decimal | None], more: list[Decimal | None], data: st.DataObject
) -> None:
    chunks = [pa.array(part, verdicts.MONEY) for part in (first, more)]
    skipped = data.draw(st.integers(0, len(first) - 1))
    for kept in ([chunks[0][skipped:]], chunks):
        table = pa.table({"amount": pa.chunked_array(kept)})
        rows = np.asarray(data.draw(st.lists(st.integers(0, table.num_rows - 1))), np.int64)
        assert verdicts.fens_at(table, rows).tolist() == [
            0 if a is None else int(a * 100) for a in (table["amount"][i].as_py() for i in rows.tolist())
        ]
