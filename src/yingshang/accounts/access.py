"""What a person may do and see, worked out once for each request.

``scope_of(person)`` is the only place that reads memberships. Other apps add the principals they know of (a business
that the person handles, see :mod:`yingshang.registry.access`) through :func:`register_principals`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet

from yingshang import timekeeping
from yingshang.accounts.models import Membership, Person, Role, Unit
from yingshang.accounts.statements import Prepared

#: Roles that read every case of the district. Administrators run the system and read no case.
DISTRICT_WIDE = frozenset({Role.REFORM_OFFICE, Role.DISTRICT_LEADER, Role.AUDITOR, Role.DISPATCHER})
#: Roles that read what every unit below theirs reads.
SUBTREE = frozenset({Role.UNIT_LEAD, Role.AREA_LEAD})


def memberships_on(today: date) -> QuerySet[Membership]:
    """Memberships that hold on this day, with what :func:`scope_of` reads of them."""
    held = Membership.objects.filter(Q(until__isnull=True) | Q(until__gte=today), since__lte=today)
    return held.select_related("unit").only("person_id", "role", "unit__path", "unit__kind")


_memberships = Prepared(lambda person, today: memberships_on(today).filter(person_id=person), -1, date.max)
_principal_sources: list[Callable[[Person], Iterable[str]]] = []


def register_principals(source: Callable[[Person], Iterable[str]]) -> None:
    """Let an app name further principals of a person (``"b12"``: may read what business 12 may read)."""
    if source not in _principal_sources:
        _principal_sources.append(source)


@dataclass(frozen=True)
class Scope:
    """One person's rights: roles, own units, and the principals that access rows are written for."""

    person_id: int
    roles: frozenset[str]
    unit_ids: frozenset[int]
    led_unit_ids: frozenset[int]
    sees_all: bool
    principals: list[str] = field(default_factory=list)
    is_official: bool = False

    def has(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)


def scope_of(person: Person, memberships: Iterable[Membership] | None = None) -> Scope:
    """Return the person's scope, computed once for this object (one request).

    Args:
        memberships: those of :func:`memberships_on` today, where they were read together with the person.
    """
    cached: Scope | None = getattr(person, "_scope", None)
    if cached is not None:
        return cached
    if memberships is None and person.is_official:
        memberships = _memberships(person.pk, timekeeping.now().date())
    rows = list(memberships or ())
    roles = frozenset(m.role for m in rows)
    unit_ids = {m.unit_id for m in rows}
    led = [m.unit.path for m in rows if m.role in SUBTREE]
    led_ids: set[int] = set()
    if led:
        below = Q()
        for path in led:
            below |= Q(path__startswith=path)
        led_ids = set(Unit.objects.filter(below).values_list("id", flat=True))
    principals = [f"p{person.pk}", *(f"u{i}" for i in sorted(unit_ids | led_ids))]
    if person.is_official and not rows:
        # Who holds no post any more reads nothing, whatever was given to them by name.
        principals = []
    for source in _principal_sources:
        principals += source(person)
    scope = Scope(
        person_id=person.pk,
        roles=roles,
        unit_ids=frozenset(unit_ids),
        led_unit_ids=frozenset(led_ids),
        sees_all=bool(roles & DISTRICT_WIDE),
        principals=principals,
        is_official=person.is_official,
    )
    person._scope = scope  # type: ignore[attr-defined]
    return scope
