"""The ground level of FEEL texts: constants, names, parentheses, lists, contexts, intervals, loops, functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from yingshang.decisions.errors import ParseError
from yingshang.decisions.feel import scanner, syntax
from yingshang.decisions.feel.literals import at_literal, number_literal
from yingshang.decisions.feel.syntax import Node
from yingshang.decisions.feel.typenames import TypeNames
from yingshang.decisions.feel.types import Type

COMPARISONS = ("<=", ">=", "!=", "<", ">", "=")
_PROPERTIES = ("time offset", "start included", "end included")
_LITERALS = {"true": True, "false": False, "null": None}


class Primaries(TypeNames):
    """Recursive descent over the characters; ``at`` always stands behind spaces.

    Attributes:
        depth: expressions around.
        filters: filters around, in which the components of the items are names.
    """

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

    def learn(self, members: Iterable[str]) -> None:
        self.members.extend(m for m in members if not scanner.is_word(m))

    def expression(self) -> Node:
        """An expression of any level."""
        raise NotImplementedError

    def addition(self) -> Node:
        """An operand of a comparison."""
        raise NotImplementedError

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
        for op in COMPARISONS:
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
