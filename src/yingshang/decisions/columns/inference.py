"""Shapes of expressions and boxed expressions, from the types of the columns that they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from yingshang.decisions.boxed import (
    Boxed,
    BoxedList,
    Conditional,
    Context,
    Definition,
    Invocation,
    Literal,
    Relation,
)
from yingshang.decisions.columns.masks import constant_of
from yingshang.decisions.columns.shapes import (
    ANYTHING,
    BOOLEAN,
    NULL,
    STRING,
    Clock,
    Entries,
    ListOf,
    Nothing,
    Number,
    Plain,
    Shape,
    join,
    join_all,
    narrowed,
    of_type,
    of_value,
)
from yingshang.decisions.feel import syntax
from yingshang.decisions.feel.builtins import BUILTINS
from yingshang.decisions.feel.syntax import Node
from yingshang.decisions.table import SINGLE_HIT, Table

Variables = Mapping[str, Any]
#: Functions by name, and the shape that they give.
_TEXTS = ("string", "substring", "upper case", "lower case", "substring before", "substring after", "replace",
          "string join")  # fmt: skip
_CONDITIONS = ("not", "contains", "starts with", "ends with", "matches", "list contains", "all", "any", "is", "odd",
               "even", "before", "after", "meets", "met by", "overlaps", "includes", "during", "starts", "finishes",
               "coincides")  # fmt: skip
_ROUNDING = ("decimal", "floor", "ceiling", "round up", "round down", "round half up", "round half down")
_DEPTH = 20


class Called:
    """A function of the model, for what its calls give."""

    def __init__(self, definition: Definition, around: Variables) -> None:
        self.definition = definition
        self.around = around


def of_boxed(boxed: Boxed | None, scope: Variables, depth: int = 0) -> Shape:
    """The shape of a boxed expression's values."""
    if boxed is None or depth > _DEPTH:
        return NULL if boxed is None else ANYTHING
    return narrowed(_of_boxed(boxed, scope, depth + 1), boxed.type)


def _of_boxed(boxed: Boxed, scope: Variables, depth: int) -> Shape:
    match boxed:
        case Literal():
            return of_node(boxed.expression.tree, scope, depth)
        case Table():
            return _of_table(boxed, scope, depth)
        case Context():
            return _of_context(boxed, scope, depth)
        case Conditional():
            return join(of_boxed(boxed.then, scope, depth), of_boxed(boxed.otherwise, scope, depth))
        case BoxedList():
            return ListOf(join_all(of_boxed(i, scope, depth) for i in boxed.items))
        case Relation():
            columns = {
                name: join_all(narrowed(of_boxed(row[n], scope, depth), kind) for row in boxed.rows)
                for n, (name, kind) in enumerate(boxed.columns)
            }
            return ListOf(Entries(columns))
        case Invocation(called=Literal(expression=called)) if isinstance(called.tree, syntax.Name):
            function = scope.get(called.tree.name)
            if isinstance(function, Called):
                bound = {n: narrowed(of_boxed(b, scope, depth), kind) for n, kind, b in boxed.bindings}
                return _of_call(function, bound, depth)
    return ANYTHING


def _of_context(boxed: Context, scope: Variables, depth: int) -> Shape:
    inner: dict[str, Any] = dict(scope)
    found: dict[str, Shape] = {}
    for name, kind, entry in boxed.entries:
        if isinstance(entry, Definition):
            inner[name] = Called(entry, inner)
            found[name] = ANYTHING
            continue
        shape = narrowed(of_boxed(entry, inner, depth), kind)
        if not name:
            return shape
        found[name] = inner[name] = shape
    return Entries(found)


def _of_table(table: Table, scope: Variables, depth: int) -> Shape:
    columns: list[Shape] = []
    for n, output in enumerate(table.outputs):
        cells = [r.outputs[n] for r in table.rules] + ([output.default] if output.default is not None else [])
        shapes = []
        for cell in cells:
            constant = constant_of(cell)
            shapes.append(of_boxed(cell, scope, depth) if constant is None else of_value(constant[0]))
        columns.append(narrowed(join_all(shapes), output.type))
    one = columns[0] if len(columns) == 1 else Entries(dict(zip([o.name for o in table.outputs], columns, strict=True)))
    if table.policy in SINGLE_HIT:
        return one
    defaults = [o.default for o in table.outputs if o.default is not None]
    match table.aggregation:
        case None:
            return ListOf(one) if not defaults else ANYTHING
        case "COUNT":
            return join(Number(6, 0), one) if defaults else Number(6, 0)
        case "SUM" if isinstance(one, Number):
            more = None if one.digits is None else one.digits + len(str(len(table.rules)))
            return Number(more, one.scale)
    return one if len(columns) == 1 else NULL


def _of_call(function: Called, arguments: Mapping[str, Shape], depth: int) -> Shape:
    definition = function.definition
    if depth > _DEPTH:
        return ANYTHING
    inner = dict(function.around)
    for name, kind in definition.parameters:
        inner[name] = narrowed(arguments.get(name, NULL), kind)
    return of_boxed(definition.body, inner, depth + 1)


# --- FEEL -------------------------------------------------------------------------------------------------------------


def of_node(node: Node, scope: Variables, depth: int = 0) -> Shape:
    """The shape of an expression's values."""
    if depth > 200:
        return ANYTHING
    match node:
        case syntax.Literal(value):
            return of_value(value)
        case syntax.Name(name):
            found = scope.get(name, NULL)
            return found if isinstance(found, Shape) else ANYTHING
        case syntax.Negate(operand):
            return of_node(operand, scope, depth + 1)
        case syntax.Arithmetic(first, rest):
            shape = of_node(first, scope, depth + 1)
            for op, operand in rest:
                shape = _arithmetic(op, shape, of_node(operand, scope, depth + 1))
            return shape
        case syntax.Compare() | syntax.Between() | syntax.In() | syntax.Logic() | syntax.InstanceOf():
            return BOOLEAN
        case syntax.Quantified() | syntax.Tests():
            return BOOLEAN
        case syntax.If(_, then, otherwise):
            return join(of_node(then, scope, depth + 1), of_node(otherwise, scope, depth + 1))
        case syntax.Path(source, name):
            return _member(of_node(source, scope, depth + 1), name)
        case syntax.ListOf(items):
            return ListOf(join_all(of_node(i, scope, depth + 1) for i in items))
        case syntax.ContextOf(entries):
            inner = dict(scope)
            found_: dict[str, Shape] = {}
            for key, value in entries:
                found_[key] = inner[key] = of_node(value, inner, depth + 1)
            return Entries(found_)
        case syntax.Call(syntax.Name(name), positional, []):
            return _call(name, positional, scope, depth)
    return ANYTHING


def _member(shape: Shape, name: str) -> Shape:
    match shape:
        case Entries():
            return shape.fields.get(name, NULL)
        case Nothing():
            return NULL
        case Plain("date") if name in ("year", "month", "day", "weekday"):
            return Number(10, 0)
    return ANYTHING


def _arithmetic(op: str, a: Shape, b: Shape) -> Shape:
    if isinstance(a, Nothing) or isinstance(b, Nothing):
        return NULL
    if isinstance(a, Number) and isinstance(b, Number):
        return _number(op, a, b)
    if op == "+" and a == STRING and b == STRING:
        return STRING
    day = Plain("date")
    if op == "-" and a == day and b == day:
        return Clock("days and time duration", "s")
    if op in "+-" and a == day and isinstance(b, (Plain, Clock)) and b.kind.endswith("duration"):
        return day
    return ANYTHING


def _number(op: str, a: Number, b: Number) -> Number:
    if op in ("+", "-"):
        digits = None if a.digits is None or b.digits is None else max(a.digits, b.digits) + 1
        return Number(digits, None if a.scale is None or b.scale is None else max(a.scale, b.scale))
    digits = None if a.digits is None or b.digits is None else a.digits + b.digits
    if op == "*":
        return Number(digits, None if a.scale is None or b.scale is None else a.scale + b.scale)
    if op == "/":
        # The least divisor of a scale is one unit of it.
        return Number(None if a.digits is None or b.scale is None else a.digits + b.scale, None)
    return Number()


def _call(name: str, arguments: Sequence[Node], scope: Variables, depth: int) -> Shape:
    function = scope.get(name)
    shapes = [of_node(a, scope, depth + 1) for a in arguments]
    if isinstance(function, Called):
        names = [n for n, _ in function.definition.parameters]
        return _of_call(function, dict(zip(names, shapes, strict=False)), depth + 1)
    if name in scope or name not in BUILTINS:
        return ANYTHING
    if name in _TEXTS:
        return STRING
    if name in _CONDITIONS:
        return BOOLEAN
    if name in _ROUNDING and shapes and isinstance(shapes[0], Number):
        return _rounded(shapes[0], arguments[1:])
    if name in ("min", "max") and len(shapes) > 1:
        return join_all(shapes)
    if name == "abs" and len(shapes) == 1:
        # The only item of a list stands for itself.
        return ANYTHING if isinstance(shapes[0], ListOf) else shapes[0]
    if name in ("count", "string length"):
        return Number(10, 0)
    if name == "date":
        return Plain("date")
    if name in ("sum", "mean", "median", "modulo", "sqrt", "log", "exp", "number", "product", "stddev"):
        return _sum(shapes) if name == "sum" else Number()
    return ANYTHING


def _rounded(shape: Number, scale: Sequence[Node]) -> Shape:
    digits = None if shape.digits is None else shape.digits + 1
    if not scale:
        return Number(digits, 0)
    places = scale[0].value if isinstance(scale[0], syntax.Literal) else None
    if not isinstance(places, Decimal) or places != int(places) or not 0 <= places <= 30:
        return Number(digits, shape.scale)
    return Number(digits, int(places) if shape.scale is None else min(int(places), shape.scale))


def _sum(shapes: Sequence[Shape]) -> Shape:
    if len(shapes) < 2 or not all(isinstance(s, Number) for s in shapes):
        return Number()
    one = join_all(shapes)
    assert isinstance(one, Number)
    return Number(None if one.digits is None else one.digits + len(str(len(shapes))), one.scale)


__all__ = ["Called", "of_boxed", "of_node", "of_type"]
