"""What type an expression has whatever its variables hold, as far as that shows (DMN 1.5, 10.3.2.9.2)."""

from __future__ import annotations

from collections.abc import Mapping

from yingshang.decisions.feel import syntax
from yingshang.decisions.feel.syntax import Node
from yingshang.decisions.feel.types import BUILT_IN, ContextType, FunctionType, ListOfType, Type, joined, resolve
from yingshang.decisions.values import kind_of

NUMBER, BOOLEAN = BUILT_IN["number"], BUILT_IN["boolean"]


def static_type(node: Node, names: Mapping[str, Type | None]) -> Type | None:
    """The type of what an expression gives unless it is null; None where that depends on the data.

    Args:
        names: types of the variables, None for those that are not known.
    """
    match node:
        case syntax.Literal(value):
            return None if value is None else BUILT_IN.get(kind_of(value))
        case syntax.Name(name):
            return names.get(name)
        case syntax.Negate(operand):
            return static_type(operand, names)
        case syntax.Arithmetic(first, rest):
            kinds = [static_type(n, names) for n in (first, *(n for _, n in rest))]
            return NUMBER if all(k is not None and resolve(k) == NUMBER for k in kinds) else None
        case (
            syntax.Compare()
            | syntax.Between()
            | syntax.In()
            | syntax.Logic()
            | syntax.InstanceOf()
            | syntax.Quantified()
        ):
            return BOOLEAN
        case syntax.If(_, then, otherwise):
            a, b = static_type(then, names), static_type(otherwise, names)
            return None if a is None or b is None else joined([a, b])
        case syntax.ListOf(items):
            kinds = [static_type(i, names) for i in items]
            return ListOfType(joined([k for k in kinds if k is not None])) if kinds and None not in kinds else None
        case syntax.ContextOf(entries):
            return ContextType({k: static_type(v, names) or BUILT_IN["Any"] for k, v in entries})
        case syntax.FunctionOf(parameters, body, external):
            inner = {**names, **{p.name: p.type for p in parameters}}
            answer = None if external else static_type(body, inner)
            any_type = BUILT_IN["Any"]
            return FunctionType(tuple(p.type or any_type for p in parameters), answer or any_type)
        case syntax.Path(source, name):
            around = static_type(source, names)
            shape = None if around is None else resolve(around)
            return shape.entries.get(name) if isinstance(shape, ContextType) else None
    return None
