"""The checks against trying every case: tables whose limits are whole numbers, at every half."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decisions.checks.tables import table
from yingshang.decisions.checks.tables import MOST, TableCheck
from yingshang.decisions.run import Run
from yingshang.decisions.table import Table

NUMBERS = [Decimal(n) / 2 for n in range(-1, 9)]
TEXTS = ["大", "中", "小", "小型", "其他"]
NAMES = {"number": NUMBERS, "string": TEXTS, "boolean": [True, False]}

number = st.integers(0, 3).map(str)
number_cells = st.one_of(
    st.just("-"),
    st.builds(lambda op, n: f"{op} {n}", st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), number),
    st.builds(lambda a, lo, hi, b: f"{a}{lo}..{hi}{b}", st.sampled_from("[("), number, number, st.sampled_from("])")),
    st.builds(lambda a, b: f"{a}, > {b}", number, number),
    st.builds(lambda a, b: f"not({a}, > {b})", number, number),
    st.just("null"),
)
text_cells = st.sampled_from(["-", '"大"', '"大", "中"', 'not("小")', 'starts with(?, "小")', '? != "中"', "null"])
truth_cells = st.sampled_from(["-", "-", "true", "false", "not(true)"])
CELLS = {"number": number_cells, "string": text_cells, "boolean": truth_cells}
POLICIES = ["UNIQUE", "ANY", "FIRST", "PRIORITY"]


@st.composite
def tables(draw: st.DrawFn) -> tuple[Table, list[str]]:
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=3))
    rows = [
        " | ".join(draw(CELLS[k]) for k in kinds) + f" -> {draw(st.integers(1, 2))}"
        for _ in range(draw(st.integers(1, 7)))
    ]
    header = " | ".join(f"x{n}: {k}" for n, k in enumerate(kinds))
    return table(header, rows, draw(st.sampled_from(POLICIES)), values=[Decimal(2), Decimal(1)]), kinds


def met(t: Table, values: tuple[Any, ...]) -> list[int]:
    run = Run()
    return [
        r.number
        for r in t.rules
        if all(c.execute({}, v, run.budget) is True for c, v in zip(r.conditions, values, strict=True))
    ]


def result(t: Table, number: int) -> Any:
    return t.rules[number - 1].outputs[0].evaluate({}, Run())


def taken(t: Table, rule: int, rules: list[int]) -> bool:
    """Whether other rules take this case from the rule."""
    others = [r for r in rules if r != rule]
    match t.policy:
        case "FIRST":
            return any(r < rule for r in others)
        case "PRIORITY":
            return any((-result(t, r), r) < (-result(t, rule), rule) for r in others)
        case "ANY":
            return any(r < rule and result(t, r) == result(t, rule) for r in others)
    return bool(others)


@given(tables())
@settings(max_examples=150, deadline=None)
def test_the_checks_find_what_trying_every_case_finds(case: tuple[Table, list[str]]) -> None:
    t, kinds = case
    check = TableCheck(t, "表")
    findings = list(check.findings())
    assert not any(f.code in ("budget", "unclear") for f in findings)
    every = {v: met(t, v) for v in itertools.product(*([*NAMES[k], None] for k in kinds))}
    named = {c.label: c.null_named for c in check.columns}
    counted = {v: rules for v, rules in every.items() if all(x is not None or named[f"x{n}"] for n, x in enumerate(v))}

    gaps = {v for v, rules in counted.items() if not rules}
    told = [f.example for f in findings if f.code == "gap"]
    assert bool(gaps) is bool(told)
    for example in told:
        choices = [[example[f"x{n}"]] if f"x{n}" in example else [*NAMES[k]] for n, k in enumerate(kinds)]
        assert all(not met(t, v) for v in itertools.product(*choices))

    if t.policy in ("UNIQUE", "ANY"):
        pairs = {
            p
            for rules in every.values()
            for p in itertools.combinations(rules, 2)
            if t.policy == "UNIQUE" or result(t, p[0]) != result(t, p[1])
        }
        overlaps = {f.rules: f.example for f in findings if f.code == "overlap"}
        assert set(overlaps) == pairs if len(pairs) <= MOST else len(overlaps) == MOST
        for rules, example in overlaps.items():
            values = tuple(example.get(f"x{n}", NAMES[k][0]) for n, k in enumerate(kinds))
            assert set(rules) <= set(met(t, values))

    ever = {r for rules in every.values() for r in rules}
    assert {f.rules[0] for f in findings if f.code == "never"} == {r.number for r in t.rules} - ever
    lost = {r for r in ever if all(taken(t, r, rules) for rules in every.values() if r in rules)}
    assert {f.rules[0] for f in findings if f.code in ("masked", "redundant", "collides")} == lost
