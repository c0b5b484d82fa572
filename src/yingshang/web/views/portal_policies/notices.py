"""公示: who is to receive how much, open to everybody, and objecting to it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yingshang import timekeeping
from yingshang.cases.errors import ActionError
from yingshang.exchange import paging
from yingshang.policies import actions
from yingshang.policies.models import Claim, PublicNotice
from yingshang.web.views.portal_policies.common import fields_of, status_of
from yingshang.web.views.portal_policies.objecting import ObjectionForm

PAGE = 50


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """The notices that run, soonest to end first; those that ended below, in pages."""
    now = timekeeping.now()
    rows = PublicNotice.objects.select_related("claim__clause__policy", "claim__clause__owner_unit")
    rows = rows.defer("claim__trace", "claim__facts")
    past = rows.filter(ends__lte=now).order_by("-id")
    if after := request.GET.get("after"):
        try:
            past = past.filter(pk__lt=paging.decode(after, int)[0])
        except ActionError:
            return redirect("web:notices")
    shown = list(past[: PAGE + 1])
    context = {
        "running": list(rows.filter(ends__gt=now, claim__state=Claim.State.NOTICE).order_by("ends", "id")),
        "past": shown[:PAGE],
        "next": paging.encode(shown[PAGE - 1].pk) if len(shown) > PAGE else "",
        "base": base_of(request),
    }
    return render(request, "web/portal/policies/notices.html", context)


def base_of(request: HttpRequest) -> str:
    """The shell of whoever reads; one of its own for visitors."""
    person = request.user
    if not person.is_authenticated:
        return "web/plain.html"
    return "web/desk/base.html" if person.is_official else "web/portal/base.html"  # type: ignore[union-attr]


def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """One notice: what is to be paid by which clause, and a form to object while it runs. No sign-in is asked for."""
    rows = PublicNotice.objects.select_related("claim__clause__policy", "claim__clause__owner_unit", "claim__business")
    found = get_object_or_404(rows.defer("claim__trace", "claim__facts"), pk=pk)
    runs = found.claim.state == Claim.State.NOTICE and found.starts <= timekeeping.now() < found.ends
    posted = request.method == "POST"
    form = ObjectionForm(request.POST if posted else None)
    error, status = "", 200
    if posted:
        error, status = _("有几处需要修改,见下面红字。"), 422
    if posted and form.is_valid():
        try:
            actions.object_to(found, **form.cleaned_data)
        except ActionError as refused:
            for name, said in fields_of(refused).items():
                form.add_error(name, said)
            error, status = refused.message, status_of(refused)
        else:
            messages.success(request, _("异议已收到。核实清楚之前不会付款,结果会按您留的方式告知。"))
            return redirect("web:notice", pk=pk)
    context = {"notice": found, "runs": runs, "form": form, "error": error, "base": base_of(request)}
    return render(request, "web/portal/policies/notice.html", context, status=status)
