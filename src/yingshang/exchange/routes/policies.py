"""Policies over the API: what is offered, what a business qualifies for and why, claiming, reviewing, the receipt."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from yingshang import timekeeping
from yingshang.exchange import lookups, paging
from yingshang.exchange.routes._common import PAGE, After, Body, Code, Limit, Line, Number, Prose, answers
from yingshang.policies import actions, receipts, verdicts
from yingshang.policies.models import Claim, Clause
from yingshang.policies.people import Beneficiary
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


class ClaimOut(Schema):
    number: str
    clause: str
    business: str | None
    period: str
    amount: Decimal
    state: str
    automatic: bool
    submitted_at: datetime
    settled_at: datetime | None
    refusal: str
    account: str


class ClaimPage(Schema):
    items: list[ClaimOut]
    next: str | None


class PayeeIn(Body):
    """Where the money goes; left out, the account given last is taken."""

    name: Line
    account: Line
    bank: Line


class PersonIn(Body):
    """Who benefits, for clauses about people; the number is not stored."""

    name: Line
    id_number: Line


class ClaimIn(Body):
    """``declared``: values by name, only of what the district does not hold (``missing`` of the verdict)."""

    clause: Annotated[str, Field(pattern=r"^[A-Za-z0-9_\-]{1,60}/[A-Za-z0-9_\-]{1,40}$")]
    business: Annotated[str, Field(pattern=r"^[0-9A-Z]{18}$")]
    declared: dict[Line, bool | int | Line] = Field(default_factory=dict, max_length=50)
    payee: PayeeIn | None = None
    person: PersonIn | None = None


class ReviewIn(Body):
    """``pass`` or ``refuse`` with a note; finance may also send it ``back`` to the unit."""

    outcome: Code
    note: Prose = ""


class WithdrawIn(Body):
    reason: Prose


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


def _claim(c: Claim) -> ClaimOut:
    return ClaimOut(
        number=c.number, clause=c.clause.ref, business=c.business.uscc if c.business else None, period=c.period,
        amount=c.amount, state=c.state, automatic=c.automatic, submitted_at=c.submitted_at, settled_at=c.settled_at,
        refusal=c.refused_because, account=c.account_shown,
    )  # fmt: skip


def _claims(request: HttpRequest) -> Any:
    rows = Claim.objects.visible_to(lookups.caller(request).person)
    return rows.select_related("clause__policy", "business", "case").defer("trace", "facts")


def _found(request: HttpRequest, number: str) -> Claim:
    claim: Claim | None = _claims(request).filter(number=number).first()
    if claim is None:
        raise Http404
    return claim


def _business(request: HttpRequest, uscc: str) -> Business:
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
def of_business(request: HttpRequest, uscc: Uscc) -> VerdictList:
    """What a business qualifies for today, how much, and why or why not."""
    business = _business(request, uscc)
    found = verdicts.verdicts_for(business)
    return VerdictList(amount=verdicts.totals(found).amount, items=[_verdict(v) for v in found])


@router.get("/claims", response=answers(ClaimPage), operation_id="list_claims", summary="申报")
def claims(request: HttpRequest, state: Code = "", after: After = "", limit: Limit = PAGE) -> ClaimPage:
    """The claims that the caller may read, newest first."""
    rows = _claims(request).filter(**({"state": state} if state else {}))
    if after:
        (last,) = paging.decode(after, int)
        rows = rows.filter(id__lt=last)
    found = list(rows.order_by("-id")[: limit + 1])
    more = paging.encode(found[limit - 1].pk) if len(found) > limit else None
    return ClaimPage(items=[_claim(c) for c in found[:limit]], next=more)


@router.post(
    "/claims",
    response=answers(ClaimOut, 403, 404, 409, created=True),
    operation_id="submit_claim",
    summary="申报或确认",
)
def submit(request: HttpRequest, body: ClaimIn) -> Status:
    """Claim a clause, or confirm an automatic grant, for a business that the caller acts for."""
    business = _business(request, body.business)
    policy, _, code = body.clause.partition("/")
    found = Clause.objects.published().filter(policy__code=policy, code=code).first()
    if found is None:
        raise Http404
    claim = actions.submit_claim(
        lookups.caller(request).person,
        found,
        business,
        declared=body.declared,
        payee=actions.Payee(body.payee.name, body.payee.account, body.payee.bank) if body.payee else None,
        person=Beneficiary(body.person.name, body.person.id_number) if body.person else None,
        key=lookups.key_of(request, "submit_claim", f"{business.pk}/{found.pk}"),
    )
    return Status(201, _claim(claim))


@router.get("/claims/{number}", response=answers(ClaimOut, 404), operation_id="read_claim", summary="一份申报")
def claim(request: HttpRequest, number: Number) -> ClaimOut:
    """One claim; its case has the same number."""
    return _claim(_found(request, number))


@router.post(
    "/claims/{number}/review", response=answers(ClaimOut, 403, 404, 409), operation_id="review_claim", summary="审核"
)
def review(request: HttpRequest, number: Number, body: ReviewIn) -> ClaimOut:
    """Decide the step at which the claim stands, as the unit in charge or as finance; two people."""
    found = _found(request, number)
    key = lookups.key_of(request, "review_claim", found.pk)
    return _claim(actions.review(found, lookups.caller(request).person, outcome=body.outcome, note=body.note, key=key))


@router.post(
    "/claims/{number}/withdraw",
    response=answers(ClaimOut, 403, 404, 409),
    operation_id="withdraw_claim",
    summary="撤回",
)
def withdraw(request: HttpRequest, number: Number, body: WithdrawIn) -> ClaimOut:
    """Withdraw a claim whose money is not under way."""
    found = _found(request, number)
    key = lookups.key_of(request, "withdraw_claim", found.pk)
    return _claim(actions.withdraw_claim(found, lookups.caller(request).person, reason=body.reason, key=key))


@router.get(
    "/claims/{number}/receipt", response=answers(Any, 404, 409), operation_id="read_receipt", summary="兑付凭证"
)
def receipt(request: HttpRequest, number: Number) -> HttpResponse:
    """The receipt of a settled claim, byte for byte as `yingshang receipt verify` reads it."""
    name, content = receipts.receipt(Claim.objects.select_related("case").get(pk=_found(request, number).pk))
    return HttpResponse(
        content, content_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
