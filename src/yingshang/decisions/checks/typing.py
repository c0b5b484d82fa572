"""Types as far as they are certain before anything runs: which operands cannot be computed with, what comes out.

What an operator makes of two kinds is asked of the operator itself, over one value of each kind; nothing about FEEL's
arithmetic is written down twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from yingshang.decisions.checks.findings import Finding
from yingshang.decisions.feel import Expression, operators, syntax
from yingshang.decisions.feel.syntax import Node
from yingshang.decisions.feel.types import BUILT_IN, ContextType, FunctionType, ListOfType, Simple, Type, resolve
from yingshang.decisions.table import Input
from yingshang.decisions.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time
from yingshang.decisions.values import compare, kind_of

Scope = Mapping[str, Type | None]

#: One value of each kind, such that no operator fails over the value rather than the kind.
_VALUES: dict[str, Any] = {
    "number": Decimal(2),
    "string": "2",
    "boolean": True,
    "date": Date(2024, 2, 29),
    "time": Time(0),
    "date and time": DateTime(Date(2024, 2, 29), Time(0)),
    "days and time duration": DaysDuration(2),
    "years and months duration": MonthsDuration(2),
    "list": [],
    "context": {},
}

_FUNCTIONS = {
    name: kind
    for kind, names in {
        "number": "number, string length, count, sum, mean, median, product, stddev, decimal, floor, ceiling, abs, modulo, sqrt,"
        " log, exp, round up, round down, round half up, round half down, day of year, week of year",
        "string": "string, substring, upper case, lower case, substring before, substring after, replace, string join,"
        " day of week, month of year",
        "boolean": "contains, starts with, ends with, matches, list contains, all, any, even, odd, is",
        "date": "date, today",
        "date and time": "date and time, now",
        "time": "time",
        "years and months duration": "years and months duration",
        "list": "append, concatenate, insert before, remove, reverse, index of, union, distinct values, flatten, sort, split,"
        " sublist, list replace, mode",
    }.items()
    for name in names.split(", ")
}


def kind_of_node(node: Node, scope: Scope) -> str | None:
    """The kind of value that an expression has unless it is null; None where that is not certain."""
    match node:
        case syntax.Literal(value):
            return None if value is None else kind_of(value)
        case syntax.Name() | syntax.Path():
            return _kind(_type_of(node, scope))
        case syntax.Negate(operand):
            return (
                _result("-", "number", kind_of_node(operand, scope))
                if kind_of_node(operand, scope) == "number"
                else None
            )
        case syntax.Arithmetic(first, rest):
            kind = kind_of_node(first, scope)
            for op, operand in rest:
                kind = _result(op, kind, kind_of_node(operand, scope))
            return kind
        case (
            syntax.Compare()
            | syntax.Between()
            | syntax.In()
            | syntax.Logic()
            | syntax.Quantified()
            | syntax.InstanceOf()
        ):
            return "boolean"
        case syntax.If(_, then, otherwise):
            a, b = kind_of_node(then, scope), kind_of_node(otherwise, scope)
            return a if a == b else None
        case syntax.ListOf() | syntax.For():
            return "list"
        case syntax.ContextOf():
            return "context"
        case syntax.RangeOf() | syntax.Comparison():
            return "range"
        case syntax.Call(syntax.Name(name), _, _):
            if name not in scope:
                return _FUNCTIONS.get(name)
            called = scope[name]
            return _kind(called.result) if isinstance(called, FunctionType) else None
    return None


def operands(
    expression: Expression, table: str, scope: Scope, rules: Sequence[int] = (), input: str = ""
) -> Iterator[Finding]:
    """Operations between kinds that have none: null for every input."""
    for node in _walk(expression.tree):
        for op, a, b in _operations(node, scope):
            if a is not None and b is not None and not _possible(op, a, b):
                text = expression.text[node.start : node.end]
                yield Finding("operand", table, tuple(rules), input, about={"cell": text, "kind": f"{a} {op} {b}"})


def input_type(column: Input, table: str, scope: Scope) -> Iterator[Finding]:
    """An input whose expression gives another kind than its type wants."""
    given, wanted = kind_of_node(column.expression.tree, scope), _kind(column.type)
    if given is None or wanted is None or given == wanted:
        return
    if (given, wanted) == ("date", "date and time") or given == "list" or wanted == "list":
        # Coerced: midnight for a date, the only item of a list, a list of one.
        return
    about = {"cell": column.expression.text, "kind": given, "type": str(column.type)}
    yield Finding("input_type", table, (), column.label, about=about)


def _type_of(node: Node, scope: Scope) -> Type | None:
    match node:
        case syntax.Name(name):
            return scope.get(name)
        case syntax.Path(source, name):
            around = _type_of(source, scope)
            shape = None if around is None else resolve(around)
            if isinstance(shape, ContextType):
                return shape.entries.get(name)
            kind = kind_of_node(source, scope)
            value = (
                operators.member(_VALUES[kind], name) if kind in _VALUES and kind not in ("list", "context") else None
            )
            return BUILT_IN.get(kind_of(value)) if value is not None else None
    return None


def _kind(type: Type | None) -> str | None:
    shape = None if type is None else resolve(type)
    if isinstance(shape, Simple):
        return shape.name
    return "list" if isinstance(shape, ListOfType) else "context" if isinstance(shape, ContextType) else None


def _walk(node: Node) -> Iterator[Node]:
    """A node and those below, without the conditions of filters, where names may be entries."""
    yield node
    for below in [node.source] if isinstance(node, syntax.Filter) else syntax.children(node):
        yield from _walk(below)


def _operations(node: Node, scope: Scope) -> Iterator[tuple[str, str | None, str | None]]:
    match node:
        case syntax.Arithmetic(first, rest):
            kind = kind_of_node(first, scope)
            for op, operand in rest:
                other = kind_of_node(operand, scope)
                yield op, kind, other
                kind = _result(op, kind, other)
        case syntax.Compare(op, left, right):
            yield op, kind_of_node(left, scope), kind_of_node(right, scope)
        case syntax.Between(value, low, high):
            for end in (low, high):
                yield "<", kind_of_node(value, scope), kind_of_node(end, scope)
        case syntax.Logic(op, operand_nodes):
            for operand in operand_nodes:
                yield op, "boolean", kind_of_node(operand, scope)


@cache
def _possible(op: str, a: str, b: str) -> bool:
    if op in ("and", "or"):
        return b == "boolean"
    if op in ("=", "!="):
        return a == b
    if a not in _VALUES or b not in _VALUES or "list" in (a, b):
        return True
    if op in ("<", "<=", ">", ">="):
        return compare(op, _VALUES[a], _VALUES[b]) is not None
    return _result(op, a, b) is not None


@cache
def _result(op: str, a: str | None, b: str | None) -> str | None:
    if a not in _VALUES or b not in _VALUES:
        return None
    value = operators.ARITHMETIC[op](_VALUES[a], _VALUES[b])
    return None if value is None else kind_of(value)
