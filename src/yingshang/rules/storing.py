"""Files of results: one a rule for a full run, one for all rules for a delta, mapped into memory where they are read.

``$YINGSHANG_HOME/rules/runs/<run>/<rule's key>.arrow`` has the columns of :data:`yingshang.rules.evaluating.SCHEMA` in the
order of the businesses' ids, and ``before``, the state that was stored before (null for none). A delta has ``delta.arrow``
with a column ``version`` besides, the version's id, in its order. They are Arrow IPC files, not compressed: a business is found by
bisection, without reading the rest.
"""

from __future__ import annotations

import hashlib
import shutil
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from django.conf import settings

from yingshang.rules.evaluating import SCHEMA, STATES, codes
from yingshang.rules.models import PopulationRun, RuleResult

DELTA = "delta.arrow"
BEFORE = pa.field("before", SCHEMA.field("state").type)
VERSION = pa.field("version", pa.int64())
#: Full runs whose files are kept; figures of older ones stay in the database.
KEPT = 8
#: Stands for "nothing was said before" among the codes of states.
NOTHING = -1


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


def joined(parts: list[pa.Table]) -> pa.Table:
    """Several rules' results as one file has them."""
    return pa.concat_tables(parts).unify_dictionaries().combine_chunks()


class Stored:
    """What is stored of one rule's version now: the last full run's file and the deltas after it.

    Attributes:
        result: of the full run.
        base: its file.
        deltas: the rows of each delta after it, from old to new.
    """

    def __init__(self, result: RuleResult, runs: list[int]) -> None:
        self.result = result
        self._runs = runs

    @cached_property
    def base(self) -> pa.Table:
        return read(path_of(self.result))

    @cached_property
    def ids(self) -> np.ndarray[Any, Any]:
        """Of the businesses of the base."""
        return np.asarray(self.base["id"].combine_chunks())

    @cached_property
    def deltas(self) -> list[pa.Table]:
        return [rows for run in self._runs if (rows := _rows(run, self.result.version_id)) is not None]

    def states(self, ids: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Code of the state and amount in fen of each business; :data:`NOTHING` and 0 where nothing is stored."""
        if np.array_equal(ids, self.ids):
            found, amounts = codes(self.base), fens(self.base)
        else:
            found, amounts = np.full(len(ids), NOTHING, np.int8), np.zeros(len(ids), np.int64)
            _look_up(self.base, self.ids, ids, found, amounts)
        for rows in self.deltas:
            _look_up(rows, np.asarray(rows["id"].combine_chunks()), ids, found, amounts)
        return found, amounts

    @property
    def table(self) -> pa.Table:
        """All of it: the base without the rows that deltas replace, then those."""
        whole = self.base
        for rows in self.deltas:
            old = np.isin(np.asarray(whole["id"].combine_chunks()), np.asarray(rows["id"].combine_chunks()))
            whole = pa.concat_tables([whole.filter(pa.array(~old)), rows])
        return whole.unify_dictionaries()


def _look_up(
    table: pa.Table, held: np.ndarray[Any, Any], ids: np.ndarray[Any, Any], found: np.ndarray[Any, Any],
    amounts: np.ndarray[Any, Any],
) -> None:  # fmt: skip
    """Write what a file, in the order of its ids, says of some businesses over what was found before."""
    # The fewer are looked for among the more.
    few, many = (held, ids) if len(held) < len(ids) else (ids, held)
    places = np.minimum(np.searchsorted(many, few), max(len(many) - 1, 0))
    same = np.flatnonzero(many[places] == few) if len(many) else np.zeros(0, np.int64)
    if len(same):
        at_held, at_ids = (same, places[same]) if few is held else (places[same], same)
        rows = table.select(["state", "amount"]).take(pa.array(at_held))
        found[at_ids], amounts[at_ids] = codes(rows), fens(rows)


@lru_cache(maxsize=256)
def _rows(run: int, version: int) -> pa.Table | None:
    try:
        table = read(folder(run) / DELTA)
    except FileNotFoundError:
        return None
    start, end = np.searchsorted(np.asarray(table[VERSION.name].combine_chunks()), [version, version + 1])
    return table.slice(start, end - start).drop_columns([VERSION.name]) if end > start else None


def fens(table: pa.Table) -> np.ndarray[Any, Any]:
    """Amounts as whole fen, 0 where there is none; they are below 10^16 yuan."""
    parts = []
    for chunk in table["amount"].chunks:
        words = np.frombuffer(chunk.buffers()[1], np.int64)[2 * chunk.offset :][: 2 * len(chunk)][::2]
        parts.append(np.where(np.asarray(chunk.is_valid()), words, 0))
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def stored(key: str | None = None) -> dict[str, Stored]:
    """What is stored of each rule, by key; of rules that no full run has evaluated there is nothing."""
    rows = RuleResult.objects.filter(run__kind=PopulationRun.Kind.FULL, run__state=PopulationRun.State.DONE)
    if key is not None:
        rows = rows.filter(version__model__key=key)
    latest = rows.order_by("version__model_id", "-run_id").distinct("version__model_id")
    results = list(latest.select_related("run", "version__model").defer("version__xml"))
    if not results:
        return {}
    deltas = list(
        PopulationRun.objects.filter(
            kind=PopulationRun.Kind.DELTA, state=PopulationRun.State.DONE, pk__gt=min(r.run_id for r in results)
        ).order_by("pk").values_list("pk", flat=True)
    )  # fmt: skip
    found = {}
    for result in results:
        if path_of(result).exists():
            found[result.version.model.key] = Stored(result, [d for d in deltas if d > result.run_id])
    return found


def prune() -> None:
    """Throw away the files of old runs; of each rule the newest full run stays, and what came after it."""
    needed = {s.result.run_id for s in stored().values()}
    full = PopulationRun.objects.filter(kind=PopulationRun.Kind.FULL, state=PopulationRun.State.DONE)
    recent = set(full.order_by("-pk").values_list("pk", flat=True)[:KEPT])
    oldest = min(needed | recent, default=0)
    root = folder(0).parent
    for path in root.iterdir() if root.exists() else ():
        if path.name.isdigit() and int(path.name) < oldest and int(path.name) not in needed:
            shutil.rmtree(path, ignore_errors=True)
