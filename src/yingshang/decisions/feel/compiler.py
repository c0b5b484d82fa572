"""Trees to Python closures.

A closure takes a *frame*: a list of the variables from outside (a mapping), the budget of steps, the value under test
(``?``), and one place for each variable that the expression itself introduces. Names are resolved once, here; only the
entries of a filtered item are looked up when the filter runs, for they depend on the data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal, DecimalException
from operator import itemgetter
from typing import Any, NamedTuple

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel import operators, syntax
from yingshang.decisions.feel.builtins import BUILTINS, Builtin
from yingshang.decisions.feel.frames import INPUT, LOCALS, OUTSIDE, Frame, Run, charge, invoke, invoke_named, spend
from yingshang.decisions.feel.statics import static_type
from yingshang.decisions.feel.syntax import Node
from yingshang.decisions.feel.types import Mismatch, coerce
from yingshang.decisions.limits import LIST_ITEMS
from yingshang.decisions.values import DECIMAL, Function, Range, compare, equal

_FAST = {"+": DECIMAL.add, "-": DECIMAL.subtract, "*": DECIMAL.multiply, "/": DECIMAL.divide, "**": operators.power}


class _Variable(NamedTuple):
    name: str
    slot: int


class _Item(NamedTuple):
    """A filter around: the entries of the item in ``slot`` are variables, where it is a context."""

    slot: int


class Compiler:
    """Compiles one expression.

    Attributes:
        size: places that a frame needs.
        free: names that come from outside.
    """

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.scope: list[_Variable | _Item] = []
        self.size = LOCALS
        self.free: set[str] = set()

    def slot(self) -> int:
        self.size += 1
        return self.size - 1

    def run(self, node: Node) -> Run:
        """The closure of a node."""
        method: Callable[[Any], Run] = getattr(self, "_" + type(node).__name__.lower())
        return method(node)

    def runs(self, nodes: Sequence[Node]) -> list[Run]:
        return [self.run(n) for n in nodes]

    # --- names and constants ------------------------------------------------------------------------------------------

    def _literal(self, node: syntax.Literal) -> Run:
        value = node.value
        return lambda f: value

    def _name(self, node: syntax.Name) -> Run:
        name = node.name
        if name == "?":
            self.free.add(name)
            return lambda f: f[INPUT]
        items: list[int] = []
        for entry in reversed(self.scope):
            if isinstance(entry, _Item):
                items.append(entry.slot)
            elif entry.name == name:
                return self._in_items(name, items, itemgetter(entry.slot))
        self.free.add(name)
        builtin = BUILTINS[name].function if name in BUILTINS else None
        return self._in_items(name, items, lambda f: f[OUTSIDE].get(name, builtin))

    @staticmethod
    def _in_items(name: str, items: list[int], outer: Run) -> Run:
        """The entry ``name`` of the closest item that has it, else what ``outer`` says."""
        if not items:
            return outer

        def run(f: Frame) -> Any:
            for slot in items:
                item = f[slot]
                if type(item) is dict and name in item:
                    return item[name]
            return outer(f)

        return run

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

    # --- lists, contexts, ranges --------------------------------------------------------------------------------------

    def _listof(self, node: syntax.ListOf) -> Run:
        items = self.runs(node.items)
        return lambda f: [i(f) for i in items]

    def _rangeof(self, node: syntax.RangeOf) -> Run:
        low, high, low_in, high_in = self.run(node.low), self.run(node.high), node.low_in, node.high_in
        return lambda f: Range(low(f), high(f), low_in, high_in)

    def _contextof(self, node: syntax.ContextOf) -> Run:
        held = len(self.scope)
        entries: list[tuple[str, int, Run]] = []
        for key, value in node.entries:
            slot = self.slot()
            recursive = isinstance(value, syntax.FunctionOf)
            if recursive:
                self.scope.append(_Variable(key, slot))
            entries.append((key, slot, self.run(value)))
            if not recursive:
                self.scope.append(_Variable(key, slot))
        del self.scope[held:]
        twice = len({key for key, _ in node.entries}) < len(node.entries)

        def run(f: Frame) -> Any:
            result: dict[str, Any] = {}
            for key, slot, value in entries:
                v = value(f)
                if type(v) is Function and v.frame is not None:
                    # A function may call itself by the name that it is given here.
                    v.frame[slot] = v
                result[key] = f[slot] = v
            return None if twice else result

        return run

    def _path(self, node: syntax.Path) -> Run:
        source, name = self.run(node.source), node.name

        def run(f: Frame) -> Any:
            value = source(f)
            if type(value) is dict:
                return value.get(name)
            charge(f, value)
            return operators.member(value, name)

        return run

    def _filter(self, node: syntax.Filter) -> Run:
        source = self.run(node.source)
        slot = self.slot()
        # An entry of the item called "item" comes before the item itself.
        self.scope += [_Variable("item", slot), _Item(slot)]
        condition = self.run(node.condition)
        del self.scope[-2:]

        def run(f: Frame) -> Any:
            value = source(f)
            items = value if type(value) is list else [] if value is None else [value]
            held = f[slot]
            kept: list[Any] = []
            try:
                if not items:
                    f[slot] = None
                    return None if type(condition(f)) is Decimal else []
                for n, item in enumerate(items):
                    spend(f)
                    f[slot] = item
                    verdict = condition(f)
                    if verdict is True:
                        kept.append(item)
                    elif n == 0 and type(verdict) is Decimal:
                        return operators.item_at(items, verdict)
            finally:
                f[slot] = held
            return kept

        return run

    # --- loops --------------------------------------------------------------------------------------------------------

    def _bound(self, bindings: list[syntax.Binding]) -> list[tuple[int, Run]]:
        """Slots and sources of a loop's variables, which stay in scope until the caller takes them out."""
        bound: list[tuple[int, Run]] = []
        for b in bindings:
            source = self.run(b.source)
            if b.high is not None:
                visited = _span(source, self.run(b.high))
            else:
                visited = _items(source)
            slot = self.slot()
            bound.append((slot, visited))
            self.scope.append(_Variable(b.name, slot))
        return bound

    def _for(self, node: syntax.For) -> Run:
        held = len(self.scope)
        bound = self._bound(node.bindings)
        partial = self.slot()
        self.scope.append(_Variable("partial", partial))
        body = self.run(node.body)
        del self.scope[held:]
        uses_partial = syntax.mentions(node.body, "partial")

        def run(f: Frame) -> Any:
            results: list[Any] = []

            def visit() -> None:
                if uses_partial:
                    charge(f, results)
                    f[partial] = list(results)
                results.append(body(f))
                if len(results) > LIST_ITEMS:
                    raise EvaluationError(f"a list of more than {LIST_ITEMS} items")

            return results if _walk(f, bound, 0, visit) else None

        return run

    def _quantified(self, node: syntax.Quantified) -> Run:
        held = len(self.scope)
        bound = self._bound(node.bindings)
        body = self.run(node.body)
        del self.scope[held:]
        decisive = not node.every

        def run(f: Frame) -> Any:
            verdict: bool | None = not decisive

            def visit() -> None:
                nonlocal verdict
                value = body(f)
                if value is decisive:
                    raise _Decided
                if not isinstance(value, bool):
                    verdict = None

            try:
                return verdict if _walk(f, bound, 0, visit) else None
            except _Decided:
                return decisive

        return run

    # --- functions ----------------------------------------------------------------------------------------------------

    def _functionof(self, node: syntax.FunctionOf) -> Run:
        names = tuple(p.name for p in node.parameters)
        types = tuple(p.type for p in node.parameters)
        if node.external:
            return lambda f: Function("external", names, lambda *args: None)
        held = len(self.scope)
        slots = [self.slot() for _ in names]
        self.scope += [_Variable(n, s) for n, s in zip(names, slots, strict=True)]
        body = self.run(node.body)
        del self.scope[held:]
        answer = static_type(node.body, dict(zip(names, types, strict=True)))

        def run(f: Frame) -> Function:
            captured = f.copy()

            def call(*args: Any) -> Any:
                if len(args) != len(slots):
                    return None
                spend(captured)
                frame = captured.copy()
                try:
                    for slot, value, kind in zip(slots, args, types, strict=True):
                        frame[slot] = value if kind is None else coerce(value, kind)
                except Mismatch:
                    return None
                return body(frame)

            return Function("function", names, call, None, captured, types, answer)

        return run

    def _call(self, node: syntax.Call) -> Run:
        if isinstance(node.target, syntax.Name) and self._is_builtin(node.target.name):
            return self._builtin_call(node.target.name, node)
        target = self.run(node.target)
        positional = self.runs(node.positional)
        named = [(name, self.run(n)) for name, n in node.named]

        def run(f: Frame) -> Any:
            fn = target(f)
            if type(fn) is not Function:
                return None
            spend(f)
            if named:
                arguments = {name: a(f) for name, a in named}
                if type(fn.call) is Builtin:
                    return invoke_named(f, fn.call, arguments)
                return fn.call_named(arguments)
            args = [a(f) for a in positional]
            return invoke(f, fn.call, args) if type(fn.call) is Builtin else fn.call(*args)

        return run

    def _is_builtin(self, name: str) -> bool:
        """Whether a call by this name can only mean the built-in function."""
        known = name in self.names or any(isinstance(e, _Variable) and e.name == name for e in self.scope)
        return name in BUILTINS and not known

    def _builtin_call(self, name: str, node: syntax.Call) -> Run:
        builtin = BUILTINS[name]
        if node.named:
            named = [(n, self.run(a)) for n, a in node.named]
            return lambda f: invoke_named(f, builtin, {n: a(f) for n, a in named})
        arguments = self.runs(node.positional)
        return lambda f: invoke(f, builtin, [a(f) for a in arguments])


class _Decided(Exception):
    """The verdict of a quantified expression is certain before its end."""


def _walk(f: Frame, bound: list[tuple[int, Run]], n: int, visit: Callable[[], None]) -> bool:
    """Visit every combination of a loop's variables; False where there is nothing to loop over."""
    slot, source = bound[n]
    items = source(f)
    if items is None:
        return False
    held = f[slot]
    last = n + 1 == len(bound)
    try:
        for item in items:
            spend(f)
            f[slot] = item
            if last:
                visit()
            elif not _walk(f, bound, n + 1, visit):
                return False
    finally:
        f[slot] = held
    return True


def _items(source: Run) -> Run:
    return lambda f: operators.items_of(source(f))


def _span(low: Run, high: Run) -> Run:
    return lambda f: operators.span(low(f), high(f))


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
