"""FEEL texts to trees (DMN 1.5, 10.3.1.2).

A name may hold spaces and signs (``in stock - 总计``), so what is one name depends on what is known where it stands:
the longest known name that fits is taken, else one word. Known are the variables of the scope, and after a dot or inside
a filter the components of the model's types and the keys of the contexts that the text itself writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from yingshang.decisions.errors import ParseError
from yingshang.decisions.feel import plaincells, scanner, syntax
from yingshang.decisions.feel.primaries import COMPARISONS, Primaries
from yingshang.decisions.feel.syntax import Node
from yingshang.decisions.feel.types import Type
from yingshang.decisions.limits import EXPRESSION_CHARACTERS, EXPRESSION_DEPTH

#: The first characters of comparisons and of chained operators, to be asked for before anything else.
_COMPARISON_SIGNS = frozenset("<>=!")
_CHAIN_SIGNS = frozenset("+-*/")


def parse(text: str, *, unary: bool, names: Iterable[str], members: Iterable[str], types: Mapping[str, Type],
          functions: Iterable[str]) -> Node:  # fmt: skip
    """Read an expression, or with ``unary`` the tests of a cell.

    Args:
        names: variables known where the text stands.
        members: names that may stand after a dot or inside a filter.
        types: named types, for ``instance of`` and parameters.
        functions: names of the built-in functions.

    Raises:
        ParseError: with the position.
    """
    if len(text) > EXPRESSION_CHARACTERS:
        raise ParseError(
            f"the expression is longer than {EXPRESSION_CHARACTERS} characters", position=EXPRESSION_CHARACTERS
        )
    if (at := scanner.hidden_at(text)) is not None:
        raise ParseError(f"U+{ord(text[at]):04X} turns the direction of writing", position=at)
    if unary and (plain := plaincells.read(text)) is not None:
        return plain
    parser = Parser(text, names, members, types, functions)
    try:
        return parser.cell() if unary else parser.whole()
    except RecursionError:
        raise parser.fail("the expression is nested too deeply") from None


class Parser(Primaries):
    """The levels of operators, loosest binding first."""

    # --- entries ------------------------------------------------------------------------------------------------------

    def whole(self) -> Node:
        node = self.expression()
        self.need_end("an operator or the end of the expression expected")
        return node

    def cell(self) -> Node:
        start = self.at
        if self.peek() == "-":
            self.take("-")
            if self.at == len(self.text):
                return syntax.Tests([], False, start=start, end=self.at)
            self.move(start)
        if self.word() == "not" and (negated := self._negated()):
            return negated
        tests = [self.test()]
        while self.take(","):
            tests.append(self.test())
        self.need_end("',' or the end of the cell expected")
        return syntax.Tests(tests, False, start=start, end=self.at)

    def _negated(self) -> Node | None:
        """``not(…)`` around the whole cell; None where it is a call inside a longer expression."""
        start = self.at
        try:
            self.move(self.at + 3)
            self.need("(")
            tests = [self.test()]
            while self.take(","):
                tests.append(self.test())
            self.need(")")
            self.need_end("")
        except ParseError as error:
            # Read again as an expression; where that fails too, the error further right is the one to tell.
            self.move(start)
            if (error.position or 0) >= len(self.text):
                raise
            return None
        return syntax.Tests(tests, True, start=start, end=self.at)

    def test(self) -> Node:
        """A positive unary test: a comparison with the input, or an expression."""
        start = self.at
        if op := self._operator():
            return syntax.Comparison(op, self.addition(), start=start, end=self.at)
        return self.expression()

    # --- expressions, loosest binding first ---------------------------------------------------------------------------

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > EXPRESSION_DEPTH:
            raise self.fail(f"the expression is nested more than {EXPRESSION_DEPTH} levels")
        node = self.logic("or")
        self.depth -= 1
        return node

    def logic(self, op: str) -> Node:
        start = self.at
        operands = [self.logic("and") if op == "or" else self.comparison()]
        while self.take_word(op):
            operands.append(self.logic("and") if op == "or" else self.comparison())
        return operands[0] if len(operands) == 1 else syntax.Logic(op, operands, start=start, end=self.at)

    def comparison(self) -> Node:
        start = self.at
        left = self.addition()
        chained = 0
        while True:
            chained += 1
            if chained > EXPRESSION_DEPTH:
                raise self.fail("too many comparisons in a row")
            op = self._operator()
            if op:
                left = syntax.Compare(op, left, self.addition(), start=start, end=self.at)
            elif self.take_word("between"):
                low = self.addition()
                self.need_word("and")
                left = syntax.Between(left, low, self.addition(), start=start, end=self.at)
            elif self.take_word("in"):
                left = syntax.In(left, self._memberships(), start=start, end=self.at)
            else:
                return left

    def _operator(self) -> str | None:
        """The comparison that stands here, taken."""
        if self.text[self.at : self.at + 1] not in _COMPARISON_SIGNS:
            return None
        return next((o for o in COMPARISONS if self.take(o)), None)

    def _memberships(self) -> list[Node]:
        """The tests behind ``in``: one, or several in parentheses, where ``(a..b)`` is one."""
        start = self.at
        if not self.take("("):
            for op in COMPARISONS:
                if self.take(op):
                    return [syntax.Comparison(op, self.addition(), start=start, end=self.at)]
            return [self.addition()]
        tests = [self.test()]
        if not isinstance(tests[0], syntax.Comparison) and self.peek() == "..":
            return [self._range_from(tests[0], start, False)]
        while self.take(","):
            tests.append(self.test())
        self.need(")")
        return tests

    def _chain(self, ops: tuple[str, ...], operand: str) -> Node:
        start = self.at
        read = getattr(self, operand)
        first: Node = read()
        rest: list[tuple[str, Node]] = []
        while self.text[self.at : self.at + 1] in _CHAIN_SIGNS and (op := self.peek()) in ops:
            self.take(op)
            rest.append((op, read()))
        return syntax.Arithmetic(first, rest, start=start, end=self.at) if rest else first

    def addition(self) -> Node:
        return self._chain(("+", "-"), "multiplication")

    def multiplication(self) -> Node:
        return self._chain(("*", "/"), "power")

    def power(self) -> Node:
        return self._chain(("**",), "negation")

    def negation(self) -> Node:
        start = self.at
        count = 0
        while self.peek() == "-":
            self.take("-")
            count += 1
        number = self.at
        node = self.primary()
        if count % 2 and number == start + 1 and isinstance(node, syntax.Literal) and type(node.value) is Decimal:
            # The sign is part of the number (rule 37), so ``-1 instance of number`` holds.
            return self.postfix(syntax.Negate(node, start=start, end=self.at), start)
        node = self.postfix(node, number)
        # An even number of signs still asks for something that can be negated.
        for _ in range(min(count, 2 - count % 2)):
            node = syntax.Negate(node, start=start, end=self.at)
        return node

    def postfix(self, node: Node, start: int) -> Node:
        """Paths, filters, calls and ``instance of`` behind a node."""
        links = 0
        while True:
            links += 1
            if links > EXPRESSION_DEPTH:
                raise self.fail("too many paths, filters or calls in a row")
            sign = self.peek()
            if sign == ".":
                self.take(".")
                node = syntax.Path(node, self._member(), start=start, end=self.at)
            elif sign == "[" and self.depth != self.open_end:
                self.take("[")
                self.filters += 1
                condition = self.expression()
                self.filters -= 1
                self.need("]")
                node = syntax.Filter(node, condition, start=start, end=self.at)
            elif sign == "(":
                self.take("(")
                positional, named = self._arguments()
                node = syntax.Call(node, positional, named, start=start, end=self.at)
            elif self.word() == "instance":
                self.take_word("instance")
                self.need_word("of")
                node = syntax.InstanceOf(node, self.type(), start=start, end=self.at)
            else:
                return node

    def _arguments(self) -> tuple[list[Node], list[tuple[str, Node]]]:
        positional: list[Node] = []
        named: list[tuple[str, Node]] = []
        if self.take(")"):
            return positional, named
        while True:
            if m := scanner.KEY.match(self.text, self.at):
                self.move(m.end())
                named.append((scanner.normal(m[1]), self.expression()))
            elif named:
                raise self.fail("a name and ':' expected, as the arguments before have")
            else:
                positional.append(self.expression())
            if self.take(")"):
                break
            self.need(",")
        if positional and named:
            raise self.fail("arguments must be all by position or all by name")
        return positional, named
