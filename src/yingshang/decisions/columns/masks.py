"""Tables as bit masks: for every input and every value, which rules it does not rule out.

This is the *bit vector* method of packet classification. A mask has one bit a rule, in the order in which the hit policy
looks at rules, and behind them the bit *the table applies*, which only a value outside the allowed ones lacks. The masks
of all inputs ANDed leave the rules that are met; the lowest bit is the one that decides. Nothing here knows of Arrow: the
same masks serve one enterprise.

What a cell says of a value is asked of the scalar engine, never worked out anew.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from yingshang.decisions import feel
from yingshang.decisions.boxed import Boxed, Literal, conform
from yingshang.decisions.feel import Expression, syntax
from yingshang.decisions.feel.types import Constrained, Reference, Simple, Type
from yingshang.decisions.regions import points_of
from yingshang.decisions.regions.shape import shape_of
from yingshang.decisions.run import Run
from yingshang.decisions.table import MULTIPLE_HIT, Table
from yingshang.decisions.values import equal, kind_of, order_key

#: Functions whose value is not the same tomorrow.
_MOVING = ("now", "today")


def is_fixed(expression: Expression) -> bool:
    """Whether an expression reads nothing but the value under test, and always says the same of it."""
    return expression.names <= {"?"} and not any(syntax.mentions(expression.tree, name) for name in _MOVING)


def constant_of(boxed: Boxed) -> tuple[Any] | None:
    """The value of a cell that is a constant, in a tuple; None for any other."""
    if not isinstance(boxed, Literal) or boxed.expression.names or not is_fixed(boxed.expression):
        return None
    return (boxed.evaluate({}, Run()),)


def texts_of(cell: Expression) -> frozenset[str] | None:
    """The texts of a cell that is a list of nothing else: it is true for them alone. None for any other cell."""
    tree = cell.tree
    if not isinstance(tree, syntax.Tests) or tree.negated or not tree.tests:
        return None
    texts = [t.value for t in tree.tests if isinstance(t, syntax.Literal) and type(t.value) is str]
    return frozenset(texts) if len(texts) == len(tree.tests) else None


def type_points(kind: Type | None) -> list[Any] | None:
    """The constants at which coercion to a type can change its mind; None where only asking helps."""
    points: list[Any] = []
    while isinstance(kind, (Constrained, Reference)):
        if isinstance(kind, Reference):
            kind = kind.target
            continue
        if kind.allows is not None:
            shape = shape_of(feel.compile(kind.text, unary=True).tree) if kind.text else None
            if shape is None:
                return None
            points += shape.points
        kind = kind.base
    return points if kind is None or isinstance(kind, Simple) or str(kind) == "Any" else None


class Ladder:
    """Sorted constants, kind by kind, and the step of any value among them.

    Values on one step fare alike in every cell whose constants are on the ladder.
    """

    def __init__(self, points: Iterable[Any]) -> None:
        found: dict[str, set[Any]] = {}
        for point in points:
            key = order_key(point)
            if key is not None:
                found.setdefault(kind_of(point), set()).add(key)
        self._keys = {kind: sorted(keys) for kind, keys in found.items()}

    def keys(self, kind: str) -> list[Any]:
        """What the constants of a kind are ordered by, sorted."""
        return self._keys.get(kind, [])

    def step(self, value: Any) -> Any:
        """What is equal for two values that no cell tells apart."""
        kind = kind_of(value)
        if kind in ("list", "context", "range", "function", "boolean", "Null"):
            return (kind, repr(value))
        key = order_key(value)
        keys = self._keys.get(kind)
        # Times with and without a zone are never compared with each other.
        zoned = kind in ("time", "date and time") and value.offset is not None
        if not keys or key is None:
            return (kind, zoned)
        at = bisect_left(keys, key)
        return (kind, zoned, at, at < len(keys) and keys[at] == key)


@dataclass(slots=True)
class Policy:
    """How a table's result follows from the rules met.

    Attributes:
        order: for every bit the index of its rule.
        agreeing: for every bit the bits that may be set beside it; None where the whole set of rules met matters.
    """

    order: list[int]
    agreeing: list[int] | None


class TableMasks:
    """A table's cells as masks.

    Attributes:
        rules: how many; also the place of the bit "the table applies" and the code for "no rule is met".
        constant: whether all results are constants.
        cells: conditions that constants tell, by input: pairs of bit and condition.
        loose: the others, which read variables or ask more of a value than its place: triples of input, bit, condition.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.rules = len(table.rules)
        self.constants = [[constant_of(o) for o in r.outputs] for r in table.rules]
        defaults = [constant_of(o.default) for o in table.outputs if o.default is not None]
        self.constant = all(c is not None for row in [*self.constants, defaults] for c in row)
        self.policy = self._policy()
        self.cells: list[list[tuple[int, Expression]]] = [[] for _ in table.inputs]
        self.loose: list[tuple[int, int, Expression]] = []
        self._texts: dict[str, frozenset[str] | None] = {}
        for bit, index in enumerate(self.policy.order):
            for position, condition in enumerate(table.rules[index].conditions):
                if points_of(condition) is not None:
                    self.cells[position].append((bit, condition))
                    self._texts[condition.text] = texts_of(condition)
                else:
                    self.loose.append((position, bit, condition))

    @property
    def none(self) -> int:
        return self.rules

    @property
    def full(self) -> int:
        """The mask that rules nothing out."""
        return (1 << (self.rules + 1)) - 1

    @property
    def words(self) -> int:
        return self.rules // 64 + 1

    @property
    def told(self) -> str:
        """Why masks cannot tell the table; empty where they can."""
        if not self.table.inputs:
            return "it has no inputs"
        if not self.constant and self.table.policy not in ("UNIQUE", "FIRST"):
            return f"its results are no constants, and {self.table.policy} looks at them"
        for i in self.table.inputs:
            if type_points(i.type) is None or (i.allowed is not None and points_of(i.allowed) is None):
                return f"the values that {i.label} may have are no simple constants"
        return ""

    def points(self, position: int) -> list[Any]:
        """The constants that an input is compared with."""
        given = self.table.inputs[position]
        found = list(type_points(given.type) or ())
        if given.allowed is not None:
            found += points_of(given.allowed) or ()
        for _, cell in self.cells[position]:
            found += points_of(cell) or ()
        return found

    def mask(self, position: int, value: Any, verdicts: dict[tuple[int, str], bool] | None = None) -> int:
        """The mask of a value of an input.

        Args:
            value: what the input's expression gave, not yet coerced.
            verdicts: verdicts by text of the cell, kept by the caller for the same value and type.
        """
        given = self.table.inputs[position]
        run = Run()
        if value is not None:
            if given.type is not None:
                value = conform(value, given.type, given.label, run, "input_type")
            if given.allowed is not None and value is not None and given.allowed.execute({}, value) is not True:
                return 0
        mask = self.full
        known = {} if verdicts is None else verdicts
        for bit, condition in self.cells[position]:
            key = (id(given.type), condition.text)
            verdict = known.get(key)
            if verdict is None:
                texts = self._texts[condition.text]
                met = condition.execute({}, value) is True if texts is None else type(value) is str and value in texts
                verdict = known[key] = met
            if not verdict:
                mask &= ~(1 << bit)
        return mask

    def met(self, mask: int) -> list[Any]:
        """The rules of a mask, in the order of the table."""
        found = [index for bit, index in enumerate(self.policy.order) if mask >> bit & 1]
        return [self.table.rules[index] for index in sorted(found)]

    def outcome(self, code: int) -> Any:
        """The value of a code of a table with constant results: a rule's place, none, or null."""
        if code > self.none:
            return None
        met = [] if code == self.none else [self.table.rules[self.policy.order[code]]]
        return self.table.outcome(met, {}, Run())[0]

    def outcome_of(self, mask: int) -> Any:
        """The value of a set of rules of a table with constant results."""
        if not mask >> self.none & 1:
            return None
        return self.table.outcome(self.met(mask), {}, Run())[0]

    def _policy(self) -> Policy:
        table, count = self.table, self.rules
        every = (1 << (count + 1)) - 1
        applies = 1 << count
        order = list(range(count))
        if table.policy == "UNIQUE":
            return Policy(order, [1 << bit | applies for bit in order] + [applies])
        if table.policy == "FIRST":
            return Policy(order, [every] * (count + 1))
        if table.policy in MULTIPLE_HIT or not self.constant:
            return Policy(order, None)
        values = [[conform_to(o.type, c) for o, c in zip(table.outputs, row, strict=True)] for row in self.constants]
        if table.policy == "ANY":
            # "Agrees" is asked of the first rule met, as the table does.
            alike = [
                sum(1 << b for b in order if b == a or equal(values[a], values[b]) is True) | applies for a in order
            ]
            return Policy(order, [*alike, applies])
        order.sort(key=lambda index: table._rank(values[index]))
        return Policy(order, [every] * (count + 1))


def conform_to(kind: Type | None, constant: tuple[Any] | None) -> Any:
    """A constant as an output's type has it."""
    value = constant[0] if constant else None
    return value if kind is None or value is None else conform(value, kind, "", Run())
