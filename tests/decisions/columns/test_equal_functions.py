"""Every built-in function and construct over columns, with operands of every kind: equal to the scalar engine on every row."""

from __future__ import annotations

import re
from decimal import Decimal

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.decisions.columns.equality import same
from tests.decisions.columns.modelling import context, decision, document, literal
from tests.decisions.columns.strategies import KINDS, column
from yingshang.decisions.feel.builtins import BUILTINS
from yingshang.decisions.feel.builtins.registry import Parameter
from yingshang.decisions.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time
from yingshang.decisions.values import Function, Range

#: Not the same twice.
MOVING = {"now", "today"}
COLUMNS = {"n": "cents", "m": "int64", "t": "text", "d": "date", "b": "bool", "s": "span", "z": "instant", "c": "clock"}
ARGUMENTS: dict[type, tuple[str, ...]] = {
    Decimal: ("n", "m", "n * m", "n / 3", "2", "-1", "0", "1.5", "12345678901234567890.5"),
    str: ("t", "t + \"a\"", '"a"', '"i"', '"1,5"', '","', '"2024-02-29"', '"P1M"', '"[1..3]"', "string(n)"),
    bool: ("b", "n > 1", "true"),
    Date: ("d", "d + @\"P1M\"", '@"2024-02-29"'),
    Time: ("c", '@"12:30:00"', '@"12:30:00Z"'),
    DateTime: ("z", "date and time(d, c)", '@"2024-02-29T00:00:00@Europe/Paris"'),
    DaysDuration: ("s", "-s", '@"PT1H"'),
    MonthsDuration: ('@"P13M"', "years and months duration(d, @\"2024-02-29\")"),
    list: ("[n, m]", "[n, m, 1, null]", "[t, \"a\"]", "[]", "[d]", "[b, true]", "[[n], m]", "[{key: t, value: n}]"),
    dict: ("{a: n, b: t}", "{a: {b: d}}", "{}"),
    Range: ("[1..n]", "(n..m]", "[d..@\"2024-03-01\"]", "(< n)", '["a"..t]'),
    Function: ("function(x, y) x < y", "function(x, y) x = n", "function(x) x"),
}  # fmt: skip
ANYTHING = [a for kind in ARGUMENTS.values() for a in kind] + ["null"]


@st.composite
def argument(draw: st.DrawFn, parameter: Parameter) -> str:
    """Mostly one of a kind that the parameter takes."""
    if not parameter.kinds or draw(st.integers(0, 7)) == 0:
        return draw(st.sampled_from(ANYTHING))
    return draw(st.sampled_from(ARGUMENTS[draw(st.sampled_from(parameter.kinds))]))


@st.composite
def call(draw: st.DrawFn, name: str) -> str:
    """A call of a function by position or by name."""
    signature = draw(st.sampled_from(BUILTINS[name].signatures))
    parameters = signature.parameters[: draw(st.integers(signature.least, len(signature.parameters)))]
    values = [draw(argument(p)) for p in parameters]
    if parameters and draw(st.integers(0, 3)) == 0:
        return f"{name}({', '.join(f'{p.name}: {v}' for p, v in zip(parameters, values, strict=True))})"
    return f"{name}({', '.join(values)})"


@st.composite
def rows(draw: st.DrawFn) -> pa.Table:
    count = draw(st.integers(1, 6))
    return pa.table({"id": pa.array(range(count)), **{n: draw(column(KINDS[k], count)) for n, k in COLUMNS.items()}})


@given(data=st.data())
@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
def test_functions(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(BUILTINS.keys() - MOVING)), min_size=3, max_size=8))
    entries = {f"e{n}": literal(data.draw(call(name))) for n, name in enumerate(names)}
    types = {n: KINDS[k].feel for n, k in COLUMNS.items()}
    model = document(types, [decision("out", context(entries), list(COLUMNS))])
    same(model, "out", data.draw(rows()), struct=data.draw(st.booleans()))


_TEMPLATES = (
    "[{N}, {N}][{N} > {N}]", "[{N}, {N}, null][{N}]", "[{N}, {N}][-1]", "{N}[item > {N}]", "[{X}, {X}][item = {X}]",
    "for i in [{N}, {N}] return i {A} {N}", "for i in 1..3 return count(partial) + {N}", "for d in [{D}..{D}] return d.day",
    "for i in [{N}, 2], j in [i, {N}] return j", "some v in [{X}, {X}] satisfies v = {X}",
    "every v in [{N}, 1] satisfies v {C} {N}", "{X} in ({X}, {X})", "{N} in [{N}..{N})", "{N} in ({C} {N}, {N})",
    "{X} in [[{X}], {X}]", "not({X} {C} {X})", "{X} {C} {X} and {B}", "{B} or {X} {C} {X}", "{X} between {X} and {X}",
    "if {B} then {X} else {X}", "{X} instance of {K}", "[{X}, {X}] instance of list<{K}>", "[{N}..{N}].start included",
    "{a: {X}, b: a, c: [a, b]}.c", "{a: {N}, f: function(x) x {A} a, r: f({N})}.r", "[{a: {X}}, {b: {N}}].a",
    "{D} {A} {L}", "{L} {A} {D}", "{L} {A} {L}", "{L} * {N}", "{L} / {N}", "{L} / {L}", "{D} - {D}", "-{L}", "-{X}",
    "{X} {A} {X}", "{N} ** {N}", "({N} / {N}) {C} {N}", "{D}.{P}", "{L}.{Q}", "{X}.{P}", "[{D}, {D}].{P}",
    "(function(x: {K}) x)({X})", "({N} {A} {N} {A} {N}) {C} {X}", "string({X}) + {X}", "[{X}] = [{X}]",
    "is({X}, {X})", "{a: {X}} = {a: {X}}", "sort([{N}, {N}, {N}])", "min([{X}, {X}])", "[{N}..{N}] = [{N}..{N}]",
)  # fmt: skip
_DURATIONS = ("s", "-s", '@"PT36H"', '@"P1Y2M"', '@"P0M"', 'd - @"2024-02-29"', "null")
_MOMENTS = (*ARGUMENTS[Date], *ARGUMENTS[DateTime], *ARGUMENTS[Time], "null")
_PLACES = {
    "N": (*ARGUMENTS[Decimal], "null"),
    "X": tuple(ANYTHING),
    "B": (*ARGUMENTS[bool], "null"),
    "D": _MOMENTS,
    "L": _DURATIONS,
    "A": ("+", "-", "*", "/"),
    "C": ("<", "<=", "=", "!=", ">", ">="),
    "K": ("number", "string", "boolean", "date", "time", "date and time", "days and time duration", "list<Any>"),
    "P": ("year", "month", "day", "weekday", "hour", "minute", "second", "time offset", "timezone", "value"),
    "Q": ("days", "hours", "minutes", "seconds", "years", "months"),
}


@st.composite
def filled(draw: st.DrawFn) -> str:
    """A template with something in every place; parentheses around what has operators."""
    parts = re.split(r"\{([A-Z])\}", draw(st.sampled_from(_TEMPLATES)))
    for n in range(1, len(parts), 2):
        chosen = draw(st.sampled_from(_PLACES[parts[n]]))
        parts[n] = f"({chosen})" if parts[n] in "NXBDL" and (" " in chosen or chosen[0] == "-") else chosen
    return "".join(parts)


@given(data=st.data())
@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
def test_constructs(data: st.DataObject) -> None:
    entries = {f"e{n}": literal(data.draw(filled())) for n in range(data.draw(st.integers(3, 8)))}
    types = {n: KINDS[k].feel for n, k in COLUMNS.items()}
    model = document(types, [decision("out", context(entries), list(COLUMNS))])
    same(model, "out", data.draw(rows()), struct=data.draw(st.booleans()))
