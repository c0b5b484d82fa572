"""The enterprise's own items, items filed again after a refusal, notices that were read."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person
from yingshang.cases import events
from yingshang.cases.actions._base import lock as lock_case
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.projects import locking, moving, process, rights
from yingshang.projects.models import ProjectItem, ProjectNotice
from yingshang.projects.state import Standing

I = ProjectItem.State  # noqa: E741


@transaction.atomic
def finish_own(
    item: ProjectItem, actor: Person | None, *, note: str, numbers: list[str] | None = None, sure: bool = False
) -> ProjectItem:
    """The enterprise has done its own part (开工、竣工): what waited for it goes on.

    Args:
        numbers: of its results, where it has any.
        sure: said again, where it can hardly be done so soon (:func:`process.so_soon`).

    Raises:
        Invalid: no note, not as many numbers as results, or so soon without being ``sure``. Conflict: not its turn, or done already.
        NotAllowed: neither the enterprise nor the centre.
    """
    project = locking.lock(item.project_id)
    rights.require_party(project, actor)
    rights.require_running(project)
    standing = Standing(project)
    item = standing.items[item.code]
    if item.unit_id is not None:
        raise NotAllowed(_("「%(i)s」由%(u)s办理。") % {"i": item.label, "u": item.unit})
    if not note.strip():
        raise Invalid(_("请写明完成情况。"), fields={"note": _("请写明完成情况")})
    if item.state != I.RUNNING:
        raise Conflict(_("「%(i)s」现为「%(s)s」。") % {"i": item.label, "s": item.get_state_display()})
    if awaited := standing.awaited(item):
        raise Conflict(_("还要等:%(i)s。") % {"i": "、".join(i.label for i in awaited)})
    if not sure and (doubt := process.so_soon(standing, item)):
        raise Invalid(doubt, fields={"sure": _("确已完成的,请勾选")})
    wanted = len(standing.spec(item).outputs)
    if len(numbers or []) != wanted:
        raise Invalid(_("请填写 %(n)d 个编号。") % {"n": wanted}, fields={"numbers": _("请填写")})
    case = lock_case(project.case)
    events.write(
        case, "step_done", actor, step=item.name, step_en=item.name_en, outcome="done", note=note.strip(), unit=""
    )
    case.save(update_fields=["events_count"])
    process.give_results(standing, item, numbers or [], actor)
    moving.end(standing, item)
    return item


@transaction.atomic
def refile(item: ProjectItem, actor: Person | None) -> ProjectItem:
    """File a refused item again: a new case of the same unit, the documents are still there.

    Raises:
        Conflict: it was not refused. NotAllowed: neither the enterprise nor the centre.
    """
    project = locking.lock(item.project_id)
    rights.require_party(project, actor)
    rights.require_running(project)
    standing = Standing(project)
    item = standing.items[item.code]
    if item.state != I.REFUSED:
        raise Conflict(_("只有未通过的事项可以重新申报。"))
    item.state, item.attempt = I.WAITING, item.attempt + 1
    item.case = item.started_at = item.ready_at = item.held_at = item.released_at = item.finished_at = None
    item.save()
    moving.advance(standing)
    return item


def see_notice(notice: ProjectNotice, actor: Person) -> ProjectNotice:
    """Somebody of the unit has read what it was told.

    Raises:
        NotAllowed: not of this unit.
    """
    scope = scope_of(actor)
    if notice.unit_id not in scope.unit_ids | scope.led_unit_ids:
        raise NotAllowed(_("这条通知发给%(u)s。") % {"u": notice.unit})
    if notice.seen_at is None:
        notice.seen_at, notice.seen_by = timekeeping.now(), actor
        notice.save(update_fields=["seen_at", "seen_by"])
    return notice
