"""FEEL tokens (DMN 1.5, 10.3.1): numbers, strings, names, operators; names with spaces are joined by the parser."""

from __future__ import annotations

import re
from typing import NamedTuple

from yingshang.decisions.basic.errors import ParseError

MOST_CHARACTERS = 1_000_000


class Token(NamedTuple):
    """Kind (``number``, ``string``, ``name``, ``op``, ``at``, ``end``), text, start and end offsets."""

    kind: str
    text: str
    start: int
    end: int


_NAME_START = (
    r"A-Za-z_\u00B7-\u00B7\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D"
    r"\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF?"
)
_TOKEN = re.compile(
    rf"""
    (?P<space>(?:\s|//[^\n]*|/\*.*?\*/)+)
  | (?P<number>(?:\d+(?:\.(?!\.)\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<string>"(?:\\.|[^"\\])*")
  | (?P<name>[{_NAME_START}][{_NAME_START}0-9\u0300-\u036F\u203F-\u2040]*)
  | (?P<op>\*\*|\.\.|<=|>=|!=|->|[-+*/=<>()\[\]{{}},.:@])
    """,
    re.VERBOSE | re.DOTALL,
)


def tokens(text: str) -> list[Token]:
    """Split a FEEL text.

    Raises:
        ParseError: a character that FEEL does not know, or a text that is too long.
    """
    if len(text) > MOST_CHARACTERS:
        raise ParseError(f"the expression is longer than {MOST_CHARACTERS} characters")
    found: list[Token] = []
    at = 0
    while at < len(text):
        m = _TOKEN.match(text, at)
        if m is None:
            raise ParseError(f"unexpected character {text[at]!r}", position=at)
        kind = m.lastgroup or ""
        if kind != "space":
            found.append(Token(kind, m.group(), at, m.end()))
        at = m.end()
    found.append(Token("end", "", at, at))
    return found
