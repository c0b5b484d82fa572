"""Cells and results that do not fit the types and allowed values of their columns."""

from __future__ import annotations

from collections.abc import Iterator

from yingshang.decisions.boxed import Literal
from yingshang.decisions.checks.columns import constraints_of, domain_of
from yingshang.decisions.checks.findings import Finding
from yingshang.decisions.checks.results import NotConstant, value_of
from yingshang.decisions.feel import Expression, operators
from yingshang.decisions.feel.types import Mismatch, coerce
from yingshang.decisions.regions import Region, intersect, region_of, sample
from yingshang.decisions.regions.cells import kind_of_type
from yingshang.decisions.regions.shape import shape_of
from yingshang.decisions.table import Input, Table
from yingshang.decisions.trace import shown
from yingshang.decisions.values import kind_of


def wrong_cells(table: Table, name: str) -> Iterator[Finding]:
    """Conditions whose constants are of another kind than the input, or beyond its allowed values."""
    for n, column in enumerate(table.inputs):
        domain = domain_of(column)
        told: set[str] = set()
        for rule in table.rules:
            cell = rule.conditions[n]
            if cell.text in told or not cell.names <= {"?"}:
                continue
            for finding in (*_of_other_kind(cell, column, name), *_outside(cell, column, domain, name)):
                told.add(cell.text)
                rules = tuple(r.number for r in table.rules if r.conditions[n].text == cell.text)
                yield Finding(finding.code, name, rules, column.label, {}, finding.about)


def _of_other_kind(cell: Expression, column: Input, name: str) -> Iterator[Finding]:
    wanted = kind_of_type(column.type)
    shape = shape_of(cell.tree) if wanted not in ("", "any") else None
    wrong = next((v for v in shape.points if kind_of(v) != wanted), None) if shape is not None else None
    if wrong is None:
        return
    about = {"cell": cell.text, "type": str(column.type), "value": wrong, "kind": kind_of(wrong)}
    yield Finding("cell_type", name, about=about)


def _outside(cell: Expression, column: Input, domain: Region | None, name: str) -> Iterator[Finding]:
    allowed = (
        column.allowed.text if column.allowed is not None else ", ".join(t.text for t in constraints_of(column.type))
    )
    found = region_of(cell, column.type) if domain is not None and allowed else None
    if found is None or domain is None or (found.kind, found.zoned) != (domain.kind, domain.zoned):
        return
    for interval in found.intervals:
        part = Region(found.kind, (interval,), False, False, found.zoned)
        if not intersect(part, domain).intervals:
            yield Finding("outside", name, about={"cell": cell.text, "allowed": allowed, "value": sample(part)})
            return


def wrong_outputs(table: Table, name: str) -> Iterator[Finding]:
    """Constant results that do not fit the output's type, or are none of its allowed values."""
    for n, output in enumerate(table.outputs):
        cells = [(rule.number, rule.outputs[n]) for rule in table.rules]
        if output.default is not None:
            cells.append((0, output.default))
        for number, boxed in cells:
            try:
                value = value_of(boxed)
            except NotConstant:
                continue
            if value is None:
                continue
            assert isinstance(boxed, Literal)
            about = {"cell": boxed.expression.text, "type": str(output.type)}
            label = output.name or table.name or name
            try:
                value = value if output.type is None else coerce(value, output.type)
            except Mismatch:
                yield Finding("output_type", name, (number,), label, about=about)
                continue
            if output.allowed and not any(operators.meets(value, a) is True for a in output.allowed):
                allowed = ", ".join(shown(a) for a in output.allowed)
                yield Finding("output_value", name, (number,), label, about={**about, "allowed": allowed})
