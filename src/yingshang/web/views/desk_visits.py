"""Visits of the enterprise service officer: my enterprises, the plan, the record written on the spot with a phone."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang import timekeeping
from yingshang.accounts.models import Person, Unit
from yingshang.activities import actions as activities
from yingshang.activities.models import Activity, Campaign
from yingshang.cases import catalog
from yingshang.cases import forms as schemas
from yingshang.cases.actions._base import unit_of
from yingshang.cases.errors import ActionError
from yingshang.cases.models import ENDED, Case, Category
from yingshang.exchange import paging
from yingshang.registry.models import Business, ServiceAssignment
from yingshang.web.views import desk_schema
from yingshang.web.views.desk_fields import BusinessField, DayField, DeskForm, words
from yingshang.web.views.desk_support import (
    PAGE,
    Page,
    cursor,
    key_of,
    new_key,
    newest_first,
    official,
    others,
    person_of,
    tell,
    typed,
)

#: The form that a visit's record follows, by scenario of the visit.
RECORD = {"service_officer": "visit", "big_visit_campaign": "survey"}
#: Blank problem blocks on the page of a visit.
BLOCKS = 3


class Plan(DeskForm):
    business = BusinessField(label=L("走访哪家"))
    day = DayField(label=L("日期"))
    at = forms.TimeField(label=L("时间"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    campaign = forms.ModelChoiceField(
        label=L("所属专项"), required=False, queryset=Campaign.objects.none(), empty_label=L("日常走访")
    )
    aim = forms.CharField(label=L("想了解什么"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = running_campaigns()  # type: ignore[attr-defined]


class Notes(DeskForm):
    """What every visit records; the scenario's own fields stand beside it."""

    minutes = words(L("走访记录"), rows=4, help_text=L("谈了什么、企业怎么说;可以用手机听写"))


class Problem(DeskForm):
    """A problem raised on the spot; a block without title is left out."""

    title = forms.CharField(label=L("什么问题"), required=False, max_length=120)
    text = words(L("具体情况"), required=False, rows=2)
    category = forms.ModelChoiceField(
        label=L("分类"), required=False, queryset=Category.objects.none(), to_field_name="code", empty_label=L("说不清")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = Category.objects.filter(scenario="qifu_express", active=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("text") and not given.get("title"):
            self.add_error("title", _("请用一句话说明是什么问题"))
        return given


def running_campaigns() -> QuerySet[Campaign]:
    today = timekeeping.now().date()
    return Campaign.objects.filter(starts__lte=today, ends__gte=today)


def _mine(person: Person) -> QuerySet[ServiceAssignment]:
    """My enterprises, each with the day of the last visit and the number of open cases."""
    visited = (
        Activity.objects.filter(
            business_id=OuterRef("business_id"), kind=Activity.Kind.VISIT, state=Activity.State.HELD
        )
        .order_by("-starts_at")
        .values("starts_at")[:1]
    )
    opened = (
        Case.objects.filter(business_id=OuterRef("business_id"))
        .exclude(status__in=ENDED)
        .order_by()
        .values("business_id")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return (
        ServiceAssignment.objects.filter(officer=person, until__isnull=True)
        .select_related("business__street")
        .annotate(visited_at=Subquery(visited), open_cases=Subquery(opened))
    )


@official
def visits(request: HttpRequest) -> HttpResponse:
    """Today's and coming visits, and the enterprises I look after."""
    person, now = person_of(request), timekeeping.now()
    rows = _mine(person)
    text = typed(request.GET, "q").strip()
    if text:
        rows = rows.filter(Q(business__name__contains=text) | Q(business__uscc__startswith=text.upper()))
    if at := cursor(request, str, int):
        rows = rows.filter(Q(business__name_key__gt=at[0]) | Q(business__name_key=at[0], business_id__gt=at[1]))
    found = list(rows.order_by("business__name_key", "business_id")[: PAGE + 1])
    last = found[PAGE - 1].business if len(found) > PAGE else None
    page = Page(found[:PAGE], paging.encode(last.name_key, last.pk) if last else "")
    planned = (
        Activity.objects.filter(kind=Activity.Kind.VISIT, lead=person, state=Activity.State.PLANNED)
        .select_related("business__street", "campaign")
        .order_by("starts_at")[:20]
    )
    return render(
        request,
        "web/desk/visits.html",
        {
            "page": page,
            "planned": list(planned),
            "now": now,
            "total": ServiceAssignment.objects.filter(officer=person, until__isnull=True).count(),
            "q": text,
            "query": others(request, "after"),
            "campaigns": list(running_campaigns()[:5]),
        },
    )


@official
def history(request: HttpRequest) -> HttpResponse:
    """Visits that took place, newest first: mine, or all that I may see."""
    person = person_of(request)
    rows = Activity.objects.visible_to(person).filter(kind=Activity.Kind.VISIT).exclude(state=Activity.State.PLANNED)
    if request.GET.get("whose", "mine") == "mine":
        rows = rows.filter(lead=person)
    if uscc := typed(request.GET, "business"):
        rows = rows.filter(business__uscc=uscc)
    page = newest_first(rows.select_related("business", "lead", "unit", "campaign").annotate(n=Count("items")), request)
    return render(
        request,
        "web/desk/visit_history.html",
        {"page": page, "whose": request.GET.get("whose", "mine"), "query": others(request, "after")},
    )


@official
def plan(request: HttpRequest) -> HttpResponse:
    """Plan a visit."""
    person = person_of(request)
    form, status = Plan(request.POST or None, initial=_initial(request)), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            d = form.cleaned_data
            business: Business = d["business"]
            campaign: Campaign | None = d["campaign"]
            try:
                visit = activities.plan(
                    person,
                    scenario=campaign.scenario if campaign else "service_officer",
                    kind=Activity.Kind.VISIT,
                    title=_("走访%(b)s") % {"b": business.name},
                    starts_at=datetime.combine(d["day"], d["at"], timekeeping.SHANGHAI),
                    unit=_unit(person, business),
                    business=business,
                    place=business.address[:120],
                    campaign=campaign,
                    data={"aim": d["aim"]} if d["aim"] else {},
                    key=key_of(request, "visit", ""),
                )
            except ActionError as error:
                status = tell(form, error)
            else:
                messages.success(request, _("已列入走访计划。"))
                return redirect("desk:visit", visit.pk) if "now" in request.POST else redirect("desk:visits")
    return render(request, "web/desk/visit_plan.html", {"form": form, "key": new_key()}, status=status)


def _initial(request: HttpRequest) -> dict[str, Any]:
    now = timekeeping.now().astimezone(timekeeping.SHANGHAI)
    initial: dict[str, Any] = {"day": now.date(), "at": time(now.hour, 0 if now.minute < 30 else 30)}
    if found := Business.objects.filter(uscc=typed(request.GET, "business")).first():
        initial["business"] = f"{found.name}({found.uscc})"
    return initial


def _unit(person: Person, business: Business) -> Unit:
    """The unit for which the person visits this business: that of the assignment, else their own."""
    held = ServiceAssignment.objects.filter(business=business, officer=person, until__isnull=True)
    assignment = held.select_related("unit").first()
    unit = assignment.unit if assignment else unit_of(person)
    assert unit is not None or not person.is_official
    return unit or Unit.objects.get(kind=Unit.Kind.DISTRICT)


def _blocks(data: Any = None) -> list[Problem]:
    return [Problem(data, prefix=f"p{i}", auto_id=f"p{i}_%s") for i in range(BLOCKS)]


@official
def visit(request: HttpRequest, visit_id: int) -> HttpResponse:
    """One visit: who they are, what is open with them, the record, problems raised on the spot."""
    person = person_of(request)
    found = get_object_or_404(
        Activity.objects.visible_to(person)
        .filter(kind=Activity.Kind.VISIT)
        .select_related("business__street", "unit", "lead", "campaign"),
        pk=visit_id,
    )
    spec = catalog.get(found.scenario)
    form_name = RECORD.get(found.scenario, "")
    schema = desk_schema.form_for(spec, form_name)
    posted, status = request.method == "POST", 200
    notes = Notes(request.POST if posted else None, initial={"minutes": found.minutes})
    extra = schema(request.POST if posted else None, initial={f"f_{k}": v for k, v in found.data.items()})
    blocks = _blocks(request.POST if posted else None)
    if posted:
        outcome = _save(request, found, spec, form_name, notes, extra, blocks)
        if isinstance(outcome, HttpResponse):
            return outcome
        status = outcome
    business = found.business
    assert business is not None
    context = {
        "visit": found,
        "business": business,
        "notes": notes,
        "extra": extra,
        "blocks": blocks,
        "items": list(found.items.select_related("case__lead_unit").order_by("position")),
        "open_cases": list(
            Case.objects.visible_to(person)
            .filter(business=business)
            .exclude(status__in=ENDED)
            .select_related("lead_unit")
            .order_by("-id")[:5]
        ),
        "before": list(
            Activity.objects.filter(business=business, kind=Activity.Kind.VISIT, state=Activity.State.HELD)
            .exclude(pk=found.pk)
            .select_related("lead")
            .order_by("-starts_at")[:3]
        ),
        "filled": desk_schema.read(spec, form_name, {k: v for k, v in found.data.items() if k != "aim"}),
        "key": request.POST.get("key") or new_key(),
        "mine": activities.may_lead(person, found.unit) or found.lead_id == person.pk,
    }
    return render(request, "web/desk/visit.html", context, status=status)


def _save(
    request: HttpRequest,
    found: Activity,
    spec: catalog.ScenarioSpec,
    form_name: str,
    notes: Notes,
    extra: Any,
    blocks: list[Problem],
) -> HttpResponse | int:
    """Record the visit and open its problems, all or nothing; or the status of the refusal."""
    person = person_of(request)
    planned = found.state == Activity.State.PLANNED
    valid = [b.is_valid() for b in blocks]
    if planned:
        valid += [notes.is_valid(), extra.is_valid()]
    raised = [b for b in blocks if b.is_valid() and b.cleaned_data.get("title")]
    if not all(valid):
        return 422
    if not planned and not raised:
        blocks[0].add_error("title", _("请写明问题"))
        return 422
    form: Any = notes
    try:
        with transaction.atomic():
            if planned:
                data = extra.data_for_schema()
                if problems := schemas.check(spec, form_name, data):
                    desk_schema.errors_into(extra, problems)
                    return 422
                found.data = {**found.data, **data}
                found.save(update_fields=["data"])
                activities.hold(found, person, minutes=notes.cleaned_data["minutes"])
            for block in raised:
                form = block
                d = block.cleaned_data
                activities.raise_problem(
                    found,
                    person,
                    title=d["title"],
                    text=d["text"],
                    category=d["category"].code if d["category"] else "",
                    key=key_of(request, f"problem-{block.prefix}", found.pk),
                )
    except ActionError as error:
        # What the transaction undid is not on the page either.
        found.refresh_from_db()
        messages.error(request, error.message)
        return tell(form, error)
    n = len(raised)
    messages.success(request, _("已记录,%(n)d 个问题已进入待派单。") % {"n": n} if n else _("走访已记录。"))
    return redirect("desk:visit", found.pk)
