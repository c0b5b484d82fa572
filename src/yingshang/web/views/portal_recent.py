"""What came to an end lately, for the enterprise's home: a project is one row, however many of its items are done."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce, Greatest

from yingshang.cases.models import ENDED, Case, CaseQuerySet, Channel
from yingshang.projects.models import Project, ProjectItem

#: Rows shown.
MOST = 5


@dataclass(frozen=True)
class Recent:
    """One row: a case by itself, or a project with how many of its items have their result."""

    case: Case
    project: Project | None = None
    ended: int = 0
    items: int = 0


def of_items() -> Q:
    """The cases of a project's items, those too that were tried before the present one."""
    return Q(project_item__isnull=False) | Q(channel=Channel.PROJECT, submitter__isnull=True)


def recent(mine: CaseQuerySet, businesses: list[int]) -> list[Recent]:
    """The newest rows first; a project stands where its newest ended item does.

    Args:
        mine: the enterprise's cases.
        businesses: ids of those it acts for.
    """
    alone = mine.filter(~of_items(), project__isnull=True, status__in=ENDED).order_by("-id")[:MOST]
    over = Q(items__state__in=ProjectItem.ENDED)
    projects = (
        Project.objects.filter(business_id__in=businesses)
        .annotate(
            count=Count("items"),
            ended=Count("items", filter=over),
            newest=Greatest("case_id", Coalesce(Max("items__case_id", filter=over), "case_id")),
        )
        .filter(Q(ended__gt=0) | Q(case__status__in=ENDED))
        .select_related("case")
        .order_by("-newest")[:MOST]
    )
    rows = [(case.pk, Recent(case)) for case in alone]
    rows += [(p.newest, Recent(p.case, p, p.ended, p.count)) for p in projects]
    rows.sort(key=lambda row: -row[0])
    return [row for _newest, row in rows[:MOST]]
