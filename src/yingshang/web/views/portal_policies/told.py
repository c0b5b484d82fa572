"""Being told of changes: subscriptions, and what was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yingshang.cases.errors import ActionError
from yingshang.policies import actions, telling
from yingshang.policies.models import Clause, PolicyNotice, Subscription
from yingshang.registry.models import Business
from yingshang.web.views.desk_support import typed
from yingshang.web.views.portal import enterprise
from yingshang.web.views.portal_policies import rows, words
from yingshang.web.views.portal_policies.common import firms_of, person_of

MOST = 50


@dataclass(frozen=True)
class Told:
    """One notice as the page shows it."""

    clause: Clause
    business: Business | None
    kind: str
    at: datetime
    fresh: bool
    sum: str
    url: str


def _told(n: PolicyNotice) -> Told:
    amount = "" if n.amount is None else words.money(n.amount)
    if n.before is not None and n.amount is not None:
        amount = f"{words.money(n.before)} → {amount}"
    if number := telling.claim_told_of(n):
        url = reverse("web:portal_claim", args=[number]) + ("#payee" if n.kind == PolicyNotice.Kind.BOUNCED else "")
    else:
        url = rows.address(n.clause, firm=n.business, many=n.business is not None)
    return Told(n.clause, n.business, str(n.get_kind_display()), n.at, n.read_at is None, amount, url)


@enterprise
@require_GET
def told(request: HttpRequest) -> HttpResponse:
    """What I was told, newest first, and what I want to be told. Looking at it marks it as read."""
    person = person_of(request)
    firms, firm = firms_of(request)
    rows_ = PolicyNotice.objects.visible_to(person).select_related("clause__policy", "business")[:MOST]
    notices = [_told(n) for n in rows_]
    subscriptions = list(Subscription.objects.visible_to(person).select_related("business"))
    followed = {s.business_id for s in subscriptions}
    if any(n.fresh for n in notices):
        actions.mark_read(person)
    context = {
        "firms": firms,
        "firm": firm,
        "notices": notices,
        "subscriptions": subscriptions,
        "unfollowed": [b for b in firms if b.pk not in followed],
    }
    return render(request, "web/portal/policies/told.html", context)


@enterprise
@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    """Be told of changes for a business, or of new clauses with certain words."""
    words_ = typed(request.POST, "words")
    _firms, firm = firms_of(request)
    try:
        actions.subscribe(person_of(request), business=None if words_ else firm, words=words_)
    except ActionError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("已订阅,有变化会在“订阅和提醒”里告诉您。"))
    return redirect("web:portal_told")


@enterprise
@require_POST
def unsubscribe(request: HttpRequest, pk: int) -> HttpResponse:
    """No longer be told."""
    person = person_of(request)
    actions.unsubscribe(get_object_or_404(Subscription.objects.visible_to(person), pk=pk), person)
    messages.success(request, _("已退订。"))
    return redirect("web:portal_told")
