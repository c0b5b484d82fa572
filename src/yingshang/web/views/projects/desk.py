"""The units' pages of projects: what is mine to do, one project with its one set of files, what is settled together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as L
from django.views.decorators.http import require_GET, require_POST

from yingshang.accounts.models import Person
from yingshang.cases import actions as case_actions
from yingshang.cases.models import Case, Channel, Task
from yingshang.projects import actions, moving, rights, standing
from yingshang.projects.models import FollowUp, Project, ProjectItem, ProjectNotice
from yingshang.projects.standing import Overview
from yingshang.web.views.desk_support import new_key, newest_first, official, others, person_of, requires, scope, typed
from yingshang.web.views.projects import common, forms, opening
from yingshang.web.views.projects.common import PARTY, Act
from yingshang.web.views.projects.portal import stopping

I = ProjectItem.State  # noqa: E741
#: Items of my units and notices on the list: what fits before the projects themselves.
MOST = 60


@official
@require_GET
def projects(request: HttpRequest) -> HttpResponse:
    """My units' items first (to do, then those that wait), what my units are told, then the projects I may read."""
    mine = scope(request)
    units = mine.unit_ids | mine.led_unit_ids
    items = list(
        ProjectItem.objects.filter(unit_id__in=units, state__in=ProjectItem.OPEN, project__state=Project.State.RUNNING)
        .select_related("project__business", "unit", "case")
        .order_by("case__due_at", "id")[:MOST]
    )
    rows = Project.objects.visible_to(person_of(request)).select_related("business", "platform", "case")
    words, state = typed(request.GET, "q").strip(), request.GET.get("state", "")
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(number__iexact=words) | Q(business__name__icontains=words))
    if state in Project.State.values:
        rows = rows.filter(state=state)
    page = newest_first(rows, request, 20)
    counts = common.counted([p.pk for p in page.rows])
    return render(
        request,
        "web/projects/desk_list.html",
        {
            "to_do": [i for i in items if i.state == I.RUNNING],
            "waiting": [i for i in items if i.state != I.RUNNING],
            "notices": list(
                ProjectNotice.objects.filter(unit_id__in=units, seen_at__isnull=True).select_related("project", "unit")[
                    :MOST
                ]
            ),
            "page": page,
            "rows": [(p, counts[p.pk]) for p in page.rows],
            "q": words,
            "state": state,
            "states": Project.State.choices,
            "query": others(request, "after"),
            "may_open": mine.has(*rights.OPENERS),
        },
    )


@requires(*rights.OPENERS)
def new(request: HttpRequest) -> HttpResponse:
    """Enter a project for an enterprise that asks for it at the window or on a visit."""
    posted = request.POST if request.method == "POST" else None
    said, told = opening.initial(request.GET)
    form, facts = forms.DeskOpenForm(posted, initial=said), forms.facts_form(posted, told)
    status = 200
    if posted is not None:
        status = 422
        if form.is_valid() & facts.is_valid():
            made, status = opening.enter(request, form.cleaned_data["business"], form, facts)
            if made:
                messages.success(request, opening.thanks(made))
                return redirect("desk:project", number=made.number)
    context = {"form": form, "facts": facts, "key": posted.get("key", "") if posted else new_key()}
    return render(request, "web/projects/desk_new.html", context, status=status)


@dataclass(frozen=True)
class Joint:
    """A joint review of this project: what each unit said, and the one opinion."""

    case: Case
    opinions: tuple[Task, ...]


def reviews(project: Project) -> list[Joint]:
    cases = list(
        Case.objects.filter(scenario=moving.SCENARIO, service="review", data__project=project.number).order_by("-id")
    )
    tasks: dict[int, list[Task]] = {}
    for task in Task.objects.filter(case__in=cases, step="opinion").select_related("unit").order_by("id"):
        tasks.setdefault(task.case_id, []).append(task)
    return [Joint(c, tuple(tasks.get(c.pk, ()))) for c in cases]


def _page(
    request: HttpRequest, project: Project, bound: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    person, bound = person_of(request), bound or {}
    seen = standing.overview(project)
    mine = [r for r in seen.rows if rights.is_unit(r.item, person)]
    working = [r.item for r in mine if r.item.state == I.RUNNING and r.item.unit_id]
    units = scope(request).unit_ids | scope(request).led_unit_ids
    open_ones = project.state == Project.State.RUNNING
    centre = rights.is_centre(project, person)
    context = common.shown(request, project, seen) | {
        "mine": [r for r in mine if r.item.state not in ProjectItem.ENDED],
        "centre": centre,
        "may_call": open_ones and (centre or any(r.item.state not in ProjectItem.ENDED for r in mine)),
        "reviews": reviews(project),
        "notices": list(project.notices.filter(unit_id__in=units, seen_at__isnull=True).select_related("unit")),
        "to_settle": [
            f for f in seen.follow_ups if f.kind == FollowUp.Kind.COMMITMENT and rights.is_unit(f.item, person)
        ],
        "ask": _made(bound, "ask", seen, working) if working else None,
        "call": _made(bound, "call", seen, working),
        "comment": _made(bound, "comment", seen, working),
        "review": _made(bound, "review", seen, working),
        "settle": bound.get("settle"),
        "answer": bound.get("answer") or forms.Answer(auto_id="answer_%s"),
        "bound_own": bound.get("own"),
        "act_url": "desk:project_do",
        "on_desk": True,
    }
    return render(request, "web/projects/desk_project.html", context, status=status)


def _made(bound: dict[str, Any], name: str, seen: Overview, working: list[Any], data: Any = None) -> Any:
    """The form of an action: as it was refused, or a new one."""
    if data is None and name in bound:
        return bound[name]
    given: dict[str, Any] = {"auto_id": f"{name}_%s"}
    if name == "ask":
        given |= {"seen": seen, "items": working}
    if name == "review":
        given |= {"seen": seen}
    act = ACTIONS[name]
    return act.form(data, **given)


@official
@require_GET
def project(request: HttpRequest, number: str) -> HttpResponse:
    """One project as a unit sees it: its own items, the one set of files, what is decided together."""
    return _page(request, common.project_of(request, number))


@official
@require_POST
def do(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """Do one thing to it; refused, the page comes back with what was typed and why."""
    if action not in ACTIONS:
        raise Http404
    found = common.project_of(request, number)
    seen = standing.overview(found)
    items = [i for i in seen.standing.items.values() if rights.is_unit(i, person_of(request))]
    form = _made({}, action, seen, items, request.POST)
    done, status = common.attempt(request, found, ACTIONS[action], form)
    if done and action == "move_visit":
        # It is posted from the item's case, where the conclusions are signed.
        moved = common.item_of(found, form.cleaned_data).case
        return redirect("desk:case", number=moved.number if moved else number)
    if done:
        return redirect("desk:project", number=number)
    return _page(request, common.project_of(request, number), {action: form}, status)


@official
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """The centre stops a project for its enterprise: asked first, with all that it stops."""
    found = common.project_of(request, number)
    if not rights.is_centre(found, person_of(request)):
        raise PermissionDenied
    return stopping(request, found, "desk:project", "web/desk/base.html")


# --- what units do --------------------------------------------------------------------------------------------------------


def _ask(project: Project, person: Person, given: dict[str, Any], _request: HttpRequest) -> None:
    actions.ask(common.item_of(project, given), person, kind=given["kind"], note=given["note"])


def _call(project: Project, person: Person, given: dict[str, Any], _request: HttpRequest) -> None:
    actions.call_together(
        project,
        person,
        kind=given["kind"],
        title=given["title"],
        starts_at=given["starts_at"],
        place=given["place"],
    )


def _review(project: Project, person: Person, given: dict[str, Any], _request: HttpRequest) -> None:
    case_actions.open_case(
        person,
        scenario=moving.SCENARIO,
        service="review",
        title=f"{given['subject']} · {project.name}"[:120],
        business=project.business,
        street=project.street,
        platform=project.platform,
        channel=Channel.PROJECT,
        data={"project": project.number, "subject": given["subject"], "units": given["units"]},
    )


def _settle(project: Project, person: Person, given: dict[str, Any], _request: HttpRequest) -> None:
    follow = get_object_or_404(FollowUp.objects.select_related("item"), pk=given["follow"], item__project=project)
    actions.settle(follow, person, kept=given["kept"] == "yes", result=given["result"])


def _see(project: Project, person: Person, given: dict[str, Any], _request: HttpRequest) -> None:
    actions.see_notice(get_object_or_404(ProjectNotice, pk=given["notice"], project=project), person)


def _comment(project: Project, person: Person, given: dict[str, Any], _request: HttpRequest) -> None:
    case_actions.message(project.case, person, text=given["text"], public=given["public"])


ACTIONS: dict[str, Act] = {
    **PARTY,
    "ask": Act(forms.AskFor, _ask, L("已记下,由联审中心和其他单位的一起一次告知。")),
    "send": Act(
        forms.DeskForm, lambda p, who, d, r: actions.send_request(p, who), L("已一次性告知企业,补正期间暂停计时。")
    ),
    "drop": Act(forms.DeskForm, lambda p, who, d, r: actions.drop_request(p, who), L("已取消这次汇总。")),
    "call": Act(forms.Call, _call, L("已约好,有份的单位和企业都能看到;已有同类安排的,并到了一起。")),
    "move_visit": Act(
        forms.MoveVisit,
        lambda p, who, d, r: actions.move_visit(common.item_of(p, d), who, day=d["day"]),
        L("到场的日子已改好,请告知一起去的单位和企业。"),
    ),
    "comment": Act(forms.Comment, _comment, L("意见已写下。")),
    "review": Act(forms.Review, _review, L("已送各单位同时审,有不同意见由联审中心协调。")),
    "settle": Act(forms.Settle, _settle, L("核查结论已记下。")),
    "see": Act(forms.Notice, _see, L("已阅。")),
}
