"""Reading OCEL 2.0 as JSON and as SQLite; as XML see :mod:`ocel_xml_reading`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from yingshang.insight.errors import BadLog
from yingshang.insight.json_items import Items
from yingshang.insight.ocel_flat import Values
from yingshang.insight.ocel_gathering import Gathered
from yingshang.insight.rows import CaseRow
from yingshang.insight.store import Note

_STRANGE = "SELECT 1 FROM sqlite_master WHERE type IN ('view', 'trigger') OR sql LIKE 'CREATE VIRTUAL%'"


def from_json(stream: IO[bytes], note: Note, object_type: str = "") -> Iterator[CaseRow]:
    """The cases of a JSON document.

    Raises:
        BadLog: not JSON or not OCEL 2.0, with the line.
    """
    with closing(Gathered()) as gathered:
        items = Items(stream)
        seen = set()
        for part, item in items.of(("events", "objects")):
            seen.add(part)
            try:
                _add(gathered, part, item, items.line)
            except BadLog as error:
                raise error.placed("", items.line) from None
            except UnicodeEncodeError:
                raise BadLog(
                    "含有不成对的代理字符，不是文字",
                    "has half of a pair of surrogates, which is no text",
                    line=items.line,
                ) from None
        if not seen:
            raise BadLog("不是 OCEL 2.0：应有 events 和 objects", "not OCEL 2.0: there have to be events and objects")
        yield from gathered.cases(note, object_type)


def _add(gathered: Gathered, part: str, item: Any, line: int) -> None:
    key, kind = _word(item, "id", part), _word(item, "type", part)
    values = [(_word(a, "name", "attributes"), a.get("value")) for a in _list(item, "attributes")]
    for _name, value in values:
        str(value).encode()
    if part == "objects":
        gathered.object(key, kind, values, line)
        return
    gathered.event(key, kind, item.get("time"), values, line)
    for related in _list(item, "relationships"):
        gathered.about(key, _word(related, "objectId", "relationships"), line)


def _word(item: Any, key: str, part: str) -> str:
    value = item.get(key) if isinstance(item, dict) else None
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise BadLog(
            f"不符合 OCEL 2.0：{part} 的一项缺少 {key}", f"not as OCEL 2.0 has it: an item of {part} has no {key}"
        )
    str(value).encode()
    return str(value)


def _list(item: dict[str, Any], key: str) -> list[Any]:
    value = item.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadLog(f"不符合 OCEL 2.0：{key} 应为数组", f"not as OCEL 2.0 has it: {key} has to be an array")
    return value


def from_sqlite(path: Path, note: Note, object_type: str = "") -> Iterator[CaseRow]:
    """The cases of an SQLite file.

    Raises:
        BadLog: damaged, or without the tables of OCEL 2.0.
    """
    with closing(Gathered()) as gathered:
        try:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
                db.execute("PRAGMA trusted_schema = OFF")
                if db.execute(_STRANGE).fetchone():
                    raise BadLog(
                        "文件里有视图、触发器或虚拟表，日志不需要它们",
                        "the file has views, triggers or virtual tables, which a log does not need",
                    )
                _take(db, gathered)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise BadLog(f"不是 OCEL 2.0 的 SQLite:{error}", f"not OCEL 2.0 as SQLite: {error}") from None
        yield from gathered.cases(note, object_type)


def _take(db: sqlite3.Connection, gathered: Gathered) -> None:
    held: dict[str, Values] = {}
    for (mapped,) in db.execute("SELECT ocel_type_map FROM object_map_type").fetchall():
        for row in _rows(db, f"object_{mapped}", "ORDER BY ocel_time"):
            held.setdefault(_key(row), []).extend(_values(row))
    for key, kind in db.execute("SELECT ocel_id, ocel_type FROM object ORDER BY rowid"):
        gathered.object(_text(key), _text(kind), held.get(_text(key), []))
    del held
    for kind, mapped in db.execute("SELECT ocel_type, ocel_type_map FROM event_map_type").fetchall():
        for row in _rows(db, f"event_{mapped}"):
            gathered.event(_key(row), _text(kind), row.get("ocel_time"), _values(row))
    for (key,) in db.execute("SELECT ocel_id FROM event ORDER BY rowid"):
        gathered.listed(_text(key))
    for event, thing in db.execute("SELECT ocel_event_id, ocel_object_id FROM event_object"):
        gathered.about(_text(event), _text(thing))


def _rows(db: sqlite3.Connection, table: str, order: str = "") -> Iterator[dict[str, Any]]:
    if '"' in table or "\0" in table:
        raise BadLog(f"类型名不合法：{table!r}", f"no name for a type: {table!r}")
    found = db.execute(f'SELECT * FROM "{table}" {order}')
    heads = [h[0] for h in found.description]
    for row in found:
        yield dict(zip(heads, row, strict=True))


def _key(row: dict[str, Any]) -> str:
    return _text(row.get("ocel_id"))


def _values(row: dict[str, Any]) -> Values:
    return [(h, _plain(v)) for h, v in row.items() if not h.startswith("ocel_") and v is not None]


def _plain(value: Any) -> Any:
    return _text(value) if isinstance(value, bytes) else value


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
