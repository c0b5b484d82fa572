"""The page of one case: who, what and the clock on top; the diagram; what may be done; what was done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.accounts.models import Person
from yingshang.cases import catalog, timeline, workflow
from yingshang.cases.actions.climbing import TOP
from yingshang.cases.errors import ActionError
from yingshang.cases.models import Case, Clock, ClockEntry, Status, Task
from yingshang.policies import corrections
from yingshang.projects import moving
from yingshang.registry.models import ServiceAssignment
from yingshang.web.views import desk_fields, desk_schema, desk_steps
from yingshang.web.views.desk_actions import ACTIONS, GROUPS, CaseForm, fits, told
from yingshang.web.views.desk_policies.panel import panel as claim_panel
from yingshang.web.views.desk_pool import duplicates, proposals
from yingshang.web.views.desk_support import key_of, new_key, official, person_of, tell
from yingshang.web.views.projects import item_panel

RELATED = (
    "business__street",
    "category",
    "street",
    "platform",
    "lead_unit",
    "handler",
    "submitter",
    "procedure",
    "merged_into",
    "root_cause",
)

#: The next thing to do in each status, most likely first; the others are offered below.
NEXT: dict[str, tuple[str, ...]] = {
    Status.POOL: ("dispatch",),
    Status.ASSIGNED: ("sign_for", "contact", "return"),
    Status.HANDLING: ("contact", "answer"),
    Status.SUPPLEMENT: ("supplement",),
    Status.ANSWERED: ("revisit", "confirm"),
    Status.CLOSED: ("revisit",),
}


@dataclass
class Offer:
    """One action as it stands on the page."""

    name: str
    label: str
    form: Any
    key: str
    danger: bool
    opened: bool
    upload: bool


def case_of(request: HttpRequest, number: str) -> Case:
    """The case, where the person may read it; otherwise 404, as if there were none."""
    return get_object_or_404(
        Case.objects.visible_to(person_of(request))
        .select_related(*RELATED)
        .defer("procedure__diagram", "procedure__spec"),
        number=number,
    )


def offers(case: Case, person: Person, outcomes: set[str], bound: tuple[str, CaseForm] | None) -> dict[str, Offer]:
    """What this person may do now, each with its form."""
    found = {}
    for name in workflow.offered(case, person):
        if name not in ACTIONS:
            continue
        action = ACTIONS[name]
        if bound and bound[0] == name:
            form = bound[1]
        elif fits(name, case, outcomes):
            form = action.form(case=case, person=person, auto_id=f"{name}_%s", initial=_initial(name, case))
        else:
            continue
        if name == "escalate" and case.level >= TOP and not form.is_bound:
            continue
        if name == "extend" and not form.fields["code"].choices:  # type: ignore[attr-defined]
            continue
        again = name == "contact" and case.first_contact_at is not None
        found[name] = Offer(
            name,
            _("再记一次联系") if again else _(action.label),
            form,
            new_key(),
            action.danger,
            form.is_bound,
            form.is_multipart(),
        )
    return found


def _initial(name: str, case: Case) -> dict[str, Any]:
    if name == "dispatch":
        proposal = proposals([case])[case.pk]
        return {"lead": proposal.unit.name if proposal.unit else "", "assisting": [u.pk for u in proposal.assisting]}
    return {"nature": case.nature} if name in ("nature", "escalate") else {}


def project_of(case: Case) -> str:
    """The number of the investment project that a case is, or is an item of; "" for any other case."""
    if (case.scenario, case.service) == (moving.SCENARIO, moving.SERVICE):
        return case.number
    return str(case.data["project"]) if case.data.get("item") and case.data.get("project") else ""


def show(
    request: HttpRequest,
    case: Case,
    bound: tuple[str, CaseForm] | None = None,
    bound_task: tuple[int, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the page; ``bound`` is a form that was refused, shown again with what was typed."""
    person = person_of(request)
    tasks = list(Task.objects.filter(case=case).select_related("unit", "person", "business", "done_by").order_by("id"))
    active = [t for t in tasks if t.status in (Task.State.OPEN, Task.State.WAITING)]
    outcomes = {
        o.strip()
        for t in active
        if t.kind == Task.Kind.STEP and t.status == Task.State.OPEN
        for o in t.outcomes.split(",")
    }
    offered = offers(case, person, outcomes, bound)
    own = desk_steps.own(case, person, active, bound_task)
    first = [offered[n] for n in NEXT.get(case.status, ()) if n in offered]
    if "contact" in outcomes and case.first_contact_at is None:
        # The answer waits until the enterprise was called: one thing at a time on top.
        first = [o for o in first if o.name != "answer"]
    elif case.first_contact_at is not None:
        first = [o for o in first if o.name != "contact"]
    shown = {o.name for o in first} | {"message", "document"}
    groups = []
    for code, title in GROUPS:
        rest = [o for n, o in offered.items() if n not in shown and ACTIONS[n].group == code]
        if code == "work":
            rest = [o for n, o in offered.items() if n not in shown and ACTIONS[n].group == "main"] + rest
        if rest:
            groups.append((_(title), rest))
    spec = catalog.get(case.scenario)
    officer = None
    if case.business_id:
        officer = (
            ServiceAssignment.objects.filter(business_id=case.business_id, until__isnull=True)
            .select_related("officer", "unit")
            .first()
        )
    waiting = case.status == Status.POOL
    panel = item_panel.of(case, person)
    said = {k: d for k, d in corrections.readable(case).items() if panel is None or k not in panel.told}
    context = {
        "case": case,
        "claim": claim_panel(case, person),
        "spec": spec,
        "service": spec.services.get(case.service),
        "clocks": list(
            Clock.objects.filter(case=case)
            .prefetch_related(Prefetch("entries", ClockEntry.objects.order_by("id")))
            .order_by("id")
        ),
        "active": active,
        "past": [t for t in tasks if t.status in (Task.State.DONE, Task.State.CANCELLED)],
        "own": own,
        "can_do": bool(first) or any(not o.barred for o in own),
        "project": project_of(case) if panel is None or panel.readable else "",
        "first": first,
        "groups": groups,
        "message": offered.get("message"),
        "document": offered.get("document"),
        "panel": panel,
        "about": item_panel.title_of(case, panel),
        "filled": desk_schema.read_all(spec, said),
        "timeline": list(reversed(timeline.of(case, official=True))),
        "documents": list(case.documents.select_related("uploaded_by")),
        "messages_list": list(case.messages.select_related("author")),
        "escalations": list(case.escalations.select_related("by").order_by("id")),
        "revisits": list(case.revisits.select_related("by")),
        "agenda": list(case.agenda_items.select_related("activity", "owner_unit")),
        "proposal": proposals([case])[case.pk] if case.routing else None,
        "alike": duplicates([case]).get(case.pk, []) if waiting else [],
        "officer": officer,
        "units": desk_fields.units(),
        "opened": bound is not None or bound_task is not None,
    }
    return render(request, "web/desk/case.html", context, status=status)


@official
def case(request: HttpRequest, number: str) -> HttpResponse:
    """The case page."""
    return show(request, case_of(request, number))


@official
@require_POST
def act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """Do one action of :data:`desk_actions.ACTIONS`; a refusal comes back on the page with what was typed."""
    if action not in ACTIONS:
        raise Http404
    found, person, chosen = case_of(request, number), person_of(request), ACTIONS[action]
    form = chosen.form(request.POST, request.FILES, case=found, person=person, auto_id=f"{action}_%s")
    if not form.is_valid():
        # Somebody else may have moved the case on: that is the news then, not the empty field.
        try:
            workflow.require(action, found, person)
        except ActionError as error:
            return show(request, found, (action, form), status=_refused(request, form, error))
        return show(request, found, (action, form), status=422)
    try:
        chosen.run(found, person, form.cleaned_data, key_of(request, action, found.pk))
    except ActionError as error:
        return show(request, case_of(request, number), (action, form), status=_refused(request, form, error))
    messages.success(request, f"{found.number}：{told(action, found)}")
    if not Case.objects.visible_to(person).filter(pk=found.pk).exists():
        return redirect("desk:home")
    return redirect("desk:case", number=number)


def _refused(request: HttpRequest, form: Any, error: ActionError) -> int:
    """The error goes into its form, and on top of the page too: the form may not be offered any more."""
    messages.error(request, error.message)
    return tell(form, error)


@official
@require_POST
def task(request: HttpRequest, number: str, task_id: int) -> HttpResponse:
    """Finish a task of this case: a step of its diagram, or one beside it."""
    found = case_of(request, number)
    row = get_object_or_404(Task.objects.select_related("unit"), pk=task_id, case=found)
    form = desk_steps.form_of(found, row, request.POST)
    status = 200
    if not form.is_valid():
        return show(request, found, bound_task=(row.pk, form), status=422)
    try:
        desk_steps.do(row, person_of(request), form, key_of(request, "task", row.pk))
    except ActionError as error:
        messages.error(request, error.message)
        status = tell(form, error)
        if fields := error.details.get("fields"):
            desk_schema.errors_into(form, {k: str(v) for k, v in dict(fields).items() if k not in form.fields})  # type: ignore[call-overload]
        return show(request, case_of(request, number), bound_task=(row.pk, form), status=status)
    messages.success(request, _("「%(t)s」已完成。") % {"t": row.label})
    return redirect("desk:case", number=number)
