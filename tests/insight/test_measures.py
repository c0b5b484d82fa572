"""Measures on logs small enough to be counted by hand, and against a plain way of computing them."""

from __future__ import annotations

import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.insight.logs import DAY, NEW_YEAR, case, event, log, store, trace
from yingshang.insight import writing
from yingshang.insight.measures import measure
from yingshang.insight.rows import CaseRow, EventRow


def test_durations_are_interpolated_as_numpy_does(tmp_path: Path) -> None:
    lasting = (1, 2, 4, 8, 3)
    found = measure(store(tmp_path, [case(f"c{n}", ("a", 0), ("b", d)) for n, d in enumerate(lasting)])).totals
    assert found.median_days == np.percentile(lasting, 50)
    assert found.p90_days == pytest.approx(np.percentile(lasting, 90))


def test_ways_back_and_repeats(tmp_path: Path) -> None:
    report = measure(
        store(
            tmp_path,
            [case("c1", ("收", 0), ("审", 1), ("补", 2), ("审", 4), ("结", 5)), case("c2", ("收", 0), ("审", 3))],
        )
    )
    assert {(f.source, f.target): (f.count, f.back) for f in report.flows} == {
        ("收", "审"): (2, 0), ("审", "补"): (1, 0), ("补", "审"): (1, 1), ("审", "结"): (1, 0),
    }  # fmt: skip
    assert (report.totals.repeats, report.totals.repeating_cases) == (1, 1)
    (review,) = [s for s in report.steps if s.name == "审"]
    assert (review.count, review.cases, review.repeats, review.days, review.median_days) == (3, 2, 1, 6, 2)


def test_work_and_waiting_from_start_and_complete(tmp_path: Path) -> None:
    def at(name: str, day: int, life: str, instance: str = "") -> str:
        more = {"lifecycle__transition": life} | ({"concept__instance": instance} if instance else {})
        return event(name, f"2023-01-{day:02}T00:00:00Z", **more)

    found = log(
        tmp_path,
        trace(
            "c",
            at("收", 1, "complete"),
            at("审", 3, "start", "1"),
            at("审", 4, "start", "2"),
            at("审", 7, "complete", "2"),
            at("审", 9, "COMPLETE", "1"),
            at("结", 11, "schedule"),
        ),
    )
    report = measure(found)
    (review,) = [s for s in report.steps if s.name == "审"]
    # From the third to the ninth somebody is at it, six days of the eight between the first step and the last event.
    assert (review.worked_days, review.waited_days) == (6 + 3, 3)
    assert report.totals.working_share == 6 / 10
    assert (report.totals.events, report.totals.step_events) == (6, 3)
    assert (report.totals.variants, report.totals.paths) == (1, 1)


def test_a_log_that_never_says_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BATCH", 2)
    events = [event(n, f"2023-01-0{d}T00:00:00Z", lifecycle__transition="start") for d, n in enumerate("aba", 1)]
    report = measure(log(tmp_path, trace("c1", *events), "<trace/>", trace("c2", *events[:2])))
    assert {(f.source, f.target): f.count for f in report.flows} == {("a", "b"): 2, ("b", "a"): 1}
    assert [v.steps for v in report.variants] == [("a", "b", "a"), ("a", "b")]
    assert (report.totals.repeats, report.totals.working_share) == (1, None)


def test_overdue_counts_what_ended_after_it_was_due(tmp_path: Path) -> None:
    def due(deadline: str, end: str = "", planned: str = "") -> str:
        told = (("deadline", deadline), ("enddate", end), ("endDatePlanned", planned))
        also = "".join(f'<date key="{k}" value="2023-01-{d}T00:00:00Z"/>' for k, d in told if d)
        name = f"c{deadline} {end} {planned}"
        return trace(name, event("a", "2023-01-01T00:00:00Z"), event("b", "2023-01-10T00:00:00Z"), also=also)

    # In time; by the last event; by its own end; its own end in time; by the plan alone; the deadline counts, not the plan.
    cases = [
        due("11"),
        due("09"),
        due("11", "12"),
        due("09", "08"),
        due("", "", "05"),
        due("11", planned="05"),
        due(""),
    ]
    t = measure(log(tmp_path, *cases)).totals
    assert (t.due_cases, t.overdue) == (6, 3)


def test_a_log_without_due_dates_says_so(tmp_path: Path) -> None:
    t = measure(store(tmp_path, [case("c", ("a", 0))])).totals
    assert (t.overdue, t.overdue_events, t.median_days, t.working_share) == (None, None, 0, None)


def test_an_empty_log(tmp_path: Path) -> None:
    report = measure(log(tmp_path))
    assert (report.totals.cases, report.totals.events, report.totals.median_days) == (0, 0, None)
    assert report.steps == report.flows == report.variants == report.months == []


def test_months_and_how_the_mix_of_steps_shifts(tmp_path: Path) -> None:
    january = [case(f"a{n}", ("收", 1), ("审", 2)) for n in range(20)]
    february = [case(f"b{n}", ("收", 32), ("批", 34)) for n in range(20)]
    march = [case("c", ("收", 65))]
    months = measure(store(tmp_path, [*january, *february, *march])).months
    assert [(f"{m.month:%Y-%m}", m.cases, m.median_days) for m in months] == [
        ("2022-01", 20, 1), ("2022-02", 20, 2), ("2022-03", 1, 0),
    ]  # fmt: skip
    assert [m.shift for m in months] == [None, 0.5, None]


def test_places_are_those_of_units(tmp_path: Path) -> None:
    a, b = case("c1", ("收", 0), ("审", 4), unit="甲局"), case("c2", ("收", 0), ("审", 1), unit="乙局")
    places = measure(store(tmp_path, [a, b])).places
    assert [(p.unit, p.step, p.count, p.mean_days) for p in places] == [("甲局", "审", 1, 4), ("乙局", "审", 1, 1)]


LOGS = st.lists(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 400)), max_size=7), min_size=1, max_size=12)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(LOGS, st.integers(1, 9))
def test_as_a_plain_programme_computes_it(told: list[list[tuple[str, int]]], size: int) -> None:
    cases = [
        CaseRow(f"c{n}", [EventRow(a, NEW_YEAR + h * DAY // 24) for a, h in events]) for n, events in enumerate(told)
    ]
    before, writing.BATCH = writing.BATCH, size
    try:
        with tempfile.TemporaryDirectory() as scratch:
            report = measure(store(Path(scratch), cases, format="xes"), variants=100)
    finally:
        writing.BATCH = before
    full = [[a for a, _h in events] for events in told if events]
    assert {v.steps: v.cases for v in report.variants} == Counter(map(tuple, full))
    assert report.totals.variants == len(set(map(tuple, full)))
    flows = Counter((a, b) for way in full for a, b in pairwise(way))
    assert {(f.source, f.target): f.count for f in report.flows} == flows
    assert report.totals.repeats == sum(len(way) - len(set(way)) for way in full)
    late = sum(h < max((x for _a, x in events[:n]), default=h) for events in told for n, (_b, h) in enumerate(events))
    assert report.totals.disordered == late
    lasted = [(max(h for _a, h in e) - min(h for _a, h in e)) / 24 for e in told if e]
    if lasted:
        assert report.totals.median_days == pytest.approx(np.median(lasted))
        assert report.totals.p90_days == pytest.approx(np.percentile(lasted, 90))
    assert report.totals.empty_cases == sum(not e for e in told)
