"""Policies as somebody means ill: absurd figures, other people's things, files made up, steps taken by the wrong person."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

if TYPE_CHECKING:
    from tests.policies.house import House
    from yingshang.accounts.models import Person

    SignIn = Callable[[Person], Client]

PAGE = "/portal/policies/"
TINY, HUGE = "1e-999999999", "1e30"


@pytest.fixture
def house(db: None, settings: Any, tmp_path: Path) -> Iterator[House]:
    from tests.policies.house import build_house
    from tests.support.world import MORNING, build
    from yingshang import timekeeping

    settings.HOME = tmp_path
    with timekeeping.travel(MORNING):
        yield build_house(build())


@pytest.fixture
def sign_in() -> SignIn:
    def signed_in(person: Person) -> Client:
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


def api(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/v1{path}", body, content_type="application/json")


# --- claiming ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "amount", ["-1", "2000000.405", HUGE, TINY, "NaN", "-0.01", "1_000", "", "٢٠٠٠", "1e400", 10**400, "9" * 5000]
)
def test_no_absurd_figure_is_declared(house: House, sign_in: SignIn, amount: Any) -> None:
    from tests.policies.house import DECLARED
    from yingshang.policies.models import Claim

    body = {
        "clause": "sample/C01",
        "business": house.business.uscc,
        "payee": {"name": "甲", "account": "6222020111112222", "bank": "乙"},
    }
    began = time.monotonic()
    answer = api(
        sign_in(house.world.firm1), "/claims", body | {"declared": DECLARED | {"年度新增委托生产合同金额": amount}}
    )
    assert answer.status_code in (400, 422), answer.content[:300]
    assert time.monotonic() - began < 20
    assert not Claim.objects.exists()


@pytest.mark.parametrize(
    ("account", "kept"),
    [
        ("６２２２ ０２０１ １１１１ ２２２２", "6222020111112222"),
        ("6222－0201－1111－2222", "6222020111112222"),
        ("٦٢٢٢٠٢٠١١١١١٢٢٢٢", None),
        ("----------", None),
        ("6222\n0201\n1111", None),
        ("=1+1222222222", None),
    ],
)
def test_an_account_is_kept_in_plain_digits_or_not_at_all(house: House, account: str, kept: str | None) -> None:
    from yingshang.cases.errors import Invalid
    from yingshang.policies.actions import Payee

    payee = Payee("示例机电有限公司", account, "示例银行")
    if kept is None:
        with pytest.raises(Invalid) as wrong:
            payee.check()
        assert list(wrong.value.details["fields"]) == ["payee_account"]
    else:
        payee.check()
        assert payee.digits == kept


def test_names_that_the_register_cannot_hold_are_told(house: House) -> None:
    from yingshang.cases.errors import Invalid
    from yingshang.policies.actions import Payee
    from yingshang.policies.people import Beneficiary

    with pytest.raises(Invalid) as wrong:
        house.claim(payee=Payee("名" * 121, "6222020111112222", "行" * 121))
    assert set(wrong.value.details["fields"]) == {"payee_name", "payee_bank"}
    with pytest.raises(Invalid) as wrong:
        Beneficiary("名" * 61, "110101199001011237").check()
    assert "person_name" in wrong.value.details["fields"]


def test_another_firms_claim_is_neither_made_nor_seen(house: House, sign_in: SignIn) -> None:
    claim, other = house.claim(), sign_in(house.world.firm2)
    body = {"clause": "sample/C02", "business": house.business.uscc}
    assert api(other, "/claims", body).status_code in (403, 404)
    url = f"/portal/policies/claims/{claim.number}/"
    assert other.get(url).status_code == 404
    for what in ("withdraw", "payee"):
        assert other.post(f"{url}{what}/", {"reason": "x"}).status_code in (403, 404)
    answer = other.post(f"{PAGE}sample/C02/confirm/", {"firm": house.business.uscc, "key": "x"})
    assert answer.status_code in (302, 404, 409)
    from yingshang.policies.models import Claim

    assert Claim.objects.get() == claim


# --- reviewing --------------------------------------------------------------------------------------------------------


def test_a_claim_is_not_handed_to_a_unit_of_ones_choice(house: House, sign_in: SignIn) -> None:
    from yingshang.cases import actions as cases
    from yingshang.cases.errors import Conflict

    w, claim = house.world, house.claim()
    case = claim.case
    with pytest.raises(Conflict, match="主管单位"):
        cases.hand_over(case, w.economy_officer, to=w.units["dept.commerce"], reason="请帮忙")
    page = sign_in(w.economy_officer).get(f"/desk/cases/{case.number}/").content.decode()
    assert "hand_over" not in page
    case.refresh_from_db()
    assert case.lead_unit == w.units["dept.economy"]


def test_only_the_clauses_own_unit_passes_it_whoever_has_the_step(house: House) -> None:
    from yingshang.cases.errors import NotAllowed
    from yingshang.cases.models import Case, Task
    from yingshang.policies import actions

    w, claim = house.world, house.claim()
    # As a case stands that was handed over before that was refused.
    Case.objects.filter(pk=claim.case_id).update(lead_unit=w.units["dept.commerce"])
    Task.objects.filter(case=claim.case, step="review").update(unit=w.units["dept.commerce"])
    with pytest.raises(NotAllowed, match="主管单位"):
        actions.review(claim, w.officer, outcome="pass")
    claim.refresh_from_db()
    assert claim.state == "review"


def test_the_payment_is_not_offered_to_be_completed_by_hand(house: House, sign_in: SignIn) -> None:
    from yingshang.cases.models import Task

    claim = house.passed()
    client = sign_in(house.world.finance_officer)
    task = Task.objects.get(case=claim.case, step="pay")
    page = client.get(f"/desk/cases/{claim.number}/").content.decode()
    assert f"/tasks/{task.pk}/" not in page and "不能手工完成" in page
    answer = client.post(f"/desk/cases/{claim.number}/tasks/{task.pk}/", {"outcome": "paid", "note": "", "key": "k"})
    assert answer.status_code == 409
    claim.refresh_from_db()
    assert claim.state == "payable"


# --- money ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", HUGE, TINY, "1e15", "NaN", "Infinity"])
def test_no_absurd_budget_is_set(house: House, amount: str) -> None:
    from yingshang.cases.errors import Invalid
    from yingshang.policies import actions
    from yingshang.policies.models import Budget

    with pytest.raises(Invalid) as wrong:
        actions.set_budget(house.world.finance_officer, house.policy, 2023, Decimal(amount), source="批复")
    assert "amount" in wrong.value.details["fields"]
    assert Budget.objects.get().amount == Decimal(1_000_000)


@pytest.mark.parametrize("pk", ["²", "9" * 30, "9" * 5000, "-1", "1 OR 1=1", "\0", "１"])
def test_made_up_numbers_are_no_fault_of_the_pages(house: House, sign_in: SignIn, pk: str) -> None:
    from yingshang.policies import actions
    from yingshang.policies.models import PaymentBatch

    w = house.world
    batch = actions.make_batch(w.finance_officer, w.units["dept.finance"], [house.passed()])
    client = sign_in(w.finance_officer2)
    assert client.get(reverse("desk:policy_budgets"), {"year": pk}).status_code == 200
    made = client.post(
        reverse("desk:policy_payments"), {"unit": str(w.units["dept.finance"].pk), "claims": [pk], "key": "k"}
    )
    assert made.status_code == 422
    do = reverse("desk:policy_batch_do", args=[batch.number, "remove"])
    assert client.post(do, {"payment": pk, "reason": "x"}).status_code == 404
    for name in ("desk:policies", "desk:policy_claims"):
        assert client.get(reverse(name), {"q": pk}).status_code in (200, 400)
    firm = sign_in(w.firm1)
    assert firm.get(PAGE, {"q": pk}).status_code in (200, 400)
    assert firm.get(PAGE, {"firm": pk}).status_code in (200, 302, 400, 404)
    assert PaymentBatch.objects.count() == 1


def test_a_batch_is_not_made_for_a_unit_that_is_not_ones_own(house: House, sign_in: SignIn) -> None:
    from yingshang.policies.models import PaymentBatch

    claim, w = house.passed(), house.world
    client = sign_in(w.finance_officer)
    given = {"unit": str(w.units["dept.economy"].pk), "claims": [claim.pk], "key": "k"}
    assert client.post(reverse("desk:policy_payments"), given).status_code == 403
    assert not PaymentBatch.objects.exists()


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ("付款流水号,结果,金额\n{r},成功,{a}1\n", 302),
        ("付款流水号,结果,金额\n{r},成功,-{a}\n", 302),
        ("付款流水号,结果,金额\n{r},成功,100000.0200000000000000001\n", 302),
        ("付款流水号,结果,金额\n{r},成功,１００\n", 302),
        ("付款流水号,结果,金额\n{r},成功,1e5\n", 302),
        ("付款流水号,结果,金额\n{r}x,成功,{a}\n", 302),
        ("付款流水号,结果,金额\n{r},也许,{a}\n", 302),
        ("付款流水号,结果,备注\n{r}x,成功,\x00\x01\n", (302, 422)),
        ("付款流水号,付款流水号,结果\nPY0,{r},成功\n", (302, 422)),
        ("付款流水号,结果,结果\n{r},失败,成功\n", (302, 422)),
        ("付款流水号\n{r}\n", 422),
        ("", 422),
        ("<html>login</html>", 422),
    ],
)
def test_a_made_up_answer_of_the_bank_pays_nothing(
    house: House, sign_in: SignIn, content: str, status: int | tuple[int, ...]
) -> None:
    from yingshang.policies import actions
    from yingshang.policies.models import Payment

    w = house.world
    batch = actions.make_batch(w.finance_officer, w.units["dept.finance"], [house.passed()])
    actions.approve_batch(batch, w.finance_officer2)
    actions.export_batch(batch, w.finance_officer)
    payment = Payment.objects.get()
    text = content.replace("{r}", payment.reference).replace("{a}", f"{payment.amount}")
    client = sign_in(w.finance_officer)
    do = reverse("desk:policy_batch_do", args=[batch.number, "reconcile"])
    answer = client.post(do, {"file": SimpleUploadedFile("回单.csv", text.encode(), "text/csv")})
    assert answer.status_code in (status if isinstance(status, tuple) else (status,)), text
    payment.refresh_from_db()
    assert payment.state != "paid"


def test_a_clause_that_was_withdrawn_pays_who_claimed_before_and_nobody_after(house: House) -> None:
    from yingshang.cases.errors import Conflict
    from yingshang.policies import actions

    claim = house.claim()
    actions.withdraw_clause(None, house.reward, reason="到期")
    assert house.passed(claim).case_id == claim.case_id
    claim.refresh_from_db()
    assert claim.state == "payable"
    with pytest.raises(Conflict):
        house.claim(payee=None)


# --- the studio -------------------------------------------------------------------------------------------------------

BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9)
) + "]><definitions>&j;</definitions>"  # fmt: skip
DOCUMENTS = {
    "script": '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="x"><script>alert(1)</script></definitions>',
    "break": "</script><script>alert(1)</script>",
    "bomb": BOMB,
    "file": '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><definitions>&f;</definitions>',
    "namespace": '<definitions xmlns="urn:other"/>',
    "deep": "<a>" * 20_000 + "</a>" * 20_000,
    "nul": "<definitions>\0</definitions>",
    "surrogate": "<definitions>&#xD800;</definitions>",
    "empty": " ",
    "long": "<definitions>" + "a" * 1_500_000 + "</definitions>",
}


@pytest.mark.parametrize("what", list(DOCUMENTS))
def test_whatever_is_handed_in_as_a_model_is_answered(house: House, sign_in: SignIn, what: str) -> None:
    from yingshang.rules.models import RuleVersion

    writer = sign_in(house.world.economy_officer)

    def act(step: str, **given: Any) -> Any:
        return writer.post(reverse("desk:policy_act", args=["sample", "C02", step]), given)

    assert act("start").status_code == 302
    began = time.monotonic()
    document = DOCUMENTS[what]
    checked = writer.post(reverse("desk:policy_check"), document, content_type="application/xml")
    assert checked.status_code in (200, 413) and "root:" not in checked.content.decode()
    kept = act("save", xml=document, note="\0注")
    assert kept.status_code in (302, 400, 422)
    assert act("save", xml=document, then="submit").status_code in (302, 400, 422)
    assert RuleVersion.objects.get(model=house.grant.rule, number=2).state == "draft"
    page = writer.get(reverse("desk:policy_clause", args=["sample", "C02"]))
    assert page.status_code == 200 and "<script>alert" not in page.content.decode()
    assert writer.get(reverse("desk:policy_simulation", args=["sample", "C02"])).status_code == 200
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("value", [TINY, HUGE, "-5", "NaN", "1e14", "0.0000001", "９", "\0", "9" * 5000, "0"])
def test_a_slider_goes_where_a_number_can_be(house: House, sign_in: SignIn, value: str) -> None:
    from yingshang.rules import runs

    runs.run()
    client = sign_in(house.world.economy_officer)
    url = reverse("desk:policy_simulation", args=["sample", "C02"])
    began = time.monotonic()
    answer = client.get(url, {"s0": value, "s1": value, "on": "9999-12-31"})
    assert answer.status_code == 200 and len(answer.content) < 300_000
    answer = client.get(url, {"s0": value, "s1": value, "on": "0001-01-01"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and len(answer.content) < 300_000
    assert time.monotonic() - began < 60


def test_a_slider_at_nothing_is_nothing() -> None:
    from django.http import QueryDict

    from yingshang.rules.figures import Slider
    from yingshang.web.views.desk_policies import sliders

    at = Slider("1", "结果", "从业人员", 1, ">= 20", Decimal(20), "threshold")
    held = sliders.handles([at], QueryDict("s0=0"))
    assert sliders.moved(held) == {"1": Decimal(0)}
    for absurd in (TINY, "1e-30", HUGE, "-1"):
        assert sliders.moved(sliders.handles([at], QueryDict(f"s0={absurd}"))) == {}
