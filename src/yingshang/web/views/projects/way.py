"""Find the way, open to everybody: an aim in a few words → items, order, documents, time and policies, before applying."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yingshang.accounts.models import Unit, localized
from yingshang.cases.errors import ActionError
from yingshang.projects import finding, fitting
from yingshang.projects.items import APPLICANT, PLACES
from yingshang.web.views import desk_schema
from yingshang.web.views.desk_support import person_of
from yingshang.web.views.portal_policies.notices import base_of
from yingshang.web.views.projects import drawing
from yingshang.web.views.projects.forms import WayForm, schema

#: Aims to begin with.
EXAMPLES = ("在这里开一家疫苗厂", "老厂区扩建一条生产线", "租厂房做体外诊断试剂")


@require_GET
def way(request: HttpRequest) -> HttpResponse:
    """What a project of this aim would have to do."""
    asked = "aim" in request.GET or any(k.startswith("f_") for k in request.GET)
    form = WayForm(request.GET if asked else None)
    context = {
        "form": form,
        "base": base_of(request),
        "examples": EXAMPLES,
        "may_open": request.user.is_authenticated and not person_of(request).is_official,
        "open_url": "web:portal_project_new",
        "on_desk": False,
    }
    status = 200
    if asked and form.is_valid():
        try:
            context |= told(finding.find(form.cleaned_data["aim"], form.facts()))
        except ActionError as error:
            context["error"] = error.message
    elif asked:
        status = 422
    return render(request, "web/projects/way.html", context, status=status)


def told(found: finding.Way) -> dict[str, object]:
    """A way as the page shows it."""
    properties = schema()["properties"]
    listed, planned = found.listed, found.plan
    units = {u.code: u.label for u in Unit.objects.filter(active=True)}
    scale, bars = drawing.of_plan(planned)
    steps = [
        [
            {
                "step": s,
                "unit": unit_name(s.spec.unit, units),
                "bars": bars[code],
                "critical": code in planned.critical,
                "documents": [name(listed, d) for d in s.spec.inputs if listed.documents[d].applicant],
                "after": [str(listed.items[c].name) for c in s.after],
                "ends_after": [str(listed.items[c].name) for c in s.ends_after],
            }
            for code in group
            for s in [planned.steps[code]]
        ]
        for group in planned.groups
    ]
    users = {
        d: [str(s.spec.name) for s in planned.steps.values() if d in (*s.spec.inputs, *s.spec.at_issue)]
        for d, _n in found.documents
    }
    return {
        "way": found,
        "planned": planned,
        "scale": scale,
        "steps": steps,
        "readings": [reading(r, properties, units) for r in found.readings if r.fact in {*properties, finding.PLACE}],
        "clauses": [(f.clause, [why(r, found, properties, units) for r in f.reasons]) for f in found.clauses],
        "documents": [(name(listed, d), users[d]) for d, _n in found.documents],
        "shortcuts": [
            (s, str(listed.items[s.item].name), name(listed, s.document) if s.document else "") for s in found.shortcuts
        ],
        "untold": [str(listed.items[c].name) for c in planned.untold],
        # Building takes longer than all the rest: who has not said how long reads that it is not in the headline's days.
        "not_in": [str(listed.items[c].name) for c in planned.untold if listed.items[c].days_fact],
        "not_understood": bool(found.aim) and not any(r.source == "read" for r in found.readings),
        "said": any(r.source == "said" for r in found.readings),
        "open_query": urlencode(
            {"name": found.aim[:120], "place": found.place, **{f"f_{k}": v for k, v in found.facts.items()}}
        ),
    }


def reading(one: finding.Reading, properties: dict[str, Any], units: dict[str, str]) -> dict[str, str]:
    """A fact as the page tells it: its name, its value, and where it comes from."""
    if one.fact == finding.PLACE:
        said, value = _("在哪个平台或街道"), units.get(one.value, one.value)
    else:
        said = desk_schema.title(properties[one.fact], one.fact)
        value = desk_schema.words(properties[one.fact], one.value)
    return {"name": said, "value": value, "source": one.source, "word": one.word}


def why(reason: fitting.Reason, found: finding.Way, properties: dict[str, Any], units: dict[str, str]) -> str:
    """What a clause fits by, in words."""
    if reason.by == "word":
        return _("说到「%(w)s」") % {"w": reason.word}
    if reason.by == "place":
        return _("在%(p)s") % {"p": units.get(found.place, found.place)}
    prop, value = properties[reason.by], found.facts[reason.by]
    return desk_schema.title(prop, reason.by) if value is True else desk_schema.words(prop, value)


def name(listed: finding.ListOfItems, kind: str) -> str:
    """A document's name in the reader's language."""
    named = listed.documents[kind].name
    return localized(named.zh, named.en)


def unit_name(code: str, units: dict[str, str]) -> str:
    """Who handles an item, by the code of the list."""
    if code == APPLICANT:
        return _("企业自己")
    if code in PLACES:
        return _("项目所在平台") if code == "platform" else _("项目所在街道")
    return units.get(code, code)
