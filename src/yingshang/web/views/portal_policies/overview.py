"""我能享受的政策: what a business qualifies for and how much in all, what it nearly does, and what nobody knows yet."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db.models import Exists, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from yingshang import timekeeping
from yingshang.policies import search
from yingshang.policies.models import Claim, PolicyNotice, Subscription
from yingshang.policies.verdicts import totals, verdicts_for
from yingshang.registry.models import Business
from yingshang.web.views.desk_support import typed
from yingshang.web.views.portal import businesses_of, enterprise
from yingshang.web.views.portal_policies import facts, rows
from yingshang.web.views.portal_policies.common import firms_of, person_of

#: Claims beside the list.
CLAIMS = 4
#: Businesses of one person that the home page sums up.
SUMMED = 3


@enterprise
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The page: at first glance how much in all; then what is nearly there, what is missing, and what is known."""
    firms, firm = firms_of(request)
    if firm is None:
        return render(request, "web/portal/policies/overview.html", {"firms": firms, "firm": None})
    many = len(firms) > 1
    verdicts = verdicts_for(firm)
    found = rows.rows_of(verdicts, firm, many)
    groups = rows.grouped(found)
    q = typed(request.GET, "q").strip()
    context = {
        "firms": firms,
        "firm": firm,
        "on": timekeeping.now().date(),
        "total": totals(v for v in verdicts if v.claim is None).amount,
        "taps": sum(r.confirm for r in groups["open"]),
        **groups,
        "q": q,
        "found": _searched(found, q) if q else [],
        "unknown": facts.unknown_of(verdicts, firm, many),
        "known": facts.known_of(verdicts, firm, many),
        **_mine(request, firm),
        "key": uuid.uuid4().hex,
    }
    return render(request, "web/portal/policies/overview.html", context)


@enterprise
@require_GET
def summary(request: HttpRequest) -> HttpResponse:
    """For the home page, which fetches it when it is there: how much each business may have now, and how many things."""
    firms = businesses_of(person_of(request))
    lines = [_line(firm, len(firms) > 1) for firm in firms[:SUMMED]]
    return render(request, "web/portal/policies/_summary.html", {"lines": lines, "more": len(firms) > SUMMED})


def _line(firm: Business, many: bool) -> dict[str, object]:
    verdicts = verdicts_for(firm)
    groups = rows.grouped(rows.rows_of(verdicts, firm, many))
    return {
        "firm": firm,
        "many": many,
        "total": totals(v for v in verdicts if v.claim is None).amount,
        "open": len(groups["open"]),
        "waiting": len(groups["waiting"]),
        "near": len(groups["near"]),
        "ask": len(groups["ask"]),
    }


def _searched(found: list[rows.Row], q: str) -> list[rows.Row]:
    by_clause = {r.clause.pk: r for r in found}
    hits = search.find([(r.clause, str(r.clause.policy)) for r in found], q)
    return [by_clause[c.pk] for c in hits]


def _mine(request: HttpRequest, firm: Business) -> dict[str, object]:
    """The newest claims, what was paid this year, and whether the person follows the business; two queries."""
    person = person_of(request)
    year = timekeeping.now().year
    following = Subscription.objects.filter(person=person, business=firm)
    fresh = PolicyNotice.objects.filter(person=person, read_at__isnull=True)
    told = Business.objects.filter(pk=firm.pk).annotate(
        followed=Exists(following),
        fresh=Exists(fresh),
        paid=Sum(
            "claims__payments__amount",
            filter=Q(claims__payments__state="paid", claims__payments__paid_at__year=year),
        ),
    )
    row = told.values("followed", "fresh", "paid").get()
    claims = Claim.objects.filter(business=firm).select_related("clause").order_by("-id")[:CLAIMS]
    return {
        "followed": row["followed"],
        "unread": row["fresh"],
        "paid": row["paid"] or Decimal(0),
        "claims": list(claims.only("number", "state", "amount", "clause__title", "clause__title_en")),
    }
