"""Bringing the folders' policies into the database: rules, policies, clauses, combinations, budgets. Idempotent.

What officials have edited since stays as they left it; what nobody touched follows the file. A rule with figures that the
source does not state stays a draft until the district fills them in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from yingshang.accounts.models import AuditEntry, Unit
from yingshang.policies import actions
from yingshang.policies.models import Budget, Clause, Combination, Policy
from yingshang.rules import publishing
from yingshang.rules.models import RuleModel
from yingshang.scenarios import policy_files
from yingshang.scenarios.policy_files import BudgetSpec, ClauseSpec, CombinationSpec, PolicyFile, PolicySpec


def install(root: Path) -> dict[str, int]:
    """Install what all folders below ``root`` say; return how many policies, clauses and rules in force there are now.

    Raises:
        RuleRefused, Invalid: a file that the checker would have refused.
    """
    return install_files(list(policy_files.every(root)))


@transaction.atomic
def install_files(files: Iterable[PolicyFile]) -> dict[str, int]:
    """The same for these files: first every policy, then the clauses, then what names clauses."""
    files = list(files)
    units = {u.code: u for u in Unit.objects.all()}
    by_folder = [(f.folder.name, f) for f in files]
    policies = {p.code: _policy(p, folder, units) for folder, f in by_folder for p in f.policies}
    clauses: dict[str, Clause] = {}
    rules = 0
    for folder, f in by_folder:
        for spec in f.clauses:
            rule, in_force = _rule(spec, folder, f, units)
            rules += in_force
            clauses[spec.ref] = _clause(spec, policies[spec.policy], rule, units)
    for f in files:
        for combination in f.combinations:
            _combination(combination, [clauses[ref] for ref in combination.clauses])
        for budget in f.budgets:
            _budget(budget, policies[budget.policy])
    return {"policies": len(policies), "clauses": len(clauses), "rules": rules}


def _edited(object_type: str, object_id: str) -> bool:
    """Whether a person has worked on it since it was installed."""
    return AuditEntry.objects.filter(object_type=object_type, object_id=object_id, actor__isnull=False).exists()


def _differs(row: Any, fields: Mapping[str, Any]) -> bool:
    return row is None or any(getattr(row, name) != value for name, value in fields.items())


def _policy(spec: PolicySpec, scenario: str, units: Mapping[str, Unit]) -> Policy:
    fields = {
        "title": spec.title.zh,
        "title_en": spec.title.en,
        "issuer": spec.issuer.zh,
        "issuer_en": spec.issuer.en,
        "issuer_unit": units[spec.issuer_unit] if spec.issuer_unit else None,
        "doc_number": spec.doc_number,
        "issued": spec.issued,
        "valid_from": spec.valid_from,
        "valid_until": spec.valid_until,
        "text": spec.text,
        "source": spec.source,
        "scenario": scenario,
    }
    held = Policy.objects.filter(code=spec.code).first()
    if held is not None and (_edited("policy", spec.code) or not _let_go_of_quotes(held, spec.text)):
        return held
    policy = actions.save_policy(None, spec.code, **fields) if _differs(held, fields) else held
    assert policy is not None
    return actions.publish_policy(None, policy) if policy.state == Policy.State.DRAFT else policy


def _let_go_of_quotes(policy: Policy, text: str) -> bool:
    """Take away the quotes that do not stand in a corrected text, for their clauses to bring the corrected ones.

    Returns:
        False where an official has written such a clause: then the text stays as it is.
    """
    lost = [c for c in policy.clauses.exclude(quote="") if c.quote not in text]
    if any(_edited("clause", f"{policy.code}/{c.code}") for c in lost):
        return False
    for clause in lost:
        actions.save_clause(None, policy, clause.code, quote="")
    return True


def _rule(
    spec: ClauseSpec, scenario: str, file: PolicyFile, units: Mapping[str, Unit]
) -> tuple[RuleModel | None, bool]:
    """The clause's rule, and whether a version of it is published."""
    if not spec.rule:
        return None, False
    model = publishing.make_model(
        f"{scenario}.{spec.rule}",
        title=spec.title.zh,
        title_en=spec.title.en,
        scenario=scenario,
        subject=spec.subject,
        owner_unit=units[spec.owner],
    )
    assert spec.valid_from is not None
    return model, publishing.install(model, file.document(spec), spec.valid_from) is not None


def _clause(spec: ClauseSpec, policy: Policy, rule: RuleModel | None, units: Mapping[str, Unit]) -> Clause:
    fields = {
        "order": spec.order,
        "title": spec.title.zh,
        "title_en": spec.title.en,
        "summary": spec.summary.zh,
        "summary_en": spec.summary.en,
        "quote": spec.quote,
        "grade": spec.grade,
        "missing": spec.missing.zh,
        "missing_en": spec.missing.en,
        "source": spec.source,
        "catalogue": spec.catalogue,
        "kind": spec.kind,
        "subject": spec.subject,
        "rule": rule,
        "owner_unit": units[spec.owner],
        "finance_unit": units[spec.finance] if spec.finance else None,
        "money": spec.money,
        "notice_days": spec.notice_days,
        "period": spec.period,
        "route": spec.route.zh,
        "route_en": spec.route.en,
        "ask": list(spec.ask),
        "words": list(spec.words),
    }
    held = (
        Clause.objects.filter(policy=policy, code=spec.code)
        .select_related("rule", "owner_unit", "finance_unit")
        .first()
    )
    if held is not None and _edited("clause", spec.ref):
        return held
    clause = actions.save_clause(None, policy, spec.code, **fields) if _differs(held, fields) else held
    assert clause is not None
    return actions.publish_clause(None, clause) if clause.state == Clause.State.DRAFT else clause


def _combination(spec: CombinationSpec, clauses: list[Clause]) -> None:
    told: dict[str, Any] = {
        "kind": spec.kind,
        "amount": spec.amount,
        "period": spec.period,
        "per": spec.per,
        "source": spec.source,
    }
    held = Combination.objects.filter(code=spec.code).first()
    if held is not None:
        members = list(held.members.values_list("clause_id", flat=True))
        if _edited("combination", spec.code) or (not _differs(held, told) and members == [c.pk for c in clauses]):
            return
    own = {c.policy_id for c in clauses}
    policy = clauses[0].policy if len(own) == 1 else None
    actions.save_combination(
        None,
        spec.code,
        spec.kind,
        clauses,
        policy=policy,
        amount=spec.amount,
        period=spec.period,
        per=spec.per,
        source=spec.source,
    )


def _budget(spec: BudgetSpec, policy: Policy) -> None:
    """Only where nothing is set yet: a budget belongs to finance from the first day."""
    if not Budget.objects.filter(policy=policy, year=spec.year).exists():
        actions.set_budget(None, policy, spec.year, spec.amount, source=spec.source)
