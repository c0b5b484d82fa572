"""One request for all: units say what they need, the centre sends it once, the enterprise answers once."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts.models import Person
from yingshang.cases import actions as case_actions
from yingshang.cases.errors import Conflict, Invalid
from yingshang.cases.models import Status
from yingshang.projects import locking, process, rights
from yingshang.projects.models import Ask, AskedBy, Paper, Project, ProjectItem, Request
from yingshang.projects.state import Standing

R = Request.State
I = ProjectItem.State  # noqa: E741


@transaction.atomic
def ask(item: ProjectItem, actor: Person | None, *, kind: str, note: str) -> Ask:
    """A unit needs a document, or a correction of one; what another unit asked for already is joined, not repeated.

    Whether it is missing or to be corrected follows from whether the project holds it.

    Raises:
        Invalid: no such document of the enterprise, or nothing is said about what is wrong with it.
        Conflict: the unit is not at work on it, a request is out just now, or this was asked for before and is not to be
            asked for again.
        NotAllowed: not the item's unit.
    """
    project = locking.lock(item.project_id)
    rights.require_running(project)
    standing = Standing(project)
    item = standing.items[item.code]
    rights.require_unit(item, actor)
    spec = standing.listed.documents.get(kind)
    problems = {}
    if spec is None or not spec.applicant:
        problems["kind"] = _("请从企业提交的材料里选择")
    if not note.strip():
        problems["note"] = _("请写明缺什么、哪里要改")
    if problems:
        raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(problems)}, fields=problems)
    if item.state != I.RUNNING:
        raise Conflict(_("「%(i)s」现为「%(s)s」,不能提出补正。") % {"i": item.label, "s": item.get_state_display()})
    request = Request.objects.filter(project=project, state__in=[R.GATHERING, R.SENT]).first()
    if request and request.state == R.SENT:
        raise Conflict(_("已一次性告知企业,等企业补正后再看。"))
    request = request or Request.objects.create(project=project)
    asked = Ask.objects.filter(request=request, kind=kind).first()
    if asked is None:
        reason = Ask.Reason.CORRECT if kind in standing.held else Ask.Reason.MISSING
        if reason == Ask.Reason.MISSING and Ask.objects.filter(project=project, kind=kind, reason=reason).exists():
            raise Conflict(_("这份材料已经要过一次,不再重复索要。"))
        asked = Ask.objects.create(request=request, project=project, kind=kind, reason=reason)
    AskedBy.objects.update_or_create(ask=asked, item=item, defaults={"note": note.strip()[:500], "person": actor})
    return asked


def words(request: Request, standing: Standing) -> str:
    """The request as one text, document by document, with who asks for it and why."""
    lines = []
    for asked in request.asks.prefetch_related("by__item__unit"):
        said = "；".join(
            f"{b.item.unit.short_name or b.item.unit.name}:{b.note}" if b.item.unit else b.note for b in asked.by.all()
        )
        lines.append(f"{process.name_of(standing, asked.kind)}({asked.get_reason_display()}):{said}")
    return "\n".join(lines)


@transaction.atomic
def send_request(project: Project, actor: Person | None) -> Request:
    """The centre sends what was gathered, once: the clocks of the items that wait for it pause.

    Raises:
        Conflict: nothing was gathered, or a request is out already. NotAllowed: not the centre.
    """
    items = list(ProjectItem.objects.filter(project=project, asks__ask__request__state=R.GATHERING).distinct())
    cases = locking.lock_cases(items)
    project = locking.lock(project)
    rights.require_centre(project, actor)
    rights.require_running(project)
    request = Request.objects.select_for_update().filter(project=project, state=R.GATHERING).first()
    if request is None or not request.asks.exists():
        raise Conflict(_("没有汇总到需要补正的材料。"))
    standing = Standing(project)
    text = words(request, standing)
    for item in standing.items.values():
        case = cases.get(item.case_id or 0)
        if case is not None and item.state == I.RUNNING and case.status in (Status.ASSIGNED, Status.HANDLING):
            case_actions.ask_supplement(case, None, what=_("由联审中心一次性告知:\n%(t)s") % {"t": text})
    request.state, request.sent_at, request.sent_by = R.SENT, timekeeping.now(), actor
    request.save(update_fields=["state", "sent_at", "sent_by"])
    return request


@transaction.atomic
def drop_request(project: Project, actor: Person | None) -> None:
    """The centre drops what was gathered: it turned out not to be needed.

    Raises:
        Conflict: nothing is being gathered. NotAllowed: not the centre.
    """
    project = locking.lock(project)
    rights.require_centre(project, actor)
    request = Request.objects.filter(project=project, state=R.GATHERING).first()
    if request is None:
        raise Conflict(_("没有正在汇总的补正。"))
    request.asks.all().delete()
    request.state = R.DROPPED
    request.save(update_fields=["state"])


@transaction.atomic
def answer_request(request: Request, actor: Person | None, *, text: str) -> Request:
    """The enterprise answers once, for all units: documents were handed in before, ``text`` explains the rest.

    Raises:
        Invalid: a missing document is still missing; or nothing was handed in and nothing said.
        Conflict: no request is out. NotAllowed: neither the enterprise nor the centre.
    """
    items = list(ProjectItem.objects.filter(asks__ask__request=request).distinct())
    cases = locking.lock_cases(items)
    project = locking.lock(request.project_id)
    rights.require_party(project, actor)
    request = Request.objects.select_for_update().get(pk=request.pk)
    if request.state != R.SENT:
        raise Conflict(_("现在没有待补正的材料。"))
    standing = Standing(project)
    asks = list(request.asks.all())
    missing = [a for a in asks if a.reason == Ask.Reason.MISSING and a.kind not in standing.held]
    if missing:
        names = "、".join(process.name_of(standing, a.kind) for a in missing)
        raise Invalid(_("还没有上传:%(d)s") % {"d": names}, fields={a.kind: _("请上传") for a in missing})
    kinds = [a.kind for a in asks]
    given = Paper.objects.filter(
        project=project, kind__in=kinds, given_at__gt=request.sent_at, replaced_at__isnull=True
    )
    if not text.strip() and not given.exists():
        raise Invalid(_("请上传补正后的材料,或作出说明。"), fields={"text": _("请填写说明")})
    said = text.strip() or _("已按要求上传材料")
    for case in cases.values():
        if case.status == Status.SUPPLEMENT:
            case_actions.supplement(case, None, text=said)
    request.state, request.answered_at, request.answered_by, request.answer = R.ANSWERED, timekeeping.now(), actor, said
    request.save(update_fields=["state", "answered_at", "answered_by", "answer"])
    return request
