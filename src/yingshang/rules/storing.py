"""Files of results: one a rule for a full run, one for all rules for a delta, mapped into memory where they are read.

``$YINGSHANG_HOME/rules/runs/<run>/<rule's key>.arrow`` has the columns of :data:`yingshang.rules.verdicts.SCHEMA` in the
order of the businesses' ids, and ``before``, the state that was stored before (null for none). A delta has ``delta.arrow``
with a column ``version`` besides, the version's id, in its order. They are Arrow IPC files, not compressed: a business is found by
bisection, without reading the rest.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from django.conf import settings
from django.db import connection

from yingshang.rules.engines import Engine, compiled
from yingshang.rules.models import PopulationRun, RuleResult, RuleVersion
from yingshang.rules.patches import Ints, ids_of, one_array
from yingshang.rules.verdicts import NOTHING, SCHEMA, STATES, codes, fens, fens_at

States = np.ndarray[Any, np.dtype[np.int8]]
DELTA = "delta.arrow"
BEFORE = pa.field("before", SCHEMA.field("state").type)
VERSION = pa.field("version", pa.int64())
#: Full runs whose files are kept; figures of older ones stay in the database.
KEPT = 8


def folder(run: PopulationRun | int) -> Path:
    """Where the files of a run lie."""
    return Path(settings.HOME) / "rules" / "runs" / str(run if isinstance(run, int) else run.pk)


def path_of(result: RuleResult) -> Path:
    """The file of a rule's results."""
    return folder(result.run_id) / result.file


def write(path: Path, table: pa.Table) -> str:
    """Write a file, which appears under its name only when it is whole; return its SHA-256."""
    partial = path.with_name(path.name + ".partial")
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    content = sink.getvalue()
    partial.write_bytes(content)
    partial.replace(path)
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=128)
def read(path: Path) -> pa.Table:
    """A file of results, mapped.

    Raises:
        FileNotFoundError: it was thrown away, being old.
    """
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def with_before(found: pa.Table, before: np.ndarray[Any, Any]) -> pa.Table:
    """Results beside the states that were stored before (codes of :data:`STATES`, :data:`NOTHING` for none)."""
    coded = pa.DictionaryArray.from_arrays(pa.array(before.astype(np.int8), mask=before == NOTHING), pa.array(STATES))
    return found.append_column(BEFORE, coded)


class Asked:
    """Businesses that are asked about, in the order of their ids; where they stand in files is found once a run."""

    def __init__(self, ids: Ints) -> None:
        self.ids = ids
        self._places: dict[Hashable, tuple[Ints, Ints]] = {}

    def within(self, name: Hashable, held: Ints) -> tuple[Ints, Ints]:
        """Where those that are among others in ascending order stand among them, and here; ``name`` stands for the others."""
        if name not in self._places:
            self._places[name] = _common(held, self.ids)
        return self._places[name]


@dataclass(frozen=True)
class _Deltas:
    """What deltas said last: of the same businesses for every rule, for they are evaluated together.

    Attributes:
        ids: of everybody whom they are about, in ascending order; ``rows`` are their rows in what was said, in which new
            ones come last.
        said: by version, states and amounts; :data:`NOTHING` where no delta was about the rule, as of those whose rows lie
            beyond the end.
    """

    runs: tuple[int, ...]
    ids: Ints
    rows: Ints
    said: Mapping[int, tuple[States, Ints]]

    def followed_by(self, run: int) -> _Deltas:
        """The same once a further delta has said something."""
        runs = (*self.runs, run)
        try:
            table = read(folder(run) / DELTA)
        except FileNotFoundError:  # no rule was concerned
            return _Deltas(runs, self.ids, self.rows, self.said)
        versions = np.asarray(one_array(table[VERSION.name]))
        starts = np.concatenate([[0], np.flatnonzero(versions[1:] != versions[:-1]) + 1])
        versions, count = versions[starts], table.num_rows // len(starts)
        ids = ids_of(table)[:count]
        at, to = _common(self.ids, ids)
        rows = np.full(count, -1, np.int64)
        rows[to] = self.rows[at]
        new = rows < 0
        size = len(self.ids) + int(new.sum())
        rows[new] = np.arange(len(self.ids), size)
        both = np.concatenate([self.ids, ids[new]])
        # A stable sort goes through two ascending runs once.
        order = np.argsort(both, kind="stable")
        said = {**self.said}
        states, amounts = codes(table), fens(table)
        for version, start in zip(versions.tolist(), starts.tolist(), strict=True):
            held = [
                _longer(part, size, fill) for part, fill in zip(said.get(version, _SILENT), (NOTHING, 0), strict=True)
            ]
            held[0][rows], held[1][rows] = states[start : start + count], amounts[start : start + count]
            said[version] = held[0], held[1]
        return _Deltas(runs, both[order], np.concatenate([self.rows, rows[new]])[order], said)

    def of(self, version: int, asked: Asked) -> tuple[Ints, States, Ints] | None:
        """What was said of some of the businesses that are asked about: their places there, states and amounts."""
        if version not in self.said:
            return None
        states, amounts = self.said[version]
        at, to = asked.within(self.runs, self.ids)
        rows = self.rows[at]
        if len(states) < len(self.ids):
            rows, to = rows[rows < len(states)], to[rows < len(states)]
        told = states[rows] != NOTHING
        return to[told], states[rows[told]], amounts[rows[told]]


def _longer(held: np.ndarray[Any, Any], size: int, fill: int) -> np.ndarray[Any, Any]:
    """A copy with so many rows."""
    found = np.full(size, fill, held.dtype)
    found[: len(held)] = held
    return found


_SILENT = np.zeros(0, np.int8), np.zeros(0, np.int64)
_NONE = _Deltas((), np.zeros(0, np.int64), np.zeros(0, np.int64), {})
#: By home and full run, what the deltas after it came to: a worker reads each of them once.
_deltas: dict[tuple[str, int], _Deltas] = {}


def _deltas_after(run: int, runs: tuple[int, ...]) -> _Deltas:
    name = (str(settings.HOME), run)
    held = _deltas.get(name, _NONE)
    if held.runs != runs:
        if runs[: len(held.runs)] != held.runs:
            held = _NONE
        for further in runs[len(held.runs) :]:
            held = held.followed_by(further)
        _deltas[name] = held
        for old in sorted(_deltas)[: -2 * KEPT]:
            _deltas.pop(old, None)
    return held


class Stored:
    """What is stored of one rule's version now: the last full run's file and the deltas after it.

    Attributes:
        last: of the full run.
        base: its file.
        runs: ids of the deltas after it, from old to new.
    """

    def __init__(self, last: Last, runs: Sequence[int]) -> None:
        self.last = last
        self.runs = tuple(runs)

    @cached_property
    def base(self) -> pa.Table:
        return read(self.last.path)

    def states(self, asked: Asked) -> tuple[States, Ints]:
        """Code of the state and amount in fen of each business; :data:`NOTHING` and 0 where nothing is stored."""
        ids = ids_of(self.base)
        if np.array_equal(asked.ids, ids):
            found, amounts = codes(self.base).copy(), fens(self.base)
        else:
            at, to = asked.within(self.last.run, ids)
            found, amounts = np.full(len(asked.ids), NOTHING, np.int8), np.zeros(len(asked.ids), np.int64)
            found[to], amounts[to] = codes(self.base)[at], fens_at(self.base, at)
        if later := _deltas_after(self.last.run, self.runs).of(self.last.version, asked):
            to, states, sums = later
            found[to], amounts[to] = states, sums
        return found, amounts

    @property
    def table(self) -> pa.Table:
        """All of it: the base without the rows that deltas replace, then those."""
        whole = self.base
        for run in self.runs:
            if (rows := _rows(folder(run) / DELTA, self.last.version)) is not None:
                old = np.isin(ids_of(whole), ids_of(rows))
                whole = pa.concat_tables([whole.filter(pa.array(~old)), rows])
        return whole.unify_dictionaries()


def _common(held: Ints, ids: Ints) -> tuple[Ints, Ints]:
    """Where businesses that are in both stand in either; both in the order of their ids."""
    # The fewer are looked for among the more.
    few, many = (held, ids) if len(held) < len(ids) else (ids, held)
    places = np.minimum(np.searchsorted(many, few), max(len(many) - 1, 0))
    same = np.flatnonzero(many[places] == few) if len(many) else np.zeros(0, np.int64)
    return (same, places[same]) if few is held else (places[same], same)


@lru_cache(maxsize=256)
def _rows(path: Path, version: int) -> pa.Table | None:
    try:
        table = read(path)
    except FileNotFoundError:
        return None
    start, end = np.searchsorted(np.asarray(one_array(table[VERSION.name])), [version, version + 1])
    return table.slice(start, end - start).drop_columns([VERSION.name]) if end > start else None


@dataclass(frozen=True)
class Last:
    """What the last full run that evaluated a rule has of it: its result's row, as far as anybody asks.

    Attributes:
        digest, decision: of the version's model.
        run, on: id and day of the run.
    """

    pk: int
    key: str
    version: int
    digest: str
    decision: str
    run: int
    on: date
    file: str

    @property
    def path(self) -> Path:
        """The file of its results."""
        return folder(self.run) / self.file

    @property
    def engine(self) -> Engine:
        """The version's engine."""
        return compiled(self.digest, self.decision, self._document)

    def _document(self) -> str:
        return RuleVersion.objects.values_list("xml", flat=True).get(pk=self.version)


_LAST = (
    "pk", "version__model__key", "version_id", "version__digest", "version__model__decision", "run_id", "run__on", "file",
)  # fmt: skip


@lru_cache(maxsize=2)
def _last(home: str, done: tuple[int, int, datetime]) -> dict[str, Last]:
    """By key, what the full runs that are done stored last; asked once for each of them."""
    rows = RuleResult.objects.filter(run__kind=PopulationRun.Kind.FULL, run__state=PopulationRun.State.DONE)
    latest = rows.order_by("version__model_id", "-run_id").distinct("version__model_id").values_list(*_LAST)
    return {last.key: last for last in (Last(*row) for row in latest) if last.path.exists()}


#: Asked by every page that shows a verdict, and by every change.
_FULL_RUNS = (
    "SELECT count(*), max(id), max(finished_at) FROM rules_populationrun WHERE kind = 'full' AND state = 'done'"
)
_DELTAS = "SELECT id FROM rules_populationrun WHERE kind = 'delta' AND state = 'done' AND id > %s ORDER BY id"


def stored(key: str | None = None) -> dict[str, Stored]:
    """What is stored of each rule, by key; of rules that no full run has evaluated there is nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_FULL_RUNS)
        count, newest, at = cursor.fetchone()
        if not count:
            return {}
        last = _last(str(settings.HOME), (count, newest, at))
        if key is not None:
            last = {key: last[key]} if key in last else {}
        if not last:
            return {}
        cursor.execute(_DELTAS, [min(held.run for held in last.values())])
        runs = [pk for (pk,) in cursor.fetchall()]
    return {k: Stored(held, [d for d in runs if d > held.run]) for k, held in last.items()}


def prune() -> None:
    """Throw away the files of old runs; of each rule the newest full run stays, and what came after it."""
    needed = {s.last.run for s in stored().values()}
    full = PopulationRun.objects.filter(kind=PopulationRun.Kind.FULL, state=PopulationRun.State.DONE)
    recent = set(full.order_by("-pk").values_list("pk", flat=True)[:KEPT])
    oldest = min(needed | recent, default=0)
    root = folder(0).parent
    for path in root.iterdir() if root.exists() else ():
        if path.name.isdigit() and int(path.name) < oldest and int(path.name) not in needed:
            shutil.rmtree(path, ignore_errors=True)
