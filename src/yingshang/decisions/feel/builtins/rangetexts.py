"""``range("[18..21)")``: intervals that are written in a text (DMN 1.5, 10.3.4.1, grammar rule 66)."""

from __future__ import annotations

import re
from typing import Any

from yingshang.decisions.errors import ParseError
from yingshang.decisions.feel import operators, syntax
from yingshang.decisions.feel.builtins.registry import BUILTINS, builtin
from yingshang.decisions.feel.parser import parse
from yingshang.decisions.values import Range, compare, kind_of

_INTERVAL = re.compile(r"\s*([\[(\]])(.*)([\])\[])\s*", re.DOTALL)
_CONSTRUCTORS = ("date", "time", "date and time", "duration")


class _NoLiteral(Exception):
    """An end that is anything but a constant."""


@builtin("range", "from: string")
def range_of_text(text: str) -> Range | None:
    """An interval of constants in ascending order; an open side may have no end at all."""
    m = _INTERVAL.fullmatch(text)
    if m is None:
        return None
    low_in, inner, high_in = m[1] == "[", m[2].strip(), m[3] == "]"
    try:
        if inner.startswith(".."):
            low, high = None, _constant(_read(inner[2:]))
        elif inner.endswith(".."):
            low, high = _constant(_read(inner[:-2])), None
        else:
            whole = _read(f"[{inner}]")
            if not isinstance(whole, syntax.RangeOf):
                return None
            low, high = _constant(whole.low), _constant(whole.high)
    except (_NoLiteral, ParseError):
        return None
    if low is None or high is None:
        return (
            None
            if low is high or (low is None and low_in) or (high is None and high_in)
            else Range(low, high, low_in, high_in)
        )
    if kind_of(low) != kind_of(high) or compare("<=", low, high) is not True:
        return None
    return Range(low, high, low_in, high_in)


def _read(text: str) -> syntax.Node:
    return parse(text, unary=False, names=(), members=(), types={}, functions=BUILTINS)


def _constant(node: syntax.Node) -> Any:
    match node:
        case syntax.Literal(value):
            return value
        case syntax.Negate(syntax.Literal(value)):
            return operators.negate(value)
        case syntax.Call(syntax.Name(name), [syntax.Literal(str() as text)], []) if name in _CONSTRUCTORS:
            return BUILTINS[name](text)
    raise _NoLiteral
