"""All checks of a model: a walk over its elements and everything inside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from yingshang.decisions import boxed as b
from yingshang.decisions.boxed import Boxed
from yingshang.decisions.checks import cells, naming, typing
from yingshang.decisions.checks.findings import Finding
from yingshang.decisions.checks.tables import TableCheck, unclear_cells
from yingshang.decisions.feel.types import ANY, ContextType, FunctionType, Type
from yingshang.decisions.itemtypes import unknown_types
from yingshang.decisions.model import Model
from yingshang.decisions.nodes import Need
from yingshang.decisions.table import Table

#: Variables and what is known of their types.
Scope = Mapping[str, Type | None]


def check(model: Model) -> list[Finding]:
    """Everything wrong with a model; its imports are checked on their own.

    Returns:
        Findings in the order of the document; those of severity ``error`` mean that the model should not be used.
    """
    return list(_findings(model))


def check_table(table: Table, name: str, scope: Scope | None = None) -> list[Finding]:
    """Everything wrong with one table.

    Args:
        name: what findings call it.
        scope: the variables that it may use; without it names are not checked.
    """
    return list(_table(table, name, scope))


def coverage(table: Table, name: str) -> Iterator[Finding]:
    """Gaps, forbidden overlaps, rules that never fire, and the cells that could not be judged."""
    judged = TableCheck(table, name)
    yield from judged.findings()
    yield from unclear_cells(table, name, judged.columns)


def _findings(model: Model) -> Iterator[Finding]:
    for data in model.input_data.values():
        yield from _types(data.name, [data.type])
    for decision in model.decisions.values():
        yield from _types(decision.name, [decision.type])
        if decision.logic is not None:
            yield from _boxed(decision.logic, decision.name, _scope(model, decision.needs))
    for knowledge in model.knowledge.values():
        scope = {**_scope(model, knowledge.needs), knowledge.name: None}
        yield from _boxed(knowledge.definition, knowledge.name, scope)


def _types(name: str, types: Iterable[Type | None]) -> Iterator[Finding]:
    for unknown in dict.fromkeys(u for t in types for u in unknown_types(t)):
        yield Finding("type_name", name, about={"value": unknown})


def _scope(model: Model, needs: Iterable[Need]) -> Scope:
    scope: dict[str, Type | None] = {}
    members: dict[str, dict[str, Type]] = {}
    for need in needs:
        node = model.node(need)
        kind = node.type if need.kind in ("input", "decision") else FunctionType(None, node.type or ANY)
        if need.prefix:
            members.setdefault(need.prefix, {})[need.name] = kind or ANY
        else:
            scope[need.name] = kind
    return {**scope, **{prefix: ContextType(entries) for prefix, entries in members.items()}}


def _boxed(logic: Boxed, name: str, scope: Scope) -> Iterator[Finding]:
    """What is wrong in an expression and below it."""
    yield from _types(name, [logic.type])
    match logic:
        case Table():
            yield from _table(logic, name, scope)
        case b.Literal():
            yield from expression(logic, name, scope)
        case b.Context():
            inner = dict(scope)
            for entry, kind, boxed in logic.entries:
                yield from _boxed(boxed, _inside(name, entry, boxed), inner)
                inner[entry] = kind or boxed.type
        case b.Relation():
            for row in logic.rows:
                yield from _all(row, name, scope)
        case b.BoxedList():
            yield from _all(logic.items, name, scope)
        case b.Invocation():
            yield from _all([logic.called, *(v for _, _, v in logic.bindings)], name, scope)
        case b.Definition():
            yield from _types(name, [logic.result, *(t for _, t in logic.parameters)])
            if logic.body is not None:
                yield from _boxed(logic.body, name, {**scope, **dict(logic.parameters)})
        case b.Conditional():
            yield from _all([logic.condition, logic.then, logic.otherwise], name, scope)
        case b.Filter():
            # Inside the condition every entry of an item is a name, so that names cannot be told to be unknown.
            yield from _boxed(logic.source, name, scope)
        case b.Iterator():
            yield from _boxed(logic.source, name, scope)
            yield from _boxed(logic.body, name, {**scope, logic.variable: logic.variable_type, "partial": None})


def _inside(name: str, entry: str, boxed: Boxed) -> str:
    """Tables inside a context are called after their entry, too."""
    return f"{name}.{entry}" if entry and isinstance(boxed, (Table, b.Definition)) else name


def _all(parts: Iterable[Boxed], name: str, scope: Scope) -> Iterator[Finding]:
    for part in parts:
        yield from _boxed(part, name, scope)


def expression(literal: b.Literal, name: str, scope: Scope) -> Iterator[Finding]:
    """What is wrong in a literal expression."""
    yield from naming.unknown(literal.expression, name, scope)
    yield from typing.operands(literal.expression, name, scope)


def _table(table: Table, name: str, scope: Scope | None) -> Iterator[Finding]:
    if scope is not None:
        for column in table.inputs:
            yield from naming.unknown(column.expression, name, scope, input=column.label)
            yield from typing.operands(column.expression, name, scope, input=column.label)
            yield from typing.input_type(column, name, scope)
        for rule in table.rules:
            for column, cell in zip(table.inputs, rule.conditions, strict=True):
                yield from naming.unknown(cell, name, {**scope, "?": column.type}, [rule.number], column.label)
            for output, result in zip(table.outputs, rule.outputs, strict=True):
                if isinstance(result, b.Literal):
                    yield from naming.unknown(result.expression, name, scope, [rule.number], output.name)
                    yield from typing.operands(result.expression, name, scope, [rule.number], output.name)
    yield from _types(name, [*(i.type for i in table.inputs), *(o.type for o in table.outputs)])
    yield from cells.wrong_cells(table, name)
    yield from cells.wrong_outputs(table, name)
    yield from coverage(table, name)
