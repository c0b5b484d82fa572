"""From a cell to its region: ask the scalar engine at every constant, and once between each two."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from yingshang.decisions.feel import Expression, syntax
from yingshang.decisions.feel.syntax import Node
from yingshang.decisions.feel.types import Simple, Type, resolve
from yingshang.decisions.regions.axes import AXES, HIGHEST, LOWEST, Cut, Span, axis_of, is_zoned
from yingshang.decisions.regions.region import EVERYTHING, Region, of_spans
from yingshang.decisions.regions.shape import Shape, shape_of
from yingshang.decisions.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time
from yingshang.decisions.values import kind_of


def region_of(cell: Expression, type: Type | None) -> Region | None:
    """What a cell accepts of an input of this type; None where that is no fixed set of intervals.

    Args:
        cell: unary tests, compiled.
        type: of the input; None for an input without one.

    Returns:
        None for a cell that reads variables or the time, or asks the input for more than its place in an order; for an
        untyped cell over several kinds; for times with and without a zone in one cell; for lists and contexts.
    """
    if not cell.names <= {"?"}:
        return None
    # A cell without variables means the same wherever it stands, so cells of one text share their region.
    return _region_of(_Cell(cell), kind_of_type(type))


def points_of(cell: Expression) -> list[Any] | None:
    """The constants at which a cell can change its mind; None where it has to be asked about each value."""
    if not cell.names <= {"?"}:
        return None
    shape = _shape_of(_Cell(cell))
    return None if shape is None else shape.points


class _Cell:
    """A cell that is equal to another by its text; one that may name a type of its model, to none but itself."""

    __slots__ = ("_key", "expression")

    def __init__(self, expression: Expression) -> None:
        self.expression = expression
        text = expression.text
        self._key: Any = (text, id(expression)) if "instance" in text else text

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Cell) and other._key == self._key


def kind_of_type(type: Type | None) -> str:
    """The kind of an axis, ``any`` where the type leaves the kind open, empty for lists, contexts and the like."""
    if type is None:
        return "any"
    target = resolve(type)
    if isinstance(target, Simple):
        return target.name if target.name in AXES else ""
    return "any" if str(target) == "Any" else ""


@lru_cache(maxsize=65_536)
def _shape_of(cell: _Cell) -> Shape | None:
    return shape_of(cell.expression.tree)


@lru_cache(maxsize=65_536)
def _region_of(cell: _Cell, kind: str) -> Region | None:
    expression = cell.expression
    shape = _shape_of(cell)
    if shape is None:
        return None
    typed = kind != "any"
    if not typed:
        kinds = {kind_of(v) for v in shape.points}
        if shape.by_kind or len(kinds) > 1 or not kinds <= AXES.keys():
            return None
        kind = kinds.pop() if kinds else "any"
    if kind in ("", "any"):
        return None if shape.by_kind or shape.points else _alike(expression)
    points = [v for v in shape.points if kind_of(v) == kind]
    if kind == "boolean":
        points = [False, True]
    zones = {is_zoned(v) is True for v in points} or {False}
    if len(zones) > 1:
        return None
    zoned = zones == {True}
    others = {expression.execute({}, v) is True for v in _strangers(kind, zoned, typed)}
    if len(others) > 1:
        return None
    return _sampled(expression, kind, points, others == {True}, zoned)


def _alike(cell: Expression) -> Region:
    """The region of a cell that has nothing to tell values apart by, but for null."""
    accepts = cell.execute({}, Decimal(1)) is True
    return Region("any", (EVERYTHING,) if accepts else (), cell.execute({}), accepts)


def _sampled(cell: Expression, kind: str, points: Iterable[Any], other: bool, zoned: bool) -> Region:
    """Ask the cell at every point and between each two."""
    axis = axis_of(kind, zoned)
    values = {axis.key(v): v for v in points}
    if _is_list(cell.tree):
        spans = [((0, key, 0), (0, key, 1)) for key in sorted(values)]
        return of_spans(kind, spans, values, cell.execute({}), other, zoned)
    accepted: list[Span] = []

    def ask(low: Cut, high: Cut) -> None:
        if not axis.is_void(low, high) and cell.execute({}, axis.inside(low, high, zoned)) is True:
            accepted.append((low, high))

    previous: Cut = LOWEST
    for key in sorted(values):
        ask(previous, (0, key, 0))
        if cell.execute({}, values[key]) is True:
            accepted.append(((0, key, 0), (0, key, 1)))
        previous = (0, key, 1)
    ask(previous, HIGHEST)
    return of_spans(kind, accepted, values, cell.execute({}), other, zoned)


def _is_list(tree: Node) -> bool:
    """Whether a cell lists constants and nothing else: it is true at each of them, and nowhere between."""
    return isinstance(tree, syntax.Tests) and not tree.negated and all(
        isinstance(t, syntax.Literal) and t.value is not None and type(t.value) is not bool for t in tree.tests
    ) and bool(tree.tests)  # fmt: skip


_STRANGERS: dict[str, Any] = {
    "number": Decimal("-7.25"),
    "string": "\ue000",
    "boolean": False,
    "date": Date(1912, 2, 29),
    "days and time duration": DaysDuration(7),
    "years and months duration": MonthsDuration(7),
}


def _strangers(kind: str, zoned: bool, typed: bool) -> list[Any]:
    """Values that the constants of a cell cannot be compared with."""
    found = [] if typed else [v for k, v in _STRANGERS.items() if k != kind]
    clock = Time(1, None if zoned else 0)
    if kind == "time" or not typed:
        found.append(clock)
    if kind == "date and time" or not typed:
        found.append(DateTime(Date(1912, 2, 29), clock))
    return found


def forget() -> None:
    """Forget what is known of cells, as a process that has just begun."""
    _shape_of.cache_clear()
    _region_of.cache_clear()
