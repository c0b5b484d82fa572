"""A published clause is revised with dates: days before keep their wording, PostgreSQL keeps the history as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from tests.policies.house import GRANT, PAYEE, House, clause, published
from tests.support.world import MORNING
from yingshang import timekeeping
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.policies import actions, verdicts
from yingshang.policies.actions import revising
from yingshang.policies.models import Clause, ClauseEdition, PolicyNotice

TODAY = MORNING.date()
NEXT = TODAY + timedelta(days=10)


def revise(house: House, one: Clause, since: date = NEXT, **fields: Any) -> ClauseEdition:
    return actions.revise_clause(
        house.world.economy_officer, one, valid_from=since, reason="区发〔2023〕9 号", **fields
    )


def title_on(house: House, one: Clause, day: date) -> str:
    return next(c.title for c in verdicts.offered_on(day) if c.pk == one.pk)


def test_it_says_something_else_from_the_day_on_and_not_before(house: House) -> None:
    revise(house, house.grant, title="新的名称", notice_days=7)
    house.grant.refresh_from_db()
    assert (house.grant.title, house.grant.notice_days) == ("条款C02", None)
    assert [title_on(house, house.grant, d) for d in (TODAY, NEXT - timedelta(days=1), NEXT)] == [
        "条款C02", "条款C02", "新的名称",
    ]  # fmt: skip
    assert revising.apply_due() == 0
    with timekeeping.travel(MORNING + timedelta(days=10)):
        assert (revising.apply_due(), revising.apply_due()) == (1, 0)
        house.grant.refresh_from_db()
        assert (house.grant.title, house.grant.notice_days) == ("新的名称", 7)
        # A slip is mended in the row; the wording of days gone by stays.
        actions.save_clause(house.world.economy_officer, house.policy, "C02", title="新名称")
        assert title_on(house, house.grant, NEXT) == "新名称" and title_on(house, house.grant, TODAY) == "条款C02"
        later = revise(house, house.grant, NEXT + timedelta(days=1), summary="一句话")
        assert (later.number, later.told["title"]) == (3, "新名称")


def test_from_today_on_it_is_at_once_and_who_waits_is_told(house: House) -> None:
    actions.subscribe(house.world.firm2, words="机器人")
    claim = house.claim()
    revise(house, house.reward, TODAY, title="机器人奖励", quote="给予补助。")
    house.reward.refresh_from_db()
    assert (house.reward.title, house.reward.quote_start) == ("机器人奖励", 13)
    told = PolicyNotice.objects.filter(kind="revised").order_by("person__username")
    assert [n.person.username for n in told] == ["firm1", "firm2"] and claim.submitted_by.username == "firm1"


def test_a_claim_goes_by_the_notice_of_its_own_day(house: House) -> None:
    claim = house.claim()
    revise(house, house.reward, TODAY, notice_days=5)
    claim = house.passed(claim)
    assert claim.state == "payable"  # its diagram knows of no notice
    later = actions.submit_claim(house.world.firm1, house.title, house.business)
    assert later.state == "review"


def test_what_is_refused(house: House) -> None:
    with pytest.raises(NotAllowed):
        actions.revise_clause(house.world.officer, house.grant, valid_from=NEXT, reason="x", title="y")
    for wrong in (
        {"since": TODAY - timedelta(days=1), "title": "y"},
        {"title": house.grant.title},
        {"quote": "没有这句话"},
        {"kind": "automatic", "rule": None},
        {"finance_unit": None},
        {"notice_days": 0},
    ):
        with pytest.raises((Invalid, Conflict)):
            revise(house, house.grant, **wrong)
    other = published(house.world, "test.other", GRANT).model
    with pytest.raises(Conflict, match="规则不换"):
        revise(house, house.grant, rule=other)
    house.claim()
    with pytest.raises(Conflict, match="多久一次"):
        revise(house, house.reward, period="monthly")
    with pytest.raises(Conflict, match="请用修订"):
        actions.save_clause(house.world.economy_officer, house.policy, "C01", quote="")
    assert not ClauseEdition.objects.exists()
    draft = actions.save_clause(None, house.policy, "D", title="草稿", grade="N", kind="text",
                                owner_unit=house.world.units["dept.economy"])  # fmt: skip
    with pytest.raises(Conflict, match="草稿"):
        revise(house, draft, title="y")


def test_one_to_come_is_taken_back_and_the_one_before_goes_on(house: House) -> None:
    first = revise(house, house.grant, title="一")
    with pytest.raises(Conflict, match="已有一版"):
        revise(house, house.grant, NEXT, title="二")
    second = revise(house, house.grant, NEXT + timedelta(days=5), title="二")
    with pytest.raises(Conflict, match="后面还有"):
        actions.drop_edition(first, house.world.economy_officer, reason="先不改")
    with pytest.raises(NotAllowed):
        actions.drop_edition(second, house.world.officer, reason="先不改")
    actions.drop_edition(second, house.world.economy_officer, reason="先不改")
    assert title_on(house, house.grant, NEXT + timedelta(days=30)) == "一"
    with timekeeping.travel(MORNING + timedelta(days=10)):
        revising.apply_due()
        with pytest.raises(Conflict, match="已经生效"):
            actions.drop_edition(first, house.world.economy_officer, reason="先不改")


def test_the_history_stays_as_it_was(house: House) -> None:
    made = revise(house, house.grant, title="一")
    rows = ClauseEdition.objects.filter(pk=made.pk)

    def refused(do: Callable[[], Any], match: str) -> None:
        with pytest.raises(DatabaseError, match=match), transaction.atomic():
            do()

    refused(lambda: rows.update(told={}), "followed by another")
    refused(lambda: rows.update(valid_from=TODAY), "followed by another")
    refused(lambda: rows.delete(), "append-only")
    refused(
        lambda: ClauseEdition.objects.create(clause=house.grant, number=9, valid_from=NEXT, told={}, reason="x"),
        "clause_edition_one_in_force",
    )


def test_a_clause_that_was_published_as_text_receives_a_rule_and_pays(house: House) -> None:
    economy = house.world.units["dept.economy"]
    text = clause(house.world, house.policy, "H1", None, grade="H", kind="text", money="none", period="none",
                  finance_unit=None, missing="标准未公布")  # fmt: skip
    found = {v.clause.pk: v.state for v in verdicts.verdicts_for(house.business)}
    assert found[text.pk] == verdicts.UNPUBLISHED
    rule = published(house.world, "test.h1", GRANT).model
    text = actions.save_clause(house.world.economy_officer, house.policy, "H1", rule=rule)
    assert text.owner_unit == economy
    with pytest.raises(Conflict, match="规则"):  # once it has one, it keeps it
        actions.save_clause(house.world.economy_officer, house.policy, "H1", rule=None)
    revise(house, text, TODAY, kind="application", money="budget", period="yearly",
           finance_unit=house.world.units["dept.finance"])  # fmt: skip
    text.refresh_from_db()
    claim = actions.submit_claim(house.world.firm1, text, house.business, payee=PAYEE)
    assert str(claim.amount) == "50000.00"
