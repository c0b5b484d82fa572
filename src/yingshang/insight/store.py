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
#: Each trace with the first of its name; traces without a name stay by themselves.
_FIRST = (
    "WITH firsts AS (SELECT case_no, min(case_no) OVER (PARTITION BY name, CASE WHEN name = '' THEN case_no END) AS first_no"
    " FROM cases)"
)
_EVENTS_BY_NAME = f"{_FIRST} {_EVENTS.replace('case_no', 'first_no', 1)} JOIN firsts USING (case_no) ORDER BY first_no, case_no, position"
#: What traces of one name say differently: due as the first says, ended as the last does.
_CASES_BY_NAME = (
    f"{_FIRST} SELECT first_no, any_value(name), epoch_us(first(due ORDER BY case_no) FILTER (due IS NOT NULL)),"
    " epoch_us(last(closed ORDER BY case_no) FILTER (closed IS NOT NULL)),"
    " last(ended ORDER BY case_no) FILTER (ended IS NOT NULL), first(attributes ORDER BY case_no)"
    " FROM cases JOIN firsts USING (case_no) GROUP BY 1 ORDER BY 1"
)


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

    def rows(self, *, by_name: bool = False) -> Iterator[CaseRow]:
        """The cases with their events, one after the other; some thousand events are in memory at a time.

        Args:
            by_name: traces of one name are one case, with their events in the order of the log.
        """
        with self.connect() as tables:
            events = _fetched(tables.cursor(), _EVENTS_BY_NAME if by_name else _EVENTS)
            waiting = next(events, None)
            cases = _fetched(tables.cursor(), _CASES_BY_NAME if by_name else _CASES)
            for number, name, due, closed, ended, attributes in cases:
                row = CaseRow(name, [], due, closed, ended, _attributes(attributes))
                while waiting is not None and waiting[0] == number:
                    row.events.append(self._event(*waiting[1:]))
                    waiting = next(events, None)
                yield row

    def repeated_names(self) -> int:
        """How many traces have the name of one before them."""
        with self.connect() as tables:
            found = tables.execute("SELECT count(*) - count(DISTINCT name) FROM cases WHERE name <> ''").fetchone()
        return found[0] if found else 0

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
