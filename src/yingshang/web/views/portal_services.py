"""The other services an enterprise can start: what there is, and one page that fills in any service's form."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from yingshang.accounts.models import Person, Unit
from yingshang.cases import actions, catalog
from yingshang.cases.errors import ActionError, NotAllowed
from yingshang.cases.models import Channel
from yingshang.web.views import desk_schema
from yingshang.web.views.desk_fields import TAKES_CASES, UnitField
from yingshang.web.views.desk_support import key_of, written
from yingshang.web.views.portal import SCENARIO, businesses_of, enterprise


def offered() -> list[tuple[catalog.ScenarioSpec, catalog.Service]]:
    """Services that enterprises may start, besides the demand, which has a page of its own."""
    return [
        (spec, service)
        for spec in catalog.every()
        if spec.id != SCENARIO
        for service in spec.services.values()
        if "enterprise" in service.start_by
    ]


@enterprise
def services(request: HttpRequest) -> HttpResponse:
    return render(request, "web/portal/services.html", {"offered": offered()})


@enterprise
def service(request: HttpRequest, scenario: str, name: str) -> HttpResponse:
    """Fill in and send one service's form."""
    person: Person = request.user  # type: ignore[assignment]
    spec, chosen = next(((s, v) for s, v in offered() if s.id == scenario and v.id == name), (None, None))
    if spec is None or chosen is None:
        raise Http404
    firms = businesses_of(person)
    posted = request.method == "POST"
    # A link may say beforehand what is known, e.g. the service point it comes from.
    told = {k: v for k, v in request.GET.items() if k.startswith("f_")}
    form = desk_schema.form_for(spec, chosen.form)(request.POST if posted else None, initial=told)
    given = written(request) if posted else {"key": uuid.uuid4().hex, "title": request.GET.get("title", "")[:120]}
    errors: dict[str, str] = {}
    if posted and form.is_valid():
        firm = next((b for b in firms if str(b.pk) == given.get("business")), firms[0] if len(firms) == 1 else None)
        try:
            case = actions.open_case(
                person,
                scenario=scenario,
                service=name,
                title=str(given.get("title", "")),
                text=str(given.get("text", "")),
                business=firm,
                channel=Channel.PORTAL,
                data=form.data_for_schema(),
                key=key_of(request, "start", f"{scenario}.{name}"),
            )
        except ActionError as error:
            fields = {k: str(v) for k, v in (error.details.get("fields") or {}).items()}  # type: ignore[attr-defined]
            errors = {k: v for k, v in fields.items() if k in ("title", "text")} or {"_": error.message}
            desk_schema.errors_into(form, {k: v for k, v in fields.items() if k not in errors})
            if isinstance(error, NotAllowed):
                errors = {"_": error.message}
        else:
            messages.success(request, _("已收到,编号 %(n)s。我们会在承诺时间内联系您。") % {"n": case.number})
            return redirect("web:portal_case", number=case.number)
    return render(
        request,
        "web/portal/service.html",
        {
            "spec": spec,
            "service": chosen,
            "form": form,
            "firms": firms,
            "given": given,
            "errors": errors,
            "units": _units_for(form),
        },
        status=422 if posted else 200,
    )


def _units_for(form: Form) -> list[Unit]:
    """What a field for a unit offers: those that take cases, and the communities with their service points."""
    if not any(isinstance(f, UnitField) for f in form.fields.values()):
        return []
    return list(Unit.objects.filter(active=True, kind__in=(*TAKES_CASES, Unit.Kind.COMMUNITY)).order_by("sort", "id"))
