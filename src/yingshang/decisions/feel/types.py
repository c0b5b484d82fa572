"""FEEL types: conformance and coercion (DMN 1.5, 10.3.2.9), and item definitions with allowed values (7.3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import local
from typing import Any

from yingshang.decisions.spending import PARTS_A_STEP, through
from yingshang.decisions.temporal import Date, DateTime, Time
from yingshang.decisions.values import Function, Range, kind_of


class Type:
    """A FEEL type; this one is Any."""

    def holds(self, value: Any, shape: bool = False) -> bool:
        """Whether a value other than null conforms; with ``shape`` allowed values do not count (``instance of``)."""
        return True

    def accepts(self, value: Any, shape: bool = False) -> bool:
        """Whether a value conforms; null conforms to every type."""
        return value is None or self.holds(value, shape)

    @property
    def element(self) -> Type | None:
        """What a list of this type holds; None for types that are no lists."""
        return None

    def __str__(self) -> str:
        return "Any"


ANY = Type()


@dataclass(frozen=True)
class Simple(Type):
    """A type without parameters: ``number``, ``string``, ``date``, … and ``Null``."""

    name: str

    def holds(self, value: Any, shape: bool = False) -> bool:
        return kind_of(value) == self.name

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class ListOfType(Type):
    of: Type

    def holds(self, value: Any, shape: bool = False) -> bool:
        if type(value) is not list:
            return False
        if self.of is ANY:
            return True
        through(2 + len(value))
        if all(self.of.accepts(v, shape) for v in value):
            return True
        # The functions of a list have one type, in which parameters that differ are Any.
        return bool(value) and all(type(v) is Function for v in value) and self.of.holds(_joined(value), shape)

    @property
    def element(self) -> Type | None:
        return self.of

    def __str__(self) -> str:
        return f"list<{self.of}>"


@dataclass(frozen=True)
class RangeType(Type):
    of: Type

    def holds(self, value: Any, shape: bool = False) -> bool:
        return type(value) is Range and self.of.accepts(value.low, shape) and self.of.accepts(value.high, shape)

    def __str__(self) -> str:
        return f"range<{self.of}>"


@dataclass(frozen=True)
class ContextType(Type):
    """A context that has at least these entries."""

    entries: Mapping[str, Type]

    def holds(self, value: Any, shape: bool = False) -> bool:
        if type(value) is not dict:
            return False
        through(2 + len(self.entries))
        return all(k in value and t.accepts(value[k], shape) for k, t in self.entries.items())

    def __str__(self) -> str:
        return f"context<{', '.join(f'{k}: {t}' for k, t in self.entries.items())}>"


@dataclass(frozen=True)
class FunctionType(Type):
    parameters: tuple[Type, ...] | None
    result: Type

    def holds(self, value: Any, shape: bool = False) -> bool:
        """Whether a function takes at least what this type gives it, and answers at most what this type says.

        A function that does not tell a type of its own is judged by the number of its parameters.
        """
        if type(value) is not Function:
            return False
        if self.parameters is None:
            return True
        through(2 * PARTS_A_STEP)
        if value.takes is not None:
            return value.takes(len(self.parameters))
        if len(value.parameters) != len(self.parameters):
            return False
        takes = value.types or [None] * len(self.parameters)
        return all(t is None or conforms(p, t) for p, t in zip(self.parameters, takes, strict=True)) and (
            value.result is None or conforms(value.result, self.result)
        )

    def __str__(self) -> str:
        return f"function<{', '.join(map(str, self.parameters or ()))}> -> {self.result}"


@dataclass(frozen=True)
class Constrained(Type):
    """An item definition: a name, what it is based on, and the values it allows.

    Attributes:
        allows: whether a value other than null is allowed; None where every value of ``base`` is.
        text: the constraint as it is written.
    """

    name: str
    base: Type
    allows: Callable[[Any], bool] | None = None
    text: str = ""

    def holds(self, value: Any, shape: bool = False) -> bool:
        return self.base.holds(value, shape) and (shape or self.allows is None or self.allows(value))

    @property
    def element(self) -> Type | None:
        return self.base.element

    def __str__(self) -> str:
        return self.name


#: What references found of parts of the value that this thread is looking at.
_LOOKED_AT = local()


@dataclass
class Reference(Type):
    """A type that is used before it is defined; ``table`` is filled later. An unknown name holds nothing."""

    name: str
    table: Mapping[str, Type] = field(repr=False)

    @property
    def target(self) -> Type | None:
        return self.table.get(self.name)

    def holds(self, value: Any, shape: bool = False) -> bool:
        """Every recursion of a type passes here, so a part that stands in many places is looked at once."""
        target = self.target
        if target is None:
            return False
        known: dict[Any, bool] | None = getattr(_LOOKED_AT, "known", None)
        if known is None:
            _LOOKED_AT.known = {}
            try:
                return self.holds(value, shape)
            finally:
                _LOOKED_AT.known = None
        seen = (id(self.table), self.name, id(value), shape)
        if seen not in known:
            known[seen] = target.holds(value, shape)
        return known[seen]

    @property
    def element(self) -> Type | None:
        return self.target.element if self.target else None

    def __str__(self) -> str:
        return self.name


_NAMES = (
    "number",
    "string",
    "boolean",
    "date",
    "time",
    "date and time",
    "days and time duration",
    "years and months duration",
    "Null",
)
#: The types that have a name in the language; ``dayTimeDuration`` and its like are the names of DMN 1.1.
BUILT_IN: dict[str, Type] = {
    "Any": ANY,
    **{n: Simple(n) for n in _NAMES},
    "dateTime": Simple("date and time"),
    "dayTimeDuration": Simple("days and time duration"),
    "yearMonthDuration": Simple("years and months duration"),
    "context": ContextType({}),
    "list": ListOfType(ANY),
    "function": FunctionType(None, ANY),
    "range": RangeType(ANY),
}


def resolve(kind: Type) -> Type:
    """The type itself, without names and constraints around it."""
    seen = 0
    while isinstance(kind, (Constrained, Reference)) and seen < 100:
        kind = kind.base if isinstance(kind, Constrained) else (kind.target or ANY)
        seen += 1
    return kind


def conforms(kind: Type, to: Type, depth: int = 0) -> bool:
    """Whether every value of one type is one of the other (10.3.2.9.3); allowed values do not count."""
    kind, to = resolve(kind), resolve(to)
    if to is ANY or kind is to or depth > 20:
        return True
    match kind, to:
        case Simple(a), Simple(b):
            return a == b
        case (ListOfType(a), ListOfType(b)) | (RangeType(a), RangeType(b)):
            return conforms(a, b, depth + 1)
        case ContextType(has), ContextType(wanted):
            return all(k in has and conforms(has[k], t, depth + 1) for k, t in wanted.items())
        case FunctionType(takes, answers), FunctionType(given, expected):
            if given is None:
                return True
            return (
                takes is not None
                and len(takes) == len(given)
                and all(conforms(g, t, depth + 1) for g, t in zip(given, takes, strict=True))
                and conforms(answers, expected, depth + 1)
            )
    return False


def joined(kinds: Sequence[Type]) -> Type:
    """The type that all these types are; Any where they differ."""
    first = kinds[0] if kinds else ANY
    return first if all(conforms(k, first) and conforms(first, k) for k in kinds[1:]) else ANY


def _joined(functions: Sequence[Function]) -> Function:
    """A function with the parameters and the answer that all of these have."""
    first = functions[0]
    if any(len(f.parameters) != len(first.parameters) for f in functions):
        return Function("", (), first.call, types=(), result=ANY)
    columns = zip(*(f.types or [None] * len(f.parameters) for f in functions), strict=True)
    types = [joined([t or ANY for t in column]) for column in columns]
    answers = [f.result for f in functions if f.result is not None]
    return Function("", first.parameters, first.call, types=types, result=joined(answers) if answers else None)


class Mismatch(Exception):
    """A value that neither conforms to a type nor can be coerced to it."""


def coerce(value: Any, to: Type) -> Any:
    """The value as ``to`` has it: itself, a list of it, the only item of it, or midnight of it (10.3.2.9.4).

    Raises:
        Mismatch: no coercion helps.
    """
    return _coerce(value, to, {})


def _coerce(value: Any, to: Type, known: dict[tuple[int, int], Any]) -> Any:
    """The same; ``known`` has the parts that are coerced already."""
    if value is None or to is ANY or to.holds(value):
        return value
    if type(value) is not list and type(value) is not dict:
        return _coerced(value, to, known)
    part = id(value), id(to)
    if part not in known:
        known[part] = _coerced(value, to, known)
    return known[part]


def _coerced(value: Any, to: Type, known: dict[tuple[int, int], Any]) -> Any:
    element = to.element
    if type(value) is list or type(value) is dict:
        through(2 + len(value))
    if element is not None:
        if type(value) is not list:
            return _checked([_coerce(value, element, known)], to)
        return _checked([_coerce(v, element, known) for v in value], to)
    if type(value) is list and len(value) == 1 and value[0] is not None and to.holds(value[0]):
        return value[0]
    target = resolve(to)
    if type(value) is Date and target == BUILT_IN["date and time"]:
        return _checked(DateTime(value, Time(0, 0)), to)
    if type(value) is dict and isinstance(target, ContextType) and all(k in value for k in target.entries):
        entries = {k: _coerce(v, target.entries[k], known) if k in target.entries else v for k, v in value.items()}
        return _checked(entries, to)
    raise Mismatch


def _checked(value: Any, to: Type) -> Any:
    if not to.holds(value):
        raise Mismatch
    return value
