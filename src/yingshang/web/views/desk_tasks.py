"""My tasks by deadline: the list of all, and the part the desk's first page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person
from yingshang.accounts.statements import Prepared
from yingshang.cases import catalog
from yingshang.cases.models import Task
from yingshang.web.views.desk_policies.waiting import waiting_for
from yingshang.web.views.desk_support import (
    Page,
    by_deadline,
    capped,
    cursor,
    day_end,
    official,
    others,
    person_of,
)

RELATED = ("case__business", "case__category", "case__street", "unit", "person")


def branches(person: Person, rows: QuerySet[Task] | None = None) -> list[QuerySet[Task]]:
    """The person's open tasks as disjoint index ranges: addressed to them, and to each of their units at large."""
    mine = (Task.objects.all() if rows is None else rows).filter(status=Task.State.OPEN)
    return [
        mine.filter(person_id=person.pk),
        *(mine.filter(unit_id=u, person__isnull=True) for u in sorted(scope_of(person).unit_ids)),
    ]


def count(person: Person, rows: QuerySet[Task] | None = None) -> int:
    """How many of them, counted no further than the cap in each range."""
    first, *rest = [b.order_by().values("pk")[:1000] for b in branches(person, rows)]
    return (first.union(*rest, all=True) if rest else first).count()


@dataclass(frozen=True)
class Group:
    """Tasks that fall due in one stretch of time."""

    title: str
    tone: str
    tasks: list[Task]


def grouped(tasks: list[Task], now: datetime) -> list[Group]:
    """Overdue, today, within seven days, later."""
    today, week = day_end(now), day_end(now) + timedelta(days=7)
    groups = [
        Group(_("已逾期"), "red", []),
        Group(_("今天到期"), "orange", []),
        Group(_("一周内"), "blue", []),
        Group(_("以后"), "secondary", []),
    ]
    for task in tasks:
        due = task.due_at
        slot = 3 if due is None or due > week else 2 if due > today else 1 if due >= now else 0
        groups[slot].tasks.append(task)
    return [g for g in groups if g.tasks]


#: Without what a list does not show and JSON would have to be read of.
_rows = Prepared(
    lambda ids: (
        Task.objects.select_related(*RELATED)
        .defer("case__data", "case__routing", "case__text", "case__answer")
        .filter(pk__any_of=ids)
    ),
    ["‹ids›"],
)


def page_of(person: Person, rows: QuerySet[Task] | None, after: Any, size: int) -> Page:
    ids, following = by_deadline(branches(person, rows), after, size)
    held = {task.pk: task for task in _rows(ids)} if ids else {}
    return Page([held[i] for i in ids if i in held], following)


def _filtered(request: HttpRequest) -> QuerySet[Task]:
    rows = Task.objects.all()
    if (kind := request.GET.get("kind", "")) in Task.Kind.values:
        rows = rows.filter(kind=kind)
    if request.GET.get("due") == "overdue":
        rows = rows.filter(due_at__lt=timekeeping.now())
    elif request.GET.get("due") == "today":
        rows = rows.filter(due_at__lte=day_end())
    if (scenario := request.GET.get("scenario", "")) and scenario in {s.id for s in catalog.every()}:
        rows = rows.filter(case__scenario=scenario)
    return rows


@official
def tasks(request: HttpRequest) -> HttpResponse:
    """Everything that waits for me, in order of deadline, page by page."""
    person = person_of(request)
    rows = _filtered(request)
    page = page_of(person, rows, cursor(request, datetime, int), 30)
    return render(
        request,
        "web/desk/tasks.html",
        {
            "page": page,
            "groups": grouped(page.rows, timekeeping.now()),
            "total": count(person, rows),
            "kinds": [k for k in Task.Kind.choices if k[0] != Task.Kind.SUPPLEMENT],
            "scenarios": [s for s in catalog.every() if s.services],
            "query": others(request, "after"),
            # Before the first task, where none are left out: rules and batches have no deadline to be sorted by.
            "waiting": [] if request.GET else waiting_for(scope_of(person), person),
            "filtered": any(request.GET.get(k) for k in ("kind", "due", "scenario")),
            "later": "after" in request.GET,
        },
    )


def due_before(person: Person, at: datetime) -> int:
    return count(person, Task.objects.filter(due_at__lt=at))


def unit_tasks(unit_ids: list[int]) -> QuerySet[Task]:
    """Open tasks of these units, whoever they are addressed to."""
    return Task.objects.filter(Q(unit_id__in=unit_ids), status=Task.State.OPEN)


__all__ = ["branches", "capped", "count", "grouped", "page_of", "tasks", "unit_tasks"]
