"""Characters of FEEL: spaces, names, numbers, texts (DMN 1.5, 10.3.1.2, grammar rules 25 to 37, 61 to 66)."""

from __future__ import annotations

import re
from functools import lru_cache

_BLANK = "\\u0009-\\u000D\\u0020\\u0085\\u00A0\\u1680\\u180E\\u2000-\\u200B\\u2028\\u2029\\u202F\\u205F\\u3000\\uFEFF"
_START = (
    "?A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C-\\u200D\\u2070-\\u218F"
    "\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\U00010000-\\U000EFFFF"
)
_PART = _START + "0-9\\u00B7\\u0300-\\u036F\\u203F-\\u2040"

#: Spaces and comments.
SPACE = re.compile(rf"(?:[{_BLANK}]|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)*")
WORD = re.compile(rf"[{_START}][{_PART}]*")
NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
OPERATOR = re.compile(r"\*\*|\.\.|<=|>=|!=|->|[-+*/=<>()\[\]{},.:@]")
_PART_END = re.compile(rf"(?![{_PART}])")
_NEW_NAME = rf"[{_START}](?:[{_PART}./\-'+*]|[{_BLANK}](?![{_BLANK}]*[:,)]))*"
#: A name that is being introduced, up to the sign behind it: a key of a context, a parameter, a named argument.
KEY = re.compile(rf"({_NEW_NAME})[{_BLANK}]*:")
PARAMETER = re.compile(rf"({_NEW_NAME})[{_BLANK}]*(?=[:,)])")
#: The variable of a loop, up to its ``in``.
VARIABLE = re.compile(rf"([{_START}][{_PART}./\-'+* ]*?)[{_BLANK}]+in(?![{_PART}])")

KEYWORDS = frozenset(
    "if then else for in return some every satisfies and or between instance of function external true false null".split()
)
_BLANKS = re.compile(rf"[{_BLANK}]+")
#: Characters that turn the direction of writing, so that a text runs otherwise than it reads.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SIMPLE = re.compile(rf"[{_START}][{_PART}]*\Z")


def normal(name: str) -> str:
    """A name with each run of spaces as one, none at its ends."""
    return _BLANKS.sub(" ", name).strip()


def hidden_at(text: str) -> int | None:
    """Where a character stands that turns the direction of writing; in a string write it as ``\\u202E``."""
    m = _TURNING.search(text)
    return m.start() if m else None


def is_word(name: str) -> bool:
    """Whether a name is one word that needs no knowledge of the scope to be read."""
    return _SIMPLE.match(name) is not None and name not in KEYWORDS


@lru_cache(maxsize=256)
def all_normal(names: frozenset[str]) -> frozenset[str]:
    """Names as :func:`normal` has them; the same ones are asked for by every cell of a table."""
    return frozenset(normal(n) for n in names)


@lru_cache(maxsize=256)
def spaced_of(names: frozenset[str]) -> tuple[str, ...]:
    """Those of some names that are more than a word."""
    return tuple(n for n in sorted(names) if not is_word(n))


@lru_cache(maxsize=8192)
def pattern_of(name: str) -> re.Pattern[str]:
    """How a known name that is no single word is found in a text."""
    parts = [re.escape(p) for p in _BLANKS.split(name.strip())]
    end = _PART_END.pattern if WORD.fullmatch("_" + name[-1:]) else ""
    return re.compile(rf"[{_BLANK}]+".join(parts) + end)


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}


def unquote(literal: str) -> str:
    """The text that a string literal stands for; a backslash before any other character stands for itself."""

    def one(m: re.Match[str]) -> str:
        if code := m[1] or m[2]:
            return chr(int(code, 16)) if int(code, 16) < 0x110000 else "\ufffd"
        return _SINGLE.get(m[3], m[0])

    text = literal[1:-1]
    if "\\" not in text:
        return text
    text = _ESCAPE.sub(one, text)
    # Two \u of a surrogate pair are one character; half a pair is none.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
