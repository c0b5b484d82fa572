"""What an expression of a decision is made of, down to the facts: literal decisions below it are followed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from yingshang.decisions.boxed import Literal, conform
from yingshang.decisions.feel import Expression, syntax
from yingshang.decisions.nodes import Decision
from yingshang.decisions.run import Run, Scope
from yingshang.decisions.session import Session
from yingshang.decisions.single.ratios import NoRatio, Ratio

#: How deep literal decisions are followed.
_DEPTH = 30


class Facts:
    """The facts of one evaluation.

    Attributes:
        values: FEEL values of the model's inputs and decisions, coerced to their types.

    Args:
        assumed: values of inputs and decisions in the place of their own; such decisions are not followed.
    """

    def __init__(self, session: Session, assumed: Mapping[str, Any] | None = None) -> None:
        self.model = session.model
        self.values = {**session.values, **assumed} if assumed else session.values
        self._given = {**session.inputs, **(assumed or {})}

    def below(self, tree: syntax.Node, decision: Decision) -> set[str]:
        """Names of the inputs that an expression of a decision reads, itself or through literal decisions."""
        found: set[str] = set()
        self._collect(tree, decision, found, 0)
        return found

    def _collect(self, tree: syntax.Node, decision: Decision, found: set[str], depth: int) -> None:
        if isinstance(tree, syntax.Name):
            source = self._source(tree.name, decision)
            if source == "input":
                found.add(tree.name)
            elif isinstance(source, Decision) and depth < _DEPTH:
                self._collect(source.logic.expression.tree, source, found, depth + 1)  # type: ignore[union-attr]
        for child in syntax.children(tree):
            self._collect(child, decision, found, depth)

    def _source(self, name: str, decision: Decision) -> str | Decision | None:
        """Where a variable of a decision comes from: an input, a literal decision, or None for anything else."""
        need = next((n for n in decision.needs if n.qualified == name and not n.namespace), None)
        if need is None:
            return None
        if need.kind == "input":
            return "input"
        if need.kind == "decision":
            below = self.model.decisions[name]
            if isinstance(below.logic, Literal) and name not in self._given:
                return below
        return None

    def ratio(self, tree: syntax.Node, decision: Decision, fact: str) -> Ratio:
        """An expression of a decision as a ratio in one fact, the others as they are.

        Raises:
            NoRatio: it is none.
        """
        return self._ratio(tree, decision, fact, 0)

    def _ratio(self, tree: syntax.Node, decision: Decision, fact: str, depth: int) -> Ratio:
        if depth > _DEPTH:
            raise NoRatio
        match tree:
            case syntax.Literal(value):
                return _constant(value)
            case syntax.Negate(operand):
                return -self._ratio(operand, decision, fact, depth)
            case syntax.Name(name):
                return self._variable(name, decision, fact, depth)
            case syntax.Arithmetic(first, rest):
                value = self._ratio(first, decision, fact, depth)
                for op, operand in rest:
                    value = _combined(op, value, self._ratio(operand, decision, fact, depth))
                return value
        raise NoRatio

    def _variable(self, name: str, decision: Decision, fact: str, depth: int) -> Ratio:
        source = self._source(name, decision)
        if source == "input":
            return Ratio.fact() if name == fact else _constant(self.values.get(name))
        if isinstance(source, Decision):
            return self._ratio(source.logic.expression.tree, source, fact, depth + 1)  # type: ignore[union-attr]
        return _constant(self.values.get(name))

    def value(self, expression: Expression, decision: Decision, changed: Mapping[str, Any]) -> Any:
        """What an expression of a decision comes to with some facts changed, as the engine has it."""
        return expression.execute(self._scope(expression, decision, changed, 0))

    def _scope(self, expression: Expression, decision: Decision, changed: Mapping[str, Any], depth: int) -> Scope:
        scope: Scope = {}
        for name in expression.names:
            source = self._source(name, decision)
            if source == "input":
                scope[name] = changed[name] if name in changed else self.values.get(name)
            elif isinstance(source, Decision) and depth < _DEPTH:
                inner = source.logic.expression  # type: ignore[union-attr]
                value = inner.execute(self._scope(inner, source, changed, depth + 1))
                scope[name] = (
                    value if source.type is None or value is None else conform(value, source.type, name, Run())
                )
            elif name in self.values:
                scope[name] = self.values[name]
        return scope


def _constant(value: Any) -> Ratio:
    if type(value) is not Decimal:
        raise NoRatio
    return Ratio.constant(Fraction(value))


def _combined(op: str, a: Ratio, b: Ratio) -> Ratio:
    match op:
        case "+":
            return a + b
        case "-":
            return a + -b
        case "*":
            return a * b
        case "/":
            if not any(b.above):
                raise NoRatio
            return a * b.inverse()
    raise NoRatio
