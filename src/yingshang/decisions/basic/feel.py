"""FEEL expressions and unary tests, compiled to Python closures (DMN 1.5, clause 10.3).

``compile(text)`` parses once; ``Expression.evaluate(context)`` runs many times. An expression reaches its context and
the built-in functions, and no Python object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, DecimalException
from typing import Any

from yingshang.decisions.basic import builtins
from yingshang.decisions.basic.builtins import BUILTINS
from yingshang.decisions.basic.errors import EvaluationError, ParseError
from yingshang.decisions.basic.lexer import Token, tokens
from yingshang.decisions.basic.values import DECIMAL, Function, Range, compare, equal, to_feel

Scope = Mapping[str, Any]
Run = Callable[[Scope], Any]

MOST_DEPTH = 60
KEYWORDS = {"if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or", "between", "instance",
            "of", "function", "true", "false", "null"}  # fmt: skip
_MULTI = sorted((n for n in BUILTINS if " " in n), key=len, reverse=True)


@dataclass(frozen=True)
class Expression:
    """A compiled expression; ``names`` are the free names it reads."""

    text: str
    run: Run
    names: frozenset[str]

    def evaluate(self, context: Mapping[str, Any] | None = None) -> Any:
        """Evaluate over ``context``; Python numbers are taken as decimals. Errors in FEEL's sense give None.

        Raises:
            EvaluationError: the nesting is deeper than the engine allows.
        """
        return self.execute({k: to_feel(v) for k, v in (context or {}).items()})

    def execute(self, scope: Scope) -> Any:
        """The same over values that are FEEL values already."""
        try:
            return self.run(scope)
        except RecursionError:
            raise EvaluationError("the evaluation is nested too deeply") from None


def compile(text: str, *, unary: bool = False, names: Iterable[str] = ()) -> Expression:
    """Compile an expression, or unary tests (the cell of a decision table) with ``unary``.

    Args:
        names: known names, so that those with spaces are read as one.

    Raises:
        ParseError: with the position.
    """
    parser = _Parser(text, names)
    try:
        run = parser.unary_tests() if unary else parser.whole()
    except RecursionError:
        raise ParseError("the expression is nested too deeply", position=0) from None
    return Expression(text, run, frozenset(parser.free))


def evaluate(text: str, context: Mapping[str, Any] | None = None) -> Any:
    """Compile and evaluate once."""
    return compile(text, names=context or ()).evaluate(context)


class _Parser:
    def __init__(self, text: str, names: Iterable[str]) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0
        self.free: set[str] = set()
        self.bound: list[str] = []
        self.spaced = sorted((n for n in names if " " in n), key=len, reverse=True)

    # --- reading ------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def fail(self, what: str) -> ParseError:
        found = self.now.text or "the end"
        return ParseError(f"{what}, found {found!r}", position=self.now.start)

    def is_(self, *texts: str) -> bool:
        return self.now.kind in ("op", "name") and self.now.text in texts

    def take(self, *texts: str) -> bool:
        if self.is_(*texts):
            self.at += 1
            return True
        return False

    def need(self, text: str) -> None:
        if not self.take(text):
            raise self.fail(f"{text!r} expected")

    def whole(self) -> Run:
        run = self.expression()
        if self.now.kind != "end":
            raise self.fail("the end of the expression expected")
        return run

    # --- unary tests --------------------------------------------------------------------------------------------------

    def unary_tests(self) -> Run:
        if self.is_("-") and self.tokens[self.at + 1].kind == "end":
            return lambda s: True
        negated = self.is_("not") and self.tokens[self.at + 1].text == "(" and self._closes_at_end(self.at + 1)
        if negated:
            self.at += 2
        tests = [self.unary_test()]
        while self.take(","):
            tests.append(self.unary_test())
        if negated:
            self.need(")")
        if self.now.kind != "end":
            raise self.fail("',' or the end of the cell expected")

        def run(s: Scope) -> Any:
            unknown = False
            for test in tests:
                verdict = test(s)
                if verdict is True:
                    return not negated
                unknown = unknown or verdict is None
            return None if unknown else negated

        return run

    def _closes_at_end(self, opening: int) -> bool:
        depth = 0
        for i in range(opening, len(self.tokens)):
            if self.tokens[i].text == "(" and self.tokens[i].kind == "op":
                depth += 1
            elif self.tokens[i].text == ")" and self.tokens[i].kind == "op":
                depth -= 1
                if depth == 0:
                    return self.tokens[i + 1].kind == "end"
        return False

    def unary_test(self) -> Run:
        if self.is_("<", "<=", ">", ">=", "=", "!="):
            op = self.now.text
            self.at += 1
            right = self.addition()
            if op in ("=", "!="):
                return _equality(op, _input, right)
            return lambda s: compare(op, _input(s), right(s))
        before = set(self.free)
        value = self.expression()
        uses_input = "?" in self.free and "?" not in before

        def run(s: Scope) -> Any:
            expected = value(s)
            if uses_input:
                return expected if isinstance(expected, bool) else None
            return _in(_input(s), expected)

        return run

    # --- expressions, loosest binding first ---------------------------------------------------------------------------

    def expression(self) -> Run:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise self.fail("the expression is nested too deeply")
        try:
            if self.is_("if"):
                return self.conditional()
            if self.is_("for"):
                return self.loop()
            if self.is_("some", "every"):
                return self.quantified()
            if self.is_("function") and self.tokens[self.at + 1].text == "(":
                return self.function()
            return self.disjunction()
        finally:
            self.depth -= 1

    def conditional(self) -> Run:
        self.need("if")
        condition = self.expression()
        self.need("then")
        then = self.expression()
        self.need("else")
        otherwise = self.expression()
        return lambda s: then(s) if condition(s) is True else otherwise(s)

    def _bindings(self) -> list[tuple[str, Run]]:
        bindings = []
        while True:
            name = self.name()
            self.need("in")
            source = self.disjunction()
            if self.take(".."):
                low, high = source, self.disjunction()
                source = _span(low, high)
            bindings.append((name, source))
            self.bound.append(name)
            if not self.take(","):
                return bindings

    def loop(self) -> Run:
        self.need("for")
        bindings = self._bindings()
        self.need("return")
        self.bound.append("partial")
        body = self.expression()
        del self.bound[-len(bindings) - 1 :]

        def run(s: Scope) -> Any:
            results: list[Any] = []

            def walk(i: int, scope: dict[str, Any]) -> None:
                if i == len(bindings):
                    results.append(body({**scope, "partial": list(results)}))
                    return
                name, source = bindings[i]
                for item in _items(source(scope)):
                    walk(i + 1, {**scope, name: item})

            walk(0, dict(s))
            return results

        return run

    def quantified(self) -> Run:
        some = self.is_("some")
        self.at += 1
        bindings = self._bindings()
        self.need("satisfies")
        body = self.expression()
        del self.bound[-len(bindings) :]

        def run(s: Scope) -> Any:
            verdicts: list[Any] = []

            def walk(i: int, scope: dict[str, Any]) -> None:
                if i == len(bindings):
                    verdicts.append(body(scope))
                    return
                name, source = bindings[i]
                for item in _items(source(scope)):
                    walk(i + 1, {**scope, name: item})

            walk(0, dict(s))
            decisive = some
            if any(v is decisive for v in verdicts):
                return decisive
            return None if any(not isinstance(v, bool) for v in verdicts) else not decisive

        return run

    def function(self) -> Run:
        self.need("function")
        self.need("(")
        parameters: list[str] = []
        while not self.take(")"):
            parameters.append(self.name())
            if self.take(":"):
                self.name()
            self.take(",")
        self.bound += parameters
        body = self.expression()
        del self.bound[len(self.bound) - len(parameters) :]

        def run(s: Scope) -> Any:
            def call(*args: Any) -> Any:
                if len(args) != len(parameters):
                    return None
                return body({**s, **dict(zip(parameters, args, strict=True))})

            return Function("function", tuple(parameters), call)

        return run

    def disjunction(self) -> Run:
        left = self.conjunction()
        while self.take("or"):
            left = _logic(left, self.conjunction(), True)
        return left

    def conjunction(self) -> Run:
        left = self.comparison()
        while self.take("and"):
            left = _logic(left, self.comparison(), False)
        return left

    def comparison(self) -> Run:
        left = self.addition()
        while True:
            if self.is_("=", "!="):
                op = self.now.text
                self.at += 1
                left = _equality(op, left, self.addition())
            elif self.is_("<", "<=", ">", ">="):
                left = _ordering(self.tokens[self.at].text, left, self._after())
            elif self.take("between"):
                low = self.addition()
                self.need("and")
                left = _between(left, low, self.addition())
            elif self.is_("in"):
                self.at += 1
                left = self._membership(left)
            else:
                return left

    def _after(self) -> Run:
        self.at += 1
        return self.addition()

    def _membership(self, left: Run) -> Run:
        tests: list[Run] = []
        if self.is_("(") and not self._looks_like_range():
            self.at += 1
            tests.append(self.unary_test())
            while self.take(","):
                tests.append(self.unary_test())
            self.need(")")
        else:
            tests.append(self.unary_test() if self.is_("<", "<=", ">", ">=") else self._in_value())

        def run(s: Scope) -> Any:
            scope = {**s, "?": left(s)}
            verdicts = [t(scope) for t in tests]
            return True if True in verdicts else (None if None in verdicts else False)

        return run

    def _in_value(self) -> Run:
        value = self.addition()
        return lambda s: _in(_input(s), value(s))

    def addition(self) -> Run:
        left = self.multiplication()
        while self.is_("+", "-"):
            op = self.now.text
            self.at += 1
            left = _arithmetic(op, left, self.multiplication())
        return left

    def multiplication(self) -> Run:
        left = self.power()
        while self.is_("*", "/"):
            op = self.now.text
            self.at += 1
            left = _arithmetic(op, left, self.power())
        return left

    def power(self) -> Run:
        left = self.negation()
        while self.take("**"):
            left = _arithmetic("**", left, self.negation())
        return left

    def negation(self) -> Run:
        if self.take("-"):
            value = self.negation()

            def run(s: Scope) -> Any:
                v = value(s)
                return -v if isinstance(v, (Decimal, timedelta)) else None

            return run
        return self.postfix()

    def postfix(self) -> Run:
        left = self.primary()
        while True:
            if self.is_(".") and self.tokens[self.at + 1].kind == "name":
                self.at += 1
                left = _path(left, self.name())
            elif self.is_("[") and not self._looks_like_range():
                self.at += 1
                self.bound.append("item")
                inner = self.expression()
                self.bound.pop()
                self.need("]")
                left = _filter(left, inner)
            elif self.is_("("):
                left = self._call(left)
            else:
                return left

    def _call(self, target: Run) -> Run:
        self.need("(")
        positional: list[Run] = []
        named: dict[str, Run] = {}
        while not self.take(")"):
            if self.now.kind == "name" and self._named_argument():
                name = self._argument_name()
                named[name] = self.expression()
            else:
                positional.append(self.expression())
            if not self.is_(")"):
                self.need(",")

        def run(s: Scope) -> Any:
            fn = target(s)
            if not isinstance(fn, Function):
                return None
            try:
                if named:
                    return _call_named(fn, {k: v(s) for k, v in named.items()})
                return fn.call(*(p(s) for p in positional))
            except (TypeError, DecimalException, ValueError, OverflowError):
                return None

        return run

    def _named_argument(self) -> bool:
        i = self.at
        while self.tokens[i].kind == "name":
            i += 1
        return self.tokens[i].text == ":" and self.tokens[i].kind == "op"

    def _argument_name(self) -> str:
        words = []
        while not self.take(":"):
            if self.now.kind not in ("name", "number") and self.now.text not in ("-", "+", "*", "/", "."):
                raise self.fail("a name and ':' expected")
            words.append(self.now.text)
            self.at += 1
        return " ".join(words)

    # --- primaries ----------------------------------------------------------------------------------------------------

    def primary(self) -> Run:
        token = self.now
        if token.kind == "number":
            self.at += 1
            number = DECIMAL.create_decimal(token.text)
            return lambda s: number
        if token.kind == "string":
            self.at += 1
            text = _unescape(token.text)
            return lambda s: text
        if self.take("@"):
            literal = _at_literal(_unescape(self.now.text))
            self.at += 1
            return lambda s: literal
        if token.kind == "name" and token.text in ("true", "false", "null"):
            self.at += 1
            constant = {"true": True, "false": False, "null": None}[token.text]
            return lambda s: constant
        if self.is_("(", "[", "]") and self._looks_like_range():
            return self.range_()
        if self.take("("):
            inner = self.expression()
            self.need(")")
            return inner
        if self.take("["):
            items: list[Run] = []
            while not self.take("]"):
                items.append(self.expression())
                if not self.is_("]"):
                    self.need(",")
            return lambda s: [i(s) for i in items]
        if self.is_("{"):
            return self.context()
        if token.kind == "name" and token.text not in KEYWORDS:
            name = self.name()
            if name not in self.bound and name not in BUILTINS:
                self.free.add(name)
            builtin = BUILTINS.get(name)
            return lambda s: s.get(name, builtin)
        raise self.fail("a value expected")

    def name(self) -> str:
        """A name, joined with following words where that makes a known one."""
        token = self.now
        if token.kind != "name":
            raise self.fail("a name expected")
        for known in [*self.spaced, *_MULTI]:
            if self.text.startswith(known, token.start):
                end = token.start + len(known)
                i = self.at
                while self.tokens[i].end < end:
                    i += 1
                if self.tokens[i].end == end:
                    self.at = i + 1
                    return known
        self.at += 1
        return token.text

    def context(self) -> Run:
        self.need("{")
        entries: list[tuple[str, Run]] = []
        added = 0
        while not self.take("}"):
            if self.now.kind == "string":
                key = _unescape(self.now.text)
                self.at += 1
                self.need(":")
            else:
                key = self._argument_name()
            entries.append((key, self.expression()))
            self.bound.append(key)
            added += 1
            if not self.is_("}"):
                self.need(",")
        del self.bound[len(self.bound) - added :]

        def run(s: Scope) -> Any:
            scope = dict(s)
            result: dict[str, Any] = {}
            for key, value in entries:
                result[key] = scope[key] = value(scope)
            return result

        return run

    def _looks_like_range(self) -> bool:
        """Whether the bracket here opens an interval: ``..`` at its own depth before it closes."""
        depth = 0
        for token in self.tokens[self.at + 1 :]:
            if token.kind == "end":
                return False
            if token.kind != "op":
                continue
            if token.text == ".." and depth == 0:
                return True
            if token.text in "([{":
                depth += 1
            elif token.text in ")]}":
                if depth == 0:
                    return False
                depth -= 1
            elif token.text == "," and depth == 0:
                return False
        return False

    def range_(self) -> Run:
        low_in = self.now.text == "["
        self.at += 1
        low = self.addition()
        self.need("..")
        high = self.addition()
        if not self.is_("]", ")", "["):
            raise self.fail("the end of the interval expected")
        high_in = self.now.text == "]"
        self.at += 1
        return lambda s: Range(low(s), high(s), low_in, high_in)


# --- what the nodes do ------------------------------------------------------------------------------------------------


def _input(s: Scope) -> Any:
    return s.get("?")


def _equality(op: str, left: Run, right: Run) -> Run:
    def run(s: Scope) -> Any:
        same = equal(left(s), right(s))
        if same is None:
            return None
        return same if op == "=" else not same

    return run


def _ordering(op: str, left: Run, right: Run) -> Run:
    return lambda s: compare(op, left(s), right(s))


def _between(value: Run, low: Run, high: Run) -> Run:
    return lambda s: Range(low(s), high(s), True, True).holds(value(s))


def _logic(left: Run, right: Run, decisive: bool) -> Run:
    """Three-valued ``or`` (decisive True) and ``and`` (decisive False)."""

    def run(s: Scope) -> Any:
        a = left(s)
        if a is decisive:
            return decisive
        b = right(s)
        if b is decisive:
            return decisive
        return not decisive if isinstance(a, bool) and isinstance(b, bool) else None

    return run


def _in(value: Any, expected: Any) -> bool | None:
    """A unary test that is a value: equal to it, inside the range, or one of the list."""
    if isinstance(expected, Range):
        return expected.holds(value)
    if isinstance(expected, list) and not isinstance(value, list):
        verdicts = [_in(value, e) for e in expected]
        return True if True in verdicts else (None if None in verdicts else False)
    return equal(value, expected)


def _arithmetic(op: str, left: Run, right: Run) -> Run:
    def run(s: Scope) -> Any:
        a, b = left(s), right(s)
        if isinstance(a, Decimal) and isinstance(b, Decimal):
            try:
                match op:
                    case "+":
                        return DECIMAL.add(a, b)
                    case "-":
                        return DECIMAL.subtract(a, b)
                    case "*":
                        return DECIMAL.multiply(a, b)
                    case "/":
                        return None if b == 0 else DECIMAL.divide(a, b)
                    case _:
                        return DECIMAL.power(a, b)
            except DecimalException:
                return None
        if op == "+" and isinstance(a, str) and isinstance(b, str):
            return a + b
        try:
            if op == "+" and isinstance(a, (date, datetime, timedelta)) and isinstance(b, (date, datetime, timedelta)):
                return a + b  # type: ignore[operator]
            if op == "-" and isinstance(a, (date, datetime, timedelta)) and isinstance(b, (date, datetime, timedelta)):
                return a - b  # type: ignore[operator]
        except TypeError:
            return None
        return None

    return run


def _path(left: Run, name: str) -> Run:
    def get(value: Any) -> Any:
        if isinstance(value, Mapping):
            return value.get(name)
        if isinstance(value, list):
            return [get(v) for v in value]
        if isinstance(value, date) and name in ("year", "month", "day", "weekday"):
            return Decimal(value.isoweekday() if name == "weekday" else getattr(value, name))
        if isinstance(value, datetime) and name in ("hour", "minute", "second"):
            return Decimal(getattr(value, name))
        if isinstance(value, timedelta) and name == "days":
            return Decimal(value.days)
        return None

    return lambda s: get(left(s))


def _filter(left: Run, inner: Run) -> Run:
    def run(s: Scope) -> Any:
        value = left(s)
        items = value if isinstance(value, list) else ([] if value is None else [value])
        if not items:
            probe = inner(s)
            return None if isinstance(probe, Decimal) else []
        first = inner(_with_item(s, items[0]))
        if isinstance(first, Decimal):
            i = int(first)
            if 1 <= i <= len(items):
                return items[i - 1]
            return items[i] if -len(items) <= i <= -1 else None
        return [i for i in items if inner(_with_item(s, i)) is True]

    return run


def _with_item(s: Scope, item: Any) -> Scope:
    extra = dict(item) if isinstance(item, Mapping) else {}
    return {**s, **extra, "item": item}


def _items(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, Range):
        return _span(lambda s: value.low, lambda s: value.high)({})  # type: ignore[no-any-return]
    return [] if value is None else [value]


MOST_ITEMS = 1_000_000


def _span(low: Run, high: Run) -> Run:
    def run(s: Scope) -> Any:
        a, b = low(s), high(s)
        if not isinstance(a, Decimal) or not isinstance(b, Decimal):
            return None
        if abs(b - a) > MOST_ITEMS:
            raise EvaluationError(f"an iteration of more than {MOST_ITEMS} items")
        step = 1 if b >= a else -1
        return [Decimal(i) for i in range(int(a), int(b) + step, step)]

    return run


def _call_named(fn: Function, arguments: Mapping[str, Any]) -> Any:
    if not arguments.keys() <= set(fn.parameters):
        return None
    args = [arguments.get(p) for p in fn.parameters]
    while args and args[-1] is None and fn.parameters[len(args) - 1] not in arguments:
        args.pop()
    return fn.call(*args)


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}


def _unescape(literal: str) -> str:
    body, out, i = literal[1:-1], [], 0
    while i < len(body):
        if body[i] == "\\" and i + 1 < len(body):
            c = body[i + 1]
            width = {"u": 4, "U": 6}.get(c)
            if width:
                out.append(chr(int(body[i + 2 : i + 2 + width], 16)))
                i += 2 + width
                continue
            out.append(_ESCAPES.get(c, "\\" + c))
            i += 2
            continue
        out.append(body[i])
        i += 1
    return "".join(out)


def _at_literal(text: str) -> Any:
    for read in (builtins.duration, builtins.date_, builtins.date_and_time, builtins.time_):
        value = read(text)
        if value is not None and not isinstance(value, str):
            return value
    return None
