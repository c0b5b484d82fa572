"""Runs over the whole district: the newest report, what changed since the one before, and how far one has come."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from yingshang.accounts.models import Role
from yingshang.policies.models import Clause
from yingshang.rules import jobs
from yingshang.rules.models import PopulationRun, RuleResult
from yingshang.web.views.desk_policies.common import CLERKS
from yingshang.web.views.desk_support import newest_first, official, others, person_of, scope

State = PopulationRun.State
UNDER_WAY = (State.QUEUED, State.RUNNING)
#: Who may have everything evaluated anew.
STARTERS = (*CLERKS, Role.REFORM_OFFICE, Role.ADMINISTRATOR)


@official
def runs(request: HttpRequest) -> HttpResponse:
    """All runs, newest first; the last full one is shown at once. Posted: run now."""
    may_start = scope(request).has(*STARTERS)
    if request.method == "POST":
        if not may_start:
            raise PermissionDenied
        held = PopulationRun.objects.filter(kind=PopulationRun.Kind.FULL, state__in=UNDER_WAY).first()
        return redirect("desk:policy_run", (held or jobs.start(by=person_of(request))).pk)
    rows = PopulationRun.objects.select_related("by")
    last = rows.filter(kind=PopulationRun.Kind.FULL, state=State.DONE).order_by("-pk").first()
    context: dict[str, Any] = {
        "tab": "runs",
        "may_start": may_start,
        "page": newest_first(rows, request),
        "query": others(request, "after"),
        "under_way": rows.filter(state__in=UNDER_WAY).order_by("-pk").first(),
        "last": last,
        "report": report(last) if last else None,
    }
    return render(request, "web/desk/policies/runs.html", context)


@official
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run's report; while it runs, how far it is."""
    held = get_object_or_404(PopulationRun.objects.select_related("by"), pk=run_id)
    running = held.state in UNDER_WAY
    if request.headers.get("HX-Request"):
        answer = render(request, "web/desk/policies/_run_progress.html", {"run": held, "running": running})
        if not running:
            answer["HX-Refresh"] = "true"  # it is over: the whole page has the report
        return answer
    context = {"tab": "runs", "run": held, "running": running, "report": report(held)}
    return render(request, "web/desk/policies/run.html", context)


def report(held: PopulationRun) -> dict[str, Any]:
    """The figures of a run by clause, and what they come to."""
    results = RuleResult.objects.filter(run=held).select_related("version__model").defer("version__xml")
    found = list(results.order_by("version__model__key"))
    rules = [r.version.model_id for r in found]
    clauses = Clause.objects.filter(rule__in=rules).select_related("policy").order_by("order", "id")
    by_rule = {c.rule_id: c for c in reversed(clauses)}
    rows = [{"result": r, "clause": by_rule.get(r.version.model_id), "change": _change(r)} for r in found]
    return {
        "rows": rows,
        "amount": sum((r.amount for r in found), Decimal(0)),
        "change": sum((row["change"] for row in rows if row["change"] is not None), Decimal(0)),
        "compared": any(row["change"] is not None for row in rows),
        "gained": sum(r.gained for r in found),
        "lost": sum(r.lost for r in found),
    }


def _change(result: RuleResult) -> Decimal | None:
    return None if result.amount_before is None else result.amount - result.amount_before
