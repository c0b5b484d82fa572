"""The board of policies: money, budgets, and the published outcomes beside ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.test import Client

if TYPE_CHECKING:
    from tests.policies.house import House


@pytest.fixture
def house(db: None) -> Iterator[House]:
    from tests.policies.house import build_house
    from tests.support.world import MORNING, build
    from yingshang import timekeeping

    with timekeeping.travel(MORNING):
        yield build_house(build())


def test_money_budgets_and_what_was_printed(house: House, client: Client) -> None:
    from tests.policies.test_claims import settled
    from yingshang.policies.models import Policy

    settled(house, house.confirmed())
    house.claim()
    Policy.objects.filter(pk=house.policy.pk).update(scenario="outstanding_contribution_award")
    client.force_login(house.world.leader)
    page = client.get("/cockpit/policies/")
    assert page.status_code == 200
    context = page.context
    assert (str(context["sums"]["amount"]), context["sums"]["firms"]) == ("50000.00", 1)
    assert (context["claims"]["review"], context["claims"]["automatic"]) == (1, 1)
    shown = page.content.decode()
    assert "95 万元" in shown  # what is left of a million
    assert "共涉及企业 160 家" in shown and "2022-10 一批 · L766" in shown


def test_only_those_who_see_the_district(house: House, client: Client) -> None:
    client.force_login(house.world.officer)
    assert client.get("/cockpit/policies/").status_code == 403
