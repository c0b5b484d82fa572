"""From the claim to the money and the receipt, and everything that stops it on the way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from tests.policies.house import DECLARED, PAYEE, House, build_house
from tests.support.world import MORNING, build
from yingshang import timekeeping
from yingshang.cases import actions as case_actions
from yingshang.cases import sweep
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import Case, Status, Task
from yingshang.policies import actions, ledger
from yingshang.policies.actions import Payee
from yingshang.policies.actions.batches import payable
from yingshang.policies.models import Budget, Claim, LedgerEntry, Payment, PaymentBatch, PolicyNotice

S = Claim.State
ELSEWHERE = Payee("示例机电有限公司", "6222020111112222444", "示例银行")


def money(house: House) -> tuple[str, str]:
    budget = Budget.objects.get(pk=house.budget.pk)
    return str(budget.reserved), str(budget.paid)


def answer(batch: PaymentBatch, result: str = "成功", **more: str) -> bytes:
    """The bank's file for all payments of a batch."""
    rows = ["付款流水号,结果,金额,失败原因"]
    rows += [f"{p.reference},{result},{p.amount},{more.get('reason', '')}" for p in batch.payments.order_by("id")]
    return "\n".join(rows).encode()


def sent(house: House, *claims: Claim) -> PaymentBatch:
    """A batch of these claims at the bank."""
    world = house.world
    batch = actions.make_batch(world.finance_officer, world.units["dept.finance"], claims)
    batch = actions.approve_batch(batch, world.finance_officer2)
    return actions.export_batch(batch, world.finance_officer)[0]


def settled(house: House, claim: Claim) -> Claim:
    batch = sent(house, claim)
    actions.reconcile(batch, house.world.finance_officer, name="回单.csv", content=answer(batch))
    claim.refresh_from_db()
    return claim


def test_from_the_claim_to_the_money(house: House) -> None:
    claim = house.claim()
    assert (claim.state, claim.amount, claim.period) == (S.REVIEW, Decimal("100000.02"), "2023")
    assert claim.case.lead_unit == house.world.units["dept.economy"] and money(house) == ("0.00", "0.00")
    claim = actions.review(claim, house.world.economy_officer2, outcome="pass")
    assert (claim.state, money(house)) == (S.FINANCE, ("100000.02", "0.00"))
    claim = actions.review(claim, house.world.finance_officer, outcome="pass")
    assert (claim.state, payable(house.world.units["dept.finance"])) == (S.PAYABLE, [claim])
    claim = settled(house, claim)
    assert (claim.state, claim.case.status, money(house)) == (S.PAID, Status.CLOSED, ("0.00", "100000.02"))
    assert [e.kind for e in claim.entries.all()] == ["reserve", "pay"]


def test_an_automatic_grant_needs_one_confirmation(house: House) -> None:
    claim = house.confirmed()
    assert (claim.state, claim.automatic, money(house)) == (S.PAYABLE, True, ("50000.00", "0.00"))
    assert Task.objects.get(case=claim.case, status="open").step == "pay"
    assert settled(house, claim).case.status == Status.CLOSED


def test_a_recognition_ends_with_the_unit_and_moves_no_money(house: House) -> None:
    claim = actions.submit_claim(house.world.firm1, house.title, house.business)
    claim = actions.review(claim, house.world.economy_officer2, outcome="pass")
    assert (claim.state, claim.case.status, LedgerEntry.objects.count()) == (S.DONE, Status.CLOSED, 0)


def test_only_what_is_not_held_may_be_declared(house: House) -> None:
    with pytest.raises(Invalid) as refused:
        house.claim(declared={**DECLARED, "从业人员": 5})
    assert set(refused.value.details["fields"]) == {"从业人员"}  # type: ignore[call-overload]
    with pytest.raises(Invalid) as refused:
        house.claim(declared={"药械上市许可持有人": True})
    assert "年度新增委托生产合同金额" in refused.value.details["fields"]  # type: ignore[operator]
    with pytest.raises(Invalid):
        house.claim(declared=DECLARED | {"年度新增委托生产合同金额": "很多"})
    with pytest.raises(Conflict):
        house.claim(declared=DECLARED | {"与受托企业有投资关联": True})
    assert not Claim.objects.exists() and not Case.objects.exists()


def test_one_claim_a_period_and_the_same_key_is_one_claim(house: House) -> None:
    claim = house.claim(key="once")
    assert house.claim(key="once") == claim
    with pytest.raises(Conflict):
        house.claim()
    with timekeeping.travel(timekeeping.now().replace(year=2024)):
        actions.set_budget(None, house.policy, 2024, Decimal(1_000_000), source="示例")
        assert house.claim().period == "2024"


def test_who_may_claim_and_who_may_review(house: House) -> None:
    with pytest.raises(NotAllowed):
        actions.submit_claim(house.world.firm2, house.reward, house.business, declared=DECLARED, payee=PAYEE)
    with pytest.raises(NotAllowed):
        actions.submit_claim(house.world.officer, house.reward, house.business, declared=DECLARED, payee=PAYEE)
    claim = house.claim()
    with pytest.raises(NotAllowed):
        actions.review(claim, house.world.officer, outcome="pass")
    actions.review(claim, house.world.economy_officer2, outcome="pass")
    with pytest.raises(NotAllowed):
        actions.review(claim, house.world.economy_officer2, outcome="pass")


def test_nobody_opens_the_case_of_a_claim_past_the_rule(house: House) -> None:
    data = {"title": "x", "clause": "sample/C01", "period": "2023", "amount": "1", "automatic": True, "paid": True,
            "notice_days": 0, "unit": "dept.economy"}  # fmt: skip
    for who in (house.world.firm1, house.world.economy_officer, house.world.reform):
        with pytest.raises(NotAllowed):
            case_actions.open_case(who, scenario="policy_delivery", service="claim", title="x", data=data,
                                   business=house.business)  # fmt: skip


def test_the_two_reviews_are_two_people_even_where_one_works_in_both_units(house: House) -> None:
    from datetime import date

    from yingshang.accounts.models import Membership, Role

    both = house.world.people["economy_officer2"]
    Membership.objects.create(
        person=both, unit=house.world.units["dept.finance"], role=Role.OFFICER, since=date(2020, 1, 1)
    )
    claim = actions.review(house.claim(), house.world.economy_officer2, outcome="pass")
    with pytest.raises(NotAllowed, match="两个人"):
        actions.review(claim, house.world.economy_officer2, outcome="pass")


def test_a_refusal_says_why_and_releases(house: House) -> None:
    claim = actions.review(house.claim(), house.world.economy_officer2, outcome="pass")
    with pytest.raises(Invalid):
        actions.review(claim, house.world.finance_officer, outcome="refuse")
    claim = actions.review(claim, house.world.finance_officer, outcome="refuse", note="合同未实际履行")
    assert (claim.state, claim.refusal, money(house)) == (S.REFUSED, "合同未实际履行", ("0.00", "0.00"))
    assert claim.case.status == Status.CLOSED
    assert house.claim().state == S.REVIEW  # it may be claimed again


def test_finance_sends_back_and_the_unit_looks_again(house: House) -> None:
    claim = actions.review(house.claim(), house.world.economy_officer2, outcome="pass")
    claim = actions.review(claim, house.world.finance_officer, outcome="back", note="附件不全")
    assert (claim.state, claim.unit_reviewer) == (S.REVIEW, None)
    claim = house.passed(claim)
    assert (claim.state, money(house)) == (S.PAYABLE, ("100000.02", "0.00"))


def test_a_claim_beyond_the_budget_is_not_passed(house: House) -> None:
    actions.set_budget(None, house.policy, 2023, Decimal("100000.01"), source="示例")
    claim = house.claim()
    with pytest.raises(Conflict, match=r"100,000\.01"):
        actions.review(claim, house.world.economy_officer2, outcome="pass")
    claim.refresh_from_db()
    assert (claim.state, money(house)) == (S.REVIEW, ("0.00", "0.00"))
    house.confirmed()
    with pytest.raises(Conflict, match="预算不能低于"):
        actions.set_budget(None, house.policy, 2023, Decimal(1), source="示例")


def test_nothing_is_passed_while_the_enterprise_supplements(house: House) -> None:
    claim = house.claim()
    case_actions.ask_supplement(claim.case, house.world.economy_officer2, what="请补合同")
    with pytest.raises(Conflict, match="补正"):
        actions.review(claim, house.world.economy_officer2, outcome="pass")


def test_a_withdrawn_claim_releases_what_was_set_aside(house: House) -> None:
    claim = actions.review(house.claim(), house.world.economy_officer2, outcome="pass")
    with pytest.raises(NotAllowed):
        actions.withdraw_claim(claim, house.world.economy_officer2, reason="不想批")
    claim = actions.withdraw_claim(claim, house.world.firm1, reason="填错了")
    assert (claim.state, claim.case.status, money(house)) == (S.WITHDRAWN, Status.WITHDRAWN, ("0.00", "0.00"))


def test_what_is_at_the_bank_is_not_withdrawn_nor_merged_nor_closed_by_hand(house: House) -> None:
    claim = house.passed()
    sent(house, claim)
    with pytest.raises(Conflict, match="不能撤回"):
        actions.withdraw_claim(claim, house.world.firm1, reason="填错了")
    task = Task.objects.get(case=claim.case, status="open")
    with pytest.raises(Conflict, match="对账"):
        case_actions.complete_task(task, house.world.finance_officer, outcome="paid")
    other = house.confirmed()
    with pytest.raises(Conflict, match="不能并案"):
        case_actions.merge(other.case, house.world.dispatcher, into=claim.case, reason="重复")


def test_the_bank_could_not_pay_and_is_asked_again(house: House) -> None:
    claim = house.passed()
    batch = sent(house, claim)
    actions.reconcile(
        batch, house.world.finance_officer, name="r.csv", content=answer(batch, "失败", reason="账号有误")
    )
    claim.refresh_from_db()
    assert (claim.state, money(house)) == (S.PAYABLE, ("100000.02", "0.00"))
    claim = actions.mend_payee(claim, house.world.firm1, ELSEWHERE)
    # Nobody who passed it has seen this account.
    assert (claim.state, claim.unit_reviewer, claim.finance_reviewer) == (S.REVIEW, None, None)
    assert money(house) == ("100000.02", "0.00")
    assert claim.case.events.latest("seq").kind == "payee_changed"
    with pytest.raises(Conflict, match="不能列入"):
        sent(house, claim)
    claim = house.passed(claim)
    assert (claim.state, claim.finance_reviewer) == (S.PAYABLE, house.world.finance_officer)
    claim = settled(house, claim)
    assert (claim.state, money(house)) == (S.PAID, ("0.00", "100000.02"))
    assert list(claim.payments.values_list("state", flat=True)) == ["failed", "paid"]


def test_an_account_is_changed_after_the_notice_and_not_noticed_again(db: None) -> None:
    with timekeeping.travel(MORNING):
        house = build_house(build(), notice=7)
        claim = house.passed()
        assert claim.state == S.NOTICE
        assert actions.mend_payee(claim, house.world.firm1, PAYEE).state == S.NOTICE  # the same account
        with pytest.raises(Conflict, match="公示期间"):
            actions.mend_payee(claim, house.world.firm1, ELSEWHERE)
    with timekeeping.travel(MORNING + timedelta(days=8)):
        sweep.sweep()
        claim = actions.mend_payee(claim, house.world.firm1, ELSEWHERE)
        assert claim.state == S.REVIEW
        claim = house.passed(claim)
        assert claim.state == S.PAYABLE
        assert settled(house, claim).state == S.PAID


def test_no_account_slips_past_the_review(house: House) -> None:
    claim = house.passed()
    grant = house.confirmed()
    assert (grant.automatic, grant.state) == (True, S.PAYABLE)
    for one, way in ((claim, {"payee_account": "62220000"}), (grant, {"payee_bank": "别的银行"})):
        with pytest.raises(IntegrityError, match="nobody has seen"), transaction.atomic():
            Claim.objects.filter(pk=one.pk).update(**way)
    for one in (claim, grant):
        one = actions.mend_payee(one, house.world.firm1, ELSEWHERE)
        assert one.state == S.REVIEW
        with pytest.raises(IntegrityError, match="not passed by finance"), transaction.atomic():
            Claim.objects.filter(pk=one.pk).update(state=S.PAYABLE)
        assert house.passed(one).state == S.PAYABLE


def test_on_a_diagram_without_a_way_back_a_passed_claim_keeps_its_account(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = house.passed()
    monkeypatch.setattr("yingshang.policies.process.PAYEE", "一个旧图里没有的消息")
    with pytest.raises(Conflict, match="撤回后重新申报"):
        actions.mend_payee(claim, house.world.firm1, ELSEWHERE)
    claim.refresh_from_db()
    assert (claim.state, claim.payee_account) == (S.PAYABLE, PAYEE.digits)


def test_the_bank_returns_what_it_had_paid(house: House) -> None:
    claim = house.passed()
    batch = sent(house, claim)
    actions.reconcile(batch, house.world.finance_officer, name="a.csv", content=answer(batch))
    actions.reconcile(batch, house.world.finance_officer, name="b.csv", content=answer(batch, "退票", reason="销户"))
    claim.refresh_from_db()
    assert (claim.state, money(house)) == (S.PAYABLE, ("100000.02", "0.00"))
    claim = settled(house, claim)
    assert (claim.state, money(house)) == (S.PAID, ("0.00", "100000.02"))


@pytest.mark.parametrize("kind", ["claim", "confirmed"])
def test_an_account_closed_after_the_payment_is_put_right(
    house: House, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = house.passed() if kind == "claim" else house.confirmed()
    batch = sent(house, claim)
    for name, result in (("a.csv", "成功"), ("b.csv", "退票")):
        actions.reconcile(batch, house.world.finance_officer, name=name, content=answer(batch, result, reason="销户"))
    claim = Claim.objects.get(pk=claim.pk)
    assert (claim.state, claim.case.status) == (S.PAYABLE, Status.CLOSED)
    told = PolicyNotice.objects.filter(person=house.world.firm1, kind="bounced")
    assert told.count() == 1 and told.get().business_id == claim.business_id
    # Its case has ended: whatever diagram it ran on, it is reviewed from the beginning.
    monkeypatch.setattr("yingshang.policies.process.PAYEE", "一个旧图里没有的消息")
    claim = actions.mend_payee(claim, house.world.firm1, ELSEWHERE)
    assert (claim.state, claim.case.status) == (S.REVIEW, Status.HANDLING)
    claim = house.passed(claim)
    assert (claim.state, claim.finance_reviewer) == (S.PAYABLE, house.world.finance_officer)
    claim = settled(house, claim)
    assert (claim.state, Claim.objects.get(pk=claim.pk).case.status) == (S.PAID, Status.CLOSED)
    assert money(house) == ("0.00", str(claim.amount))


def test_the_same_return_file_is_read_once_and_wrong_rows_are_kept(house: House) -> None:
    claim = house.passed()
    batch = sent(house, claim)
    payment = Payment.objects.get(claim=claim)
    content = (
        f"流水号,交易结果,金额\n{payment.reference},成功,1.00\nPY0,成功,1\n,成功,1\n{payment.reference},也许,\n"
        f"{payment.reference},成功,\n"
    ).encode("gb18030")
    file = actions.reconcile(batch, house.world.finance_officer, name="r.csv", content=content)
    assert (file.paid, file.failed, file.wrong) == (0, 0, 5)
    assert [r.problem for r in file.rows.all()] == ["differs", "unknown", "no_reference", "result", "no_amount"]
    assert next(r.said for r in file.rows.all()) == "金额 1 与付款金额 100,000.02 不符"
    with translation.override("en"):
        assert all(r.said.isascii() or "也许" in r.said for r in file.rows.all())
    good = answer(batch)
    first = actions.reconcile(batch, house.world.finance_officer, name="r2.csv", content=good)
    assert actions.reconcile(batch, house.world.finance_officer2, name="r3.csv", content=good) == first
    assert (money(house), LedgerEntry.objects.filter(kind="pay").count()) == (("0.00", "100000.02"), 1)
    batch.refresh_from_db()
    assert batch.state == "reconciled"


def test_a_batch_has_two_people_and_its_file_stays_the_same(house: House) -> None:
    world, finance = house.world, house.world.units["dept.finance"]
    claim = house.passed()
    with pytest.raises(NotAllowed):
        actions.make_batch(world.economy_officer, finance, [claim])
    batch = actions.make_batch(world.finance_officer, finance, [claim], key="k")
    assert actions.make_batch(world.finance_officer, finance, [claim], key="k") == batch
    with pytest.raises(Conflict):
        actions.make_batch(world.finance_officer, finance, [claim])
    with pytest.raises(NotAllowed, match="制单人"):
        actions.approve_batch(batch, world.finance_officer)
    with pytest.raises(Conflict):
        actions.export_batch(batch, world.finance_officer)
    actions.approve_batch(batch, world.finance_officer2)
    _, _, first = actions.export_batch(batch, world.finance_officer)
    done, _, again = actions.export_batch(batch, world.finance_officer2)
    assert first == again and done.export_digest and "6222020111112222333" in first.decode()
    with pytest.raises(Conflict):
        actions.cancel_batch(batch, world.finance_officer, reason="重做")


def test_what_leaves_a_batch_can_be_put_into_another(house: House) -> None:
    world, finance = house.world, house.world.units["dept.finance"]
    one, two = house.passed(), house.confirmed()
    batch = actions.make_batch(world.finance_officer, finance, [one, two])
    actions.remove_payment(batch.payments.get(claim=two), world.finance_officer2, reason="账号待核")
    assert payable(finance) == [two]
    actions.cancel_batch(batch, world.finance_officer2, reason="重做")
    assert payable(finance) == [one, two]
    assert settled(house, one).state == S.PAID


def test_clawed_back_the_budget_has_it_again_and_the_claim_stays_spent(house: House) -> None:
    claim = settled(house, house.passed())
    payment = claim.payments.get()
    with pytest.raises(NotAllowed):
        actions.claw_back(payment, house.world.economy_officer, reason="虚假合同")
    actions.claw_back(payment, house.world.finance_officer, reason="虚假合同")
    claim.refresh_from_db()
    assert (claim.state, money(house)) == (S.CLAWED_BACK, ("0.00", "0.00"))
    with pytest.raises(Conflict):
        actions.claw_back(payment, house.world.finance_officer, reason="再来一次")
    with pytest.raises(Conflict):
        house.claim()


def reopened(claim: Claim, who: Any) -> Case:
    return case_actions.rate(claim.case, who, level=1, comment="金额少算了")


def test_a_bad_rating_is_answered_and_moves_no_money(house: House) -> None:
    claim = settled(house, house.passed())
    case = reopened(claim, house.world.firm1)
    assert case.status == Status.HANDLING
    case = case_actions.answer(case, house.world.economy_officer2, text="按合同实际金额计算,明细已发您。")
    case = case_actions.confirm(case, house.world.firm1, solved=True)
    claim.refresh_from_db()
    assert (case.status, claim.state, money(house)) == (Status.CLOSED, S.PAID, ("0.00", "100000.02"))


class TestNotice:
    @pytest.fixture
    def house(self, db: None) -> Any:
        from tests.policies.house import build_house
        from tests.support.world import MORNING, build

        with timekeeping.travel(MORNING):
            yield build_house(build(), notice=5)

    def test_it_is_read_by_all_and_ends_by_itself(self, house: House) -> None:
        claim = house.passed()
        notice = claim.notice
        assert (claim.state, notice.name, notice.amount) == (S.NOTICE, "示例机电有限公司", claim.amount)
        with pytest.raises(Conflict):
            actions.make_batch(house.world.finance_officer, house.world.units["dept.finance"], [claim])
        with timekeeping.travel(notice.ends):
            assert sweep.sweep().timers == 1
            claim.refresh_from_db()
            assert claim.state == S.PAYABLE and settled(house, claim).state == S.PAID

    def test_nothing_is_paid_before_an_objection_is_settled(self, house: House) -> None:
        claim = house.passed()
        objection = actions.object_to(claim.notice, name="王某", contact="138", text="合同是假的")
        with timekeeping.travel(claim.notice.ends):
            sweep.sweep()
            claim.refresh_from_db()
            assert payable(house.world.units["dept.finance"]) == []
            with pytest.raises(Conflict, match="异议"):
                actions.make_batch(house.world.finance_officer, house.world.units["dept.finance"], [claim])
            with pytest.raises(Conflict, match="公示期已过"):
                actions.object_to(claim.notice, name="李某", contact="139", text="晚了")
            with pytest.raises(NotAllowed, match="审核过"):
                actions.settle_objection(objection, house.world.economy_officer2, upheld=False, answer="属实")
            actions.settle_objection(objection, house.world.economy_officer, upheld=False, answer="经核实合同真实")
            assert payable(house.world.units["dept.finance"]) == [claim]

    @pytest.mark.parametrize("over", [False, True])
    def test_an_upheld_objection_refuses_the_claim_and_closes_its_case(self, house: House, over: bool) -> None:
        claim = house.passed()
        objection = actions.object_to(claim.notice, name="王某", contact="138", text="合同是假的")
        second = actions.object_to(claim.notice, name="李某", contact="139", text="也这么看")
        with timekeeping.travel(claim.notice.ends if over else timekeeping.now()):
            sweep.sweep()
            actions.settle_objection(objection, house.world.economy_officer, upheld=True, answer="合同未履行")
            claim.refresh_from_db()
            assert (claim.state, claim.case.status) == (S.REFUSED, Status.CLOSED)
            assert "合同未履行" in claim.refusal and money(house) == ("0.00", "0.00")
            assert ledger.held(claim) == 0
            assert not Task.objects.filter(case=claim.case, status="open").exists()
            assert claim.case.events.filter(kind="objection_upheld").count() == 1
            # The other one is answered, too, and stops nothing any more.
            actions.settle_objection(second, house.world.economy_officer, upheld=True, answer="同上")
            with pytest.raises(Conflict, match="已由"):
                actions.settle_objection(second, house.world.economy_officer, upheld=False, answer="改口")
            assert claim.case.events.filter(kind="objection_upheld").count() == 1
        with timekeeping.travel(claim.notice.ends):
            swept = sweep.sweep()
            assert (swept.timers, swept.failed) == (0, 0)
            case = case_actions.reopen(claim.case, house.world.firm1, reason="我们不同意")
            assert case.status == Status.HANDLING and house.claim().state == S.REVIEW

    def test_it_closes_a_case_whose_diagram_knows_of_no_objections(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        claim = house.passed()
        monkeypatch.setattr("yingshang.policies.process.UPHELD", "没有这个消息")
        objection = actions.object_to(claim.notice, name="王某", contact="138", text="合同是假的")
        actions.settle_objection(objection, house.world.economy_officer, upheld=True, answer="合同未履行")
        claim.refresh_from_db()
        assert (claim.state, claim.case.status) == (S.REFUSED, Status.CLOSED)
        with timekeeping.travel(claim.notice.ends):
            assert sweep.sweep().failed == 0

    def test_an_objection_to_a_claim_that_was_withdrawn_is_settled_all_the_same(self, house: House) -> None:
        claim = house.passed()
        objection = actions.object_to(claim.notice, name="王某", contact="138", text="合同是假的")
        actions.withdraw_claim(claim, house.world.firm1, reason="填错了")
        actions.settle_objection(objection, house.world.economy_officer, upheld=True, answer="确有其事")
        claim.refresh_from_db()
        assert (claim.state, claim.case.status) == (S.WITHDRAWN, Status.WITHDRAWN)
