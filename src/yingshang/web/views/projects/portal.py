"""The enterprise's pages of its projects: my projects, opening one, one project, withdrawing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yingshang.cases.errors import ActionError
from yingshang.cases.models import Status
from yingshang.projects import actions, rights, standing
from yingshang.projects.models import Project, ProjectItem
from yingshang.web.views.desk_support import new_key, newest_first, others, person_of, status_of, tell
from yingshang.web.views.portal import businesses_of, enterprise
from yingshang.web.views.projects import common, forms, opening


@enterprise
@require_GET
def projects(request: HttpRequest) -> HttpResponse:
    """My projects, each with where it stands; and the way for whoever has none yet."""
    firms = businesses_of(person_of(request))
    rows = Project.objects.filter(business__in=firms).select_related("business", "case")
    page = newest_first(rows, request)
    counts = common.counted([p.pk for p in page.rows])
    return render(
        request,
        "web/projects/mine.html",
        {
            "page": page,
            "rows": [(p, counts[p.pk]) for p in page.rows],
            "firms": firms,
            "way": forms.WayForm(),
            "query": others(request, "after"),
        },
    )


@enterprise
def new(request: HttpRequest) -> HttpResponse:
    """Open a project: a name and the facts that decide what applies."""
    firms, posted = businesses_of(person_of(request)), request.method == "POST"
    said, told = opening.initial(request.GET)
    form = forms.OpenForm(request.POST if posted else None, initial=said)
    facts = forms.facts_form(request.POST if posted else None, told)
    given: Any = request.POST if posted else {"key": new_key()}
    status = 200
    if posted:
        status = 422
        firm = next((b for b in firms if str(b.pk) == given.get("business")), firms[0] if len(firms) == 1 else None)
        if firm is None:
            form.is_valid()
            form.add_error(None, _("请选择是哪家企业的项目。"))
        elif form.is_valid() & facts.is_valid():
            made, status = opening.enter(request, firm, form, facts)
            if made:
                messages.success(request, opening.thanks(made))
                return redirect("web:portal_project", number=made.number)
    context = {"form": form, "facts": facts, "firms": firms, "given": given}
    return render(request, "web/projects/new.html", context, status=status)


def _page(
    request: HttpRequest, project: Project, bound: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    seen = standing.overview(project)
    context = common.shown(request, project, seen)
    bound = bound or {}
    context |= {
        "answer": bound.get("answer") or forms.Answer(auto_id="answer_%s"),
        "talk": bound.get("message") or forms.Talk(auto_id="message_%s"),
        "bound_own": bound.get("own"),
        "to_rate": project.case.status == Status.CLOSED and project.case.rating is None,
        "act_url": "web:portal_project_do",
    }
    return render(request, "web/projects/project.html", context, status=status)


@enterprise
@require_GET
def project(request: HttpRequest, number: str) -> HttpResponse:
    """One project: where it stands, what I have to do, when it will be done, what it took."""
    return _page(request, common.project_of(request, number))


@enterprise
@require_POST
def do(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """Do one thing; refused, the page comes back with what was typed and why."""
    act = common.PARTY.get(action)
    found = common.project_of(request, number)
    if act is None:
        raise Http404
    form = act.form(request.POST, request.FILES, auto_id=f"{action}_%s")
    done, status = common.attempt(request, found, act, form)
    if done:
        return redirect("web:portal_project", number=number)
    return _page(request, common.project_of(request, number), {action: form}, status)


@enterprise
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Asks whether the whole project is to stop, and shows what that stops."""
    return stopping(request, common.project_of(request, number), "web:portal_project", "web/portal/base.html")


def stopping(request: HttpRequest, project: Project, back: str, base: str) -> HttpResponse:
    """The question before a project is stopped: the items that end, the units that are told."""
    form = forms.Withdraw(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                actions.withdraw_project(
                    project,
                    person_of(request),
                    reason=form.cleaned_data["reason"],
                    requested_by=str(project.business) if person_of(request).is_official else "",
                )
            except ActionError as error:
                status = status_of(error)
                tell(form, error)
            else:
                messages.success(request, _("项目已终止,各单位都已收到通知。"))
                return redirect(back, number=project.number)
    items = list(project.items.select_related("unit"))
    units = {i.unit_id: i.unit for i in items if i.unit}
    if project.case.lead_unit:
        units[project.case.lead_unit_id] = project.case.lead_unit
    context = {
        "project": project,
        "against": rights.bars_stop(project),
        "form": form,
        "base": base,
        "back": back,
        "running": [i for i in items if i.state in ProjectItem.OPEN],
        "waiting": [i for i in items if i.state == ProjectItem.State.WAITING],
        "kept": [i for i in items if i.state == ProjectItem.State.DONE],
        "units": list(units.values()),
    }
    return render(request, "web/projects/withdraw.html", context, status=status)
