"""What an expression of a decision is made of, down to the facts: literal decisions below it are followed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from yingshang.decisions.boxed import Literal, conform
from yingshang.decisions.feel import Expression, syntax
from yingshang.decisions.feel.builtins import BUILTINS
from yingshang.decisions.feel.compiler import Compiler
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
    """

    def __init__(self, session: Session) -> None:
        self.model = session.model
        self.values = session.values
        self._given = session.inputs

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


def fixed(cell: Expression, scope: Mapping[str, Any]) -> Expression:
    """A cell with its variables replaced by the values that they have."""
    used = {n: scope.get(n) for n in cell.names if n != "?"}
    if not used:
        return cell
    tree = _replaced(cell.tree, used)
    compiler = Compiler(frozenset())
    run = compiler.run(tree)
    text = f"{cell.text} {sorted((n, repr(v)) for n, v in used.items())}"
    return Expression(text, frozenset(compiler.free - BUILTINS.keys()), tree, run, compiler.size)


def _replaced(node: syntax.Node, values: Mapping[str, Any]) -> syntax.Node:
    match node:
        case syntax.Name(name) if name in values:
            return syntax.Literal(values[name], start=node.start, end=node.end)
        case syntax.Tests(tests, negated):
            return syntax.Tests([_replaced(t, values) for t in tests], negated)
        case syntax.Comparison(op, endpoint):
            return syntax.Comparison(op, _replaced(endpoint, values))
        case syntax.RangeOf(low, high, low_in, high_in):
            return syntax.RangeOf(_replaced(low, values), _replaced(high, values), low_in, high_in)
        case syntax.Arithmetic(first, rest):
            return syntax.Arithmetic(_replaced(first, values), [(op, _replaced(n, values)) for op, n in rest])
        case syntax.Compare(op, left, right):
            return syntax.Compare(op, _replaced(left, values), _replaced(right, values))
        case syntax.Logic(op, operands):
            return syntax.Logic(op, [_replaced(n, values) for n in operands])
        case syntax.Negate(operand):
            return syntax.Negate(_replaced(operand, values))
    return node
