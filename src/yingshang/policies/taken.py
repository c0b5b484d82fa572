"""What was claimed already, as far as combinations count it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

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


def claims_of(businesses: Collection[int]) -> list[Claim]:
    """The claims of these businesses that were not refused or withdrawn; one query."""
    rows = Claim.objects.filter(business__in=businesses).exclude(state__in=Claim.ENDED).order_by("id")
    return list(rows.select_related("clause__policy").defer("trace", "facts"))


def taken_by(
    business: Business, claims: Sequence[Claim], combinations: Sequence[Together], on: date
) -> dict[str, dict[str, Decimal]]:
    """By combination, what claims of its period come to, by clause.

    Args:
        claims: of the business, by :func:`claims_of`; those of its group are asked for where a combination counts them.
    """
    group = claims_of(_group(business)) if any(c.per == "group" for c in combinations) else claims
    return {c.code: _sums(claims if c.per == "business" else group, c, on) for c in combinations}


def _sums(claims: Sequence[Claim], c: Together, on: date) -> dict[str, Decimal]:
    since = first_day(c.period, on)
    found: dict[str, Decimal] = {}
    for claim in claims:
        # What came back is not taken any more.
        if claim.state == Claim.State.CLAWED_BACK:
            continue
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


def lock_group(business: Business) -> None:
    """Let one business of a group claim at a time, to the end of the transaction: a cap of the group counts them all."""
    if (code := group_of(business)) is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"group:{code}"])
