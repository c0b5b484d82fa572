"""A log that came in: a DuckDB file and a note, in a folder that is there as a whole or not at all.

The tables ``events`` and ``cases`` of ``log.duckdb`` hold what the format said and what :mod:`deriving` made of it;
``log.json`` the names of the activities by code and what the log says of itself. Rows lie in the order of the log.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from yingshang.insight.rows import CaseRow, EventRow

#: Rows that are fetched at once.
_FETCH = 10_000
_EVENTS = (
    "SELECT case_no, activity, epoch_us(time), resource, unit, lifecycle, instance, cost, epoch_us(due), epoch_us(begun),"
    " element, attributes FROM events"
)
_CASES = "SELECT case_no, name, epoch_us(due), epoch_us(closed), ended, attributes FROM cases"


@dataclass
class Note:
    """What a log says of itself.

    Attributes:
        format: ``xes``, ``ocel`` or ``house``.
        activities: names by code.
        lifecycles: transitions that occur.
        notes: remarks for the reader, Chinese and English.
        begins: whether the beginning of work came with the event that tells its end, and not as an event of its own.
        about: extensions, globals, classifiers and attributes of the log, as the format has them.
    """

    format: str = "xes"
    activities: list[str] = field(default_factory=list)
    lifecycles: list[str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    begins: bool = False
    about: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Store:
    """A log in its folder."""

    folder: Path
    note: Note

    @classmethod
    def open(cls, folder: Path) -> Store:
        """The log in this folder.

        Raises:
            FileNotFoundError: there is none.
        """
        told = json.loads((folder / "log.json").read_text("utf-8"))
        return cls(folder, Note(**{**told, "notes": [(zh, en) for zh, en in told["notes"]]}))

    @property
    def file(self) -> Path:
        """The tables."""
        return self.folder / "log.duckdb"

    def connect(self, threads: int | None = None) -> duckdb.DuckDBPyConnection:
        """A connection that reads the tables ``events`` and ``cases``."""
        return duckdb.connect(str(self.file), read_only=True, config={"threads": threads} if threads else {})

    def rows(self) -> Iterator[CaseRow]:
        """The cases with their events, one after the other; some thousand events are in memory at a time."""
        with self.connect() as tables:
            events = _fetched(tables.cursor(), _EVENTS)
            waiting = next(events, None)
            for number, name, due, closed, ended, attributes in _fetched(tables.cursor(), _CASES):
                row = CaseRow(name, [], due, closed, ended, _attributes(attributes))
                while waiting is not None and waiting[0] == number:
                    row.events.append(self._event(*waiting[1:]))
                    waiting = next(events, None)
                yield row

    def _event(self, activity: int, *told: Any) -> EventRow:
        time, resource, unit, lifecycle, instance, cost, due, begun, element, attributes = told
        return EventRow(
            self.note.activities[activity],
            time,
            resource,
            unit,
            lifecycle,
            instance,
            cost,
            due,
            begun if self.note.begins else None,
            element,
            _attributes(attributes),
        )


def _fetched(cursor: duckdb.DuckDBPyConnection, sql: str) -> Iterator[tuple[Any, ...]]:
    cursor.execute(sql)
    while rows := cursor.fetchmany(_FETCH):
        yield from rows


def _attributes(text: str | None) -> list[Any]:
    def read(found: list[Any]) -> list[Any]:
        return [(kind, key, value, read(children)) for kind, key, value, children in found]

    return read(json.loads(text)) if text else []
