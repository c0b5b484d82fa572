"""Two people, or two requests, at the same moment: really at the same moment, on connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
from django.db import connection

from tests.support.world import MORNING, World, build
from yingshang import timekeeping
from yingshang.cases import actions, clocks
from yingshang.cases.errors import Conflict
from yingshang.cases.models import Case, Event, Status

from .test_demand import ask, to_handling

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Results, or exceptions, of functions that start together."""
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            ready.wait(10)
            return work()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [f.result(60) for f in [pool.submit(copy_context().run, run, w) for w in works]]


@pytest.fixture
def told() -> tuple[World, Case]:
    with timekeeping.travel(MORNING):
        world = build()
        return world, to_handling(world, ask(world))


def test_one_of_two_answers_wins_and_the_other_is_told_who_did_what(told: tuple[World, Case]) -> None:
    world, case = told
    with timekeeping.travel(MORNING):
        results = at_once(
            lambda: actions.answer(case, world.officer, text="甲"),
            lambda: actions.answer(case, world.officer2, text="乙"),
        )
    won = [r for r in results if isinstance(r, Case)]
    lost = [r for r in results if isinstance(r, Conflict)]
    assert (len(won), len(lost)) == (1, 1)
    winner = "经办员" if won[0].answer == "甲" else "经办员二"
    assert f"{winner} 已答复" in lost[0].message
    assert Event.objects.filter(case=case, kind="answered").count() == 1


def test_one_key_sent_twice_at_once_is_done_once(told: tuple[World, Case]) -> None:
    world, case = told
    with timekeeping.travel(MORNING):
        results = at_once(*[lambda: actions.urge(case, world.firm1, key="same")] * 3)
        opened = at_once(*[lambda: ask(world, key="new", title="同一份诉求")] * 3)
    assert [r.pk for r in results] == [case.pk] * 3
    assert Event.objects.filter(case=case, kind="urged").count() == 1
    assert len({c.pk for c in opened}) == 1


def test_two_who_merge_each_into_the_other_do_not_block(told: tuple[World, Case]) -> None:
    world, one = told
    with timekeeping.travel(MORNING):
        two = to_handling(world, ask(world, title="另一件"))
        results = at_once(
            lambda: actions.merge(one, world.dispatcher, into=two, reason="重复"),
            lambda: actions.merge(two, world.reform, into=one, reason="重复"),
        )
    assert sum(isinstance(r, Case) for r in results) == 1, results
    assert sorted(Case.objects.values_list("status", flat=True)) == [Status.HANDLING, Status.MERGED]


def test_recomputing_does_not_block_who_works(told: tuple[World, Case]) -> None:
    world, case = told
    with timekeeping.travel(MORNING):
        cases = [case, *(to_handling(world, ask(world, title=f"第 {n} 件")) for n in range(3))]
        from yingshang.accounts import calendar

        calendar.edit(MORNING.date(), False, "停电", world.admin)
        results = at_once(
            clocks.recompute_all,
            *[lambda c=c: actions.ask_supplement(c, world.officer, what="请补充") for c in cases],  # type: ignore[misc]
        )
    assert not [r for r in results if isinstance(r, Exception)], results
