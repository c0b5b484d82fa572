"""Meetings and visits of several units become one: who calls a second one finds the first."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import Person, Unit
from yingshang.activities import actions as activities
from yingshang.activities.models import Activity, Attendance
from yingshang.cases import events
from yingshang.cases.actions._base import lock as lock_case
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import Task
from yingshang.projects import locking, moving, process, rights
from yingshang.projects.models import Project, ProjectItem
from yingshang.projects.state import Standing


@transaction.atomic
def call_together(
    project: Project,
    actor: Person,
    *,
    kind: str,
    title: str,
    starts_at: datetime,
    place: str = "",
    codes: list[str] | None = None,
) -> Activity:
    """Call a meeting or a visit on the spot for all units that have a part in open items; one is open at a time.

    Where one of the kind is planned already, the units and items are added to it instead of a second being called.

    Args:
        kind: ``meeting`` or ``visit``.
        codes: the items it is about; all open ones where left out, all that are still to come before any is open.

    Raises:
        NotAllowed: neither the centre nor a unit of one of the items. Invalid: no title or time.
    """
    project = locking.lock(project)
    rights.require_running(project)
    standing = Standing(project)
    items = [i for i in standing.items.values() if i.state not in ProjectItem.ENDED and i.unit_id is not None]
    if codes is not None:
        items = [i for i in items if i.code in codes]
    else:
        items = [i for i in items if i.state in ProjectItem.OPEN] or items
    if not rights.is_centre(project, actor) and not any(rights.is_unit(i, actor) for i in items):
        raise NotAllowed(_("由联审中心或承办单位召集。"))
    units = _units(standing, items)
    held = Activity.objects.filter(
        scenario=moving.SCENARIO, kind=kind, state=Activity.State.PLANNED, business=project.business,
        data__project=project.number, starts_at__gte=timekeeping.now(),
    ).first()  # fmt: skip
    if held is not None:
        _join(held, units)
        return held
    activity = activities.plan(
        actor,
        scenario=moving.SCENARIO,
        kind=kind,
        title=title,
        starts_at=starts_at,
        unit=_host(project, actor),
        place=place or project.site,
        business=project.business,
        units=units,
        businesses=[project.business],
        data={"project": project.number, "items": [i.code for i in items]},
    )
    audit.record(actor, "project.call", "project", project.number, kind=kind, units=[u.code for u in units])
    return activity


def _units(standing: Standing, items: list[ProjectItem]) -> list[Unit]:
    found: dict[int, Unit] = {}
    for item in items:
        more = [moving.place(standing.project, c) for c in standing.spec(item).units]
        for unit in [item.unit, *more]:
            if unit is not None:
                found[unit.pk] = unit
    return list(found.values())


def _host(project: Project, actor: Person) -> Unit:
    """The centre's unit where the actor belongs to it, else the actor's own."""
    lead = project.case.lead_unit
    if lead is not None and activities.may_lead(actor, lead):
        return lead
    return actor.memberships.select_related("unit").order_by("id")[0].unit


def _join(activity: Activity, units: list[Unit]) -> None:
    there = set(activity.attendances.filter(unit__isnull=False).values_list("unit_id", flat=True))
    Attendance.objects.bulk_create(Attendance(activity=activity, unit=u) for u in units if u.pk not in there)


@transaction.atomic
def move_visit(item: ProjectItem, actor: Person | None, *, day: date) -> ProjectItem:
    """All go to the site on another day than was agreed; conclusions are signed from that day on.

    Raises:
        Conflict: no visit is agreed, or all have signed. Invalid: a day that is over. NotAllowed: not the unit in charge.
    """
    rights.require_unit(item, actor)
    case = lock_case(item.case) if item.case else None
    if case is None or process.visit_of(case) is None or not _unsigned(case.pk):
        raise Conflict(_("「%(i)s」现在没有约好的到场。") % {"i": item.label})
    if day < timekeeping.now().astimezone(timekeeping.SHANGHAI).date():
        raise Invalid(_("请填今天或以后的日子。"), fields={"day": _("请填今天或以后的日子")})
    case.data = {**case.data, process.DAY: day.isoformat()}
    unit = case.lead_unit
    events.write(
        case, "step_done", actor, step="改约到场", step_en="Visit moved", outcome="done", note=f"→ {day}",
        unit=unit.name if unit else "", unit_en=unit.name_en if unit else "",
    )  # fmt: skip
    case.save(update_fields=["data", "events_count"])
    return item


def _unsigned(case: int) -> bool:
    """Whether somebody has yet to sign what the visit shows."""
    return Task.objects.filter(case=case, step=process.SURVEY, status=Task.State.OPEN).exists()
