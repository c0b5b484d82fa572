"""A unit's work for those who lead it: open, overdue, due today, returned, and who has how much."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from yingshang import timekeeping
from yingshang.accounts.access import Scope
from yingshang.accounts.models import Membership, Role, Unit
from yingshang.cases.models import ENDED, Case, Status
from yingshang.web.views.desk_support import (
    OURS,
    day_end,
    newest_first,
    number_of,
    official,
    others,
    overdue,
    person_of,
    scope,
)

# One pass over the unit's open cases (index case_unit_status); ended cases are only looked at for the last 30 days.
_OPEN = """
SELECT lead_unit_id,
       count(*) FILTER (WHERE true) AS open,
       count(*) FILTER (WHERE due_at < %(now)s AND status IN ('assigned', 'handling')) AS overdue,
       count(*) FILTER (WHERE due_at >= %(now)s AND due_at <= %(tonight)s AND status IN ('assigned', 'handling')) AS today,
       count(*) FILTER (WHERE status = 'assigned') AS unsigned,
       count(*) FILTER (WHERE status = 'answered') AS answered,
       count(*) FILTER (WHERE supervised) AS supervised,
       count(*) FILTER (WHERE level > 0) AS escalated
FROM cases_case
WHERE lead_unit_id = ANY(%(units)s) AND status IN ('assigned', 'handling', 'supplement', 'answered')
GROUP BY lead_unit_id
"""

_PEOPLE = """
SELECT handler_id, count(*) AS open,
       count(*) FILTER (WHERE due_at < %(now)s AND status IN ('assigned', 'handling')) AS overdue,
       count(*) FILTER (WHERE due_at >= %(now)s AND due_at <= %(tonight)s AND status IN ('assigned', 'handling')) AS today,
       count(*) FILTER (WHERE status = 'answered') AS answered
FROM cases_case
WHERE lead_unit_id = %(unit)s AND status IN ('assigned', 'handling', 'supplement', 'answered')
GROUP BY handler_id
"""

_RETURNS = """
SELECT count(*) FROM cases_event
WHERE kind = 'returned' AND at >= %(since)s AND data->>'unit' = %(name)s
"""

COLUMNS = ("open", "overdue", "today", "unsigned", "answered", "supervised", "escalated")


def _rows(sql: str, given: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as c:
        c.execute(sql, given)
        names = [d[0] for d in c.description]
        return [dict(zip(names, r, strict=True)) for r in c.fetchall()]


def readable_units(mine: Scope) -> set[int] | None:
    """The units whose overview a person may open: their own and those below the ones they head; None for all."""
    if mine.has(Role.REFORM_OFFICE, Role.DISTRICT_LEADER, Role.AUDITOR):
        return None
    return set(mine.unit_ids | mine.led_unit_ids)


@official
def unit(request: HttpRequest, code: str = "") -> HttpResponse:
    """The overview of a unit: figures, people, units below it; each figure opens its cases."""
    mine = scope(request)
    allowed = readable_units(mine)
    if allowed is not None and not allowed:
        raise PermissionDenied
    if code:
        found = get_object_or_404(Unit, code=code)
    else:
        own = Unit.objects.filter(pk__in=mine.unit_ids).order_by("path").first()
        if own is None:
            raise PermissionDenied
        found = own
    if allowed is not None and found.pk not in allowed:
        raise PermissionDenied
    now = timekeeping.now()
    below = list(
        Unit.objects.filter(path__startswith=found.path, active=True)
        .exclude(kind__in=[Unit.Kind.COMMUNITY, Unit.Kind.GRID])
        .order_by("sort", "id")
    )
    given = {"now": now, "tonight": day_end(now), "units": [u.pk for u in below]}
    figures = {r["lead_unit_id"]: r for r in _rows(_OPEN, given)}
    nothing = dict.fromkeys(COLUMNS, 0)
    own_figures = figures.get(found.pk, nothing)
    people = {r["handler_id"]: r for r in _rows(_PEOPLE, {**given, "unit": found.pk})}
    members = (
        Membership.objects.filter(Q(until__isnull=True) | Q(until__gte=now.date()), unit=found, since__lte=now.date())
        .select_related("person")
        .order_by("person_id", "id")
    )
    persons = {m.person_id: m.person for m in members}
    month = now.astimezone(timekeeping.SHANGHAI).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    returns = _rows(_RETURNS, {"since": month, "name": found.name})[0]["count"]
    handlers = [{"person": p, **people.get(pk, nothing)} for pk, p in persons.items()]
    handlers.sort(key=lambda h: (-h["overdue"], -h["open"]))
    elsewhere = [r for pk, r in people.items() if pk is not None and pk not in persons]
    return render(
        request,
        "web/desk/unit.html",
        {
            "unit": found,
            "figures": own_figures,
            "people": [h for h in handlers if h["open"]],
            "idle": [h["person"] for h in handlers if not h["open"]],
            "nobody": people.get(None),
            "elsewhere": sum(r["open"] for r in elsewhere),
            "below": [{"unit": u, **figures.get(u.pk, nothing)} for u in below if u.pk != found.pk],
            "returns": returns,
            "month": month,
        },
    )


@official
def unit_cases(request: HttpRequest, code: str, which: str) -> HttpResponse:
    """The cases behind one figure of a unit, restricted to those I may read."""
    mine, now = scope(request), timekeeping.now()
    found = get_object_or_404(Unit, code=code)
    allowed = readable_units(mine)
    if allowed is not None and found.pk not in allowed:
        raise PermissionDenied
    rows = Case.objects.visible_to(person_of(request)).filter(lead_unit=found).exclude(status__in=ENDED)
    chosen = {
        "open": rows,
        "overdue": rows.filter(overdue(now)),
        "today": rows.filter(status__in=OURS, due_at__gte=now, due_at__lte=day_end(now)),
        "unsigned": rows.filter(status=Status.ASSIGNED),
        "answered": rows.filter(status=Status.ANSWERED),
        "supervised": rows.filter(supervised=True),
        "escalated": rows.filter(level__gt=0),
    }.get(which)
    if chosen is None:
        chosen, which = rows, "open"
    handler = request.GET.get("handler", "")
    if handler == "none":
        chosen = chosen.filter(handler__isnull=True)
    elif handler:
        chosen = chosen.filter(handler_id=number_of(handler))
    page = newest_first(chosen.select_related("business", "category", "street", "lead_unit", "handler"), request)
    return render(
        request,
        "web/desk/unit_cases.html",
        {"unit": found, "which": which, "page": page, "query": others(request, "after")},
    )
