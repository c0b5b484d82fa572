"""What brings a project forward where the list allows it: a first stage, a commitment, a document that follows later."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit, calendar
from yingshang.accounts.models import Person
from yingshang.cases.errors import Conflict, Invalid
from yingshang.projects import locking, moving, plan, rights
from yingshang.projects.models import FollowUp, Project, ProjectItem
from yingshang.projects.state import Standing

I = ProjectItem.State  # noqa: E741


def _begin(project: Project | int, actor: Person | None) -> Standing:
    locked = locking.lock(project)
    rights.require_party(locked, actor)
    rights.require_running(locked)
    return Standing(locked)


def _again(standing: Standing) -> Standing:
    """The project read anew, with the network that its new ways make."""
    return Standing(standing.project)


@transaction.atomic
def take_stage(project: Project, actor: Person | None, *, code: str) -> ProjectItem:
    """Take the first stage of an item ahead (基坑围护先行): what may begin with it no longer waits for the whole.

    Raises:
        Invalid: the list knows no such stage of this project. Conflict: taken already, or the whole is done.
        NotAllowed: neither the enterprise nor the centre.
    """
    standing = _begin(project, actor)
    spec = standing.listed.items.get(code)
    if spec is None or not spec.stands_for or spec.stands_for not in standing.items:
        raise Invalid(_("本项目不能分阶段办理 %(c)s。") % {"c": code}, fields={"code": _("请从清单里选择")})
    if code in standing.items:
        raise Conflict(_("「%(i)s」已在办理。") % {"i": standing.items[code].label})
    if standing.items[spec.stands_for].state == I.DONE:
        raise Conflict(_("「%(i)s」已经办好,不必再分阶段。") % {"i": standing.items[spec.stands_for].label})
    today = timekeeping.now().astimezone(timekeeping.SHANGHAI).date()
    unit = None if spec.by_applicant else moving.place(standing.project, spec.unit)
    days = plan.days_of(spec, standing.ways, standing.project.facts)
    item = ProjectItem.objects.create(
        project=standing.project, code=code, name=spec.name.zh, name_en=spec.name.en, unit=unit, days=days,
        planned_start=today, planned_finish=calendar.load().add_working_days(today, days) if days else today,
    )  # fmt: skip
    if unit:
        moving.let_read(standing.project, spec, unit)
    audit.record(actor, "project.stage", "project", standing.project.number, item=code)
    moving.advance(_again(standing))
    return ProjectItem.objects.get(pk=item.pk)


@transaction.atomic
def commit(item: ProjectItem, actor: Person | None) -> FollowUp:
    """The enterprise commits in writing: the item is granted on that, and verified afterwards (告知承诺).

    Raises:
        Invalid: the list does not allow it. Conflict: it has begun already.
        NotAllowed: neither the enterprise nor the centre.
    """
    standing = _begin(item.project_id, actor)
    item = standing.items[item.code]
    allowed = standing.spec(item).commit
    if allowed is None:
        raise Invalid(_("「%(i)s」不适用告知承诺。") % {"i": item.label})
    if item.committed or item.state not in (I.WAITING, I.PAPERS):
        raise Conflict(_("「%(i)s」已在办理或已承诺。") % {"i": item.label})
    item.committed, item.days = True, allowed.days
    item.save(update_fields=["committed", "days"])
    follow = FollowUp.objects.create(item=item, kind=FollowUp.Kind.COMMITMENT, made_by=actor)
    audit.record(actor, "project.commit", "project", standing.project.number, item=item.code)
    return follow


@transaction.atomic
def defer(item: ProjectItem, actor: Person | None, *, document: str) -> FollowUp:
    """Let a document follow later: the item begins without it (容缺受理).

    Raises:
        Invalid: the list does not allow it. Conflict: the item has begun, or the document is there.
        NotAllowed: neither the enterprise nor the centre.
    """
    standing = _begin(item.project_id, actor)
    item = standing.items[item.code]
    if document not in standing.spec(item).defer:
        raise Invalid(_("「%(i)s」的这份材料不能容缺。") % {"i": item.label}, fields={"document": _("请从清单里选择")})
    if item.state not in (I.WAITING, I.PAPERS) or document in standing.held:
        raise Conflict(_("事项已开始,或材料已交,不必容缺。"))
    if any(f.item_id == item.pk and f.document == document for f in standing.follow_ups):
        raise Conflict(_("这份材料已经容缺。"))
    follow = FollowUp.objects.create(item=item, kind=FollowUp.Kind.DEFERRED, document=document, made_by=actor)
    audit.record(actor, "project.defer", "project", standing.project.number, item=item.code, document=document)
    moving.advance(_again(standing))
    return FollowUp.objects.get(pk=follow.pk)


@transaction.atomic
def settle(follow: FollowUp, actor: Person | None, *, kept: bool, result: str) -> FollowUp:
    """The unit has verified a commitment; or says how a deferred document was settled otherwise.

    Raises:
        Invalid: no result. Conflict: settled already. NotAllowed: not the item's unit.
    """
    locking.lock(follow.item.project_id)
    follow = FollowUp.objects.select_related("item__case", "item__project").get(pk=follow.pk)
    rights.require_unit(follow.item, actor)
    if not result.strip():
        raise Invalid(_("请写明核查结果。"), fields={"result": _("请写明核查结果")})
    if follow.settled_at is not None:
        raise Conflict(_("已经核查过:%(r)s") % {"r": follow.result})
    follow.settled_at, follow.settled_by = timekeeping.now(), actor
    follow.kept, follow.result = kept, result.strip()[:500]
    follow.save(update_fields=["settled_at", "settled_by", "kept", "result"])
    audit.record(actor, "project.settle", "project", follow.item.project.number, item=follow.item.code, kept=kept)
    return follow
