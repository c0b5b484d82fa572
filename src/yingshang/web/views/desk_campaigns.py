"""Rounds of visits: their progress, and starting one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang import timekeeping
from yingshang.activities import campaigns as rounds
from yingshang.activities.models import Activity, Campaign
from yingshang.cases.actions._base import unit_of
from yingshang.web.views.desk_fields import DayField, DeskForm, words
from yingshang.web.views.desk_support import (
    key_of,
    new_key,
    official,
    person_of,
    scope,
)


class CampaignForm(DeskForm):
    title = forms.CharField(label=L("名称"), max_length=120)
    aim = words(L("目标和要求"), required=False, rows=3)
    starts = DayField(label=L("开始"))
    ends = DayField(label=L("结束"))
    target = forms.IntegerField(label=L("计划走访家数"), required=False, min_value=1, max_value=1_000_000)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("starts") and given.get("ends") and given["ends"] < given["starts"]:
            self.add_error("ends", _("结束日期不能早于开始日期"))
        return given


@official
def campaigns(request: HttpRequest) -> HttpResponse:
    """Rounds of visits with their progress; starting one is for heads and the reform office."""
    person = person_of(request)
    may_start = scope(request).has(*rounds.STARTERS)
    unit = unit_of(person)
    today = timekeeping.now().date()
    form = CampaignForm(request.POST or None, initial={"starts": today, "ends": today + timedelta(days=30)})
    status = 200
    if request.method == "POST":
        if not may_start or unit is None:
            raise PermissionDenied
        status = 422
        if form.is_valid():
            rounds.begin(person, unit, key=key_of(request, "campaign", ""), **form.cleaned_data)
            messages.success(request, _("专项已建立,走访时可选择它。"))
            return redirect("desk:campaigns")
    held = Q(activities__state=Activity.State.HELD)
    rows = (
        Campaign.objects.select_related("unit")
        .annotate(
            visited=Count("activities__business", filter=held, distinct=True),
            planned=Count("activities", filter=Q(activities__state=Activity.State.PLANNED), distinct=True),
            problems=Count("activities__items__case", distinct=True),
            last=Max("activities__starts_at", filter=held),
        )
        .order_by("-starts", "-id")[:30]
    )
    return render(
        request,
        "web/desk/campaigns.html",
        {"campaigns": [_progress(c, today) for c in rows], "form": form, "may_start": may_start, "key": new_key()},
        status=status,
    )


def _progress(campaign: Campaign, today: date) -> dict[str, Any]:
    visited = campaign.visited  # type: ignore[attr-defined]
    length = max((campaign.ends - campaign.starts).days + 1, 1)
    gone = min(max((today - campaign.starts).days + 1, 0), length)
    return {
        "campaign": campaign,
        "percent": min(100, round(100 * visited / campaign.target)) if campaign.target else None,
        "time": round(100 * gone / length),
        "running": campaign.starts <= today <= campaign.ends,
    }
