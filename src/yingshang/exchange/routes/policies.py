"""Policies over the API: what is offered, what a business qualifies for and why."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Path, Query, Router, Schema

from yingshang import timekeeping
from yingshang.exchange import lookups
from yingshang.exchange.routes._common import answers
from yingshang.policies import verdicts
from yingshang.policies.models import Clause
from yingshang.policies.verdicts import Verdict
from yingshang.registry.models import Business

router = Router(tags=["政策 policies"])

Uscc = Annotated[str, Path(pattern=r"^[0-9A-Z]{18}$")]
Slug = Annotated[str, Path(pattern=r"^[A-Za-z0-9_\-]{1,60}$")]


class ClauseOut(Schema):
    """A clause; ``grade`` P runs as it is, H once its missing figures are filled in, N is text."""

    clause: str
    policy: str
    title: str
    summary: str
    quote: str
    source: str
    grade: str
    missing: str
    kind: str
    subject: str
    period: str
    unit: str
    money: str
    route: str


class ClauseList(Schema):
    items: list[ClauseOut]


class ConditionOut(Schema):
    """``met`` is null where a fact is not known."""

    label: str
    value: Any
    test: str
    met: bool | None


class FactOut(Schema):
    name: str
    value: Any
    source: str
    period: str


class VerdictOut(Schema):
    """What a clause says of a business; money in yuan, as text."""

    clause: str
    title: str
    state: str
    amount: Decimal | None
    rule_amount: Decimal | None
    excluded: bool
    conditions: list[ConditionOut]
    missing: list[str]
    facts: list[FactOut]
    near: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    can_claim: bool
    claim: str | None


class VerdictList(Schema):
    amount: Decimal
    items: list[VerdictOut]


def _clause(c: Clause) -> ClauseOut:
    return ClauseOut(
        clause=c.ref, policy=c.policy.title, title=c.title, summary=c.summary, quote=c.quote, source=c.source,
        grade=c.grade, missing=c.missing, kind=c.kind, subject=c.subject, period=c.period, unit=c.owner_unit.code,
        money=c.money, route=c.route,
    )  # fmt: skip


def _verdict(v: Verdict) -> VerdictOut:
    return VerdictOut(
        clause=v.clause.ref,
        title=v.clause.title,
        state=v.state,
        amount=v.amount,
        rule_amount=v.rule_amount,
        excluded=v.excluded,
        conditions=[ConditionOut(label=c.label, value=c.value, test=c.test, met=c.met) for c in v.conditions],
        missing=list(v.missing),
        facts=[FactOut(name=n, value=f.value, source=f.source, period=f.period) for n, f in v.facts.items()],
        near=[n.as_dict() for n in v.near_misses],
        reasons=[r.as_dict() for r in v.reasons],
        can_claim=v.can_claim,
        claim=v.claim.number if v.claim else None,
    )


def business_of(request: HttpRequest, uscc: str) -> Business:
    rows = Business.objects.visible_to(lookups.caller(request).person).select_related("street", "platform")
    found: Business | None = rows.filter(uscc=uscc).first()
    if found is None:
        raise Http404
    return found


@router.get("/policies", response=answers(ClauseList), operation_id="list_clauses", summary="政策条款")
def clauses(
    request: HttpRequest, on: Annotated[date | None, Query(description="哪一天有效,默认今天")] = None
) -> ClauseList:
    """The clauses offered on a day, by default today."""
    return ClauseList(items=[_clause(c) for c in verdicts.offered_on(on or timekeeping.now().date())])


@router.get(
    "/policies/{policy}/{code}", response=answers(ClauseOut, 404), operation_id="read_clause", summary="一条政策"
)
def clause(request: HttpRequest, policy: Slug, code: Slug) -> ClauseOut:
    """One clause that was published."""
    rows = Clause.objects.visible_to(lookups.caller(request).person).select_related("policy", "owner_unit")
    found = rows.filter(policy__code=policy, code=code).first()
    if found is None:
        raise Http404
    return _clause(found)


@router.get(
    "/businesses/{uscc}/verdicts", response=answers(VerdictList, 404), operation_id="verdicts", summary="符合哪些条款"
)
def ofbusiness_of(request: HttpRequest, uscc: Uscc) -> VerdictList:
    """What a business qualifies for today, how much, and why or why not."""
    business = business_of(request, uscc)
    found = verdicts.verdicts_for(business)
    return VerdictList(amount=verdicts.totals(found).amount, items=[_verdict(v) for v in found])
