"""My claims: how each stands, what was paid and when, and the receipt that anybody can check."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yingshang.accounts import audit
from yingshang.cases import timeline, workflow
from yingshang.cases.errors import ActionError
from yingshang.exchange import paging
from yingshang.policies import actions, bounces, process, receipts
from yingshang.policies.models import Claim, LedgerEntry, Payment, PublicNotice
from yingshang.web.views.desk_support import typed
from yingshang.web.views.portal import enterprise
from yingshang.web.views.portal_policies import rows, words
from yingshang.web.views.portal_policies.applying import PayeeForm
from yingshang.web.views.portal_policies.common import fields_of, firms_of, key_of, person_of, status_of

PAGE = 20
S = Claim.State
#: States in which the money has arrived, is certain to come, and is asked for.
PAID = (S.PAID, S.DONE)
COMING = (S.PAYABLE, S.PAYING)
ASKED = (S.REVIEW, S.FINANCE, S.NOTICE)


def mine(request: HttpRequest) -> QuerySet[Claim]:
    """Claims that the person may read: of their businesses."""
    rows_ = Claim.objects.visible_to(person_of(request))
    return rows_.select_related("clause__policy", "clause__owner_unit", "business", "case").defer("trace")


@enterprise
@require_GET
def claims(request: HttpRequest) -> HttpResponse:
    """All claims of my businesses, newest first, with what they come to."""
    firms, _firm = firms_of(request)
    found = mine(request)

    def sum_of(states: tuple[Any, ...]) -> Any:
        return Sum("amount", filter=Q(state__in=states))

    sums = found.aggregate(paid=sum_of(PAID), coming=sum_of(COMING), asked=sum_of(ASKED))
    page = found.order_by("-id")
    if after := request.GET.get("after"):
        try:
            page = page.filter(pk__lt=paging.decode(after, int)[0])
        except ActionError:
            return redirect("web:portal_claims")
    shown = list(page[: PAGE + 1])
    context = {
        "firms": firms,
        "rows": shown[:PAGE],
        "bounced": bounces.of(shown),
        "next": paging.encode(shown[PAGE - 1].pk) if len(shown) > PAGE else "",
        "sums": {k: v or Decimal(0) for k, v in sums.items()},
    }
    return render(request, "web/portal/policies/claims.html", context)


@dataclass(frozen=True)
class MoneyLine:
    """One thing that happened to the money of a claim."""

    at: datetime
    text: str
    amount: Decimal | None
    icon: str


def money_of(claim: Claim) -> list[MoneyLine]:
    """What was reserved, sent to the bank, paid, returned and claimed back, oldest first."""
    kinds = LedgerEntry.Kind
    said = {
        kinds.RESERVE: partial(MoneyLine, text=_("预算已留出"), icon="lock"),
        kinds.RELEASE: partial(MoneyLine, text=_("预算已释放"), icon="lock-open"),
        kinds.RETURN: partial(MoneyLine, text=_("银行退回"), icon="arrow-back-up"),
        kinds.CLAW_BACK: partial(MoneyLine, text=_("已追回"), icon="arrow-back-up"),
    }
    lines = [said[e.kind](at=e.at, amount=e.amount) for e in claim.entries.order_by("id") if e.kind in said]
    for payment in claim.payments.select_related("batch").order_by("id"):
        sent = payment.batch.exported_at
        if sent:
            lines.append(MoneyLine(at=sent, text=_("已送银行"), amount=payment.amount, icon="building-bank"))
        if payment.paid_at:
            text = _("已到账,%(a)s(尾号 %(n)s)") % {"a": payment.payee_bank, "n": payment.payee_account[-4:]}
            lines.append(MoneyLine(at=payment.paid_at, text=text, amount=payment.amount, icon="cash"))
        elif payment.state == Payment.State.FAILED and sent:
            text = _("没付成:%(r)s") % {"r": payment.said}
            lines.append(MoneyLine(at=sent, text=text, amount=None, icon="alert-triangle"))
    return sorted(lines, key=lambda line: line.at)


@enterprise
@require_GET
def claim(request: HttpRequest, number: str) -> HttpResponse:
    """One claim: where it stands, the money, how it was decided, its story."""
    return _claim_page(request, number)


def _claim_page(
    request: HttpRequest,
    number: str,
    error: ActionError | None = None,
    status: int = 200,
    form: PayeeForm | None = None,
) -> HttpResponse:
    """``form``: the one for another account, where it was sent and not taken."""
    found = get_object_or_404(mine(request).select_related("version", "clause__finance_unit"), number=number)
    bounce, keeps = bounces.bounce(found), process.keeps_payee(found)
    barred = "" if keeps else process.bars_payee(found.case, found)
    context = {
        "claim": found,
        "headline": _("银行没付成,请改收款账户。") if bounce else headline(found),
        "bounce": bounce,
        "payee": None if keeps or barred else form or PayeeForm(found),
        "tried": form is not None,
        "barred": barred,
        "again": found.state in (S.REVIEW, S.FINANCE) and bool(found.case.data.get(process.NOTICED)),
        "money": money_of(found),
        "basis": basis_of(found),
        "entries": timeline.of(found.case, official=False),
        "reasons": [t for r in found.reasons if (t := _reason(r))],
        "notice": PublicNotice.objects.filter(claim=found).first(),
        "receipt": receipts.available(found),
        "offered": set(workflow.offered(found.case, person_of(request))) - _unasked(found),
        "url": rows.address(found.clause),
        "key": uuid.uuid4().hex,
        "error": error,
    }
    return render(request, "web/portal/policies/claim.html", context, status=status)


def _unasked(found: Claim) -> set[str]:
    """What the case would offer, but the claim would refuse."""
    return {"withdraw"} if found.state in process.BEYOND_RECALL or found.state in Claim.ENDED else set()


@dataclass(frozen=True)
class Basis:
    """A fact that a claim was decided by, as it was then."""

    label: str
    value: str
    source: str
    period: str
    outdated: str


def basis_of(found: Claim) -> list[Basis]:
    """The facts that a claim was decided by, with their sources at that time."""
    return [
        Basis(
            rows.name_of(name),
            words.value(rows.number(held["value"], name), rows.unit_of(name)),
            words.source(held["source"]),
            held["period"],
            words.outdated(name, held["period"], found.as_of),
        )
        for name, held in found.facts.items()
    ]


@enterprise
@require_POST
def mend_payee(request: HttpRequest, number: str) -> HttpResponse:
    """Another account for the money of a claim; refused, the page comes back with what was typed."""
    found = get_object_or_404(mine(request), number=number)
    form = PayeeForm(found, request.POST)
    if not form.is_valid():
        return _claim_page(request, number, status=422, form=form)
    try:
        found = actions.mend_payee(found, person_of(request), form.payee, key=key_of(request, f"payee {number}"))
    except ActionError as error:
        for name, said in fields_of(error).items():
            form.add_error(name, said)
        return _claim_page(request, number, None if form.errors else error, status_of(error), form)
    if found.state == S.PAYABLE:
        messages.info(request, _("收款账户和原来一样,没有更改。"))
    else:
        about = {"b": found.payee_bank, "n": found.payee_account[-4:]}
        messages.success(request, _("收款账户已改为%(b)s,尾号 %(n)s。") % about)
    return redirect("web:portal_claim", number=number)


@enterprise
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take a claim back that was not sent to the bank yet."""
    found = get_object_or_404(mine(request), number=number)
    try:
        actions.withdraw_claim(
            found, person_of(request), reason=typed(request.POST, "reason"), key=key_of(request, "withdraw")
        )
    except ActionError as error:
        return _claim_page(request, number, error, status_of(error))
    messages.success(request, _("已撤回。"))
    return redirect("web:portal_claim", number=number)


def _reason(held: dict[str, Any]) -> str:
    limit, before = held.get("limit"), held.get("before")
    if limit and before:
        return _("按规则是 %(b)s,合计封顶 %(l)s。") % {"b": words.money(before), "l": words.money(limit)}
    return ""


def headline(found: Claim) -> str:
    """Where the claim stands, in a sentence."""
    match found.state:
        case S.REVIEW:
            return _("%(u)s正在审核。") % {"u": found.clause.owner_unit}
        case S.FINANCE:
            return _("主管单位已通过,财政部门正在审核。")
        case S.NOTICE:
            return _("审核通过,正在公示。")
        case S.PAYABLE:
            return _("审核通过,等待拨付。")
        case S.PAYING:
            return _("已送银行,几天内到账。")
        case S.PAID | S.DONE:
            return _("%(a)s 已到账。") % {"a": words.money(found.amount)} if found.amount else _("已办结。")
        case S.REFUSED:
            return _("没有通过:%(r)s") % {"r": found.refused_because}
        case S.WITHDRAWN:
            return _("已撤回。")
    return _("款项已追回。")


@enterprise
@require_GET
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """The receipt of a settled claim, as a file that ``yingshang receipt verify`` replays; each download is on record."""
    found = get_object_or_404(
        Claim.objects.visible_to(person_of(request)).select_related("clause__policy", "business", "version__model"),
        number=number,
    )
    try:
        name, content = receipts.receipt(found)
    except ActionError as error:
        return _claim_page(request, number, error, status_of(error))
    audit.record(person_of(request), "receipt.download", "claim", found.number)
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
