"""Telling people what concerns them: each thing once, whoever says it and however often."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from yingshang import timekeeping
from yingshang.policies.models import Claim, Clause, PolicyNotice, SeenVerdict, Subscription
from yingshang.registry.models import Business, Handler
from yingshang.rules import results
from yingshang.rules.engines import ELIGIBLE_STATE as ELIGIBLE

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
    """Tell whoever made a claim that it was refused or paid."""
    key = f"claim:{claim.number}:{claim.state}:{claim.payments.count() if claim.pk else 0}"
    tell([claim.submitted_by_id], Kind.CLAIM, claim.clause, key=key, business=claim.business_id, amount=claim.amount)


def of_bounce(claim: Claim) -> None:
    """Tell everybody who acts for a claim's enterprise that the bank could not pay: any of them may give another account."""
    key = f"claim:{claim.number}:bounced:{claim.payments.count()}"
    people = handlers_of(claim.business) if claim.business else [claim.submitted_by_id]
    tell(people, Kind.BOUNCED, claim.clause, key=key, business=claim.business_id, amount=claim.amount)


def claim_told_of(notice: PolicyNotice) -> str:
    """The number of the claim that a notice is about; "" where it is about none."""
    return notice.key.split(":")[1] if notice.kind in (Kind.CLAIM, Kind.BOUNCED) else ""


def of_clause(clause: Clause, matching: Iterable[int] = ()) -> int:
    """A clause was published: tell who waits for such words, and the people of businesses it matches."""
    people = {s.person_id for s in Subscription.objects.exclude(words="") if speaks_of(clause, s.words)}
    told = tell(people, Kind.PUBLISHED, clause, key=f"clause:{clause.pk}:{clause.published_at:%F}")
    watching = Subscription.objects.filter(business__in=list(matching)).values_list("person_id", "business_id")
    for person, business in watching:
        key = f"clause:{clause.pk}:{clause.published_at:%F}:b{business}"
        told += tell([person], Kind.BECAME_ELIGIBLE, clause, key=key, business=business)
    return told


def of_revision(clause: Clause, edition: int) -> int:
    """A published clause says something else from today: tell who waits for such words, and whose claim of it is open."""
    people = {s.person_id for s in Subscription.objects.exclude(words="") if speaks_of(clause, s.words)}
    claims = Claim.objects.filter(clause=clause).exclude(state__in=(*Claim.ENDED, Claim.State.PAID, Claim.State.DONE))
    people |= set(claims.values_list("submitted_by_id", flat=True))
    return tell(people, Kind.REVISED, clause, key=f"clause:{clause.pk}:edition:{edition}")


def speaks_of(clause: Clause, words: str) -> bool:
    """Whether a clause says all of these words, anywhere a reader would look."""
    text = " ".join([clause.title, clause.title_en, clause.summary, clause.quote, *map(str, clause.words)]).casefold()
    return all(word in text for word in words.casefold().split())


def of_runs() -> int:
    """Compare what the last runs say of watched businesses with what they said before; tell who watches of each change.

    What is seen for the first time is noted, and told nobody. Run twice, the second time tells nothing.

    Returns:
        how many changes were noticed.
    """
    clauses = {c.rule.key: c for c in Clause.objects.offered().filter(rule__isnull=False).select_related("rule")}
    return sum(_of_business(business, clauses) for business in watched())


@transaction.atomic
def _of_business(business: int, clauses: Mapping[str, Clause]) -> int:
    Business.objects.select_for_update(no_key=True).only("pk").get(pk=business)
    seen = {s.clause_id: s for s in SeenVerdict.objects.filter(business=business)}
    changed = 0
    for told in results.results_of(business):
        clause = clauses.get(told.key)
        if clause is None:
            continue
        eligible, now = told.state == ELIGIBLE, timekeeping.now()
        before = seen.get(clause.pk)
        if before is None:
            SeenVerdict.objects.create(
                business_id=business, clause=clause, eligible=eligible, amount=told.amount, at=now
            )
        elif (before.eligible, before.amount) != (eligible, told.amount):
            changed += 1
            _tell_change(before, clause, eligible, told.amount)
    return changed


def _tell_change(seen: SeenVerdict, clause: Clause, eligible: bool, amount: Decimal | None) -> None:
    kind = Kind.NO_LONGER if not eligible else Kind.AMOUNT if seen.eligible else Kind.BECAME_ELIGIBLE
    people = Subscription.objects.filter(business=seen.business_id).values_list("person_id", flat=True)
    before, seen.changes = seen.amount, seen.changes + 1
    key = f"seen:{seen.pk}:{seen.changes}"
    tell(people, kind, clause, key=key, business=seen.business_id, amount=amount, before=before)
    seen.eligible, seen.amount, seen.at = eligible, amount, timekeeping.now()
    seen.save(update_fields=["eligible", "amount", "changes", "at"])


def watched() -> Sequence[int]:
    """Businesses that somebody wants to be told about."""
    rows = Subscription.objects.filter(business__isnull=False).order_by("business_id")
    return list(rows.values_list("business_id", flat=True).distinct())


def handlers_of(business: Business) -> list[int]:
    """The people who act for a business today."""
    today = timekeeping.now().date()
    rows = Handler.objects.filter(Q(until__isnull=True) | Q(until__gte=today), business=business)
    return list(rows.values_list("person_id", flat=True))
