"""Who looks after whom: every active business has exactly one enterprise service officer (助企服务员), for as long as
there is anyone to give it to (catalogue ``service_officer``: “全覆盖”).

A business is served by its platform where that has officers, else by its street. Officers are the people with a current
``officer`` membership in that street or platform. Work is shared by filling up the least loaded first, and what one
officer gets lies together (same community). History is kept: an assignment is ended, never rewritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import Membership, Person, Role, Unit
from yingshang.registry.models import Business, ServiceAssignment

#: Taken by everything that hands out businesses in bulk, so two runs cannot give one business to two officers.
_LOCK = 8_214_002


class CoverageError(ValueError):
    """An assignment that is not possible; the message says why."""


@dataclass(frozen=True)
class Coverage:
    """Result of a run: businesses assigned, and active businesses that are left without an officer."""

    assigned: int
    uncovered: int


_OFFICERS = """
officers AS (
    SELECT m.unit_id, p.id AS person_id,
           (SELECT count(*) FROM registry_serviceassignment a WHERE a.officer_id = p.id AND a.until IS NULL) AS load
    FROM (SELECT DISTINCT unit_id, person_id FROM accounts_membership
          WHERE role = 'officer' AND since <= %(today)s AND (until IS NULL OR until >= %(today)s)) m
    JOIN accounts_person p ON p.id = m.person_id AND p.is_active AND p.kind = 'official'
    JOIN accounts_unit u ON u.id = m.unit_id AND u.active AND u.kind IN ('street', 'platform')
    WHERE p.id <> %(without)s
)"""

# Water filling: with n businesses for k officers of total load L, no officer needs to go above ceil((n + L) / k). The
# slots below that level, lowest first, are cut off at n; then slots and businesses are paired in order of officer and
# of place, so that neighbours have the same officer. Both sides have n rows a unit, so one running number pairs them
# (a join on unit and number would be merged on the unit alone and compare billions of pairs).
_COVER = f"""
WITH {_OFFICERS},
staffed AS (SELECT unit_id, count(*) AS k, sum(load) AS load FROM officers GROUP BY unit_id),
waiting AS (
    SELECT b.id, CASE WHEN sp.unit_id IS NOT NULL THEN sp.unit_id ELSE ss.unit_id END AS unit_id, b.community_id, b.name_key
    FROM registry_business b
    LEFT JOIN staffed sp ON sp.unit_id = b.platform_id
    LEFT JOIN staffed ss ON ss.unit_id = b.street_id
    WHERE b.status = 'active' AND coalesce(sp.unit_id, ss.unit_id) IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM registry_serviceassignment a WHERE a.business_id = b.id AND a.until IS NULL)
),
placed AS (
    SELECT id, unit_id, row_number() OVER (ORDER BY unit_id, community_id, name_key, id) AS n FROM waiting
),
need AS (
    SELECT w.unit_id, w.n, ceil((w.n + s.load)::numeric / s.k)::bigint AS level
    FROM (SELECT unit_id, count(*) AS n FROM waiting GROUP BY unit_id) w JOIN staffed s USING (unit_id)
),
slots AS (
    SELECT o.unit_id, o.person_id, row_number() OVER (PARTITION BY o.unit_id ORDER BY g, o.person_id) AS n
    FROM officers o JOIN need USING (unit_id) CROSS JOIN LATERAL generate_series(o.load + 1, need.level) AS g
),
taken AS (
    SELECT s.person_id, row_number() OVER (ORDER BY s.unit_id, s.person_id, s.n) AS n
    FROM slots s JOIN need USING (unit_id) WHERE s.n <= need.n
)
INSERT INTO registry_serviceassignment (business_id, officer_id, unit_id, since, until, reason)
SELECT p.id, t.person_id, p.unit_id, %(now)s, NULL, %(reason)s
FROM placed p JOIN taken t USING (n)
"""


def uncovered() -> int:
    """Count the active businesses that have no officer now."""
    return (
        Business.objects.filter(status=Business.Status.ACTIVE)
        .exclude(service_assignments__in=ServiceAssignment.objects.filter(until__isnull=True))
        .count()
    )


@transaction.atomic
def cover(*, by: Person | None = None, reason: str = "全覆盖分派") -> Coverage:
    """Give every active business without an officer to the least loaded officers of its platform or street.

    One statement for the whole district; running it again changes nothing. ``by`` None is the system.
    """
    assigned = _cover(reason, without=None)
    left = uncovered()
    if assigned:
        audit.record(by, "coverage.cover", "district", "", assigned=assigned, uncovered=left)
    return Coverage(assigned, left)


def _cover(reason: str, without: Person | None) -> int:
    now = timekeeping.now()
    with connection.cursor() as c:
        c.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        # The planner takes the numbered rows for a handful and would compare every business with every slot.
        c.execute("SET LOCAL enable_nestloop = off")
        c.execute(
            _COVER,
            {"today": now.date(), "now": now, "reason": reason, "without": without.pk if without else -1},
        )
        assigned = int(c.rowcount)
        c.execute("SET LOCAL enable_nestloop = on")
        return assigned


@transaction.atomic
def assign(
    business: Business, officer: Person, *, by: Person | None, reason: str, unit: Unit | None = None
) -> ServiceAssignment:
    """Make ``officer`` the service officer of ``business``; the assignment before it is ended and kept.

    Args:
        unit: the street or platform that serves; by default the business's platform or street where the officer works.

    Raises:
        CoverageError: the officer is no active official or works in none of the business's serving units, or the
            business already is his.
    """
    if not (officer.is_active and officer.is_official):
        raise CoverageError(f"{officer} 不是在职的政府工作人员,不能担任助企服务员")
    now = timekeeping.now()
    serving = [unit.pk] if unit else [u for u in (business.platform_id, business.street_id) if u]
    posts = (
        Membership.objects.filter(
            Q(until__isnull=True) | Q(until__gte=now.date()),
            person=officer,
            unit_id__in=serving,
            role=Role.OFFICER,
            since__lte=now.date(),
        )
        .order_by()
        .values_list("unit_id", flat=True)
    )
    held = set(posts)
    unit_id = next((u for u in serving if u in held), None)
    if unit_id is None:
        raise CoverageError(f"{officer} 不在服务 {business} 的平台或街道任职,请先调整任职或另选服务员")
    Business.objects.select_for_update().get(pk=business.pk)
    current = business.service_assignments.filter(until__isnull=True).first()
    if current is not None:
        if current.officer_id == officer.pk:
            raise CoverageError(f"{business} 已由 {officer} 服务")
        current.until = now
        current.save(update_fields=["until"])
    made = ServiceAssignment.objects.create(
        business=business, officer=officer, unit_id=unit_id, since=now, reason=reason
    )
    previous = current.officer_id if current else None
    audit.record(by, "coverage.assign", "business", business.pk, officer=officer.pk, previous=previous, reason=reason)
    return made


@transaction.atomic
def officer_left(person: Person, *, by: Person | None, reason: str = "服务员离岗") -> Coverage:
    """End the officer's posts in streets and platforms and hand his businesses to the least loaded colleagues there.

    The last day of a post is yesterday (or its first day). Businesses nobody can take stay uncovered and are counted.
    """
    now = timekeeping.now()
    posts = Membership.objects.filter(
        Q(until__isnull=True) | Q(until__gte=now.date()),
        person=person,
        role=Role.OFFICER,
        unit__kind__in=[Unit.Kind.STREET, Unit.Kind.PLATFORM],
    )
    for post in posts:
        post.until = max(post.since, now.date() - timedelta(days=1))
        post.save(update_fields=["until"])
    with connection.cursor() as c:
        c.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    ended = ServiceAssignment.objects.filter(officer=person, until__isnull=True).update(until=now)
    assigned = _cover(reason, without=person)
    left = uncovered()
    audit.record(by, "coverage.officer_left", "person", person.pk, ended=ended, assigned=assigned, uncovered=left)
    return Coverage(assigned, left)
