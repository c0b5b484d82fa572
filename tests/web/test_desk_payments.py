"""A claim on the desk: two reviews on the case's page, a batch of two people, the bank's answer, the receipt, the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.support.world import World
from tests.web import policies
from tests.web.test_desk_policies import in_force
from yingshang.cases.models import Task
from yingshang.policies import actions
from yingshang.policies.models import Budget, Claim, Payment, PaymentBatch, Policy
from yingshang.registry.facts import FactRow, copy_facts

As = Callable[[str], Client]


@pytest.fixture
def claim(world: World, settings: object, tmp_path: object) -> Claim:
    """The first firm spent two million yuan on research: 200,000 yuan are due to it."""
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    held = policies.policy(world)
    policies.budget(world, held)
    clause = policies.clause(world, held)
    in_force(world, clause)
    actions.publish_clause(world.economy_officer, clause)
    copy_facts(FactRow(world.business.pk, key, "2022", value, "年报") for key, value in policies.FACTS.items())
    return actions.submit_claim(world.firm1, clause, world.business, payee=policies.PAYEE)


def step(claim: Claim, client: Client, outcome: str = "pass", note: str = "") -> int:
    task = Task.objects.filter(case=claim.case, status=Task.State.OPEN, kind=Task.Kind.STEP).latest("id")
    url = reverse("desk:case_task", args=[claim.number, task.pk])
    return client.post(url, {"outcome": outcome, "note": note}).status_code


def pass_both(claim: Claim, sign_in: As, then: str = Claim.State.PAYABLE) -> None:
    assert step(claim, sign_in("economy_officer")) == 302
    assert step(claim, sign_in("finance_officer")) == 302
    claim.refresh_from_db()
    assert claim.state == then


def test_the_case_shows_the_claim(world: World, claim: Claim, sign_in: As) -> None:
    client = sign_in("economy_officer")
    page = client.get(reverse("desk:case", args=[claim.number]))
    text = page.content.decode()
    assert "20 万元" in text
    assert "6222000011112222" in text  # who reviews compares the account
    assert {f["label"]: (f["value"], f["source"]) for f in page.context["claim"]["facts"]} == {
        "研发费用": ("2,000,000 元", "年报"), "研发费用占比": ("5%", "年报"),
    }  # fmt: skip
    # Figures of the last year are as asked for; older ones are named to who decides, and beside each.
    assert "不是最近一年的数据" not in text
    Claim.objects.filter(pk=claim.pk).update(as_of=date(2025, 6, 1))
    text = client.get(reverse("desk:case", args=[claim.number])).content.decode()
    assert "不是最近一年的数据，请核实后再定：研发费用、研发费用占比" in text
    assert text.count("2022 年的旧数据，缺 2024 年的") == 2
    assert "6222****2222" in sign_in("auditor").get(reverse("desk:case", args=[claim.number])).content.decode()
    assert [c.pk for c in client.get(reverse("desk:policy_claims")).context["page"]] == [claim.pk]
    assert step(claim, client, "refuse") == 422  # without a reason
    assert not sign_in("finance_officer").get(reverse("desk:policy_claims")).context["page"]


def test_from_review_to_receipt(world: World, claim: Claim, sign_in: As) -> None:
    maker, checker = sign_in("finance_officer"), sign_in("finance_officer2")
    url = reverse("desk:policy_payments")
    assert not maker.get(url).context["groups"]
    pass_both(claim, sign_in)
    group = maker.get(url).context["groups"][0]
    assert (group["claims"], group["sum"]) == ([claim], Decimal(200_000))
    given = {"unit": group["unit"].pk, "claims": [claim.pk], "key": "k1"}
    assert sign_in("officer").post(url, given).status_code == 403
    assert maker.post(url, {**given, "claims": [], "key": "k0"}).status_code == 422
    for _ in range(2):  # pressed twice, made once
        assert maker.post(url, given).status_code == 302
    batch = PaymentBatch.objects.get()

    def do(client: Client, what: str, **more: object) -> int:
        return client.post(reverse("desk:policy_batch_do", args=[batch.number, what]), more).status_code

    assert do(maker, "approve") == 403
    assert do(maker, "export") == 409
    assert do(checker, "file") == 409
    assert do(sign_in("officer"), "approve") == 403
    assert do(checker, "approve") == 302
    assert do(checker, "export") == 302
    file = checker.post(reverse("desk:policy_batch_do", args=[batch.number, "file"]))
    assert "6222000011112222" in file.content.decode("utf-8-sig")
    payment = Payment.objects.get()
    assert do(checker, "reconcile") == 422
    answer = f"付款流水号,结果,日期,金额,银行流水号,原因\n{payment.reference},成功,2023-04-27,200000.00,B1,\nPY0,成功,2023-04-27,1,B2,\n"
    for _ in range(2):
        upload = SimpleUploadedFile("回单.csv", answer.encode(), "text/csv")
        assert do(checker, "reconcile", file=upload) == 302
    page = checker.get(reverse("desk:policy_batch", args=[batch.number]))
    assert [(r.paid, r.failed, r.wrong) for r in page.context["returns"]] == [(1, 0, 1)]
    assert "本批次没有这个付款流水号" in page.content.decode()
    budget = Budget.objects.get()
    assert (budget.paid, budget.reserved) == (Decimal(200_000), 0)
    ledger = maker.get(reverse("desk:policy_budget", args=[budget.pk]))
    assert [e.kind for e in ledger.context["page"]] == ["pay", "reserve"]
    receipt = maker.get(reverse("desk:policy_receipt", args=[claim.number]))
    assert json.loads(receipt.content)["about"]["claim"] == claim.number
    assert do(maker, "claw_back", payment=payment.pk, reason="") == 422
    assert do(maker, "claw_back", payment=payment.pk, reason="多报了") == 302
    budget.refresh_from_db()
    assert budget.left == budget.amount


def test_a_payment_is_taken_out_and_a_batch_cancelled(world: World, claim: Claim, sign_in: As) -> None:
    pass_both(claim, sign_in)
    client, url = sign_in("finance_officer"), reverse("desk:policy_payments")
    unit = world.units["dept.finance"].pk
    for what, extra in (("remove", {"reason": "账号待核"}), ("cancel", {"reason": "重做"})):
        client.post(url, {"unit": unit, "claims": [claim.pk], "key": what})
        batch = PaymentBatch.objects.latest("id")
        given = {"payment": batch.payments.get().pk, **extra}
        do = reverse("desk:policy_batch_do", args=[batch.number, what])
        assert client.post(do, {**given, "reason": ""}).status_code == 422
        assert client.post(do, given).status_code == 302
        claim.refresh_from_db()
        assert claim.state == Claim.State.PAYABLE
    assert client.post(reverse("desk:policy_batch_do", args=[batch.number, "nonsense"])).status_code == 404


def test_no_receipt_before_it_is_paid(claim: Claim, sign_in: As) -> None:
    assert sign_in("economy_officer").get(reverse("desk:policy_receipt", args=[claim.number])).status_code == 409
    assert sign_in("officer").get(reverse("desk:policy_receipt", args=[claim.number])).status_code == 404


def test_budgets_are_set_by_finance(world: World, claim: Claim, sign_in: As) -> None:
    url, policy = reverse("desk:policy_budgets"), Policy.objects.get(code="research_2023")
    # By the sound of their titles, however they were entered.
    for code, title in (("z", "专项补助"), ("a", "安全生产奖励"), ("m", "母婴设施补贴")):
        Policy.objects.create(code=code, title=title, issuer="区财政局")
    listed = [c[1] for c in sign_in("finance_officer").get(url).context["form"].fields["policy"].choices][1:]
    assert [t for t in listed if t != str(policy)] == ["安全生产奖励", "母婴设施补贴", "专项补助"]
    assert len(listed) == 4
    given = {"policy": policy.pk, "year": 2023, "amount": "2000000", "source": "钱财〔2023〕1号"}
    assert sign_in("economy_officer").post(url, given).status_code == 403
    client = sign_in("finance_officer")
    assert client.post(url, {**given, "source": ""}).status_code == 422
    assert client.post(url, given).status_code == 302
    assert Budget.objects.get().amount == 2_000_000
    step(claim, sign_in("economy_officer"))
    assert client.post(url, {**given, "amount": "100"}).status_code == 409  # 200,000 are set aside
    page = client.get(url + "?year=2023")
    assert page.context["total"]["left"] == Decimal(1_800_000)
    assert client.get(url + "?year=1").context["year"] == 2023


def test_as_many_queries_however_many_claims(
    world: World, claim: Claim, sign_in: As, django_assert_max_num_queries: Callable[..., object]
) -> None:
    pass_both(claim, sign_in)
    client = sign_in("finance_officer")
    client.post(
        reverse("desk:policy_payments"), {"unit": world.units["dept.finance"].pk, "claims": [claim.pk], "key": "k"}
    )
    batch = reverse("desk:policy_batch", args=[PaymentBatch.objects.get().number])
    budget = reverse("desk:policy_budget", args=[Budget.objects.get().pk])
    pages = {
        reverse("desk:policy_payments"): 10, reverse("desk:policy_claims") + "?list=all": 7,
        reverse("desk:policy_budgets"): 9, batch: 11, budget: 6,
    }  # fmt: skip
    for url, most in pages.items():
        client.get(url)
        with django_assert_max_num_queries(most):
            client.get(url)
