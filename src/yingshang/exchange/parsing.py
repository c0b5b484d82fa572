"""Reading JSON strictly: what PostgreSQL could not store, or two programs would read differently, is refused at the door."""

from __future__ import annotations

import json
import math
from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.errors import HttpError
from ninja.parser import Parser
from ninja.types import DictStrAny


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is out of range")
    return value


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return found


def _text(value: str) -> str:
    # PostgreSQL stores no NUL; half a surrogate pair is no character.
    if "\0" in value or (not value.isprintable() and any("\ud800" <= c <= "\udfff" for c in value)):
        raise ValueError("text holds a character that cannot be stored")
    return value


def _check(value: Any) -> None:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            _text(item)
        elif isinstance(item, dict):
            for key in item:
                _text(key)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def strict_loads(text: bytes | str) -> Any:
    """JSON as RFC 8259 and PostgreSQL have it.

    Raises:
        ValueError: NaN or infinite numbers, a key twice, NUL or half a surrogate pair in a text, too deeply nested.
    """
    try:
        value = json.loads(text, parse_float=_number, parse_constant=_constant, object_pairs_hook=_pairs)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    _check(value)
    return value


class StrictParser(Parser):
    """What ninja reads bodies and query strings with."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        found: DictStrAny = strict_loads(request.body)
        return found

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> DictStrAny:
        try:
            for values in data.lists():
                _check(list(values))
        except ValueError as e:
            raise HttpError(400, str(e)) from None
        return super().parse_querydict(data, list_fields, request)


__all__ = ["StrictParser", "strict_loads"]
