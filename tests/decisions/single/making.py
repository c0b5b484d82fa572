"""Tables for tests, written as texts; and how Hypothesis makes them, with values close to their thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from yingshang.decisions.boxed import Literal
from yingshang.decisions.feel import compile as feel_of
from yingshang.decisions.feel.types import BUILT_IN
from yingshang.decisions.table import Input, Output, Rule, Table
from yingshang.decisions.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time

NAMES = ("金额", "等级", "甲", "乙", "丙")


def literal(text: str, names: Sequence[str] = NAMES) -> Literal:
    return Literal(expression=feel_of(text, names=names))


def table(
    inputs: Sequence[tuple[str, str | None] | tuple[str, str | None, str]],
    rules: Sequence[tuple[Sequence[str], Sequence[str]]],
    *,
    policy: str = "UNIQUE",
    aggregation: str | None = None,
    outputs: Sequence[Output] | None = None,
    names: Sequence[str] = NAMES,
) -> Table:
    """A table; inputs are (expression, type, allowed values), rules are (conditions, outputs)."""
    return Table(
        name="表",
        inputs=[
            Input(
                expression,
                feel_of(expression, names=names),
                BUILT_IN[kind] if kind else None,
                feel_of(allowed[0], unary=True) if allowed else None,
            )
            for expression, kind, *allowed in inputs
        ],
        outputs=list(outputs or [Output(name="结果")]),
        rules=[
            Rule(
                n,
                f"r{n}",
                [feel_of(c, unary=True, names=[*names, "?"]) for c in conditions],
                [literal(o, names) for o in results],
            )
            for n, (conditions, results) in enumerate(rules, 1)
        ],
        policy=policy,
        aggregation=aggregation,
    )


_CONSTANTS: dict[str, list[str]] = {
    "number": ["0", "1", "1.0", "1.5", "2", "3", "-4", "1e30", "0.0000000001"],
    "string": ['""', '"a"', '"ab"', '"b"', '"制造业"', '"C"'],
    "boolean": ["true", "false"],
    "date": ['@"2024-02-29"', '@"2024-03-01"', '@"2023-12-31"', '@"-0001-01-01"'],
    "time": ['@"08:00:00"', '@"23:59:59"', '@"08:00:00Z"'],
    "date and time": ['@"2024-02-29T00:00:00"', '@"2024-03-01T12:00:00"', '@"2024-03-01T12:00:00+08:00"'],
    "days and time duration": ['@"P1D"', '@"PT36H"', '@"-P1D"'],
    "years and months duration": ['@"P1Y"', '@"P11M"'],
}
KINDS = tuple(_CONSTANTS)


def cells(kind: str) -> st.SearchStrategy[str]:
    """Unary tests over constants of a kind, and some that read a variable or compute."""
    constant = st.sampled_from(_CONSTANTS[kind])
    simple = st.one_of(
        constant,
        st.just("null"),
        st.tuples(st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), constant).map(lambda p: f"{p[0]} {p[1]}"),
        st.tuples(st.sampled_from("[("), constant, constant, st.sampled_from("])")).map(
            lambda p: f"{p[0]}{p[1]}..{p[2]}{p[3]}"
        ),
    )
    several = st.lists(simple, min_size=1, max_size=3).map(", ".join)
    return st.one_of(
        st.just("-"),
        several,
        several.map(lambda t: f"not({t})"),
        st.tuples(constant, constant).map(lambda p: f"? >= {p[0]} and ? < {p[1]}"),
        st.sampled_from(["甲", "> 甲", "? = 乙", "string length(string(?)) > 2", "[1, 2]", "? instance of number"]),
    )


def values(*kinds: str) -> st.SearchStrategy[Any]:
    """FEEL values at the constants above, between them, of other kinds, null, and lists."""
    at = [feel_of(c).execute({}) for kind in kinds or KINDS for c in _CONSTANTS[kind]]
    near: dict[type, Any] = {
        Decimal: lambda v: v + Decimal("0.5"),
        str: lambda v: v + "a",
        Date: lambda v: Date.from_ordinal(v.ordinal + 1),
        Time: lambda v: Time(v.nanos - 1_000_000_000, v.zone),
        DateTime: lambda v: v.plus_nanos(-1),
        DaysDuration: lambda v: DaysDuration(v.nanos + 1),
        MonthsDuration: lambda v: MonthsDuration(v.months - 1),
    }
    beside = [near[type(v)](v) for v in at if type(v) in near]
    return st.one_of(
        st.sampled_from([*at, *beside]),
        st.none(),
        st.sampled_from([Decimal(5), "z", True, [Decimal(1)], [Decimal(1), Decimal(2)], {"a": None}, Date(2024, 1, 1)]),
    )
