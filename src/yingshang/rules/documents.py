"""Rules as XML: the eligibility table, its cells, and figures; changed in the parsed tree, never in the text.

The shape that a policy's model has is told in ``docs/rules.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

from lxml import etree

from yingshang.decisions import xml

Element = etree._Element

#: Entries of the result of a policy's decision.
ELIGIBLE, AMOUNT, NOTE = "符合", "金额", "说明"


def parse(document: str | bytes, file: str = "") -> Element:
    """The ``definitions`` of a document, as the engine reads it.

    Raises:
        ModelError: it is no DMN document.
    """
    return xml.read(document.encode() if isinstance(document, str) else document, file)


def write(root: Element) -> str:
    """The document of a tree."""
    text: str = etree.tostring(root, encoding="unicode")
    return text


def decisions(root: Element) -> dict[str, Element]:
    """The decisions by name."""
    return {d.get("name", ""): d for d in xml.children(root, "decision")}


def child(element: Element, name: str) -> Element | None:
    """The first child of that name."""
    return next(xml.children(element, name), None)


def text_of(element: Element) -> str:
    """The text of a cell or of a literal expression, without the space around it."""
    found = child(element, "text")
    return "" if found is None or found.text is None else found.text.strip()


def set_text(element: Element, value: str) -> None:
    """Write the text of a cell or of a literal expression."""
    found = child(element, "text")
    if found is None:
        found = etree.SubElement(element, element.tag.rpartition("}")[0] + "}text")
    found.text = value


class TableElement:
    """A decision table in a tree.

    Attributes:
        name: of its decision.
        outputs: names of its output columns.
    """

    def __init__(self, name: str, element: Element) -> None:
        self.name = name
        self.element = element
        self.policy = element.get("hitPolicy", "UNIQUE")
        self.inputs = list(xml.children(element, "input"))
        outputs = list(xml.children(element, "output"))
        self.outputs = [o.get("name") or name for o in outputs]
        self.output_labels = [o.get("label") or o.get("name") or name for o in outputs]

    @property
    def rules(self) -> list[Element]:
        """The rules from top to bottom."""
        return list(xml.children(self.element, "rule"))

    @property
    def labels(self) -> list[str]:
        """What the input columns are called, as the engine calls them."""
        return [
            i.get("label") or text_of(e) if (e := child(i, "inputExpression")) is not None else "" for i in self.inputs
        ]

    @staticmethod
    def conditions(rule: Element) -> list[Element]:
        """The cells of a rule's conditions."""
        return list(xml.children(rule, "inputEntry"))

    @staticmethod
    def results(rule: Element) -> list[Element]:
        """The cells of a rule's results."""
        return list(xml.children(rule, "outputEntry"))

    def result(self, rule: Element, output: str) -> str:
        """The text of one result of a rule; "" where it has none."""
        cells = self.results(rule)
        index = self.outputs.index(output)
        return text_of(cells[index]) if index < len(cells) else ""


def tables(root: Element) -> Iterator[TableElement]:
    """The decision tables that are a decision's whole logic."""
    for name, decision in decisions(root).items():
        table = child(decision, "decisionTable")
        if table is not None:
            yield TableElement(name, table)


def eligibility(root: Element) -> TableElement | None:
    """The table that says who is eligible: the one with an output column 符合; None where there is none, or several."""
    found = [t for t in tables(root) if ELIGIBLE in t.outputs]
    return found[0] if len(found) == 1 else None


def entries(root: Element, decision: str) -> dict[str, Element]:
    """The entries of a decision that is a context, by name; none where it is something else."""
    element = decisions(root).get(decision)
    context = None if element is None else child(element, "context")
    found: dict[str, Element] = {}
    for entry in () if context is None else xml.children(context, "contextEntry"):
        variable = child(entry, "variable")
        if variable is not None:
            found[variable.get("name", "")] = entry
    return found


def pays(root: Element, decision: str) -> bool:
    """Whether the decision's 金额 is more than the word ``null``: a clause without money grants something else."""
    entry = entries(root, decision).get(AMOUNT)
    literal = None if entry is None else child(entry, "literalExpression")
    return entry is not None and (literal is None or text_of(literal) not in ("", "null"))


def copied(rule: Element) -> Element:
    """A rule to be put elsewhere; its ids are left out, for an id stands once in a document."""
    made = deepcopy(rule)
    for element in made.iter():
        if isinstance(element.tag, str):
            element.attrib.pop("id", None)
    return made
