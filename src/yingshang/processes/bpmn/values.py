"""Process data: what a variable may hold, and how it is written down.

Variables hold what JSON has, and of FEEL's values decimals, dates, times and durations; each comes back from storage as
it went in. Whole numbers are kept as ``int`` (FEEL makes no difference between 1 and 1.0).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

#: Marks a value that JSON does not have: ``{"$": "date", "v": "2026-10-01"}``.
_MARK = "$"


def data_value(value: Any) -> Any:
    """A value as process data holds it. Containers are copied; whatever is neither JSON nor FEEL becomes text."""
    if value is None or isinstance(value, (str, bool, int, float)):
        # A lazy string or an enumeration's member is stored as the plain value it stands for.
        return value if type(value) in _PLAIN else _plain(value)
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else value
    if isinstance(value, Mapping):
        return {str(k): data_value(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [data_value(v) for v in value]
    if isinstance(value, (date, time, timedelta)):
        return value
    return str(value)


_PLAIN = {type(None), str, bool, int, float}


def _plain(value: Any) -> Any:
    for kind in (str, bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    return value


def _marked(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {_MARK: "decimal", "v": str(value)}
    if isinstance(value, datetime):
        return {_MARK: "datetime", "v": value.isoformat(), "z": str(value.tzinfo) if value.tzinfo else ""}
    if isinstance(value, date):
        return {_MARK: "date", "v": value.isoformat()}
    if isinstance(value, time):
        return {_MARK: "time", "v": value.isoformat()}
    if isinstance(value, timedelta):
        return {_MARK: "duration", "v": [value.days, value.seconds, value.microseconds]}
    raise TypeError(f"{type(value).__name__} is no process data")


def _unmarked(value: dict[str, Any]) -> Any:
    if _MARK not in value:
        return value
    held = value.get("v")
    match value[_MARK]:
        case "decimal":
            return Decimal(str(held))
        case "datetime":
            return datetime.fromisoformat(str(held))
        case "date":
            return date.fromisoformat(str(held))
        case "time":
            return time.fromisoformat(str(held))
        case "duration" if isinstance(held, list):
            return timedelta(*held)
        case "dict":
            return dict(held or [])
    return value


def _escaped(value: Any) -> Any:
    """Data whose own keys could be taken for a mark, wrapped."""
    if isinstance(value, dict):
        inner = {k: _escaped(v) for k, v in value.items()}
        return {_MARK: "dict", "v": [[k, v] for k, v in inner.items()]} if _MARK in value else inner
    return [_escaped(v) for v in value] if isinstance(value, list) else value


def to_json(value: Any) -> str:
    """Process data, or a document of it, as compact JSON."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=_marked)
    if '"$"' in text:
        text = json.dumps(_escaped(value), separators=(",", ":"), ensure_ascii=False, default=_marked)
    return text


def from_json(text: str | bytes) -> Any:
    """What :func:`to_json` wrote."""
    raw = text.encode() if isinstance(text, str) else text
    return json.loads(raw, object_hook=_unmarked) if b'"$"' in raw else json.loads(raw)
