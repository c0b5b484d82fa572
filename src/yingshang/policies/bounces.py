"""Money that the bank could not bring to its account: which claims wait for another one, and what the bank said."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, QuerySet

from yingshang.policies.models import Claim, Payment

_ACCOUNT = ("payee_name", "payee_account", "payee_bank")


def waiting(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """Those of some claims that may be paid, but whose account is one that the bank could not pay to."""
    same = {f"payments__{name}": F(name) for name in _ACCOUNT}
    return claims.filter(state=Claim.State.PAYABLE, payments__state=Payment.State.FAILED, **same).distinct()


def of(claims: Iterable[Claim]) -> dict[int, Payment]:
    """The last payment that failed, by claim, of those that wait for another account; one query at most."""
    payable = [c.pk for c in claims if c.state == Claim.State.PAYABLE]
    if not payable:
        return {}
    same = {name: F(f"claim__{name}") for name in _ACCOUNT}
    rows = Payment.objects.filter(claim__in=payable, state=Payment.State.FAILED, **same)
    return {p.claim_id: p for p in rows.select_related("batch").order_by("id")}


def bounce(claim: Claim) -> Payment | None:
    """What became of the last payment to the account that a claim has now, where the bank could not make it."""
    return of([claim]).get(claim.pk)
