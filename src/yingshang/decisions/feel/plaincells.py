"""The cells that nearly all tables are made of, read at a glance: a comparison, an interval, a list of texts or numbers.

The parser would read them just so (a test compares the two), only slower; whatever is not one of these is left to it.
"""

from __future__ import annotations

import re
from decimal import DecimalException

from yingshang.decisions.feel import syntax
from yingshang.decisions.values import DECIMAL

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_COMPARISON = re.compile(rf"(<=|>=|!=|<|>|=)( ?)({_NUMBER})")
_INTERVAL = re.compile(rf"([\[\](])({_NUMBER})\.\.({_NUMBER})([\])\[])")
_TEXT = r'"[^"\\]*"'
_LIST = re.compile(rf"(?:{_TEXT}|{_NUMBER})(?:, ?(?:{_TEXT}|{_NUMBER}))*")
_ITEM = re.compile(rf"({_TEXT})|{_NUMBER}")


def read(text: str) -> syntax.Tests | None:
    """The tree of a cell; None where it is none of the plain ones."""
    end = len(text)
    if text == "-":
        return syntax.Tests([], False, start=0, end=1)
    try:
        if m := _COMPARISON.fullmatch(text):
            test: syntax.Node = syntax.Comparison(m[1], _number(m[3], m.start(3)), start=0, end=end)
        elif m := _INTERVAL.fullmatch(text):
            low, high = _number(m[2], m.start(2)), _number(m[3], m.start(3))
            test = syntax.RangeOf(low, high, m[1] == "[", m[4] == "]", start=0, end=end)
        elif _LIST.fullmatch(text):
            return syntax.Tests([_item(i) for i in _ITEM.finditer(text)], False, start=0, end=end)
        else:
            return None
    except DecimalException:
        return None
    return syntax.Tests([test], False, start=0, end=end)


def _number(text: str, at: int) -> syntax.Literal:
    return syntax.Literal(DECIMAL.create_decimal(text), start=at, end=at + len(text))


def _item(m: re.Match[str]) -> syntax.Literal:
    if m[1] is None:
        return _number(m[0], m.start())
    return syntax.Literal(m[1][1:-1], start=m.start(), end=m.end())
