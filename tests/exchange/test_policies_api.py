"""Policies over the API: from what a business qualifies for to the receipt that can be replayed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.policies.house import DECLARED, House, build_house
from tests.policies.test_claims import settled
from tests.support.world import MORNING, World
from yingshang import timekeeping
from yingshang.policies import keys, replay
from yingshang.policies.models import Claim

API = "/api/v1"
PAYEE = {"name": "示例机电有限公司", "account": "6222020111112222333", "bank": "示例银行"}


@pytest.fixture
def house(world: World) -> House:
    with timekeeping.travel(MORNING):
        return build_house(world)


def signed_in(house: House, who: str) -> Client:
    client = Client()
    client.force_login(getattr(house.world, who), backend="django.contrib.auth.backends.ModelBackend")
    return client


def post(client: Client, path: str, body: dict[str, Any], key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"{API}{path}", body, content_type="application/json", headers=headers)


def test_from_the_verdict_to_the_receipt(house: House) -> None:
    with timekeeping.travel(MORNING):
        firm = signed_in(house, "firm1")
        told = firm.get(f"{API}/businesses/{house.business.uscc}/verdicts").json()
        mine = {v["clause"]: v for v in told["items"]}
        assert (mine["sample/C02"]["state"], mine["sample/C02"]["amount"]) == ("eligible", "50000.00")
        assert set(mine["sample/C01"]["missing"]) == set(DECLARED) and mine["sample/C01"]["can_claim"]
        body = {"clause": "sample/C01", "business": house.business.uscc, "declared": DECLARED, "payee": PAYEE}
        wrong = post(firm, "/claims", body | {"declared": {}})
        assert wrong.status_code == 422 and "年度新增委托生产合同金额" in wrong.json()["fields"]
        first, again = (post(firm, "/claims", body, "key") for _ in range(2))
        assert first.status_code == 201 and again.json() == first.json()
        number = first.json()["number"]
        assert first.json()["amount"] == "100000.02" and first.json()["account"] == "6222****2333"
        assert firm.get(f"{API}/claims/{number}/receipt").status_code == 409
        for who in ("economy_officer2", "finance_officer"):
            done = post(signed_in(house, who), f"/claims/{number}/review", {"outcome": "pass"})
            assert done.status_code == 200, done.content
        settled(house, Claim.objects.get(number=number))
        answer = firm.get(f"{API}/claims/{number}/receipt")
        assert all(c.ok for c in replay.verify(answer.content, trusted=keys.public_key()))
        assert [c["number"] for c in firm.get(f"{API}/claims?state=paid").json()["items"]] == [number]
        assert signed_in(house, "firm2").get(f"{API}/claims/{number}").status_code == 404


def test_clauses_say_what_the_source_does_not(house: House) -> None:
    firm = signed_in(house, "firm1")
    one = firm.get(f"{API}/policies/sample/C01").json()
    assert (one["quote"], one["grade"], one["unit"]) == ("给予奖励。", "P", "dept.economy")
    assert firm.get(f"{API}/policies/sample/C99").status_code == 404
    assert {"sample/C01", "sample/C02"} <= {c["clause"] for c in firm.get(f"{API}/policies").json()["items"]}
