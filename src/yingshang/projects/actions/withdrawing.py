"""A land contract or the project itself is withdrawn: every branch stops, each unit is told."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import Person
from yingshang.cases import actions as case_actions
from yingshang.cases.errors import Conflict, Invalid
from yingshang.projects import locking, rights
from yingshang.projects.models import Project, ProjectItem, ProjectNotice, Request

#: Branches may open while it is being stopped; then it is tried again with those.
TRIES = 5


class _Grown(Exception):
    """Another branch opened before the project was locked."""


def withdraw_project(project: Project, actor: Person | None, *, reason: str, requested_by: str = "") -> Project:
    """Stop a project: its open cases are withdrawn, its items end, each unit that had a part is told once.

    Args:
        requested_by: who asked for it, where an official enters it.

    Raises:
        Invalid: no reason. Conflict: it has ended, or it was accepted. NotAllowed: neither the enterprise nor the centre.
    """
    if not reason.strip():
        raise Invalid(_("请写明终止原因。"), fields={"reason": _("请写明终止原因")})
    for _each in range(TRIES):
        try:
            return _withdraw(project, actor, reason.strip()[:300], requested_by.strip())
        except _Grown:
            continue
    raise Conflict(_("项目正在变动,请稍后再试。"))


@transaction.atomic
def _withdraw(project: Project, actor: Person | None, reason: str, requested_by: str) -> Project:
    running = ProjectItem.objects.filter(project=project, case__isnull=False).exclude(state__in=ProjectItem.ENDED)
    cases = locking.lock_cases(running)
    project = locking.lock(project)
    rights.require_party(project, actor)
    rights.require_stoppable(project)
    items = list(project.items.select_related("unit"))
    open_ones = [i for i in items if i.state not in ProjectItem.ENDED]
    if any(i.case_id and i.case_id not in cases for i in open_ones):
        raise _Grown
    now = timekeeping.now()
    asker = requested_by or (actor.name if actor else "系统")
    told = _("项目终止:%(r)s") % {"r": reason}
    for item in open_ones:
        if item.case_id:
            case_actions.withdraw(cases[item.case_id], None, reason=told, requested_by=asker)
        item.state, item.finished_at = ProjectItem.State.WITHDRAWN, now
        item.save(update_fields=["state", "finished_at"])
    Request.objects.filter(project=project, state__in=[Request.State.GATHERING, Request.State.SENT]).update(
        state=Request.State.DROPPED
    )
    units = {i.unit_id: i.unit for i in items if i.unit is not None}
    if project.case.lead_unit_id:
        units[project.case.lead_unit_id] = project.case.lead_unit
    ProjectNotice.objects.bulk_create(
        ProjectNotice(
            project=project,
            unit_id=pk,
            kind=ProjectNotice.Kind.WITHDRAWN,
            text=f"「{project.name}」已终止:{reason}"[:400],
            text_en=f"{project.name} was withdrawn: {reason}"[:400],
            at=now,
        )
        for pk in units
    )
    case_actions.withdraw(project.case, None, reason=reason, requested_by=asker)
    project.state, project.finished_at, project.reason = Project.State.WITHDRAWN, now, reason
    project.save(update_fields=["state", "finished_at", "reason"])
    audit.record(actor, "project.withdraw", "project", project.number, reason=reason, requested_by=asker)
    return project
