"""Principals that come from the register: a handler may read what the business may read."""

from __future__ import annotations

from django.db.models import Q

from yingshang import timekeeping
from yingshang.accounts.access import register_principals
from yingshang.accounts.models import Person
from yingshang.registry.models import Handler


def _businesses(person: Person) -> list[str]:
    if person.is_official:
        return []
    today = timekeeping.now().date()
    current = Handler.objects.filter(Q(until__isnull=True) | Q(until__gte=today), person_id=person.pk)
    return [f"b{i}" for i in current.values_list("business_id", flat=True)]


register_principals(_businesses)
