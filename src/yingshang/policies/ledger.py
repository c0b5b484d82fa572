"""Moving money in a budget: each function writes one line; the database adds it up and refuses what overdraws.

A caller that moves money of several claims locks them first, in order, and then their budgets (:func:`lock_budgets`); so
nobody waits for somebody who waits for them.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts.models import Person
from yingshang.cases.errors import Conflict
from yingshang.policies.models import Budget, Claim, LedgerEntry, Payment, Policy
from yingshang.policies.wording import yuan

Kind = LedgerEntry.Kind


def budget_for(policy: Policy, year: int) -> Budget:
    """The policy's budget of a year.

    Raises:
        Conflict: none was set, so nothing can be paid.
    """
    found = Budget.objects.filter(policy=policy, year=year).first()
    if found is None:
        raise Conflict(unfunded(policy, year))
    return found


def unfunded(policy: Policy, year: int) -> str:
    """That a policy has no budget of a year yet: the same words before a claim and in its refusal."""
    said = _("「%(p)s」%(y)d 年的预算未下达,暂不能申报。条件照旧,下达后再来办。")
    return said % {"p": policy, "y": year}


def lock_budgets(ids: Collection[int]) -> dict[int, Budget]:
    """The budgets as they are now, locked in one order."""
    rows = Budget.objects.select_for_update(no_key=True).filter(pk__in=set(ids)).order_by("pk")
    return {b.pk: b for b in rows}


def reserve(claim: Claim, by: Person | None) -> None:
    """Set the claim's amount aside; a claim that has it set aside already keeps it.

    Raises:
        Conflict: the budget has less left; says how much.
    """
    assert claim.budget_id is not None
    budget = lock_budgets([claim.budget_id])[claim.budget_id]
    if claim.entries.filter(kind=Kind.RESERVE).exists():
        return
    if budget.left < claim.amount:
        raise Conflict(
            _("%(y)d 年预算还剩 %(left)s 元,不足以支付 %(amount)s 元。")
            % {"y": budget.year, "left": yuan(budget.left), "amount": yuan(claim.amount)},
            left=str(budget.left),
        )
    _write(claim, Kind.RESERVE, claim.amount, by)


def release(claim: Claim, by: Person | None, reason: str) -> None:
    """Give back what was set aside for a claim that will not be paid; nothing where nothing is."""
    if claim.budget_id is None:
        return
    lock_budgets([claim.budget_id])
    if held(claim) > 0:
        _write(claim, Kind.RELEASE, held(claim), by, reason=reason)


def pay(payment: Payment, by: Person | None) -> None:
    """The bank paid: what was set aside is spent."""
    _write(payment.claim, Kind.PAY, payment.amount, by, payment=payment)


def take_back(payment: Payment, by: Person | None, reason: str) -> None:
    """The bank returned a payment it had made: it is set aside again, to be paid anew."""
    _write(payment.claim, Kind.RETURN, payment.amount, by, payment=payment, reason=reason)


def claw_back(payment: Payment, by: Person | None, reason: str) -> None:
    """The receiver paid back what was not due: the budget has it again."""
    _write(payment.claim, Kind.CLAW_BACK, payment.amount, by, payment=payment, reason=reason)


def held(claim: Claim) -> Decimal:
    """What is set aside for a claim now (yuan)."""
    signs = {Kind.RESERVE: 1, Kind.RETURN: 1, Kind.RELEASE: -1, Kind.PAY: -1}
    rows = LedgerEntry.objects.filter(claim=claim).values_list("kind", "amount")
    return sum((signs.get(Kind(kind), 0) * amount for kind, amount in rows), Decimal(0))


def _write(
    claim: Claim, kind: str, amount: Decimal, by: Person | None, *, payment: Payment | None = None, reason: str = ""
) -> None:
    LedgerEntry.objects.create(
        budget_id=claim.budget_id,
        kind=kind,
        claim=claim,
        payment=payment,
        amount=amount,
        at=timekeeping.now(),
        by=by,
        reason=reason,
    )
