"""Periods of claims, as text: ``2023``, ``2023-04``; ``""`` for what is given once."""

from __future__ import annotations

from datetime import date

from yingshang.policies.models.policy import Clause

P = Clause.Period


def period_of(kind: str, on: date) -> str:
    """The period that a claim of a day belongs to. What has no period may be claimed once a day."""
    if kind == P.YEARLY:
        return f"{on.year}"
    if kind == P.MONTHLY:
        return f"{on.year}-{on.month:02}"
    return "" if kind == P.ONCE else on.isoformat()


def first_day(kind: str, on: date) -> date | None:
    """The first day whose claims count together with those of ``on``; None for all since ever."""
    if kind == P.YEARLY:
        return on.replace(month=1, day=1)
    if kind == P.MONTHLY:
        return on.replace(day=1)
    return None if kind == P.ONCE else on
