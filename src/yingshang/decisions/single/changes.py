"""The smallest change of a value, or of a fact behind it, that meets a condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from typing import Any

from yingshang.decisions.feel import syntax
from yingshang.decisions.feel.types import Mismatch, Type, coerce
from yingshang.decisions.nodes import Decision
from yingshang.decisions.regions import Interval, Region, intersect, region_of
from yingshang.decisions.regions.axes import axis_of
from yingshang.decisions.single.facts import Facts
from yingshang.decisions.single.ratios import NoRatio, Target, targets
from yingshang.decisions.table import Input
from yingshang.decisions.temporal import Date, DaysDuration, MonthsDuration
from yingshang.decisions.values import DECIMAL, kind_of

#: Decimals that a fact's target has where it cannot be told exactly; it is rounded to the side that meets the condition.
_PLACES = 6
#: Kinds whose differences people can make something of.
_MEASURED = ("number", "date", "days and time duration", "years and months duration")


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one value.

    Attributes:
        name: of the input of the table, by its label, or of the fact.
        value: what it is.
        target: what it has to come to, in FEEL values.
        beyond: the target itself is not enough, only what lies past it.
        by: the difference, never negative: a number; whole days between dates, as a number; else a duration.
        up: the target is above the value.
    """

    name: str
    value: Any
    target: Any
    beyond: bool
    by: Any
    up: bool

    @property
    def size(self) -> Decimal:
        """How large the change is beside the value, from 0 to 1; days count by the year."""
        if isinstance(self.by, Decimal):
            whole = Decimal(365) if isinstance(self.value, Date) else max(abs(self.value), abs(self.target))
            return _share(self.by, whole)
        if isinstance(self.by, DaysDuration):
            return _share(Decimal(self.by.nanos), Decimal(max(abs(self.value.nanos), abs(self.target.nanos))))
        return _share(Decimal(self.by.months), Decimal(max(abs(self.value.months), abs(self.target.months))))


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return min(Decimal(1), DECIMAL.divide(part, whole)) if whole else Decimal(0)


def nearest(name: str, value: Any, region: Region, i: Input) -> Change | None:
    """The change of an input's value to the nearest one in a region that its type and its allowed values permit."""
    kind = kind_of(value)
    if region.kind != kind or kind not in _MEASURED:
        return None
    found = [c for c in _ends(name, value, _within(region, i).intervals, kind) if _permitted(c, i)]
    return min(found, key=lambda c: (_measure(c.by), c.beyond), default=None)


def _within(region: Region, i: Input) -> Region:
    """The part of a region that the input's allowed values leave, as far as those are intervals."""
    allowed = None if i.allowed is None else region_of(i.allowed, i.type)
    if allowed is None or allowed.kind not in (region.kind, "any") or allowed.zoned != region.zoned:
        return region
    return intersect(region, allowed)


def _ends(name: str, value: Any, intervals: Sequence[Interval], kind: str) -> Iterator[Change]:
    axis = axis_of(kind, False)
    key = axis.key(value)
    for i in intervals:
        for end, inside, up in ((i.low, i.low_in, True), (i.high, i.high_in, False)):
            if end is None or (axis.key(end) < key if up else axis.key(end) > key):
                continue
            if not inside and kind != "number":
                # What moves in whole days or months has a next one.
                end = axis.value((axis.after if up else axis.before)(axis.key(end)), False)
                inside = True
            yield Change(name, value, end, not inside, _between(value, end), up)


def _between(a: Any, b: Any) -> Any:
    match a:
        case Decimal():
            return abs(DECIMAL.subtract(a, b))
        case Date():
            return Decimal(abs(a.ordinal - b.ordinal))
        case DaysDuration():
            return DaysDuration(abs(a.nanos - b.nanos))
    return MonthsDuration(abs(a.months - b.months))


def _measure(by: Any) -> Any:
    return by.nanos if isinstance(by, DaysDuration) else by.months if isinstance(by, MonthsDuration) else by


def _permitted(change: Change, i: Input) -> bool:
    """Whether the type and the allowed values of an input have the target, or where it is beyond, something past it."""
    value = _past(change)
    if i.type is not None and not i.type.holds(value):
        return False
    return i.allowed is None or not i.allowed.names <= {"?"} or i.allowed.execute({}, value) is True


def _past(change: Change) -> Any:
    """A value that meets the condition: the target, or one just past it."""
    if not change.beyond:
        return change.target
    return DECIMAL.next_plus(change.target) if change.up else DECIMAL.next_minus(change.target)


# --- facts ------------------------------------------------------------------------------------------------------------


def of_facts(i: Input, region: Region, decision: Decision, facts: Facts) -> list[Change]:
    """For each number that an input is reckoned from, the smallest change of it alone that leads into the region.

    Exact for what is a ratio of linear functions of the fact, and checked by the engine; other facts are left out, and
    so are those that no change of them alone helps.
    """
    if region.kind != "number" or (isinstance(i.expression.tree, syntax.Name) and not _is_reckoned(i, decision, facts)):
        return []
    found = []
    for name in sorted(facts.below(i.expression.tree, decision)):
        change = _of_fact(name, i, region, decision, facts)
        if change is not None:
            found.append(change)
    return sorted(found, key=lambda c: c.size)


def _is_reckoned(i: Input, decision: Decision, facts: Facts) -> bool:
    """Whether an input that is a variable is a decision over facts, and no fact itself."""
    tree = i.expression.tree
    return isinstance(tree, syntax.Name) and facts.below(tree, decision) != {tree.name}


def _of_fact(name: str, i: Input, region: Region, decision: Decision, facts: Facts) -> Change | None:
    value = facts.values.get(name)
    if type(value) is not Decimal:
        return None
    try:
        ratio = facts.ratio(i.expression.tree, decision, name)
    except NoRatio:
        return None
    kind = facts.model.input_data[name].type
    for target in targets(ratio, region.intervals, Fraction(value)):
        change = _change(name, value, target)
        if change is not None and _holds(change, i, region, decision, facts, kind):
            return change
    return None


def _change(name: str, value: Decimal, target: Target) -> Change | None:
    exact = _decimal(target.at)
    if exact is None:
        step = Decimal(1).scaleb(-_PLACES)
        scaled = target.at * 10**_PLACES
        whole = -(-scaled.numerator // scaled.denominator) if target.up else scaled.numerator // scaled.denominator
        exact = DECIMAL.multiply(Decimal(whole), step)
        target = target._replace(beyond=False)
    return Change(name, value, exact, target.beyond, abs(DECIMAL.subtract(exact, value)), target.up)


def _decimal(number: Fraction) -> Decimal | None:
    """A fraction as a number of 34 digits, where that is exact."""
    exactly = Context(prec=34, traps=[Inexact])
    try:
        return exactly.divide(Decimal(number.numerator), Decimal(number.denominator))
    except Inexact:
        return None


def _holds(change: Change, i: Input, region: Region, decision: Decision, facts: Facts, kind: Type | None) -> bool:
    """Whether the engine, too, finds the condition met with the change."""
    value = _past(change)
    if change.beyond:
        # A step that the expression's own rounding does not swallow.
        step = max(abs(change.target), Decimal(1)).scaleb(-12)
        value = DECIMAL.add(change.target, step if change.up else -step)
    if kind is not None and not kind.holds(value):
        return False
    reached = facts.value(i.expression, decision, {change.name: value})
    try:
        reached = reached if i.type is None else coerce(reached, i.type)
    except Mismatch:
        return False
    if i.allowed is not None and i.allowed.execute(facts.values, reached) is not True:
        return False
    return region.contains(reached)
