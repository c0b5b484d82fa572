"""Reading OCEL 2.0, as JSON or as SQLite: the life of each object of one type is taken as a case.

An object-centric log has no cases of its own. An event that is about two objects of the type belongs to both cases; what
is about none of them is left out, and the log's note says how many that were.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from yingshang.insight import due
from yingshang.insight.errors import BadLog
from yingshang.insight.moments import Moments
from yingshang.insight.rows import Attribute, CaseRow, EventRow
from yingshang.insight.store import Note

#: A JSON document is read as a whole; larger logs come as SQLite.
MOST_JSON = 512 << 20
_RESOURCE = frozenset({"resource", "org:resource"})
_UNIT = frozenset({"unit", "org:group", "group"})


class _Flat:
    """Makes rows out of objects and events."""

    def __init__(self) -> None:
        self._moments = Moments()

    def case(self, name: str, attributes: list[tuple[str, Any]]) -> CaseRow:
        row, held = CaseRow(name), len(due.OF_CASE)
        for key, value in attributes:
            if key == "ended":
                row.ended = str(value).lower() in ("true", "1")
                continue
            attribute, moment = self._attribute(key, value)
            if moment is not None and due.of_case(key) and due.rank(key) < held:
                row.due, held = moment, due.rank(key)
            if moment is not None and due.closes(key):
                row.closed = moment
            row.attributes.append(attribute)
        return row

    def event(self, kind: str, time: Any, attributes: list[tuple[str, Any]], where: str) -> EventRow:
        row = EventRow(kind, self.moment(time, where))
        for key, value in attributes:
            text = "" if value is None else str(value)
            if key in _RESOURCE:
                row.resource = text
            elif key in _UNIT:
                row.unit = text
            elif key == "lifecycle":
                row.lifecycle = text.lower()
            elif key == "instance":
                row.instance = text
            elif key == "element":
                row.step = text
            elif key == "cost" and isinstance(value, int | float):
                row.cost = float(value)
            else:
                attribute, moment = self._attribute(key, value)
                if key == "begun" and moment is not None:
                    row.begun = moment
                    continue
                if moment is not None and due.of_event(key):
                    row.due = moment
                row.attributes.append(attribute)
        return row

    def moment(self, time: Any, where: str) -> int:
        try:
            return self._moments.read(str(time))
        except ValueError:
            raise BadLog(f"{where} 的时间“{time}”无法理解", f"the time of {where} makes no sense: {time!r}") from None

    def _attribute(self, key: str, value: Any) -> tuple[Attribute, int | None]:
        if isinstance(value, bool):
            return ("boolean", key, str(value).lower(), []), None
        if isinstance(value, int | float):
            return ("int" if isinstance(value, int) else "float", key, str(value), []), None
        text = "" if value is None else str(value)
        if len(text) >= 10 and text[4] == text[7] == "-" and text[:4].isdigit():
            try:
                return ("date", key, text, []), self._moments.read(text)
            except ValueError:
                pass
        return ("string", key, text, []), None


def choose(counts: Counter[str], wanted: str) -> str:
    """The type of object that is a case: the wanted one, else ``case`` where there is one, else that of most events.

    Raises:
        BadLog: there is no such type, or no object at all.
    """
    known = "、".join(sorted(counts))
    if wanted and wanted not in counts:
        raise BadLog(f"没有对象类型“{wanted}”，有：{known}", f"there is no type of object {wanted!r}, but: {known}")
    if not counts:
        raise BadLog("日志里没有对象，无法分成办件", "the log has no objects that could be cases")
    return wanted or ("case" if "case" in counts else max(sorted(counts), key=lambda k: counts[k]))


def from_json(stream: IO[bytes], note: Note, object_type: str = "") -> Iterator[CaseRow]:
    """The cases of a JSON document.

    Raises:
        BadLog: not JSON, not OCEL 2.0, or larger than :data:`MOST_JSON`.
    """
    text = stream.read(MOST_JSON + 1)
    if len(text) > MOST_JSON:
        raise BadLog(
            f"JSON 超过 {MOST_JSON >> 20} MB，请改用 SQLite", f"more than {MOST_JSON >> 20} MB of JSON: take SQLite"
        )
    try:
        log = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadLog(f"不是合法的 JSON({error.msg})", f"not JSON ({error.msg})", line=error.lineno) from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise BadLog(f"不是合法的 JSON({error})", f"not JSON ({error})") from None
    if not isinstance(log, dict) or not all(isinstance(log.get(k), list) for k in ("events", "objects")):
        raise BadLog("不是 OCEL 2.0：应有 events 和 objects", "not OCEL 2.0: there have to be events and objects")
    try:
        yield from _of_json(log, note, object_type)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadLog(f"不符合 OCEL 2.0:{error!r}", f"not as OCEL 2.0 has it: {error!r}") from None


def _of_json(log: dict[str, Any], note: Note, object_type: str) -> Iterator[CaseRow]:
    types = {o["id"]: str(o["type"]) for o in log["objects"]}
    related = [{r["objectId"] for r in e.get("relationships", ())} for e in log["events"]]
    for n, event in enumerate(log["events"]):
        if strange := sorted(related[n] - types.keys()):
            raise BadLog(
                f"事件 {event['id']} 说的对象“{strange[0]}”不存在",
                f"event {event['id']} is about an object that is not there: {strange[0]!r}",
            )
    counts = Counter(dict.fromkeys(types.values(), 0))
    counts.update(types[o] for held in related for o in held)
    chosen = choose(counts, object_type)
    flat = _Flat()
    of_object: dict[str, list[tuple[int, int, EventRow]]] = defaultdict(list)
    left_out = 0
    for n, event in enumerate(log["events"]):
        mine = [o for o in sorted(related[n]) if types[o] == chosen]
        left_out += not mine
        for o in mine:
            values = [(str(a["name"]), a.get("value")) for a in event.get("attributes", ())]
            row = flat.event(str(event["type"]), event.get("time"), values, f"事件 event {event['id']}")
            of_object[o].append((row.time or 0, n, row))
    for thing in log["objects"]:
        if thing["type"] == chosen:
            first = {str(a["name"]): a.get("value") for a in reversed(thing.get("attributes", ()))}
            case = flat.case(_plain(str(thing["id"]), chosen), list(reversed(first.items())))
            # The log's own order among events of one moment.
            case.events = [row for _time, _n, row in sorted(of_object[thing["id"]], key=lambda x: x[:2])]
            yield case
    _remark(note, chosen, left_out)


def from_sqlite(path: Path, note: Note, object_type: str = "") -> Iterator[CaseRow]:
    """The cases of an SQLite file.

    Raises:
        BadLog: damaged, or without the tables of OCEL 2.0.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            db.execute("PRAGMA trusted_schema = OFF")
            db.execute("PRAGMA temp_store = FILE")
            if db.execute("SELECT 1 FROM sqlite_master WHERE type IN ('view', 'trigger')").fetchone():
                raise BadLog(
                    "文件里有视图或触发器，日志不需要它们", "the file has views or triggers, which a log does not need"
                )
            yield from _of_sqlite(db, note, object_type)
    except sqlite3.DatabaseError as error:
        raise BadLog(f"不是 OCEL 2.0 的 SQLite:{error}", f"not OCEL 2.0 as SQLite: {error}") from None


def _of_sqlite(db: sqlite3.Connection, note: Note, object_type: str) -> Iterator[CaseRow]:
    counts: Counter[str] = Counter(
        dict.fromkeys((t for (t,) in db.execute("SELECT DISTINCT ocel_type FROM object")), 0)
    )
    counts.update(dict(db.execute(
        "SELECT o.ocel_type, count(*) FROM event_object e JOIN object o ON o.ocel_id = e.ocel_object_id GROUP BY 1"
    )))  # fmt: skip
    chosen = choose(counts, object_type)
    db.execute(
        "CREATE TEMP TABLE told (id TEXT PRIMARY KEY, n INTEGER, type TEXT, time TEXT, attributes TEXT) WITHOUT ROWID"
    )
    for kind, mapped in db.execute("SELECT ocel_type, ocel_type_map FROM event_map_type").fetchall():
        rows = db.execute(f'SELECT rowid, * FROM "event_{_name(mapped)}"')
        heads = [h[0] for h in rows.description][1:]
        db.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?, ?)", (_told(kind, heads, row) for row in rows))
    attributes: dict[str, list[tuple[str, Any]]] = {}
    found = db.execute("SELECT ocel_type_map FROM object_map_type WHERE ocel_type = ?", [chosen]).fetchone()
    if found:
        rows = db.execute(f'SELECT * FROM "object_{_name(found[0])}" ORDER BY ocel_time DESC')
        heads = [h[0] for h in rows.description]
        for row in rows:
            values = {h: v for h, v in zip(heads, row, strict=True) if not h.startswith("ocel_") and v is not None}
            held = dict(attributes.get(row[heads.index("ocel_id")], []))
            attributes[row[heads.index("ocel_id")]] = list({**held, **values}.items())
    flat = _Flat()
    rows = db.execute(
        "SELECT DISTINCT o.rowid, o.ocel_id, t.time, t.n, t.id, t.type, t.attributes FROM object o"
        " LEFT JOIN event_object e ON e.ocel_object_id = o.ocel_id LEFT JOIN told t ON t.id = e.ocel_event_id"
        " WHERE o.ocel_type = ? ORDER BY o.rowid",
        [chosen],
    )
    for (_row, thing), events in groupby(rows, key=lambda r: (r[0], r[1])):
        case = flat.case(_plain(str(thing), chosen), attributes.get(thing, []))
        made = [
            (n, flat.event(str(kind), time, list(json.loads(values).items()), f"事件 event {key}"))
            for _r, _o, time, n, key, kind, values in events
            if key is not None
        ]
        case.events = [e for _n, e in sorted(made, key=lambda x: (x[1].time or 0, x[0]))]
        yield case
    (left_out,) = db.execute(
        "SELECT count(*) FROM told WHERE id NOT IN (SELECT e.ocel_event_id FROM event_object e JOIN object o"
        " ON o.ocel_id = e.ocel_object_id WHERE o.ocel_type = ?)",
        [chosen],
    ).fetchone()
    _remark(note, chosen, left_out)


def _told(kind: str, heads: list[str], row: tuple[Any, ...]) -> tuple[Any, ...]:
    values = dict(zip(heads, row[1:], strict=True))
    others = {h: v for h, v in values.items() if not h.startswith("ocel_") and v is not None}
    return values["ocel_id"], row[0], kind, values["ocel_time"], json.dumps(others, ensure_ascii=False)


def _name(mapped: str) -> str:
    if '"' in mapped or "\0" in mapped:
        raise BadLog(f"类型名不合法：{mapped!r}", f"no name for a type: {mapped!r}")
    return mapped


def _plain(name: str, kind: str) -> str:
    """``case:QF2023…`` is the case ``QF2023…``."""
    return name.removeprefix(f"{kind}:")


def _remark(note: Note, chosen: str, left_out: int) -> None:
    note.notes.append((f"每个“{chosen}”对象作为一个办件", f"each object of type {chosen!r} is taken as a case"))
    if left_out:
        note.notes.append(
            (f"{left_out:,} 条事件与它们无关，未计入", f"{left_out:,} events are about none of them and were left out")
        )
