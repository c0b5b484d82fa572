"""Telling people what concerns them: each thing once, whoever says it and however often."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q

from yingshang import timekeeping
from yingshang.policies.models import Claim, Clause, PolicyNotice, Subscription
from yingshang.registry.models import Business, Handler

Kind = PolicyNotice.Kind


def tell(
    people: Iterable[int], kind: str, clause: Clause, *, key: str, business: int | None = None, **told: Any
) -> int:
    """Tell these people one thing; who was told before (same ``key``) is not told again. Returns how many rows are new."""
    now = timekeeping.now()
    rows = [
        PolicyNotice(person_id=p, kind=kind, clause=clause, business_id=business, at=now, key=key, **told)
        for p in sorted(set(people))
    ]
    before = PolicyNotice.objects.filter(key=key).count()
    PolicyNotice.objects.bulk_create(rows, ignore_conflicts=True)
    return PolicyNotice.objects.filter(key=key).count() - before


def of_claim(claim: Claim) -> None:
    """Tell whoever made a claim that it was refused, paid, or returned by the bank."""
    key = f"claim:{claim.number}:{claim.state}:{claim.payments.count() if claim.pk else 0}"
    tell([claim.submitted_by_id], Kind.CLAIM, claim.clause, key=key, business=claim.business_id, amount=claim.amount)


def of_clause(clause: Clause, matching: Iterable[int] = ()) -> int:
    """A clause was published: tell who waits for such words, and the people of businesses it matches."""
    people = {s.person_id for s in Subscription.objects.exclude(words="") if speaks_of(clause, s.words)}
    told = tell(people, Kind.PUBLISHED, clause, key=f"clause:{clause.pk}:{clause.published_at:%F}")
    watching = Subscription.objects.filter(business__in=list(matching)).values_list("person_id", "business_id")
    for person, business in watching:
        key = f"clause:{clause.pk}:{clause.published_at:%F}:b{business}"
        told += tell([person], Kind.BECAME_ELIGIBLE, clause, key=key, business=business)
    return told


def speaks_of(clause: Clause, words: str) -> bool:
    """Whether a clause says all of these words, anywhere a reader would look."""
    text = " ".join([clause.title, clause.title_en, clause.summary, clause.quote, *map(str, clause.words)]).casefold()
    return all(word in text for word in words.casefold().split())


def of_change(
    clause: Clause, business: int, before: Decimal | bool | None, after: Decimal | bool | None, run: object
) -> int:
    """A verdict changed in a run: ``False`` for not eligible, else the amount (None where there is no money)."""
    if before == after:
        return 0
    kind = Kind.NO_LONGER if after is False else Kind.BECAME_ELIGIBLE if before is False else Kind.AMOUNT
    people = Subscription.objects.filter(business=business).values_list("person_id", flat=True)
    told: Mapping[str, Any] = {
        "amount": None if isinstance(after, bool) else after,
        "before": None if isinstance(before, bool) else before,
    }
    return tell(people, kind, clause, key=f"run:{run}:{clause.pk}:b{business}", business=business, **told)


def watched() -> Sequence[int]:
    """Businesses that somebody wants to be told about."""
    rows = Subscription.objects.filter(business__isnull=False).order_by("business_id")
    return list(rows.values_list("business_id", flat=True).distinct())


def handlers_of(business: Business) -> list[int]:
    """The people who act for a business today."""
    today = timekeeping.now().date()
    rows = Handler.objects.filter(Q(until__isnull=True) | Q(until__gte=today), business=business)
    return list(rows.values_list("person_id", flat=True))
