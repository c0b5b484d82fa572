"""Names that stand for nothing: a misspelt variable, or a text whose quotes were forgotten."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from yingshang.decisions.checks.findings import Finding
from yingshang.decisions.feel import Expression, syntax
from yingshang.decisions.feel.builtins import BUILTINS
from yingshang.decisions.feel.syntax import Node


def unknown(expression: Expression, table: str, scope: Container[str], rules: Sequence[int] = (),
            input: str = "") -> Iterator[Finding]:  # fmt: skip
    """Names in an expression that are neither in scope nor functions."""
    if all(n == "?" or n in scope for n in expression.names):
        return
    for name in dict.fromkeys(unknown_names(expression.tree, scope, frozenset())):
        yield Finding("name", table, tuple(rules), input, about={"cell": expression.text, "value": name})


def unknown_names(node: Node, scope: Container[str], bound: frozenset[str]) -> Iterator[str]:
    """Names at or below a node; those inside the condition of a filter may be entries of its items, and are let pass."""
    match node:
        case syntax.Name(name):
            if name not in bound and name not in scope and name not in BUILTINS and name != "?":
                yield name
        case syntax.Filter(source, _):
            yield from unknown_names(source, scope, bound)
        case syntax.For(bindings, body) | syntax.Quantified(_, bindings, body):
            for binding in bindings:
                yield from unknown_names(binding.source, scope, bound)
                if binding.high is not None:
                    yield from unknown_names(binding.high, scope, bound)
                bound |= {binding.name}
            yield from unknown_names(body, scope, bound | {"partial"})
        case syntax.FunctionOf(parameters, body):
            yield from unknown_names(body, scope, bound | {p.name for p in parameters})
        case syntax.ContextOf(entries):
            for key, value in entries:
                yield from unknown_names(value, scope, bound | {key} if isinstance(value, syntax.FunctionOf) else bound)
                bound |= {key}
        case _:
            for below in syntax.children(node):
                yield from unknown_names(below, scope, bound)
