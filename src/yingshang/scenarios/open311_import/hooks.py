"""Requests of another city: what fell due there makes nobody climb here."""

from __future__ import annotations

from yingshang.cases.models import Case, Clock


def on_overdue(case: Case, clock: Clock) -> bool:
    """Never: the case is marked overdue, and stays with whoever settles it."""
    return False
