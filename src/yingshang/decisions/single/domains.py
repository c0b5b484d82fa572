"""The values that a missing fact may have, as one example for each kind of value that can make a difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from yingshang.decisions.feel import Expression
from yingshang.decisions.feel import compile as compile_feel
from yingshang.decisions.feel.types import Constrained, ContextType, ListOfType, Reference, Simple, Type, resolve
from yingshang.decisions.regions.axes import AXES, HIGHEST, LOWEST, Cut, axis_of, is_zoned
from yingshang.decisions.regions.shape import shape_of
from yingshang.decisions.values import kind_of

#: Kinds that are tried for a fact of which nothing is known.
_ANY = ("number", "string", "boolean", "date")
#: What is tried of a fact that is used in ways of which nothing is known.
_TRIED: dict[str, tuple[str, ...]] = {
    "number": ("0", "1", "2", "10", "1000", "1000000", "-1", "0.5"),
    "string": ('""', '"a"', '"一"', '"2024-01-01"', '"12"'),
    "boolean": ("false", "true"),
    "date": ('@"2000-02-29"', '@"2020-01-01"', '@"2023-07-01"', '@"2030-12-31"'),
    "time": ('@"00:00:00"', '@"12:30:00"'),
    "date and time": ('@"2000-02-29T00:00:00"', '@"2030-12-31T12:00:00"'),
    "days and time duration": ('@"P0D"', '@"P1D"', '@"P400D"'),
    "years and months duration": ('@"P0M"', '@"P1M"', '@"P5Y"'),
}


@dataclass(frozen=True, slots=True)
class Domain:
    """What a fact may be.

    Attributes:
        values: examples: each constant that it is compared with, and one from each gap between two.
        complete: every other value fares like one of them in those comparisons.
        finite: there are no other values.
    """

    values: tuple[Any, ...]
    complete: bool
    finite: bool


def domain(kind: Type | None, points: Iterable[Any], allowed: Sequence[Expression] = (), tried: bool = False) -> Domain:
    """The domain of a fact.

    Args:
        kind: its type; a fact without one is taken to be of the kinds of values that it is compared with.
        points: values that it is compared with.
        allowed: unary tests that it meets; left aside where no value does.
        tried: give more examples, for a fact that is not only compared.
    """
    cuts = constants_of(kind, allowed)
    compared = [*points, *(cuts or ())]
    target = None if kind is None else resolve(kind)
    free = target is None or str(target) == "Any"
    if isinstance(target, Simple) and target.name in AXES:
        kinds = [target.name]
    else:
        kinds = sorted({kind_of(p) for p in compared} & AXES.keys()) if free else []
    complete = cuts is not None and bool(kinds)
    examples = [e for k in kinds for e in _examples(k, compared)]
    more = list(_more(target, kinds)) if tried or not kinds else []
    tests = [t for t in allowed if t.names <= {"?"}]

    def fits(value: Any) -> bool:
        return (kind is None or kind.holds(value)) and all(t.execute({}, value) is True for t in tests)

    kept = [(v, gap) for v, gap in examples if fits(v)]
    others = [v for v in more if fits(v) and not any(type(v) is type(k) and v == k for k, _ in kept)]
    if not kept and not others and allowed:
        return replace(domain(kind, compared, (), tried), complete=False, finite=False)
    finite = complete and not free and not any(gap for _, gap in kept)
    return Domain(tuple(v for v, _ in kept) + (() if finite else tuple(others)), complete, finite)


def anything(kind: Type | None, points: Sequence[Any]) -> list[Any]:
    """Examples of all that an expression may come to, null and, without a type, values of any kind included."""
    target = None if kind is None else resolve(kind)
    named = [target.name] if isinstance(target, Simple) and target.name in AXES else list(AXES)
    found = [v for k in named for v, _ in _examples(k, points)]
    return [None, *found, *([] if len(named) == 1 else [[], {}])]


def _examples(kind: str, points: Sequence[Any]) -> Iterator[tuple[Any, bool]]:
    """The points of one kind, and a value from each gap between two of them, which is marked."""
    if kind == "boolean":
        yield from ((False, False), (True, False))
        return
    mine = [p for p in points if kind_of(p) == kind]
    # A time with a zone cannot be compared with one without, and a fact may be either.
    for zoned in (False, True) if kind in ("time", "date and time") else (False,):
        axis = axis_of(kind, zoned)
        values = {axis.key(p): p for p in mine if (is_zoned(p) is True) == zoned}
        previous: Cut = LOWEST
        for key in sorted(values):
            here: Cut = (0, key, 0)
            if not axis.is_void(previous, here):
                yield axis.example(previous, here, zoned), True
            yield values[key], False
            previous = (0, key, 1)
        if not axis.is_void(previous, HIGHEST):
            yield axis.example(previous, HIGHEST, zoned), True


def _more(target: Type | None, kinds: Sequence[str], depth: int = 0) -> Iterator[Any]:
    """Some values of a type, or of no type."""
    match target:
        case ListOfType(of=of):
            yield []
            for value in list(_more(resolve(of), (), depth + 1))[:4] if depth < 5 else ():
                yield [value]
        case ContextType(entries=entries) if depth < 5:
            columns = [(name, list(_more(resolve(of), (), depth + 1)) or [None]) for name, of in entries.items()]
            for n in range(max((len(values) for _, values in columns), default=1)):
                yield {name: values[n % len(values)] for name, values in columns}
        case _:
            named = [target.name] if isinstance(target, Simple) else kinds or _ANY
            for kind in named:
                yield from (compile_feel(text).execute({}) for text in _TRIED.get(kind, ()))


def constants_of(kind: Type | None, tests: Iterable[Expression] = ()) -> list[Any] | None:
    """The values at which the constraints of a type, or other unary tests, change; None where they are no such tests."""
    found: list[Any] = []
    for test in [*constraints_of(kind), *tests]:
        shape = shape_of(test.tree) if test.names <= {"?"} else None
        if shape is None:
            return None
        found += shape.points
    return found


def constraints_of(kind: Type | None) -> list[Expression]:
    """The allowed values of a type and of those that it is based on, as unary tests."""
    found: list[Expression] = []
    for _ in range(100):
        if isinstance(kind, Reference):
            kind = kind.target
        elif isinstance(kind, Constrained):
            if kind.text:
                found.append(compile_feel(kind.text, unary=True))
            kind = kind.base
        else:
            break
    return found
