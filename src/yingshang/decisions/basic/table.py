"""Decision tables (DMN 1.5, clause 8): inputs, rules, hit policies and aggregations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yingshang.decisions.basic import builtins
from yingshang.decisions.basic.feel import Expression


@dataclass(frozen=True)
class Input:
    id: str
    label: str
    expression: Expression
    type: str
    allowed: str


@dataclass(frozen=True)
class Output:
    name: str
    default: Expression | None
    values: list[Any]


@dataclass(frozen=True)
class Rule:
    number: int
    id: str
    tests: list[Expression]
    results: list[Expression]


@dataclass(frozen=True)
class Table:
    """A compiled table; ``policy`` is the hit policy in capitals."""

    id: str
    policy: str
    aggregation: str
    inputs: list[Input]
    outputs: list[Output]
    rules: list[Rule]

    def hits(self, scope: Mapping[str, Any]) -> list[Rule]:
        """The rules all of whose tests are true, in order."""
        values = [i.expression.execute(scope) for i in self.inputs]
        single = self.policy == "FIRST"
        found = []
        for rule in self.rules:
            for value, test in zip(values, rule.tests, strict=True):
                if test.execute({**scope, "?": value}) is not True:
                    break
            else:
                found.append(rule)
                if single:
                    break
        return found

    def _result(self, rule: Rule, scope: Mapping[str, Any]) -> Any:
        values = [r.execute(scope) for r in rule.results]
        if len(self.outputs) == 1:
            return values[0]
        return {o.name: v for o, v in zip(self.outputs, values, strict=True)}

    def _default(self, scope: Mapping[str, Any]) -> Any:
        if all(o.default is None for o in self.outputs):
            return None
        values = [o.default.execute(scope) if o.default else None for o in self.outputs]
        return values[0] if len(values) == 1 else {o.name: v for o, v in zip(self.outputs, values, strict=True)}

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        """The table's result by its hit policy; null where the policy is violated (DMN 1.5, 8.2.10)."""
        rules = self.hits(scope)
        if self.policy in ("RULE ORDER", "COLLECT", "OUTPUT ORDER"):
            results = [self._result(r, scope) for r in rules]
            if not results and (default := self._default(scope)) is not None:
                return default
            if self.policy == "OUTPUT ORDER":
                results.sort(key=self._rank)
            return _aggregate(self.aggregation, results) if self.aggregation else results
        if not rules:
            return self._default(scope)
        if self.policy == "UNIQUE":
            return self._result(rules[0], scope) if len(rules) == 1 else None
        results = [self._result(r, scope) for r in rules]
        if self.policy == "ANY":
            return results[0] if all(r == results[0] for r in results) else None
        if self.policy == "PRIORITY":
            return min(results, key=self._rank)
        return results[0]

    def _rank(self, result: Any) -> tuple[int, ...]:
        """Position of the result in the priority lists of the outputs; what is not listed comes last."""
        values = [result] if len(self.outputs) == 1 else [result[o.name] for o in self.outputs]
        return tuple(
            o.values.index(v) if v in o.values else len(o.values) for o, v in zip(self.outputs, values, strict=True)
        )


def _aggregate(kind: str, results: list[Any]) -> Any:
    if kind == "COUNT":
        return builtins.count(results)
    if not results:
        return None
    return {"SUM": builtins.sum_, "MIN": builtins.BUILTINS["min"].call, "MAX": builtins.BUILTINS["max"].call}[kind](
        results
    )
