"""Who watches a business is told once of each change; who watches words, of clauses that say them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.policies.house import GRANT, House, clause
from yingshang.cases.errors import Invalid, NotAllowed
from yingshang.policies import actions, telling
from yingshang.policies.models import PolicyNotice, Subscription
from yingshang.registry.facts import correct_fact
from yingshang.rules import deltas, runs


def kinds(house: House) -> list[tuple[str, Decimal | None, Decimal | None]]:
    rows = PolicyNotice.objects.visible_to(house.world.firm1).filter(clause=house.grant).order_by("id")
    return list(rows.values_list("kind", "before", "amount"))


def test_a_changed_verdict_is_told_once_to_who_watches(house: House) -> None:
    actions.subscribe(house.world.firm1, business=house.business)
    runs.run()
    assert (telling.of_runs(), kinds(house)) == (0, [])  # seen for the first time
    correct_fact(house.business, "high_tech", False, source="科技", period="2022", reason="到期", by=None)
    deltas.recompute()
    assert (telling.of_runs(), telling.of_runs()) == (1, 0)
    assert kinds(house) == [("no_longer", Decimal("50000.00"), None)]
    correct_fact(house.business, "high_tech", True, source="科技", period="2022", reason="重新认定", by=None)
    deltas.recompute()
    assert telling.of_runs() == 1
    assert [k for k, _, _ in kinds(house)] == ["no_longer", "became_eligible"]
    assert not PolicyNotice.objects.visible_to(house.world.firm2).exists()
    assert actions.mark_read(house.world.firm1) == 2 and actions.mark_read(house.world.firm1) == 0


def test_a_clause_with_the_words_is_told_when_it_is_published(house: House) -> None:
    actions.subscribe(house.world.firm1, words="机器人  补贴")
    actions.subscribe(house.world.firm2, words="养老")
    made = clause(house.world, house.policy, "W", GRANT, title="工业机器人补贴")
    assert list(PolicyNotice.objects.values_list("person__username", "kind")) == [("firm1", "published")]
    actions.publish_clause(None, made)
    assert PolicyNotice.objects.count() == 1


def test_a_clause_that_matches_is_told_to_who_watches_the_business(house: House) -> None:
    actions.subscribe(house.world.firm1, business=house.business)
    made = actions.save_clause(None, house.policy, "M", title="新条款", grade="N", kind="text",
                               owner_unit=house.world.units["dept.economy"])  # fmt: skip
    actions.publish_clause(None, made, matching=[house.business.pk])
    assert list(PolicyNotice.objects.values_list("person__username", "kind")) == [("firm1", "became_eligible")]


def test_subscriptions_are_ones_own(house: House) -> None:
    mine = actions.subscribe(house.world.firm1, business=house.business)
    assert actions.subscribe(house.world.firm1, business=house.business) == mine
    with pytest.raises(NotAllowed):
        actions.subscribe(house.world.firm2, business=house.business)
    with pytest.raises(Invalid):
        actions.subscribe(house.world.firm1, words=" ")
    actions.unsubscribe(mine, house.world.firm2)
    assert Subscription.objects.count() == 1
    actions.unsubscribe(mine, house.world.firm1)
    assert Subscription.objects.count() == 0


def test_a_refused_claim_is_told_to_who_made_it(house: House) -> None:
    claim = house.claim()
    actions.review(claim, house.world.economy_officer2, outcome="refuse", note="材料不实")
    assert list(PolicyNotice.objects.visible_to(house.world.firm1).values_list("kind", flat=True)) == ["claim"]
