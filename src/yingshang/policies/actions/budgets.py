"""Setting budgets."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import Person, Unit
from yingshang.cases.errors import Conflict, Invalid
from yingshang.policies.models import Budget, Policy
from yingshang.policies.people import require_finance
from yingshang.policies.wording import yuan

#: What the column holds (yuan).
MOST = Decimal(10) ** 14


@transaction.atomic
def set_budget(
    actor: Person | None, policy: Policy, year: int, amount: Decimal, *, unit: Unit | None = None, source: str = ""
) -> Budget:
    """Set what a policy may spend in a year (yuan); a later call changes it, never below what is reserved and paid.

    Args:
        actor: of the finance department ``unit``; None for the system (sample data).

    Raises:
        NotAllowed: the actor works elsewhere. Invalid: not a positive amount of yuan and fen, or no source.
        Conflict: more is reserved or paid already.
    """
    if actor is not None:
        require_finance(actor, unit or finance_unit(policy))
    problems = {}
    if not amount.is_finite() or not 0 < amount < MOST or amount != amount.quantize(Decimal("0.01")):
        problems["amount"] = _("请填写大于 0 的金额,精确到分")
    if not source.strip():
        problems["source"] = _("请写明依据,例如预算文件名称和文号")
    if problems:
        raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(problems)}, fields=problems)
    # The policy first: two who set the first budget of a year do not make two.
    Policy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    budget = Budget.objects.select_for_update(no_key=True).filter(policy=policy, year=year).first()
    before = budget.amount if budget else None
    budget = budget or Budget(policy=policy, year=year)
    if amount < budget.reserved + budget.paid:
        raise Conflict(
            _("已占用和已支付共 %(used)s 元,预算不能低于这个数。") % {"used": yuan(budget.reserved + budget.paid)}
        )
    budget.amount, budget.source, budget.set_by, budget.set_at = amount, source.strip(), actor, timekeeping.now()
    budget.save()
    audit.record(
        actor, "budget.set", "budget", budget.pk, policy=policy.code, year=year, amount=str(amount),
        before=None if before is None else str(before), source=source.strip(),
    )  # fmt: skip
    return budget


def finance_unit(policy: Policy) -> Unit | None:
    """The finance department that pays a policy's clauses."""
    clause = policy.clauses.exclude(finance_unit=None).select_related("finance_unit").order_by("order").first()
    return clause.finance_unit if clause else Unit.objects.filter(code="dept.finance").first()
