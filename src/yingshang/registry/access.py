"""Principals that come from the register: a handler may read what the business may read."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from yingshang import timekeeping
from yingshang.accounts.access import register_principals
from yingshang.accounts.models import Person
from yingshang.accounts.statements import Prepared
from yingshang.registry.models import Handler

_handled = Prepared(
    lambda person, today: Handler.objects.filter(Q(until__isnull=True) | Q(until__gte=today), person_id=person).only(
        "business_id"
    ),
    -1,
    date.max,
)


def _businesses(person: Person) -> list[str]:
    if person.is_official:
        return []
    return [f"b{handler.business_id}" for handler in _handled(person.pk, timekeeping.now().date())]


register_principals(_businesses)
