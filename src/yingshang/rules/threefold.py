"""A policy's model with a third answer: *unknown*, beside eligible and not eligible.

A rule that is not met because a fact is missing says as little as a rule that is not met because a fact is too small: both
fall through to the last rule, "no". So for every rule that grants, a weaker one is put behind it, which accepts missing
facts, too, and gives null. What is met by neither is certainly not eligible, whatever the missing facts are. The columns'
near misses then come out right as well: of a weaker rule only a fact that *is* known can fail.

Rules that grant the same stand together, before their weaker ones: whoever meets one of them for certain need not wait for
what would let them meet another. The scalar and the columnar engine both run this model, so they cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from yingshang.rules import documents
from yingshang.rules.documents import ELIGIBLE, Element, TableElement

_NEGATED = re.compile(r"not\s*\((.*)\)", re.DOTALL)


@dataclass(frozen=True)
class Lack:
    """One condition of one rule that alone keeps a business from being eligible.

    Attributes:
        rule: number of the rule in the published table, from 1.
        position: of the input column, from 0.
        label, test: of the column and of its cell.
    """

    rule: int
    position: int
    label: str
    test: str


@dataclass(frozen=True)
class Threefold:
    """A model with the third answer.

    Attributes:
        xml: its document.
        table: name of the eligibility table.
        rules: for each of its rules, from 1, the number of the published one.
        lacks: what the engine's texts of near misses mean.
    """

    xml: str
    table: str
    rules: tuple[int, ...]
    lacks: dict[str, Lack]


def weaker(test: str) -> str:
    """A cell that accepts what another one accepts, and a missing value.

    >>> weaker(">= 3"), weaker("-"), weaker('not("a")')
    ('null, >= 3', '-', '? = null or not(? in ("a"))')
    """
    if test in ("", "-"):
        return "-"
    negated = _NEGATED.fullmatch(test)
    if negated is not None:
        return f"? = null or not(? in ({negated[1]}))"
    return f"null, {test}"


def stronger(test: str) -> str:
    """A cell that accepts what another one accepts, but no missing value: to FEEL null is not "a", to a policy it may be.

    >>> stronger(">= 3"), stronger(""), stronger('not("a")')
    ('>= 3', '-', '? != null and not(? in ("a"))')
    """
    if test == "":
        return "-"
    negated = _NEGATED.fullmatch(test)
    return test if negated is None else f"? != null and not(? in ({negated[1]}))"


def threefold(document: str | bytes) -> Threefold:
    """Put the weaker rules into a model of the shape that ``docs/rules.md`` tells.

    Raises:
        ValueError: it has no eligibility table of hit policy FIRST.
    """
    root = documents.parse(document)
    table = documents.eligibility(root)
    if table is None:
        raise ValueError(f"the model has no table with an output {ELIGIBLE}, or several")
    if table.policy != "FIRST":
        raise ValueError(f"the hit policy of {table.name} has to be FIRST and is {table.policy}")
    numbered = list(enumerate(table.rules, 1))
    for _, rule in numbered:
        table.element.remove(rule)
    numbers: list[int] = []
    lacks: dict[str, Lack] = {}
    for number, rule, is_weaker in _rules(table, numbered):
        made = documents.copied(rule)
        tests = [documents.text_of(c) for c in table.conditions(rule)]
        for cell, test in zip(table.conditions(made), tests, strict=True):
            documents.set_text(cell, weaker(test) if is_weaker else stronger(test))
        if is_weaker:
            for cell in table.results(made):
                documents.set_text(cell, "null")
        table.element.append(made)
        numbers.append(number)
        cells = [documents.text_of(c) for c in table.conditions(made)]
        for position, (label, cell, test) in enumerate(zip(table.labels, cells, tests, strict=True)):
            lacks[f"{len(numbers)}: {label} {cell}"] = Lack(number, position, label, test)
    return Threefold(documents.write(root), table.name, tuple(numbers), lacks)


def _rules(table: TableElement, numbered: list[tuple[int, Element]]) -> Iterator[tuple[int, Element, bool]]:
    """The published rules with the weaker ones in their places."""

    def grants(item: tuple[int, Element]) -> tuple[str, ...]:
        if table.result(item[1], ELIGIBLE) != "true":
            return ()
        return tuple(documents.text_of(c) for c in table.results(item[1]))

    for granted, group in groupby(numbered, grants):
        rules = list(group)
        yield from ((n, rule, False) for n, rule in rules)
        if granted:
            yield from ((n, rule, True) for n, rule in rules)
