"""Bad files say where and why and leave nothing behind; details of XES are read as the standard means them."""

from __future__ import annotations

import gzip
import io
import json
import time
import tracemalloc
from pathlib import Path

import pytest

from tests.insight.logs import HEAD, event, file, log, trace, xes
from yingshang.insight import ocel_writing, packing, xml_stream
from yingshang.insight.errors import BadLog
from yingshang.insight.measures import measure
from yingshang.insight.reading import read

GOOD = trace("c1", event("收件", "2023-01-02T09:00:00+08:00"), event("办结", "2023-01-04T09:00:00+08:00"))
ENTITY = '<?xml version="1.0"?>\n<!DOCTYPE log [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n<log></log>'

BAD = {
    "cut off": (xes(GOOD)[:300], 5, "cut off"),
    "cut off in a trace": (HEAD + "<trace>\n<event>\n", 5, "cut off"),
    "not xml": (xes("<trace><event></trace>"), 3, "not well-formed"),
    "another root": ("<?xml version='1.0'?>\n<html></html>", 2, "not an XES log"),
    "attribute outside": ("<string key='a' value='b'/>", 1, "not an XES log"),
    "a bomb": (ENTITY, 2, "document type"),
    "a time that is none": (xes(trace("c", "\n" + event("a", "yesterday"))), 5, "no date: 'yesterday'"),
    "a number that is none": (xes("<trace>\n<int key='n' value='many'/></trace>"), 4, "no int: 'many'"),
    "a truth that is none": (xes("<trace><boolean key='n' value='maybe'/></trace>"), 3, "no boolean"),
    "a number beyond measure": (xes(f"<trace>\n<int key='n' value='{'9' * 4000}'/></trace>"), 4, "no int"),
    "a day that is none": (xes(trace("c", "\n" + event("a", "2023-02-30T00:00:00Z"))), 5, "no date"),
    "a year before all": (xes(trace("c", "\n" + event("a", "0001-01-01T00:00:00+14:00"))), 5, "no date"),
    "a year after all": (xes(trace("c", "\n" + event("a", "9999-12-31T23:59:59-12:00"))), 5, "no date"),
    "a zone that is none": (xes(trace("c", "\n" + event("a", "2023-01-01T00:00:00+99:00"))), 5, "no date"),
    "no key": (xes("<trace><string value='x'/></trace>"), 3, "no key"),
    "no value": (xes("<trace>\n\n<string key='x'/></trace>"), 5, "'x' has no value"),
    "a trace in a trace": (xes("<trace><trace></trace></trace>"), 3, "stands where none may"),
    "an event in an event": (xes("<trace><event><event/></event></trace>"), 3, "stands where none may"),
    "too deep": (xes("<container key='x'>" * 99), 3, "nested more than"),
    "ocel without objects": ("<log><object-types></object-types></log>", 0, "no objects"),
    "nothing": ("", 0, "empty"),
    "another encoding": ('<?xml version="1.0" encoding="no-such"?><log/>', 1, "not well-formed"),
    "no names at all": (xes("<trace><event><string key='x' value='y'/></event></trace>"), 0, "'concept:name'"),
    "a zip that is none": ("PK\3\4 and so on", 0, "damaged"),
    "not json": ('{"events": [\n{},]}', 2, "not as OCEL"),
    "json of something else": ('{"a": 1}', 0, "not OCEL"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_files_say_where_and_why(name: str, tmp_path: Path) -> None:
    text, line, reason = BAD[name]
    path = file(tmp_path, text, "坏.xes")
    with pytest.raises(BadLog) as caught:
        read(path, tmp_path / "log")
    error = caught.value
    assert (error.file, error.line) == ("坏.xes", line)
    assert (reason in error.said_en and f"line {line}" in error.said_en) or not line
    assert "坏.xes" in error.said_zh
    assert [p.name for p in tmp_path.iterdir()] == ["坏.xes"]


@pytest.mark.parametrize("cut", [10, 200, -9])
def test_a_packed_file_that_was_cut_off(cut: int, tmp_path: Path) -> None:
    whole = gzip.compress(xes(*[trace(f"c{n}", event("a", "2023-01-01T00:00:00Z")) for n in range(2000)]).encode())
    path = file(tmp_path, b"")
    path.write_bytes(whole[:cut])
    with pytest.raises(BadLog, match=r"cut off|damaged"):
        read(path, tmp_path / "log")
    path.write_bytes(whole[:100] + b"\0\0\0\0\0\0" + whole[106:])
    with pytest.raises(BadLog, match=r"damaged|not well-formed|cut off"):
        read(path, tmp_path / "log")
    assert [p.name for p in tmp_path.iterdir()] == ["log.xes"]


def test_a_file_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_BYTES", 1 << 20)
    path = file(tmp_path, xes(*[GOOD] * 5000), "log.xes.gz")
    with pytest.raises(BadLog, match="once unpacked"):
        read(path, tmp_path / "log")


def test_an_attribute_without_end_is_not_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "MOST_UNPARSED", 1 << 20)
    path = file(tmp_path, xes(f"<trace><string key='x' value='{'y' * (8 << 20)}'/></trace>"))
    with pytest.raises(BadLog, match="longer than any"):
        read(path, tmp_path / "log")


def test_memory_does_not_grow_with_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from yingshang.insight import writing

    monkeypatch.setattr(writing, "BATCH", 2_000)
    peaks = []
    for n, count in enumerate((2_000, 20_000)):
        path = file(tmp_path, xes(*[GOOD.replace("c1", f"c{i}") for i in range(count)]), f"{n}.xes.gz")
        tracemalloc.start()
        read(path, tmp_path / f"log{n}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def test_what_is_missing_is_counted_and_told(tmp_path: Path) -> None:
    found = log(
        tmp_path,
        trace("c1", event("a"), event("b", "2023-01-02T00:00:00Z"), event("", "2023-01-01T00:00:00Z")),
        "<trace></trace>",
        event("stray", "2023-01-01T00:00:00Z"),
        trace("c2", event("a", "2023-01-05T00:00:00Z")),
    )
    t = measure(found).totals
    assert (t.cases, t.empty_cases, t.events, t.untimed, t.disordered, t.variants) == (2, 1, 4, 1, 1, 2)
    assert (t.median_days, t.p90_days) == (0.5, 0.9)
    told = " ".join(en for _zh, en in found.note.notes)
    assert "1 events belong to no case" in told
    assert "1 events do not say what" in told
    assert "1 cases have no name" in told
    assert "1 cases have no event" in told


def test_times_are_read_with_their_zones(tmp_path: Path) -> None:
    texts = (
        "2023-01-01T08:00:00+08:00",
        "2023-01-01T00:00:00Z",
        "2023-01-01T08:00:00",
        "2022-12-31T16:00:00.000000-08:00",
    )
    found = log(tmp_path, trace("c", *[event("a", t) for t in texts]))
    (case,) = found.rows()
    assert len({e.time for e in case.events}) == 1


def test_the_order_is_that_of_the_file(tmp_path: Path) -> None:
    found = log(tmp_path, trace("c", event("b", "2023-01-03T00:00:00Z"), event("a", "2023-01-01T00:00:00Z")))
    report = measure(found)
    assert report.variants[0].steps == ("b", "a")
    assert (report.totals.median_days, report.totals.disordered) == (2, 1)


def test_another_attribute_names_the_activity(tmp_path: Path) -> None:
    path = file(tmp_path, xes(trace("c", event("01", "2023-01-01T00:00:00Z", activityNameEN="register"))))
    assert read(path, tmp_path / "log", activity="activityNameEN").note.activities == ["register"]


def test_prefixes_and_other_encodings(tmp_path: Path) -> None:
    text = (
        '<?xml version="1.0" encoding="UTF-16"?><x:log xmlns:x="http://www.xes-standard.org/"><x:trace><x:event>'
        '<x:string key="concept:name" value="收件"/></x:event></x:trace></x:log>'
    )
    found = read(file(tmp_path, text.encode("utf-16")), tmp_path / "log")
    assert found.note.activities == ["收件"]


def test_a_json_that_refers_to_nothing(tmp_path: Path) -> None:
    told = {"events": [{"id": "e", "type": "a", "time": "2023-01-01T00:00:00Z", "relationships": [{"objectId": "x"}]}],
            "objects": []}  # fmt: skip
    with pytest.raises(BadLog, match="not there"):
        read(file(tmp_path, json.dumps(told), "a.json"), tmp_path / "log")


def test_what_a_file_says_of_itself_is_shown_as_it_is(tmp_path: Path) -> None:
    text = xes(trace("c", event("a", "\u202e3202" + "9" * 5000)))
    with pytest.raises(BadLog) as caught:
        read(file(tmp_path, text, "\u202e坏.xes"), tmp_path / "log")
    assert "\\u202e3202" in caught.value.zh
    assert len(caught.value.zh) < 1000
    assert "\u202e" not in caught.value.said_zh + caught.value.said_en


@pytest.mark.parametrize("start", ["\n<log>", '\n{"events": ['])
def test_a_bomb_is_left_alone_in_a_moment(start: str, tmp_path: Path) -> None:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb") as packed:
        packed.write(start.encode())
        for _mb in range(300):
            packed.write(b" " * (1 << 20))
    began = time.process_time()
    with pytest.raises(BadLog, match="line 2: unpacks to more than 400 times its size"):
        read(file(tmp_path, out.getvalue(), "log"), tmp_path / "log.d")
    assert time.process_time() - began < 2


def test_packed_twice(tmp_path: Path) -> None:
    found = read(file(tmp_path, gzip.compress(xes(GOOD).encode()), "log.xes.gz"), tmp_path / "log")
    assert measure(found).totals.events == 2


def test_what_is_beyond_all_numbers_is_no_cost(tmp_path: Path) -> None:
    told = '<float key="cost:total" value="NaN"/>'
    found = log(tmp_path, trace("c", event("a", "2023-01-01T00:00:00Z").replace("</event>", f"{told}</event>")))
    (case,) = found.rows()
    assert (case.events[0].cost, case.events[0].attributes) == (None, [("float", "cost:total", "NaN", [])])
    again = "".join(ocel_writing.write(found.rows, found.note.activities))
    assert read(file(tmp_path, again, "a.json"), tmp_path / "again").note.activities == ["a"]
