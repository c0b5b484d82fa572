"""What a business qualifies for, now: every clause with its verdict, amount, and what is missing or just missed.

Live, by the same models that population runs use, one business at a time; a handful of queries however many clauses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q

from yingshang import timekeeping
from yingshang.decisions.single.near import NearMiss
from yingshang.decisions.trace import Trace
from yingshang.policies import editions, reading
from yingshang.policies.combining import Reason, combine
from yingshang.policies.models import Budget, Claim, Clause
from yingshang.policies.periods import period_of
from yingshang.policies.reading import Condition
from yingshang.policies.taken import claims_of, combinations_of, taken_by
from yingshang.registry.models import Business
from yingshang.rules import engines, known
from yingshang.rules.models import RuleVersion

ELIGIBLE, NEAR, NOT_ELIGIBLE, UNKNOWN = "eligible", "near", "not_eligible", "unknown"
UNPUBLISHED, TEXT = "unpublished", "text"


@dataclass(frozen=True)
class Verdict:
    """One clause for one business.

    Attributes:
        state: ``eligible``; ``near`` (one condition short); ``not_eligible``; ``unknown`` (facts are missing that matter);
            ``unpublished`` (未公布标准: no version of its rule is in force, so it matches nobody); ``text`` (no rule at all).
        amount: in yuan after exclusion and caps; None where the clause gives no money, or nothing is known yet.
        rule_amount: what the rule alone gives.
        excluded: eligible, but another clause is taken instead; ``reasons`` say which.
        conditions: of the rule that applied, else of the nearest one: each met, not met, or not known.
        near_misses: rules of which one known condition alone is not met, with the smallest change that would meet it.
        missing: facts that are not known and matter, the certain ones first.
        inputs: names of the facts that the rule reads; ``facts``: those of them that are known, with source and period.
        claim: a live claim for the period of the day, if there is one.
        funded: whether the policy has a budget of the day's year, or needs none: without, nothing can be claimed yet.
    """

    clause: Clause
    state: str
    amount: Decimal | None = None
    rule_amount: Decimal | None = None
    excluded: bool = False
    reasons: tuple[Reason, ...] = ()
    conditions: tuple[Condition, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    missing: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    facts: Mapping[str, known.Known] = field(default_factory=dict)
    note: str = ""
    version: RuleVersion | None = None
    claim: Claim | None = None
    funded: bool = True

    @property
    def could_claim(self) -> bool:
        """Whether a claim may be made once there is money: eligible, or dependent on facts that the enterprise is asked for."""
        open_ = self.state == ELIGIBLE or (self.state == UNKNOWN and set(self.missing) <= set(self.clause.ask))
        return open_ and not self.excluded and self.claim is None and self.clause.claimable

    @property
    def can_claim(self) -> bool:
        """Whether a claim may be made now."""
        return self.could_claim and self.funded


@dataclass(frozen=True)
class Explanation:
    """Why: the verdict, the trace of every step, and the place of the quote in the policy's text."""

    verdict: Verdict
    trace: Trace | None
    before: str
    quote: str
    after: str


def verdicts_for(
    business: Business,
    on: date | None = None,
    *,
    declared: Mapping[str, Any] | None = None,
    clauses: Iterable[int] = (),
) -> list[Verdict]:
    """The verdict of every clause offered on a day (default: today), in the policies' order.

    Args:
        declared: values the enterprise declares, by name of the vocabulary: they fill in what is not held.
        clauses: only these ids, if any are given.
    """
    on = on or timekeeping.now().date()
    rows = offered_on(on)
    if clauses:
        rows = [c for c in rows if c.pk in set(clauses)]
    versions = in_force(rows, on)
    facts = {**reading.declared_facts(declared or {}, on), **known.facts_of(business, on)}
    claims = claims_of([business.pk])
    live = _live(claims, business, rows, on)
    found = [_alone(clause, versions.get(clause.rule_id or 0), facts) for clause in rows]
    found = [replace(v, claim=live.get(v.clause.pk), funded=_funded(v.clause)) for v in found]
    return _together(found, business, claims, on)


def offered_on(on: date) -> list[Clause]:
    """Published clauses of policies valid on a day, as they read on that day, with whether there is a budget for it."""
    rows = Clause.objects.offered().filter(
        Q(policy__valid_from__isnull=True) | Q(policy__valid_from__lte=on),
        Q(policy__valid_until__isnull=True) | Q(policy__valid_until__gte=on),
    )
    budget = Budget.objects.filter(policy=OuterRef("policy"), year=on.year)
    rows = editions.with_wording(rows.annotate(_budget=Exists(budget)), on).select_related(
        "policy", "owner_unit", "finance_unit", "rule"
    )
    return [editions.on_day(c) for c in rows.order_by("policy__code", "order", "id")]


def _funded(clause: Clause) -> bool:
    """Whether a clause of :func:`offered_on` needs no budget, or has one."""
    return clause.money != Clause.Money.BUDGET or bool(getattr(clause, "_budget", False))


def in_force(clauses: Sequence[Clause], on: date) -> dict[int, RuleVersion]:
    """By rule, the version in force on a day."""
    rules = {c.rule_id for c in clauses if c.rule_id}
    versions = RuleVersion.objects.in_force(on).filter(model__in=rules).select_related("model")
    return {v.model_id: v for v in versions}


def explain(
    clause: Clause, business: Business, on: date | None = None, *, declared: Mapping[str, Any] | None = None
) -> Explanation | None:
    """The whole reason of one clause; None where it is not offered on that day."""
    on = on or timekeeping.now().date()
    all_ = verdicts_for(business, on, declared=declared)
    verdict = next((v for v in all_ if v.clause.pk == clause.pk), None)
    if verdict is None:
        return None
    return Explanation(verdict, trace_of_verdict(verdict), *reading.around_quote(verdict.clause))


def trace_of_verdict(verdict: Verdict) -> Trace | None:
    """Every step that led to a verdict; None where no rule did."""
    if verdict.version is None:
        return None
    facts = {name: fact.value for name, fact in verdict.facts.items()}
    trace: Trace = engines.engine(verdict.version).model.explain(verdict.version.model.decision, facts)
    return trace


@dataclass(frozen=True)
class Totals:
    """The one line above the list: how much in all may be claimed now, how many, and which facts would help most."""

    amount: Decimal
    eligible: int
    near: int
    unknown: int
    missing: Mapping[str, int]


def totals(verdicts: Iterable[Verdict]) -> Totals:
    """Sum up verdicts of one business."""
    counts = {ELIGIBLE: 0, NEAR: 0, UNKNOWN: 0}
    amount, missing = Decimal(0), dict[str, int]()
    for v in verdicts:
        if v.state in counts and not v.excluded:
            counts[v.state] += 1
        if v.state == ELIGIBLE and v.amount and v.funded:
            amount += v.amount
        for name in v.missing:
            missing[name] = missing.get(name, 0) + 1
    ranked = dict(sorted(missing.items(), key=lambda item: (-item[1], item[0])))
    return Totals(amount, counts[ELIGIBLE], counts[NEAR], counts[UNKNOWN], ranked)


def _alone(clause: Clause, version: RuleVersion | None, facts: Mapping[str, known.Known]) -> Verdict:
    """The verdict of the clause's rule, as if there were no other clause."""
    if clause.rule_id is None:
        return Verdict(clause, TEXT if clause.grade != Clause.Grade.H else UNPUBLISHED)
    if version is None:
        return Verdict(clause, UNPUBLISHED)
    return replace(judge(engines.engine(version), facts), clause=clause, version=version)


def judge(engine: engines.Engine, facts: Mapping[str, known.Known]) -> Verdict:
    """What a rule says of these facts; the verdict's clause is not set yet."""
    read = {name: facts[name] for name in engine.inputs if name in facts}
    inputs = {name: fact.value for name, fact in read.items()}
    outcome = engine.outcome(inputs)
    missing = tuple(engine.missing(inputs)) if outcome.state == engines.UNKNOWN else ()
    near = tuple(engine.near_misses(inputs)) if outcome.state == engines.NOT_ELIGIBLE else ()
    state = NEAR if near else outcome.state
    amount = None if outcome.amount is None else outcome.amount.quantize(Decimal("0.01"))
    return Verdict(
        None,  # type: ignore[arg-type]
        state,
        amount,
        amount,
        conditions=reading.conditions(engine, inputs, near),
        near_misses=near,
        missing=missing,
        inputs=tuple(engine.inputs),
        facts=read,
        note=outcome.note,
    )


def _together(found: list[Verdict], business: Business, claims: Sequence[Claim], on: date) -> list[Verdict]:
    combinations = combinations_of({v.clause.pk for v in found})
    gives = {v.clause.ref: v.rule_amount for v in found if v.state == ELIGIBLE}
    shares = combine(gives, combinations, taken_by(business, claims, combinations, on))
    joined = []
    for v in found:
        share = shares.get(v.clause.ref)
        if share is not None:
            v = replace(v, amount=share.amount, excluded=share.excluded, reasons=share.reasons)
        joined.append(v)
    return joined


def _live(claims: Sequence[Claim], business: Business, clauses: Sequence[Clause], on: date) -> dict[int, Claim]:
    """By clause, the business's own claim for the period of the day."""
    periods = {c.pk: period_of(c.period, on) for c in clauses}
    own = (c for c in claims if c.subject == f"b{business.pk}")
    return {c.clause_id: c for c in own if c.period == periods.get(c.clause_id)}
