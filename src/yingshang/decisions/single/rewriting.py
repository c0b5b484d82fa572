"""Expressions with some of their variables replaced by values, so that what is known in one evaluation becomes constant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from yingshang.decisions.feel import Expression, syntax
from yingshang.decisions.feel.builtins import BUILTINS
from yingshang.decisions.feel.compiler import Compiler

#: Nodes with variables of their own, which might have the names that are replaced.
_OPAQUE = (syntax.For, syntax.Quantified, syntax.Filter, syntax.FunctionOf, syntax.ContextOf)


def fixed(cell: Expression, scope: Mapping[str, Any]) -> Expression:
    """A cell with its variables replaced by the values that they have, where that keeps its meaning.

    A variable that the scope does not hold is unknown, which is not null: it stays.
    A condition stands for itself in a cell, where a constant true or false is compared with the input; so cells that
    read conditions stay as they are.
    """
    used = {n: scope[n] for n in cell.names if n != "?" and n in scope}
    if not used or any(isinstance(v, bool) for v in used.values()):
        return cell
    return compiled(replaced(cell.tree, {n: syntax.Literal(v) for n, v in used.items()}), f"{cell.text} {used!r}")


def compiled(tree: syntax.Node, text: str) -> Expression:
    """A tree as an expression; ``text`` has to tell it from all others."""
    compiler = Compiler(frozenset())
    run = compiler.run(tree)
    return Expression(text, frozenset(compiler.free - BUILTINS.keys()), tree, run, compiler.size)


def replaced(node: syntax.Node, by: Mapping[str, syntax.Node]) -> syntax.Node:
    """A tree with nodes in the place of variables."""
    if isinstance(node, syntax.Name):
        return by.get(node.name, node)
    if isinstance(node, _OPAQUE):
        return node
    return replace(node, **{f.name: _replaced(getattr(node, f.name), by) for f in fields(node)})


def _replaced(value: Any, by: Mapping[str, syntax.Node]) -> Any:
    if isinstance(value, syntax.Node):
        return replaced(value, by)
    if isinstance(value, list):
        return [_replaced(v, by) for v in value]
    if isinstance(value, tuple):
        return tuple(_replaced(v, by) for v in value)
    return value
