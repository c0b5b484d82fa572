"""Shares of the elapsed time add up to the whole, whatever overlaps."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from yingshang import timekeeping
from yingshang.processes.calendar import WorkCalendar
from yingshang.projects.shares import NOBODY, Span, divide, percents
from yingshang.projects.standing import without

START = datetime(2022, 9, 1, 9, 0, tzinfo=timekeeping.SHANGHAI)
END = START + timedelta(days=12)
CALENDAR = WorkCalendar.from_chinesecalendar()
moments = st.integers(-1440, 14 * 1440).map(lambda m: START + timedelta(minutes=m))
spans = st.builds(
    lambda p, a, b: Span(p, min(a, b), max(a, b)), st.sampled_from(["a", "b", "c", "applicant"]), moments, moments
)


@given(st.lists(spans, max_size=12))
def test_shares_add_up_to_the_whole(found: list[Span]) -> None:
    shares = divide(found, START, END, CALENDAR.working_seconds_between)
    whole = CALENDAR.working_seconds_between(START, END)
    assert sum(shares.values()) == whole
    assert all(s > 0 for s in shares.values())
    assert sum(percents(shares).values()) == 100


@given(st.lists(spans, max_size=6))
def test_each_minute_is_divided_among_those_who_were_waited_for(found: list[Span]) -> None:
    """Against counting minute by minute."""
    end = START + timedelta(hours=30)

    def minutes(a: datetime, b: datetime) -> int:
        return int((b - a).total_seconds()) // 60

    expected: dict[str, Fraction] = {}
    at = START
    while at < end:
        parties = {s.party for s in found if s.start <= at < s.end} or {NOBODY}
        for party in parties:
            expected[party] = expected.get(party, Fraction()) + Fraction(1, len(parties))
        at += timedelta(minutes=1)
    assert divide(found, START, end, minutes) == expected


def test_three_at_once_have_a_third_each() -> None:
    day = (START, START + timedelta(hours=3))
    shares = divide([Span(p, *day) for p in "abc"], *day, CALENDAR.working_seconds_between)
    assert shares == {"a": 3600, "b": 3600, "c": 3600}
    assert percents(shares) == {"a": 34, "b": 33, "c": 33}


@given(moments, moments, st.lists(st.tuples(moments, moments), max_size=4))
def test_what_is_taken_out_of_a_time_is_gone(a: datetime, b: datetime, holes: list[tuple[datetime, datetime]]) -> None:
    start, end = min(a, b), max(a, b)
    ordered = [(min(h), max(h)) for h in holes]
    left = list(without(start, end, ordered))
    assert all(start <= x < y <= end for x, y in left)
    assert all(y <= x2 for (_x, y), (x2, _y2) in itertools.pairwise(left))
    for minute in range(0, int((end - start).total_seconds() // 60), 97):
        at = start + timedelta(minutes=minute)
        outside = not any(x <= at < y for x, y in ordered)
        assert any(x <= at < y for x, y in left) == outside
