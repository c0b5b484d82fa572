"""The critical path against every path there is, and slack against what delays really do."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingshang.projects.network import Activity, Cycle, critical_path, direct, in_order, schedule


@st.composite
def networks(draw: st.DrawFn) -> list[Activity]:
    """Up to nine activities that wait for earlier ones in both ways, in any order."""
    made: list[Activity] = []
    for n in range(draw(st.integers(1, 9))):
        known = [a.code for a in made]
        some = st.lists(st.sampled_from(known), unique=True, max_size=4) if known else st.just([])
        after, ends = draw(some), draw(some)
        made.append(
            Activity(
                f"a{n}",
                draw(st.integers(0, 9)),
                tuple(after),
                tuple(e for e in ends if e not in after),
                draw(st.integers(0, 3)),
            )
        )
    return draw(st.permutations(made))


def longest(activities: list[Activity]) -> int:
    """The end by walking every chain of waits back from every activity; nothing is remembered."""
    known = {a.code: a for a in activities}

    def finish(code: str) -> int:
        a = known[code]
        starts = [a.not_before, *(finish(b) for b in a.after)]
        return max(max(starts) + a.days, *(finish(b) for b in a.ends_after), 0)

    return max(finish(a.code) for a in activities)


def end(activities: list[Activity]) -> int:
    return max(t.early_finish for t in schedule(activities).values())


@given(networks())
def test_the_end_is_that_of_the_longest_chain(activities: list[Activity]) -> None:
    assert end(activities) == longest(activities)


@given(networks())
def test_nothing_begins_or_ends_before_what_it_waits_for(activities: list[Activity]) -> None:
    timings = schedule(activities)
    for a in activities:
        t = timings[a.code]
        assert t.early_start >= a.not_before and t.early_finish >= t.early_start + a.days
        assert all(timings[b].early_finish <= t.early_start and timings[b].group < t.group for b in a.after)
        assert all(timings[b].early_finish <= t.early_finish and timings[b].group < t.group for b in a.ends_after)
        assert t.slack >= 0 and t.late_finish - t.late_start == a.days


@given(networks(), st.data())
def test_slack_is_what_an_activity_may_take_longer(activities: list[Activity], data: st.DataObject) -> None:
    """As much longer moves nothing; one day more moves the end by one."""
    one = data.draw(st.sampled_from(activities))
    t = schedule(activities)[one.code]
    # An activity that waits for others before it may end has that much to spare besides.
    spare = t.slack + t.early_finish - (t.early_start + one.days)

    def longer(by: int) -> int:
        return end([replace(a, days=a.days + by) if a is one else a for a in activities])

    assert longer(spare) == end(activities)
    assert longer(spare + 1) == end(activities) + 1


@given(networks())
def test_the_critical_path_is_a_chain_without_slack_from_start_to_end(activities: list[Activity]) -> None:
    timings = schedule(activities)
    path = critical_path(activities, timings)
    known = {a.code: a for a in activities}
    assert timings[path[-1]].early_finish == max(t.early_finish for t in timings.values())
    assert all(timings[c].critical for c in path)
    for before, code in itertools.pairwise(path):
        assert before in known[code].after + known[code].ends_after
    assert not known[path[0]].after or timings[path[0]].early_start == known[path[0]].not_before


def test_a_circle_is_shown_in_the_order_of_the_work() -> None:
    activities = [
        Activity("plan", 1, ("permit",)),
        Activity("permit", 1, ("review",)),
        Activity("review", 1, ("plan",)),
        Activity("other", 1, ("review",)),
    ]
    with pytest.raises(Cycle) as found:
        schedule(activities)
    codes = found.value.codes
    assert codes[0] == codes[-1] and set(codes) == {"plan", "permit", "review"}
    known = {a.code: a for a in activities}
    assert all(a in known[b].after for a, b in itertools.pairwise(codes))


@given(networks(), st.data())
def test_every_circle_is_found(activities: list[Activity], data: st.DataObject) -> None:
    """A flow back from what comes later to what comes before makes one, and what is shown is one."""
    order = in_order({a.code: a for a in activities})
    later = data.draw(st.sampled_from(order))
    chain = _before(later, {a.code: a for a in activities})
    if not chain:
        return
    first = data.draw(st.sampled_from(sorted(chain)))
    bent = [replace(a, after=(*a.after, later)) if a.code == first else a for a in activities]
    with pytest.raises(Cycle) as found:
        schedule(bent)
    known = {a.code: a for a in bent}
    shown = found.value.codes
    assert shown[0] == shown[-1]
    assert all(a in known[b].after + known[b].ends_after for a, b in itertools.pairwise(shown))


def _before(code: str, known: dict[str, Activity]) -> set[str]:
    found: set[str] = set()
    todo = [code]
    while todo:
        for b in known[todo.pop()].after + ():
            if b not in found:
                found.add(b)
                todo.append(b)
    return found


def test_what_is_implied_is_not_drawn() -> None:
    one = [
        Activity("a", 1),
        Activity("b", 1, after=("a",)),
        Activity("c", 1, after=("a", "b", "gone")),
        Activity("d", 1, after=("a", "c"), ends_after=("b",)),
    ]
    assert direct(one) == {"a": (), "b": ("a",), "c": ("b",), "d": ("c",)}
