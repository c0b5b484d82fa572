"""The working calendar: the State Council's arrangements, and arithmetic across them."""

from __future__ import annotations

import json
import time as clock
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingshang.processes.calendar import FIRST_DAY, OFFICE_HOURS, SHANGHAI, WorkCalendar

CALENDAR = WorkCalendar.from_chinesecalendar()
YEARS = range(2019, 2027)
#: The State Council's notices of these years, day by day, with the address of each notice.
NOTICES = Path(__file__).parent / "data/arrangements.json"
#: The same from another hand, where it lies beside the repository.
SHARED = Path(__file__).parents[3] / "shared/data/holidays"


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[misc,arg-type]


moments = st.datetimes(datetime(2019, 1, 1), datetime(2028, 12, 31), timezones=st.just(SHANGHAI)).map(  # noqa: DTZ001
    lambda d: d.replace(microsecond=0)
)


def notices() -> dict[date, bool]:
    """Special day → whether people work on it."""
    if SHARED.is_dir():
        days = [d for year in YEARS for d in json.loads((SHARED / f"{year}.json").read_text())["days"]]
        return {date.fromisoformat(d["date"]): not d["isOffDay"] for d in days}
    return committed()


def committed() -> dict[date, bool]:
    years = json.loads(NOTICES.read_text()).values()
    return {date.fromisoformat(d): kind == "on" for y in years for kind in ("off", "on") for d in y[kind]}


class TestArrangements:
    def test_every_day_of_eight_years(self) -> None:
        special = notices()
        day, differing, seen = date(2019, 1, 1), [], 0
        while day <= date(2026, 12, 31):
            seen += 1
            if CALENDAR.is_working(day) != special.get(day, day.weekday() < 5):
                differing.append(day)
            day += timedelta(days=1)
        assert differing == []
        assert seen == 2922

    def test_the_committed_notices_are_the_shared_ones(self) -> None:
        assert notices() == committed()
        assert len(committed()) > 250

    def test_rows_cover_every_day_and_name_the_special_ones(self) -> None:
        rows = list(WorkCalendar.arranged_rows())
        assert [r[0] for r in rows] == [date(2004, 1, 1) + timedelta(days=n) for n in range(len(rows))]
        assert rows[-1][0] == date(2026, 12, 31)
        by_day = {d: (working, note) for d, working, note in rows}
        assert by_day[date(2024, 10, 1)] == (False, "国庆节")
        assert by_day[date(2024, 9, 29)] == (True, "国庆节调休上班")
        assert by_day[date(2024, 3, 5)] == (True, "")

    def test_years_not_arranged_say_so(self) -> None:
        assert CALENDAR.note(date(2026, 12, 31)) == ("", "")
        zh, en = CALENDAR.note(date(2027, 3, 1))
        assert zh == "2027 年放假安排尚未公布，按周一至周五推算"
        assert en == "The holidays of 2027 are not arranged yet; Monday to Friday assumed"
        assert CALENDAR.note(date(2026, 12, 31), date(2028, 1, 1))[0].startswith("2027、2028 年")
        assert [CALENDAR.is_working(date(2027, 10, d)) for d in range(1, 5)] == [True, False, False, True]

    def test_correcting_a_single_day_does_not_arrange_the_year(self) -> None:
        days = {**CALENDAR.days, date(2027, 9, 23): False}
        edited = WorkCalendar(days)
        assert not edited.is_working(date(2027, 9, 23))
        assert 2027 not in edited.arranged_years
        arranged = WorkCalendar({**days, date(2027, 10, 1): False})
        assert 2027 in arranged.arranged_years
        assert arranged.note(date(2027, 3, 1)) == ("", "")
        assert WorkCalendar({}, arranged_years=[2027]).note(date(2027, 3, 1)) == ("", "")

    def test_an_edited_day_moves_what_is_computed_over_it(self) -> None:
        closed = WorkCalendar({**CALENDAR.days, date(2026, 3, 4): False})  # e.g. a typhoon
        assert CALENDAR.add_working_days(date(2026, 3, 2), 3) == date(2026, 3, 5)
        assert closed.add_working_days(date(2026, 3, 2), 3) == date(2026, 3, 6)


class TestDays:
    @pytest.mark.parametrize(
        ("day", "n", "expected"),
        [
            (date(2024, 9, 27), 1, date(2024, 9, 29)),  # Friday; the Sunday is a make-up day
            (date(2024, 9, 27), 3, date(2024, 10, 8)),  # over National Day
            (date(2024, 10, 8), 5, date(2024, 10, 14)),  # the Saturday 12th is a make-up day
            (date(2024, 10, 1), 1, date(2024, 10, 8)),  # from within the holiday
            (date(2024, 2, 9), 1, date(2024, 2, 18)),  # over Spring Festival, to a Sunday
            (date(2024, 10, 8), -1, date(2024, 9, 30)),
            (date(2024, 10, 3), -2, date(2024, 9, 29)),
        ],
    )
    def test_adding(self, day: date, n: int, expected: date) -> None:
        assert CALENDAR.add_working_days(day, n) == expected

    @given(st.dates(date(2005, 1, 1), date(2040, 1, 1)), st.integers(1, 3000))
    def test_adding_then_measuring_comes_back(self, day: date, n: int) -> None:
        there = CALENDAR.add_working_days(day, n)
        assert CALENDAR.is_working(there)
        assert CALENDAR.working_days_between(day, there) == n
        assert CALENDAR.working_days_between(there, day) == -n
        assert CALENDAR.add_working_days(there + timedelta(days=1), -1) == there

    @given(st.dates(date(2019, 1, 1), date(2027, 1, 1)), st.integers(0, 40))
    def test_counting_is_counting(self, day: date, n: int) -> None:
        days = [day + timedelta(days=i) for i in range(1, n + 1)]
        assert CALENDAR.working_days_between(day, day + timedelta(days=n)) == sum(map(CALENDAR.is_working, days))

    def test_no_days_are_none(self) -> None:
        with pytest.raises(ValueError, match="no working days"):
            CALENDAR.add_working_days(date(2024, 1, 2), 0)


class TestHours:
    @pytest.mark.parametrize(
        ("start", "hours", "expected"),
        [
            (at(2024, 3, 4, 9), 1, at(2024, 3, 4, 10)),
            (at(2024, 3, 4, 11, 30), 1, at(2024, 3, 4, 14)),  # over lunch
            (at(2024, 3, 4, 12, 15), 1, at(2024, 3, 4, 14, 30)),  # from lunch
            (at(2024, 3, 4, 17), 1, at(2024, 3, 5, 9)),  # overnight
            (at(2024, 3, 4, 22), 1, at(2024, 3, 5, 9, 30)),
            (at(2024, 3, 8, 17), 1, at(2024, 3, 11, 9)),  # over the weekend
            (at(2024, 9, 28, 9), 8, at(2024, 9, 30, 9)),  # a free Saturday, a make-up Sunday
            (at(2024, 3, 4, 8, 30), Decimal("7.5"), at(2024, 3, 4, 17, 30)),  # a full day ends at its close
            (at(2024, 3, 4, 9), Decimal("0.5"), at(2024, 3, 4, 9, 30)),
        ],
    )
    def test_adding(self, start: datetime, hours: Decimal | int, expected: datetime) -> None:
        assert CALENDAR.add_working_hours(start, hours) == expected

    def test_times_of_other_zones_are_the_same_moments(self) -> None:
        assert CALENDAR.add_working_hours(datetime(2024, 3, 4, 1, tzinfo=UTC), 1) == at(2024, 3, 4, 10)
        with pytest.raises(ValueError, match="aware"):
            CALENDAR.position(datetime(2024, 3, 4, 9))  # noqa: DTZ001

    @given(moments, st.integers(1, 5_000_000))
    def test_adding_then_measuring_comes_back(self, start: datetime, seconds: int) -> None:
        end = CALENDAR.add_working_seconds(start, seconds)
        assert CALENDAR.working_seconds_between(start, end) == seconds
        assert end > start
        # The earliest such moment: a second before, less had passed.
        assert CALENDAR.working_seconds_between(start, end - timedelta(seconds=1)) == seconds - 1

    @given(moments, moments, st.integers(1, 500_000))
    def test_later_starts_end_no_earlier(self, a: datetime, b: datetime, seconds: int) -> None:
        a, b = sorted((a, b))
        assert CALENDAR.working_seconds_between(a, b) >= 0
        assert CALENDAR.add_working_seconds(a, seconds) <= CALENDAR.add_working_seconds(b, seconds)

    @given(moments, moments, moments)
    def test_measures_add_up(self, a: datetime, b: datetime, c: datetime) -> None:
        measure = CALENDAR.working_seconds_between
        assert measure(a, b) + measure(b, c) == measure(a, c)

    @settings(max_examples=40)
    @given(moments, st.integers(1, 60))
    def test_measuring_is_counting_seconds(self, start: datetime, hours: int) -> None:
        end = start + timedelta(hours=hours)
        counted = sum(
            60
            for m in range(hours * 60)
            if CALENDAR.is_working((t := start.replace(second=0) + timedelta(minutes=m)).date())
            and any(a <= t.time() < b for a, b in OFFICE_HOURS)
        )
        assert CALENDAR.working_seconds_between(start.replace(second=0), end.replace(second=0)) == counted

    def test_other_office_hours(self) -> None:
        counter = WorkCalendar(CALENDAR.days, [(time(9), time(17))])
        assert counter.add_working_hours(at(2024, 3, 4, 16), 2) == at(2024, 3, 5, 10)
        assert counter.close_of_business(date(2024, 3, 4)) == at(2024, 3, 4, 17)
        for wrong in (
            [],
            [(time(9), time(9))],
            [(time(9), time(12)), (time(11), time(17))],
            [(time(13), time(17)), (time(8), time(12))],
        ):
            with pytest.raises(ValueError, match="office hours"):
                WorkCalendar({}, wrong)


class TestSpans:
    def test_long_spans_cost_no_more(self) -> None:
        began = clock.perf_counter()
        for _ in range(2000):
            CALENDAR.add_working_days(date(2020, 1, 1), 5000)
            CALENDAR.working_seconds_between(at(2005, 1, 1), at(2026, 1, 1))
        assert clock.perf_counter() - began < 1  # measured: 15 ms

    def test_the_ends_of_the_calendar(self) -> None:
        assert CALENDAR.add_working_days(date(2026, 1, 1), 100_000).year > 2400
        with pytest.raises(ValueError, match="beyond"):
            WorkCalendar({}).add_working_days(date(2026, 1, 1), 10_000_000)
        for asked in (
            lambda: CALENDAR.working_days_until(FIRST_DAY - timedelta(days=1)),
            lambda: CALENDAR.add_working_days(FIRST_DAY, -9),
        ):
            with pytest.raises(ValueError, match="before"):
                asked()

    def test_threads_may_share_it(self) -> None:
        for _ in range(5):
            shared = WorkCalendar(CALENDAR.days)
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(shared.working_days_until, [date(y, 6, 1) for y in range(2030, 2130)] * 3))
            days = shared._laid[0]
            assert days == sorted(set(days))
            assert len(days) == WorkCalendar(CALENDAR.days).working_days_until(date.fromordinal(shared._laid[1]))
