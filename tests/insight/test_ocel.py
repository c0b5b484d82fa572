"""OCEL 2.0 as XML, JSON and SQLite: what is wrong is told with its line, and nothing is half there."""

from __future__ import annotations

import json
import sqlite3
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from tests.insight.logs import file
from yingshang.insight import json_items, ocel_xml_reading, xml_stream
from yingshang.insight.errors import BadLog
from yingshang.insight.measures import measure
from yingshang.insight.reading import read
from yingshang.insight.rows import CaseRow

XML = """<?xml version="1.0" encoding="UTF-8"?>
<log>
 <object-types><object-type name="permit"><attributes>
  <attribute name="deadline" type="time"/><attribute name="fee" type="integer"/><attribute name="open" type="boolean"/>
 </attributes></object-type><object-type name="desk"/></object-types>
 <event-types><event-type name="收件"><attributes><attribute name="cost" type="float"/></attributes></event-type>
  <event-type name="办结"/></event-types>
 <objects>
  <object id="p1" type="permit"><attributes>
   <attribute name="deadline" time="1970-01-01T00:00:00Z">2023-01-03T00:00:00Z</attribute>
   <attribute name="fee" time="1970-01-01T00:00:00Z">7</attribute>
   <attribute name="fee" time="2023-01-02T00:00:00Z">9</attribute>
   <attribute name="open" time="1970-01-01T00:00:00Z">true</attribute></attributes>
   <objects><relationship object-id="p2" qualifier="before"/></objects></object>
  <object id="p2" type="permit"/>
  <object id="d" type="desk"/>
 </objects>
 <events>
  <event id="e2" type="办结" time="2023-01-05T00:00:00Z"><objects><relationship object-id="p1" qualifier=""/></objects></event>
  <event id="e1" type="收件" time="2023-01-01T00:00:00Z"><attributes><attribute name="cost">1.5</attribute>
   <attribute name="unit">窗口</attribute></attributes>
   <objects><relationship object-id="p1" qualifier="of"/><relationship object-id="p1" qualifier="again"/>
   <relationship object-id="d" qualifier="at"/></objects></event>
  <event id="e3" type="收件" time="2023-01-09T00:00:00Z"><objects><relationship object-id="d" qualifier="at"/></objects></event>
 </events>
</log>
"""


def _as_json() -> dict[str, Any]:
    """The same log."""
    first = "1970-01-01T00:00:00Z"
    return {
        "objectTypes": [], "eventTypes": [],
        "events": [
            {"id": "e2", "type": "办结", "time": "2023-01-05T00:00:00Z", "relationships": [{"objectId": "p1"}]},
            {"id": "e1", "type": "收件", "time": "2023-01-01T00:00:00Z",
             "attributes": [{"name": "cost", "value": 1.5}, {"name": "unit", "value": "窗口"}],
             "relationships": [{"objectId": "p1"}, {"objectId": "p1"}, {"objectId": "d"}]},
            {"id": "e3", "type": "收件", "time": "2023-01-09T00:00:00Z", "relationships": [{"objectId": "d"}]},
        ],
        "objects": [
            {"id": "p1", "type": "permit", "attributes": [
                {"name": "deadline", "time": first, "value": "2023-01-03T00:00:00Z"},
                {"name": "fee", "time": first, "value": 7}, {"name": "fee", "time": "2023-01-02T00:00:00Z", "value": 9},
                {"name": "open", "time": first, "value": True}]},
            {"id": "p2", "type": "permit"}, {"id": "d", "type": "desk"},
        ],
    }  # fmt: skip


JSON = json.dumps(_as_json(), ensure_ascii=False, indent=1)


def _rows(path: Path, folder: Path) -> list[CaseRow]:
    found = read(path, folder, object_type="permit")
    t = measure(found).totals
    assert (t.cases, t.events, t.median_days, t.due_cases, t.overdue) == (1, 2, 4, 1, 1)  # p2 has no events
    assert any("1 events are about none" in en for _zh, en in found.note.notes)
    return list(found.rows())


def test_the_same_log_in_two_formats(tmp_path: Path) -> None:
    first, second = from_xml = _rows(file(tmp_path, XML, "a.xml"), tmp_path / "xml")
    assert [(e.activity, e.cost, e.unit) for e in first.events] == [("收件", 1.5, "窗口"), ("办结", None, "")]
    assert [a[:3] for a in first.attributes[1:]] == [("int", "fee", "7"), ("boolean", "open", "true")]
    assert (second.name, second.events) == ("p2", [])
    assert _rows(file(tmp_path, JSON, "a.json"), tmp_path / "json") == from_xml
    # Packed, in another encoding, with a prefix.
    assert _rows(file(tmp_path, XML, "a.xml.gz"), tmp_path / "gz") == from_xml
    assert _rows(file(tmp_path, JSON.encode("utf-16"), "b.json"), tmp_path / "json16") == from_xml
    other = XML.replace("UTF-8", "UTF-16").replace("<log>", '<log xmlns="http://www.ocel-standard.org/">')
    assert _rows(file(tmp_path, other.encode("utf-16"), "b.xml"), tmp_path / "xml16") == from_xml


def _line(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


BAD_XML = {
    "cut off": (lambda x: x[: x.index("e3")], "e3", "cut off"),
    "cut off between events": (lambda x: x[: x.index('<event id="e3"')], 'event id="e3"', "cut off"),
    "a bomb": (lambda x: x.replace("<log>", '<!DOCTYPE log [<!ENTITY a "aaaa">]>\n<log>'), "DOCTYPE", "document type"),
    "an outer entity": (
        lambda x: x.replace("<log>", '<!DOCTYPE log SYSTEM "file:///etc/passwd">\n<log>'), "DOCTYPE", "document type",
    ),
    "an entity that is none": (lambda x: x.replace("窗口", "&secret;"), "&secret;", "undefined entity"),
    "an object of no type": (lambda x: x.replace('"p2" type="permit"', '"p2"'), '"p2"/', "object has no type"),
    "an event of no time": (lambda x: x.replace(' time="2023-01-09T00:00:00Z"', ""), 'id="e3"', "event has no time"),
    "a time that is none": (lambda x: x.replace("2023-01-09T", "昨天"), "昨天", "makes no sense"),
    "a number that is none": (lambda x: x.replace(">9<", ">九<"), ">九<", "'fee' is no integer"),
    "a date that is none": (lambda x: x.replace(">2023-01-03T", ">2023-13-03T"), "2023-13", "'deadline' is no time"),
    "a float that is none": (lambda x: x.replace("1.5", "1,5"), "1,5", "'cost' is no float"),
    "a truth that is none": (lambda x: x.replace(">true<", ">ja<"), ">ja<", "'open' is no boolean"),
    "an id twice": (lambda x: x.replace('"e3"', '"e1"'), '"2023-01-09', "two of events have the id 'e1'"),
    "an object twice": (lambda x: x.replace('id="p2"', 'id="p1"'), '"p1" type="permit"/', "two of objects have the id"),
    "about nothing": (lambda x: x.replace('"d" qualifier="at"/></objects></event>\n </', '"x"/></objects></event>\n </'),
                      '"x"', "not there: 'x'"),
    "a relation without id": (lambda x: x.replace('object-id="p1" qualifier="again"', ""), "<relationship />", "object-id"),
    "an attribute without name": (lambda x: x.replace('name="unit"', ""), "窗口", "no name"),
    "something else": (lambda x: x.replace("<events>", "<trace/>\n<events>"), "<trace/>", "no trace may stand here"),
    "text where none may be": (lambda x: x.replace("<events>", "和\n<events>"), "和", "no text"),
    "too deep": (lambda x: x.replace("窗口", "<b>x</b>"), "<b>", "no b may stand here"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_XML)
def test_bad_xml(name: str, tmp_path: Path) -> None:
    change, at, reason = BAD_XML[name]
    text = change(XML)
    assert text != XML
    line = _line(text, at) if at in text else _line(XML, at)
    _refused(file(tmp_path, text, "坏.xml"), line, reason)


def _refused(path: Path, line: int, reason: str) -> None:
    with pytest.raises(BadLog) as caught:
        read(path, path.parent / "log", object_type="permit")
    assert reason in caught.value.said_en
    assert (caught.value.file, caught.value.line) == (path.name, line)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


BAD_JSON = {
    "cut off": (lambda x: x[: x.index("e3") + 1], '"e3', "cut off"),
    "cut off between events": (lambda x: x[: x.index(',\n  {\n   "id": "e3"') + 1], '{\n   "id": "e3"', "cut off"),
    "cut off in a sign": (lambda x: x.encode()[: x.encode().index("窗口".encode()) + 1], '窗口"', "cut off"),
    "a comma too many": (lambda x: x.replace('"id": "e3",', '"id": "e3",,'), '"id": "e3"', "not JSON"),
    "another encoding": (lambda x: x.encode("gb18030"), "办结", "not encoded as utf-8"),
    "no number": (lambda x: x.replace("1.5", "NaN"), "1.5", "NaN is not JSON"),
    "a number without end": (lambda x: x.replace("1.5", "9" * 5000), "1.5", "not JSON"),
    "half a sign": (lambda x: x.replace("窗口", "\\ud800"), "e1", "surrogates"),
    "too deep": (lambda x: x.replace("1.5", "[" * 200_000), "1.5", "recursion"),
    "an object of no type": (lambda x: x.replace('"type": "desk"', '"type": null'), "desk", "has no type"),
    "an event that is none": (lambda x: x.replace('"events": [', '"events": [7,'), '"events": [', "has no id"),
    "no array": (lambda x: x.replace('"objects": [', '"objects": 7, "x": ['), '"objects": [', "has to be an array"),
    "attributes that are none": (lambda x: x.replace('"relationships": [', '"attributes": 3, "relationships": [', 1),
                                 '"id": "e2"', "attributes has to be an array"),
    "an event of no time": (lambda x: x.replace('"time": "2023-01-09T00:00:00Z",', ""), '"id": "e3"', "makes no sense"),
    "an id twice": (lambda x: x.replace('"e3"', '"e1"'), '"id": "e3"', "two of events have the id 'e1'"),
    "more behind": (lambda x: x + "\n7", "\n7", "more after"),
    "no end": (lambda x: x[:-1], "", "cut off"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_JSON)
def test_bad_json(name: str, tmp_path: Path) -> None:
    change, at, reason = BAD_JSON[name]
    found = change(JSON)
    assert found != JSON
    path = file(tmp_path, found, "坏.json")
    with pytest.raises(BadLog) as caught:
        read(path, tmp_path / "log", object_type="permit")
    error = caught.value
    assert reason in error.said_en
    # A fault inside an event is told with the line on which the event begins, or its own.
    near = (_line(JSON, at) if at and at in JSON else JSON.count("\n") + 1, error.line)
    assert abs(near[0] - near[1]) <= 8 and error.line, near
    assert [p.name for p in tmp_path.iterdir()] == ["坏.json"]


def test_json_in_pieces_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = _rows(file(tmp_path, JSON, "a.json"), tmp_path / "whole")
    for size in (4, 7, 64):
        monkeypatch.setattr(json_items, "CHUNK", size)
        assert _rows(file(tmp_path, JSON, "b.json"), tmp_path / f"in {size}") == wanted


BAD_SQLITE = {
    "two objects of one id": ("INSERT INTO object VALUES ('p1', 'permit')", "two of objects have the id 'p1'"),
    "about nothing": ("INSERT INTO event_object VALUES ('e1', 'x', '')", "not there: 'x'"),
    "an event without a row": ("INSERT INTO event VALUES ('e9', 'decide')", "event e9 has no row"),
    "a relation of no event": ("INSERT INTO event_object VALUES ('e8', 'p1', '')", "event e8 has no row"),
    "a time that is none": ("UPDATE event_Decide SET ocel_time = 'soon'", "the time of event e1 makes no sense: 'soon'"),
    "no time": ("UPDATE event_Decide SET ocel_time = NULL", "the time of event e1 makes no sense"),
    "no table": ("DROP TABLE event_Decide", "no such table: event_Decide"),
    "a view": ("CREATE VIEW v AS SELECT 1", "views"),
    "a trigger": ("CREATE TRIGGER t AFTER INSERT ON object BEGIN DELETE FROM object; END", "views"),
    "a name that is none": ("UPDATE event_map_type SET ocel_type_map = 'a\"; DROP TABLE object; --'", "no name for a type"),
    "no text": ("UPDATE event SET ocel_id = CAST(x'ff' AS TEXT)", "not OCEL 2.0"),
}  # fmt: skip


@pytest.mark.parametrize("name", [*BAD_SQLITE, "cut off"])
def test_bad_sqlite(name: str, tmp_path: Path) -> None:
    path = tmp_path / "坏.sqlite"
    with sqlite3.connect(path) as db:
        db.executescript(
            """
            CREATE TABLE event (ocel_id TEXT, ocel_type TEXT);
            CREATE TABLE object (ocel_id TEXT, ocel_type TEXT);
            CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT);
            CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT);
            CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
            CREATE TABLE event_Decide (ocel_id TEXT, ocel_time TEXT);
            CREATE TABLE object_Permit (ocel_id TEXT, ocel_time TEXT, ocel_changed_field TEXT);
            INSERT INTO event_map_type VALUES ('decide', 'Decide');
            INSERT INTO object_map_type VALUES ('permit', 'Permit');
            INSERT INTO object VALUES ('p1', 'permit');
            INSERT INTO event VALUES ('e1', 'decide');
            INSERT INTO event_Decide VALUES ('e1', '2023-01-05T00:00:00Z');
            INSERT INTO event_object VALUES ('e1', 'p1', '');
            """
        )
    db.close()
    if name == "cut off":
        raw = path.read_bytes()
        path.write_bytes(raw[: len(raw) // 2])
        _refused(path, 0, "not OCEL 2.0 as SQLite")
        return
    change, reason = BAD_SQLITE[name]
    with sqlite3.connect(path) as db:
        db.execute(change)
    db.close()
    _refused(path, 0, reason)


@pytest.mark.parametrize("ending", ["xml", "json"])
def test_what_has_no_end_is_not_kept_in_memory(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "MOST_UNPARSED", 1 << 20)
    monkeypatch.setattr(ocel_xml_reading, "MOST_TEXT", 1 << 20)
    monkeypatch.setattr(json_items, "MOST_OF_ITEM", 1 << 20)
    text = (XML if ending == "xml" else JSON).replace("窗口", "口" * (4 << 20))
    path = file(tmp_path, text, f"a.{ending}.gz")
    with pytest.raises(BadLog, match="longer than any"):
        read(path, tmp_path / "log")


@pytest.mark.parametrize("ending", ["xml", "json"])
def test_memory_does_not_grow_with_the_log(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from yingshang.insight import ocel_gathering, writing

    monkeypatch.setattr(writing, "BATCH", 1_000)
    monkeypatch.setattr(ocel_gathering, "_BATCH", 500)
    monkeypatch.setattr(json_items, "CHUNK", 1 << 14)
    peaks = []
    for count in (1_000, 8_000):
        path = file(tmp_path, _long(ending, count), f"{count}.{ending}.gz")
        tracemalloc.start()
        read(path, tmp_path / f"log{count}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # What was read of times is kept, to a bound of its own.
    assert peaks[1] < 1.5 * peaks[0]


def _long(ending: str, count: int) -> str:
    if ending == "json":
        events = [
            {"id": f"e{n}", "type": "收件", "time": "2023-01-01T00:00:00Z", "relationships": [{"objectId": f"c{n}"}]}
            for n in range(count)
        ]
        return json.dumps({"events": events, "objects": [{"id": f"c{n}", "type": "case"} for n in range(count)]})
    objects = "".join(f'<object id="c{n}" type="case"/>' for n in range(count))
    events = "".join(
        f'<event id="e{n}" type="收件" time="2023-01-01T00:00:00Z"><objects><relationship object-id="c{n}" qualifier=""/>'
        "</objects></event>"
        for n in range(count)
    )
    return f"<log><objects>{objects}</objects><events>{events}</events></log>"
