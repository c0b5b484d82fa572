"""A decision and all that it requires, laid out once: what to evaluate in which order, tables together where they can be.

A plan gives what :class:`Session` gives; it only knows beforehand what there is to walk. What is neither a table nor
plain logic over values of the model itself is left to the session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yingshang.decisions.boxed import Boxed, Context, Literal, conform
from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel import syntax
from yingshang.decisions.feel.builtins import BUILTINS
from yingshang.decisions.feel.types import Type
from yingshang.decisions.nodes import Decision
from yingshang.decisions.session import Session
from yingshang.decisions.single.blocks import Block, Regions, stopped, type_key
from yingshang.decisions.single.compiled import TOGETHER, regions_of
from yingshang.decisions.table import USES_TO_COMPILE, Input, Table

if TYPE_CHECKING:
    from yingshang.decisions.model import Model

#: Bits of the wide masks of one input, about; tables beyond that make several blocks.
_MOST_BITS = 50_000_000


@dataclass(slots=True)
class _Logic:
    """A decision that is no table, or one that only the session can evaluate.

    Attributes:
        names: its variables; None where only the session can give them.
        gathered: the result, where the decision only puts together what others gave.
    """

    decision: Decision
    names: list[str] | None
    gathered: Callable[[dict[str, Any]], Any] | None = None

    def run(self, values: dict[str, Any], session: Session) -> None:
        decision = self.decision
        if self.gathered is not None:
            values[decision.name] = self.gathered(values)
            return
        if self.names is None or decision.logic is None:
            session.decide(decision)
            return
        try:
            value = decision.logic.evaluate({n: values[n] for n in self.names}, session.run)
        except (EvaluationError, RecursionError) as error:
            raise stopped(error, decision, session) from None
        if decision.type is not None and value is not None:
            value = conform(value, decision.type, decision.name, session.run)
        values[decision.name] = value


class Plan:
    """What evaluating some decisions of a model takes, in order.

    Attributes:
        names: of the decisions asked for.
        decisions: names of all that are evaluated.
    """

    def __init__(self, model: Model, names: Sequence[str]) -> None:
        self.model = model
        self.names = list(names)
        order = ordered(model, names)
        self.decisions = frozenset(d.name for d in order)
        self._inputs = list(dict.fromkeys(n for d in order for n in d.needs if n.kind == "input" and not n.namespace))
        self._hiding = bool(BUILTINS.keys() & {*self.decisions, *(n.name for n in self._inputs)})
        self._steps: list[Block | _Logic] = []
        for level in _levels(order):
            tables = [(d, d.logic, regions_of(d.logic)) for d in level if self._fits(d)]  # type: ignore[arg-type]
            together = {d.name for d, _, _ in tables}
            for members in _split(tables):  # type: ignore[arg-type]
                self._steps.append(Block(members, {key for m in members for key in self._conforming(m[0], m[1])}))
            self._steps += [_Logic(d, _own_names(d), self._gathered(d)) for d in level if d.name not in together]

    def _fits(self, decision: Decision) -> bool:
        """Whether the decision is a table whose inputs and allowed values can be read from the values by name."""
        table = decision.logic
        if not isinstance(table, Table) or not 0 < len(table.rules) <= 2 * TOGETHER:
            return False
        own = {n.name for n in decision.needs if n.kind in ("input", "decision") and not n.namespace}
        for i in table.inputs:
            tree = i.expression.tree
            if not i.expression.names <= own or (isinstance(tree, syntax.Name) and tree.name not in own):
                return False
            if i.allowed is not None and not i.allowed.names <= own | {"?"}:
                return False
            # A built-in function must not be hidden by a variable that the decision does not require.
            if self._hiding and (i.allowed is not None or not isinstance(tree, syntax.Name)):
                return False
        return True

    def _conforming(self, decision: Decision, table: Table) -> set[tuple[str, int]]:
        return {(decision.name, n) for n, i in enumerate(table.inputs) if self._conforms(i)}

    def _conforms(self, i: Input) -> bool:
        """Whether an input is a variable that the session has coerced to its type already."""
        if i.type is None:
            return True
        tree = i.expression.tree
        return isinstance(tree, syntax.Name) and self._is_of(tree.name, i.type)

    def _gathered(self, decision: Decision) -> Callable[[dict[str, Any]], Any] | None:
        """For a list or a context of variables and nothing else: what puts it together."""
        names = _own_names(decision)
        logic = decision.logic
        if names is None or logic is None or logic.type is not None or decision.type is not None:
            return None
        if isinstance(logic, Context):
            entries: dict[str, str] = {}
            for name, kind, boxed in logic.entries:
                source = _variable(boxed)
                # An entry sees those before it.
                source = entries.get(source, source if source in names else "")
                if not name or not source or name in entries or (kind is not None and not self._is_of(source, kind)):
                    return None
                entries[name] = source
            pairs = list(entries.items())
            return lambda values: {name: values[source] for name, source in pairs}
        if isinstance(logic, Literal) and isinstance(logic.expression.tree, syntax.ListOf):
            items = [n.name if isinstance(n, syntax.Name) else "" for n in logic.expression.tree.items]
            if all(item in names for item in items):
                return lambda values: [values[item] for item in items]
        return None

    def _is_of(self, name: str, kind: Type) -> bool:
        """Whether the value of an element has been coerced to a type already."""
        node = self.model.input_data.get(name) or self.model.decisions.get(name)
        return node is not None and node.type is not None and type_key(node.type) == type_key(kind)

    def covers(self, inputs: Mapping[str, Any]) -> bool:
        """Whether no required decision is given as an input."""
        return self.decisions.isdisjoint(inputs)

    def run(self, session: Session) -> list[Any]:
        """Evaluate in a session that has evaluated nothing yet.

        Returns:
            FEEL values in the order of the plan's names.

        Raises:
            EvaluationError: with the decision, where it goes beyond the limits.
        """
        for need in self._inputs:
            session.value(need)
        values = session.values
        for step in self._steps:
            step.run(values, session)
        return [values[name] for name in self.names]


class Plans:
    """The plans of a model, each made when it begins to pay."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._uses: dict[tuple[str, ...], int] = {}
        self._plans: dict[tuple[str, ...], Plan] = {}

    def of(self, names: tuple[str, ...]) -> Plan | None:
        """The plan for some decisions; None for the first few times."""
        plan = self._plans.get(names)
        if plan is None:
            self._uses[names] = self._uses.get(names, 0) + 1
            if self._uses[names] > USES_TO_COMPILE:
                plan = self._plans[names] = Plan(self._model, names)
        return plan


def _variable(logic: Boxed) -> str:
    """The variable that some logic is; empty where it is more than that."""
    if isinstance(logic, Literal) and logic.type is None and isinstance(logic.expression.tree, syntax.Name):
        return logic.expression.tree.name
    return ""


def _own_names(decision: Decision) -> list[str] | None:
    own = all(n.kind in ("input", "decision") and not n.namespace for n in decision.needs)
    return [n.name for n in decision.needs] if own else None


def _split(members: Sequence[tuple[Decision, Table, Regions]]) -> list[list[tuple[Decision, Table, Regions]]]:
    """Blocks of tables, each small enough for its wide masks."""
    blocks: list[list[tuple[Decision, Table, Regions]]] = []
    bits = bins = 0
    for member in members:
        rules = len(member[1].rules)
        widest = max((2 * sum(2 * len(r.intervals) for r in c if r is not None) for c in member[2]), default=0)
        bits, bins = bits + rules, bins + widest
        if not blocks or bits * bins > _MOST_BITS:
            blocks.append([])
            bits, bins = rules, widest
        blocks[-1].append(member)
    return blocks


def _levels(order: Sequence[Decision]) -> list[list[Decision]]:
    """The decisions by the length of the longest chain below them, lowest first."""
    level_of: dict[str, int] = {}
    levels: list[list[Decision]] = []
    for decision in order:
        below = (level_of[n.name] for n in decision.needs if n.kind == "decision" and not n.namespace)
        level = level_of[decision.name] = max(below, default=-1) + 1
        if level == len(levels):
            levels.append([])
        levels[level].append(decision)
    return levels


def ordered(model: Model, names: Sequence[str], given: Iterable[str] = ()) -> list[Decision]:
    """The decisions of the model itself that ``names`` require, each behind what it requires.

    Args:
        given: names of required decisions to leave out, with what only they require.
    """
    order: dict[str, Decision] = {}
    seen = set(given)
    for start in names:
        path = [] if start in order else [(start, iter(model.decisions[start].needs))]
        seen.add(start)
        while path:
            name, needs = path[-1]
            need = next((n for n in needs if n.kind == "decision" and not n.namespace and n.name not in seen), None)
            if need is None:
                order[name] = model.decisions[name]
                path.pop()
            else:
                seen.add(need.name)
                path.append((need.name, iter(model.decisions[need.name].needs)))
    return list(order.values())
