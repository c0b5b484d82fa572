"""Which external functions (Java, PMML) an element would have to run; the engine refuses them all by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from yingshang.decisions.boxed import Boxed, Definition
from yingshang.decisions.feel import Expression, syntax
from yingshang.decisions.nodes import Decision, Knowledge, Need, Service

if TYPE_CHECKING:
    from yingshang.decisions.model import Model


def parts(value: Any) -> Iterator[Boxed | Expression]:
    """A boxed expression and everything inside of it: boxed expressions and FEEL expressions."""
    if isinstance(value, (Boxed, Expression)):
        yield value
    if isinstance(value, Expression):
        return
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from parts(item)
    elif is_dataclass(value) and type(value).__module__ in (Boxed.__module__, "yingshang.decisions.table"):
        for field in fields(value):
            yield from parts(getattr(value, field.name))


def externals(model: Model, need: Need, seen: set[tuple[str, Need]] | None = None) -> set[str]:
    """Names of the external functions in the logic of an element and of all that it requires."""
    seen = set() if seen is None else seen
    if (model.namespace, need) in seen:
        return set()
    seen.add((model.namespace, need))
    node = model.node(need)
    home = model.imports[need.namespace] if need.namespace else model
    found: set[str] = set()
    logic = node.logic if isinstance(node, Decision) else node.definition if isinstance(node, Knowledge) else None
    for part in parts(logic):
        if isinstance(part, Definition) and part.kind != "FEEL":
            found.add(part.name)
        elif isinstance(part, Expression) and _external(part.tree):
            found.add(part.text)
    needs = [*node.needs, *node.outputs] if isinstance(node, Service) else node.needs
    for inner in needs:
        found |= externals(home, inner, seen)
    return found


def _external(node: syntax.Node) -> bool:
    return (isinstance(node, syntax.FunctionOf) and node.external) or any(map(_external, syntax.children(node)))
