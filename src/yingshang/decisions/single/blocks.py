"""Tables that are evaluated together: each input is binned once, and one AND of wide masks serves them all."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from yingshang.decisions.boxed import conform
from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel import Expression, syntax
from yingshang.decisions.feel.types import Mismatch, Simple, Type, coerce
from yingshang.decisions.nodes import Decision
from yingshang.decisions.regions import Region, region_of
from yingshang.decisions.run import Run
from yingshang.decisions.session import Session
from yingshang.decisions.single.bins import Bins
from yingshang.decisions.single.compiled import Outcomes, numbered
from yingshang.decisions.table import Input, Table
from yingshang.decisions.trace import Note

#: Results by mask that one table keeps.
_KEPT = 10_000
_UNKNOWN = object()
_WORDS = ((8, "B"), (16, "H"), (32, "I"), (64, "Q"))

Regions = Sequence[Sequence[Region | None]]


class Slot:
    """An input of tables: its expression, its type and its allowed values, and the bins of all cells that read it.

    Attributes:
        name: of the variable that the expression is; empty where it is more than that.
        type: to coerce to; None where the value conforms already.
        owner: the first decision that reads it.
    """

    __slots__ = ("_asked", "_permitted", "bins", "expression", "name", "owner", "type")

    def __init__(self, i: Input, conforms: bool, cells: Iterable[Region], owner: Decision) -> None:
        self.owner = owner
        self.expression: Expression = i.expression
        tree = i.expression.tree
        self.name = tree.name if isinstance(tree, syntax.Name) else ""
        self.type = None if conforms else i.type
        region = None if i.allowed is None else region_of(i.allowed, i.type)
        self.bins = Bins([*cells, *([region] if region else [])])
        #: By bin, whether its values are allowed; where that is not decided by bins, the tests to ask.
        self._permitted = None if region is None else self.bins.masks([(1, region)], 1)
        self._asked = None if region is not None else i.allowed

    def fill(self, values: dict[str, Any], run: Run) -> tuple[Any, int]:
        """The input's value and its bin; the bin -1 says that the table itself has to be asked."""
        value = values[self.name] if self.name else self.expression.execute(values, None, run.budget)
        if value is None:
            return None, 0
        kind = self.type
        if kind is not None and not kind.holds(value):
            try:
                value = coerce(value, kind)
            except Mismatch:
                return None, -1
        at = self.bins.index(value)
        if self._permitted is not None:
            return value, at if at >= 0 and self._permitted[at] else -1
        if self._asked is not None and self._asked.execute(values, value, run.budget) is not True:
            return value, -1
        return value, at


@dataclass(slots=True)
class _Row:
    """One table of a block.

    Attributes:
        slots: of its inputs.
        first: whether the lowest bit of a mask is all that counts.
        kept: results by mask that come without notes; ``noted`` has the others.
    """

    decision: Decision
    table: Table
    outcomes: Outcomes
    slots: list[int]
    first: bool
    kept: dict[int, Any] = field(default_factory=dict)
    noted: dict[int, tuple[Any, tuple[Note, ...]]] = field(default_factory=dict)

    def run(self, mask: int, given: Sequence[Any], odd: set[int], values: dict[str, Any], session: Session) -> None:
        """Evaluate where some inputs are lists, or values of the wrong type or beyond those allowed.

        The session says what that means for the tables that read them.
        """
        if odd.isdisjoint(self.slots):
            values[self.decision.name] = self.settled(mask & -mask if self.first else mask, given, session)
        else:
            session.decide(self.decision)

    def settled(self, mask: int, given: Sequence[Any], session: Session) -> Any:
        """The decision's value for the rules in a mask; kept where it is the same each time."""
        run, outcomes = session.run, self.outcomes
        if not outcomes.constant or mask & outcomes.moved:
            scope = session.scope(self.decision.needs)
            return self._typed(outcomes.settle(mask, [given[s] for s in self.slots], scope, run), run)
        found = self.noted.get(mask)
        if found is None:
            inner = Run()
            value = self._typed(self.table.result(outcomes.rules(mask), {}, inner), inner)
            found = value, tuple(inner.notes)
            if len(self.kept) + len(self.noted) < _KEPT:
                if inner.notes:
                    self.noted[mask] = found
                else:
                    self.kept[mask] = value
        run.notes.extend(found[1])
        return found[0]

    def _typed(self, value: Any, run: Run) -> Any:
        for kind, name in ((self.table.type, self.table.id), (self.decision.type, self.decision.name)):
            if kind is not None and value is not None:
                value = conform(value, kind, name, run)
        return value


class Block:
    """Tables whose inputs are known at the same time.

    Args:
        members: decisions that are tables, with the regions of their cells.
        conforming: inputs, by decision and column, whose value has the input's type already.
    """

    def __init__(self, members: Sequence[tuple[Decision, Table, Regions]], conforming: set[tuple[str, int]]) -> None:
        groups: dict[Any, list[tuple[int, int]]] = {}
        for n, (_, table, _) in enumerate(members):
            for column, i in enumerate(table.inputs):
                groups.setdefault(_key(i), []).append((n, column))
        slot_of: dict[tuple[int, int], int] = {}
        self._slots: list[tuple[Slot, list[int]]] = []
        layout = _Layout([len(table.rules) for _, table, _ in members])
        for shared in groups.values():
            n, column = shared[0]
            decision, table, _ = members[n]
            columns = [(n, members[n][2][c]) for n, c in shared]
            conforms = (decision.name, column) in conforming
            slot = Slot(
                table.inputs[column], conforms, [r for _, cells in columns for r in cells if r is not None], decision
            )
            slot_of.update((member, len(self._slots)) for member in shared)
            self._slots.append((slot, layout.masks(slot.bins, columns)))
        self._layout = layout
        self._rows = []
        for n, (decision, table, regions) in enumerate(members):
            outcomes = Outcomes(table, regions)
            slots = [slot_of[n, c] for c in range(len(table.inputs))]
            self._rows.append(_Row(decision, table, outcomes, slots, outcomes.first and not outcomes.moved))
        self._walk = [(row.decision.name, row.first, row.kept, row) for row in self._rows]

    def run(self, values: dict[str, Any], session: Session) -> None:
        """Evaluate all tables into ``values``.

        Raises:
            EvaluationError: with the decision, where it goes beyond the limits.
        """
        run = session.run
        mask = self._layout.all
        given = []
        odd: set[int] = set()
        decision = self._rows[0].decision
        try:
            for n, (slot, masks) in enumerate(self._slots):
                decision = slot.owner
                value, at = slot.fill(values, run)
                given.append(value)
                if at >= 0:
                    mask &= masks[at]
                else:
                    odd.add(n)
            words = self._layout.words(mask)
            if odd:
                for row, word in zip(self._rows, words, strict=True):
                    decision = row.decision
                    row.run(word, given, odd, values, session)
                return
            for (name, first, kept, row), word in zip(self._walk, words, strict=True):
                if first:
                    word &= -word
                value = kept.get(word, _UNKNOWN)
                if value is _UNKNOWN:
                    decision = row.decision
                    value = row.settled(word, given, session)
                values[name] = value
        except (EvaluationError, RecursionError) as error:
            raise stopped(error, decision, session) from None


def stopped(error: EvaluationError | RecursionError, decision: Decision, session: Session) -> EvaluationError:
    """The error, saying where it was."""
    if isinstance(error, EvaluationError) and error.element:
        return error
    message = error.message if isinstance(error, EvaluationError) else "the evaluation is nested too deeply"
    return EvaluationError(message, file=session.model.file, element=decision.id or decision.name)


class _Layout:
    """Where each table's rules stand in the wide masks of a block: in words of a byte or more."""

    def __init__(self, counts: Sequence[int]) -> None:
        self._format = struct.Struct("<" + "".join(_word(c) for c in counts))
        self._wide = any(c > 64 for c in counts)
        self._at: list[int] = []
        at = 0
        for count in counts:
            self._at.append(8 * at)
            at += struct.calcsize("<" + _word(count))
        self.all = sum(((1 << c) - 1) << at for c, at in zip(counts, self._at, strict=True))

    def masks(self, bins: Bins, columns: Iterable[tuple[int, Sequence[Region | None]]]) -> list[int]:
        """By bin, the wide mask of the rules that it leaves possible; tables that do not read the input keep all theirs.

        Args:
            columns: number of a table, and its cells of the input.
        """
        # A table may read the same input twice.
        passes: list[dict[int, Sequence[Region | None]]] = []
        for n, cells in columns:
            free = next((p for p in passes if n not in p), None)
            if free is None:
                passes.append(free := {})
            free[n] = cells
        by_bin = [self.all] * bins.count
        for members in passes:
            regions = [r for n, cells in members.items() for r in numbered(cells, self._at[n])]
            by_bin = [a & b for a, b in zip(by_bin, bins.masks(regions, self.all), strict=True)]
        return by_bin

    def words(self, mask: int) -> Sequence[int]:
        """A wide mask as one mask a table."""
        words = self._format.unpack(mask.to_bytes(self._format.size, "little"))
        if self._wide:
            return [int.from_bytes(w, "little") if type(w) is bytes else w for w in words]
        return words


def _word(count: int) -> str:
    return next((code for most, code in _WORDS if count <= most), f"{(count + 7) // 8}s")


def _key(i: Input) -> Any:
    allowed = None if i.allowed is None else (i.allowed.text, i.allowed.names)
    return i.expression.text, i.expression.names, type_key(i.type), allowed


def type_key(kind: Type | None) -> Any:
    """Equal for types that are the same."""
    return kind if kind is None or isinstance(kind, Simple) else id(kind)
