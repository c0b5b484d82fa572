"""The results of rules, as far as they are constants."""

from __future__ import annotations

from typing import Any

from yingshang.decisions.boxed import Boxed, Literal
from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel import operators, syntax
from yingshang.decisions.feel.builtins.conversion import text_of
from yingshang.decisions.regions.shape import constant_of
from yingshang.decisions.table import Table


class NotConstant(Exception):
    """An expression whose value depends on something."""


def value_of(boxed: Boxed) -> Any:
    """The value of a constant expression.

    Raises:
        NotConstant: it reads variables or the time, loops, or is no literal expression.
    """
    if not isinstance(boxed, Literal) or boxed.expression.names:
        raise NotConstant
    try:
        return constant_of(boxed.expression.tree)
    except (ValueError, EvaluationError):
        raise NotConstant from None


def is_no_output(boxed: Boxed) -> bool:
    """Whether a cell is left empty or null."""
    return (
        isinstance(boxed, Literal)
        and isinstance(boxed.expression.tree, syntax.Literal)
        and boxed.expression.tree.value is None
    )


class Results:
    """Which rules of a table have the same result, and which one's ranks first."""

    def __init__(self, table: Table) -> None:
        self._alike: dict[Any, int] = {}
        self._keys: list[Any] = []
        self._ranks: list[tuple[int, ...] | None] = []
        for r, rule in enumerate(table.rules):
            try:
                values = [value_of(o) for o in rule.outputs]
                key: Any = tuple(text_of(v, True) for v in values)
                rank: tuple[int, ...] | None = tuple(
                    next(
                        (n for n, a in enumerate(o.allowed or ()) if operators.meets(v, a) is True),
                        len(o.allowed or ()),
                    )
                    for o, v in zip(table.outputs, values, strict=True)
                )
            except NotConstant:
                # The same text over the same input has the same value.
                key = tuple(o.expression.text if isinstance(o, Literal) else o.id for o in rule.outputs)
                rank = None
            self._keys.append(key)
            self._ranks.append(rank)
            self._alike[key] = self._alike.get(key, 0) | 1 << r

    def alike(self, r: int) -> int:
        """The rules with the result of a rule, itself included."""
        return self._alike[self._keys[r]]

    def before(self, r: int) -> int:
        """The rules that a PRIORITY table prefers to a rule, as far as that is certain."""
        own = self._ranks[r]
        found = 0
        for n, rank in enumerate(self._ranks):
            if own is not None and rank is not None and (rank, n) < (own, r):
                found |= 1 << n
        return found
