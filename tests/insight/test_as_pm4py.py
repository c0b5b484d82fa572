"""Logs with what real logs have wrong or unusual: counted as pm4py counts them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.insight.logs import event, file, trace, xes
from yingshang.insight.measures import measure
from yingshang.insight.reading import read

#: Counts are those of the table that pm4py makes of a log. What it cannot count where names or times are missing it is
#: asked of the events that have them.
_PM4PY = """
import json, sys, warnings
warnings.simplefilter("ignore")
import numpy, pm4py
from pm4py.objects.log.importer.xes import importer
found = {}
for path in sys.argv[1:]:
    log = pm4py.convert_to_dataframe(importer.apply(path, parameters={"show_progress_bar": False}))
    told = {
        "cases": int(log["case:concept:name"].nunique()), "events": len(log),
        "activities": int(log["concept:name"].nunique()),
    }
    if log["concept:name"].notna().all():
        variants = log.assign(**{"time:timestamp": log["time:timestamp"].ffill()})
        told["variants"] = len(pm4py.get_variants(variants))
    timed = log.dropna(subset=["time:timestamp", "concept:name"])
    days = numpy.array(pm4py.get_all_case_durations(timed)) / 86400
    told |= {"median_days": float(numpy.median(days)), "p90_days": float(numpy.percentile(days, 90))}
    found[path.rpartition("/")[2].partition(".")[0]] = told
print(json.dumps(found))
"""


def _at(day: int, hour: int = 0, zone: str = "Z") -> str:
    return f"2023-01-{day:02}T{hour:02}:00:00{zone}"


_START, _COMPLETE = {"lifecycle__transition": "start"}, {"lifecycle__transition": "complete"}
_GLOBALS = (
    '<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>\n'
    '<global scope="trace"><string key="concept:name" value="__INVALID__"/></global>\n'
    '<global scope="event"><string key="concept:name" value="__INVALID__"/>'
    '<date key="time:timestamp" value="1970-01-01T00:00:00Z"/></global>\n'
    '<classifier name="Activity" keys="concept:name lifecycle:transition"/>\n<string key="source" value="x"/>\n'
)
_NAMELESS = f'<event><date key="time:timestamp" value="{_at(2)}"/></event>'
_PLAIN = (event("a", _at(1)), event("b", _at(3)))
LOGS = {
    "plain": xes(trace("c1", *_PLAIN), trace("c2", event("a", _at(1)), event("b", _at(9)))),
    "untimed": xes(
        trace("c1", event("a", _at(1)), event("b"), event("c", _at(4))),
        trace("c2", event("a"), event("b", _at(2)), event("c", _at(4))),
        trace("c3", event("a", _at(1)), event("b", _at(2)), event("c")),
    ),
    "nameless": xes(trace("c1", event("a", _at(1)), _NAMELESS, event("c", _at(3))), trace("c2", *_PLAIN)),
    "lifecycles": xes(
        *[
            trace(f"c{n}", event("a", _at(1), **_START), event("a", _at(2 + n), **_COMPLETE), event("b", _at(4 + n)))
            for n in range(3)
        ],
        trace("c9", event("a", _at(1), **_COMPLETE), event("b", _at(2), **_START)),
    ),
    "one_name": xes(
        trace("c1", *_PLAIN),
        trace("c2", event("a", _at(1)), event("b", _at(2))),
        trace("c1", event("a", _at(10)), event("c", _at(20))),
        trace("c3", event("a", _at(10)), event("c", _at(20))),
    ),
    "empty": xes("<trace></trace>", trace("c0"), trace("c1", *_PLAIN)),
    "globals": xes(_GLOBALS, trace("c1", *_PLAIN), trace("c2", event("a", _at(1)), event("b", _at(9)))),
    "nested": xes(
        trace(
            "c1",
            '<event><string key="concept:name" value="a"/><string key="more"><string key="concept:name" value="z"/>'.replace(
                '"more"', '"more" value="m"'
            )
            + f'</string><date key="time:timestamp" value="{_at(1)}"/></event>',
            event("b", _at(3)),
            also='<list key="l"><values><string key="concept:name" value="z"/></values></list>',
        ),
        trace("c2", *_PLAIN),
    ),
    "zones": xes(
        trace("c1", event("a", _at(1, 8, "+08:00")), event("b", _at(1, 0, "-05:00"))),
        trace("c2", event("a", _at(1)), event("b", "2023-01-01T05:30:00.123456+05:30")),
        trace("c3", event("a", "2023-03-26T01:30:00+01:00"), event("b", "2023-03-26T03:30:00+02:00")),
    ),
    "local": xes(trace("c1", event("a", _at(1, 0, "")), event("b", _at(2, 5, "")))),
    "signs": xes(trace("c1", event("A", _at(1)), event("a ", _at(2)), event("a", _at(2)), event("é", _at(3)))),
    "two_of_a_key": xes(trace("c1", *_PLAIN, also='<string key="concept:name" value="other"/>'), trace("c1", *_PLAIN)),
}  # fmt: skip


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("logs")
    paths = [str(file(folder, text, f"{name}.xes")) for name, text in LOGS.items()]
    done = subprocess.run([sys.executable, "-c", _PM4PY, *paths], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", LOGS)
def test_as_pm4py_counts(name: str, theirs: dict[str, Any], tmp_path: Path) -> None:
    ours = measure(read(file(tmp_path, LOGS[name], f"{name}.xes.gz"), tmp_path / "log")).totals
    for figure, value in theirs[name].items():
        assert getattr(ours, figure) == pytest.approx(value, rel=1e-9), figure


def test_the_same_packed_in_any_way(tmp_path: Path) -> None:
    text = LOGS["one_name"].encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("日志.xes", text)
    paths = [file(tmp_path, text), file(tmp_path, text, "log.xes.gz"), file(tmp_path, out.getvalue(), "log.zip")]
    found = [measure(read(path, tmp_path / f"from {path.name}")) for path in paths]
    assert found[0] == found[1] == found[2]


def test_traces_of_one_name_are_one_case(tmp_path: Path) -> None:
    def told(key: str, day: int) -> str:
        return f'<date key="{key}" value="{_at(day)}"/>'

    text = xes(
        trace("c1", *_PLAIN, also=told("deadline", 12)),
        trace("", event("x", _at(1))),
        trace("c1", event("a", _at(20)), also=told("deadline", 30)),
        trace("", event("x", _at(2))),
    )
    found = read(file(tmp_path, text), tmp_path / "log")
    rows = list(found.rows())
    assert [(c.name, [e.activity for e in c.events]) for c in rows] == [("c1", list("aba")), ("", ["x"]), ("", ["x"])]
    report = measure(found)
    assert (report.totals.cases, report.totals.due_cases, report.totals.overdue, report.totals.repeats) == (3, 1, 1, 1)
    assert any("1 traces have the name of one before" in en for _zh, en in report.notes)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
