"""Regular expressions of XPath 3.0 and XML Schema, as FEEL's ``matches``, ``replace`` and ``split`` use them.

Translated to the syntax of the ``regex`` library, which can stop a match that takes too long.
"""

from __future__ import annotations

from functools import lru_cache

import regex

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.limits import PATTERN_CHARACTERS, PATTERN_SECONDS

Pattern = regex.Pattern[str]

_NAME_START = r":A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD"  # noqa: E501
_NAME = _NAME_START + r"\-.0-9\u00B7\u0300-\u036F\u203F-\u2040"
#: Multi-character escapes, as the inside of a class and as a class of its own.
_INSIDE = {
    "s": r"\x20\t\n\r", "S": r"[^\x20\t\n\r]", "d": r"\p{Nd}", "D": r"\P{Nd}",
    "w": r"[^\p{P}\p{Z}\p{C}]", "W": r"\p{P}\p{Z}\p{C}",
    "i": _NAME_START, "I": f"[^{_NAME_START}]", "c": _NAME, "C": f"[^{_NAME}]",
}  # fmt: skip
_SINGLE = set("nrt\\|.?*+(){}[]-^$")
_BLANK = " \t\n\r"


class BadPattern(ValueError):
    """Not a regular expression of XPath."""


def compile(pattern: str, flags: str) -> Pattern | None:
    """A pattern, or None where it or its flags (``s m i x q``) are wrong.

    Raises:
        EvaluationError: the pattern is too long.
    """
    if len(pattern) > PATTERN_CHARACTERS:
        raise EvaluationError(f"a regular expression of more than {PATTERN_CHARACTERS} characters")
    return _compile(pattern, "".join(sorted(set(flags))))


@lru_cache(maxsize=512)
def _compile(pattern: str, flags: str) -> Pattern | None:
    if set(flags) - set("smixq"):
        return None
    options = regex.VERSION1
    if "i" in flags:
        options |= regex.IGNORECASE
    if "m" in flags and "q" not in flags:
        options |= regex.MULTILINE
    try:
        if "q" in flags:
            return regex.compile(regex.escape(pattern), options)
        return regex.compile(_Translator(pattern, flags).run(), options)
    except (BadPattern, regex.error, OverflowError, RecursionError):
        return None


def limited(pattern: Pattern, do: str, *args: str) -> object:
    """Call a method of the pattern within the time allowed.

    Raises:
        EvaluationError: it took too long.
    """
    try:
        return getattr(pattern, do)(*args, timeout=PATTERN_SECONDS)
    except TimeoutError:
        raise EvaluationError(f"a regular expression ran longer than {PATTERN_SECONDS} s") from None


def spans(pattern: Pattern, text: str) -> list[tuple[int, int]]:
    """Where the pattern matches, from left to right.

    Raises:
        EvaluationError: it took too long.
    """
    try:
        return [m.span() for m in pattern.finditer(text, timeout=PATTERN_SECONDS)]
    except TimeoutError:
        raise EvaluationError(f"a regular expression ran longer than {PATTERN_SECONDS} s") from None


def replacement(text: str, pattern: Pattern) -> str | None:
    """A replacement text for ``regex.sub``; None where ``$`` or a backslash is used wrongly."""
    out, i = [], 0
    while i < len(text):
        c = text[i]
        if c == "\\":
            if text[i + 1 : i + 2] not in ("\\", "$"):
                return None
            out.append("\\\\" if text[i + 1] == "\\" else "$")
            i += 2
        elif c == "$":
            end = i + 1
            while end < len(text) and text[end].isdecimal() and text[end].isascii():
                end += 1
            if end == i + 1:
                return None
            # As many digits as make a group that exists; a group that does not is empty (fn:replace).
            while end > i + 2 and int(text[i + 1 : end]) > pattern.groups:
                end -= 1
            group = int(text[i + 1 : end])
            out.append(f"\\g<{group}>" if group <= pattern.groups else "")
            i = end
        else:
            out.append(c)
            i += 1
    return "".join(out)


class _Translator:
    """One pass over a pattern; ``closed`` are the numbers of groups that a back-reference may name."""

    def __init__(self, pattern: str, flags: str) -> None:
        # With x, blanks are dropped, except inside a class.
        self.text = _without_blanks(pattern) if "x" in flags else pattern
        self.flags = flags
        self.at = 0
        self.opened: list[int] = []
        self.groups = 0
        self.closed: set[int] = set()

    def run(self) -> str:
        out = []
        while self.at < len(self.text):
            c = self.text[self.at]
            self.at += 1
            out.append(self._one(c))
        if self.opened:
            raise BadPattern("a parenthesis is not closed")
        return "".join(out)

    def _one(self, c: str) -> str:
        match c:
            case "\\":
                return self._escape()
            case "[":
                return self._class()
            case "(":
                return self._open()
            case ")":
                if not self.opened:
                    raise BadPattern("a parenthesis was not opened")
                if number := self.opened.pop():
                    self.closed.add(number)
                return ")"
            case ".":
                return "(?s:.)" if "s" in self.flags else r"[^\n\r]"
            case "^":
                return "^" if "m" in self.flags else r"\A"
            case "$":
                return "(?=\\n|\\Z)" if "m" in self.flags else r"\Z"
            case "]" | "}":
                raise BadPattern(f"{c} stands alone")
            case "|":
                return c
            case "?" | "*" | "+":
                return self._quantifier(c)
            case "{":
                end = self.text.find("}", self.at)
                body = self.text[self.at : end]
                low, comma, high = body.partition(",")
                if end < 0 or not low.isdecimal() or (high and not high.isdecimal()) or len(body) > 12:
                    raise BadPattern("a quantity is wrong")
                self.at = end + 1
                return self._quantifier("{" + low + comma + high + "}")
        return c if c.isalnum() else regex.escape(c)

    def _quantifier(self, sign: str) -> str:
        following = self.text[self.at : self.at + 1]
        if following == "?":
            self.at += 1
            sign += "?"
            following = self.text[self.at : self.at + 1]
        if following and following in "?*+{":
            raise BadPattern("a quantity behind a quantity")
        return sign

    def _open(self) -> str:
        if self.text.startswith("?:", self.at):
            self.at += 2
            self.opened.append(0)
            return "(?:"
        if self.text[self.at : self.at + 1] == "?":
            raise BadPattern("(? is no XPath")
        self.groups += 1
        self.opened.append(self.groups)
        return "("

    def _escape(self) -> str:
        c = self.text[self.at : self.at + 1]
        self.at += 1
        if c.isdecimal() and c != "0":
            number = int(c)
            while (digit := self.text[self.at : self.at + 1]).isdecimal() and number * 10 + int(digit) in self.closed:
                number = number * 10 + int(digit)
                self.at += 1
            if number not in self.closed:
                raise BadPattern("a reference to a group that is not there")
            return f"(?:\\{number})"
        if c in _INSIDE:
            inside = _INSIDE[c]
            return inside if inside.startswith(("[^", "\\p", "\\P")) and "}\\" not in inside else f"[{inside}]"
        # Categories keep to their case, whatever the flags (XPath functions, 5.6.1.1).
        return f"(?-i:{self._character(c)})" if c in ("p", "P") and "i" in self.flags else self._character(c)

    def _character(self, c: str) -> str:
        """An escape that means the same inside a class and outside."""
        if c in ("p", "P"):
            end = self.text.find("}", self.at)
            if self.text[self.at : self.at + 1] != "{" or end < 0:
                raise BadPattern("a property is wrong")
            name = self.text[self.at + 1 : end]
            if not name or any(b in name for b in _BLANK):
                raise BadPattern("a property is wrong")
            self.at = end + 1
            return f"\\{c}{{{'In' + name[2:] if name.startswith('Is') else name}}}"
        if c not in _SINGLE or not c:
            raise BadPattern(f"\\{c} is no escape")
        return f"\\{c}"

    def _class(self, depth: int = 0) -> str:
        if depth > 20:
            raise BadPattern("classes are nested too deeply")
        out = ["["]
        if self.text[self.at : self.at + 1] == "^":
            out.append("^")
            self.at += 1
        empty = True
        while True:
            c = self.text[self.at : self.at + 1]
            self.at += 1
            if c == "":
                raise BadPattern("a class is not closed")
            if c == "]":
                if empty:
                    raise BadPattern("a class is empty")
                return "".join(out) + "]"
            if c == "-" and self.text[self.at : self.at + 1] == "[" and not empty:
                self.at += 1
                out.append("--" + self._class(depth + 1))
                if self.text[self.at : self.at + 1] != "]":
                    raise BadPattern("a subtraction must end its class")
                continue
            if c == "[":
                raise BadPattern("a bracket inside a class")
            empty = False
            if c == "\\":
                e = self.text[self.at : self.at + 1]
                self.at += 1
                out.append(_INSIDE[e] if e in _INSIDE else self._character(e))
            elif c == "-":
                # A hyphen makes a range only between two characters.
                before, after = out[-1], self.text[self.at : self.at + 1]
                ranged = before not in ("[", "^") and after not in ("]", "") and "-" not in before[-1:]
                out.append("-" if ranged and not self._after_range(out) else r"\-")
            else:
                out.append(c if c.isalnum() else regex.escape(c, special_only=False))

    @staticmethod
    def _after_range(out: list[str]) -> bool:
        """Whether the last item is the end of a range already: the hyphen in ``0-9-`` is a character."""
        return len(out) >= 3 and out[-2] == "-"


def _without_blanks(pattern: str) -> str:
    out, depth, i = [], 0, 0
    while i < len(pattern):
        c = pattern[i]
        if c == "\\" and i + 1 < len(pattern):
            i += 1
            while depth == 0 and i < len(pattern) - 1 and pattern[i] in _BLANK:
                i += 1
            out.append("\\" + pattern[i])
        else:
            depth += (c == "[") - (c == "]" and depth > 0)
            if depth or c not in _BLANK:
                out.append(c)
        i += 1
    return "".join(out)
