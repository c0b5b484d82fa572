"""Clocks: when promises fall due, what pauses and extensions do to them, and the ledger that says so."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from yingshang.processes import clocks
from yingshang.processes.calendar import SHANGHAI, WorkCalendar
from yingshang.processes.clocks import BASES, Extension, Pause, Promise

CALENDAR = WorkCalendar.from_chinesecalendar()


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[misc,arg-type]


def due(amount: str | int, basis: str, started: datetime, **more: object) -> datetime:
    return clocks.compute(Promise(Decimal(amount), basis), started=started, calendar=CALENDAR, **more).at  # type: ignore[arg-type]


moments = st.datetimes(datetime(2019, 1, 1), datetime(2026, 6, 1), timezones=st.just(SHANGHAI)).map(  # noqa: DTZ001
    lambda d: d.replace(microsecond=0)
)
promises = st.builds(Promise, st.decimals("0.5", "60", places=1), st.sampled_from(BASES))
spans = st.integers(0, 20 * 86400).map(lambda s: timedelta(seconds=s))


class TestDue:
    @pytest.mark.parametrize(
        ("amount", "basis", "started", "expected"),
        [
            # The day it starts is not counted; the close of business of the third working day after it.
            (3, "working_days", at(2024, 3, 4, 9), at(2024, 3, 7, 17, 30)),
            (3, "working_days", at(2024, 3, 4, 0), at(2024, 3, 7, 17, 30)),
            (3, "working_days", at(2024, 3, 4, 23, 59), at(2024, 3, 7, 17, 30)),
            (1, "working_days", at(2024, 9, 27, 16), at(2024, 9, 29, 17, 30)),  # Friday → the make-up Sunday
            (3, "working_days", at(2024, 9, 29, 16), at(2024, 10, 9, 17, 30)),
            (3, "working_days", at(2024, 10, 3, 16), at(2024, 10, 10, 17, 30)),  # raised in the holiday
            ("0.5", "working_days", at(2024, 3, 4, 9), at(2024, 3, 5, 12) + timedelta(hours=1, minutes=45)),
            (1, "working_hours", at(2024, 3, 4, 9), at(2024, 3, 4, 10)),
            (1, "working_hours", at(2024, 3, 8, 17, 20), at(2024, 3, 11, 9, 20)),
            (1, "working_hours", at(2024, 10, 5, 12), at(2024, 10, 8, 9, 30)),
            (3, "calendar_days", at(2024, 3, 4, 9), at(2024, 3, 8)),
            (3, "calendar_days", at(2024, 3, 4, 0), at(2024, 3, 8)),
            (48, "calendar_hours", at(2024, 3, 8, 9, 30), at(2024, 3, 10, 9, 30)),
        ],
    )
    def test_by_the_book(self, amount: str | int, basis: str, started: datetime, expected: datetime) -> None:
        assert due(amount, basis, started) == expected

    def test_office_hours_are_the_districts(self) -> None:
        counter = WorkCalendar(CALENDAR.days, [(time(9), time(17))])
        found = clocks.compute(Promise(Decimal(3), "working_days"), started=at(2024, 3, 4, 9), calendar=counter)
        assert found.at == at(2024, 3, 7, 17)

    def test_what_is_guessed_is_said(self) -> None:
        promise = Promise(Decimal(5), "working_days")
        sure = clocks.compute(promise, started=at(2026, 12, 1, 9), calendar=CALENDAR)
        assert (sure.note_zh, sure.note_en) == ("", "")
        guessed = clocks.compute(promise, started=at(2026, 12, 29, 9), calendar=CALENDAR)
        assert guessed.note_zh == "2027 年放假安排尚未公布，按周一至周五推算"
        assert "2027" in guessed.note_en
        natural = clocks.compute(Promise(Decimal(9), "calendar_days"), started=at(2026, 12, 29, 9), calendar=CALENDAR)
        assert natural.note_zh == ""

    def test_an_edited_calendar_moves_it(self) -> None:
        promise = Promise(Decimal(3), "working_days")
        closed = WorkCalendar({**CALENDAR.days, date(2026, 3, 4): False})
        assert clocks.compute(promise, started=at(2026, 3, 2, 9), calendar=closed).at == at(2026, 3, 6, 17, 30)

    @given(promises, moments, moments)
    def test_what_starts_later_is_due_no_earlier(self, promise: Promise, a: datetime, b: datetime) -> None:
        a, b = sorted((a, b))
        one, other = (clocks.compute(promise, started=s, calendar=CALENDAR).at for s in (a, b))
        assert a < one <= other

    @given(promises, moments, st.decimals("0.1", "30", places=1))
    def test_more_time_is_due_later(self, promise: Promise, started: datetime, more: Decimal) -> None:
        first = clocks.compute(promise, started=started, calendar=CALENDAR).at
        assert clocks.compute(promise, started=started, calendar=CALENDAR, extension=more).at > first
        longer = Promise(promise.amount + more, promise.basis)
        assert clocks.compute(longer, started=started, calendar=CALENDAR) == clocks.compute(
            promise, started=started, calendar=CALENDAR, extension=more
        )

    @given(st.decimals("0.1", "200", places=1), moments)
    def test_working_hours_measure_what_was_promised(self, hours: Decimal, started: datetime) -> None:
        assert CALENDAR.working_seconds_between(started, due(str(hours), "working_hours", started)) == hours * 3600

    @given(st.integers(1, 200), moments)
    def test_working_days_end_with_the_office(self, days: int, started: datetime) -> None:
        at_ = due(days, "working_days", started)
        assert at_.time() == time(17, 30)
        assert CALENDAR.working_days_between(started.date(), at_.date()) == days

    @pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity"])
    def test_promises_are_positive(self, amount: str) -> None:
        with pytest.raises(ValueError, match="positive"):
            Promise(Decimal(amount), "working_days")

    def test_bases_are_known(self) -> None:
        with pytest.raises(ValueError, match="weeks"):
            Promise(Decimal(1), "weeks")


class TestPauses:
    @given(promises, moments, spans, spans)
    def test_a_pause_moves_the_due_time_by_exactly_what_it_lasted(
        self, promise: Promise, started: datetime, after: timedelta, lasting: timedelta
    ) -> None:
        plain = clocks.compute(promise, started=started, calendar=CALENDAR).at
        start, end = started + after, started + after + lasting
        assume(start < plain)
        moved = clocks.compute(promise, started=started, calendar=CALENDAR, pauses=[(start, end)]).at
        if promise.working:
            measure = CALENDAR.working_seconds_between
            assert measure(plain, moved) == measure(start, end)
        else:
            assert moved - plain == lasting

    @given(promises, moments, st.lists(st.tuples(spans, spans), max_size=4))
    def test_pauses_never_bring_the_due_time_forward(
        self, promise: Promise, started: datetime, gaps: list[tuple[timedelta, timedelta]]
    ) -> None:
        pauses, now = [], started
        for before, lasting in gaps:
            pauses.append((now + before, now + before + lasting))
            now += before + lasting
        found = [
            clocks.compute(promise, started=started, calendar=CALENDAR, pauses=pauses[:n]).at
            for n in range(len(pauses) + 1)
        ]
        assert found == sorted(found)

    @given(promises, moments, spans, st.integers(0, 100))
    def test_a_pause_cut_in_two_is_the_same_pause(
        self, promise: Promise, started: datetime, lasting: timedelta, share: int
    ) -> None:
        plain = clocks.compute(promise, started=started, calendar=CALENDAR).at
        start = started + (plain - started) / 2
        start = start.replace(microsecond=0)
        middle, end = start + timedelta(seconds=int(lasting.total_seconds() * share // 100)), start + lasting
        whole = clocks.compute(promise, started=started, calendar=CALENDAR, pauses=[(start, end)])
        assert (
            clocks.compute(promise, started=started, calendar=CALENDAR, pauses=[(start, middle), (middle, end)])
            == whole
        )

    def test_an_open_pause_does_not_move_it_yet(self) -> None:
        assert due(3, "working_days", at(2024, 3, 4, 9), pauses=[(at(2024, 3, 5, 9), None)]) == at(2024, 3, 7, 17, 30)

    def test_a_broken_promise_is_not_mended_by_a_pause(self) -> None:
        late = [(at(2024, 3, 8, 9), at(2024, 3, 29, 9))]
        assert due(3, "working_days", at(2024, 3, 4, 9), pauses=late) == at(2024, 3, 7, 17, 30)

    def test_disorder_is_refused(self) -> None:
        a, b, c = at(2024, 3, 5), at(2024, 3, 6), at(2024, 3, 7)
        for pauses in ([(b, a)], [(a, c), (b, c)], [(b, c), (a, a)], [(a, None), (b, c)]):
            with pytest.raises(ValueError, match="pause"):
                due(3, "working_days", at(2024, 3, 4), pauses=pauses)


class TestReckoning:
    promise = Promise(Decimal(3), "working_days")
    started = at(2024, 3, 4, 9)

    def reckon(self, now: datetime, **more: object) -> clocks.Reckoning:
        return clocks.reckon(self.promise, started=self.started, now=now, calendar=CALENDAR, **more)  # type: ignore[arg-type]

    def test_time_goes_by(self) -> None:
        assert self.reckon(at(2024, 3, 7, 16, 30)).remaining == timedelta(hours=1)
        assert not self.reckon(at(2024, 3, 7, 17, 30)).overdue
        late = self.reckon(at(2024, 3, 8, 9, 30))
        assert (late.overdue, late.remaining) == (True, -timedelta(hours=1))

    def test_it_stands_still_in_a_pause(self) -> None:
        pause = [Pause(at(2024, 3, 7, 16, 30), reason="等企业补正")]
        for now in (at(2024, 3, 7, 16, 30), at(2024, 3, 20, 9)):
            found = self.reckon(now, pauses=pause)
            assert (found.paused, found.overdue, found.remaining) == (True, False, timedelta(hours=1))
        resumed = self.reckon(at(2024, 3, 20, 9), pauses=[Pause(pause[0].start, at(2024, 3, 20, 9), "等企业补正")])
        assert (resumed.paused, resumed.remaining) == (False, timedelta(hours=1))
        assert resumed.due.at == at(2024, 3, 20, 10)

    def test_a_pause_after_the_due_time_hides_nothing(self) -> None:
        found = self.reckon(at(2024, 3, 20), pauses=[Pause(at(2024, 3, 8, 9))])
        assert (found.paused, found.overdue) == (True, True)

    def test_it_stops(self) -> None:
        kept = self.reckon(at(2024, 4, 1), stopped=at(2024, 3, 6, 9))
        assert (kept.overdue, kept.paused) == (False, False)
        assert self.reckon(at(2024, 4, 1), stopped=at(2024, 3, 8, 9)).overdue
        while_paused = self.reckon(at(2024, 4, 1), pauses=[Pause(at(2024, 3, 6, 9))], stopped=at(2024, 3, 15, 9))
        assert not while_paused.overdue

    def test_the_ledger_tells_the_story(self) -> None:
        found = clocks.reckon(
            Promise(Decimal(3), "working_days"),
            started=at(2026, 12, 28, 9),
            now=at(2027, 1, 4, 9),
            calendar=CALENDAR,
            pauses=[Pause(at(2026, 12, 29, 9), at(2026, 12, 29, 11, 30), "等企业补正")],
            extension=Extension(Decimal(2), "须现场核查", at(2026, 12, 30, 10)),
        )
        assert [(line.kind, line.zh) for line in found.ledger] == [
            ("started", "2026年12月28日 09:00 开始计时，承诺 3 个工作日"),
            ("rule", "自次日起算，开始当日不计（《民法典》第二百零一条），到最后一个工作日 17:30 下班为止"),
            ("paused", "2026年12月29日 09:00 暂停计时：等企业补正"),
            ("resumed", "2026年12月29日 11:30 恢复计时，顺延办公时间 2 小时 30 分钟，截止 2027年1月1日 11:00"),
            ("extended", "2026年12月30日 10:00 延长 2 个工作日：须现场核查"),
            ("due", "截止 2027年1月5日 11:00"),
            ("note", "2027 年放假安排尚未公布，按周一至周五推算"),
        ]
        assert [line.en for line in found.ledger] == [
            "28 Dec 2026 09:00: started, promised within 3 working days",
            "the day it starts is not counted (Civil Code, art. 201); it ends at 17:30 of the last working day",
            "29 Dec 2026 09:00: paused: 等企业补正",
            "29 Dec 2026 11:30: resumed, office time of 2 h 30 min added, due 1 Jan 2027 11:00",
            "30 Dec 2026 10:00: extended by 2 working days: 须现场核查",
            "due 5 Jan 2027 11:00",
            "The holidays of 2027 are not arranged yet; Monday to Friday assumed",
        ]
        assert [line.due for line in found.ledger][:3] == [at(2026, 12, 31, 17, 30)] * 3
        assert found.ledger[4].due == found.due.at == at(2027, 1, 5, 11)

    @pytest.mark.parametrize(
        ("basis", "rule", "end"),
        [
            ("working_hours", "只计工作日的办公时间（08:30–12:00、13:30–17:30）", "截止 2024年3月4日 12:00"),
            (
                "calendar_days",
                "自次日起算，开始当日不计（《民法典》第二百零一条），到最后一日 24:00 为止",
                "截止 2024年3月7日 24:00",
            ),
            ("calendar_hours", "按小时连续计算，不分工作日", "截止 2024年3月4日 12:00"),
        ],
    )
    def test_each_basis_says_how_it_counts(self, basis: str, rule: str, end: str) -> None:
        found = clocks.reckon(Promise(Decimal(3), basis), started=self.started, now=self.started, calendar=CALENDAR)
        assert [line.zh for line in found.ledger][1:] == [rule, end]

    @given(promises, moments, st.lists(st.tuples(spans, spans), max_size=3), st.booleans(), spans)
    def test_the_ledger_ends_where_the_computation_does(
        self,
        promise: Promise,
        started: datetime,
        gaps: list[tuple[timedelta, timedelta]],
        extended: bool,
        later: timedelta,
    ) -> None:
        pauses, now = [], started
        for before, lasting in gaps:
            pauses.append(Pause(now + before, now + before + lasting))
            now += before + lasting
        extension = Extension(Decimal(2), "理由", started + later) if extended else None
        found = clocks.reckon(promise, started=started, now=now, calendar=CALENDAR, pauses=pauses, extension=extension)
        assert found.due == clocks.compute(
            promise, started=started, calendar=CALENDAR, pauses=[(p.start, p.end) for p in pauses],
            extension=extension.amount if extension else Decimal(0),
        )  # fmt: skip
        assert found.ledger[-1].due == found.due.at
        assert all(line.zh and line.en for line in found.ledger)
        assert (found.remaining < timedelta()) <= found.overdue

    @pytest.mark.parametrize(("amount", "reason"), [("0", "理由"), ("-1", "理由"), ("1", "  ")])
    def test_extensions_have_a_reason_and_an_amount(self, amount: str, reason: str) -> None:
        with pytest.raises(ValueError, match="extension"):
            Extension(Decimal(amount), reason, at(2024, 3, 4))
