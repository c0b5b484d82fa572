"""Functions of contexts (DMN 1.5, 10.3.4.11)."""

from __future__ import annotations

from typing import Any

from yingshang.decisions.feel.builtins.registry import builtin
from yingshang.decisions.spending import through

Context = dict[str, Any]


@builtin("get value", "m: context, key: string")
@builtin("get value", "context: context, key: string")
def get_value(context: Context, key: str) -> Any:
    return context.get(key)


@builtin("get value", "m: context, keys: list")
@builtin("get value", "context: context, keys: list")
def get_value_at(context: Context, keys: list[Any]) -> Any:
    value: Any = context
    for key in keys:
        if type(value) is not dict or not isinstance(key, str):
            return None
        value = value.get(key)
    return value if keys else None


@builtin("get entries", "m: context")
@builtin("get entries", "context: context")
def get_entries(context: Context) -> list[Context]:
    return [{"key": k, "value": v} for k, v in context.items()]


@builtin("context", "entries: list")
def context(entries: list[Any]) -> Context | None:
    result: Context = {}
    for entry in entries:
        if type(entry) is not dict or "value" not in entry or not isinstance(entry.get("key"), str):
            return None
        if entry["key"] in result:
            return None
        result[entry["key"]] = entry["value"]
    return result


@builtin("context put", "context: context, key: string, value: any")
def context_put(into: Context, key: str, value: Any) -> Context:
    return {**into, key: value}


@builtin("context put", "context: context, keys: list, value: any")
def context_put_at(into: Context, keys: list[Any], value: Any) -> Context | None:
    if not keys or not isinstance(keys[0], str):
        return None
    through(2 + len(into))
    if len(keys) == 1:
        return {**into, keys[0]: value}
    inner = into.get(keys[0], {})
    if type(inner) is not dict:
        return None
    changed = context_put_at(inner, keys[1:], value)
    return None if changed is None else {**into, keys[0]: changed}


@builtin("context merge", "contexts: list")
def context_merge(contexts: list[Any]) -> Context | None:
    result: Context = {}
    for one in contexts:
        if type(one) is not dict:
            return None
        through(2 + len(one))
        result.update(one)
    return result
