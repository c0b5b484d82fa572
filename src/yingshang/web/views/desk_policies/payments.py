"""Payment batches: made by one person, checked by another, sent to the bank, reconciled with what the bank returns."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L
from django.views.decorators.http import require_POST

from yingshang.accounts.models import Unit
from yingshang.cases.errors import ActionError, Conflict, Invalid
from yingshang.policies import actions
from yingshang.policies.actions.batches import payable
from yingshang.policies.models import Claim, Payment, PaymentBatch
from yingshang.web.views.desk_fields import DeskForm
from yingshang.web.views.desk_policies.budgets import finance_units
from yingshang.web.views.desk_support import (
    key_of,
    new_key,
    newest_first,
    number_of,
    official,
    others,
    person_of,
    status_of,
    typed,
)

State = PaymentBatch.State


class ReturnForm(DeskForm):
    file = forms.FileField(label=L("银行回单"))


def _units(request: HttpRequest) -> list[Unit]:
    """Finance departments that this person works for."""
    return list(Unit.objects.filter(pk__in=finance_units(request)))


@official
def payments(request: HttpRequest) -> HttpResponse:
    """What is to be paid, and the batches; the finance department makes a batch of it."""
    units = _units(request)
    refused, status = "", 200
    if request.method == "POST":
        if not units:
            raise PermissionDenied
        try:
            batch = _make(request, units)
        except ActionError as error:
            refused, status = error.message, status_of(error)
        else:
            messages.success(request, _("批次已做好,请另一位同事复核。"))
            return redirect("desk:policy_batch", batch.number)
    groups = [{"unit": u, "claims": claims, "sum": _sum(claims)} for u in units if (claims := payable(u))]
    rows = PaymentBatch.objects.visible_to(person_of(request)).select_related("maker", "checker")
    context = {
        "tab": "payments",
        "finance": bool(units),
        "groups": groups,
        "refused": refused,
        "page": newest_first(rows.annotate(count=Count("payments"), sum=Sum("payments__amount")), request),
        "query": others(request, "after"),
        "key": new_key(),
    }
    return render(request, "web/desk/policies/payments.html", context, status=status)


def _sum(rows: Iterable[Any]) -> Decimal:
    return sum((r.amount for r in rows), Decimal(0))


def _make(request: HttpRequest, units: list[Unit]) -> PaymentBatch:
    unit = next((u for u in units if str(u.pk) == request.POST.get("unit")), None)
    if unit is None:
        raise PermissionDenied
    chosen = [number_of(i) for i in request.POST.getlist("claims")]
    claims = list(Claim.objects.filter(pk__in=chosen))
    note = typed(request.POST, "note").strip()[:200]
    return actions.make_batch(person_of(request), unit, claims, note=note, key=key_of(request, "batch", unit.pk))


def batch_of(request: HttpRequest, number: str) -> PaymentBatch:
    rows = PaymentBatch.objects.visible_to(person_of(request))
    found: PaymentBatch = get_object_or_404(
        rows.select_related("maker", "checker", "exported_by", "unit"), number=number
    )
    return found


@official
def batch(request: HttpRequest, number: str) -> HttpResponse:
    """One batch: its payments, the next step, and what the bank said."""
    return page(request, batch_of(request, number))


def page(request: HttpRequest, held: PaymentBatch, status: int = 200, **bound: Any) -> HttpResponse:
    """The page of a batch; ``bound`` are forms that were refused."""
    finance = held.unit_id in finance_units(request)
    rows = list(held.payments.select_related("claim__clause"))
    live = [p for p in rows if p.state != Payment.State.REMOVED]
    mine = held.maker_id == request.user.pk
    context = {
        "tab": "payments",
        "b": held,
        "payments": rows,
        "sum": _sum(live),
        "paid": [p for p in live if p.state == Payment.State.PAID],
        "failed": [p for p in live if p.state == Payment.State.FAILED],
        "finance": finance,
        "may_check": finance and held.state == State.DRAFT and not mine,
        "may_remove": finance and held.state == State.DRAFT,
        "own_draft": finance and held.state == State.DRAFT and mine,
        "may_export": finance and held.state in (State.APPROVED, State.EXPORTED, State.RECONCILED),
        "may_cancel": finance and held.state in (State.DRAFT, State.APPROVED),
        "may_reconcile": finance and held.state in (State.EXPORTED, State.RECONCILED),
        "returns": list(held.returns.prefetch_related("rows").select_related("by")),
        "return_form": ReturnForm(),
        "key": new_key(),
    }
    return render(request, "web/desk/policies/batch.html", context | bound, status=status)


@require_POST
@official
def batch_do(request: HttpRequest, number: str, what: str) -> HttpResponse:
    """One step of a batch; refused, the page says why."""
    held = batch_of(request, number)
    if held.unit_id not in finance_units(request):
        raise PermissionDenied
    step: Any = _STEPS.get(what)
    if step is None:
        raise Http404
    try:
        done = step(request, held)
    except ActionError as error:
        messages.error(request, error.message)
        return page(request, batch_of(request, number), status_of(error))
    if isinstance(done, HttpResponse):
        return done
    messages.success(request, done)
    return redirect("desk:policy_batch", number)


def _approve(request: HttpRequest, held: PaymentBatch) -> str:
    actions.approve_batch(held, person_of(request))
    return _("复核通过,可以送银行。")


def _cancel(request: HttpRequest, held: PaymentBatch) -> str:
    actions.cancel_batch(held, person_of(request), reason=typed(request.POST, "reason"))
    return _("批次已作废,申报回到待列入批次。")


def _export(request: HttpRequest, held: PaymentBatch) -> str:
    actions.export_batch(held, person_of(request))
    return _("付款文件已生成,请下载后交银行。")


def _file(request: HttpRequest, held: PaymentBatch) -> HttpResponse:
    """The file for the bank, byte for byte as it was made; who took it is on record."""
    if held.state == State.APPROVED:
        raise Conflict(_("请先送银行,再下载付款文件。"))
    _fresh, name, content = actions.export_batch(held, person_of(request))
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _remove(request: HttpRequest, held: PaymentBatch) -> str:
    actions.remove_payment(_payment(request, held), person_of(request), reason=typed(request.POST, "reason"))
    return _("已移出批次。")


def _claw_back(request: HttpRequest, held: PaymentBatch) -> str:
    actions.claw_back(_payment(request, held), person_of(request), reason=typed(request.POST, "reason"))
    return _("已记为追回,预算相应增加。")


def _payment(request: HttpRequest, held: PaymentBatch) -> Payment:
    found: Payment = get_object_or_404(held.payments, pk=number_of(request.POST.get("payment", "")))
    return found


def _reconcile(request: HttpRequest, held: PaymentBatch) -> str:
    file = request.FILES.get("file")
    if file is None or file.size > settings.UPLOAD_MAX_BYTES:
        raise Invalid(_("请选择银行返回的文件,不超过 %(m)d MB。") % {"m": settings.UPLOAD_MAX_BYTES >> 20})
    done = actions.reconcile(held, person_of(request), name=file.name or "", content=file.read())
    told = {"a": done.paid, "b": done.failed, "c": done.wrong}
    return _("对账完成:付成 %(a)d 笔,退回 %(b)d 笔,对不上 %(c)d 行。") % told


_STEPS = {
    "approve": _approve, "cancel": _cancel, "export": _export, "remove": _remove, "claw_back": _claw_back,
    "file": _file, "reconcile": _reconcile,
}  # fmt: skip
