"""Reading what a policy's decision says: the result, the conditions, and near misses that would make a difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from yingshang.decisions.single.near import NearMiss
from yingshang.decisions.trace import RuleTrace, plain
from yingshang.policies.models import Clause
from yingshang.rules import known
from yingshang.rules.vocabulary import converted, vocabulary

#: The entries of a policy decision's result (docs/rules.md).
ELIGIBLE, AMOUNT, NOTE = "符合", "金额", "说明"
DECLARED = "企业申报"


@dataclass(frozen=True)
class Result:
    """``{符合, 金额, 说明}`` as Python has it; money with two decimals."""

    eligible: bool
    amount: Decimal | None = None
    note: str = ""


NOTHING = Result(False)


@dataclass(frozen=True)
class Condition:
    """One condition: the input, its value as it is, the test as written; ``met`` is None where that cannot be told."""

    label: str
    value: Any
    test: str
    met: bool | None


def result(value: Any) -> Result:
    """Read a decision's result; what is no such context is "not eligible"."""
    if not isinstance(value, Mapping) or value.get(ELIGIBLE) is not True:
        note = str(value.get(NOTE) or "") if isinstance(value, Mapping) else ""
        return Result(False, None, note)
    amount = value.get(AMOUNT)
    exact = None if amount is None else Decimal(amount).quantize(Decimal("0.01"))
    return Result(True, exact, str(value.get(NOTE) or ""))


def near_to(model: Any, decision: str, inputs: Mapping[str, Any]) -> tuple[NearMiss, ...]:
    """Rules not met that would make it eligible, the nearest first."""
    return tuple(n for n in model.near_misses(decision, inputs) if dict(n.outputs).get(ELIGIBLE) is True)


def conditions(
    model: Any, decision: str, inputs: Mapping[str, Any], near: Sequence[NearMiss] = ()
) -> tuple[Condition, ...]:
    """The conditions of the rule that made it eligible, else those of the nearest one; ``-`` is no condition."""
    for step in model.explain(decision, inputs).walk():
        for rule in step.rules:
            if _decides(step.name, rule, near):
                return tuple(
                    Condition(c.label, plain(c.value), c.test, None if c.value is None else c.verdict)
                    for c in rule.conditions
                    if c.test.strip() != "-"
                )
    return ()


def _decides(table: str, rule: RuleTrace, near: Sequence[NearMiss]) -> bool:
    if rule.fired and dict(rule.outputs).get(ELIGIBLE) is True:
        return True
    return bool(near) and rule.id == near[0].id and rule.number == near[0].rule


def declared_facts(declared: Mapping[str, Any], on: date) -> dict[str, known.Known]:
    """What an enterprise declares, as known facts; values that are none of the entry's type are left out."""
    entries = vocabulary()
    found = {}
    for name, value in declared.items():
        if name in entries and (exact := converted(entries[name], value)) is not None:
            found[name] = known.Known(exact, DECLARED, f"{on.year}", None)
    return found


def around_quote(clause: Clause) -> tuple[str, str, str]:
    """The policy's text before the clause's quote, the quote, and the text after it."""
    text = clause.policy.text
    if clause.quote_start is None or clause.quote_end is None:
        return "", clause.quote, ""
    return text[: clause.quote_start], text[clause.quote_start : clause.quote_end], text[clause.quote_end :]
