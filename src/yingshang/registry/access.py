"""Principals that come from the register: a handler may read what the business may read."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from yingshang import timekeeping
from yingshang.accounts.access import register_principals
from yingshang.accounts.models import Person
from yingshang.accounts.statements import Prepared
from yingshang.registry.models import Handler


def handled_on(today: date) -> QuerySet[Handler]:
    """Who acts for which business on this day, with what rights follow from."""
    return Handler.objects.filter(Q(until__isnull=True) | Q(until__gte=today)).only("person_id", "business_id")


_handled = Prepared(lambda person, today: handled_on(today).filter(person_id=person), -1, date.max)


def knows(person: Person, handled: list[Handler]) -> None:
    """Keep what was read together with the person, for the rest of its request."""
    person._handled = handled  # type: ignore[attr-defined]


def _businesses(person: Person) -> list[str]:
    if person.is_official:
        return []
    known: list[Handler] | None = getattr(person, "_handled", None)
    if known is None:
        known = _handled(person.pk, timekeeping.now().date())
    return [f"b{handler.business_id}" for handler in known]


register_principals(_businesses)
