"""One payment, and everything that must not be done twice, or by one person, or while the money is on its way."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.policies.house import DECLARED, PAYEE
from tests.policies.office import Office, S, answered, check_books
from tests.support.world import MORNING, build, fresh
from yingshang import timekeeping
from yingshang.cases.errors import ActionError
from yingshang.policies import actions
from yingshang.policies.models import Budget, PaymentBatch

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_payment_and_everything_that_is_done_twice() -> None:
    """The books after each step of one claim's way, each step repeated and interfered with."""
    with timekeeping.travel(MORNING):
        office = Office(build())
        office.begin()
        maker, checker = office.world.finance_officer, office.world.finance_officer2

        def refused(do: Callable[[], Any]) -> None:
            with pytest.raises(ActionError):
                do()
            check_books(office)

        def at_the_bank() -> PaymentBatch:
            claims = office.claims()
            batch = actions.make_batch(maker, office.finance, claims, key=f"k{claims[0].payments.count()}")
            assert actions.make_batch(maker, office.finance, claims, key=batch.key).pk == batch.pk
            refused(lambda: actions.make_batch(maker, office.finance, claims))
            refused(lambda: actions.approve_batch(batch, maker))
            refused(lambda: actions.export_batch(batch, maker))
            assert actions.approve_batch(batch, checker) == actions.approve_batch(batch, checker)
            first, second = (actions.export_batch(batch, maker)[2] for _ in range(2))
            assert first == second
            interfered(batch)
            return batch

        def interfered(batch: PaymentBatch) -> None:
            refused(lambda: office.withdraw(0))
            refused(lambda: actions.cancel_batch(batch, checker, reason="重做"))
            refused(lambda: actions.remove_payment(batch.payments.get(), checker, reason="重做"))
            refused(lambda: actions.mend_payee(office.claims()[0], fresh(office.firms[0][1]), PAYEE))

        office.submit(0)
        refused(lambda: actions.submit_claim(fresh(office.firms[0][1]), office.reward, office.firms[0][0],
                                             declared=DECLARED | {"年度新增委托生产合同金额": "800000"}, payee=PAYEE))  # fmt: skip
        office.submit(0)  # the same request again
        assert len(office.claims()) == 1
        actions.set_budget(None, office.policy, 2023, Decimal(1), source="调整")
        refused(lambda: office.unit(0))
        actions.set_budget(None, office.policy, 2023, Decimal(60_000), source="调整")
        for outcome in (3, 0):  # finance sends it back once, then lets it pass
            office.unit(0)
            check_books(office)
            office.finance_review(outcome)
            check_books(office)
        claim = office.claims()[0]
        assert claim.state == S.PAYABLE
        refused(lambda: actions.set_budget(None, office.policy, 2023, claim.amount - 1, source="调整"))
        for result in ("失败", "成功"):
            batch = at_the_bank()
            for more in ("一", "一", "二"):  # the same file, and the same said in another file
                actions.reconcile(batch, maker, name="r.csv", content=answered(batch, result, more))
                check_books(office)
        # The bank returns what it had paid; it is paid anew, and clawed back once.
        for more in ("退", "又退"):
            actions.reconcile(batch, maker, name="r.csv", content=answered(batch, "退票", more))
            check_books(office)
        assert office.claims()[0].state == S.PAYABLE
        batch = at_the_bank()
        actions.reconcile(batch, maker, name="r.csv", content=answered(batch, "成功"))
        check_books(office)
        paid = batch.payments.get()
        refused(lambda: office.withdraw(0))
        actions.claw_back(paid, maker, reason="不应付")
        check_books(office)
        refused(lambda: actions.claw_back(paid, maker, reason="再来"))
        actions.reconcile(batch, maker, name="r.csv", content=answered(batch, "成功", "晚到"))
        check_books(office)
        assert office.claims()[0].state == S.CLAWED_BACK
        budget = Budget.objects.get(pk=office.budget.pk)
        assert (budget.reserved, budget.paid) == (0, 0)
        # A refused claim gives back what was set aside.
        office.confirm(1)
        office.submit(1)
        refusing = next(c for c in office.claims() if c.state == S.REVIEW)
        actions.set_budget(None, office.policy, 2023, Decimal(500_000), source="调整")
        actions.review(refusing, office.world.economy_officer2, outcome="pass")
        actions.review(refusing, office.world.finance_officer, outcome="refuse", note="不实")
        check_books(office)
