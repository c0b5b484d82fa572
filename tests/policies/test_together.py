"""Two who claim at the same moment what only one may have; really at the same moment, on connections of their own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.cases.test_together import at_once
from tests.policies.house import PAYEE, House, build_house
from tests.support.world import MORNING, build
from yingshang import timekeeping
from yingshang.policies import actions
from yingshang.policies.models import Claim
from yingshang.registry.facts import record_fact

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house() -> Any:
    with timekeeping.travel(MORNING):
        yield build_house(build())


def test_two_firms_of_a_group_do_not_exceed_its_cap(house: House) -> None:
    other = house.world.other_business
    for business in (house.business, other):
        record_fact(business, "group.code", "G1", source="企业集团登记")
    record_fact(other, "employees", 120, source="人社", period="2022")
    record_fact(other, "high_tech", True, source="科技", period="2022")
    actions.save_combination(None, "group", "cap", [house.grant], amount=Decimal(70_000), per="group")
    results = at_once(
        house.confirmed,
        lambda: actions.confirm_grant(house.world.firm2, house.grant, other, payee=PAYEE),
    )
    assert not [r for r in results if isinstance(r, Exception)], results
    assert sorted(Claim.objects.values_list("amount", flat=True)) == [Decimal(20_000), Decimal(50_000)]


def test_one_claim_sent_twice_at_once_is_made_once(house: House) -> None:
    results = at_once(*[lambda: house.confirmed(key="same")] * 3)
    assert len({r.pk for r in results}) == 1 and Claim.objects.count() == 1
