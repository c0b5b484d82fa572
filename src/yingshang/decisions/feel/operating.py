"""Closures of operators, conditions and unary tests (see :mod:`compiler`)."""

from __future__ import annotations

from decimal import Decimal, DecimalException
from typing import Any

from yingshang.decisions.feel import operators, syntax
from yingshang.decisions.feel.compiling import Compiling
from yingshang.decisions.feel.frames import INPUT, Frame, Run, charge
from yingshang.decisions.feel.syntax import Node
from yingshang.decisions.values import DECIMAL, Range, compare, equal

_FAST = {"+": DECIMAL.add, "-": DECIMAL.subtract, "*": DECIMAL.multiply, "/": DECIMAL.divide, "**": operators.power}


class Operating(Compiling):
    """Operators, conditions and tests."""

    # --- operators ----------------------------------------------------------------------------------------------------

    def _negate(self, node: syntax.Negate) -> Run:
        if isinstance(node.operand, syntax.Literal):
            value = operators.negate(node.operand.value)
            return lambda f: value
        operand = self.run(node.operand)
        return lambda f: operators.negate(operand(f))

    def _arithmetic(self, node: syntax.Arithmetic) -> Run:
        run = self.run(node.first)
        for op, operand in node.rest[:8]:
            run = _binary(op, run, self.run(operand))
        return run if len(node.rest) <= 8 else _chain(run, [(op, self.run(n)) for op, n in node.rest[8:]])

    def _compare(self, node: syntax.Compare) -> Run:
        left, right, op = self.run(node.left), self.run(node.right), node.op
        if op in ("=", "!="):
            negated = op == "!="

            def same(f: Frame) -> bool | None:
                a, b = left(f), right(f)
                charge(f, a)
                verdict = equal(a, b)
                return None if verdict is None else verdict is not negated

            return same
        return lambda f: compare(op, left(f), right(f))

    def _between(self, node: syntax.Between) -> Run:
        value, low, high = self.run(node.value), self.run(node.low), self.run(node.high)
        return lambda f: operators.between(value(f), low(f), high(f))

    def _in(self, node: syntax.In) -> Run:
        value = self.run(node.value)
        tests = [self.test(t, lambda f: f[INPUT]) for t in node.tests]

        def run(f: Frame) -> Any:
            held = f[INPUT]
            f[INPUT] = value(f)
            try:
                return _any_of(tests, f)
            finally:
                f[INPUT] = held

        return run

    def _logic(self, node: syntax.Logic) -> Run:
        operands = self.runs(node.operands)
        decisive = node.op == "or"

        def run(f: Frame) -> Any:
            verdict: bool | None = not decisive
            for operand in operands:
                value = operand(f)
                if value is decisive:
                    return decisive
                if value is decisive or not isinstance(value, bool):
                    verdict = None
            return verdict

        return run

    def _if(self, node: syntax.If) -> Run:
        condition, then, otherwise = self.run(node.condition), self.run(node.then), self.run(node.otherwise)
        return lambda f: then(f) if condition(f) is True else otherwise(f)

    def _instanceof(self, node: syntax.InstanceOf) -> Run:
        value, kind = self.run(node.value), node.type

        def run(f: Frame) -> bool:
            v = value(f)
            return str(kind) == "Null" if v is None else kind.holds(v, True)

        return run

    # --- tests --------------------------------------------------------------------------------------------------------

    def test(self, node: Node, subject: Run) -> Run:
        """A positive unary test over what ``subject`` gives."""
        if isinstance(node, syntax.Comparison):
            op, endpoint = node.op, self.run(node.endpoint)
            if op in ("=", "!="):
                return lambda f: Range(endpoint(f), None, True, True, op).holds(subject(f))
            return lambda f: compare(op, subject(f), endpoint(f))
        value = self.run(node)
        if syntax.mentions(node, "?"):
            # Null as the outcome of a condition is "cannot be told", not a value that a null input would equal.
            return lambda f: v if (v := value(f)) is None or v is True or v is False else operators.meets(subject(f), v)

        def run(f: Frame) -> Any:
            given, expected = subject(f), value(f)
            charge(f, expected)
            # A condition that is not about the input stands for itself, unless the input is a condition, too.
            if isinstance(expected, bool) and not isinstance(given, bool) and not isinstance(node, syntax.Literal):
                return expected
            return operators.meets(given, expected)

        return run

    def _tests(self, node: syntax.Tests) -> Run:
        if not node.tests:
            return lambda f: True
        self.free.add("?")
        tests = [self.test(t, lambda f: f[INPUT]) for t in node.tests]
        if node.negated:

            def negated(f: Frame) -> bool | None:
                verdict = _any_of(tests, f)
                return None if verdict is None else not verdict

            return negated
        return tests[0] if len(tests) == 1 else lambda f: _any_of(tests, f)

    def _comparison(self, node: syntax.Comparison) -> Run:
        op, endpoint = node.op, self.run(node.endpoint)

        def run(f: Frame) -> Range:
            value = endpoint(f)
            low = value if op in ("=", "!=", ">", ">=") else None
            high = value if op in ("=", "!=", "<", "<=") else None
            return Range(low, high, op in ("=", ">="), op in ("=", "<="), op)

        return run


def _any_of(tests: list[Run], f: Frame) -> bool | None:
    """Whether a test is true; null where none is and one cannot tell."""
    verdict: bool | None = False
    for test in tests:
        v = test(f)
        if v is True:
            return True
        if v is None:
            verdict = None
    return verdict


def _binary(op: str, left: Run, right: Run) -> Run:
    fast, slow = _FAST[op], operators.ARITHMETIC[op]

    def run(f: Frame) -> Any:
        a, b = left(f), right(f)
        if type(a) is Decimal and type(b) is Decimal:
            try:
                return fast(a, b)
            except DecimalException:
                return None
        return slow(a, b)

    return run


def _chain(first: Run, rest: list[tuple[str, Run]]) -> Run:
    """A long chain of operators, in a loop where nested closures would go too deep."""

    def run(f: Frame) -> Any:
        value = first(f)
        for op, operand in rest:
            value = operators.ARITHMETIC[op](value, operand(f))
        return value

    return run
