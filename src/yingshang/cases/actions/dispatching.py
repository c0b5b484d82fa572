"""From the pool to the unit that answers: dispatch, sign for, return, hand over, first contact."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts.models import Person, Unit
from yingshang.cases import categories, clocks, engine, events
from yingshang.cases.actions._base import action, cancel_open_tasks, move, step
from yingshang.cases.errors import Invalid
from yingshang.cases.models import Case, Task
from yingshang.cases.workflow import ARBITRATION_AT


@action("dispatch")
def dispatch(
    case: Case,
    actor: Person | None,
    *,
    lead: Unit,
    assisting: Sequence[Unit] = (),
    note: str = "",
    category: str = "",
    key: str | None = None,
) -> None:
    """Give a case of the pool to its lead unit, and ask others to assist.

    Args:
        category: code of the category that the dispatcher sets or puts right, and with it what is promised
            (:mod:`yingshang.cases.categories`); ``""`` leaves it as it is.

    Raises:
        Invalid: the unit takes no cases, or is named both as lead and as assisting; no such category.
    """
    for field, unit in (("lead", lead), *(("assisting", u) for u in assisting)):
        if not unit.active:
            raise Invalid(_("「%(u)s」已停用,请选择其他单位。") % {"u": unit}, fields={field: _("已停用")})
    if lead in assisting:
        raise Invalid(_("主办单位不必再列为协办单位。"), fields={"assisting": _("与主办单位重复")})
    task = step(case, "dispatch")
    # Before the diagram moves on: what it starts is promised by the category.
    known = {"category": category} if categories.put(case, actor, category) else {}
    case.lead_unit, case.handler = lead, None
    engine.grant(case, f"u{lead.pk}", "lead")
    move(case, task, actor, "dispatch", note, **known)
    events.write(
        case,
        "dispatched",
        actor,
        key=key,
        unit=lead.name,
        unit_en=lead.name_en,
        assisting=[u.name for u in assisting],
        note=note,
        followed=lead.code == case.routing.get("unit"),
        arbitrated=case.bounces >= ARBITRATION_AT,
    )
    for unit in assisting:
        add_cohandler(case, unit, note)


@action("sign_for")
def sign_for(case: Case, actor: Person | None, *, key: str | None = None) -> None:
    """The lead unit takes the case on; whoever signs becomes its handler."""
    task = step(case, "sign")
    case.handler = actor
    if actor:
        engine.grant(case, f"p{actor.pk}", "handler")
    move(case, task, actor, "sign")
    events.write(case, "signed", actor, key=key, unit=case.lead_unit.name, unit_en=case.lead_unit.name_en)


@action("return")
def return_case(case: Case, actor: Person | None, *, reason: str, key: str | None = None) -> None:
    """Give the case back to the pool with a reason; bounces are counted, the third goes to arbitration.

    Raises:
        Invalid: no reason, already contacted the enterprise, or the dispatch was an arbitration.
    """
    if not reason.strip():
        raise Invalid(_("退单须写明理由。"), fields={"reason": _("请写明为什么不属于本单位")})
    if case.bounces >= ARBITRATION_AT:
        raise Invalid(_("此件经仲裁派单,不再退单;如需其他单位参与,请用「协办」。"))
    task = step(case, "return")
    case.bounces += 1
    returned_by = case.lead_unit
    move(case, task, actor, "return", reason)
    case.lead_unit = case.handler = None
    cancel_open_tasks(case, Task.Kind.COHANDLE, Task.Kind.SIGN)
    events.write(
        case,
        "returned",
        actor,
        key=key,
        unit=returned_by.name,
        unit_en=returned_by.name_en,
        reason=reason,
        bounces=case.bounces,
        arbitration=case.bounces >= ARBITRATION_AT,
    )


@action("hand_over")
def hand_over(case: Case, actor: Person | None, *, to: Unit, reason: str, key: str | None = None) -> None:
    """Hand the case to another unit directly; the clock goes on running.

    Raises:
        Invalid: no reason, the unit is the present one, or the dispatch was an arbitration.
    """
    if not reason.strip():
        raise Invalid(_("转办须写明理由。"), fields={"reason": _("请写明转办理由")})
    if to.pk == case.lead_unit_id or not to.active:
        raise Invalid(_("请选择另一个在用的单位。"), fields={"to": _("不能转给本单位或已停用的单位")})
    if case.bounces >= ARBITRATION_AT:
        raise Invalid(_("此件经仲裁派单,不再转办;如需其他单位参与,请用「协办」。"))
    before = case.lead_unit
    case.lead_unit, case.handler = to, None
    engine.grant(case, f"u{to.pk}", "lead")
    Task.objects.filter(case=case, kind=Task.Kind.STEP, status=Task.State.OPEN, actor="lead").update(
        unit=to, person=None
    )
    # Who leads has nobody to report to as a co-handler.
    Task.objects.filter(case=case, kind=Task.Kind.COHANDLE, status=Task.State.OPEN, unit=to).update(
        status=Task.State.CANCELLED
    )
    events.write(
        case,
        "handed_over",
        actor,
        key=key,
        unit=before.name,
        unit_en=before.name_en,
        to=to.name,
        to_en=to.name_en,
        reason=reason,
    )


@action("contact")
def contact(case: Case, actor: Person | None, *, note: str, key: str | None = None) -> None:
    """Record the first call to the enterprise; it stops the clock of the contact promise.

    Raises:
        Invalid: no note of what was said.
    """
    if not note.strip():
        raise Invalid(_("请简单记下联系情况。"), fields={"note": _("如:已电话联系,约定明日上门")})
    now = timekeeping.now()
    first = case.first_contact_at is None
    if first:
        case.first_contact_at = now
        if case.handler_id is None:
            case.handler = actor
        move(case, step(case, "contact"), actor, "contact", note)
        clocks.stop(case, [clocks.FIRST_CONTACT], at=now)
    events.write(case, "contacted", actor, key=key, note=note, first=first)


def add_cohandler(case: Case, unit: Unit, note: str) -> Task:
    """A co-handling task for a unit (no event of its own)."""
    engine.grant(case, f"u{unit.pk}", "cohandle")
    return Task.objects.create(
        case=case,
        kind=Task.Kind.COHANDLE,
        name="协办",
        name_en="Co-handle",
        actor=f"unit:{unit.code}"[:40],
        unit=unit,
        note=note,
        due_at=case.due_at,
    )
