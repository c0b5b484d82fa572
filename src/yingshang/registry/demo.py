"""The demo sign-ins: one a role, in demo mode only, all with the same well-known password.

They live above ``accounts`` because an enterprise handler needs a business to act for. ``yingshang serve`` refuses to
start while a ``Person.demo`` exists outside demo mode.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, check_password, make_password
from django.db import transaction
from django.utils.translation import override

from yingshang.accounts import audit
from yingshang.accounts.models import Membership, Person, Role, Unit
from yingshang.accounts.roster import romanize
from yingshang.districts import DemoAccount, District
from yingshang.registry import coverage
from yingshang.registry.models import Business, Handler
from yingshang.registry.population import named

PASSWORD = "Kan-Qiantang-2023"
#: Roles of demo sign-ins that are not membership roles, in both languages.
LABELS = {"enterprise": ("企业经办人", "Enterprise handler"), "service_officer": ("助企服务员", "Service officer")}
ENGLISH = {
    Role.OFFICER: "Officer",
    Role.DISPATCHER: "Dispatcher",
    Role.UNIT_LEAD: "Unit lead",
    Role.AREA_LEAD: "Street or platform lead",
    Role.REFORM_OFFICE: "Reform office",
    Role.DISTRICT_LEADER: "District leader",
    Role.AUDITOR: "Auditor",
    Role.ADMINISTRATOR: "Administrator",
}


class Refused(RuntimeError):
    """Demo accounts were asked for outside demo mode, or before the district was loaded."""


@transaction.atomic
def install(district: District) -> list[dict[str, str]]:
    """Make or complete the demo sign-ins and return one row each, ready to print.

    The sample officials of the roster get the same password, so a demonstration can sign in as any unit.

    Raises:
        Refused: not in demo (or test) mode, or the units are not loaded.
    """
    if settings.MODE not in ("demo", "test"):
        raise Refused("演示账号只在演示模式建立 / demo accounts exist in demo mode only (YINGSHANG_MODE=demo)")
    units = {u.code: u for u in Unit.objects.all()}
    if district.root not in units:
        raise Refused("请先执行 load_district 载入单位 / run load_district first")
    password = _password()
    businesses = named.install(district)
    rows = []
    for n, account in enumerate(district.roster.demo):
        person = _person(account, n, password)
        if account.role == "enterprise":
            business = businesses[account.business]
            Handler.objects.get_or_create(
                person=person, business=business, until=None, defaults={"since": district.roster.since}
            )
            unit = business.name
        else:
            _post(person, account, units[account.unit], district)
            for key in account.serves:
                _serve(businesses[key], person, units[account.unit])
            unit = units[account.unit].name
        rows.append(_row(account, person, unit))
    Person.objects.filter(demo=True, password__startswith=UNUSABLE_PASSWORD_PREFIX).update(password=password)
    return rows


def _password() -> str:
    """The stored hash where there is one (hashing anew costs time and would sign everyone out)."""
    held = Person.objects.filter(demo=True).exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    for stored in held.values_list("password", flat=True)[:1]:
        if check_password(PASSWORD, stored):
            return stored
    return make_password(PASSWORD)


def _label(role: str) -> tuple[str, str]:
    if role in LABELS:
        return LABELS[role]
    with override("zh-hans"):
        return str(Role(role).label), ENGLISH[Role(role)]


def _person(account: DemoAccount, n: int, password: str) -> Person:
    kind = Person.Kind.ENTERPRISE if account.role == "enterprise" else Person.Kind.OFFICIAL
    zh, en = _label(account.role)
    name = "演示" + "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"[n % 22]
    person, made = Person.objects.get_or_create(
        username=account.username,
        defaults={
            "kind": kind,
            "name": f"{name}({zh})",
            "name_en": f"{romanize(name)} ({en})",
            "demo": True,
            "password": password,
        },
    )
    if made:
        audit.record(None, "demo.account", "person", person.pk, username=account.username, role=account.role)
    return person


def _post(person: Person, account: DemoAccount, unit: Unit, district: District) -> None:
    role = Role.OFFICER if account.role == "service_officer" else Role(account.role)
    Membership.objects.get_or_create(
        person=person, unit=unit, role=role, until=None, defaults={"since": district.roster.since}
    )


def _serve(business: Business, officer: Person, unit: Unit) -> None:
    current = business.service_assignments.filter(until__isnull=True).first()
    if current is None or current.officer_id != officer.pk:
        coverage.assign(business, officer, by=None, reason="演示账号", unit=unit)


def _row(account: DemoAccount, person: Person, unit: str) -> dict[str, str]:
    zh, en = _label(account.role)
    return {
        "code": account.role,
        "role": zh,
        "role_en": en,
        "username": person.username,
        "password": PASSWORD,
        "name": person.name,
        "unit": unit,
        "where": account.where,
    }
