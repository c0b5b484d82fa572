"""Coercion of columns to types, as :func:`yingshang.decisions.boxed.conform` does it value by value."""

from __future__ import annotations

from typing import Any

import numpy as np

from yingshang.decisions.boxed import conform
from yingshang.decisions.columns.masks import type_points
from yingshang.decisions.columns.steps import RawSteps
from yingshang.decisions.columns.vectors import Between, Coded, Raw, Record, Vector
from yingshang.decisions.feel.types import ANY, Constrained, ContextType, Reference, Simple, Type, resolve
from yingshang.decisions.run import Run


class Coercions:
    """Coerces vectors; keeps the steps of types with allowed values from batch to batch."""

    def __init__(self) -> None:
        self._steps: dict[Any, tuple[RawSteps, Any, Type]] = {}

    def coerce(self, vector: Vector, kind: Type | None) -> Vector:
        """The vector as a type has it; null where a value does not fit."""
        if kind is None or kind is ANY or fits(vector, kind):
            return vector
        if isinstance(vector, Raw) and _is_kind(vector.domain.kind, kind):
            points = type_points(kind)
            if points is not None:
                return self._allowed(vector, kind, points)
        if isinstance(vector, Coded) and vector.values.lasting:
            return vector.mapped((self, id(kind)), lambda v: _conform(v, kind))
        return vector.coded().mapped((self, id(kind)), lambda v: _conform(v, kind))

    def _allowed(self, vector: Raw, kind: Type, points: list[Any]) -> Raw:
        key = (id(kind), vector.domain)
        if key not in self._steps:
            steps = RawSteps(vector.domain, points)
            kept = np.asarray([_conform(v, kind) is not None for v in steps.samples], np.bool_)
            # The type is kept so that no other can come to have its identity.
            self._steps[key] = (steps, kept, kind)
        steps, kept, _ = self._steps[key]
        return Raw(vector.domain, vector.numbers, kept[steps.bin(vector)], vector.exact)


def _conform(value: Any, kind: Type) -> Any:
    return None if value is None else conform(value, kind, "", Run())


def _is_kind(kind: str, wanted: Type) -> bool:
    target = resolve(wanted)
    return isinstance(target, Simple) and target.name == kind


def _is_free(kind: Type) -> bool:
    """Whether a type allows all values of its kind."""
    while isinstance(kind, (Constrained, Reference)):
        if isinstance(kind, Reference):
            if kind.target is None:
                return False
            kind = kind.target
        elif kind.allows is not None:
            return False
        else:
            kind = kind.base
    return True


def fits(vector: Vector, kind: Type) -> bool:
    """Whether every value conforms to a type, as far as can be told without asking each."""
    if isinstance(vector, (Raw, Between)):
        found = vector.domain.kind if isinstance(vector, Raw) else "number"
        return _is_free(kind) and (_is_kind(found, kind) or resolve(kind) is ANY)
    if isinstance(vector, Record):
        target = resolve(kind)
        if not _is_free(kind):
            return False
        if target is ANY:
            return True
        return isinstance(target, ContextType) and all(
            k in vector.fields and fits(vector.fields[k], t) for k, t in target.entries.items()
        )
    if isinstance(vector, Coded) and vector.values.lasting:
        values = vector.values
        key = ("fits", id(kind))
        seen, held, _ = values.memory.get(key, (0, True, kind))
        if held:
            held = all(kind.accepts(v) for v in values.items[seen:])
        values.memory[key] = (len(values), held, kind)
        return bool(held)
    return _is_free(kind) and resolve(kind) is ANY
