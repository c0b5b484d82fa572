"""Objects and events of an object-centric log, gathered until the last is known, and then told case by case.

An object-centric log has no cases of its own: the life of each object of one type is taken as a case. An event that is
about two objects of the type belongs to both cases; what is about none of them is left out, and the log's note says how
many that were. What is gathered lies in a file that goes away with its connection, however long the log.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from yingshang.insight.errors import BadLog
from yingshang.insight.ocel_flat import Flat, Values
from yingshang.insight.rows import CaseRow
from yingshang.insight.store import Note

#: Rows that are written at once.
_BATCH = 5_000
_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA cache_size = -65536;
    CREATE TABLE object (id TEXT, type TEXT, attributes TEXT, line INTEGER);
    CREATE TABLE event (id TEXT, type TEXT, time INTEGER, attributes TEXT, line INTEGER, rank INTEGER);
    CREATE TABLE about (event TEXT, object TEXT, line INTEGER);
    CREATE TABLE listed (id TEXT);
"""
_INDEXES = """
    CREATE INDEX object_id ON object (id);
    CREATE INDEX event_id ON event (id);
    CREATE INDEX about_object ON about (object);
    CREATE INDEX listed_id ON listed (id);
    ANALYZE;
"""


class Gathered:
    """Takes objects, events and what events are about in any order; close it when done.

    Lines are those of the file, 0 where the format has none.
    """

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_TABLES)
        self._flat = Flat()
        self._waiting: dict[str, list[tuple[Any, ...]]] = {"object": [], "event": [], "about": [], "listed": []}

    def close(self) -> None:
        """Throw away what was gathered."""
        self._db.close()

    def object(self, key: str, kind: str, attributes: Values, line: int = 0) -> None:
        """An object; of several values of one attribute the first counts."""
        first = dict(reversed(attributes))
        self._add("object", (key, kind, _json(list(reversed(first.items()))), line))

    def event(self, key: str, kind: str, time: Any, attributes: Values, line: int = 0) -> None:
        """An event.

        Raises:
            BadLog: it has no time, or one that makes no sense.
        """
        try:
            moment = self._flat.moments.read(str(time))
        except ValueError:
            raise BadLog(
                f"事件 event {key} 的时间“{time}”无法理解",
                f"the time of event {key} makes no sense: {time!r}",
                line=line,
            ) from None
        self._add("event", (key, kind, moment, _json(attributes), line, None))

    def about(self, event: str, object: str, line: int = 0) -> None:
        """An event is about an object; that it is said twice means nothing."""
        self._add("about", (event, object, line))

    def listed(self, key: str) -> None:
        """The order among events of one moment, where it is not that in which they come."""
        self._add("listed", (key,))

    def cases(self, note: Note, object_type: str = "") -> Iterator[CaseRow]:
        """The cases in the order of their objects.

        Raises:
            BadLog: two objects or two events of one id, an event about something that is not there, or no such type.
        """
        for table in self._waiting:
            self._write(table)
        self._db.executescript(_INDEXES)
        self._check()
        self._db.execute(
            "UPDATE event SET rank = coalesce((SELECT min(l.rowid) FROM listed l WHERE l.id = event.id), rowid)"
        )
        chosen = self._choose(object_type)
        rows = self._db.execute(
            "SELECT DISTINCT o.rowid, o.id, o.attributes, e.rank, e.type, e.time, e.attributes, e.rowid FROM object o"
            " LEFT JOIN about a ON a.object = o.id LEFT JOIN event e ON e.id = a.event WHERE o.type = ? ORDER BY o.rowid",
            [chosen],
        )
        for (_n, key, attributes), events in groupby(rows, key=lambda r: r[:3]):
            # ``case:QF2023…`` is the case ``QF2023…``.
            case = self._flat.case(key.removeprefix(f"{chosen}:"), _pairs(attributes))
            found = sorted((time, rank, kind, told) for *_o, rank, kind, time, told, n in events if n is not None)
            case.events = [self._flat.event(kind, time, _pairs(told)) for time, _rank, kind, told in found]
            yield case
        self._remark(note, chosen)

    def _add(self, table: str, row: tuple[Any, ...]) -> None:
        waiting = self._waiting[table]
        waiting.append(row)
        if len(waiting) >= _BATCH:
            self._write(table)

    def _write(self, table: str) -> None:
        waiting = self._waiting[table]
        if waiting:
            marks = ", ".join("?" * len(waiting[0]))
            self._db.execute("BEGIN")
            self._db.executemany(f"INSERT INTO {table} VALUES ({marks})", waiting)
            self._db.execute("COMMIT")
            waiting.clear()

    def _check(self) -> None:
        for table, zh in (("object", "对象"), ("event", "事件")):
            twice = self._one(
                f"SELECT id, line FROM {table} t WHERE EXISTS (SELECT 1 FROM {table} b WHERE b.id = t.id"
                " AND b.rowid < t.rowid) LIMIT 1"
            )
            if twice:
                raise BadLog(
                    f"{zh}编号“{twice[0]}”用了两次", f"two of {table}s have the id {twice[0]!r}", line=twice[1]
                )
        strange = self._one(
            "SELECT event, object, line FROM about WHERE object NOT IN (SELECT id FROM object) ORDER BY rowid LIMIT 1"
        )
        if strange:
            raise BadLog(
                f"事件 {strange[0]} 说的对象“{strange[1]}”不存在",
                f"event {strange[0]} is about an object that is not there: {strange[1]!r}",
                line=strange[2],
            )
        bare = self._one(
            "SELECT id FROM (SELECT id FROM listed UNION ALL SELECT event FROM about)"
            " WHERE id NOT IN (SELECT id FROM event) LIMIT 1"
        )
        if bare:
            raise BadLog(f"事件 {bare[0]} 没有类型和时间的记录", f"event {bare[0]} has no row with its type and time")

    def _choose(self, wanted: str) -> str:
        """The type of object that is a case: the wanted one, else ``case`` where there is one, else that of most events."""
        counts: Counter[str] = Counter(
            dict.fromkeys((t for (t,) in self._db.execute("SELECT DISTINCT type FROM object")), 0)
        )
        counts.update(
            dict(self._db.execute("SELECT o.type, count(*) FROM about a JOIN object o ON o.id = a.object GROUP BY 1"))
        )
        known = "、".join(sorted(counts))
        if wanted and wanted not in counts:
            raise BadLog(f"没有对象类型“{wanted}”，有：{known}", f"there is no type of object {wanted!r}, but: {known}")
        if not counts:
            raise BadLog("日志里没有对象，无法分成办件", "the log has no objects that could be cases")
        return wanted or ("case" if "case" in counts else max(sorted(counts), key=lambda k: counts[k]))

    def _remark(self, note: Note, chosen: str) -> None:
        note.notes.append((f"每个“{chosen}”对象作为一个办件", f"each object of type {chosen!r} is taken as a case"))
        found = self._one(
            "SELECT count(*) FROM event WHERE id NOT IN"
            " (SELECT a.event FROM about a JOIN object o ON o.id = a.object WHERE o.type = ?)",
            chosen,
        )
        left_out = found[0] if found else 0
        if left_out:
            note.notes.append(
                (
                    f"{left_out:,} 条事件与它们无关，未计入",
                    f"{left_out:,} events are about none of them and were left out",
                )
            )

    def _one(self, sql: str, *values: Any) -> Any:
        return self._db.execute(sql, values).fetchone()


def _json(values: Values) -> str:
    return json.dumps(values, ensure_ascii=False)


def _pairs(text: str) -> Values:
    return [(name, value) for name, value in json.loads(text)]
