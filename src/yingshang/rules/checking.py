"""Checking a rule's model: its tables by :mod:`yingshang.decisions.checks`, its facts by the vocabulary, its shape."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Protocol

from yingshang import decisions
from yingshang.decisions import checks, xml
from yingshang.decisions.errors import DecisionError
from yingshang.rules import documents, figures
from yingshang.rules.documents import AMOUNT, ELIGIBLE, Element
from yingshang.rules.findings import RuleFinding
from yingshang.rules.vocabulary import SCALES, Vocabulary, vocabulary


class Finding(Protocol):
    """What a page needs of a finding, be it of a table or of the rule around it."""

    @property
    def code(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def table(self) -> str: ...
    @property
    def rules(self) -> tuple[int, ...]: ...
    @property
    def input(self) -> str: ...
    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...
    def as_text(self, language: str) -> str: ...
    def as_dict(self) -> dict[str, object]: ...


def check(
    document: str | bytes, decision: str = "结果", *, subject: str = "business", words: Vocabulary | None = None
) -> list[Finding]:
    """Everything that is wrong with a rule's model; never raises for what an editor may hand in.

    Args:
        decision: that gives the result.
        subject: whom the rule is about, business or person.
        words: the vocabulary, by default the installed district's.
    """
    given = document.encode() if isinstance(document, str) else document
    try:
        root = documents.parse(given)
        model = decisions.load(given)
    except (DecisionError, ValueError) as error:
        return [RuleFinding("unreadable", what=str(error))]
    known = vocabulary() if words is None else words
    return [
        *_shape(root, decision),
        *_facts(root, model.input_types, known, subject),
        *(RuleFinding("unfilled", table=name) for name, value in figures.figures(given).items() if value is None),
        *checks.check(model),
    ]


def _shape(root: Element, decision: str) -> Iterator[RuleFinding]:
    if decision not in documents.decisions(root):
        yield RuleFinding("no_result", what=decision)
    else:
        held = documents.entries(root, decision)
        yield from (RuleFinding("no_entry", table=decision, what=n) for n in (ELIGIBLE, AMOUNT) if n not in held)
    table = documents.eligibility(root)
    if table is None:
        count = sum(ELIGIBLE in t.outputs for t in documents.tables(root))
        yield RuleFinding("no_table", what=str(count))
        return
    if table.policy != "FIRST":
        yield RuleFinding("hit_policy", table=table.name, what=table.policy)
    answers = [table.result(rule, ELIGIBLE) for rule in table.rules]
    for number, answer in enumerate(answers, 1):
        if answer not in ("true", "false"):
            yield RuleFinding("answer", table=table.name, rules=(number,), what=answer or "（空）")
    last = [documents.text_of(c) for c in table.conditions(table.rules[-1])] if answers else ["?"]
    if answers[-1:] != ["false"] or "false" in answers[:-1] or any(t not in ("", "-") for t in last):
        yield RuleFinding("no_otherwise", table=table.name, rules=(len(answers),) if answers else ())


def _facts(root: Element, types: Mapping[str, object], words: Vocabulary, subject: str) -> Iterator[RuleFinding]:
    units = {}
    for element in xml.children(root, "inputData"):
        described = documents.child(element, "description")
        said = "" if described is None else (described.text or "").strip()
        units[element.get("name", "")] = said if said in SCALES or said == "%" else None
    for name, kind in types.items():
        entry = words.get(name)
        if entry is None:
            alike = difflib.get_close_matches(name, list(words), 3, 0.3)
            yield RuleFinding("unknown_fact", input=name, what="、".join(alike))
            continue
        if kind is not None and str(kind) != entry.type:
            yield RuleFinding("fact_type", input=name, what=entry.type)
        if units.get(name) and units[name] != entry.unit:
            yield RuleFinding("fact_unit", input=name, what=entry.unit)
        # A person's rule may ask for facts of the firm that the person works for.
        if entry.subject != subject and subject == "business":
            yield RuleFinding("fact_subject", input=name, what=entry.subject)
