"""Budgets and payments over the API: batches made and approved by two people, the bank's file, and what the bank answers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import File, Path, Router, Schema, Status, UploadedFile
from pydantic import Field

from yingshang.cases.errors import Invalid
from yingshang.exchange import lookups, paging
from yingshang.exchange.routes._common import PAGE, After, Body, Code, Limit, Line, Number, Prose, answers
from yingshang.policies import actions
from yingshang.policies.actions.batches import MOST
from yingshang.policies.models import Budget, Claim, Payment, PaymentBatch, ReturnFile
from yingshang.policies.people import require_finance

router = Router(tags=["兑付 payments"])

#: As :func:`~yingshang.policies.actions.make_batch` draws them.
Reference = Annotated[str, Path(pattern=r"^PY[0-9]{8,30}$")]
#: A bank's file is a list of some thousand lines.
MOST_BYTES = 5_000_000


class BudgetOut(Schema):
    """What a policy may spend in a year, in yuan."""

    policy: str
    year: int
    amount: Decimal
    reserved: Decimal
    paid: Decimal
    left: Decimal
    source: str


class BudgetPage(Schema):
    items: list[BudgetOut]
    next: str | None


class PaymentOut(Schema):
    reference: str
    claim: str
    amount: Decimal
    state: str
    payee: str
    account: str
    paid_at: datetime | None
    bank_reference: str
    reason: str


class BatchOut(Schema):
    number: str
    unit: str
    state: str
    maker: str
    made_at: datetime
    checker: str | None
    checked_at: datetime | None
    exported_at: datetime | None
    digest: str
    note: str


class BatchPage(Schema):
    items: list[BatchOut]
    next: str | None


class BatchDetail(BatchOut):
    payments: list[PaymentOut]


class BatchIn(Body):
    """``unit``: code of the finance department; ``claims``: numbers of claims that may be paid."""

    unit: Code
    claims: Annotated[list[Line], Field(min_length=1, max_length=MOST)]
    note: Annotated[str, Field(max_length=200)] = ""


class ReasonIn(Body):
    reason: Prose


class WrongOut(Schema):
    """A row of the bank's file that could not be taken, and why; ``code`` for programs."""

    row: int
    code: str
    problem: str
    content: dict[str, Any]


class ReturnOut(Schema):
    """What came of one of the bank's files; the same file again is the same answer and changes nothing."""

    name: str
    digest: str
    at: datetime
    paid: int
    failed: int
    wrong: int
    rows: list[WrongOut]


class ReturnList(Schema):
    items: list[ReturnOut]


def _batch(b: PaymentBatch) -> dict[str, Any]:
    return {
        "number": b.number, "unit": b.unit.code, "state": b.state, "maker": b.maker.name, "made_at": b.made_at,
        "checker": b.checker.name if b.checker else None, "checked_at": b.checked_at, "exported_at": b.exported_at,
        "digest": b.export_digest, "note": b.note,
    }  # fmt: skip


def _payment(p: Payment) -> PaymentOut:
    return PaymentOut(
        reference=p.reference, claim=p.claim.number, amount=p.amount, state=p.state, payee=p.payee_name,
        account=p.account_shown, paid_at=p.paid_at, bank_reference=p.bank_reference, reason=p.said,
    )  # fmt: skip


def _detail(b: PaymentBatch) -> BatchDetail:
    payments = b.payments.select_related("claim").defer("claim__trace", "claim__facts").order_by("id")
    return BatchDetail(**_batch(b), payments=[_payment(p) for p in payments])


def _return(f: ReturnFile) -> ReturnOut:
    rows = [WrongOut(row=r.row, code=r.problem, problem=r.said, content=r.content) for r in f.rows.all()]
    return ReturnOut(name=f.name, digest=f.digest, at=f.at, paid=f.paid, failed=f.failed, wrong=f.wrong, rows=rows)


def _batches(request: HttpRequest) -> Any:
    rows = PaymentBatch.objects.visible_to(lookups.caller(request).person)
    return rows.select_related("unit", "maker", "checker")


def _found(request: HttpRequest, number: str) -> PaymentBatch:
    batch: PaymentBatch | None = _batches(request).filter(number=number).first()
    if batch is None:
        raise Http404
    return batch


def _ours(request: HttpRequest, number: str) -> PaymentBatch:
    """A batch that the caller may work on: who may not is told so, however the batch stands."""
    batch = _found(request, number)
    require_finance(lookups.caller(request).person, batch.unit)
    return batch


def _payment_of(request: HttpRequest, reference: str) -> Payment:
    found = Payment.objects.select_related("batch__unit", "claim").filter(reference=reference).first()
    if found is None or not lookups.caller(request).person.is_official:
        raise Http404
    require_finance(lookups.caller(request).person, found.batch.unit)
    return found


@router.get("/budgets", response=answers(BudgetPage), operation_id="list_budgets", summary="预算")
def budgets(request: HttpRequest, after: After = "", limit: Limit = PAGE) -> BudgetPage:
    """What each policy may spend in a year, and what of it is set aside and paid; newest first, for officials."""
    rows = Budget.objects.visible_to(lookups.caller(request).person).select_related("policy")
    if after:
        rows = rows.filter(id__lt=paging.decode(after, int)[0])
    found = list(rows.order_by("-id")[: limit + 1])
    more = paging.encode(found[limit - 1].pk) if len(found) > limit else None
    items = [
        BudgetOut(policy=b.policy.code, year=b.year, amount=b.amount, reserved=b.reserved, paid=b.paid, left=b.left,
                  source=b.source)
        for b in found[:limit]
    ]  # fmt: skip
    return BudgetPage(items=items, next=more)


@router.get("/batches", response=answers(BatchPage), operation_id="list_batches", summary="拨付批次")
def batches(request: HttpRequest, state: Code = "", after: After = "", limit: Limit = PAGE) -> BatchPage:
    """Payment batches, newest first, for officials."""
    rows = _batches(request).filter(**({"state": state} if state else {}))
    if after:
        rows = rows.filter(id__lt=paging.decode(after, int)[0])
    found = list(rows.order_by("-id")[: limit + 1])
    more = paging.encode(found[limit - 1].pk) if len(found) > limit else None
    return BatchPage(items=[BatchOut(**_batch(b)) for b in found[:limit]], next=more)


@router.post(
    "/batches", response=answers(BatchDetail, 403, 404, 409, created=True), operation_id="make_batch", summary="制单"
)
def make(request: HttpRequest, body: BatchIn) -> Status:
    """Put claims into a new batch, as somebody of the finance department; another person has to approve it."""
    person = lookups.caller(request).person
    unit = lookups.unit(body.unit, "unit")
    require_finance(person, unit)
    held = {c.number: c for c in Claim.objects.visible_to(person).filter(number__in=body.claims)}
    if missing := sorted({*body.claims} - {*held}):
        said = _("没有找到这些申报:%(n)s") % {"n": "、".join(missing[:5])}
        raise Invalid(said, fields={"claims": said})
    key = lookups.key_of(request, "make_batch", unit.pk)
    made = actions.make_batch(person, unit, list(held.values()), note=body.note, key=key)
    return Status(201, _detail(_found(request, made.number)))


@router.get("/batches/{number}", response=answers(BatchDetail, 404), operation_id="read_batch", summary="一个批次")
def batch(request: HttpRequest, number: Number) -> BatchDetail:
    """One batch with its payments; accounts with their middle hidden."""
    return _detail(_found(request, number))


@router.post(
    "/batches/{number}/approve",
    response=answers(BatchDetail, 403, 404, 409),
    operation_id="approve_batch",
    summary="复核",
)
def approve(request: HttpRequest, number: Number) -> BatchDetail:
    """Approve a batch, as a second person of the finance department."""
    actions.approve_batch(_ours(request, number), lookups.caller(request).person)
    return _detail(_found(request, number))


@router.post(
    "/batches/{number}/cancel",
    response=answers(BatchDetail, 403, 404, 409),
    operation_id="cancel_batch",
    summary="作废",
)
def cancel(request: HttpRequest, number: Number, body: ReasonIn) -> BatchDetail:
    """Cancel a batch that did not go to the bank; its claims can be put into another one."""
    actions.cancel_batch(_ours(request, number), lookups.caller(request).person, reason=body.reason)
    return _detail(_found(request, number))


@router.post(
    "/batches/{number}/export",
    response=answers(None, 403, 404, 409),
    operation_id="export_batch",
    summary="送银行文件",
    openapi_extra={"responses": {200: {"description": "CSV", "content": {"text/csv": {"schema": {}}}}}},
)
def export(request: HttpRequest, number: Number) -> HttpResponse:
    """The bank's file of an approved batch; asked for again, the same bytes."""
    _made, name, content = actions.export_batch(_ours(request, number), lookups.caller(request).person)
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get(
    "/batches/{number}/returns", response=answers(ReturnList, 404), operation_id="list_returns", summary="银行回单"
)
def returns(request: HttpRequest, number: Number) -> ReturnList:
    """The bank's files that were read, with the rows that could not be taken."""
    rows = _found(request, number).returns.prefetch_related("rows").order_by("-id")
    return ReturnList(items=[_return(f) for f in rows])


@router.post(
    "/batches/{number}/returns",
    response=answers(ReturnOut, 403, 404, 409, created=True),
    operation_id="reconcile",
    summary="对账",
)
def reconcile(request: HttpRequest, number: Number, file: File[UploadedFile]) -> Status:
    """Take over what the bank says of a batch (CSV or xlsx); the same file again changes nothing."""
    held = _ours(request, number)
    if (file.size or 0) > MOST_BYTES:
        said = _("文件太大:回单不会超过 5 MB。")
        raise Invalid(said, fields={"file": said})
    read = actions.reconcile(held, lookups.caller(request).person, name=file.name or "file", content=file.read())
    return Status(201, _return(read))


@router.post(
    "/payments/{reference}/remove",
    response=answers(BatchDetail, 403, 404, 409),
    operation_id="remove_payment",
    summary="移出批次",
)
def remove(request: HttpRequest, reference: Reference, body: ReasonIn) -> BatchDetail:
    """Take one payment out of a batch that is not approved yet."""
    held = actions.remove_payment(_payment_of(request, reference), lookups.caller(request).person, reason=body.reason)
    return _detail(_found(request, held.number))


@router.post(
    "/payments/{reference}/claw-back",
    response=answers(PaymentOut, 403, 404, 409),
    operation_id="claw_back",
    summary="追回",
)
def claw_back(request: HttpRequest, reference: Reference, body: ReasonIn) -> PaymentOut:
    """What was paid without being due has come back: the budget has it again."""
    return _payment(
        actions.claw_back(_payment_of(request, reference), lookups.caller(request).person, reason=body.reason)
    )
