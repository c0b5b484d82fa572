"""What the district promises and when it works: promises, categories, the working calendar, procedures, the audit log."""

from __future__ import annotations

import calendar as months
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import AuditEntry, CalendarDay, Role
from yingshang.cases import catalog
from yingshang.cases.models import Category, Procedure, Promise
from yingshang.cases.settings import edit_category, edit_day, replace_promise
from yingshang.exchange.imports import may_import
from yingshang.web.views.desk_fields import DayField, DeskForm
from yingshang.web.views.desk_support import new_key, newest_first, official, others, person_of, requires, scope, typed

EDITORS = (Role.REFORM_OFFICE, Role.ADMINISTRATOR)
READERS = (*EDITORS, Role.AUDITOR)


@official
def settings(request: HttpRequest) -> HttpResponse:
    """What can be set, as far as this person may."""
    mine = scope(request)
    return render(
        request,
        "web/desk/settings.html",
        {
            "may_read": mine.has(*READERS),
            "may_audit": mine.has(Role.AUDITOR, Role.ADMINISTRATOR),
            "may_import": may_import(person_of(request)),
        },
    )


# --- promises ----------------------------------------------------------------------------------------------------------


class PromiseForm(DeskForm):
    amount = forms.DecimalField(label=L("时限"), max_digits=7, decimal_places=2, min_value=0)
    basis = forms.ChoiceField(label=L("单位"), choices=Promise.Basis.choices)
    source = forms.CharField(label=L("依据"), max_length=160, help_text=L("写明文件或会议,如:区企服专班第 3 次例会"))

    def clean_amount(self) -> Any:
        if (value := self.cleaned_data["amount"]) <= 0:
            raise forms.ValidationError(_("时限应大于 0"))
        return value


@requires(*READERS)
def promises(request: HttpRequest) -> HttpResponse:
    """All promises in force, by scenario and category."""
    rows = Promise.objects.filter(until__isnull=True).select_related("category", "edited_by")
    names = {s.id: s.name for s in catalog.every()}
    found = sorted(
        rows, key=lambda p: (p.scenario != "qifu_express", p.scenario, p.code, p.category.sort if p.category else -1)
    )
    groups: dict[str, list[Promise]] = {}
    for promise in found:
        groups.setdefault(promise.scenario, []).append(promise)
    return render(
        request,
        "web/desk/promises.html",
        {
            "groups": [(names.get(s, s), rows) for s, rows in groups.items()],
            "may_edit": scope(request).has(*EDITORS),
        },
    )


@requires(*EDITORS)
def promise(request: HttpRequest, promise_id: int) -> HttpResponse:
    """Change a promise: a new row from now on; clocks that run keep the old one."""
    held = get_object_or_404(Promise.objects.select_related("category", "edited_by"), pk=promise_id)
    if held.until is not None:
        raise Http404
    initial = {"amount": f"{held.amount.normalize():f}", "basis": held.basis, "source": held.source}
    form, status = PromiseForm(request.POST or None, initial=initial), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            new = replace_promise(held, person_of(request), **form.cleaned_data)
            if new is None:
                form.add_error(None, _("这条时限刚被别人修改,请返回刷新后再改。"))
                status = 409
            else:
                messages.success(request, _("已修改,新办件按新时限;已在计时的不变。"))
                return redirect("desk:promises")
    before = Promise.objects.filter(scenario=held.scenario, code=held.code, category=held.category, until__isnull=False)
    context = {
        "promise": held,
        "form": form,
        "before": list(before.select_related("edited_by").order_by("-id")[:20]),
        "scenario": catalog.get(held.scenario).name,
        "key": new_key(),
    }
    return render(request, "web/desk/promise.html", context, status=status)


# --- categories --------------------------------------------------------------------------------------------------------


class CategoryForm(DeskForm):
    name = forms.CharField(label=L("名称"), max_length=60, help_text=L("用企业自己的说法"))
    name_en = forms.CharField(label=L("英文名称"), max_length=120)
    hint = forms.CharField(
        label=L("提示"), required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2, "lang": "zh-hans"})
    )
    hint_en = forms.CharField(
        label=L("英文提示"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    words = forms.CharField(
        label=L("常用说法"), required=False, max_length=600, help_text=L("用顿号或空格隔开,系统据此推荐分类")
    )
    active = forms.BooleanField(label=L("在用"), required=False)

    def clean_words(self) -> list[str]:
        text = self.cleaned_data["words"]
        for sign in "、,，;；\n":
            text = text.replace(sign, " ")
        return list(dict.fromkeys(text.split()))


@requires(*READERS)
def categories(request: HttpRequest) -> HttpResponse:
    """What demands are about."""
    names = {s.id: s.name for s in catalog.every()}
    groups: dict[str, list[Category]] = {}
    for row in Category.objects.all():
        groups.setdefault(row.scenario, []).append(row)
    return render(
        request,
        "web/desk/categories.html",
        {"groups": [(names.get(s, s), rows) for s, rows in groups.items()], "may_edit": scope(request).has(*EDITORS)},
    )


@requires(*EDITORS)
def category(request: HttpRequest, category_id: int) -> HttpResponse:
    """Change a category's words; its code stays, since cases and promises hang on it."""
    row = get_object_or_404(Category, pk=category_id)
    fields = ("name", "name_en", "hint", "hint_en", "active")
    initial = {**{f: getattr(row, f) for f in fields}, "words": "、".join(row.words)}
    form, status = CategoryForm(request.POST or None, initial=initial), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            edit_category(row, person_of(request), **form.cleaned_data)
            messages.success(request, _("已保存。"))
            return redirect("desk:categories")
    context = {"category": row, "form": form, "key": new_key()}
    return render(request, "web/desk/category.html", context, status=status)


# --- the working calendar ----------------------------------------------------------------------------------------------


class DayForm(DeskForm):
    day = DayField(label=L("日期"))
    working = forms.ChoiceField(
        label=L("当天"), choices=[("yes", L("上班")), ("no", L("休息"))], widget=forms.RadioSelect
    )
    note = forms.CharField(label=L("说明"), max_length=80, help_text=L("如:国务院办公厅放假通知;亚运会调休"))


@requires(*READERS)
def work_calendar(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """The working days of a year; editing one recomputes the running clocks in the background."""
    today = timekeeping.now().astimezone(timekeeping.SHANGHAI).date()
    year = year or today.year
    if not 2000 <= year <= 2100:
        raise Http404
    may_edit = scope(request).has(*EDITORS)
    form, status = DayForm(request.POST or None, auto_id="day_%s"), 200
    if request.method == "POST":
        if not may_edit:
            raise PermissionDenied
        status = 422
        if form.is_valid():
            d = form.cleaned_data
            edit_day(d["day"], d["working"] == "yes", d["note"], person_of(request))
            messages.success(request, _("已修改,正在后台按新日历重算未办结件的时限。"))
            return redirect("desk:calendar_year", d["day"].year)
    rows = {r.day: r for r in CalendarDay.objects.filter(day__year=year)}
    known = calendar.load(fresh=True)
    arranged = bool(rows)
    span = CalendarDay.objects.aggregate(last=Max("day"))
    weeks = months.Calendar(firstweekday=0)
    grid = []
    for month in range(1, 13):
        cells = [
            [
                None
                if day.month != month
                else {
                    "day": day,
                    "working": known.is_working(day),
                    "row": rows.get(day),
                    "special": known.is_working(day) != (day.weekday() < 5),
                    "today": day == today,
                }
                for day in week
            ]
            for week in weeks.monthdatescalendar(year, month)
        ]
        grid.append((date(year, month, 1), cells))
    context = {
        "year": year,
        "grid": grid,
        "arranged": arranged,
        "last": span["last"],
        "special": [r for r in sorted(rows.values(), key=lambda r: r.day) if r.working != (r.day.weekday() < 5)],
        "edited": [r for r in sorted(rows.values(), key=lambda r: r.day) if r.edited_at],
        "form": form,
        "may_edit": may_edit,
        "key": new_key(),
    }
    return render(request, "web/desk/calendar.html", context, status=status)


# --- procedures --------------------------------------------------------------------------------------------------------


@requires(*READERS)
def procedures(request: HttpRequest) -> HttpResponse:
    """The newest version of every procedure."""
    rows = Procedure.objects.defer("diagram", "spec").select_related("published_by").order_by(
        "scenario", "name", "-version"
    ).distinct("scenario", "name")  # fmt: skip
    names = {s.id: s.name for s in catalog.every()}
    return render(
        request,
        "web/desk/procedures.html",
        {"rows": [(names.get(p.scenario, p.scenario), p) for p in rows]},
    )


@requires(*READERS)
def procedure(request: HttpRequest, procedure_id: int) -> HttpResponse:
    """One version with its diagram, and the versions before and after it."""
    row = get_object_or_404(Procedure.objects.defer("spec", "diagram").select_related("published_by"), pk=procedure_id)
    versions = Procedure.objects.filter(scenario=row.scenario, name=row.name).defer("diagram", "spec")
    return render(
        request,
        "web/desk/procedure.html",
        {
            "procedure": row,
            "versions": list(versions.select_related("published_by").order_by("-version")),
            "scenario": catalog.get(row.scenario).name,
        },
    )


@requires(*READERS)
def procedure_diagram(request: HttpRequest, procedure_id: int) -> HttpResponse:
    """The published diagram as BPMN 2.0 XML."""
    row = get_object_or_404(Procedure.objects.only("diagram"), pk=procedure_id)
    response = HttpResponse(row.diagram, content_type="application/xml; charset=utf-8")
    response["Cache-Control"] = "private, max-age=3600"
    return response


# --- the audit log -----------------------------------------------------------------------------------------------------


@requires(Role.AUDITOR, Role.ADMINISTRATOR)
def audit_log(request: HttpRequest) -> HttpResponse:
    """Who did what, newest first."""
    rows = AuditEntry.objects.select_related("actor")
    if action := typed(request.GET, "action").strip():
        rows = rows.filter(action__startswith=action)
    if who := typed(request.GET, "who").strip():
        rows = rows.filter(actor__username=who)
    if subject := typed(request.GET, "object").strip():
        rows = rows.filter(object_id=subject)
    for name, lookup in (("since", "at__date__gte"), ("until", "at__date__lte")):
        try:
            given = datetime.strptime(request.GET.get(name, ""), "%Y-%m-%d").date()  # noqa: DTZ007 (a plain date)
        except ValueError:
            continue
        rows = rows.filter(**{lookup: given})
    page = newest_first(rows, request, 50)
    return render(
        request, "web/desk/audit.html", {"page": page, "query": others(request, "after"), "given": request.GET}
    )
