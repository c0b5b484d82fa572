"""Policies over the API: from what a business qualifies for to the receipt that can be replayed."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.policies.house import DECLARED, House, build_house
from tests.policies.test_claims import answer as bank_says
from tests.policies.test_claims import sent, settled
from tests.support.world import MORNING, World
from yingshang import timekeeping
from yingshang.policies import actions, keys, replay
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


def test_an_enterprise_puts_its_account_right(house: House) -> None:
    with timekeeping.travel(MORNING):
        claim = house.passed()
        at, firm = f"/claims/{claim.number}", signed_in(house, "firm1")
        batch = sent(house, claim)
        other = PAYEE | {"account": "6222 0299 8888 7777 666"}
        assert post(firm, f"{at}/payee", other).status_code == 409
        actions.reconcile(
            batch, house.world.finance_officer, name="r.csv", content=bank_says(batch, "失败", reason="账号已销户")
        )
        assert firm.get(f"{API}{at}").json()["bounced"] == "账号已销户"
        assert [c["bounced"] for c in firm.get(f"{API}/claims").json()["items"]] == ["账号已销户"]
        wrong = post(firm, f"{at}/payee", other | {"account": "12"})
        assert wrong.status_code == 422 and set(wrong.json()["fields"]) == {"payee_account"}
        same = PAYEE | {"account": "6222 0201 1111 2222 333", "bank": "示例银行钱塘支行"}
        assert "payee_account" in post(firm, f"{at}/payee", same).json()["fields"]
        for who, status in (("firm2", 404), ("economy_officer2", 403), ("finance_officer", 403)):
            assert post(signed_in(house, who), f"{at}/payee", other).status_code == status
        first, again = (post(firm, f"{at}/payee", other, "once") for _ in range(2))
        assert first.status_code == 200 and again.json() == first.json()
        told = first.json()
        assert (told["state"], told["account"], told["bounced"]) == ("review", "6222****7666", "")
        assert claim.case.events.filter(kind="payee_changed").count() == 1
        # The same key is not taken for another account that is meant later.
        assert post(firm, f"{at}/payee", PAYEE, "twice").json()["account"] == "6222****2333"
        # Only the first one took reviews away, and the timeline says so.
        changes = claim.case.events.filter(kind="payee_changed").order_by("seq")
        assert [e.data["again"] for e in changes] == [True, False]


def test_clauses_say_what_the_source_does_not(house: House) -> None:
    firm = signed_in(house, "firm1")
    one = firm.get(f"{API}/policies/sample/C01").json()
    assert (one["quote"], one["grade"], one["unit"]) == ("给予奖励。", "P", "dept.economy")
    assert firm.get(f"{API}/policies/sample/C99").status_code == 404
    assert {"sample/C01", "sample/C02"} <= {c["clause"] for c in firm.get(f"{API}/policies").json()["items"]}


def test_two_people_of_finance_pay_and_the_bank_answers(house: House) -> None:
    with timekeeping.travel(MORNING):
        claim = house.passed()
        maker, checker = signed_in(house, "finance_officer"), signed_in(house, "finance_officer2")
        body = {"unit": "dept.finance", "claims": [claim.number], "note": "四月"}
        assert post(signed_in(house, "economy_officer"), "/batches", body).status_code == 403
        assert post(maker, "/batches", body | {"claims": ["QT0-0"]}).status_code == 422
        first, again = (post(maker, "/batches", body, "once") for _ in range(2))
        assert first.status_code == 201 and again.json() == first.json()
        number, (payment,) = first.json()["number"], first.json()["payments"]
        at = f"/batches/{number}"
        assert (payment["amount"], payment["account"], payment["state"]) == ("100000.02", "6222****2333", "pending")
        assert post(maker, f"{at}/approve", {}).status_code == 403
        assert post(checker, f"{at}/export", {}).status_code == 409
        assert post(checker, f"{at}/approve", {}).json()["state"] == "approved"
        files = [post(who, f"{at}/export", {}).content for who in (maker, checker)]
        assert files[0] == files[1] and payment["reference"].encode() in files[0]

        def returned(lines: str) -> Any:
            file = SimpleUploadedFile("回单.csv", lines.encode(), "text/csv")
            return maker.post(f"{API}{at}/returns", {"file": file})

        good = (
            f"付款流水号,结果,金额\n{payment['reference']},成功,100000.02\nPY1,成功,1\n{payment['reference']},成功,sNaN"
        )
        for answer in (returned(good), returned(good)):
            assert answer.status_code == 201, answer.content
            told = answer.json()
            assert (told["paid"], told["wrong"], [r["code"] for r in told["rows"]]) == (1, 2, ["unknown", "amount"])
        english = maker.get(f"{API}{at}/returns", headers={"Accept-Language": "en"}).json()["items"]
        assert len(english) == 1 and all("本批次" not in r["problem"] for r in english[0]["rows"])
        assert maker.get(f"{API}{at}").json()["state"] == "reconciled"
        assert maker.get(f"{API}/budgets").json()["items"][0]["paid"] == "100000.02"
        back = post(maker, f"/payments/{payment['reference']}/claw-back", {"reason": "重复领取"})
        assert back.json()["state"] == "clawed_back"
        assert post(maker, f"/payments/{payment['reference']}/claw-back", {"reason": "再来"}).status_code == 409
        for path in ("/budgets", "/batches"):
            assert signed_in(house, "firm1").get(f"{API}{path}").json()["items"] == []
        assert signed_in(house, "firm1").get(f"{API}{at}").status_code == 404
