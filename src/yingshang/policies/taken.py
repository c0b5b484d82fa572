"""What was claimed already, as far as combinations count it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from yingshang.policies.combining import Together
from yingshang.policies.models import Claim, CombinationMember
from yingshang.policies.periods import first_day
from yingshang.registry.models import Business, Fact

#: The fact that says which group a business belongs to (its code).
GROUP_FACT = "group.code"


def combinations_of(clauses: Collection[int]) -> list[Together]:
    """The combinations that any of these clauses belongs to, as plain data; one query."""
    members = (
        CombinationMember.objects.filter(combination__members__clause__in=clauses)
        .select_related("combination", "clause__policy")
        .order_by("combination__code", "position")
        .distinct()
    )
    found: dict[str, list[CombinationMember]] = {}
    for m in members:
        found.setdefault(m.combination.code, []).append(m)
    return [
        Together(
            code,
            first.combination.kind,
            tuple(m.clause.ref for m in rows),
            first.combination.amount,
            first.combination.period,
            first.combination.per,
            first.combination.source,
        )
        for code, rows in found.items()
        if (first := rows[0])
    ]


def taken_by(
    business: Business,
    combinations: Sequence[Together],
    on: date,
    facts: Mapping[str, Any] | None = None,
    *,
    besides: Claim | None = None,
) -> dict[str, dict[str, Decimal]]:
    """By combination, what live claims of its period come to, by clause; a query for the business, one for its group."""
    if not combinations:
        return {}
    own = _claims([business.pk], combinations, besides)
    group = _claims(_group(business), combinations, besides) if any(c.per == "group" for c in combinations) else own
    return {c.code: _sums(own if c.per == "business" else group, c, on) for c in combinations}


def _claims(businesses: Collection[int], combinations: Sequence[Together], besides: Claim | None) -> list[Claim]:
    wanted = {ref for c in combinations for ref in c.clauses}
    rows = Claim.objects.filter(business__in=businesses).exclude(state__in=[*Claim.ENDED, Claim.State.CLAWED_BACK])
    if besides is not None:
        rows = rows.exclude(pk=besides.pk)
    rows = rows.select_related("clause__policy").only("amount", "as_of", "clause__code", "clause__policy__code")
    return [c for c in rows if c.clause.ref in wanted]


def _sums(claims: list[Claim], c: Together, on: date) -> dict[str, Decimal]:
    since = first_day(c.period, on)
    found: dict[str, Decimal] = {}
    for claim in claims:
        if claim.clause.ref in c.clauses and (since is None or claim.as_of >= since):
            found[claim.clause.ref] = found.get(claim.clause.ref, Decimal(0)) + claim.amount
    return found


def _group(business: Business) -> list[int]:
    """The business and those of its group."""
    code = group_of(business)
    if code is None:
        return [business.pk]
    same = Fact.objects.filter(key=GROUP_FACT, value=code, superseded_at__isnull=True)
    return sorted({business.pk, *same.values_list("business_id", flat=True)})


def group_of(business: Business) -> Any:
    """The code of the business's group, None where it belongs to none."""
    held = Fact.objects.filter(business=business, key=GROUP_FACT, superseded_at__isnull=True).order_by("-period")
    return held.values_list("value", flat=True).first()
