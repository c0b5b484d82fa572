"""The desk's first page: what do I do now, what does my unit have, whom do I visit today."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts.models import Role, Unit
from yingshang.activities.models import Activity
from yingshang.cases.models import Case, Status
from yingshang.web.views import desk_tasks
from yingshang.web.views.desk_policies.waiting import waiting_for
from yingshang.web.views.desk_support import CAP, capped, day_end, official, person_of, scope

#: Tasks on the first page; the rest is one click away.
FIRST = 15

_UNIT = """
SELECT s.status, (SELECT count(*) FROM (SELECT 1 FROM cases_case c WHERE c.lead_unit_id = ANY(%(units)s)
                                         AND c.status = s.status LIMIT %(cap)s) t)
FROM unnest(%(statuses)s::text[]) AS s(status)
UNION ALL
SELECT 'overdue', count(*) FROM (SELECT 1 FROM cases_case c WHERE c.lead_unit_id = ANY(%(units)s)
                                 AND c.status IN ('assigned', 'handling') AND c.due_at < %(now)s LIMIT %(cap)s) t
"""

_SHOWN = (Status.ASSIGNED, Status.HANDLING, Status.SUPPLEMENT, Status.ANSWERED)


def unit_counts(unit_ids: list[int]) -> dict[str, int]:
    """Open cases of these units by status and how many are overdue, none counted beyond the cap."""
    with connection.cursor() as c:
        c.execute(
            _UNIT,
            {"units": unit_ids, "statuses": [str(s) for s in _SHOWN], "now": timekeeping.now(), "cap": CAP + 1},
        )
        return dict(c.fetchall())


@official
def home(request: HttpRequest) -> HttpResponse:
    """My tasks by deadline first, then my unit, links, and today's visits."""
    person, mine, now = person_of(request), scope(request), timekeeping.now()
    page = desk_tasks.page_of(person, None, None, FIRST)
    units = list(Unit.objects.filter(pk__in=mine.unit_ids).order_by("sort", "id"))
    counts = unit_counts(sorted(mine.unit_ids)) if units else {}
    today = now.astimezone(timekeeping.SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    visits = (
        Activity.objects.filter(
            kind=Activity.Kind.VISIT,
            lead=person,
            starts_at__gte=today,
            starts_at__lte=day_end(now),
            state=Activity.State.PLANNED,
        )
        .select_related("business__street")
        .order_by("starts_at")[:10]
    )
    return render(
        request,
        "web/desk/home.html",
        {
            "groups": desk_tasks.grouped(page.rows, now),
            "more": bool(page.next),
            "total": desk_tasks.count(person),
            "units": units,
            "unit_counts": [(s, Status(s).label, counts.get(s, 0)) for s in _SHOWN],
            "unit_overdue": counts.get("overdue", 0),
            "visits": list(visits),
            "today": today,
            "links": links(mine),
            "waiting": waiting_for(mine, person),
            "pool": _pool() if mine.has(Role.DISPATCHER) else None,
        },
    )


def _pool() -> dict[str, Any]:
    """For dispatchers, whose task the pool is: how many wait, and which of them longest."""
    waiting = Case.objects.filter(status=Status.POOL)
    first = waiting.select_related("business", "category", "street", "lead_unit", "handler").order_by("due_at", "pk")
    return {"total": capped(waiting), "cases": list(first[:5])}


def links(mine: Any) -> list[dict[str, str]]:
    """Where else this person works, by role."""
    found = [
        {"url": "desk:new", "icon": "plus", "text": _("代企业提诉求"), "hint": _("电话、来访、会上听到的,随手录入")},
        {"url": "desk:visits", "icon": "walk", "text": _("走访企业"), "hint": _("我联系的企业、走访计划和记录")},
        {"url": "desk:cases", "icon": "search", "text": _("查办件"), "hint": _("按编号、企业、标题、街道查")},
    ]
    if mine.has(Role.DISPATCHER, Role.REFORM_OFFICE):
        found.insert(
            0, {"url": "desk:pool", "icon": "route", "text": _("待派单"), "hint": _("系统建议和理由,一键派单")}
        )
    if mine.has(Role.UNIT_LEAD, Role.AREA_LEAD):
        found.insert(
            0, {"url": "desk:unit", "icon": "building", "text": _("本单位"), "hint": _("谁手上有多少、哪些逾期")}
        )
    if mine.has(Role.REFORM_OFFICE, Role.DISTRICT_LEADER, Role.UNIT_LEAD, Role.AREA_LEAD):
        found.append(
            {"url": "desk:escalations", "icon": "stairs-up", "text": _("提级清单"), "hint": _("个性、共性两张清单")}
        )
    return found
