"""Entering a project, on the enterprise's page and, for an enterprise, on the units'."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from yingshang.accounts.models import Unit
from yingshang.cases.errors import ActionError
from yingshang.projects import actions
from yingshang.projects.models import Project
from yingshang.registry.models import Business
from yingshang.web.views import desk_schema
from yingshang.web.views.desk_support import key_of, person_of, tell
from yingshang.web.views.projects import forms


def initial(query: QueryDict) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a link says of a project that is about to be entered: of its form, and its facts."""
    plain = {"True": True, "False": False}
    facts = {k: plain.get(v, v) for k, v in query.items() if k.startswith("f_")}
    said = {k: query.get(k, "")[:120] for k in ("name", "business", "place")}
    return said, {str(k): v for k, v in facts.items()}


def enter(request: HttpRequest, firm: Business, form: forms.OpenForm, facts: Any) -> tuple[Project | None, int]:
    """Open the project of two valid forms; refused, why is in them, with the HTTP status."""
    said, given = facts.data_for_schema(), form.cleaned_data
    place: Unit | None = given["place"]
    street = place if place and place.kind == Unit.Kind.STREET else None
    try:
        made = actions.open_project(
            person_of(request),
            business=firm,
            name=given["name"],
            kind=forms.kind_of(said.get("kind", "")),
            facts=said,
            parcel=given["parcel"],
            site=given["site"],
            contract_number=given.get("contract_number", ""),
            investment=given["investment"],
            area=said.get("area"),
            street=street,
            platform=None if street else place,
            key=key_of(request, "project", firm.pk),
        )
    except ActionError as error:
        status = tell(form, error)
        held: Any = error.details.get("fields") or {}
        named = {str(k): str(v) for k, v in dict(held).items()}
        if "platform" in named:
            form.add_error("place", named["platform"])
        desk_schema.errors_into(facts, {k: v for k, v in named.items() if f"f_{k}" in facts.fields})
        return None, status
    return made, 302


def thanks(made: Project) -> str:
    return _("项目已登记,编号 %(n)s。要办的事已经排好。") % {"n": made.number}
