"""The pool: cases that wait for a unit, with the system's proposal and its reasons; dispatching them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.accounts.models import Role, Unit, localized
from yingshang.cases import actions
from yingshang.cases.errors import ActionError
from yingshang.cases.models import Case, Event, Status
from yingshang.web.views import desk_fields
from yingshang.web.views.desk_actions import Dispatch
from yingshang.web.views.desk_support import (
    Page,
    by_deadline,
    capped,
    cursor,
    in_order,
    key_of,
    new_key,
    others,
    person_of,
    requires,
    status_of,
    tell,
    typed,
)

#: Cases of one page of the pool; each carries its proposal and possible duplicates.
SIZE = 15

_DUPLICATES = """
SELECT c.id, o.id
FROM cases_case c
CROSS JOIN LATERAL (
    SELECT id, similarity(title, c.title) AS alike FROM cases_case
    WHERE business_id = c.business_id AND id <> c.id AND status NOT IN ('closed', 'withdrawn', 'merged')
    ORDER BY id DESC LIMIT 50
) o
WHERE c.id = ANY(%s) AND o.alike >= 0.3
ORDER BY o.alike DESC
"""


@dataclass
class Reason:
    """One reason of the proposal in words, and the words that spoke for it."""

    text: str
    words: list[str] = field(default_factory=list)
    share: float | None = None


@dataclass
class Proposal:
    """What the system would do with a case, and why."""

    unit: Unit | None
    assisting: list[Unit]
    sure: bool
    reasons: list[Reason]


def proposals(cases: Sequence[Case]) -> dict[int, Proposal]:
    """The routing proposals stored on the cases, with their units in one query."""
    codes: set[str] = set()
    for case in cases:
        r = case.routing
        codes |= {r.get("unit", ""), *r.get("assisting", []), *(x.get("unit", "") for x in r.get("reasons", []))}
    held = {u.code: u for u in Unit.objects.filter(code__in=codes - {""}, active=True)}
    return {c.pk: _proposal(c.routing, held) for c in cases}


def _proposal(routing: dict[str, Any], held: dict[str, Unit]) -> Proposal:
    reasons = []
    for r in routing.get("reasons", []):
        if r.get("by") == "rule":
            text = localized(r.get("zh", ""), r.get("en", ""))
            reasons.append(Reason(_("派单规则:%(t)s") % {"t": text} if text else _("派单规则命中")))
            continue
        unit = held.get(r.get("unit", ""))
        given = {"u": unit or r.get("unit", ""), "n": r.get("count", 0)}
        text = (
            _("像「%(u)s」办过的事(对照 %(n)s 件已办结)") % given
            if r.get("basis") == "closed"
            else _("接近「%(u)s」的职责(对照 %(n)s 个单位的职责描述)") % given
        )
        reasons.append(Reason(text, list(r.get("words", [])), r.get("share")))
    return Proposal(
        unit=held.get(routing.get("unit", "")),
        assisting=[held[c] for c in routing.get("assisting", []) if c in held],
        sure=bool(routing.get("sure")),
        reasons=reasons,
    )


def duplicates(cases: Iterable[Case]) -> dict[int, list[Case]]:
    """Open cases of the same business with a like title, most alike first."""
    ids = [c.pk for c in cases if c.business_id]
    if not ids:
        return {}
    with connection.cursor() as c:
        c.execute(_DUPLICATES, [ids])
        pairs = c.fetchall()
    held = {o.pk: o for o in Case.objects.filter(pk__in={o for _c, o in pairs}).select_related("lead_unit")}
    found: dict[int, list[Case]] = {}
    for case_id, other in pairs:
        found.setdefault(case_id, []).append(held[other])
    return {k: v[:3] for k, v in found.items()}


def returns(cases: Iterable[Case]) -> dict[int, list[dict[str, str]]]:
    """Who gave these cases back, and why, latest first."""
    ids = [c.pk for c in cases if c.bounces]
    found: dict[int, list[dict[str, str]]] = {}
    for case_id, data in (
        Event.objects.filter(case_id__in=ids, kind="returned").order_by("-pk").values_list("case_id", "data")
    ):
        unit = localized(data.get("unit", ""), data.get("unit_en", ""))
        found.setdefault(case_id, []).append(
            {"unit": unit, "name": data.get("unit", ""), "reason": data.get("reason", "")}
        )
    return found


def _page(request: HttpRequest) -> Page:
    waiting = Case.objects.visible_to(person_of(request)).filter(status=Status.POOL)
    if request.GET.get("returned"):
        waiting = waiting.filter(bounces__gt=0)
    ids, following = by_deadline([waiting], cursor(request, datetime, int), SIZE)
    related = ("business__street", "category", "street", "platform")
    return Page(in_order(Case.objects.select_related(*related), ids), following)


def _render(request: HttpRequest, bound: tuple[int, Dispatch] | None = None, status: int = 200) -> HttpResponse:
    page, _person = _page(request), person_of(request)
    proposed, alike, returned = proposals(page.rows), duplicates(page.rows), returns(page.rows)
    entries = []
    for case in page.rows:
        proposal, given_back = proposed[case.pk], returned.get(case.pk, [])
        refused = proposal.unit is not None and any(r["name"] == proposal.unit.name for r in given_back)
        if refused:
            # The rule knows nothing of the return; the dispatcher has to.
            proposal.sure = False
            proposal.reasons.append(Reason(_("但这个单位已经退回过")))
        form = bound[1] if bound and bound[0] == case.pk else None
        entries.append(
            {
                "case": case,
                "proposal": proposal,
                "returns": given_back,
                "refused": refused,
                "alike": alike.get(case.pk, []),
                "form": form,
                "key": new_key(),
            }
        )
    context = {
        "entries": entries,
        "page": page,
        "total": capped(Case.objects.filter(status=Status.POOL)),
        "units": desk_fields.units(),
        "query": others(request, "after"),
        "returned": bool(request.GET.get("returned")),
    }
    return render(request, "web/desk/pool.html", context, status=status)


def _initial(proposal: Proposal) -> dict[str, Any]:
    return {"lead": proposal.unit.name if proposal.unit else "", "assisting": [u.pk for u in proposal.assisting]}


@requires(Role.DISPATCHER, Role.REFORM_OFFICE)
def pool(request: HttpRequest) -> HttpResponse:
    """Waiting cases by deadline."""
    return _render(request)


@requires(Role.DISPATCHER, Role.REFORM_OFFICE)
def dispatch(request: HttpRequest, number: str) -> HttpResponse:
    """Dispatch one case: as proposed (``as=proposed``), or to the unit chosen in the form, which GET brings to the list."""
    person = person_of(request)
    case = get_object_or_404(Case.objects.visible_to(person), number=number)
    if request.method != "POST":
        if not request.headers.get("HX-Request"):
            return redirect("desk:case", number=number)
        proposal = proposals([case])[case.pk]
        back = {r["name"] for r in returns([case]).get(case.pk, [])}
        initial = {} if proposal.unit and proposal.unit.name in back else _initial(proposal)
        form = Dispatch(case=case, person=person, auto_id=f"c{case.pk}_%s", initial=initial)
        return render(request, "web/desk/_pool_form.html", {"case": case, "form": form, "key": new_key()})
    key = key_of(request, "dispatch", case.pk)
    if request.POST.get("as") == "proposed":
        proposal = proposals([case])[case.pk]
        if proposal.unit is None:
            messages.error(request, _("这件没有可用的派单建议,请选择主办单位。"))
            return _render(request, status=422)
        try:
            actions.dispatch(case, person, lead=proposal.unit, assisting=proposal.assisting, key=key)
        except ActionError as error:
            messages.error(request, error.message)
            return _render(request, status=status_of(error))
        return _done(request, case, proposal.unit)
    form = Dispatch(request.POST, case=case, person=person, auto_id=f"c{case.pk}_%s")
    if not form.is_valid():
        return _render(request, (case.pk, form), status=422)
    try:
        actions.dispatch(case, person, key=key, **form.cleaned_data)
    except ActionError as error:
        return _render(request, (case.pk, form), status=tell(form, error))
    return _done(request, case, form.cleaned_data["lead"])


def _done(request: HttpRequest, case: Case, lead: Unit) -> HttpResponse:
    messages.success(request, _("%(n)s 已派给「%(u)s」。") % {"n": case.number, "u": lead})
    return redirect(request.POST.get("next") if _own(request.POST.get("next")) else reverse("desk:pool"))  # type: ignore[arg-type]


def _own(path: str | None) -> bool:
    return bool(path) and str(path).startswith("/desk/") and "\\" not in str(path)


@requires(Role.DISPATCHER, Role.REFORM_OFFICE)
@require_POST
def merge(request: HttpRequest, number: str) -> HttpResponse:
    """Merge a waiting case into an older one of the same business."""
    person = person_of(request)
    case = get_object_or_404(Case.objects.visible_to(person), number=number)
    into = get_object_or_404(Case.objects.visible_to(person), number=typed(request.POST, "into"))
    try:
        actions.merge(
            case, person, into=into, reason=typed(request.POST, "reason") or _("同一企业的同一诉求"),
            key=key_of(request, "merge", case.pk),
        )  # fmt: skip
    except ActionError as error:
        messages.error(request, error.message)
        return _render(request, status=status_of(error))
    messages.success(request, _("%(n)s 已并入 %(i)s,企业从那一件继续看进展。") % {"n": case.number, "i": into.number})
    return redirect("desk:pool")
