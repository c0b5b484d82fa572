"""Reading what a policy's decision says: the result, the conditions, and near misses that would make a difference."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from yingshang.decisions.single.near import NearMiss
from yingshang.decisions.trace import RuleTrace, Trace, plain
from yingshang.policies.models import Clause
from yingshang.rules import known
from yingshang.rules.documents import ELIGIBLE
from yingshang.rules.engines import Engine
from yingshang.rules.vocabulary import Entry, converted, vocabulary

#: Source of facts that an enterprise told with its claim.
DECLARED = "企业申报"


#: A number as people write it; Python also reads 1_000 and the digits of other scripts.
_PLAIN = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")


@dataclass(frozen=True)
class Condition:
    """One condition: the input, its value as it is, the test as written; ``met`` is None where that cannot be told."""

    label: str
    value: Any
    test: str
    met: bool | None


def conditions(engine: Engine, inputs: Mapping[str, Any], near: Sequence[NearMiss] = ()) -> tuple[Condition, ...]:
    """The conditions of the rule that made it eligible, else those of the nearest one; ``-`` is no condition."""
    number = engine.form.rules[near[0].rule - 1] if near else 0
    steps = list(engine.model.explain(engine.decision, inputs).walk())
    granted = [r for s in steps for r in s.rules if r.fired and dict(r.outputs).get(ELIGIBLE) is True]
    if granted:
        return _of(granted[0])
    if not number:
        missed = [m for m in engine.model.near_misses(engine.decision, inputs) if dict(m.outputs).get(ELIGIBLE) is True]
        if not missed:
            return ()
        number = missed[0].rule
    # The steps of a decision's table carry the decision's name.
    rules = [r for s in steps if s.rules and _grants(s) for r in s.rules if r.number == number]
    return _of(rules[0]) if rules else ()


def _grants(step: Trace) -> bool:
    """Whether a table is the one that grants: it says 符合."""
    return step.origin is not None and any(o.name == ELIGIBLE for o in step.origin[0].outputs)


def _of(rule: RuleTrace) -> tuple[Condition, ...]:
    return tuple(
        Condition(c.label, plain(c.value), c.test, None if plain(c.value) is None else c.verdict)
        for c in rule.conditions
        if c.test.strip() != "-"
    )


def tellable(entry: Entry, value: Any) -> Any:
    """A value as an enterprise may tell it, by page or API: of a closed list one of its words, of numbers none below 0.

    None where it is no such value of the entry.
    """
    if entry.type == "number" and isinstance(value, str) and not _PLAIN.fullmatch(value):
        return None
    exact = converted(entry, value)
    if isinstance(exact, Decimal) and exact < 0:
        return None
    if entry.type == "string" and entry.values and exact not in entry.values.values():
        return None
    return exact


def declared_facts(declared: Mapping[str, Any], on: date) -> dict[str, known.Known]:
    """What an enterprise declares, as known facts; values that are none of the entry's type are left out."""
    entries = vocabulary()
    found = {}
    for name, value in declared.items():
        if name in entries and (exact := tellable(entries[name], value)) is not None:
            found[name] = known.Known(exact, DECLARED, f"{on.year}", None)
    return found


def around_quote(clause: Clause) -> tuple[str, str, str]:
    """The policy's text before the clause's quote, the quote, and the text after it."""
    text = clause.policy.text
    if clause.quote_start is None or clause.quote_end is None:
        return "", clause.quote, ""
    return text[: clause.quote_start], text[clause.quote_start : clause.quote_end], text[clause.quote_end :]
