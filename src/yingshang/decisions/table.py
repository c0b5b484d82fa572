"""Decision tables (DMN 1.5, chapter 8): inputs, rules, hit policies, aggregations, defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from yingshang.decisions.boxed import Boxed, conform
from yingshang.decisions.feel import Expression, operators
from yingshang.decisions.feel.builtins import BUILTINS
from yingshang.decisions.feel.types import Type
from yingshang.decisions.run import Run, Scope
from yingshang.decisions.single.compiled import Compiled
from yingshang.decisions.spending import PARTS_A_STEP
from yingshang.decisions.trace import Condition, RuleTrace
from yingshang.decisions.values import equal

#: Evaluations of one table after which compiling it pays: it takes about as long as some dozens of them.
USES_TO_COMPILE = 10
#: Cells that are evaluated for a step, and after how many it is counted.
CELLS_A_STEP, CELLS_TOGETHER = 4, 1024
#: Hit policies that give one result, and those that give a list (8.2.10).
SINGLE_HIT = ("UNIQUE", "ANY", "PRIORITY", "FIRST")
MULTIPLE_HIT = ("RULE ORDER", "OUTPUT ORDER", "COLLECT")
AGGREGATIONS = {"SUM": "sum", "MIN": "min", "MAX": "max", "COUNT": "count"}


@dataclass(slots=True)
class Input:
    """A column of conditions.

    Attributes:
        label: what people call it; the expression's text where it has none.
        expression: what the conditions are about.
        type: what its value is coerced to; None for anything.
        allowed: unary tests that the value has to meet; a table with a value beyond them has no result.
    """

    label: str
    expression: Expression
    type: Type | None = None
    allowed: Expression | None = None


@dataclass(slots=True)
class Output:
    """A column of results.

    Attributes:
        name: key in the result of a table with several outputs.
        type: what its value is coerced to; None for anything.
        allowed: values, or ranges of them, the one with the highest priority first; None where none are listed.
        default: its result where no rule is met.
    """

    name: str
    type: Type | None = None
    allowed: list[Any] | None = None
    default: Boxed | None = None


@dataclass(slots=True)
class Rule:
    """A row; ``number`` counts from 1, ``conditions`` has one unary test an input, ``outputs`` one expression an output."""

    number: int
    id: str
    conditions: list[Expression]
    outputs: list[Boxed]
    annotations: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Table(Boxed):
    """A compiled decision table.

    Attributes:
        policy: UNIQUE, ANY, PRIORITY, FIRST, RULE ORDER, OUTPUT ORDER or COLLECT.
        aggregation: of a COLLECT table: SUM, MIN, MAX, COUNT; None for the list itself.
    """

    name: str = ""
    inputs: list[Input]
    outputs: list[Output]
    rules: list[Rule]
    policy: str = "UNIQUE"
    aggregation: str | None = None
    _cost: int | None = field(default=None, init=False, repr=False, compare=False)
    _uses: int = field(default=0, init=False, repr=False, compare=False)
    _compiled: Compiled | None = field(default=None, init=False, repr=False, compare=False)

    def value(self, scope: Scope, run: Run) -> Any:
        if run.trace is not None:
            return self._traced(scope, run)
        values = self.input_values(scope, run)
        if values is None:
            return None
        if self._compiled is not None:
            return self._compiled.value(values, scope, run)
        self._uses += 1
        if self._uses > USES_TO_COMPILE:
            self._compiled = Compiled(self)
        return self.result(self.met(values, scope, run), scope, run)

    def input_values(self, scope: Scope, run: Run) -> list[Any] | None:
        """The inputs' values, coerced; None where one is not among its allowed values."""
        if self._cost is None:
            asked = [e for i in self.inputs for e in (i.expression, i.allowed) if e is not None]
            self._cost = len(asked) // CELLS_A_STEP + sum(e.cost for e in asked)
        run.spend(self._cost)
        values = []
        for i in self.inputs:
            value = i.expression.execute(scope, None, run.budget)
            if value is not None:
                if i.type is not None:
                    value = conform(value, i.type, i.label, run, "input_type")
                if (
                    i.allowed is not None
                    and value is not None
                    and i.allowed.execute(scope, value, run.budget) is not True
                ):
                    run.note("not_allowed", name=i.label, value=value, allowed=i.allowed.text)
                    return None
            values.append(value)
        return values

    def met(self, values: Sequence[Any], scope: Scope, run: Run) -> list[Rule]:
        """The rules all of whose conditions are true, in order; FIRST stops at the first."""
        found = []
        budget = run.budget
        cells = 0
        for rule in self.rules:
            for condition, value in zip(rule.conditions, values, strict=True):
                cells += 1 + condition.cost * CELLS_A_STEP
                if cells > CELLS_TOGETHER:
                    run.spend(cells // CELLS_A_STEP)
                    cells = 0
                if condition.execute(scope, value, budget) is not True:
                    break
            else:
                found.append(rule)
                if self.policy == "FIRST":
                    break
        run.spend(cells // CELLS_A_STEP)
        return found

    def result(self, met: Sequence[Rule], scope: Scope, run: Run) -> Any:
        """The result that the hit policy makes of the rules met; see :meth:`outcome`."""
        return self.outcome(met, scope, run)[0]

    def outcome(self, met: Sequence[Rule], scope: Scope, run: Run) -> tuple[Any, list[tuple[Rule, list[Any]]]]:
        """The result by the hit policy, and the rules that it is made of with the values of their outputs.

        Where no rule is met, that is the default; else null, or for a list without one the empty list. It is null, too,
        where the rules met violate the policy (8.2.10): several of a UNIQUE table, differing ones of an ANY table.

        Args:
            met: rules met, in the order of the table.
        """
        if not met:
            return self._default(scope, run), []
        if self.policy == "UNIQUE" and len(met) > 1:
            run.note("several_rules", rules=", ".join(str(r.number) for r in met))
            return None, []
        if self.policy in ("UNIQUE", "FIRST"):
            met = met[:1]
        fired = [(rule, self.outputs_of(rule, scope, run)) for rule in met]
        if self.policy == "ANY":
            if any(equal(fired[0][1], values) is not True for _, values in fired[1:]):
                run.note("rules_differ", rules=", ".join(str(r.number) for r in met))
                return None, []
        elif self.policy in ("PRIORITY", "OUTPUT ORDER"):
            fired.sort(key=lambda f: self._rank(f[1]))
            if self.policy == "PRIORITY":
                fired = fired[:1]
        if self.policy in SINGLE_HIT:
            return self._shaped(fired[0][1]), fired
        results = [self._shaped(values) for _, values in fired]
        return (self._aggregated(results, run) if self.aggregation else results), fired

    def outputs_of(self, rule: Rule, scope: Scope, run: Run) -> list[Any]:
        """The values of a rule's outputs, coerced."""
        values = []
        for output, cell in zip(self.outputs, rule.outputs, strict=True):
            value = cell.evaluate(scope, run)
            if output.type is not None and value is not None:
                value = conform(value, output.type, output.name or self.name, run)
            values.append(value)
        return values

    def _shaped(self, values: list[Any]) -> Any:
        if len(self.outputs) == 1:
            return values[0]
        return {o.name: v for o, v in zip(self.outputs, values, strict=True)}

    def _default(self, scope: Scope, run: Run) -> Any:
        if any(o.default is not None for o in self.outputs):
            run.note("default")
            values = []
            for o in self.outputs:
                value = None if o.default is None else o.default.evaluate(scope, run)
                values.append(
                    value if value is None or o.type is None else conform(value, o.type, o.name or self.name, run)
                )
            return self._shaped(values)
        if self.policy in SINGLE_HIT:
            run.note("no_rule")
            return None
        return self._aggregated([], run) if self.aggregation else []

    def _rank(self, values: list[Any]) -> tuple[int, ...]:
        """Places of the values in the outputs' lists, left to right; what is in none comes last."""
        return tuple(
            next((n for n, a in enumerate(o.allowed or ()) if operators.meets(v, a) is True), len(o.allowed or ()))
            for o, v in zip(self.outputs, values, strict=True)
        )

    def _aggregated(self, results: list[Any], run: Run) -> Any:
        assert self.aggregation is not None
        if len(self.outputs) > 1 and self.aggregation != "COUNT":
            run.note("no_aggregation", aggregation=self.aggregation)
            return None
        return BUILTINS[AGGREGATIONS[self.aggregation]](results)

    def _traced(self, scope: Scope, run: Run) -> Any:
        """Evaluate all conditions, those that decide nothing included, and keep what they say."""
        with run.step("table", self.name or self.id, self.id) as step:
            step.origin = (self, scope)
            step.policy = f"{self.policy} {self.aggregation}" if self.aggregation else self.policy
            values = self.input_values(scope, run)
            if values is None:
                return None
            step.inputs = [(i.label, v) for i, v in zip(self.inputs, values, strict=True)]
            met = []
            run.spend(len(self.rules) * len(self.inputs) // PARTS_A_STEP)
            for rule in self.rules:
                conditions = [
                    Condition(i.label, v, c.text, c.execute(scope, v, run.budget))
                    for i, v, c in zip(self.inputs, values, rule.conditions, strict=True)
                ]
                holds = all(c.verdict is True for c in conditions)
                step.rules.append(RuleTrace(rule.number, rule.id, False, conditions, met=holds))
                if holds:
                    met.append(rule)
            step.value, fired = self.outcome(met, scope, run)
            for rule, outputs in fired:
                told = step.rules[rule.number - 1]
                told.fired = True
                told.outputs = [
                    (o.name if len(self.outputs) > 1 else "", v) for o, v in zip(self.outputs, outputs, strict=True)
                ]
                told.annotations = rule.annotations
        return step.value
