"""Demo sign-ins: one a role, in demo mode only, the same after a second run, and they really sign in."""

import json
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from pytest_django import Settings

from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Membership, Person, Role
from yingshang.registry import demo
from yingshang.registry.models import Business, Handler, ServiceAssignment

pytestmark = pytest.mark.django_db


def accounts() -> list[dict[str, str]]:
    out = StringIO()
    call_command("demo_accounts", "--json", stdout=out)
    return list(json.loads(out.getvalue()))


@pytest.fixture
def rows() -> list[dict[str, str]]:
    call_command("load_district", stdout=StringIO())
    return accounts()


def test_there_is_one_for_every_role_three_enterprises_a_street_a_platform_and_two_of_finance(
    rows: list[dict[str, str]],
) -> None:
    codes = [r["code"] for r in rows]
    more = ["enterprise"] * 3 + ["service_officer", "area_lead", "officer", "unit_lead"]
    assert sorted(codes) == sorted([*Role.values, *more])
    leads = Membership.objects.filter(person__username__in=["streetlead", "platformlead"])
    assert set(leads.values_list("unit__kind", flat=True)) == {"street", "platform"}
    for row in rows:
        assert set(row) == {"code", "role", "role_en", "username", "password", "name", "unit", "where"}
        assert all(row.values())
        assert row["role_en"].isascii() and not row["role"].isascii()


def test_they_sign_in_with_the_password_told(rows: list[dict[str, str]]) -> None:
    for row in rows:
        person = authenticate(username=row["username"], password=row["password"])
        assert isinstance(person, Person) and person.demo, row["username"]


def test_each_has_the_scope_of_its_role(rows: list[dict[str, str]]) -> None:
    for row in rows:
        scope = scope_of(Person.objects.get(username=row["username"]))
        if row["code"] == "enterprise":
            assert not scope.is_official and any(p.startswith("b") for p in scope.principals)
        else:
            assert scope.has("officer" if row["code"] == "service_officer" else row["code"])
        assert scope.sees_all == (row["code"] in {"dispatcher", "reform_office", "district_leader", "auditor"})


def test_the_service_officer_looks_after_the_demo_enterprises(rows: list[dict[str, str]]) -> None:
    held = ServiceAssignment.objects.filter(officer__username="serviceofficer", until__isnull=True)
    assert {a.business for a in held} == {h.business for h in Handler.objects.filter(person__demo=True)}


def test_a_second_run_changes_nothing(rows: list[dict[str, str]]) -> None:
    models = (Person, Membership, Handler, ServiceAssignment, Business)
    before = [m.objects.count() for m in models]
    passwords = dict(Person.objects.values_list("username", "password"))
    assert accounts() == rows
    assert [m.objects.count() for m in models] == before
    assert dict(Person.objects.values_list("username", "password")) == passwords


def test_a_business_given_to_another_officer_comes_back_to_the_demo_one(rows: list[dict[str, str]]) -> None:
    """A population loaded in between covers the businesses first; the demo officer takes his over."""
    ServiceAssignment.objects.all().delete()
    call_command("population", "--count=500", stdout=StringIO())
    accounts()
    held = ServiceAssignment.objects.filter(until__isnull=True, business__handlers__person__demo=True)
    assert {a.officer.username for a in held} == {"serviceofficer"}


def test_sample_officials_of_every_unit_can_sign_in_too(rows: list[dict[str, str]]) -> None:
    assert authenticate(username="commerce.unitlead1", password=demo.PASSWORD) is not None


def test_they_are_refused_outside_demo_mode(settings: Settings) -> None:
    settings.MODE = "production"
    call_command("load_district", "--no-people", stdout=StringIO())
    with pytest.raises(CommandError, match="演示模式"):
        accounts()
    assert not Person.objects.exists()


def test_without_units_it_says_what_to_do_first() -> None:
    with pytest.raises(CommandError, match="load_district"):
        accounts()


def test_the_table_is_readable(rows: list[dict[str, str]]) -> None:
    out = StringIO()
    call_command("demo_accounts", stdout=out)
    assert demo.PASSWORD in out.getvalue()
    assert all(r["username"] in out.getvalue() for r in rows)
