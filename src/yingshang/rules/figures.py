"""The numbers of a rule: figures that the district has to fill in, and what a simulation may move.

A *figure* is a decision that is nothing but one number, or ``null`` as long as the district has not filled it in; the
source states none. A *slider* is a figure, or a number in a cell of a decision table. Both are changed in the parsed
document, in their own cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from yingshang.rules import documents
from yingshang.rules.documents import Element, TableElement

#: A number of a cell, or a text, in which numbers are none. The two dots of a range are no point.
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|(?P<number>(?<!\w)\d+(?:\.\d+)?(?!\w)|(?<![\w.])\.\d+(?!\w))')


@dataclass(frozen=True)
class Slider:
    """A number that may be moved.

    Attributes:
        id: its place: ``<decision>``, or ``<decision>#<rule>.<i or o><column>.<which number>``, all counted from 1.
        decision, column: what it belongs to; a figure has no column.
        rule: number of the rule, 0 of a figure.
        test: the whole cell.
        kind: threshold (in a condition), result, or figure.
    """

    id: str
    decision: str
    column: str
    rule: int
    test: str
    value: Decimal | None
    kind: str


def figures(document: str | bytes) -> dict[str, Decimal | None]:
    """The figures by the names of their decisions; None for those not filled in yet."""
    return {name: _value(text) for name, _, text in _figures(documents.parse(document))}


def fill(document: str | bytes, values: Mapping[str, Decimal]) -> str:
    """The document with figures filled in.

    Raises:
        KeyError: no such figure.
    """
    root = documents.parse(document)
    found = {name: literal for name, literal, _ in _figures(root)}
    for name, value in values.items():
        documents.set_text(found[name], format(value, "f"))
    return documents.write(root)


def sliders(document: str | bytes) -> list[Slider]:
    """Every number that a simulation may move, table by table."""
    root = documents.parse(document)
    return [
        *(Slider(name, name, "", 0, text, _value(text), "figure") for name, _, text in _figures(root)),
        *(slider for slider, _, _ in _cells(root)),
    ]


def moved(document: str | bytes, values: Mapping[str, Decimal]) -> str:
    """The document with sliders set; the others stay.

    Raises:
        KeyError: no such slider.
    """
    root = documents.parse(document)
    left = dict(values)
    for name, literal, _ in _figures(root):
        if name in left:
            documents.set_text(literal, format(left.pop(name), "f"))
    changes: dict[Element, list[tuple[tuple[int, int], str]]] = {}
    for slider, cell, span in _cells(root):
        if slider.id in left:
            changes.setdefault(cell, []).append((span, format(left.pop(slider.id), "f")))
    for cell, parts in changes.items():
        text = documents.text_of(cell)
        for (start, end), number in sorted(parts, reverse=True):
            text = text[:start] + number + text[end:]
        documents.set_text(cell, text)
    if left:
        raise KeyError(next(iter(left)))
    return documents.write(root)


def _value(text: str) -> Decimal | None:
    return None if text == "null" else Decimal(text)


def _figures(root: Element) -> Iterator[tuple[str, Element, str]]:
    for name, decision in documents.decisions(root).items():
        literal = documents.child(decision, "literalExpression")
        if literal is None:
            continue
        text = documents.text_of(literal)
        token = _TOKEN.fullmatch(text)
        if text == "null" or (token is not None and token["number"]):
            yield name, literal, text


def _cells(root: Element) -> Iterator[tuple[Slider, Element, tuple[int, int]]]:
    for table in documents.tables(root):
        for number, rule in enumerate(table.rules, 1):
            for kind, place, label, cell in _columns(table, rule):
                text = documents.text_of(cell)
                found = [m for m in _TOKEN.finditer(text) if m["number"]]
                for which, match in enumerate(found, 1):
                    at = f"{table.name}#{number}.{place}.{which}"
                    yield (
                        Slider(at, table.name, label, number, text, Decimal(match["number"]), kind),
                        cell,
                        match.span(),
                    )


def _columns(table: TableElement, rule: Element) -> Iterator[tuple[str, str, str, Element]]:
    for n, (label, cell) in enumerate(zip(table.labels, table.conditions(rule), strict=False), 1):
        yield "threshold", f"i{n}", label, cell
    for n, (label, cell) in enumerate(zip(table.output_labels, table.results(rule), strict=False), 1):
        yield "result", f"o{n}", label, cell
