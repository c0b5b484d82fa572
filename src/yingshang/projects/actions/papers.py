"""Handing in documents: each once, for all units."""

from __future__ import annotations

from typing import IO

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts.models import Person
from yingshang.cases import documents
from yingshang.cases.errors import Invalid
from yingshang.projects import locking, moving, process, rights
from yingshang.projects.models import FollowUp, Paper, Project
from yingshang.projects.state import Standing


@transaction.atomic
def give_paper(
    project: Project, actor: Person | None, *, kind: str, name: str, stream: IO[bytes], key: str | None = None
) -> Paper:
    """Hand in a document of the project; what it was waited for with starts at once.

    A newer one of the same kind takes the place of the one before it, which stays on record.

    Args:
        kind: code of a document of the list that the enterprise brings.
        name: file name. stream: its content.

    Raises:
        Invalid: no such document, or a file that is not accepted.
        NotAllowed: neither the enterprise nor the centre. Conflict: the project has ended.
    """
    project = locking.lock(project)
    rights.require_party(project, actor)
    rights.require_running(project)
    standing = Standing(project)
    spec = standing.listed.documents.get(kind)
    if spec is None or not spec.applicant:
        raise Invalid(_("没有需要企业提交的材料 %(k)s。") % {"k": kind}, fields={"kind": _("请从清单里选择")})
    document = documents.attach(project.case, actor, name=name, stream=stream, kind=kind[:40], key=key)
    now = timekeeping.now()
    current = Paper.objects.filter(project=project, kind=kind, replaced_at__isnull=True).first()
    if current and current.document_id == document.pk:
        return current
    if current:
        current.replaced_at = now
        current.save(update_fields=["replaced_at"])
    paper = Paper.objects.create(
        project=project,
        kind=kind,
        name=spec.name.zh,
        name_en=spec.name.en,
        document=document,
        given_by=actor,
        given_at=now,
    )
    standing.held.add(kind)
    for follow in standing.follow_ups:
        if follow.kind == FollowUp.Kind.DEFERRED and follow.document == kind and follow.settled_at is None:
            follow.settled_at, follow.settled_by = now, actor
            day = now.astimezone(timekeeping.SHANGHAI).date()
            follow.kept = follow.due is None or day <= follow.due
            follow.result = _("已补交「%(n)s」") % {"n": process.name_of(standing, kind)}
            follow.save(update_fields=["settled_at", "settled_by", "kept", "result"])
    moving.advance(standing)
    return paper
