"""All policies with their clauses, and one policy: its text, its clauses in their place, its budget."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from yingshang import timekeeping
from yingshang.policies.models import Budget, Claim, Clause, PaymentBatch, Policy
from yingshang.rules.models import RuleVersion
from yingshang.web.views.desk_policies.common import CLERKS, in_force, works_for
from yingshang.web.views.desk_policies.latest import counts_by_rule
from yingshang.web.views.desk_policies.notices import waiting_for
from yingshang.web.views.desk_policies.together import combinations_of
from yingshang.web.views.desk_support import official, person_of, scope, typed

#: What the list can be narrowed to, by the state of a clause's rule.
FILTERS = ("mine", "running", "open", "text")


@official
def policies(request: HttpRequest) -> HttpResponse:
    """Every policy: which clauses run, whom they reach, what waits for somebody."""
    mine = scope(request)
    clauses = Clause.objects.select_related("rule", "owner_unit").order_by("order", "id")
    rows = Policy.objects.prefetch_related(Prefetch("clauses", clauses), "budgets").order_by("code")
    if words := typed(request.GET, "q").strip():
        rows = rows.filter(
            Q(title__icontains=words)
            | Q(title_en__icontains=words)
            | Q(doc_number__icontains=words)
            | Q(clauses__title__icontains=words)
            | Q(clauses__catalogue__icontains=words)
        ).distinct()
    only = request.GET.get("only", "")
    found = list(rows)
    shown = lines([c for p in found for c in p.clauses.all()])
    groups = []
    for policy in found:
        held = [shown[c.pk] for c in policy.clauses.all()]
        held = [line for line in held if _wanted(line, only, mine)]
        if held or not only:
            groups.append({"policy": policy, "lines": held, "budget": _budget(policy.budgets.all())})
    groups.sort(key=_rank)
    every = list(shown.values())
    context = {
        "tab": "policies",
        "groups": groups,
        "only": only if only in FILTERS else "",
        "words": words,
        "counts": {name: sum(_wanted(line, name, mine) for line in every) for name in FILTERS},
        "total": len(every),
        "waiting": _waiting(request, every),
        "may_write": mine.has(*CLERKS),
    }
    return render(request, "web/desk/policies/list.html", context)


def lines(clauses: Iterable[Clause]) -> dict[int, dict[str, Any]]:
    """What a list says of each clause, by its id: the version in force, what is being written, whom it reaches."""
    today = timekeeping.now().date()
    held = list(clauses)
    rules = [c.rule_id for c in held if c.rule_id]
    versions: dict[int, list[RuleVersion]] = {}
    for version in RuleVersion.objects.filter(model__in=rules).defer("xml").order_by("-number"):
        versions.setdefault(version.model_id, []).append(version)
    counted = counts_by_rule()
    result = {}
    for clause in held:
        own = versions.get(clause.rule_id or 0, [])
        current = next((v for v in own if in_force(v, today)), None)
        newest = own[0] if own and own[0].state not in RuleVersion.PUBLIC else None
        reached = counted.get(clause.rule_id or 0) if current else None
        result[clause.pk] = {
            "clause": clause,
            "current": current,
            "newest": newest,
            "counts": reached,
            "drawn": bool(own),
        }
    return result


def _wanted(line: dict[str, Any], only: str, mine: Any) -> bool:
    clause: Clause = line["clause"]
    match only:
        case "mine":
            return works_for(mine, clause.owner_unit_id)
        case "running":
            return line["current"] is not None
        case "open":
            return line["current"] is None and clause.grade != Clause.Grade.N
        case "text":
            return clause.grade == Clause.Grade.N
    return True


def _rank(group: dict[str, Any]) -> tuple[int, int]:
    """What is computed before what waits to be, and texts last; in each the most clauses first."""
    lines: list[dict[str, Any]] = group["lines"]
    if any(x["current"] for x in lines):
        return 0, -len(lines)
    grades = {x["clause"].grade for x in lines}
    return (1 if grades - {Clause.Grade.N} or not lines else 2), -len(lines)


def _budget(budgets: Iterable[Budget]) -> Budget | None:
    year = timekeeping.now().year
    return next((b for b in budgets if b.year == year), None)


def _waiting(request: HttpRequest, every: list[dict[str, Any]]) -> dict[str, Any]:
    """What waits for this person: versions to review or to publish, claims, batches to check."""
    mine, person = scope(request), person_of(request)
    own = [x for x in every if x["newest"] and works_for(mine, x["clause"].owner_unit_id)]
    submitted = [x for x in own if x["newest"].state == RuleVersion.State.IN_REVIEW]
    review = [x for x in submitted if not x["newest"].approved and x["newest"].author_id != person.pk]
    units = mine.unit_ids | mine.led_unit_ids
    batches = PaymentBatch.objects.filter(unit__in=units, state=PaymentBatch.State.DRAFT).exclude(maker=person)
    claims = Claim.objects.filter(
        Q(state=Claim.State.REVIEW, clause__owner_unit__in=units)
        | Q(state__in=[Claim.State.FINANCE, Claim.State.PAYABLE], clause__finance_unit__in=units)
    )
    by_state = dict(claims.values_list("state").annotate(Count("id")).order_by())
    return {
        "review": review,
        "publish": [x for x in submitted if x["newest"].approved],
        "claims": by_state.get(Claim.State.REVIEW, 0) + by_state.get(Claim.State.FINANCE, 0),
        "payable": by_state.get(Claim.State.PAYABLE, 0),
        "batches": batches.count(),
        "objections": waiting_for(mine).count(),
    }


@official
def policy(request: HttpRequest, policy: str) -> HttpResponse:
    """One policy: its text with the clauses' places marked, its clauses, its budget, how clauses go together."""
    held = get_object_or_404(Policy.objects.select_related("issuer_unit"), code=policy)
    return render(request, "web/desk/policies/policy.html", shown_policy(request, held))


def shown_policy(request: HttpRequest, held: Policy) -> dict[str, Any]:
    """What the page of a policy shows."""
    clauses = list(held.clauses.select_related("rule", "owner_unit").order_by("order", "id"))
    budgets = list(held.budgets.order_by("-year"))
    mine = scope(request)
    told = list(lines(clauses).values())
    return {
        "policy": held,
        "lines": told,
        "undrawn": [x["clause"] for x in told if not x["drawn"] and x["clause"].grade != Clause.Grade.N],
        "pieces": marked(held.text, clauses),
        "budgets": budgets,
        "combinations": list(combinations_of(held)),
        "clerk": any(works_for(mine, c.owner_unit_id) for c in clauses) or works_for(mine, held.issuer_unit_id),
        "issuer": works_for(mine, held.issuer_unit_id),
        "tab": "policies",
    }


def marked(text: str, clauses: Iterable[Clause]) -> list[dict[str, Any]]:
    """The text in pieces: between the clauses, and the clauses' own words; of two that overlap the first."""
    pieces: list[dict[str, Any]] = []
    at = 0
    placed = [c for c in clauses if c.quote_start is not None and c.quote_end is not None]
    for clause in sorted(placed, key=lambda c: c.quote_start):
        start, end = clause.quote_start, clause.quote_end
        if start < at or end > len(text):
            continue
        pieces += [{"text": text[at:start]}, {"text": text[start:end], "clause": clause}]
        at = end
    return [p for p in [*pieces, {"text": text[at:]}] if p["text"]]
