"""Which rules were just missed: the conditions that failed, and the smallest change that meets each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from yingshang.decisions.nodes import Decision
from yingshang.decisions.regions import Region, region_of
from yingshang.decisions.run import Run, Scope
from yingshang.decisions.session import Session
from yingshang.decisions.single import neartext
from yingshang.decisions.single.changes import Change, nearest, of_facts
from yingshang.decisions.single.facts import Facts
from yingshang.decisions.single.rewriting import fixed
from yingshang.decisions.table import Input, Rule, Table
from yingshang.decisions.trace import RuleTrace, Trace, plain

if TYPE_CHECKING:
    from yingshang.decisions.model import Model


@dataclass(frozen=True, slots=True)
class Failed:
    """A condition that is not met.

    Attributes:
        label: of the input.
        value: of the input, as FEEL has it.
        test: the condition as written.
        change: the smallest change of the value that meets it; None for values that do not move by degrees.
        accepted: the values that meet it, where it lists them; empty where it does not.
        facts: where the value is reckoned from facts, the smallest change of each of them alone, the smallest first.
    """

    label: str
    value: Any
    test: str
    change: Change | None = None
    accepted: tuple[Any, ...] = ()
    facts: tuple[Change, ...] = ()

    @property
    def size(self) -> Decimal:
        """How far away it is, from 0 to 1; 1 where that cannot be measured."""
        return self.change.size if self.change is not None else Decimal(1)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule that is not met.

    Attributes:
        decision: the decision that the table belongs to.
        table: its name.
        rule: number from 1.
        id: of the rule.
        outputs: what the rule would give, by name of the output.
        failed: its conditions that are not met.
    """

    decision: str
    table: str
    rule: int
    id: str
    outputs: tuple[tuple[str, Any], ...]
    annotations: tuple[str, ...] = ()
    failed: tuple[Failed, ...] = field(default=())

    @property
    def size(self) -> tuple[int, Decimal]:
        """What near misses are ordered by: how many conditions failed, then how far away they are together."""
        return len(self.failed), sum((f.size for f in self.failed), Decimal(0))

    def as_text(self, language: str = "zh") -> str:
        """As lines, in Chinese (``zh``) or English (``en``): the rule, then one line a condition."""
        return neartext.lines(self, language)

    def as_dict(self) -> dict[str, Any]:
        """As plain data, for JSON with decimals and dates as text."""
        return {
            "decision": self.decision,
            "table": self.table,
            "rule": self.rule,
            "id": self.id,
            "outputs": {name: plain(value) for name, value in self.outputs},
            "annotations": list(self.annotations),
            "failed": [
                {
                    "input": f.label,
                    "value": plain(f.value),
                    "test": f.test,
                    "change": None if f.change is None else _change(f.change),
                    "accepted": [plain(v) for v in f.accepted],
                    "facts": [_change(c) for c in f.facts],
                }
                for f in self.failed
            ],
        }


def _change(change: Change) -> dict[str, Any]:
    return {
        "name": change.name,
        "value": plain(change.value),
        "target": plain(change.target),
        "beyond": change.beyond,
        "by": plain(change.by),
        "up": change.up,
    }


def near_misses(model: Model, decision: str, inputs: Mapping[str, Any]) -> list[NearMiss]:
    """The rules not met, of all tables that a decision comes from, the nearest first.

    Args:
        decision: name of a decision of the model itself.
        inputs: as :meth:`Model.evaluate` takes them.

    Returns:
        By the number of conditions that failed, then by how far away they are together, each beside its value.

    Raises:
        DecisionError: no such decision, or an evaluation beyond the limits.
    """
    need = model.find("decision", decision)
    around = Trace("model", model.name, "")
    session = Session(model, model.given(inputs), Run(around))
    home = session.imported(need) if need.namespace else session
    home.decide(home.model.decisions[need.name])
    facts = Facts(session)
    found = [miss for step, owner in _tables(around, None) for miss in _of_table(step, owner, facts)]
    return sorted(found, key=lambda m: m.size)


def _tables(step: Trace, owner: Trace | None) -> Iterator[tuple[Trace, Trace | None]]:
    """The tables below a step, each with the decision around it."""
    for inner in step.steps:
        if inner.kind == "table":
            yield inner, owner
        yield from _tables(inner, inner if inner.kind == "decision" else owner)


def _of_table(step: Trace, owner: Trace | None, facts: Facts) -> Iterator[NearMiss]:
    table, scope = step.origin
    name = "" if owner is None else owner.name
    decision = facts.model.decisions.get(name)
    # Facts are followed only where the table's variables are those of the decision.
    direct = decision if decision is not None and decision.logic is table else None
    for told in step.rules:
        if not told.met:
            rule = table.rules[told.number - 1]
            yield NearMiss(
                name,
                step.name,
                told.number,
                told.id,
                _outputs(table, rule, scope),
                tuple(rule.annotations),
                tuple(_failed(table, told, rule, scope, direct, facts)),
            )


def _outputs(table: Table, rule: Rule, scope: Scope) -> tuple[tuple[str, Any], ...]:
    values = table.outputs_of(rule, scope, Run())
    return tuple((o.name, v) for o, v in zip(table.outputs, values, strict=True))


def _failed(
    table: Table, told: RuleTrace, rule: Rule, scope: Scope, decision: Decision | None, facts: Facts
) -> Iterator[Failed]:
    for i, condition, cell in zip(table.inputs, told.conditions, rule.conditions, strict=True):
        if condition.verdict is True:
            continue
        region = region_of(fixed(cell, scope), i.type)
        label, value, test = condition.label, condition.value, condition.test
        if region is None:
            yield Failed(label, value, test)
            continue
        change = None if value is None else nearest(label, value, region, i)
        reckoned = () if decision is None else tuple(of_facts(i, region, decision, facts))
        yield Failed(
            label, value, test, change, () if change is not None or value is None else _listed(region, i), reckoned
        )


def _listed(region: Region, i: Input) -> tuple[Any, ...]:
    """The values of a region that is made of single ones, as far as they are allowed."""
    if region.kind == "any" or not all(n.low is not None and n.low == n.high for n in region.intervals):
        return ()
    values = (n.low for n in region.intervals)
    return tuple(v for v in values if i.allowed is None or i.allowed.execute({}, v) is True)
