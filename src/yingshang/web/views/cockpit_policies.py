"""The board of policies: what was paid and to how many, what budgets hold, and the published outcomes beside ours."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from yingshang.cases import catalog as scenarios
from yingshang.indicators import catalog
from yingshang.policies.models import Budget, Claim, Payment, Policy
from yingshang.web.views import cockpit_figures as figures
from yingshang.web.views.desk_support import official, scope

S = Claim.State


@official
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """For those who see the district: the money first, then each policy, then what the source printed."""
    if not scope(request).has(*figures.DISTRICT):
        raise PermissionDenied
    period = figures.period_of(request.GET.get("since", ""), request.GET.get("until", ""))
    paid = Q(paid_at__gte=period.start, paid_at__lt=period.end)
    sums = Payment.objects.filter(paid, state=Payment.State.PAID).aggregate(
        amount=Sum("amount"), firms=Count("claim__business", distinct=True), payments=Count("pk")
    )
    claims = Claim.objects.aggregate(
        review=Count("pk", filter=Q(state__in=(S.REVIEW, S.FINANCE))),
        coming=Count("pk", filter=Q(state__in=(S.NOTICE, S.PAYABLE, S.PAYING))),
        automatic=Count("pk", filter=Q(automatic=True)),
        all=Count("pk"),
    )
    budgets = Budget.objects.select_related("policy").annotate(free=F("amount") - F("reserved") - F("paid"))
    return render(
        request,
        "web/cockpit/policies.html",
        {
            "period": period,
            "presets": [(title, p, p == period) for title, p in figures.presets()],
            "sums": sums,
            "claims": claims,
            "budgets": list(budgets.order_by("-year", "policy__code")),
            "groups": published(period),
        },
    )


def published(period: figures.Period) -> list[tuple[str, list[dict[str, Any]]]]:
    """The published outcomes of systems that have policies, each beside ours for the period, by system."""
    with_policies = {"policy_delivery", *Policy.objects.values_list("scenario", flat=True)}
    groups = []
    for spec in scenarios.every():
        shown = [i for i in catalog.every() if i.scenario == spec.id and i.published is not None]
        if spec.id in with_policies and shown:
            rows = [{"indicator": i, "ours": catalog.measure(i, period.start, period.end)} for i in shown]
            groups.append((str(spec.name), rows))
    return groups
