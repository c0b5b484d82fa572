"""Whether two results are the same."""

from __future__ import annotations

from typing import Any

from yingshang.decisions.values import kind_of


def comparable(value: Any) -> Any:
    """Something that is equal for FEEL values that are the same: 1 and 1.0 are, true and 1 are not."""
    kind = kind_of(value)
    if isinstance(value, list):
        return kind, tuple(comparable(v) for v in value)
    if isinstance(value, dict):
        return kind, frozenset((k, comparable(v)) for k, v in value.items())
    return (kind, id(value)) if kind == "function" else (kind, value)
