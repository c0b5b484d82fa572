"""Boxed expressions over columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Protocol

import numpy as np

from yingshang.decisions.boxed import Boxed, BoxedList, Conditional, Context, Definition, Invocation, Literal, Relation
from yingshang.decisions.columns.expressions import Expressions
from yingshang.decisions.columns.types import Coercions
from yingshang.decisions.columns.vectors import Coded, Exact, Ints, Listing, Record, Vector
from yingshang.decisions.feel import Expression
from yingshang.decisions.table import Table


class TableWay(Protocol):
    """What evaluates tables; None where masks cannot tell one."""

    def __call__(self, table: Table, scope: Mapping[str, Vector], rows: int) -> Vector | None: ...


class Boxes:
    """Evaluates boxed expressions over vectors."""

    def __init__(self, expressions: Expressions, coercions: Coercions, tables: TableWay) -> None:
        self.expressions = expressions
        self.coercions = coercions
        self.tables = tables
        self._read: dict[int, tuple[frozenset[str], Boxed]] = {}

    def value(self, boxed: Boxed, scope: Mapping[str, Vector], rows: int) -> Vector:
        """The value in every row, coerced to the type of the element."""
        return self.coercions.coerce(self._value(boxed, scope, rows), boxed.type)

    def _value(self, boxed: Boxed, scope: Mapping[str, Vector], rows: int) -> Vector:
        match boxed:
            case Literal():
                return self.expressions.value(boxed.expression, scope, rows)
            case Table():
                found = self.tables(boxed, scope, rows)
                return self.by_rows(boxed, scope, rows) if found is None else found
            case Context() if not any(isinstance(b, Definition) for _, _, b in boxed.entries):
                return self._context(boxed, scope, rows)
            case Conditional():
                verdict = self.value(boxed.condition, scope, rows).coded().mapped("is true", lambda v: v is True)
                truth = np.asarray(verdict.values.items, np.bool_)[verdict.codes]
                then, otherwise = self.value(boxed.then, scope, rows), self.value(boxed.otherwise, scope, rows)
                return self.expressions.choose(boxed, truth, then, otherwise, self.exact(boxed, scope))
            case BoxedList():
                return Listing([self.value(i, scope, rows) for i in boxed.items], rows)
            case Relation():
                return Listing([self._relation_row(boxed, row, scope, rows) for row in boxed.rows], rows)
        return self.by_rows(boxed, scope, rows)

    def _context(self, boxed: Context, scope: Mapping[str, Vector], rows: int) -> Vector:
        inner = dict(scope)
        result: dict[str, Vector] = {}
        for name, kind, entry in boxed.entries:
            value = self.coercions.coerce(self.value(entry, inner, rows), kind)
            if not name:
                return value
            result[name] = inner[name] = value
        return Record(result, rows)

    def _relation_row(self, boxed: Relation, row: list[Boxed], scope: Mapping[str, Vector], rows: int) -> Record:
        cells = {
            name: self.coercions.coerce(self.value(cell, scope, rows), kind)
            for (name, kind), cell in zip(boxed.columns, row, strict=True)
        }
        return Record(cells, rows)

    # --- by rows ------------------------------------------------------------------------------------------------------

    def by_rows(self, boxed: Boxed, scope: Mapping[str, Vector], rows: int) -> Coded:
        """The scalar engine on every distinct combination of what the element reads."""
        scalar = self.expressions.scalar
        leaves = self._leaves(boxed, scope)
        return scalar.over(self.expressions.label, id(boxed), lambda s: boxed.value(s, scalar.run), leaves, rows)

    def exact(self, boxed: Boxed, scope: Mapping[str, Vector]) -> Exact:
        """The scalar engine's values of some rows, when they are asked for."""
        scalar = self.expressions.scalar

        def values(rows: Ints) -> list[Any]:
            leaves = self._leaves(boxed, scope)
            return scalar.values(self.expressions.label, lambda s: boxed.value(s, scalar.run), leaves, rows)

        return values

    def _leaves(self, boxed: Boxed, scope: Mapping[str, Vector]) -> dict[str, Vector]:
        return {n: scope[n] for n in sorted(self.names(boxed)) if n in scope}

    def names(self, boxed: Boxed) -> frozenset[str]:
        """Variables that a boxed expression reads."""
        held = self._read.get(id(boxed))
        if held is None:
            held = self._read[id(boxed)] = (frozenset(names_read(boxed)), boxed)
        return held[0]


def names_read(part: Any) -> Iterator[str]:
    """Names that the expressions anywhere inside a boxed expression read."""
    if isinstance(part, Expression):
        yield from part.names
    elif isinstance(part, Invocation):
        yield part.name
        yield from names_read(part.called)
        yield from names_read(part.bindings)
    elif isinstance(part, (list, tuple)):
        for p in part:
            yield from names_read(p)
    elif is_dataclass(part) and not isinstance(part, type):
        for f in fields(part):
            yield from names_read(getattr(part, f.name))
