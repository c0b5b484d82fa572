"""What is written is what is read, in both formats, whatever the log holds."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.insight.logs import NEW_YEAR, case, file, store
from yingshang.insight import ocel_writing, ocel_xml_writing, xes_writing
from yingshang.insight.errors import BadLog
from yingshang.insight.measures import measure
from yingshang.insight.reading import read
from yingshang.insight.rows import Attribute, CaseRow, EventRow
from yingshang.insight.store import Store

#: What XML 1.0 can hold.
TEXT = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc", "Cn"], include_characters="\n\t\r", exclude_characters="\ufffe\uffff"
    ),
    max_size=12,
)
NAME = TEXT.filter(lambda t: bool(t.strip()))
MOMENT = st.integers(-2_000_000_000_000_000, 4_000_000_000_000_000)
KEYS = st.sampled_from(["颜色", "n", "x y", 'a"<&', "cost", "question", "deadline", "planned"])


def _values() -> st.SearchStrategy[tuple[str, str]]:
    return st.one_of(
        st.tuples(st.just("string"), TEXT),
        st.tuples(st.just("int"), st.integers(-(10**12), 10**12).map(str)),
        st.tuples(st.just("float"), st.floats(allow_nan=False, allow_infinity=False).map(repr)),
        st.tuples(st.just("boolean"), st.sampled_from(["true", "false"])),
        st.tuples(st.just("date"), st.just("2023-01-02T03:04:05.678+08:00")),
    )


def _attributes(depth: int = 2) -> st.SearchStrategy[list[Attribute]]:
    children = _attributes(depth - 1) if depth else st.just([])
    one = st.builds(lambda k, tv, c: (tv[0], k, tv[1], c), KEYS, _values(), children)
    group = st.builds(lambda k, kind, c: (kind, k, "", c), KEYS, st.sampled_from(["list", "container"]), children)
    return st.lists(one | group, max_size=3, unique_by=lambda a: a[1])


EVENT = st.builds(
    EventRow,
    activity=NAME,
    time=st.none() | MOMENT,
    resource=TEXT,
    unit=TEXT,
    lifecycle=st.sampled_from(["", "complete", "start", "schedule", "withdraw"]),
    instance=TEXT,
    cost=st.none() | st.floats(0, 1e9),
    step=TEXT,
    attributes=_attributes(),
)
CASE = st.builds(
    CaseRow, name=NAME, events=st.lists(EVENT, max_size=5), ended=st.none() | st.booleans(), attributes=_attributes()
)
OFTEN = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def _kept(cases: Iterable[CaseRow], folder: Path, name: str = "made") -> Store:
    return store(folder, cases, name, format="xes")


def _open(held: ExitStack, found: Store) -> Store:
    """The log with its tables kept open: opening them anew costs more than all that is read of such small ones."""
    held.enter_context(found.connect())
    return found


def _xes(found: Store, folder: Path) -> Store:
    return read(file(folder, "".join(xes_writing.write(found.rows(), whole=False)), "log.xes.gz"), folder / "again")


@OFTEN
@given(
    # Traces of one name are read as one case.
    st.lists(CASE, min_size=1, max_size=4, unique_by=lambda c: c.name).filter(
        lambda cases: any(c.events for c in cases)
    )
)
def test_xes(cases: list[CaseRow]) -> None:
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as held:
        folder = Path(scratch)
        once = _open(held, _kept(cases, folder))
        again = _open(held, _xes(once, folder))
        for before, after in zip(once.rows(), again.rows(), strict=True):
            # Only a log that was read knows what its attributes say about due times.
            due = [a for a in before.attributes if a[:2] == ("date", "deadline")]
            assert (after.due is not None) == bool(due)
            assert _plain(after) == _plain(before)
        a, b = measure(once).totals, measure(again).totals
        assert (a.variants, a.paths, a.median_days, a.repeats) == (b.variants, b.paths, b.median_days, b.repeats)


def _plain(case: CaseRow) -> tuple[object, ...]:
    events = [
        (e.activity, e.time, e.resource, e.unit, e.lifecycle, e.instance, e.cost, e.step, _said(e.attributes))
        for e in case.events
    ]
    return case.name, case.ended, _said(case.attributes), events


def _said(attributes: list[Attribute]) -> list[Attribute]:
    """Without what the columns say already."""
    return [a for a in attributes if not a[1].startswith("ys:")]


@OFTEN
@given(
    st.lists(CASE, min_size=1, max_size=4).filter(
        lambda cases: any(e.time is not None for c in cases for e in c.events)
    )
)
def test_ocel(cases: list[CaseRow]) -> None:
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as held:
        folder = Path(scratch)
        once = _open(held, _kept(cases, folder))
        as_xml = "".join(ocel_xml_writing.write(once.rows, once.note.activities))
        from_xml = list(read(file(folder, as_xml, "log.xml"), folder / "xml").rows())
        text = "".join(ocel_writing.write(once.rows, once.note.activities))
        log = json.loads(text)
        ids = {o["id"] for o in log["objects"]}
        assert len(ids) == len(log["objects"])
        assert all(r["objectId"] in ids for e in log["events"] for r in e["relationships"])
        again = _open(held, read(file(folder, text, "log.json"), folder / "again"))
        for before, after in zip(once.rows(), again.rows(), strict=True):
            timed = sorted((e for e in before.events if e.time is not None), key=lambda e: e.time or 0)
            # OCEL has no order among events but their times.
            assert [(e.activity, e.time, e.unit, e.step) for e in after.events] == [
                (e.activity, e.time, e.unit, e.step) for e in timed
            ]
            assert after.ended == before.ended
        for before, after in zip(again.rows(), from_xml, strict=True):
            assert _bare(after) == _bare(before)


def _bare(case: CaseRow) -> tuple[object, ...]:
    events = [
        (e.activity, e.time, e.resource, e.unit, e.lifecycle, e.instance, e.cost, e.step, _texts(e.attributes))
        for e in case.events
    ]
    return case.name, case.due, case.closed, case.ended, _texts(case.attributes), events


def _texts(attributes: list[Attribute]) -> list[tuple[str, str]]:
    """In JSON every value has its own type, in XML its attribute has one."""
    return [(key, value) for _kind, key, value, _children in attributes]


def test_beginnings_of_the_house_become_start_events(tmp_path: Path) -> None:
    made = case("c", ("收件", 0), ("审核", 2), ("办结", 5))
    made.events[1].begun = NEW_YEAR + 86_400_000_000
    made.events[2].begun = NEW_YEAR + 43_200_000_000  # began before the step before it ended
    for event in made.events:
        event.lifecycle = "complete"
    once = store(tmp_path, [made])
    again = _xes(once, tmp_path)
    before, after = measure(once), measure(again)
    assert [(s.name, s.waited_days, s.worked_days) for s in after.steps] == [
        (s.name, s.waited_days, s.worked_days) for s in before.steps
    ]
    assert after.totals.working_share == before.totals.working_share == 4.5 / 5
    assert (after.totals.events, after.totals.step_events, after.totals.disordered) == (5, 3, 0)


def test_ocel_as_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with sqlite3.connect(path) as db:
        db.executescript(
            """
            CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT);
            CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT);
            CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT);
            CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT);
            CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
            CREATE TABLE event_Receive (ocel_id TEXT, ocel_time TEXT, resource TEXT, fee INTEGER);
            CREATE TABLE event_Decide (ocel_id TEXT, ocel_time TEXT, dueDate TEXT);
            CREATE TABLE object_Desk (ocel_id TEXT, ocel_time TEXT, ocel_changed_field TEXT);
            CREATE TABLE object_Permit (ocel_id TEXT, ocel_time TEXT, ocel_changed_field TEXT, deadline TEXT);
            INSERT INTO event_map_type VALUES ('receive it', 'Receive'), ('decide', 'Decide');
            INSERT INTO object_map_type VALUES ('permit', 'Permit'), ('desk', 'Desk');
            INSERT INTO object VALUES ('p1', 'permit'), ('p2', 'permit'), ('d', 'desk');
            INSERT INTO object_Permit VALUES ('p1', '1970-01-01', NULL, '2023-01-03T00:00:00+00:00');
            INSERT INTO event VALUES ('e1', 'receive it'), ('e2', 'decide'), ('e3', 'receive it');
            INSERT INTO event_Receive VALUES ('e1', '2023-01-01T00:00:00Z', 'Ann', 7), ('e3', '2023-01-09T00:00:00Z', NULL, NULL);
            INSERT INTO event_Decide VALUES ('e2', '2023-01-05T00:00:00Z', '2023-01-04T00:00:00Z');
            INSERT INTO event_object VALUES ('e1', 'p1', ''), ('e2', 'p1', ''), ('e2', 'd', ''), ('e3', 'd', '');
            """
        )
    db.close()
    found = read(path, tmp_path / "log", object_type="permit")
    first, second = found.rows()
    assert [(e.activity, e.resource) for e in first.events] == [("receive it", "Ann"), ("decide", "")]
    assert (second.name, second.events) == ("p2", [])
    t = measure(found).totals
    # An object without events is no case.
    assert (t.cases, t.median_days, t.due_cases, t.overdue, t.due_events, t.overdue_events) == (1, 4, 1, 1, 1, 1)
    assert any("1 events are about none" in en for _zh, en in found.note.notes)
    assert len(list(read(path, tmp_path / "other", object_type="desk").rows())) == 1
    for name, pack in (("log.sqlite.gz", gzip.compress), ("log.zip", _zipped)):
        (tmp_path / name).write_bytes(pack(path.read_bytes()))
        packed = read(tmp_path / name, tmp_path / f"from {name}", object_type="permit")
        assert list(packed.rows()) == [first, second]
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE object_Desk")
    db.close()
    with pytest.raises(BadLog, match="no such table: object_Desk"):
        read(path, tmp_path / "broken", object_type="desk")


def _zipped(raw: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("__MACOSX/._log", b"of no meaning")
        made.writestr("日志/log.sqlite", raw)
    return out.getvalue()


def test_programmes_for_process_mining_read_what_is_written(tmp_path: Path) -> None:
    made = [case("c1", ("收件", 0), ("办结", 2), unit="商务局"), case("c2", ("收件", 1), unit="科技局")]
    made[0].attributes = [("int", "级别", "2", []), ("date", "deadline", "2022-01-02T00:00:00+08:00", [])]
    made[0].events[1].attributes = [("string", "说明", "一 <b>&\r\n二", [])]
    once = store(tmp_path, made)
    path = file(tmp_path, "".join(ocel_xml_writing.write(once.rows, once.note.activities)), "log.xml")
    done = subprocess.run([sys.executable, "-c", _PM4PY, str(path)], capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout.splitlines()[-1])
    assert theirs == {
        "events": [["e1", "收件"], ["e3", "收件"], ["e2", "办结"]],
        "objects": ["case:c1", "case:c2", "unit:商务局", "unit:科技局"],
        "relations": 6,
        "said": "一 <b>&\r\n二",
        "level": 2.0,
    }
    # And the other way round.
    again = read(tmp_path / "theirs.xml", tmp_path / "again")
    assert [(c.name, [(e.activity, e.time, e.unit) for e in c.events], c.due) for c in again.rows()] == [
        (c.name, [(e.activity, e.time, e.unit) for e in c.events], c.due) for c in read(path, tmp_path / "ours").rows()
    ]


_PM4PY = """
import json, sys, warnings
warnings.simplefilter("ignore")
import pm4py
log = pm4py.read_ocel2_xml(sys.argv[1])
pm4py.write_ocel2_xml(log, sys.argv[1].replace("log.xml", "theirs.xml"))
things = log.objects.set_index("ocel:oid")
print(json.dumps({
    "events": log.events[["ocel:eid", "ocel:activity"]].values.tolist(), "objects": sorted(things.index),
    "relations": len(log.relations), "said": log.events.set_index("ocel:eid")["说明"]["e2"],
    "level": float(things["级别"]["case:c1"]),
}))
"""
