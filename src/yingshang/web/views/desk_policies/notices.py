"""Public notices from the desk: what is objected to, what came of it, and settling it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang import timekeeping
from yingshang.accounts.access import Scope
from yingshang.cases.errors import ActionError
from yingshang.policies import actions
from yingshang.policies.models import Claim, Objection, PublicNotice
from yingshang.web.views.desk_fields import DeskForm, words
from yingshang.web.views.desk_policies.common import need_clerk, works_for
from yingshang.web.views.desk_support import newest_first, official, others, person_of, scope, tell

OPEN = Q(objections__isnull=False, objections__settled_at__isnull=True)


class SettleForm(DeskForm):
    upheld = forms.TypedChoiceField(
        label=L("核实下来"),
        choices=[("no", L("异议不成立,照常往下办")), ("yes", L("异议成立,这笔不付"))],
        coerce=lambda v: v == "yes",
        widget=forms.RadioSelect,
    )
    answer = words(L("核实结果"), rows=3, most=2000, help_text=L("怎么查的、查到什么;要按对方留的方式告知"))


@official
def notices(request: HttpRequest) -> HttpResponse:
    """What waits to be settled first; then all notices, newest first."""
    now = timekeeping.now()
    rows = _shown().annotate(waiting=Count("objections", filter=Q(objections__settled_at__isnull=True)))
    waiting = list(_shown().filter(OPEN).distinct().order_by("ends", "id"))
    context = {
        "tab": "notices",
        "waiting": waiting,
        "page": newest_first(rows, request),
        "query": others(request, "after"),
        "now": now,
    }
    return render(request, "web/desk/policies/notices.html", context)


def _shown() -> QuerySet[PublicNotice]:
    rows = PublicNotice.objects.select_related("claim__clause__policy", "claim__clause__owner_unit", "claim__business")
    return rows.defer("claim__trace", "claim__facts")


def waiting_for(mine: Scope) -> QuerySet[Objection]:
    """Objections that the person's units have to settle."""
    units = mine.unit_ids | mine.led_unit_ids
    return Objection.objects.filter(settled_at__isnull=True, notice__claim__clause__owner_unit__in=units)


@official
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """One notice with what is objected to it; its clause's unit settles the objections one by one."""
    held: PublicNotice = get_object_or_404(_shown(), pk=pk)
    bound: dict[int, SettleForm] = {}
    status = 200
    if request.method == "POST":
        need_clerk(request, held.claim.clause)
        given = request.POST.get("objection", "")
        objection = next((o for o in held.objections.all() if str(o.pk) == given), None)
        form = SettleForm(request.POST, auto_id=f"o{given}_%s")
        status = 422
        if objection is not None:
            bound[objection.pk] = form
        if objection is not None and form.is_valid():
            try:
                actions.settle_objection(objection, person_of(request), **form.cleaned_data)
            except ActionError as error:
                status = tell(form, error)
            else:
                messages.success(request, _("已记下核实结果,请按对方留的方式告知。"))
                return redirect("desk:policy_notice", pk)
    return render(request, "web/desk/policies/notice.html", _context(request, held, bound), status=status)


def _context(request: HttpRequest, held: PublicNotice, bound: dict[int, SettleForm]) -> dict[str, Any]:
    claim = held.claim
    owner = works_for(scope(request), claim.clause.owner_unit_id)
    reviewer = request.user.pk == claim.unit_reviewer_id
    rows = [
        {
            "objection": o,
            "form": bound.get(o.pk) or SettleForm(auto_id=f"o{o.pk}_%s")
            if owner and not reviewer and o.settled_at is None
            else None,
        }
        for o in held.objections.select_related("settled_by").order_by("settled_at", "id")
    ]
    return {
        "tab": "notices",
        "notice": held,
        "claim": claim,
        "rows": rows,
        "owner": owner,
        "reviewer": reviewer,
        "runs": claim.state == Claim.State.NOTICE and held.ends > timekeeping.now(),
        "open": sum(r["objection"].settled_at is None for r in rows),
    }
