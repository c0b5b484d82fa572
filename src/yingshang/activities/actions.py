"""Meetings and visits: planning, holding, deciding, following up; what is raised on the spot becomes a case at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Role, Unit
from yingshang.activities.models import Activity, Attendance, Campaign, Item
from yingshang.cases import actions as case_actions
from yingshang.cases import engine, events
from yingshang.cases.actions._base import lock
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import Case, Channel, Escalation
from yingshang.registry.models import Business


def may_lead(person: Person, unit: Unit) -> bool:
    """Who may plan and minute a meeting of a unit: its members, its heads, the reform office."""
    scope = scope_of(person)
    return scope.has(Role.REFORM_OFFICE) or unit.pk in scope.unit_ids | scope.led_unit_ids


def _require_lead(person: Person, unit: Unit) -> None:
    if not person.is_official or not may_lead(person, unit):
        raise NotAllowed(_("只有「%(u)s」的工作人员或改革办可以组织此活动。") % {"u": unit})


@transaction.atomic
def plan(
    actor: Person,
    *,
    scenario: str,
    kind: str,
    title: str,
    starts_at: datetime,
    unit: Unit,
    lead: Person | None = None,
    place: str = "",
    business: Business | None = None,
    campaign: Campaign | None = None,
    people: Sequence[Person] = (),
    units: Sequence[Unit] = (),
    businesses: Sequence[Business] = (),
    cases: Sequence[Case] = (),
    data: dict[str, Any] | None = None,
    key: str | None = None,
) -> Activity:
    """Plan a meeting or a visit, with its participants and, for a meeting, the cases on its agenda.

    The same ``key`` again returns the one that was planned the first time.

    Raises:
        NotAllowed: the actor belongs neither to the unit nor to the reform office.
        Invalid: no title, a visit without a business, a time zone that is missing, or a time that nobody can mean.
    """
    _require_lead(actor, unit)
    problems: dict[str, str] = {}
    if not title.strip():
        problems["title"] = _("请填写名称")
    if kind not in Activity.Kind.values:
        problems["kind"] = _("请选择活动类型")
    if kind == Activity.Kind.VISIT and business is None:
        problems["business"] = _("走访须选择企业")
    if starts_at.tzinfo is None or not 2000 <= starts_at.year <= 2100:
        problems["starts_at"] = _("请填写时间")
    if problems:
        raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(problems)}, fields=problems)
    given: dict[str, Any] = {
        "scenario": scenario,
        "kind": kind,
        "title": title.strip(),
        "starts_at": starts_at,
        "place": place,
        "unit": unit,
        "lead": lead or actor,
        "business": business,
        "campaign": campaign,
        "data": data or {},
        "created_by": actor,
    }
    if key is None:
        activity = Activity.objects.create(**given)
    else:
        activity, made = Activity.objects.get_or_create(key=key, defaults=given)
        if not made:
            return activity
    Attendance.objects.bulk_create(
        [
            *(Attendance(activity=activity, person=p) for p in people),
            *(Attendance(activity=activity, unit=u) for u in units),
            *(Attendance(activity=activity, business=b) for b in businesses),
        ]
    )
    for case in cases:
        add_item(activity, actor, title=case.title, case=case)
    audit.record(actor, "activity.plan", "activity", activity.pk, kind=kind, title=title)
    return activity


@transaction.atomic
def add_item(
    activity: Activity, actor: Person, *, title: str, case: Case | None = None, raised_by: Business | None = None
) -> Item:
    """Put a point on the agenda; a case on it becomes readable to the organising unit.

    Raises:
        NotAllowed: the actor cannot read the case.
        Invalid: no title. Conflict: the case is on this agenda already, or the meeting was cancelled.
    """
    _require_lead(actor, activity.unit)
    # Everybody in the organising unit reads it from now on: that is not for somebody to give who may not.
    if case is not None and not Case.objects.visible_to(actor).filter(pk=case.pk).exists():
        raise NotAllowed(_("您不能查看这个办件,因此不能列入议程。"))
    locked = Activity.objects.select_for_update().get(pk=activity.pk)
    if locked.state == Activity.State.CANCELLED:
        raise Conflict(_("活动已取消。"))
    if not title.strip():
        raise Invalid(_("请写明议题。"), fields={"title": _("请写明议题")})
    if case is not None and locked.items.filter(case=case).exists():
        raise Conflict(_("%(n)s 已在议程中。") % {"n": case.number})
    last = locked.items.aggregate(last=Max("position"))["last"] or 0
    item = Item.objects.create(
        activity=locked, position=last + 1, title=title.strip()[:160], case=case, raised_by=raised_by
    )
    if case is not None:
        engine.grant(case, f"u{locked.unit_id}", "meeting")
    return item


@transaction.atomic
def decide(
    item: Item, actor: Person, *, decision: str, owner_unit: Unit, due: date, owner: Person | None = None
) -> Item:
    """Write down what was decided, who does it and by when; a case on the agenda reads it in its timeline.

    Raises:
        Invalid: no decision, or a date before the meeting. Conflict: carried out already, or the meeting was cancelled.
    """
    item = Item.objects.select_for_update(of=("self",)).select_related("activity__unit").get(pk=item.pk)
    _require_lead(actor, item.activity.unit)
    if item.activity.state == Activity.State.CANCELLED:
        raise Conflict(_("活动已取消。"))
    if item.state == Item.State.DONE:
        raise Conflict(_("该议定事项已落实。"))
    problems = {}
    if not decision.strip():
        problems["decision"] = _("请写明议定意见")
    if due < item.activity.starts_at.astimezone(timekeeping.SHANGHAI).date():
        problems["due"] = _("完成日期不能早于会议日期")
    if problems:
        raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(problems)}, fields=problems)
    item.decision, item.owner_unit, item.owner, item.due = decision.strip(), owner_unit, owner, due
    item.state = Item.State.DECIDED
    item.save()
    if item.case_id:
        case = lock(item.case)
        engine.grant(case, f"u{owner_unit.pk}", "meeting")
        events.write(
            case,
            "decided",
            actor,
            meeting=item.activity.title,
            decision=item.decision,
            owner=owner_unit.name,
            due=due.isoformat(),
        )
        case.save(update_fields=["events_count"])
    audit.record(
        actor, "activity.decide", "item", item.pk, decision=item.decision, owner=owner_unit.code, due=due.isoformat()
    )
    return item


@transaction.atomic
def carry_out(item: Item, actor: Person, *, result: str) -> Item:
    """Report a decision as carried out; by its owner unit or the organiser.

    Raises:
        Invalid: no result. Conflict: nothing was decided yet, or it is done already.
    """
    item = Item.objects.select_for_update(of=("self",)).select_related("activity__unit", "owner_unit").get(pk=item.pk)
    owns = item.owner_unit_id in scope_of(actor).unit_ids | scope_of(actor).led_unit_ids
    if not owns and not may_lead(actor, item.activity.unit):
        raise NotAllowed(_("由责任单位「%(u)s」反馈落实情况。") % {"u": item.owner_unit or "—"})
    if item.state != Item.State.DECIDED:
        raise Conflict(_("该议题尚未议定或已落实。"))
    if not result.strip():
        raise Invalid(_("请写明落实情况。"), fields={"result": _("请写明落实情况")})
    item.state, item.result, item.done_at = Item.State.DONE, result.strip(), timekeeping.now()
    item.save()
    if item.case_id:
        case = lock(item.case)
        unit = item.owner_unit
        events.write(case, "step_done", actor, step=_("落实会议议定事项"), step_en="Meeting decision carried out",
                     note=item.result, unit=unit.name if unit else "", outcome="done")  # fmt: skip
        case.save(update_fields=["events_count"])
    return item


@transaction.atomic
def hold(activity: Activity, actor: Person, *, minutes: str, present: Sequence[int] = ()) -> Activity:
    """Record that it took place, with minutes and who was there (ids of attendances).

    Raises:
        Invalid: no minutes. Conflict: it was cancelled or recorded before.
    """
    activity = Activity.objects.select_for_update(of=("self",)).select_related("unit").get(pk=activity.pk)
    _require_lead(actor, activity.unit)
    if activity.state != Activity.State.PLANNED:
        raise Conflict(_("该活动已%(s)s。") % {"s": activity.get_state_display()})
    if not minutes.strip():
        raise Invalid(_("请填写记录。"), fields={"minutes": _("请写下谈了什么、企业怎么说")})
    activity.state, activity.minutes, activity.ended_at = Activity.State.HELD, minutes.strip(), timekeeping.now()
    activity.save()
    for attendance in activity.attendances.all():
        attendance.present = attendance.pk in set(present)
        attendance.save(update_fields=["present"])
    audit.record(actor, "activity.hold", "activity", activity.pk, title=activity.title)
    return activity


def cancel(activity: Activity, actor: Person, *, reason: str) -> Activity:
    """Cancel a planned activity.

    Raises:
        Invalid: no reason. Conflict: it took place already.
    """
    _require_lead(actor, activity.unit)
    if not reason.strip():
        raise Invalid(_("请写明取消原因。"), fields={"reason": _("请写明取消原因")})
    with transaction.atomic():
        activity = Activity.objects.select_for_update().get(pk=activity.pk)
        if activity.state != Activity.State.PLANNED:
            raise Conflict(_("只有已计划的活动可以取消。"))
        activity.state = Activity.State.CANCELLED
        activity.data = {**activity.data, "cancel_reason": reason}
        activity.save()
        audit.record(actor, "activity.cancel", "activity", activity.pk, reason=reason)
    return activity


def raise_problem(
    activity: Activity,
    actor: Person,
    *,
    title: str,
    text: str = "",
    category: str = "",
    business: Business | None = None,
    scenario: str = "qifu_express",
    service: str = "demand",
    key: str | None = None,
) -> Case:
    """Turn a problem heard at a visit or meeting into a case in the one pool, on the spot.

    Raises:
        Invalid, NotAllowed: as :func:`yingshang.cases.actions.open_case`. Conflict: it was cancelled.
    """
    if activity.state == Activity.State.CANCELLED:
        raise Conflict(_("活动已取消。"))
    subject = business or activity.business
    channel = Channel.VISIT if activity.kind == Activity.Kind.VISIT else Channel.MEETING
    with transaction.atomic():
        case = case_actions.open_case(
            actor,
            scenario=scenario,
            service=service,
            title=title,
            text=text,
            category=category,
            business=subject,
            channel=channel,
            key=key,
        )
        if not activity.items.filter(case=case).exists():
            last = activity.items.aggregate(last=Max("position"))["last"] or 0
            Item.objects.create(
                activity=activity, position=last + 1, title=case.title[:160], case=case, raised_by=subject
            )
    return case


@transaction.atomic
def convene(
    actor: Person,
    *,
    escalations: Sequence[Escalation],
    title: str,
    starts_at: datetime,
    unit: Unit,
    place: str = "",
    units: Sequence[Unit] = (),
    scenario: str = "escalation_coordination",
    key: str | None = None,
) -> Activity:
    """Call a special coordination meeting (专题协调会) on open escalations; lead units are invited by themselves.

    Raises:
        Invalid: no escalation chosen.
    """
    if not escalations:
        raise Invalid(_("请选择至少一个提级事项。"), fields={"escalations": _("请选择提级事项")})
    cases = [e.case for e in escalations]
    invited = {u.pk: u for u in [*units, *(c.lead_unit for c in cases if c.lead_unit)]}
    return plan(
        actor,
        scenario=scenario,
        kind=Activity.Kind.MEETING,
        title=title,
        starts_at=starts_at,
        unit=unit,
        place=place,
        units=list(invited.values()),
        businesses=list({c.business_id: c.business for c in cases if c.business}.values()),
        cases=cases,
        key=key,
    )
