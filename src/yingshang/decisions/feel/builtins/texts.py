"""Functions of texts (DMN 1.5, 10.3.4.3). Positions count characters from 1, from the end where negative."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel import patterns
from yingshang.decisions.feel.builtins.registry import builtin
from yingshang.decisions.limits import TEXT_CHARACTERS
from yingshang.decisions.spending import characters


def limited(text: str) -> str:
    if len(text) > TEXT_CHARACTERS:
        raise EvaluationError(f"a text of more than {TEXT_CHARACTERS} characters")
    return text


@builtin("substring", "string: string, start position: number, length?: number")
def substring(text: str, start: Decimal, length: Decimal | None = None) -> str | None:
    first = int(start)
    if first == 0 or abs(first) > len(text) or (length is not None and int(length) < 1):
        return None
    begin = first - 1 if first > 0 else len(text) + first
    return text[begin:] if length is None else text[begin : begin + int(length)]


@builtin("string length", "string: string")
def string_length(text: str) -> Decimal:
    return Decimal(len(text))


@builtin("upper case", "string: string")
def upper_case(text: str) -> str:
    return limited(text.upper())


@builtin("lower case", "string: string")
def lower_case(text: str) -> str:
    return limited(text.lower())


@builtin("substring before", "string: string, match: string")
def substring_before(text: str, match: str) -> str:
    head, found, _ = text.partition(match) if match else ("", "", "")
    return head if found else ""


@builtin("substring after", "string: string, match: string")
def substring_after(text: str, match: str) -> str:
    return text.partition(match)[2] if match else text


@builtin("contains", "string: string, match: string")
def contains(text: str, match: str) -> bool:
    return match in text


@builtin("starts with", "string: string, match: string")
def starts_with(text: str, match: str) -> bool:
    return text.startswith(match)


@builtin("ends with", "string: string, match: string")
def ends_with(text: str, match: str) -> bool:
    return text.endswith(match)


@builtin("matches", "input: string, pattern: string, flags?: string")
def matches(text: str, pattern: str, flags: str | None = None) -> bool | None:
    compiled = patterns.compile(pattern, flags or "")
    return None if compiled is None else patterns.limited(compiled, "search", text) is not None


@builtin("replace", "input: string, pattern: string, replacement: string, flags?: string")
def replace(text: str, pattern: str, replacement: str, flags: str | None = None) -> str | None:
    compiled = patterns.compile(pattern, flags or "")
    # A pattern that matches nothing at all would be replaced everywhere: an error of fn:replace.
    if compiled is None or patterns.limited(compiled, "search", "") is not None:
        return None
    template = (
        replacement.replace("\\", "\\\\") if "q" in (flags or "") else patterns.replacement(replacement, compiled)
    )
    return None if template is None else limited(str(patterns.limited(compiled, "sub", template, text)))


@builtin("split", "string: string, delimiter: string")
def split(text: str, delimiter: str) -> list[str] | None:
    compiled = patterns.compile(delimiter, "")
    if compiled is None or patterns.limited(compiled, "search", "") is not None:
        return None
    parts: list[str] = []
    at = 0
    for begin, end in patterns.spans(compiled, text):
        parts.append(text[at:begin])
        at = end
    return [*parts, text[at:]]


@builtin("string join", "list: list, delimiter?: string")
def string_join(items: list[Any], delimiter: str | None = None) -> str | None:
    kept = [i for i in items if i is not None]
    if not all(isinstance(i, str) for i in kept):
        return None
    length = sum(map(len, kept)) + len(kept) * len(delimiter or "")
    if length > TEXT_CHARACTERS:
        raise EvaluationError(f"a text of more than {TEXT_CHARACTERS} characters")
    characters(length)
    return (delimiter or "").join(kept)
