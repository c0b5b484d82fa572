"""The register of claims: what waits for whom, and the receipts of those that are settled."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from yingshang.cases.errors import ActionError
from yingshang.policies import receipts
from yingshang.policies.models import Claim
from yingshang.web.views.desk_support import newest_first, official, others, person_of, scope, status_of, typed

State = Claim.State


@official
def claims(request: HttpRequest) -> HttpResponse:
    """Claims, newest first, of a list and with certain words."""
    lists = _lists()
    which = request.GET.get("list", "mine")
    which = which if which in dict(lists) else "mine"
    rows = Claim.objects.visible_to(person_of(request)).select_related("clause", "business")
    rows = _of(rows, which, request)
    if words := typed(request.GET, "q").strip():
        rows = rows.filter(
            Q(number__startswith=words) | Q(business__name__contains=words) | Q(clause__title__icontains=words)
        )
    context = {
        "tab": "claims",
        "lists": lists,
        "which": which,
        "page": newest_first(rows, request),
        "query": others(request, "after"),
        "receipted": receipts.SETTLED,
    }
    return render(request, "web/desk/policies/claims.html", context)


def _lists() -> list[tuple[str, str]]:
    return [
        ("mine", _("等本单位审核的")),
        ("all", _("全部")),
        ("payable", _("待拨付、拨付中")),
        ("settled", _("已到账")),
        ("refused", _("未通过、已撤回")),
    ]


def _of(rows: QuerySet[Claim], which: str, request: HttpRequest) -> QuerySet[Claim]:
    match which:
        case "mine":
            return rows.filter(waiting_for(request))
        case "payable":
            return rows.filter(state__in=[State.PAYABLE, State.PAYING])
        case "settled":
            return rows.filter(state__in=receipts.SETTLED)
        case "refused":
            return rows.filter(state__in=Claim.ENDED)
    return rows


def waiting_for(request: HttpRequest) -> Q:
    """Claims whose next step is one of this person's units'."""
    mine = scope(request)
    units = mine.unit_ids | mine.led_unit_ids
    return Q(state=State.REVIEW, clause__owner_unit__in=units) | Q(state=State.FINANCE, clause__finance_unit__in=units)


@official
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """The receipt of a settled claim, to be verified by anybody with ``yingshang receipt verify``."""
    rows = Claim.objects.visible_to(person_of(request)).select_related("clause__policy", "business", "version__model")
    claim = get_object_or_404(rows, number=number)
    try:
        name, content = receipts.receipt(claim)
    except ActionError as error:
        return HttpResponse(error.message, status=status_of(error), content_type="text/plain; charset=utf-8")
    answer = HttpResponse(content, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
