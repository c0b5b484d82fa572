"""Reading what runs stored: of one business, of one rule, who just misses it, what changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from yingshang.rules import grouping, snapshot, storing, verdicts
from yingshang.rules.grouping import Lacking, Part
from yingshang.rules.models import PopulationRun, RuleVersion
from yingshang.rules.patches import ids_of
from yingshang.rules.verdicts import STATES, codes

#: Rows of a page.
PAGE = 50


@dataclass(frozen=True)
class Row:
    """What a rule says of one business; ``amount`` in yuan, ``lack`` of a near miss, ``value`` of the column it is about.

    ``value`` is the business's own in the population of today; None where the column is no fact, or not known.
    """

    id: int
    uscc: str
    name: str
    street: str | None
    industry: str | None
    size: str | None
    state: str
    amount: Decimal | None
    lack: Lacking | None
    value: Any = None


@dataclass(frozen=True)
class Listing:
    """One page of a list, and how many rows it has in all."""

    rows: list[Row]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True)
class Told:
    """What a rule's last run said of one business."""

    key: str
    version: int
    run: int
    state: str
    amount: Decimal | None


def results_of(business: int) -> list[Told]:
    """What the last runs stored of one business, rule by rule."""
    asked = storing.Asked(np.asarray([business], np.int64))
    found = []
    for key, held in storing.stored().items():
        state, fen = held.states(asked)
        if state[0] != verdicts.NOTHING:
            word = STATES[state[0]]
            amount = Decimal(int(fen[0])).scaleb(-2) if word == "eligible" else None
            found.append(Told(key, held.last.version, held.last.run, word, amount))
    return found


@dataclass(frozen=True)
class _Current:
    """A rule's stored results as one table, beside the population, row by row."""

    results: pa.Table
    population: pa.Table


def current(key: str, on: date) -> _Current | None:
    """A rule's stored results beside the population of a day; None where no run has evaluated it."""
    held = storing.stored(key).get(key)
    if held is None:
        return None
    population = snapshot.population(on)
    manifest = snapshot.manifest()
    assert manifest is not None
    return _beside(held.last.pk, len(held.runs), manifest, on, _Held(held), population=_Held(population))


class _Held:
    """Something large that stands outside of a cache's key."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=4)
def _beside(
    result: int, deltas: int, manifest: snapshot.Manifest, on: date, held: _Held, *, population: _Held
) -> _Current:
    """Results and population of the businesses that are in both."""
    results, people = held.value.table, population.value
    results = results.take(pa.array(np.argsort(ids_of(results), kind="stable"))).combine_chunks()
    both = np.intersect1d(ids_of(results), ids_of(people), assume_unique=True)
    if len(both) < results.num_rows:
        results = results.take(pa.array(np.searchsorted(ids_of(results), both)))
    if len(both) < people.num_rows:
        people = people.take(pa.array(np.searchsorted(ids_of(people), both)))
    return _Current(results, people)


def counts(key: str, by: str, on: date) -> list[Part]:
    """The eligible of a rule by street, industry, size or age (:data:`yingshang.rules.grouping.BY`)."""
    held = current(key, on)
    return [] if held is None else grouping.parts(held.results, held.population, by)


def near_misses(key: str, on: date) -> list[Lacking]:
    """Who just misses a rule, by what they lack, the most frequent first."""
    held = current(key, on)
    return [] if held is None else grouping.lacking(held.results)


def listing(
    key: str, on: date, *, states: Collection[str] = ("eligible",), lack: str = "", page: int = 1,
    **filters: str,
) -> Listing:  # fmt: skip
    """The businesses of which a rule says something, those with the largest amounts first.

    Args:
        states: of :data:`yingshang.rules.verdicts.STATES`.
        lack: of near misses, those of one text of :func:`near_misses`.
        filters: keys of parts by street, industry, size or age.
    """
    held = current(key, on)
    return Listing([], 0, 1) if held is None else listed(held.results, held.population, states, lack, page, **filters)


def listed(
    results: pa.Table, population: pa.Table, states: Collection[str], lack: str = "", page: int = 1, **filters: str
) -> Listing:
    """The same of any results beside their population, those of a simulation as well."""
    rows = chosen(results, population, states, lack, **filters)
    rows = rows[np.argsort(-verdicts.fens(results)[rows], kind="stable")]
    page = min(max(1, page), max(1, -(-len(rows) // PAGE)))
    return Listing(told(results, population, rows[(page - 1) * PAGE : page * PAGE]), len(rows), page)


def chosen(
    results: pa.Table, population: pa.Table, states: Collection[str], lack: str = "", **filters: str
) -> np.ndarray[Any, Any]:
    """The rows that a list has."""
    wanted = np.isin(codes(results), [STATES.index(s) for s in states])
    if lack:
        found, words = grouping.coded(results["lack"])
        wanted &= found == (words.index(lack) if lack in words else -1)
    for by, key in filters.items():
        if key:
            wanted &= grouping.rows_of(population, by, key)
    return np.flatnonzero(wanted)


def told(results: pa.Table, population: pa.Table, rows: np.ndarray[Any, Any]) -> list[Row]:
    """Some rows with names and what lists show."""
    at = pa.array(rows)
    some = results.select(["id", "state", "amount", "lack"]).take(at).to_pylist()
    facts = population.take(at)
    raw = snapshot.raw()
    places = np.searchsorted(ids_of(raw), np.asarray([r["id"] for r in some], np.int64))
    names = raw.select(["uscc", "name"]).take(pa.array(places)).to_pylist()
    found = []
    for n, (row, name) in enumerate(zip(some, names, strict=True)):
        lack = grouping.lack_of(row["lack"]) if row["lack"] else None
        column = lack.label.partition("（")[0] if lack else ""
        shown = {c: facts[c][n].as_py() for c in ("街道", "行业代码", "企业规模")}
        value = facts[column][n].as_py() if column in facts.column_names else None
        found.append(Row(row["id"], **name, street=shown["街道"], industry=shown["行业代码"], size=shown["企业规模"],
                         state=row["state"], amount=row["amount"], lack=lack, value=value))  # fmt: skip
    return found


def changes(run: PopulationRun) -> Iterator[tuple[int, RuleVersion, str, str]]:
    """Businesses of which a run says something else than was stored before: id, version, state before, state now."""
    for result in run.results.select_related("version__model"):
        table = storing.read(storing.path_of(result))
        if storing.VERSION.name in table.column_names:
            mine = np.asarray(table[storing.VERSION.name].combine_chunks()) == result.version_id
            table = table.filter(pa.array(mine))
        before, _ = grouping.coded(table.select(["before"])["before"])
        now = codes(table)
        moved = np.flatnonzero((before != now) & (before < len(STATES)))
        ids = table["id"].take(pa.array(moved)).to_pylist()
        for pk, a, b in zip(ids, before[moved].tolist(), now[moved].tolist(), strict=True):
            yield pk, result.version, STATES[a], STATES[b]
