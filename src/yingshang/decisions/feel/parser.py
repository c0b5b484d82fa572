"""FEEL texts to trees (DMN 1.5, 10.3.1.2).

A name may hold spaces and signs (``in stock - 总计``), so what is one name depends on what is known where it stands:
the longest known name that fits is taken, else one word. Known are the variables of the scope, and after a dot or inside
a filter the components of the model's types and the keys of the contexts that the text itself writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from yingshang.decisions.errors import ParseError
from yingshang.decisions.feel import scanner, syntax
from yingshang.decisions.feel.literals import at_literal, number_literal
from yingshang.decisions.feel.syntax import Node
from yingshang.decisions.feel.typenames import TypeNames
from yingshang.decisions.feel.types import Type
from yingshang.decisions.limits import EXPRESSION_CHARACTERS, EXPRESSION_DEPTH

_COMPARISONS = ("<=", ">=", "!=", "<", ">", "=")
#: The first characters of comparisons and of chained operators, to be asked for before anything else.
_COMPARISON_SIGNS = frozenset("<>=!")
_CHAIN_SIGNS = frozenset("+-*/")
_PROPERTIES = ("time offset", "start included", "end included")
_LITERALS = {"true": True, "false": False, "null": None}


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
    parser = Parser(text, names, members, types, functions)
    try:
        return parser.cell() if unary else parser.whole()
    except RecursionError:
        raise parser.fail("the expression is nested too deeply") from None


class Parser(TypeNames):
    """Recursive descent over the characters; ``at`` always stands behind spaces."""

    def __init__(self, text: str, names: Iterable[str], members: Iterable[str], types: Mapping[str, Type],
                 functions: Iterable[str]) -> None:  # fmt: skip
        super().__init__(text, types)
        self.depth = 0
        self.filters = 0
        self.open_end = 0
        self.work = 4 * len(text) + 1000
        known = frozenset(names)
        self.plain = known
        self.spaced = list(scanner.spaced_of(known))
        self.members = [*scanner.spaced_of(frozenset(members)), *_PROPERTIES]
        self.functions = scanner.spaced_of(frozenset(functions))
        self.skip()

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
        return next((o for o in _COMPARISONS if self.take(o)), None)

    def _memberships(self) -> list[Node]:
        """The tests behind ``in``: one, or several in parentheses, where ``(a..b)`` is one."""
        start = self.at
        if not self.take("("):
            for op in _COMPARISONS:
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
        node = self.postfix()
        # An even number of signs still asks for something that can be negated.
        for _ in range(min(count, 2 - count % 2)):
            node = syntax.Negate(node, start=start, end=self.at)
        return node

    def postfix(self) -> Node:
        start = self.at
        node = self.primary()
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

    # --- primaries ----------------------------------------------------------------------------------------------------

    def primary(self) -> Node:
        self.work -= 1
        if self.work < 0:
            raise self.fail("the expression can be read in too many ways")
        start = self.at
        text = self.text
        c = text[start : start + 1]
        if (c.isdigit() or (c == "." and text[start + 1 : start + 2].isdigit())) and (
            m := scanner.NUMBER.match(text, start)
        ):
            self.move(m.end())
            return syntax.Literal(number_literal(m[0], self.fail), start=start, end=m.end())
        if c == '"':
            return syntax.Literal(self.string(), start=start, end=self.at)
        if c == "@":
            self.take("@")
            if self.text[self.at : self.at + 1] != '"':
                raise self.fail('a text in quotes expected behind "@"')
            return syntax.Literal(at_literal(self.string()), start=start, end=self.at)
        if c == "(":
            return self._parenthesis()
        if c == "[":
            return self._list()
        if c == "]":
            self.take("]")
            return self._range_from(self.expression(), start, False)
        if c == "{":
            return self._context()
        return self._named(start)

    def _named(self, start: int) -> Node:
        if spaced := self._spaced():
            return syntax.Name(spaced, start=start, end=self.at)
        match self.word():
            case "if":
                return self._if()
            case "for":
                return self._for()
            case "some" | "every":
                return self._quantified()
            case "function":
                return self._function()
            case "true" | "false" | "null" as word:
                self.move(start + len(word))
                return syntax.Literal(_LITERALS[word], start=start, end=self.at)
            case "":
                raise self.fail("a value expected")
            case word if word in scanner.KEYWORDS:
                raise self.fail("a value expected")
            case word:
                self.move(start + len(word))
                return syntax.Name(word, start=start, end=start + len(word))

    def _spaced(self) -> str | None:
        """The longest known name at this place that is more than a word, if there is one."""
        c = self.text[self.at : self.at + 1]
        pools = (self.spaced, self.members if self.filters else (), self.functions)
        best, end = "", self.at
        for pool in pools:
            for name in pool:
                if (
                    name[:1] == c
                    and len(name) > len(best)
                    and (m := scanner.pattern_of(name).match(self.text, self.at))
                ):
                    if pool is self.functions and not self._is_call(name, m.end()):
                        continue
                    best, end = name, m.end()
        if not best or (end - self.at) <= len(self.word()):
            return None
        self.move(end)
        return best

    def _is_call(self, name: str, end: int) -> bool:
        """``date and time`` is the function unless a variable ``date`` makes it a conjunction."""
        if name.split(" ")[0] not in self.plain:
            return True
        m = scanner.SPACE.match(self.text, end)
        return m is not None and self.text[m.end() : m.end() + 1] == "("

    def _member(self) -> str:
        c = self.text[self.at : self.at + 1]
        best, end = "", self.at
        for name in self.members:
            if name[:1] == c and len(name) > len(best) and (m := scanner.pattern_of(name).match(self.text, self.at)):
                best, end = name, m.end()
        if not best or end - self.at <= len(self.word()):
            best = self.word()
            end = self.at + len(best)
        if not best:
            raise self.fail("a name expected behind '.'")
        self.move(end)
        return best

    def _parenthesis(self) -> Node:
        start = self.at
        self.take("(")
        for op in _COMPARISONS:
            if self.take(op):
                node: Node = syntax.Comparison(op, self.addition(), start=start, end=self.at)
                self.need(")")
                return node
        node = self.expression()
        if self.peek() == "..":
            return self._range_from(node, start, False)
        self.need(")")
        return node

    def _range_from(self, low: Node, start: int, low_in: bool) -> Node:
        self.need("..")
        before, depth, filters = self.at, self.depth, self.filters
        try:
            return self._range_to(low, start, low_in)
        except ParseError:
            # ``[1..5[``: the bracket that looked like a filter of the end closes the interval.
            if "[" not in self.text[before:]:
                raise
        self.move(before)
        self.depth, self.filters = depth, filters
        held, self.open_end = self.open_end, depth + 1
        try:
            return self._range_to(low, start, low_in)
        finally:
            self.open_end = held

    def _range_to(self, low: Node, start: int, low_in: bool) -> Node:
        high = self.expression()
        for closing in ("]", ")", "["):
            if self.take(closing):
                return syntax.RangeOf(low, high, low_in, closing == "]", start=start, end=self.at)
        raise self.fail("']', ')' or '[' expected at the end of the interval")

    def _list(self) -> Node:
        start = self.at
        self.take("[")
        items: list[Node] = []
        if self.take("]"):
            return syntax.ListOf(items, start=start, end=self.at)
        while True:
            items.append(self.expression())
            if len(items) == 1 and self.peek() == "..":
                return self._range_from(items[0], start, True)
            if self.take("]"):
                return syntax.ListOf(items, start=start, end=self.at)
            self.need(",")

    def _context(self) -> Node:
        start = self.at
        self.take("{")
        entries: list[tuple[str, Node]] = []
        known = len(self.spaced)
        if not self.take("}"):
            while True:
                key = self._key()
                entries.append((key, self.expression()))
                if not scanner.is_word(key):
                    self.spaced.append(key)
                    self.members.append(key)
                if self.take("}"):
                    break
                self.need(",")
        del self.spaced[known:]
        return syntax.ContextOf(entries, start=start, end=self.at)

    def _key(self) -> str:
        if self.text[self.at : self.at + 1] == '"':
            key = self.string()
            self.need(":")
            return key
        m = scanner.KEY.match(self.text, self.at)
        if m is None:
            raise self.fail("a name and ':' expected")
        self.move(m.end())
        return scanner.normal(m[1])

    # --- if, loops, functions -----------------------------------------------------------------------------------------

    def _if(self) -> Node:
        start = self.at
        self.need_word("if")
        condition = self.expression()
        self.need_word("then")
        then = self.expression()
        self.need_word("else")
        return syntax.If(condition, then, self.expression(), start=start, end=self.at)

    def _bindings(self) -> list[syntax.Binding]:
        bindings: list[syntax.Binding] = []
        while True:
            start = self.at
            m = scanner.VARIABLE.match(self.text, self.at)
            if m is None:
                raise self.fail("a name and 'in' expected")
            self.move(m.end())
            source = self.expression()
            high = self.expression() if self.take("..") else None
            name = scanner.normal(m[1])
            if not scanner.is_word(name):
                self.spaced.append(name)
            bindings.append(syntax.Binding(name, source, high, start=start, end=self.at))
            if not self.take(","):
                return bindings

    def _for(self) -> Node:
        start, known = self.at, len(self.spaced)
        self.need_word("for")
        bindings = self._bindings()
        self.need_word("return")
        body = self.expression()
        del self.spaced[known:]
        return syntax.For(bindings, body, start=start, end=self.at)

    def _quantified(self) -> Node:
        start, known = self.at, len(self.spaced)
        every = self.word() == "every"
        self.move(self.at + len(self.word()))
        bindings = self._bindings()
        self.need_word("satisfies")
        body = self.expression()
        del self.spaced[known:]
        return syntax.Quantified(every, bindings, body, start=start, end=self.at)

    def _function(self) -> Node:
        start, known = self.at, len(self.spaced)
        self.need_word("function")
        self.need("(")
        parameters: list[syntax.Parameter] = []
        while not self.take(")"):
            m = scanner.PARAMETER.match(self.text, self.at)
            if m is None:
                raise self.fail("the name of a parameter expected")
            self.move(m.end())
            name = scanner.normal(m[1])
            parameters.append(syntax.Parameter(name, self.type() if self.take(":") else None))
            if not scanner.is_word(name):
                self.spaced.append(name)
            if self.peek() != ")":
                self.need(",")
        external = self.word() == "external"
        if external:
            self.take_word("external")
        body = self.expression()
        del self.spaced[known:]
        return syntax.FunctionOf(parameters, body, external, start=start, end=self.at)
