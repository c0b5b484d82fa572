"""Meetings of every kind: plan, agenda, minutes and attendance, decisions with owner and date, what came of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang import timekeeping
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Unit
from yingshang.activities import actions as activities
from yingshang.activities.models import Activity, Item
from yingshang.cases import catalog
from yingshang.cases.actions._base import unit_of
from yingshang.cases.errors import ActionError
from yingshang.cases.models import Case
from yingshang.web.views import desk_fields
from yingshang.web.views.desk_meeting_forms import (
    MEETINGS,
    AgendaForm,
    CancelForm,
    CarryOutForm,
    DecideForm,
    HoldForm,
    PlanForm,
    RaiseForm,
    meeting_scenarios,
)
from yingshang.web.views.desk_support import (
    key_of,
    new_key,
    newest_first,
    official,
    others,
    person_of,
    tell,
)

KINDS = (Activity.Kind.MEETING, Activity.Kind.TRAINING, Activity.Kind.LIVE)


@official
def meetings(request: HttpRequest) -> HttpResponse:
    """Meetings that concern me: those to come, decisions my units owe, and those that were held."""
    person = person_of(request)
    rows = Activity.objects.visible_to(person).filter(kind__in=KINDS).select_related("unit", "lead")
    rows = rows.annotate(n=Count("items", distinct=True))
    if (scenario := request.GET.get("scenario", "")) and scenario in MEETINGS:
        rows = rows.filter(scenario=scenario)
    coming = rows.filter(state=Activity.State.PLANNED).order_by("starts_at", "pk")[:30]
    page = newest_first(rows.exclude(state=Activity.State.PLANNED), request)
    return render(
        request,
        "web/desk/meetings.html",
        {
            "coming": list(coming),
            "page": page,
            "owed": owed(person),
            "scenarios": meeting_scenarios(),
            "names": dict(meeting_scenarios()),
            "scenario": scenario,
            "query": others(request, "after"),
            "now": timekeeping.now(),
        },
    )


def owed(person: Person) -> list[Item]:
    """Decisions that the person's units have not carried out yet, by date."""
    mine = scope_of(person)
    rows = Item.objects.filter(state=Item.State.DECIDED).select_related("activity", "owner_unit", "case")
    if not mine.sees_all:
        rows = rows.filter(owner_unit_id__in=mine.unit_ids | mine.led_unit_ids)
    return list(rows.order_by("due", "pk")[:30])


@official
def plan(request: HttpRequest) -> HttpResponse:
    """Plan a meeting of my unit."""
    person = person_of(request)
    tomorrow = (timekeeping.now().astimezone(timekeeping.SHANGHAI) + timedelta(days=1)).date()
    initial = {"day": tomorrow, "at": "14:30", "scenario": request.GET.get("scenario", "")}
    form, status = PlanForm(request.POST or None, initial=initial, host=person), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            d = form.cleaned_data
            unit = unit_of(person)
            try:
                meeting = activities.plan(
                    person,
                    scenario=d["scenario"],
                    kind=Activity.Kind.MEETING,
                    title=d["title"],
                    starts_at=datetime.combine(d["day"], d["at"], timekeeping.SHANGHAI),
                    unit=unit or Unit.objects.get(kind=Unit.Kind.DISTRICT),
                    place=d["place"],
                    units=list(d["units"]),
                    people=list(d["people"]),
                    businesses=d["businesses"],
                    key=key_of(request, "plan", ""),
                )
            except ActionError as error:
                status = tell(form, error)
            else:
                messages.success(request, _("会议已排定,请列出议程。"))
                return redirect("desk:meeting", meeting.pk)
    return render(
        request,
        "web/desk/meeting_plan.html",
        {"form": form, "units": desk_fields.units(), "key": new_key()},
        status=status,
    )


def _meeting(request: HttpRequest, activity_id: int) -> Activity:
    return get_object_or_404(
        Activity.objects.visible_to(person_of(request)).filter(kind__in=KINDS).select_related("unit", "lead"),
        pk=activity_id,
    )


def _show(
    request: HttpRequest, activity: Activity, bound: tuple[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    person = person_of(request)
    attendances = list(activity.attendances.select_related("person", "unit", "business").order_by("id"))
    items = list(
        activity.items.select_related("case__business", "owner_unit", "owner", "raised_by").order_by("position")
    )
    organiser = activities.may_lead(person, activity.unit)
    readable = set(
        Case.objects.visible_to(person)
        .filter(pk__in=[i.case_id for i in items if i.case_id])
        .values_list("pk", flat=True)
    )
    held = dict([bound]) if bound else {}
    planned = activity.state == Activity.State.PLANNED
    due = (timekeeping.now().astimezone(timekeeping.SHANGHAI) + timedelta(days=14)).date()
    entries = [
        {
            "item": item,
            "readable": item.case_id in readable,
            "decide": held.get(f"decide-{item.pk}")
            or DecideForm(
                auto_id=f"decide{item.pk}_%s",
                initial={"decision": item.decision, "owner_unit": item.owner_unit or "", "due": item.due or due},
            ),
            "carry": held.get(f"carry-{item.pk}") or CarryOutForm(auto_id=f"carry{item.pk}_%s"),
            "may_decide": organiser and item.state != Item.State.DONE and activity.state != Activity.State.CANCELLED,
            "may_carry": item.state == Item.State.DECIDED and (organiser or _owns(person, item)),
            "late": item.state == Item.State.DECIDED and bool(item.due) and item.due < timekeeping.now().date(),
        }
        for item in items
    ]
    context = {
        "activity": activity,
        "scenario": catalog.get(activity.scenario).name,
        "attendances": attendances,
        "entries": entries,
        "nothing_yet": not entries,
        "organiser": organiser,
        "planned": planned,
        "agenda_form": held.get("agenda") or AgendaForm(auto_id="agenda_%s", activity=activity),
        "hold_form": held.get("hold") or HoldForm(auto_id="hold_%s", attendances=attendances,
                                                  initial={"present": [str(a.pk) for a in attendances]}),
        "cancel_form": held.get("cancel") or CancelForm(auto_id="cancel_%s"),
        "raise_form": held.get("raise") or RaiseForm(auto_id="raise_%s", activity=activity),
        "units": desk_fields.units(),
        "key": new_key(),
    }  # fmt: skip
    return render(request, "web/desk/meeting.html", context, status=status)


def _owns(person: Person, item: Item) -> bool:
    mine = scope_of(person)
    return item.owner_unit_id in mine.unit_ids | mine.led_unit_ids


@official
def meeting(request: HttpRequest, activity_id: int) -> HttpResponse:
    """One meeting: agenda, decisions, minutes."""
    return _show(request, _meeting(request, activity_id))


@official
@require_POST
def do(request: HttpRequest, activity_id: int, what: str) -> HttpResponse:
    """Add to the agenda, record the meeting, cancel it, or take down a question raised on the spot."""
    activity, person = _meeting(request, activity_id), person_of(request)
    attendances = list(activity.attendances.select_related("person", "unit", "business").order_by("id"))
    auto_id = f"{what}_%s"
    form: Any
    match what:
        case "agenda":
            form = AgendaForm(request.POST, auto_id=auto_id, activity=activity)
        case "hold":
            form = HoldForm(request.POST, auto_id=auto_id, attendances=attendances)
        case "cancel":
            form = CancelForm(request.POST, auto_id=auto_id)
        case "raise":
            form = RaiseForm(request.POST, auto_id=auto_id, activity=activity)
        case _:
            raise Http404
    if not form.is_valid():
        return _show(request, activity, (what, form), 422)
    d = form.cleaned_data
    try:
        match what:
            case "agenda":
                case = None
                if d["number"]:
                    case = Case.objects.visible_to(person).filter(number=d["number"].strip().upper()).first()
                    if case is None:
                        form.add_error("number", _("没有找到这个编号的办件"))
                        return _show(request, activity, (what, form), 422)
                with transaction.atomic():
                    for one in d.get("cases") or ():
                        activities.add_item(activity, person, title=one.title, case=one)
                    if case or d["title"]:
                        title = d["title"] or (case.title if case else "")
                        activities.add_item(activity, person, title=title, case=case)
                done = _("已列入议程。")
            case "hold":
                activities.hold(activity, person, minutes=d["minutes"], present=[int(i) for i in d["present"]])
                done = _("会议已记录。")
            case "cancel":
                activities.cancel(activity, person, reason=d["reason"])
                done = _("会议已取消。")
            case _:
                category = d.pop("category")
                made = activities.raise_problem(
                    activity, person, category=category.code if category else "",
                    key=key_of(request, "raise", activity.pk), **d,
                )  # fmt: skip
                done = _("已提交,编号 %(n)s。") % {"n": made.number}
    except ActionError as error:
        messages.error(request, error.message)
        return _show(request, _meeting(request, activity_id), (what, form), tell(form, error))
    messages.success(request, done)
    return redirect("desk:meeting", activity.pk)


@official
@require_POST
def item(request: HttpRequest, activity_id: int, item_id: int, what: str) -> HttpResponse:
    """Write down a decision, or that it was carried out."""
    activity, person = _meeting(request, activity_id), person_of(request)
    row = get_object_or_404(activity.items.select_related("activity__unit", "owner_unit", "case"), pk=item_id)
    form: Any
    if what == "decide":
        form = DecideForm(request.POST, auto_id=f"decide{row.pk}_%s")
    elif what == "carry":
        form = CarryOutForm(request.POST, auto_id=f"carry{row.pk}_%s")
    else:
        raise Http404
    if not form.is_valid():
        return _show(request, activity, (f"{what}-{row.pk}", form), 422)
    try:
        if what == "decide":
            activities.decide(row, person, **form.cleaned_data)
            messages.success(request, _("已议定,责任单位可以看到。"))
        else:
            activities.carry_out(row, person, result=form.cleaned_data["result"])
            messages.success(request, _("已记下落实情况。"))
    except ActionError as error:
        messages.error(request, error.message)
        return _show(request, _meeting(request, activity_id), (f"{what}-{row.pk}", form), tell(form, error))
    return redirect("desk:meeting", activity.pk)
