"""The clocks of a case under any sequence of turns: the due time is always what the ledger says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.world import MORNING, World
from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import CalendarDay
from yingshang.cases import clocks
from yingshang.cases.errors import Conflict
from yingshang.cases.models import Case, Clock, ClockEntry
from yingshang.processes import clocks as rules

from .test_demand import ask

K = ClockEntry.Kind
Turn = tuple[str, int]
turns = st.lists(
    st.tuples(
        st.sampled_from(["pause", "resume", "extend", "stop", "revive", "edit the calendar", "wait"]),
        st.integers(0, 400),
    ),
    min_size=1,
    max_size=9,
)


def by_the_ledger(clock: Clock, entries: Sequence[ClockEntry]) -> object:
    """The due time worked out anew from what the ledger shows to everybody."""
    pauses: list[list[object]] = []
    for entry in entries:
        if entry.kind in (K.PAUSED, K.STOPPED) and not (pauses and pauses[-1][1] is None):
            pauses.append([entry.at, None])
        elif entry.kind == K.RESUMED and pauses and pauses[-1][1] is None:
            pauses[-1][1] = entry.at
    return rules.compute(
        rules.Promise(clock.amount, clock.basis),
        started=entries[0].at,
        pauses=[(a, b) for a, b in pauses],  # type: ignore[misc]
        extension=clock.extension,
        calendar=calendar.load(),
    ).at


def take(case: Case, turn: str, by: int) -> None:
    if turn == "pause":
        clocks.pause(case, "等待补正")
    elif turn == "resume":
        clocks.resume(case, "已补正")
    elif turn == "stop":
        clocks.stop(case, [clocks.RESOLVE])
    elif turn == "revive":
        clocks.revive(case, clocks.RESOLVE, "重新办理")
    elif turn == "edit the calendar":
        day = MORNING.date() + timedelta(days=by % 14)
        held = CalendarDay.objects.get(day=day)
        CalendarDay.objects.filter(day=day).update(working=not held.working, edited_at=timekeeping.now())
        clocks.recompute_all()
    elif turn == "extend":
        try:
            clocks.extend(case, clocks.RESOLVE, Decimal(1 + by % 3), "需现场勘查")
        except Conflict:
            return


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns)
@example([("pause", 60), ("edit the calendar", 1), ("resume", 0)])
@example([("stop", 60), ("edit the calendar", 1), ("revive", 0), ("extend", 1), ("pause", 0), ("resume", 300)])
def test_due_is_what_the_ledger_says(world: World, taken: list[Turn]) -> None:
    with transaction.atomic(), timekeeping.travel(MORNING):
        case = ask(world)
        for turn, minutes in taken:
            timekeeping.advance(timedelta(minutes=1 + minutes))
            take(case, turn, minutes)
            clock = Clock.objects.get(case=case, code=clocks.RESOLVE)
            entries = list(clock.entries.order_by("id"))
            case.refresh_from_db()
            # Told in order, begun once, extended once at most.
            assert [e.at for e in entries] == sorted(e.at for e in entries)
            assert [e.kind for e in entries].count(K.STARTED) == 1
            assert [e.kind for e in entries].count(K.EXTENDED) == (1 if clock.extension else 0)
            paused = {Clock.State.PAUSED: K.PAUSED, Clock.State.MET: K.STOPPED, Clock.State.LATE: K.STOPPED}
            if clock.state in paused:
                last = [e.kind for e in entries if e.kind in (K.PAUSED, K.RESUMED, K.STOPPED, K.STARTED)][-1]
                assert last in (K.PAUSED, K.STOPPED)
            if clock.state == Clock.State.RUNNING:
                assert clock.due_at == by_the_ledger(clock, entries)
                assert entries[-1].due_at == clock.due_at
        transaction.set_rollback(True)
    calendar.load(fresh=True)


def test_a_year_that_is_not_arranged_says_so_on_the_clock(world: World) -> None:
    last = max(CalendarDay.objects.values_list("day", flat=True))
    with timekeeping.travel(MORNING.replace(year=last.year + 1, month=1, day=5)):
        case = ask(world)
        clock = case.clocks.get(code=clocks.RESOLVE)
        assert str(last.year + 1) in clock.note and "周一至周五" in clock.note
        assert "Monday" in clock.note_en
    case = ask(world, title="另一件")
    assert case.clocks.get(code=clocks.RESOLVE).note == ""
