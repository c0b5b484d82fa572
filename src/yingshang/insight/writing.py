"""Putting a log into its folder, case by case."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yingshang.insight import deriving
from yingshang.insight.deriving import NEVER, UNFINISHED
from yingshang.insight.errors import BadLog
from yingshang.insight.rows import CaseRow
from yingshang.insight.store import Note, Store

#: Events of a batch, and so of a row group: enough for columns to pay, little enough to hold a few of them.
BATCH = 120_000
#: Memory that the tables may take while they are made of the batches.
MEMORY = "1GB"
MOST_ACTIVITIES = 50_000
MOST_EVENTS_OF_A_CASE = 1_000_000

_TIME = pa.timestamp("us", tz="UTC")
EVENTS = pa.schema([
    ("case_no", pa.int32()), ("position", pa.int32()), ("activity", pa.int32()), ("time", _TIME), ("resource", pa.string()),
    ("unit", pa.string()), ("lifecycle", pa.string()), ("instance", pa.string()), ("cost", pa.float64()), ("due", _TIME),
    ("element", pa.string()), ("attributes", pa.string()), ("step", pa.bool_()), ("begun", _TIME), ("previous", pa.int32()),
    ("nth", pa.int32()), ("since", pa.int64()), ("waited", pa.int64()), ("worked", pa.int64()),
    ("month", pa.int32()),
])  # fmt: skip
CASES = pa.schema([
    ("case_no", pa.int32()), ("name", pa.string()), ("first", _TIME), ("last", _TIME), ("events", pa.int32()),
    ("steps", pa.int32()), ("repeats", pa.int32()), ("worked", pa.int64()), ("variant", pa.int64()), ("path", pa.int64()),
    ("due", _TIME), ("closed", _TIME), ("ended", pa.bool_()), ("attributes", pa.string()), ("month", pa.int32()),
    ("late", pa.int32()), ("untimed", pa.int32()), ("due_events", pa.int32()), ("overdue_events", pa.int32()),
])  # fmt: skip


class Writer:
    """Takes cases one by one; what was written is there once :meth:`finish` is through, and gone where it is not called."""

    def __init__(self, folder: Path, note: Note) -> None:
        self.folder, self.note = folder, note
        self.cases_count = self.events_count = 0
        self._draft = folder.with_name(f".{folder.name}-{uuid.uuid4().hex}")
        self._draft.mkdir(parents=True)
        self._codes: dict[str, int] = {}
        self._cases: list[CaseRow] = []
        self._pending = 0
        self._any_finished = False
        self._events = pq.ParquetWriter(self._draft / "events.parquet", EVENTS, compression="lz4")
        self._case_file = pq.ParquetWriter(self._draft / "cases.parquet", CASES, compression="lz4")

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._events.close()
        self._case_file.close()
        shutil.rmtree(self._draft, ignore_errors=True)

    def add(self, case: CaseRow) -> None:
        """One case with its events.

        Raises:
            BadLog: more activities, or more events of one case, than any procedure has.
        """
        for e in case.events:
            self.note.begins |= e.begun is not None
            if e.activity not in self._codes:
                self._codes[e.activity] = len(self._codes)
        if len(self._codes) > MOST_ACTIVITIES:
            raise BadLog(
                f"活动名称超过 {MOST_ACTIVITIES:,} 种，可能选错了作为活动的字段",
                f"more than {MOST_ACTIVITIES:,} names of activities: perhaps the wrong attribute was taken for them",
            )
        self._cases.append(case)
        self._pending += len(case.events)
        if self._pending >= BATCH or len(self._cases) >= BATCH:
            self._flush()

    @property
    def events_count_so_far(self) -> int:
        """Events that were added, written or not yet."""
        return self.events_count + self._pending

    @property
    def named(self) -> bool:
        """Whether any event says what was done."""
        return self._codes.keys() != {""}

    def extend(self, cases: Iterable[CaseRow]) -> None:
        """Several cases."""
        for case in cases:
            self.add(case)

    def finish(self, *, by_name: bool = False) -> Store:
        """Close the files and put the folder in its place.

        Args:
            by_name: traces of one name are told of one case, and are put together.

        Raises:
            BadLog: one case has more events than any procedure has.
        """
        self._flush()
        self.note.activities = list(self._codes)
        self._events.close()
        self._case_file.close()
        if self.events_count and not self._any_finished:
            _all_steps(self._draft)
        _tables(self._draft)
        if by_name and (repeated := Store(self._draft, self.note).repeated_names()):
            return self._put_together(repeated)
        told = json.dumps(vars(self.note), ensure_ascii=False)
        (self._draft / "log.json").write_text(told, "utf-8")
        self._draft.rename(self.folder)
        return Store(self.folder, self.note)

    def _put_together(self, repeated: int) -> Store:
        self.note.notes.append(
            (
                f"{repeated:,} 段与前面的办件同号，并为一件",
                f"{repeated:,} traces have the name of one before and were put to it",
            )
        )
        note = replace(self.note, activities=[], lifecycles=[])
        with Writer(self.folder, note) as writer:
            for case in Store(self._draft, self.note).rows(by_name=True):
                if len(case.events) > MOST_EVENTS_OF_A_CASE:
                    raise too_long()
                writer.add(case)
            return writer.finish()

    def _flush(self) -> None:
        cases, events = self._cases, [e for c in self._cases for e in c.events]
        self._cases, self._pending = [], 0
        if not cases:
            return
        numbers = np.arange(self.cases_count, self.cases_count + len(cases), dtype=np.int64)
        case_no = np.repeat(numbers, [len(c.events) for c in cases])
        seen = {e.lifecycle for e in events}
        self.note.lifecycles = sorted({*self.note.lifecycles, *seen})
        finished = np.array([e.lifecycle not in UNFINISHED for e in events], np.bool_)
        self._any_finished |= bool(finished.any())
        columns: dict[str, Any] = {
            "case_no": case_no,
            "activity": np.array([self._codes[e.activity] for e in events], np.int64),
            "time": _times([e.time for e in events]),
            "begun": _times([e.begun for e in events]),
            "due": _times([e.due for e in events]),
            "cost": pa.array([e.cost for e in events], pa.float64()),
            "step": finished,
            "attributes": pa.array([_text(e.attributes) for e in events], pa.string()),
        }
        for name, attribute in (("resource", "resource"), ("unit", "unit"), ("lifecycle", "lifecycle"),
                                ("instance", "instance"), ("element", "step")):  # fmt: skip
            columns[name] = pa.array([getattr(e, attribute) for e in events], pa.string())
        of_events, of_cases = _derived(columns)
        self._events.write_table(_table(columns | of_events, EVENTS))
        told: dict[str, Any] = {
            "case_no": numbers,
            "name": pa.array([c.name for c in cases], pa.string()),
            "due": _times([c.due for c in cases]),
            "closed": _times([c.closed for c in cases]),
            "ended": pa.array([c.ended for c in cases], pa.bool_()),
            "attributes": pa.array([_text(c.attributes) for c in cases], pa.string()),
        }
        told |= _spread(of_cases, np.array([bool(c.events) for c in cases], np.bool_))
        self._case_file.write_table(_table(told, CASES))
        self.cases_count += len(cases)
        self.events_count += len(events)


def too_long() -> BadLog:
    """A case that is none."""
    return BadLog(
        f"一个办件的事件超过 {MOST_EVENTS_OF_A_CASE:,} 条", f"one case has more than {MOST_EVENTS_OF_A_CASE:,} events"
    )


def _derived(columns: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    if not len(columns["case_no"]):
        empty = np.zeros(0, np.int64)
        names = [n for n in EVENTS.names if n not in columns]
        return dict.fromkeys(names, empty), {}
    lifecycle = columns["lifecycle"]
    starts = np.zeros(len(lifecycle), np.bool_)
    for word in deriving.BEGINNINGS:
        starts |= pa.compute.equal(lifecycle, word).to_numpy(zero_copy_only=False)
    instance = np.zeros(len(lifecycle), np.int64)
    if starts.any():
        instance = columns["instance"].dictionary_encode().indices.to_numpy().astype(np.int64)
    c = columns
    return deriving.derive(
        deriving.Batch(c["case_no"], c["activity"], c["time"], c["due"], c["begun"], c["step"], starts, instance)
    )


def _spread(of_cases: dict[str, Any], full: Any) -> dict[str, Any]:
    """The derived columns of cases that have events, in their places among all cases."""
    found = {}
    for name in deriving.OF_CASES:
        whole = np.full(len(full), NEVER if name in ("first", "last", "month") else 0)
        if name in of_cases:
            whole[full] = of_cases[name]
        found[name] = whole
    return found


def _all_steps(folder: Path) -> None:
    """The log never says that anything was completed: every event is a step."""
    events, cases = folder / "events.parquet", folder / "cases.parquet"
    whole = pq.read_table(cases)
    parts: dict[str, list[Any]] = {n: [] for n in ("repeats", "steps", "path", "worked")}
    with pq.ParquetFile(events) as old, pq.ParquetWriter(folder / "anew.parquet", EVENTS, compression="lz4") as new:
        for group in range(old.num_row_groups):
            table = old.read_row_group(group)
            columns: dict[str, Any] = {n: table[n].combine_chunks() for n in table.schema.names}
            for name in ("case_no", "activity"):
                columns[name] = columns[name].to_numpy().astype(np.int64)
            for name in ("time", "begun", "due"):
                columns[name] = columns[name].cast(pa.int64()).fill_null(NEVER).to_numpy()
            columns["step"] = np.ones(len(table), np.bool_)
            of_events, of_cases = _derived(columns)
            new.write_table(_table(columns | of_events, EVENTS))
            for name, found in parts.items():
                found.append(of_cases[name])
    full = pa.compute.greater(whole["events"], 0).to_numpy()
    for name, found in parts.items():
        column = np.zeros(len(whole), np.int64)
        column[full] = np.concatenate(found)
        at = whole.schema.get_field_index(name)
        whole = whole.set_column(at, CASES.field(name), pa.array(column).cast(CASES.field(name).type))
    pq.write_table(whole, cases, compression="lz4")
    (folder / "anew.parquet").replace(events)


def _tables(folder: Path) -> None:
    """The batches as tables of one file, which is what measures read."""
    config: dict[str, Any] = {"memory_limit": MEMORY, "temp_directory": str(folder / "scratch")}
    with duckdb.connect(str(folder / "log.duckdb"), config=config) as made:
        for name in ("events", "cases"):
            batches = folder / f"{name}.parquet"
            made.read_parquet(str(batches)).create(name)
            batches.unlink()
    shutil.rmtree(folder / "scratch", ignore_errors=True)


def _times(found: list[int | None]) -> Any:
    return np.array([NEVER if t is None else t for t in found], np.int64)


def _text(attributes: list[Any]) -> str | None:
    return json.dumps(attributes, ensure_ascii=False, separators=(",", ":")) if attributes else None


def _table(columns: dict[str, Any], schema: pa.Schema) -> pa.Table:
    made = []
    for column in schema:
        values = columns[column.name]
        if isinstance(values, np.ndarray):
            nothing = values == NEVER if values.dtype == np.int64 else None
            values = pa.array(values, mask=nothing)
        made.append(values.cast(column.type))
    return pa.Table.from_arrays(made, schema=schema)
