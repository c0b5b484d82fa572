"""How a built-in function is declared: its parameters with their kinds, several signatures under one name.

A signature is written as ``"string: string, start position: number, length?: number"``: names as FEEL has them, ``?``
for a parameter that may be left out or null, kinds joined by ``|``. Arguments are checked and coerced before the function
runs: the only item of a list for a single value, a list of one for a list, midnight for a date (10.3.2.9.4). Wrong
arguments give null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Any

from yingshang.decisions.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time
from yingshang.decisions.values import Function, Range

_KINDS: dict[str, type] = {
    "number": Decimal,
    "string": str,
    "boolean": bool,
    "date": Date,
    "time": Time,
    "datetime": DateTime,
    "days": DaysDuration,
    "months": MonthsDuration,
    "list": list,
    "context": dict,
    "range": Range,
    "function": Function,
}


class Unfit(Exception):
    """An argument that a signature does not take."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; no ``kinds`` means any value, null included."""

    name: str
    optional: bool
    kinds: tuple[type, ...]

    def fit(self, value: Any) -> Any:
        if not self.kinds or type(value) in self.kinds:
            return value
        if value is None:
            if self.optional:
                return None
            raise Unfit
        if list in self.kinds:
            return [value]
        if type(value) is list and len(value) == 1 and type(value[0]) in self.kinds:
            return value[0]
        if type(value) is Date and DateTime in self.kinds:
            return DateTime(value, Time(0, 0))
        raise Unfit


@dataclass(frozen=True, slots=True)
class Signature:
    """Parameters and what they are given to; a ``variadic`` one takes any number of arguments as its one list."""

    parameters: tuple[Parameter, ...]
    call: Callable[..., Any]
    variadic: bool
    least: int
    names: tuple[str, ...]

    def positional(self, args: tuple[Any, ...]) -> list[Any]:
        if self.variadic:
            fixed = len(self.parameters) - 1
            if len(args) <= fixed:
                raise Unfit
            rest = args[fixed:]
            last = self.parameters[-1]
            # ``sum([1, 2])`` is ``sum(1, 2)``; ``concatenate([1, 2])`` has one list to concatenate.
            tail = last.fit(rest[0]) if last.kinds and len(rest) == 1 else list(rest)
            return [*(p.fit(a) for p, a in zip(self.parameters, args[:fixed], strict=False)), tail]
        if not self.least <= len(args) <= len(self.parameters):
            raise Unfit
        return [p.fit(a) for p, a in zip(self.parameters, args, strict=False)]

    def named(self, arguments: Mapping[str, Any]) -> list[Any]:
        known = {p.name for p in self.parameters}
        if not arguments.keys() <= known:
            raise Unfit
        if any(p.name not in arguments for p in self.parameters[: self.least]):
            raise Unfit
        values = [p.fit(arguments.get(p.name)) for p in self.parameters]
        if self.variadic and not self.parameters[-1].kinds:
            values[-1] = [values[-1]]
        return values


class Builtin:
    """A built-in function: the first signature that takes the arguments answers."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.signatures: list[Signature] = []
        self.function = Function(name, (), self, self.named, takes=self.takes)

    def __call__(self, *args: Any) -> Any:
        for signature in self.signatures:
            try:
                return signature.call(*signature.positional(args))
            except Unfit:
                continue
            except (DecimalException, OverflowError):
                return None
        return None

    def takes(self, count: int) -> bool:
        """Whether a signature has so many parameters."""
        return any(s.least <= count and (s.variadic or count <= len(s.parameters)) for s in self.signatures)

    def named(self, arguments: Mapping[str, Any]) -> Any:
        # ``before(point, range)`` and ``before(range, point)`` have the same names: the order that is written tells.
        written, signatures = tuple(arguments), self.signatures
        if len(signatures) > 1:
            signatures = sorted(signatures, key=lambda s: s.names != written)
        for signature in signatures:
            try:
                return signature.call(*signature.named(arguments))
            except Unfit:
                continue
            except (DecimalException, OverflowError):
                return None
        return None


BUILTINS: dict[str, Builtin] = {}
Body = Callable[..., Any]


def builtin(name: str, signature: str = "", *, variadic: bool = False) -> Callable[[Body], Body]:
    """Declare a function under ``name``; a second declaration adds a signature."""
    parameters = tuple(_parameter(p) for p in signature.split(",") if p.strip())
    least = sum(not p.optional for p in parameters)
    names = tuple(p.name for p in parameters)

    def add(body: Body) -> Body:
        held = BUILTINS.setdefault(name, Builtin(name))
        held.signatures.append(Signature(parameters, body, variadic, least, names))
        # What may be called with any number of arguments tells so by its first signature alone.
        longest = max(held.signatures, key=lambda s: len(s.parameters))
        held.function.parameters = tuple(p.name for p in longest.parameters)
        return body

    return add


def _parameter(text: str) -> Parameter:
    name, _, kinds = text.strip().partition(": ")
    optional = name.endswith("?")
    wanted = () if kinds == "any" else tuple(_KINDS[k] for k in kinds.split("|"))
    return Parameter(name.rstrip("?"), optional, wanted)
