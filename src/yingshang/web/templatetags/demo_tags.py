"""What only a demonstration shows: somebody of each unit to sign in as, so that a matter can be followed wherever it goes."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings

from yingshang import districts
from yingshang.accounts.models import Person, Role, Unit
from yingshang.registry.demo import PASSWORD

register = template.Library()
KINDS = (Unit.Kind.DEPARTMENT, Unit.Kind.STREET, Unit.Kind.PLATFORM)


@lru_cache(maxsize=1)
def _staff() -> dict[str, tuple[str, str]]:
    """User name → (unit, role) of the first sample person of each role in each unit that handles cases."""
    roster = districts.load(settings.DISTRICT).roster
    first: dict[tuple[str, str], str] = {}
    for person in roster.people:
        first.setdefault(person.posts[0], person.username)
    wanted = (Role.OFFICER, Role.UNIT_LEAD, Role.AREA_LEAD)
    return {username: post for post, username in first.items() if post[1] in wanted}


@register.simple_tag
def demo_colleagues() -> list[dict[str, Any]]:
    """One official and the head of every unit, unit by unit, for the sign-in page; in demo mode only."""
    if not settings.DEMO:
        return []
    staff = _staff()
    units = {u.code: u for u in Unit.objects.filter(kind__in=KINDS, active=True)}
    order = {code: n for n, code in enumerate(sorted(units, key=lambda c: (KINDS.index(units[c].kind), units[c].sort)))}
    people = [p for p in Person.objects.filter(username__in=staff, demo=True) if staff[p.username][0] in units]
    people.sort(key=lambda p: (order[staff[p.username][0]], staff[p.username][1] != Role.OFFICER, p.username))
    return [
        {
            "person": person,
            "role": Role(staff[person.username][1]).label,
            "at": units[staff[person.username][0]].label,
            "values": json.dumps({"login": person.username, "password": PASSWORD}),
        }
        for person in people
    ]
