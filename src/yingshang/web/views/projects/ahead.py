"""When a project will be done and what would bring it forward: loaded beside its page, as it reads all closed items."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from yingshang.projects import ahead as coming
from yingshang.projects import forecast
from yingshang.projects.items import APPLICANT
from yingshang.projects.models import ProjectItem
from yingshang.web.views.desk_support import person_of
from yingshang.web.views.projects import common, drawing, papers


@login_required
@require_GET
def ahead(request: HttpRequest, number: str) -> HttpResponse:
    """The likely end with its bounds and how they are computed; without htmx a page of its own."""
    project = common.project_of(request, number)
    seen = coming.of(project)
    standing, past, found, planned = seen.standing, seen.past, seen.found, seen.planned
    names = {c: i.label for c, i in standing.items.items()}
    open_ones = [i for i in standing.items.values() if i.state not in ProjectItem.ENDED]
    units = {i.unit.code: i.unit.label for i in standing.items.values() if i.unit}
    context = {
        "project": project,
        "forecast": found,
        "drawn": drawing.of_forecast(found, planned.end, common.today()) if found else None,
        "past": past,
        "planned": planned,
        "late": bool(found and found.likely > planned.end),
        "borrowed": [names[c] for c in found.borrowed] if found else [],
        "untold": [names[c] for c in found.untold] if found else [],
        "beyond": [names[c] for c in found.beyond] if found else [],
        "open_count": len(open_ones),
        "rounds": forecast.ROUNDS,
        "own": forecast.OWN,
        "least_items": forecast.ITEMS,
        "least_projects": forecast.PROJECTS,
        "options": [
            (
                o,
                papers.name_of(standing, o.document) if o.document else "",
                "" if o.who == APPLICANT else units.get(o.who, o.who),
            )
            for o in seen.options
        ],
        "base": "web/desk/base.html" if person_of(request).is_official else "web/portal/base.html",
        "back": "desk:project" if person_of(request).is_official else "web:portal_project",
    }
    partial = bool(request.headers.get("HX-Request"))
    return render(request, "web/projects/_ahead.html" if partial else "web/projects/ahead.html", context)
