"""Locks of a project's rows, always in one order: cases of items, the project, the project's own case.

A step of an item's case holds that case before it comes here, so whatever takes several cases takes them first, by id. A
project's lock is what keeps two steps of two items from moving it at the same moment.
"""

from __future__ import annotations

from collections.abc import Iterable

from yingshang.cases.models import Case
from yingshang.projects.models import Project, ProjectItem


def lock(project: Project | int) -> Project:
    """The project, locked for this transaction."""
    pk = project if isinstance(project, int) else project.pk
    return (
        Project.objects.select_for_update(of=("self",), no_key=True)
        .select_related("case", "business", "platform", "street")
        .get(pk=pk)
    )


def lock_cases(items: Iterable[ProjectItem]) -> dict[int, Case]:
    """The cases of items, locked in the order of their ids; by id. To be taken before the project."""
    wanted = sorted(i.case_id for i in items if i.case_id is not None)
    rows = Case.objects.select_for_update(of=("self",), no_key=True).select_related("lead_unit", "process")
    return {c.pk: c for c in rows.filter(pk__in=wanted).order_by("pk")}


def lock_if_free(case_id: int) -> Case | None:
    """A case, locked unless somebody else is at it just now: then the next round finds it (:func:`jobs.keep_up`)."""
    rows = Case.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    return rows.select_related("lead_unit", "process").filter(pk=case_id).first()
