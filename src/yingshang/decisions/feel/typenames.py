"""The reader's ground: signs, words, texts; and the names of types (DMN 1.5, grammar rules 52 to 56)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from yingshang.decisions.errors import ParseError
from yingshang.decisions.feel import scanner
from yingshang.decisions.feel.types import BUILT_IN, ContextType, FunctionType, ListOfType, RangeType, Reference, Type
from yingshang.decisions.limits import EXPRESSION_DEPTH

_LONG = sorted((n for n in BUILT_IN if " " in n), key=len, reverse=True)


class TypeNames:
    """A place in a text."""

    def __init__(self, text: str, types: Mapping[str, Type]) -> None:
        self.text = text
        self.types = types
        self.at = 0

    def fail(self, what: str) -> ParseError:
        found = self.text[self.at : self.at + 20].split("\n")[0] or "the end"
        return ParseError(f"{what}, found {found!r}", position=self.at)

    def skip(self) -> None:
        m = scanner.SPACE.match(self.text, self.at)
        if m is not None:
            self.at = m.end()

    def move(self, to: int) -> None:
        self.at = to
        self.skip()

    def peek(self) -> str:
        """The sign here, or nothing where a word, a number or a text stands."""
        m = scanner.OPERATOR.match(self.text, self.at)
        return m[0] if m else ""

    def take(self, sign: str) -> bool:
        if self.text.startswith(sign, self.at) and self.peek() == sign:
            self.move(self.at + len(sign))
            return True
        return False

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise self.fail(f"{sign!r} expected")

    def need_end(self, what: str) -> None:
        if self.at < len(self.text):
            raise self.fail(what)

    def word(self) -> str:
        m = scanner.WORD.match(self.text, self.at)
        return m[0] if m else ""

    def take_word(self, word: str) -> bool:
        if self.text.startswith(word, self.at) and self.word() == word:
            self.move(self.at + len(word))
            return True
        return False

    def need_word(self, word: str) -> None:
        if not self.take_word(word):
            raise self.fail(f"{word!r} expected")

    def string(self) -> str:
        m = scanner.STRING.match(self.text, self.at)
        if m is None:
            raise self.fail("the closing quote is missing")
        self.move(m.end())
        return scanner.unquote(m[0])

    def learn(self, members: Iterable[str]) -> None:
        """Know the names of components that the text itself tells, as they may stand behind a dot."""

    # --- types --------------------------------------------------------------------------------------------------------

    def type(self, depth: int = 0) -> Type:
        if depth > EXPRESSION_DEPTH:
            raise self.fail("the type is nested too deeply")
        name = self._type_name()
        if not self.take("<"):
            return self._named_type(name)
        if name == "function":
            parameters = []
            if not self.take(">"):
                parameters.append(self.type(depth + 1))
                while self.take(","):
                    parameters.append(self.type(depth + 1))
                self.need(">")
            self.need("->")
            return FunctionType(tuple(parameters), self.type(depth + 1))
        if name == "context":
            entries = {}
            while not self.take(">"):
                m = scanner.KEY.match(self.text, self.at)
                if m is None:
                    raise self.fail("a name and ':' expected")
                self.move(m.end())
                entries[scanner.normal(m[1])] = self.type(depth + 1)
                if self.peek() != ">":
                    self.need(",")
            self.learn(entries)
            return ContextType(entries)
        if name not in ("list", "range"):
            raise self.fail(f"the type {name} has no parameters")
        inner = self.type(depth + 1)
        self.need(">")
        return ListOfType(inner) if name == "list" else RangeType(inner)

    def _type_name(self) -> str:
        longest = sorted((n for n in self.types if not scanner.is_word(n)), key=len, reverse=True)
        for name in [*_LONG, *longest]:
            if m := scanner.pattern_of(name).match(self.text, self.at):
                self.move(m.end())
                return name
        name = self.word()
        if not name:
            raise self.fail("the name of a type expected")
        self.move(self.at + len(name))
        while self.peek() == ".":
            self.take(".")
            part = self.word()
            name += f".{part}"
            self.move(self.at + len(part))
        return name

    def _named_type(self, name: str) -> Type:
        if name in self.types:
            return self.types[name]
        return BUILT_IN.get(name) or Reference(name, self.types)
