"""The claim on its case's page: how much and why, by which clause, on which facts, and whether the budget holds it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from yingshang.cases.models import Case
from yingshang.policies import process, receipts
from yingshang.policies.models import Claim
from yingshang.policies.people import belongs
from yingshang.rules.vocabulary import vocabulary
from yingshang.web.views.desk_policies.sliders import fact_label
from yingshang.web.views.portal_policies import words


def panel(case: Case, person: Any) -> dict[str, Any] | None:
    """What the page shows of the case's claim; None where the case is none."""
    if case.scenario != process.SCENARIO or case.service != process.SERVICE:
        return None
    related = ("clause__policy", "clause__owner_unit", "clause__finance_unit", "version", "budget", "notice")
    claim = Claim.objects.filter(case=case).select_related(*related).defer("version__xml", "trace").first()
    if claim is None:
        return None
    units = (claim.clause.owner_unit, claim.clause.finance_unit)
    notice = getattr(claim, "notice", None)
    return {
        "claim": claim,
        "facts": (facts := [_fact(name, held, claim.as_of) for name, held in claim.facts.items()]),
        "outdated": [f["label"] for f in facts if f["outdated"]],
        "payment": claim.payments.select_related("batch").order_by("-id").first(),
        "receipt": receipts.available(claim),
        "notice": notice,
        "objections": notice.objections.filter(settled_at__isnull=True).count() if notice else 0,
        # Who pays sees the account to compare it; nobody else needs all of it.
        "account": claim.payee_account if any(belongs(person, u) for u in units) else claim.account_shown,
        "short": claim.budget is not None and claim.state == Claim.State.REVIEW and claim.budget.left < claim.amount,
    }


def _fact(name: str, held: dict[str, Any], on: date) -> dict[str, Any]:
    entry = vocabulary().get(name)
    return {
        "label": fact_label(name),
        "value": words.value(_value(held), entry.unit if entry else ""),
        "source": held.get("source", ""),
        "period": held.get("period", ""),
        "outdated": words.outdated(name, held.get("period", ""), on),
    }


def _value(held: dict[str, Any]) -> Any:
    value = held.get("value")
    try:
        match held.get("type"):
            case "number":
                return Decimal(str(value))
            case "date":
                return date.fromisoformat(str(value))
    except (InvalidOperation, ValueError):
        return value
    return value
