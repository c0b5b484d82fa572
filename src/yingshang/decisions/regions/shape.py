"""Which cells can be told by their constants alone, and at which values they can change their mind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel import syntax
from yingshang.decisions.feel.builtins import BUILTINS
from yingshang.decisions.feel.compiler import Compiler
from yingshang.decisions.feel.syntax import Node
from yingshang.decisions.regions.axes import following_prefix
from yingshang.decisions.values import Range

#: Built-in functions that do not answer the same every time.
_MOVING = frozenset({"now", "today"})
#: Steps that the constants of one cell may take.
_STEPS = 10_000


class _Unfit(Exception):
    """The cell asks its input for more than its place in an order."""


@dataclass(slots=True)
class Shape:
    """What a cell compares its input with.

    Attributes:
        points: constants at which the verdict can change.
        by_kind: whether the verdict may differ from one kind of value to another (``? instance of number``).
    """

    points: list[Any] = field(default_factory=list)
    by_kind: bool = False


def shape_of(tree: Node) -> Shape | None:
    """The shape of unary tests that read no variables; None where there is none."""
    if not isinstance(tree, syntax.Tests):
        return None
    shape = Shape()
    try:
        for test in tree.tests:
            _test(test, shape)
    except _Unfit:
        return None
    return shape


def _test(node: Node, shape: Shape) -> None:
    """A positive unary test."""
    if isinstance(node, syntax.Literal):
        _points(node.value, shape)
    elif isinstance(node, syntax.Comparison):
        _points(_constant(node.endpoint), shape)
    elif not isinstance(node, syntax.RangeOf) and syntax.mentions(node, "?"):
        _condition(node, shape)
    else:
        _points(_constant(node), shape)


def _condition(node: Node, shape: Shape) -> None:
    """A condition over ``?``."""
    if not syntax.mentions(node, "?"):
        _constant(node)
        return
    match node:
        case syntax.Name("?"):
            shape.by_kind = True
        case syntax.InstanceOf(syntax.Name("?"), _):
            shape.by_kind = True
        case syntax.Compare(_, syntax.Name("?"), constant) | syntax.Compare(_, constant, syntax.Name("?")):
            _points(_constant(constant), shape)
        case syntax.Between(syntax.Name("?"), low, high):
            _points(_constant(low), shape)
            _points(_constant(high), shape)
        case syntax.In(syntax.Name("?"), tests):
            for test in tests:
                if syntax.mentions(test, "?"):
                    raise _Unfit
                _test(test, shape)
        case syntax.Logic(_, operands):
            for operand in operands:
                _condition(operand, shape)
        case syntax.Call(syntax.Name("not"), [operand], []):
            _condition(operand, shape)
        case syntax.Call(syntax.Name("list contains"), [items, syntax.Name("?")], []):
            _points(_constant(items), shape)
        case syntax.Call(syntax.Name("starts with"), [syntax.Name("?"), prefix], []):
            _prefix(_constant(prefix), shape)
        case _:
            raise _Unfit


def _prefix(prefix: Any, shape: Shape) -> None:
    # A list of one text would do as well, and says more than an order.
    if type(prefix) is not str:
        raise _Unfit
    end = following_prefix(prefix)
    shape.points += [prefix] if end is None else [prefix, end]


def _points(value: Any, shape: Shape) -> None:
    if value is None:
        return
    if type(value) is list:
        # An untyped input may be such a list itself.
        shape.by_kind = True
        for item in value:
            _points(item, shape)
    elif type(value) is Range:
        shape.points += [v for v in (value.low, value.high) if v is not None]
    else:
        shape.points.append(value)


def constant_of(node: Node) -> Any:
    """The value of an expression without variables.

    Raises:
        ValueError: it reads variables or the time, loops, or takes too many steps.
    """
    try:
        return _constant(node)
    except _Unfit:
        raise ValueError("not a constant") from None


def _constant(node: Node) -> Any:
    if isinstance(node, syntax.Literal):
        return node.value
    if (
        isinstance(node, syntax.RangeOf)
        and isinstance(node.low, syntax.Literal)
        and isinstance(node.high, syntax.Literal)
    ):
        return Range(node.low.value, node.high.value, node.low_in, node.high_in)
    _refuse_moving(node)
    compiler = Compiler(frozenset())
    run = compiler.run(node)
    if compiler.free - BUILTINS.keys():
        raise _Unfit
    frame: list[Any] = [None] * compiler.size
    frame[0], frame[1] = {}, [_STEPS]
    try:
        return run(frame)
    except (EvaluationError, RecursionError):
        raise _Unfit from None


def _refuse_moving(node: Node) -> None:
    match node:
        case syntax.For() | syntax.Quantified() | syntax.FunctionOf() | syntax.Filter():
            raise _Unfit
        case syntax.Name(name) if name not in BUILTINS or name in _MOVING:
            raise _Unfit
    for below in syntax.children(node):
        _refuse_moving(below)
