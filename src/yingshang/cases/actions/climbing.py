"""What is not solved climbs: urge, supervise, escalate level by level, common problems and their root causes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Role, Unit
from yingshang.cases import clocks, engine, events
from yingshang.cases.actions._base import action, done_before, lock
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import Case, Escalation, Event, Nature, RootCause, Task

#: Rungs of the ladder and who answers for each: unit lead → responsible leader → coordination meeting.
LADDER: dict[int, str] = {1: Role.UNIT_LEAD, 2: Role.DISTRICT_LEADER, 3: Role.REFORM_OFFICE}
TOP = max(LADDER)
#: Who calls coordination meetings and names root causes.
CONVENERS = (Role.REFORM_OFFICE, Role.DISTRICT_LEADER, Role.UNIT_LEAD, Role.AREA_LEAD)


def climb(
    case: Case, actor: Person | None, *, reason: str, automatic: bool, nature: str = "", key: str | None = None
) -> Escalation | None:
    """Raise a locked case one level: the holder of that rung gets a task and sees the case. None at the top already.

    The caller saves the case.
    """
    if case.level >= TOP:
        return None
    now = timekeeping.now()
    Escalation.objects.filter(case=case, settled_at__isnull=True).update(settled_at=now)
    case.level += 1
    case.nature = nature or case.nature
    escalation = Escalation.objects.create(
        case=case, level=case.level, reason=reason[:300], automatic=automatic, nature=case.nature, by=actor, at=now
    )
    unit, person = engine.holder_of(LADDER[case.level], case.lead_unit)
    if unit:
        engine.grant(case, f"u{unit.pk}", "escalation")
    if person:
        engine.grant(case, f"p{person.pk}", "escalation")
    Task.objects.create(
        case=case,
        kind=Task.Kind.SUPERVISE,
        name={1: "单位负责人督办", 2: "分管领导督办", 3: "提交专题协调会"}[case.level],
        name_en={1: "Unit lead to supervise", 2: "Responsible leader to supervise", 3: "For the coordination meeting"}[
            case.level
        ],
        actor=f"role:{LADDER[case.level]}",
        unit=unit,
        person=person,
        note=reason,
    )
    events.write(
        case,
        "escalated",
        actor,
        key=key,
        level=case.level,
        reason=reason,
        automatic=automatic,
        to=person.name if person else (unit.name if unit else ""),
        to_en=person.name_en if person else (unit.name_en if unit else ""),
        nature=case.nature,
    )
    clocks.stop(case, [clocks.ESCALATION])
    clocks.start(case, clocks.ESCALATION)
    return escalation


@action("escalate")
def escalate(case: Case, actor: Person | None, *, reason: str, nature: str = "", key: str | None = None) -> None:
    """Ask for the next level to take care of it.

    Raises:
        Invalid: no reason, or a nature that is neither individual nor common.
        Conflict: it is at the coordination meeting already.
    """
    if not reason.strip():
        raise Invalid(_("提级须写明理由。"), fields={"reason": _("请写明卡在哪里")})
    if nature and nature not in Nature.values:
        raise Invalid(_("问题性质只有个性、共性两种。"), fields={"nature": _("请选择")})
    if climb(case, actor, reason=reason, automatic=False, nature=nature, key=key) is None:
        raise Conflict(_("已提到专题协调会,没有更高一级。"))


@action("supervise")
def supervise(case: Case, actor: Person | None, *, note: str, key: str | None = None) -> None:
    """Put a case under supervision: its unit reads the note, it stays marked until closed.

    Raises:
        Invalid: no note.
    """
    if not note.strip():
        raise Invalid(_("请写明督办要求。"), fields={"note": _("请写明督办要求")})
    case.supervised = True
    if case.lead_unit_id:
        Task.objects.create(
            case=case,
            kind=Task.Kind.SUPERVISE,
            name="落实督办要求",
            name_en="Act on the supervision note",
            unit=case.lead_unit,
            person=case.handler,
            note=note,
            due_at=case.due_at,
        )
    events.write(case, "supervised", actor, key=key, note=note)


@action("urge")
def urge(case: Case, actor: Person | None, *, note: str = "", key: str | None = None) -> None:
    """Remind whoever has the case now; at most once in four hours by one person.

    Raises:
        Conflict: urged by the same person a short while ago.
    """
    from datetime import timedelta

    since = timekeeping.now() - timedelta(hours=4)
    if actor and case.events.filter(kind="urged", actor=actor, at__gte=since).exists():
        raise Conflict(_("您刚催办过,对方已收到。四小时后可再次催办。"))
    events.write(case, "urged", actor, key=key, note=note, unit=case.lead_unit.name if case.lead_unit else "")


@action("copy")
def copy_to(
    case: Case,
    actor: Person | None,
    *,
    units: Sequence[Unit] = (),
    people: Sequence[Person] = (),
    key: str | None = None,
) -> None:
    """Let further units or people read the case (抄送).

    Raises:
        Invalid: nobody named.
    """
    if not units and not people:
        raise Invalid(_("请选择抄送对象。"), fields={"units": _("请选择单位或人员")})
    for unit in units:
        engine.grant(case, f"u{unit.pk}", "copy")
    for person in people:
        engine.grant(case, f"p{person.pk}", "copy")
    events.write(case, "copied", actor, key=key, public=False, to=[x.name for x in [*units, *people]],
                 to_en=[x.name_en for x in [*units, *people]])  # fmt: skip


@action("nature")
def set_nature(case: Case, actor: Person | None, *, nature: str, key: str | None = None) -> None:
    """Say whether a problem is one enterprise's own or common to many; the escalation lists are kept apart.

    Raises:
        Invalid: neither of the two.
    """
    if nature not in Nature.values:
        raise Invalid(_("问题性质只有个性、共性两种。"), fields={"nature": _("请选择")})
    case.nature = nature
    Escalation.objects.filter(case=case, settled_at__isnull=True).update(nature=nature)
    events.write(case, "nature_set", actor, key=key, public=False, nature=nature)


@transaction.atomic
def name_root_cause(
    actor: Person,
    *,
    title: str,
    owner: Unit,
    cases: Sequence[Case],
    description: str = "",
    measure: str = "",
    due: date | None = None,
    key: str | None = None,
) -> RootCause:
    """Gather common problems under one root cause; each case becomes "common" and keeps its own answer.

    Its owner reads the cases from now on. The same ``key`` again returns the root cause made the first time.

    Raises:
        NotAllowed: the actor convenes no meetings, or cannot read one of the cases.
        Invalid: no title, or no case.
    """
    if not scope_of(actor).has(*CONVENERS):
        raise NotAllowed(_("只有改革办、区领导和单位负责人可以归集共性问题。"))
    if not title.strip() or not cases:
        raise Invalid(_("请写明根因并选择至少一个办件。"), fields={"title": _("请写明共性问题的根因")})
    # Locked in one order everywhere, so that two people gathering overlapping cases cannot block each other.
    held = [lock(case) for case in sorted(cases, key=lambda c: c.pk)]
    if key and (before := Event.objects.filter(key=key).first()):
        return RootCause.objects.get(pk=before.data["root"])
    if Case.objects.visible_to(actor).filter(pk__in=[c.pk for c in held]).count() < len(held):
        raise NotAllowed(_("其中有您不能查看的办件,因此不能归集。"))
    root = RootCause.objects.create(
        title=title.strip(), description=description, owner_unit=owner, measure=measure, due=due, created_by=actor
    )
    for n, locked in enumerate(held):
        locked.root_cause = root
        locked.nature = Nature.COMMON
        engine.grant(locked, f"u{owner.pk}", "root_cause")
        Escalation.objects.filter(case=locked, settled_at__isnull=True).update(nature=Nature.COMMON)
        events.write(
            locked, "root_cause_named", actor, key=None if n else key, title=root.title, root=root.pk, owner=owner.name
        )
        locked.save()
    audit.record(actor, "root_cause.create", "root_cause", root.pk, title=root.title, cases=[c.number for c in cases])
    return root


@transaction.atomic
def solve_root_cause(root: RootCause, actor: Person, *, measure: str, key: str | None = None) -> RootCause:
    """Record that the root cause is removed; the cases under it are told, each still needs its own confirmation.

    Raises:
        NotAllowed: the actor belongs neither to its owner nor to the reform office or the district's leaders.
        Invalid: no measure.
        Conflict: it was solved before.
    """
    scope = scope_of(actor)
    if not scope.has(Role.REFORM_OFFICE, Role.DISTRICT_LEADER) and root.owner_unit_id not in (
        scope.unit_ids | scope.led_unit_ids
    ):
        raise NotAllowed(_("由牵头破解单位「%(u)s」或改革办、区领导标记。") % {"u": root.owner_unit})
    if not measure.strip():
        raise Invalid(_("请写明治本措施。"), fields={"measure": _("请写明采取了什么措施")})
    root = RootCause.objects.select_for_update().get(pk=root.pk)
    if done_before(key):
        return root
    if root.state == RootCause.State.SOLVED:
        raise Conflict(_("该共性问题已标记为破解。"))
    root.state, root.measure, root.solved_at = RootCause.State.SOLVED, measure, timekeeping.now()
    root.save()
    for n, case in enumerate(root.cases.order_by("pk")):
        locked = lock(case)
        events.write(locked, "root_cause_solved", actor, key=None if n else key, title=root.title, measure=measure)
        locked.save(update_fields=["events_count"])
    audit.record(actor, "root_cause.solve", "root_cause", root.pk, measure=measure)
    return root
