"""Boxed expressions (DMN 1.5, chapter 10.2): everything that a decision's logic can be, but for the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel import Expression, operators, syntax
from yingshang.decisions.feel.builtins import BUILTINS
from yingshang.decisions.feel.types import Mismatch, Type, coerce
from yingshang.decisions.limits import LIST_ITEMS
from yingshang.decisions.run import Run, Scope
from yingshang.decisions.spending import PARTS_A_STEP
from yingshang.decisions.values import Function


@dataclass(slots=True, kw_only=True)
class Boxed:
    """A boxed expression.

    Attributes:
        id: of the element.
        type: what the result is coerced to; None for anything.
    """

    id: str = ""
    type: Type | None = None

    def value(self, scope: Scope, run: Run) -> Any:
        raise NotImplementedError

    def evaluate(self, scope: Scope, run: Run) -> Any:
        """The value over a scope, coerced to the declared type; null where that cannot be."""
        value = self.value(scope, run)
        return value if self.type is None or value is None else conform(value, self.type, self.id, run)


def conform(value: Any, kind: Type, name: str, run: Run, code: str = "result_type") -> Any:
    """Coerce a value; what does not fit becomes null, and a note says so."""
    try:
        return coerce(value, kind)
    except Mismatch:
        run.note(code, name=name, value=value, type=str(kind))
        return None


@dataclass(slots=True)
class Literal(Boxed):
    """A literal expression in FEEL."""

    expression: Expression

    def value(self, scope: Scope, run: Run) -> Any:
        if cost := self.expression.cost:
            run.spend(cost)
        # A constant or a name explains itself.
        if run.trace is None or isinstance(self.expression.tree, (syntax.Literal, syntax.Name)):
            return self.expression.execute(scope, None, run.budget)
        used = {n: scope.get(n) for n in sorted(self.expression.names) if n not in BUILTINS or n in scope}
        with run.step("literal", self.expression.text, self.id) as step:
            step.inputs = [(n, v) for n, v in used.items() if type(v) is not Function]
            step.value = self.expression.execute(scope, None, run.budget)
        return step.value


@dataclass(slots=True)
class Missing(Boxed):
    """Logic that is not there, or is not FEEL: in another ``language``, or not well-formed (``broken``)."""

    name: str
    language: str = ""

    def value(self, scope: Scope, run: Run) -> Any:
        code = "broken" if self.language == "broken" else "language" if self.language else "no_logic"
        run.note(code, name=self.name, language=self.language)
        return None


@dataclass(slots=True)
class Context(Boxed):
    """A boxed context; the entry without a name is its result."""

    entries: list[tuple[str, Type | None, Boxed]]

    def value(self, scope: Scope, run: Run) -> Any:
        run.spend(len(self.entries) // PARTS_A_STEP)
        inner = dict(scope)
        result: Scope = {}
        for name, kind, boxed in self.entries:
            value = _entry(name, boxed, inner, run)
            if kind is not None and value is not None:
                value = conform(value, kind, name or self.id, run)
            if not name:
                return value
            result[name] = inner[name] = value
        return result


def _entry(name: str, boxed: Boxed, scope: Scope, run: Run) -> Any:
    if run.trace is None:
        return boxed.evaluate(scope, run)
    with run.step("entry", name, boxed.id) as step:
        step.value = boxed.evaluate(scope, run)
    return step.value


@dataclass(slots=True)
class Relation(Boxed):
    """A table of expressions: a list of contexts."""

    columns: list[tuple[str, Type | None]]
    rows: list[list[Boxed]]

    def value(self, scope: Scope, run: Run) -> Any:
        result = []
        run.spend(len(self.rows) * len(self.columns) // PARTS_A_STEP)
        for row in self.rows:
            item = {}
            for (name, kind), cell in zip(self.columns, row, strict=True):
                value = cell.evaluate(scope, run)
                item[name] = value if kind is None or value is None else conform(value, kind, name, run)
            result.append(item)
        return result


@dataclass(slots=True)
class BoxedList(Boxed):
    items: list[Boxed]

    def value(self, scope: Scope, run: Run) -> Any:
        run.spend(len(self.items) // PARTS_A_STEP)
        return [i.evaluate(scope, run) for i in self.items]


@dataclass(slots=True)
class Invocation(Boxed):
    """A call with arguments bound by name."""

    called: Boxed
    name: str
    bindings: list[tuple[str, Type | None, Boxed]]

    def value(self, scope: Scope, run: Run) -> Any:
        function = self.called.evaluate(scope, run)
        if type(function) is not Function:
            run.note("no_function", name=self.name)
            return None
        if run.trace is None:
            return function.call_named(self._arguments(scope, run))
        with run.step("invocation", self.name, self.id) as step:
            arguments = self._arguments(scope, run)
            step.inputs = list(arguments.items())
            step.value = function.call_named(arguments)
        return step.value

    def _arguments(self, scope: Scope, run: Run) -> Scope:
        arguments = {}
        run.spend(len(self.bindings) // PARTS_A_STEP)
        for name, kind, boxed in self.bindings:
            value = boxed.evaluate(scope, run)
            arguments[name] = value if kind is None or value is None else conform(value, kind, name, run)
        return arguments


@dataclass(slots=True)
class Definition(Boxed):
    """A function definition.

    Attributes:
        body: None for a function of a ``kind`` other than FEEL, which is refused by name when it is called.
        result: what an answer is coerced to.
    """

    name: str
    parameters: list[tuple[str, Type | None]]
    body: Boxed | None
    kind: str = "FEEL"
    result: Type | None = None

    def value(self, scope: Scope, run: Run) -> Function:
        return self.function(lambda: scope, run)

    def function(self, outer: Callable[[], Scope], run: Run) -> Function:
        """The function value; ``outer`` gives the variables around, when it is called."""
        names = tuple(n for n, _ in self.parameters)

        def call(*args: Any) -> Any:
            run.spend()
            if self.body is None:
                run.note("external", name=self.name)
                return None
            if len(args) != len(names):
                run.note("wrong_arguments", name=self.name)
                return None
            scope = dict(outer())
            try:
                for (name, kind), value in zip(self.parameters, args, strict=True):
                    scope[name] = value if kind is None else coerce(value, kind)
            except Mismatch:
                run.note("wrong_arguments", name=self.name)
                return None
            if run.trace is None:
                return self._answer(scope, run)
            with run.step("knowledge", self.name, self.id) as step:
                step.inputs = [(n, scope[n]) for n in names]
                step.value = self._answer(scope, run)
            return step.value

        return Function(self.name, names, call, types=[t for _, t in self.parameters], result=self.result)

    def _answer(self, scope: Scope, run: Run) -> Any:
        assert self.body is not None
        value = self.body.evaluate(scope, run)
        return value if self.result is None or value is None else conform(value, self.result, self.name, run)


def _is_verdict(value: Any) -> bool:
    """Whether a value can be a condition's; null is one that cannot be told."""
    return value is None or isinstance(value, bool)


@dataclass(slots=True)
class Conditional(Boxed):
    """A boxed ``if``; null where the condition is none."""

    condition: Boxed
    then: Boxed
    otherwise: Boxed

    def value(self, scope: Scope, run: Run) -> Any:
        verdict = self.condition.evaluate(scope, run)
        if not _is_verdict(verdict):
            run.note("no_verdict", name=self.id, value=verdict)
            return None
        return (self.then if verdict is True else self.otherwise).evaluate(scope, run)


@dataclass(slots=True)
class Filter(Boxed):
    """A boxed filter: the items of ``source`` that meet ``match``; null where ``match`` is no condition."""

    source: Boxed
    match: Boxed

    def value(self, scope: Scope, run: Run) -> Any:
        source = self.source.evaluate(scope, run)
        items = source if type(source) is list else [] if source is None else [source]
        kept = []
        for item in items:
            run.spend()
            verdict = self.match.evaluate({**scope, "item": item, **(item if type(item) is dict else {})}, run)
            if verdict is True:
                kept.append(item)
            elif not _is_verdict(verdict):
                run.note("no_verdict", name=self.id, value=verdict)
                return None
        return kept


@dataclass(slots=True)
class Iterator(Boxed):
    """A boxed ``for``, ``some`` or ``every``."""

    kind: str
    variable: str
    variable_type: Type | None
    source: Boxed
    body: Boxed

    def value(self, scope: Scope, run: Run) -> Any:
        items = operators.items_of(self.source.evaluate(scope, run))
        if items is None:
            return None
        if self.kind == "for":
            return self._for(items, scope, run)
        decisive = self.kind == "some"
        verdicts = []
        for item in items:
            value = self._once(item, scope, run)
            if not _is_verdict(value):
                run.note("no_verdict", name=self.id, value=value)
                return None
            verdicts.append(value)
        return decisive if decisive in verdicts else None if None in verdicts else not decisive

    def _for(self, items: Any, scope: Scope, run: Run) -> list[Any]:
        results: list[Any] = []
        for item in items:
            run.spend(len(results) // 64)
            results.append(self._once(item, {**scope, "partial": list(results)}, run))
            if len(results) > LIST_ITEMS:
                raise EvaluationError(f"a list of more than {LIST_ITEMS} items")
        return results

    def _once(self, item: Any, scope: Scope, run: Run) -> Any:
        run.spend()
        if self.variable_type is not None and item is not None:
            item = conform(item, self.variable_type, self.variable, run)
        return self.body.evaluate({**scope, self.variable: item}, run)
