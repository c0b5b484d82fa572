"""A table as numbers: each input's values cut into bins that no cell tells apart, and for each bin the rules it meets.

Sets of rules are Python integers, rule ``n`` (from 0) as bit ``n``: an AND of a thousand rules is one operation. The
cell of a rule is a list of ranges of bins. Where a cell has no region, the rule is taken to accept everything when gaps
are looked for, and nothing when overlaps are, so that what is found is certain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from yingshang.decisions import feel
from yingshang.decisions.errors import ParseError
from yingshang.decisions.feel import Expression
from yingshang.decisions.feel.types import Constrained, Reference, Type
from yingshang.decisions.regions import EVERYTHING, Region, intersect, region_of, sample
from yingshang.decisions.regions.axes import HIGHEST, LOWEST, Cut, axis_of
from yingshang.decisions.regions.cells import kind_of_type
from yingshang.decisions.regions.region import of_spans
from yingshang.decisions.table import Input, Table

BinRange = tuple[int, int]
#: Texts that read well as "any other", tried in this order.
OTHER = "其他"
_OTHER_TEXTS = (OTHER, "—", "x")


@dataclass(slots=True)
class Column:
    """One input of a table.

    Attributes:
        label: of the input.
        bins: a value of each bin; the last one is null's.
        sets: by bin, the rules whose cell accepts it.
        ranges: by rule, the ranges of bins that its cell accepts, sorted.
        unclear: rules whose cell has no region.
        other: the bin whose value reads as "any other", -1 where there is none.
        null_named: whether a cell speaks of null, so that null counts as a value to be covered.
    """

    label: str
    bins: list[Any]
    sets: list[int]
    ranges: list[list[BinRange]]
    unclear: int = 0
    null_named: bool = False
    always: int = 0
    other: int = -1
    _levels: list[list[int]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Bins that have to be covered: without null's, unless a cell names it."""
        return len(self.bins) if self.null_named else len(self.bins) - 1

    def united(self, ranges: Iterable[BinRange]) -> int:
        """The rules that accept any bin of the ranges: two steps a range, by sets of 1, 2, 4, … bins made once."""
        if not self._levels:
            self._levels.append(self.sets)
            width = 1
            while width * 2 <= len(self.sets):
                below = self._levels[-1]
                self._levels.append([below[n] | below[n + width] for n in range(len(below) - width)])
                width *= 2
        found = 0
        for low, high in ranges:
            level = (high - low).bit_length() - 1
            row = self._levels[level]
            found |= row[low] | row[high - (1 << level)]
        return found


def columns_of(table: Table) -> list[Column]:
    """The inputs of a table; inputs of one expression are one column, for their values are never apart."""
    groups: dict[str, list[int]] = {}
    for n, i in enumerate(table.inputs):
        groups.setdefault(i.expression.text.strip(), []).append(n)
    return [_column(table, members) for members in groups.values()]


def domain_of(column: Input) -> Region | None:
    """The values other than null that an input can have by its type and its allowed values; None where that is open."""
    kind = kind_of_type(column.type)
    tests: list[Expression] = [column.allowed] if column.allowed is not None else []
    tests += constraints_of(column.type)
    domain: Region | None = None
    for test in tests:
        found = region_of(test, column.type)
        if found is not None and found.kind == (domain.kind if domain else found.kind):
            domain = found if domain is None else intersect(domain, found)
    if domain is None and kind not in ("", "any"):
        domain = Region(kind, (EVERYTHING,), True)
    return domain


def constraints_of(type: Type | None) -> Iterator[Expression]:
    """The allowed values of a type and of those it is based on."""
    steps = 0
    while isinstance(type, (Constrained, Reference)) and steps < 100:
        steps += 1
        if isinstance(type, Constrained):
            if type.allows is not None and type.text:
                try:
                    yield feel.compile(type.text, unary=True)
                except ParseError:
                    return
            type = type.base
        else:
            type = type.target


def _column(table: Table, members: Sequence[int]) -> Column:
    inputs = [table.inputs[n] for n in members]
    domains = [d for d in map(domain_of, inputs) if d is not None and d.kind != "any"]
    cells: list[Region | None] = []
    for rule in table.rules:
        cell: Region | None = None
        for n, i in zip(members, inputs, strict=True):
            found = region_of(rule.conditions[n], i.type)
            cell = found if cell is None or found is None else _both(cell, found)
            if cell is None:
                break
        # A cell without any constant fits every axis.
        if cell is not None and cell.intervals in ((), (EVERYTHING,)):
            cell = Region("any", cell.intervals, cell.null, bool(cell.intervals))
        cells.append(cell)
    kind, zoned = _kind(cells, domains)
    cells = [None if c is not None and c.kind != "any" and (c.kind, c.zoned) != (kind, zoned) else c for c in cells]
    domain = Region(kind, (EVERYTHING,), True, False, zoned)
    for d in domains:
        if (d.kind, d.zoned) == (kind, zoned):
            domain = intersect(domain, d)
    label = inputs[0].label
    column = _binned(label, cells, domain)
    column.null_named = any(
        c is not None and c.null is True and rule.conditions[n].text.strip() != "-"
        for c, rule in zip(cells, table.rules, strict=True)
        for n in members
    )
    needed = column.count
    column.always = sum(
        1 << r for r, ranges in enumerate(column.ranges)
        if cells[r] is None or sum(min(h, needed) - min(low, needed) for low, h in ranges) == needed
    )  # fmt: skip
    return column


def _both(a: Region, b: Region) -> Region | None:
    try:
        return intersect(a, b)
    except ValueError:
        return None


def _kind(cells: Iterable[Region | None], domains: Sequence[Region]) -> tuple[str, bool]:
    """The axis of a column: that of its cells where they agree, else of its type."""
    axes = {(c.kind, c.zoned) for c in cells if c is not None and c.kind != "any"}
    typed = {d.kind for d in domains}
    fitting = sorted(a for a in axes if not typed or a[0] in typed)
    return fitting[0] if fitting else (min(typed, default="any"), False)


def _binned(label: str, cells: Sequence[Region | None], domain: Region) -> Column:
    if domain.kind == "any":
        return _anything(label, cells)
    axis = axis_of(domain.kind, domain.zoned)
    spans_of: dict[tuple[Any, ...], list[tuple[Cut, Cut]]] = {}
    values: dict[Any, Any] = {}
    for region in (domain, *(c for c in cells if c is not None and c.kind != "any")):
        if region.intervals not in spans_of:
            spans_of[region.intervals], more = region.spans()
            values |= more
    cuts = sorted({c for spans in spans_of.values() for span in spans for c in span} | {LOWEST, HIGHEST})
    place = {c: n for n, c in enumerate(cuts)}
    # Bins outside of the domain, or without a value at all, are left out; ``shift`` says where the others go.
    inside = [False] * (len(cuts) - 1)
    for low, high in spans_of[domain.intervals]:
        for n in range(place[low], place[high]):
            inside[n] = not axis.is_void(cuts[n], cuts[n + 1])
    shift = [0]
    for kept in inside:
        shift.append(shift[-1] + kept)
    bins: list[Any] = [
        _example(of_spans(domain.kind, [(cuts[n], cuts[n + 1])], values, False, False, domain.zoned))
        for n, kept in enumerate(inside)
        if kept
    ]
    ranges_of = {
        key: [(a, b) for low, high in spans if (a := shift[place[low]]) < (b := shift[place[high]])]
        for key, spans in spans_of.items()
    }

    def ranges(cell: Region) -> list[BinRange]:
        if cell.kind == "any":
            return [(0, len(bins))] if cell.intervals and bins else []
        return ranges_of[cell.intervals]

    return _filled(label, cells, bins, ranges)


def _anything(label: str, cells: Sequence[Region | None]) -> Column:
    """A column without any constant: all values but null are one bin."""
    return _filled(label, cells, [OTHER], lambda c: [(0, 1)] if c.intervals else [])


def _filled(
    label: str, cells: Sequence[Region | None], bins: list[Any], ranges_of: Callable[[Region], list[BinRange]]
) -> Column:
    """The sets of each bin: a sweep over where cells begin and end."""
    null = len(bins)
    flips = [0] * (null + 1)
    unclear = null_set = 0
    ranges: list[list[BinRange]] = []
    for r, cell in enumerate(cells):
        bit = 1 << r
        if cell is None:
            unclear |= bit
            ranges.append([(0, null + 1)])
            continue
        found = list(ranges_of(cell))
        for low, high in found:
            flips[low] ^= bit
            flips[high] ^= bit
        if cell.null is True:
            null_set |= bit
            found.append((null, null + 1))
        ranges.append(found)
    sets = []
    now = 0
    for n in range(null):
        now ^= flips[n]
        sets.append(now | unclear)
    sets.append(null_set | unclear)
    other = bins.index(OTHER) if isinstance(bins[0] if bins else None, str) and OTHER in bins else -1
    return Column(label, [*bins, None], sets, ranges, unclear, other=other)


def _example(region: Region) -> Any:
    """A value of a bin; of texts one that reads as "any other" where that is among them."""
    if region.kind == "string":
        for text in _OTHER_TEXTS:
            if region.contains(text):
                return text
    return sample(region)
