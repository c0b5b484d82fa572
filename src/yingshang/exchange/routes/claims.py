"""Claims over the API: claiming, reviewing, putting the account right, the receipt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from yingshang.exchange import lookups, paging
from yingshang.exchange.routes._common import PAGE, After, Body, Code, Limit, Line, Number, Prose, answers
from yingshang.exchange.routes.policies import business_of
from yingshang.policies import actions, bounces, receipts
from yingshang.policies.models import Claim, Clause, Payment
from yingshang.policies.people import Beneficiary

router = Router(tags=["政策 policies"])


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
    bounced: Annotated[str, Field(description="银行没付成时说的原因;更改收款账户后为空")]


class ClaimPage(Schema):
    items: list[ClaimOut]
    next: str | None


class PayeeIn(Body):
    """Where the money goes: holder, account (8 to 40 digits, with blanks and hyphens or without), bank."""

    name: Line
    account: Line
    bank: Line


class PersonIn(Body):
    """Who benefits, for clauses about people; the number is not stored."""

    name: Line
    id_number: Line


class ClaimIn(Body):
    """``declared``: values by name, only of what the district does not hold (``missing`` of the verdict); ``payee`` left out:
    the account given last is taken."""

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


def _claim(c: Claim, bounced: Mapping[int, Payment] | None = None) -> ClaimOut:
    """``bounced``: what is known of several claims at once; by default asked for this one."""
    failed = (bounces.of([c]) if bounced is None else bounced).get(c.pk)
    return ClaimOut(
        number=c.number, clause=c.clause.ref, business=c.business.uscc if c.business else None, period=c.period,
        amount=c.amount, state=c.state, automatic=c.automatic, submitted_at=c.submitted_at, settled_at=c.settled_at,
        refusal=c.refused_because, account=c.account_shown, bounced=failed.said if failed else "",
    )  # fmt: skip


def _claims(request: HttpRequest) -> Any:
    rows = Claim.objects.visible_to(lookups.caller(request).person)
    return rows.select_related("clause__policy", "business", "case").defer("trace", "facts")


def _found(request: HttpRequest, number: str) -> Claim:
    claim: Claim | None = _claims(request).filter(number=number).first()
    if claim is None:
        raise Http404
    return claim


@router.get("/claims", response=answers(ClaimPage), operation_id="list_claims", summary="申报")
def claims(request: HttpRequest, state: Code = "", after: After = "", limit: Limit = PAGE) -> ClaimPage:
    """The claims that the caller may read, newest first."""
    rows = _claims(request).filter(**({"state": state} if state else {}))
    if after:
        (last,) = paging.decode(after, int)
        rows = rows.filter(id__lt=last)
    found = list(rows.order_by("-id")[: limit + 1])
    more = paging.encode(found[limit - 1].pk) if len(found) > limit else None
    bounced = bounces.of(found[:limit])
    return ClaimPage(items=[_claim(c, bounced) for c in found[:limit]], next=more)


@router.post(
    "/claims",
    response=answers(ClaimOut, 403, 404, 409, created=True),
    operation_id="submit_claim",
    summary="申报或确认",
)
def submit(request: HttpRequest, body: ClaimIn) -> Status:
    """Claim a clause, or confirm an automatic grant, for a business that the caller acts for."""
    business = business_of(request, body.business)
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


@router.post(
    "/claims/{number}/payee",
    response=answers(ClaimOut, 403, 404, 409),
    operation_id="mend_payee",
    summary="更改收款账户",
)
def payee(request: HttpRequest, number: Number, body: PayeeIn) -> ClaimOut:
    """Put right where the money of a claim goes, by its enterprise; one that was passed is reviewed again, by both."""
    found, key = _found(request, number), lookups.key_of(request, "mend_payee", number)
    given = actions.Payee(body.name, body.account, body.bank)
    return _claim(actions.mend_payee(found, lookups.caller(request).person, given, key=key))


@router.get(
    "/claims/{number}/receipt", response=answers(Any, 404, 409), operation_id="read_receipt", summary="兑付凭证"
)
def receipt(request: HttpRequest, number: Number) -> HttpResponse:
    """The receipt of a settled claim, byte for byte as `yingshang receipt verify` reads it."""
    name, content = receipts.receipt(Claim.objects.select_related("case").get(pk=_found(request, number).pk))
    return HttpResponse(
        content, content_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
