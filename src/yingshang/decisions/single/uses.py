"""What missing facts are asked in one evaluation: at which values an answer can change, given all that is known.

A fact that is only compared with constants has finitely many kinds of values, one between each two constants. A fact
that goes into arithmetic with others, into functions or into the result itself is *open*: trying values can show that it
matters, but never that it does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from yingshang.decisions.boxed import Boxed, Conditional, Literal, conform
from yingshang.decisions.feel import Expression, syntax
from yingshang.decisions.feel.types import BUILT_IN, Simple, resolve
from yingshang.decisions.nodes import Decision, Need
from yingshang.decisions.regions.shape import shape_of
from yingshang.decisions.run import Run, Scope
from yingshang.decisions.session import Session
from yingshang.decisions.single.certainty import Certainty
from yingshang.decisions.single.domains import anything, constants_of
from yingshang.decisions.single.facts import Facts
from yingshang.decisions.single.plan import ordered
from yingshang.decisions.single.ratios import NoRatio, Ratio
from yingshang.decisions.single.rewriting import fixed, replaced
from yingshang.decisions.single.views import Column, View
from yingshang.decisions.table import Input, Rule, Table
from yingshang.decisions.values import DECIMAL

_CONDITIONS = ("<", "<=", ">", ">=", "=", "!=")
_UNDER_TEST = syntax.Name("?")


@dataclass(slots=True)
class Uses:
    """How the missing facts are used, by name of the fact.

    Attributes:
        points: values at which what is asked of a fact can change.
        columns: inputs of tables that depend on the fact alone.
        views: tables by the decision whose logic they are.
        plain: facts that are compared outside of tables.
        open: facts used in other ways, too.
        allowed: what inputs of tables that are the fact itself allow.
    """

    points: dict[str, list[Any]] = field(default_factory=dict)
    columns: dict[str, list[Column]] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    allowed: dict[str, list[Expression]] = field(default_factory=dict)

    @property
    def facts(self) -> list[str]:
        """All that are asked, in no particular order but always the same."""
        return sorted({*self.columns, *self.plain, *self.open})


class Asking(Certainty):
    """Follows the logic of decisions down to the missing facts, leaving out what the known ones make pointless.

    Attributes:
        uses: what has been found.
    """

    def __init__(self, session: Session, missing: Iterable[str], certain: Mapping[str, Any]) -> None:
        super().__init__(session, missing, certain)
        self.uses = Uses()
        self._below: list[Decision] = []

    def follow(self, decision: Decision) -> Uses:
        """Find what the decision asks."""
        # From below, so that nothing goes deep, and known values are there when they are needed.
        for each in ordered(self.model, [decision.name], {*self.certain, *self.session.inputs}):
            self.scope(each)
        self.facts = Facts(self.session, self.certain)
        self._below = [decision]
        done: set[str] = set()
        while self._below:
            at = self._below.pop()
            if at.name not in done:
                done.add(at.name)
                self._boxed(at.logic, at)
        return self.uses

    # --- logic --------------------------------------------------------------------------------------------------------

    def _boxed(self, logic: Boxed | None, decision: Decision) -> None:
        match logic:
            case None:
                pass
            case Literal():
                tree = logic.expression.tree
                for fact in {n.name for n in self.unknown(tree, decision).values() if n.kind == "input"}:
                    self.uses.points.setdefault(fact, []).extend(_texts(tree))
                self._walk(tree, decision)
            case Table():
                self._table(logic, decision)
            case Conditional(condition=Literal() as condition):
                if self.unknown(condition.expression.tree, decision):
                    for part in (condition, logic.then, logic.otherwise):
                        self._boxed(part, decision)
                else:
                    holds = condition.evaluate(self.scope(decision), Run()) is True
                    self._boxed(logic.then if holds else logic.otherwise, decision)
            case _:
                for need in decision.needs:
                    if self.is_blind(need):
                        self._opened(need)

    def _walk(self, tree: syntax.Node, decision: Decision) -> None:
        unknown = self.unknown(tree, decision)
        if not unknown:
            return
        match tree:
            case syntax.If(condition, then, otherwise) if not self.unknown(condition, decision):
                self._walk(then if self.value(condition, decision) is True else otherwise, decision)
                return
            case syntax.Logic(op, operands):
                known = [o for o in operands if not self.unknown(o, decision)]
                if any(self.value(o, decision) is (op == "or") for o in known):
                    return
        if len(unknown) == 1 and self._is_condition(tree, next(iter(unknown.values())), decision):
            return
        if isinstance(tree, syntax.Compare) and self._is_ratio(tree, decision):
            return
        if isinstance(tree, syntax.Name):
            self._opened(unknown[tree.name])
            return
        for child in syntax.children(tree):
            self._walk(child, decision)

    def _opened(self, need: Need) -> None:
        """A variable is used in a way that nothing is known of."""
        if need.namespace:
            self.uses.open.update(self.missing_behind(need))
        elif need.kind == "decision":
            self._below.append(self.model.decisions[need.name])
        elif self.is_condition(need.name):
            self.uses.plain.add(need.name)
        else:
            self.uses.open.add(need.name)

    def is_condition(self, fact: str) -> bool:
        """Whether a fact is true or false, so that all its values can be tried."""
        kind = self.model.input_data[fact].type
        return kind is not None and resolve(kind) == BUILT_IN["boolean"]

    def _is_condition(self, tree: syntax.Node, need: Need, decision: Decision) -> bool:
        """Whether a tree compares one missing fact with constants and no more; then its points are noted."""
        if need.kind != "input" or need.namespace or isinstance(tree, syntax.Name):
            return False
        by: dict[str, syntax.Node] = {n: syntax.Literal(v) for n, v in self.scope(decision).items()}
        shape = shape_of(syntax.Tests([replaced(tree, {**by, need.name: _UNDER_TEST})], False))
        if shape is None or (shape.by_kind and self.model.input_data[need.name].type is None):
            return False
        self.uses.points.setdefault(need.name, []).extend(shape.points)
        self.uses.plain.add(need.name)
        return True

    def _is_ratio(self, tree: syntax.Compare, decision: Decision) -> bool:
        """Whether a number that depends on one missing fact is compared with one that is known."""
        if tree.op not in _CONDITIONS:
            return False
        for side, other in ((tree.left, tree.right), (tree.right, tree.left)):
            if self.unknown(other, decision):
                continue
            bound = self.value(other, decision)
            fact = self._only_fact(side, decision)
            if type(bound) is Decimal and fact is not None and self._crossings(fact, side, [bound], decision):
                self.uses.plain.add(fact)
                return True
        return False

    def _only_fact(self, tree: syntax.Node, decision: Decision) -> str | None:
        """The missing fact that an expression depends on, where that is one and all on the way to it is literal."""
        below = self.facts.below(tree, decision) & self.missing
        if len(below) != 1 or not all(self._is_plain(n) for n in self.unknown(tree, decision).values()):
            return None
        return next(iter(below))

    def _stands_for(self, tree: syntax.Node, fact: str, decision: Decision) -> bool:
        """Whether an expression is the fact and nothing more, perhaps under the names of literal decisions."""
        while isinstance(tree, syntax.Name) and tree.name != fact and tree.name in self.model.decisions:
            decision = self.model.decisions[tree.name]
            if not isinstance(decision.logic, Literal):
                return False
            tree = decision.logic.expression.tree
        return isinstance(tree, syntax.Name) and tree.name == fact

    def _is_plain(self, need: Need) -> bool:
        """Whether it is an input, or a decision that is literal, as all without a certain value below it.

        The decision's type must not cut values off.
        """
        if need.namespace or need.kind == "input":
            return not need.namespace
        decision = self.model.decisions[need.name]
        cuts = decision.type is not None and not isinstance(decision.type, Simple)
        return isinstance(decision.logic, Literal) and not cuts and all(
            self._is_plain(n) for n in decision.needs if self.is_blind(n)
        )  # fmt: skip

    def _crossings(self, fact: str, tree: syntax.Node, bounds: Sequence[Decimal], decision: Decision) -> bool:
        """Note where a number crosses bounds; False where it is no ratio of linear functions of the fact."""
        try:
            ratio = self.facts.ratio(tree, decision, fact)
        except NoRatio:
            return False
        self.uses.points.setdefault(fact, []).extend(crossings(ratio, bounds))
        return True

    # --- tables -------------------------------------------------------------------------------------------------------

    def _table(self, table: Table, decision: Decision) -> None:
        scope = self.scope(decision)
        blind = [bool(self.unknown(i.expression.tree, decision)) for i in table.inputs]
        values = self._known_values(table, blind, scope)
        if values is None:
            return
        rules = self._possible(table, values, blind, decision, scope)
        view = View(decision, table, rules)
        if decision.logic is table:
            self.uses.views[decision.name] = view
        for n, i in enumerate(table.inputs):
            cells = [fixed(rule.conditions[n], scope) for rule in rules]
            asking = [*cells, *([] if i.allowed is None else [i.allowed])]
            for test in asking:
                view.closed &= not self.unknown(test.tree, decision)
                self._walk(test.tree, decision)
            if blind[n] and any(_tests(test) for test in asking):
                column = self._column(i, cells, decision)
                view.closed &= column is not None
                view.columns += [] if column is None else [column]
        outputs = [cell for rule in rules for cell in rule.outputs]
        for logic in [*outputs, *(o.default for o in table.outputs)]:
            self._boxed(logic, decision)

    @staticmethod
    def _known_values(table: Table, blind: Sequence[bool], scope: Scope) -> list[Any] | None:
        """The values of inputs that are certain, null for the others; None where one of them is not allowed."""
        values = []
        for i, is_blind in zip(table.inputs, blind, strict=True):
            value = None if is_blind else i.expression.execute(scope)
            if value is not None and i.type is not None:
                value = conform(value, i.type, i.label, Run())
            if value is not None and i.allowed is not None and i.allowed.execute(scope, value) is not True:
                return None
            values.append(value)
        return values

    def _possible(
        self, table: Table, values: Sequence[Any], blind: Sequence[bool], decision: Decision, scope: Scope
    ) -> list[Rule]:
        """The rules that the known inputs do not rule out; of a FIRST table none behind one that is met for certain."""
        possible = []
        for rule in table.rules:
            certain = True
            for cell, value, is_blind in zip(rule.conditions, values, blind, strict=True):
                if (is_blind and _tests(cell)) or self.unknown(cell.tree, decision):
                    certain = False
                elif not is_blind and cell.execute(scope, value) is not True:
                    break
            else:
                possible.append(rule)
                if certain and table.policy == "FIRST":
                    break
        return possible

    def _column(self, i: Input, cells: Sequence[Expression], decision: Decision) -> Column | None:
        """An input that depends on missing facts; None where nothing is known of what it may come to."""
        tree = i.expression.tree
        fact = self._only_fact(tree, decision)
        cut = constants_of(i.type, [] if i.allowed is None else [i.allowed])
        shapes = [shape_of(cell.tree) if cell.names <= {"?"} else None for cell in cells]
        points = [p for shape in shapes if shape is not None for p in shape.points]
        if fact is not None and cut is not None and all(s is not None for s in shapes):
            direct = self._stands_for(tree, fact, decision)
            if direct:
                self.uses.points.setdefault(fact, []).extend([*points, *cut])
                if i.allowed is not None:
                    self.uses.allowed.setdefault(fact, []).append(i.allowed)
                if i.type is None and any(s is not None and s.by_kind for s in shapes):
                    self.uses.open.add(fact)
            bounds = [p for p in [*points, *cut] if type(p) is Decimal]
            if direct or self._crossings(fact, tree, bounds, decision):
                column = Column(decision, i, cells, fact)
                self.uses.columns.setdefault(fact, []).append(column)
                return column
        self._hint(tree, points, cells, decision)
        self._walk(tree, decision)
        if cut is None or any(shape is None or shape.by_kind for shape in shapes):
            return None
        return Column(decision, i, cells, None, anything(i.type, [*points, *cut]))

    def _hint(self, tree: syntax.Node, points: Sequence[Any], cells: Sequence[Expression], decision: Decision) -> None:
        """Values worth trying for the facts that an input is made of: what its cells mention.

        For facts that meet in one number, also where it crosses bounds while the others are 1.
        """
        mentioned = list(dict.fromkeys(t for cell in cells for t in _texts(cell.tree)))
        bounds = [p for p in points if type(p) is Decimal]
        below = self.facts.below(tree, decision) & self.missing
        for fact in below:
            found = self.uses.points.setdefault(fact, [])
            found += [*points, *mentioned] if isinstance(tree, syntax.Name) else mentioned
            others = {**self.certain, **{other: Decimal(1) for other in below if other != fact}}
            try:
                ratio = Facts(self.session, others).ratio(tree, decision, fact)
            except NoRatio:
                continue
            found += [Decimal(1), *crossings(ratio, bounds)] if bounds else []


def _texts(node: syntax.Node) -> Iterator[str]:
    if isinstance(node, syntax.Literal) and isinstance(node.value, str):
        yield node.value
    for child in syntax.children(node):
        yield from _texts(child)


def crossings(ratio: Ratio, bounds: Iterable[Decimal]) -> list[Decimal]:
    """Where a ratio crosses bounds: exactly, or where no number says that, the nearest ones on both sides."""
    found = []
    for root in {root for bound in bounds for root in ratio.crossings(Fraction(bound))}:
        near = DECIMAL.divide(Decimal(root.numerator), Decimal(root.denominator))
        found.append(near)
        if Fraction(near) != root:
            found += [DECIMAL.next_minus(near), DECIMAL.next_plus(near)]
    return found


def _tests(cell: Expression) -> bool:
    """Whether a cell asks anything."""
    return not isinstance(cell.tree, syntax.Tests) or bool(cell.tree.tests)
