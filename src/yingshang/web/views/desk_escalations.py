"""What climbed: individual and common problems as two lists, meetings called on them, root causes behind them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang import timekeeping
from yingshang.accounts.models import Person, Role
from yingshang.activities import actions as activities
from yingshang.cases import actions
from yingshang.cases.actions._base import unit_of
from yingshang.cases.actions.climbing import CONVENERS, LADDER
from yingshang.cases.errors import ActionError
from yingshang.cases.models import Case, Escalation, Nature, RootCause
from yingshang.exchange import paging
from yingshang.web.views import desk_fields
from yingshang.web.views.desk_fields import DayField, DeskForm, UnitField, UnitsField, words
from yingshang.web.views.desk_support import (
    cursor,
    key_of,
    new_key,
    newest_first,
    number_of,
    official,
    others,
    person_of,
    requires,
    scope,
    tell,
)

LISTS = {"individual": Q(nature__in=["", Nature.INDIVIDUAL]), "common": Q(nature=Nature.COMMON)}


def open_escalations(person: Person) -> QuerySet[Escalation]:
    """Open escalations of cases the person may read."""
    rows = Escalation.objects.visible_to(person).filter(settled_at__isnull=True)
    return rows.select_related("case__business", "case__lead_unit", "case__category", "by")


class Convene(DeskForm):
    title = forms.CharField(label=L("会议名称"), max_length=120)
    day = DayField(label=L("日期"))
    at = forms.TimeField(label=L("时间"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    place = forms.CharField(label=L("地点"), required=False, max_length=120)
    units = UnitsField(label=L("另请单位"), required=False, help_text=L("各件的承办单位会自动列入"))


class Gather(DeskForm):
    title = forms.CharField(label=L("根因"), max_length=120, help_text=L("一句话,如:夜间公交末班车过早"))
    description = words(L("说明"), required=False, rows=2)
    owner = UnitField(label=L("牵头破解单位"))
    measure = words(L("治本措施"), required=False, rows=2)
    due = DayField(label=L("计划破解日期"), required=False)


@official
def escalations(request: HttpRequest) -> HttpResponse:
    """The two lists, by level; choose several and call a meeting, or gather them under a root cause."""
    return _lists(request)


def _lists(
    request: HttpRequest,
    convene_form: Convene | None = None,
    gather_form: Gather | None = None,
    chosen: list[int] | None = None,
    status: int = 200,
) -> HttpResponse:
    person = person_of(request)
    which = request.GET.get("list", "individual")
    which = which if which in LISTS else "individual"
    rows = open_escalations(person)
    counts = rows.order_by().aggregate(**{name: Count("pk", filter=q) for name, q in LISTS.items()})
    listed = rows.filter(LISTS[which])
    levels = list(listed.order_by().values("level").annotate(n=Count("pk")).order_by("level"))
    if number_of(level := request.GET.get("level", "")) in LADDER:
        listed = listed.filter(level=number_of(level))
    if at := cursor(request, int, int):
        listed = listed.filter(Q(level__lt=at[0]) | Q(level=at[0], pk__gt=at[1]))
    found = list(listed.order_by("-level", "pk")[:51])
    tomorrow = timekeeping.now().astimezone(timekeeping.SHANGHAI) + timedelta(days=1)
    initial = {"title": _("企业诉求专题协调会"), "day": tomorrow.date(), "at": "14:30"}
    context = {
        "which": which,
        "counts": counts,
        "levels": levels,
        "level": level,
        "rows": found[:50],
        "next": paging.encode(found[49].level, found[49].pk) if len(found) > 50 else "",
        "query": others(request, "after"),
        "may_convene": scope(request).has(*CONVENERS),
        "convene_form": convene_form or Convene(initial=initial, auto_id="convene_%s"),
        "gather_form": gather_form or Gather(prefix="gather", auto_id="%s"),
        "open_form": "convene" if convene_form else "gather" if gather_form else "",
        "chosen": set(chosen or []),
        "units": desk_fields.units(),
        "key": new_key(),
        "roots": list(
            RootCause.objects.filter(state=RootCause.State.OPEN).annotate(n=Count("cases")).order_by("-id")[:8]
        ),
    }
    return render(request, "web/desk/escalations.html", context, status=status)


def _chosen(request: HttpRequest) -> list[Escalation]:
    ids = [number_of(i) for i in request.POST.getlist("chosen")]
    return list(open_escalations(person_of(request)).filter(pk__in=ids).order_by("pk"))


@requires(*CONVENERS)
def convene(request: HttpRequest) -> HttpResponse:
    """Call a coordination meeting on the chosen escalations."""
    if request.method != "POST":
        return redirect("desk:escalations")
    person, chosen = person_of(request), _chosen(request)
    form = Convene(request.POST, auto_id="convene_%s")
    if not form.is_valid():
        return _lists(request, convene_form=form, chosen=[e.pk for e in chosen], status=422)
    d, unit = form.cleaned_data, unit_of(person)
    if unit is None:
        raise PermissionDenied
    try:
        meeting = activities.convene(
            person,
            escalations=chosen,
            title=d["title"],
            starts_at=datetime.combine(d["day"], d["at"], timekeeping.SHANGHAI),
            unit=unit,
            place=d["place"],
            units=list(d["units"]),
            key=key_of(request, "convene", ""),
        )
    except ActionError as error:
        return _lists(request, convene_form=form, chosen=[e.pk for e in chosen], status=tell(form, error))
    messages.success(request, _("会议已排定,%(n)d 件列入议程。") % {"n": len(chosen)})
    return redirect("desk:meeting", meeting.pk)


@requires(*CONVENERS)
def gather(request: HttpRequest) -> HttpResponse:
    """Gather the chosen escalations under one root cause."""
    if request.method != "POST":
        return redirect("desk:escalations")
    chosen = _chosen(request)
    form = Gather(request.POST, prefix="gather", auto_id="%s")
    if not form.is_valid():
        return _lists(request, gather_form=form, chosen=[e.pk for e in chosen], status=422)
    try:
        root = actions.name_root_cause(
            person_of(request), cases=[e.case for e in chosen], key=key_of(request, "gather", ""), **form.cleaned_data
        )
    except ActionError as error:
        return _lists(request, gather_form=form, chosen=[e.pk for e in chosen], status=tell(form, error))
    messages.success(request, _("%(n)d 件已归入共性问题「%(t)s」。") % {"n": len(chosen), "t": root.title})
    return redirect("desk:root_cause", root.pk)


class Solve(DeskForm):
    measure = words(L("采取了什么治本措施"), rows=3)


@official
def root_causes(request: HttpRequest) -> HttpResponse:
    """All root causes, newest first."""
    rows = RootCause.objects.select_related("owner_unit").annotate(n=Count("cases"))
    if (state := request.GET.get("state", "")) in RootCause.State.values:
        rows = rows.filter(state=state)
    page = newest_first(rows, request)
    return render(
        request, "web/desk/root_causes.html", {"page": page, "state": state, "query": others(request, "after")}
    )


@official
def root_cause(request: HttpRequest, root_id: int) -> HttpResponse:
    """One root cause with the cases under it that I may read; its owner or a convener records the cure."""
    person, mine = person_of(request), scope(request)
    root = get_object_or_404(RootCause.objects.select_related("owner_unit", "created_by"), pk=root_id)
    cases = Case.objects.visible_to(person).filter(root_cause=root).select_related("business", "lead_unit")
    may_solve = mine.has(Role.REFORM_OFFICE, Role.DISTRICT_LEADER) or root.owner_unit_id in (
        mine.unit_ids | mine.led_unit_ids
    )
    form, status = Solve(request.POST or None, initial={"measure": root.measure}), 200
    if request.method == "POST":
        if not may_solve:
            raise PermissionDenied
        status = 422
        if form.is_valid():
            try:
                actions.solve_root_cause(
                    root, person, measure=form.cleaned_data["measure"], key=key_of(request, "solve", root.pk)
                )
            except ActionError as error:
                status = tell(form, error)
            else:
                messages.success(request, _("已标记破解,各办件已记入时间线。"))
                return redirect("desk:root_cause", root.pk)
    return render(
        request,
        "web/desk/root_cause.html",
        {
            "root": root,
            "cases": list(cases.order_by("-id")[:100]),
            "total": root.cases.count(),
            "form": form,
            "may_solve": may_solve,
            "key": new_key(),
        },
        status=status,
    )
