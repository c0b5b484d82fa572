"""Closures of lists, contexts, filters, loops, functions and calls (see :mod:`compiler`)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel import operators, syntax
from yingshang.decisions.feel.builtins import BUILTINS, Builtin
from yingshang.decisions.feel.calling import by_position
from yingshang.decisions.feel.compiling import Compiling, Item, Variable
from yingshang.decisions.feel.frames import Frame, Run, charge, invoke, invoke_named, spend
from yingshang.decisions.feel.statics import static_type
from yingshang.decisions.feel.types import Mismatch, coerce
from yingshang.decisions.limits import LIST_ITEMS
from yingshang.decisions.values import Function, Range


class Looping(Compiling):
    """Structures, and everything that runs a part of itself many times or later."""

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
                self.scope.append(Variable(key, slot))
            entries.append((key, slot, self.run(value)))
            if not recursive:
                self.scope.append(Variable(key, slot))
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
        self.scope += [Variable("item", slot), Item(slot)]
        condition = self.run(node.condition)
        del self.scope[-2:]
        steps = self.steps(node.condition)

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
                    spend(f, steps)
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
            self.scope.append(Variable(b.name, slot))
        return bound

    def _for(self, node: syntax.For) -> Run:
        held = len(self.scope)
        bound = self._bound(node.bindings)
        partial = self.slot()
        self.scope.append(Variable("partial", partial))
        body = self.run(node.body)
        del self.scope[held:]
        uses_partial = syntax.mentions(node.body, "partial")
        steps = self.steps(node.body)

        def run(f: Frame) -> Any:
            results: list[Any] = []

            def visit() -> None:
                if uses_partial:
                    charge(f, results)
                    f[partial] = list(results)
                results.append(body(f))
                if len(results) > LIST_ITEMS:
                    raise EvaluationError(f"a list of more than {LIST_ITEMS} items")

            return results if _walk(f, bound, 0, steps, visit) else None

        return run

    def _quantified(self, node: syntax.Quantified) -> Run:
        held = len(self.scope)
        bound = self._bound(node.bindings)
        body = self.run(node.body)
        del self.scope[held:]
        decisive = not node.every
        steps = self.steps(node.body)

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
                return verdict if _walk(f, bound, 0, steps, visit) else None
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
        self.scope += [Variable(n, s) for n, s in zip(names, slots, strict=True)]
        body = self.run(node.body)
        del self.scope[held:]
        steps = self.steps(node.body)
        answer = static_type(node.body, dict(zip(names, types, strict=True)))

        def run(f: Frame) -> Function:
            captured = f.copy()

            def call(*args: Any) -> Any:
                if len(args) != len(slots):
                    return None
                spend(captured, steps)
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
        known = name in self.names or any(isinstance(e, Variable) and e.name == name for e in self.scope)
        return name in BUILTINS and not known

    def _builtin_call(self, name: str, node: syntax.Call) -> Run:
        builtin = BUILTINS[name]
        if node.named:
            named = [(n, self.run(a)) for n, a in node.named]
            return lambda f: invoke_named(f, builtin, {n: a(f) for n, a in named})
        return by_position(builtin, self.runs(node.positional))


class _Decided(Exception):
    """The verdict of a quantified expression is certain before its end."""


def _walk(f: Frame, bound: list[tuple[int, Run]], n: int, steps: int, visit: Callable[[], None]) -> bool:
    """Visit every combination of a loop's variables, at ``steps`` each; False where there is nothing to loop over."""
    slot, source = bound[n]
    items = source(f)
    if items is None:
        return False
    held = f[slot]
    last = n + 1 == len(bound)
    try:
        for item in items:
            spend(f, steps)
            f[slot] = item
            if last:
                visit()
            elif not _walk(f, bound, n + 1, steps, visit):
                return False
    finally:
        f[slot] = held
    return True


def _items(source: Run) -> Run:
    return lambda f: operators.items_of(source(f))


def _span(low: Run, high: Run) -> Run:
    return lambda f: operators.span(low(f), high(f))
