"""Full coverage by service officers: exactly one each, evenly, kept when officers leave, history untouched."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from yingshang import timekeeping
from yingshang.accounts.models import AuditEntry, Membership, Person, Unit
from yingshang.registry import coverage
from yingshang.registry.models import Business, ServiceAssignment

pytestmark = pytest.mark.django_db
MakeOfficer = Callable[..., Person]
MakeBusinesses = Callable[..., list[Business]]


def loads() -> Counter[str]:
    rows = ServiceAssignment.objects.filter(until__isnull=True).values_list("officer__username", flat=True)
    return Counter(rows)


def test_everyone_gets_exactly_one_and_loads_differ_by_one(
    street: Unit, make_officer: MakeOfficer, make_businesses: MakeBusinesses
) -> None:
    for n in range(3):
        make_officer(f"o{n}", street)
    make_businesses(100, street)
    assert coverage.cover() == coverage.Coverage(100, 0)
    assert sorted(loads().values()) == [33, 33, 34]
    assert coverage.cover() == coverage.Coverage(0, 0)
    assert AuditEntry.objects.filter(action="coverage.cover").count() == 1


def test_new_businesses_go_to_the_least_loaded(
    street: Unit, make_officer: MakeOfficer, make_businesses: MakeBusinesses
) -> None:
    make_officer("old", street)
    make_businesses(10, street)
    coverage.cover()
    make_officer("new1", street)
    make_officer("new2", street)
    make_businesses(7, street)
    coverage.cover()
    assert loads() == {"old": 10, "new1": 4, "new2": 3}
    make_businesses(20, street)
    coverage.cover()
    assert sorted(loads().values()) == [12, 12, 13]


def test_the_platform_serves_before_the_street_and_the_street_where_it_cannot(
    street: Unit, platform: Unit, make_officer: MakeOfficer, make_businesses: MakeBusinesses
) -> None:
    make_officer("street", street)
    make_officer("platform", platform)
    there = make_businesses(4, street, platform)
    make_businesses(3, street)
    coverage.cover()
    assert loads() == {"platform": 4, "street": 3}
    assert set(ServiceAssignment.objects.filter(business__in=there).values_list("unit__code", flat=True)) == {
        "platform.test"
    }
    coverage.officer_left(Person.objects.get(username="platform"), by=None)
    assert loads() == {"street": 7}


def test_only_active_businesses_and_only_current_officers_count(
    street: Unit, make_officer: MakeOfficer, make_businesses: MakeBusinesses
) -> None:
    today = timekeeping.now().date()
    make_officer("here", street)
    gone = make_officer("gone", street)
    Membership.objects.filter(person=gone).update(until=today - timedelta(days=1))
    make_officer("later", street, since=today + timedelta(days=1))
    locked = make_officer("locked", street)
    Person.objects.filter(pk=locked.pk).update(is_active=False)
    make_businesses(5, street)
    make_businesses(2, street, status="suspended")
    assert coverage.cover() == coverage.Coverage(5, 0)
    assert loads() == {"here": 5}


def test_without_officers_the_gap_is_told(street: Unit, make_businesses: MakeBusinesses) -> None:
    make_businesses(6, street)
    assert coverage.cover() == coverage.Coverage(0, 6)
    assert coverage.uncovered() == 6


def test_an_officer_who_leaves_hands_over_evenly_and_history_stays(
    street: Unit, make_officer: MakeOfficer, make_businesses: MakeBusinesses
) -> None:
    people = [make_officer(f"o{n}", street) for n in range(3)]
    make_businesses(90, street)
    lead = make_officer("lead", street)
    with timekeeping.travel(datetime(2023, 1, 9, 9, 0, tzinfo=timekeeping.SHANGHAI)):
        Membership.objects.filter(person=lead).update(until=date(2022, 1, 1))
        coverage.cover()
    before = set(ServiceAssignment.objects.filter(officer=people[0]).values_list("business_id", flat=True))
    moment = datetime(2023, 3, 1, 9, 0, tzinfo=timekeeping.SHANGHAI)
    with timekeeping.travel(moment):
        assert coverage.officer_left(people[0], by=lead, reason="轮岗") == coverage.Coverage(30, 0)
    assert loads() == {"o1": 45, "o2": 45}
    ended = ServiceAssignment.objects.filter(officer=people[0])
    assert set(ended.values_list("business_id", flat=True)) == before
    assert set(ended.values_list("until", flat=True)) == {moment}
    assert set(ServiceAssignment.objects.filter(since=moment).values_list("reason", flat=True)) == {"轮岗"}
    assert Membership.objects.get(person=people[0]).until == date(2023, 2, 28)
    entry = AuditEntry.objects.get(action="coverage.officer_left")
    assert (entry.actor, entry.data["assigned"]) == (lead, 30)


def test_an_officer_who_leaves_on_the_first_day_gets_nothing_back(
    street: Unit, make_officer: MakeOfficer, make_businesses: MakeBusinesses
) -> None:
    today = timekeeping.now().date()
    short = make_officer("short", street, since=today)
    make_officer("stays", street)
    make_businesses(10, street)
    coverage.cover()
    coverage.officer_left(short, by=None)
    assert loads() == {"stays": 10}


def test_assigning_by_hand_ends_the_one_before(
    street: Unit, make_officer: MakeOfficer, make_businesses: MakeBusinesses
) -> None:
    first, second = make_officer("first", street), make_officer("second", street)
    (business,) = make_businesses(1, street)
    coverage.assign(business, first, by=None, reason="首次")
    made = coverage.assign(business, second, by=first, reason="企业要求")
    assert made.unit == street
    old = ServiceAssignment.objects.get(officer=first)
    assert old.until == made.since
    assert AuditEntry.objects.filter(action="coverage.assign").count() == 2
    with pytest.raises(coverage.CoverageError, match="已由"):
        coverage.assign(business, second, by=None, reason="再次")


def test_who_does_not_work_there_cannot_be_assigned(
    street: Unit, platform: Unit, make_officer: MakeOfficer, make_businesses: MakeBusinesses
) -> None:
    (business,) = make_businesses(1, street)
    with pytest.raises(coverage.CoverageError, match="不在服务"):
        coverage.assign(business, make_officer("elsewhere", platform), by=None, reason="x")
    handler = Person.objects.create(username="h", kind="enterprise", name="经办")
    with pytest.raises(coverage.CoverageError, match="工作人员"):
        coverage.assign(business, handler, by=None, reason="x")
    assert not ServiceAssignment.objects.exists()


def test_the_database_itself_refuses_a_second_officer(
    street: Unit, make_officer: MakeOfficer, make_businesses: MakeBusinesses
) -> None:
    officer, other = make_officer("a", street), make_officer("b", street)
    (business,) = make_businesses(1, street)
    coverage.assign(business, officer, by=None, reason="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceAssignment.objects.create(business=business, officer=other, unit=street)


def test_neighbours_share_an_officer(street: Unit, make_officer: MakeOfficer, make_businesses: MakeBusinesses) -> None:
    from yingshang.accounts.units import place

    for n in range(4):
        make_officer(f"o{n}", street)
    communities = [place(Unit(code=f"community.{n}", kind="community", name=f"{n}社区"), street) for n in range(4)]
    for n, business in enumerate(make_businesses(40, street)):
        Business.objects.filter(pk=business.pk).update(community=communities[n % 4])
    coverage.cover()
    rows = ServiceAssignment.objects.values_list("officer_id", "business__community_id")
    assert len(set(rows)) == 4


def test_a_whole_district_takes_a_handful_of_statements(
    street: Unit, make_officer: MakeOfficer, make_businesses: MakeBusinesses
) -> None:
    """No statistics are gathered here, on purpose: the plan must not depend on them (2,000 × 50 pairs would show)."""
    for n in range(50):
        make_officer(f"o{n:02}", street)
    make_businesses(2_000, street)
    with CaptureQueriesContext(connection) as queries:
        coverage.cover()
    assert len(queries) <= 8
    assert set(loads().values()) == {40}
