"""What is looked after from time to time: deferred documents that are late, items that nobody released."""

from __future__ import annotations

from django.db import transaction

from yingshang import timekeeping
from yingshang.projects import listing, locking, moving
from yingshang.projects.models import FollowUp, Project, ProjectItem, ProjectNotice
from yingshang.projects.state import Standing


def keep_up() -> int:
    """Tell units of deferred documents that are late, and release what waited while somebody was at its case.

    Returns:
        How many units were told, and items released.
    """
    return _tell_late() + _release_all()


def _tell_late() -> int:
    today = timekeeping.now().astimezone(timekeeping.SHANGHAI).date()
    late = FollowUp.objects.filter(
        kind=FollowUp.Kind.DEFERRED, settled_at__isnull=True, due__lt=today, item__unit__isnull=False,
        item__project__state=Project.State.RUNNING,
    ).select_related("item__project", "item__unit")  # fmt: skip
    told = 0
    for follow in late:
        project = follow.item.project
        named = listing.read(project.listed_id).documents[follow.document].name
        _notice, made = ProjectNotice.objects.get_or_create(
            project=project,
            unit=follow.item.unit,
            kind=ProjectNotice.Kind.DEFERRED_LATE,
            text=f"「{project.name}」容缺的「{named.zh}」应于 {follow.due} 补交,尚未收到"[:400],
            defaults={"text_en": f"{project.name}: {named.en}, deferred until {follow.due}, has not come"[:400]},
        )
        told += made
    return told


def _release_all() -> int:
    """Items that are held though what they waited for is there: somebody was at their case when it came."""
    held = ProjectItem.objects.filter(state=ProjectItem.State.HELD, project__state=Project.State.RUNNING)
    released = 0
    for pk in held.values_list("project_id", flat=True).distinct().order_by("project_id"):
        with transaction.atomic():
            standing = Standing(locking.lock(pk))
            before = {c for c, i in standing.items.items() if i.state == ProjectItem.State.HELD}
            moving.advance(standing)
            released += sum(standing.items[c].state != ProjectItem.State.HELD for c in before)
    return released
