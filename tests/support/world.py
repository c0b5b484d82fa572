"""A small district for tests: units, people in their roles, two businesses, the scenarios published.

Everything is made through the same functions as in production; only the names are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.core.management import call_command

from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import Membership, Person, Role, Unit
from yingshang.accounts.units import place
from yingshang.cases import catalog
from yingshang.cases.models import Category, Procedure, Promise
from yingshang.registry.models import Business, Handler, ServiceAssignment

#: Wednesday 26 April 2023, 09:00: an ordinary working morning.
MORNING = datetime(2023, 4, 26, 9, 0, tzinfo=timekeeping.SHANGHAI)

UNITS = [
    # code, kind, name, parent, duties
    ("district", "district", "钱塘区", None, ""),
    ("dept.economy", "department", "区经信科技局", "district", "工业经济 企业服务 助企纾困 技术改造 研发 专精特新"),
    ("dept.approval", "department", "区行政审批局", "district", "审批 许可 施工许可 联合验收 排水接管"),
    ("dept.commerce", "department", "区商务局", "district", "商贸 外贸 出口 退税 消费 夜经济 电商"),
    ("dept.education", "department", "区教育局", "district", "教育 入学 子女 学校 托育"),
    ("dept.finance", "department", "区财政局", "district", ""),
    ("dept.hr", "department", "区人力社保局", "district", "社保 医保 用工 招工 人才"),
    ("street.xiasha", "street", "下沙街道", "district", ""),
    ("street.baiyang", "street", "白杨街道", "district", ""),
    ("platform.pharma", "platform", "杭州医药港小镇", "district", ""),
]

PEOPLE = [
    # username, name, unit, role
    ("dispatcher", "派单员", "dept.economy", Role.DISPATCHER),
    ("officer", "经办员", "dept.commerce", Role.OFFICER),
    ("officer2", "经办员二", "dept.commerce", Role.OFFICER),
    ("commerce_lead", "商务局负责人", "dept.commerce", Role.UNIT_LEAD),
    ("economy_officer", "经信经办员", "dept.economy", Role.OFFICER),
    ("education_officer", "教育经办员", "dept.education", Role.OFFICER),
    ("economy_officer2", "经信经办员二", "dept.economy", Role.OFFICER),
    ("finance_officer", "财政经办员", "dept.finance", Role.OFFICER),
    ("finance_officer2", "财政经办员二", "dept.finance", Role.OFFICER),
    ("street_lead", "下沙街道负责人", "street.xiasha", Role.AREA_LEAD),
    ("reform", "改革办", "district", Role.REFORM_OFFICE),
    ("leader", "分管区领导", "district", Role.DISTRICT_LEADER),
    ("auditor", "审计员", "district", Role.AUDITOR),
    ("admin", "系统管理员", "district", Role.ADMINISTRATOR),
]


@dataclass
class World:
    """Handles to the people and things of the small district."""

    units: dict[str, Unit]
    people: dict[str, Person]
    business: Business
    other_business: Business

    def __getattr__(self, name: str) -> Person:
        try:
            return fresh(self.__dict__["people"][name])
        except KeyError:
            raise AttributeError(name) from None


def fresh(person: Person) -> Person:
    """The person as a new request would load them (no cached scope)."""
    return Person.objects.get(pk=person.pk)


def uscc(body: str) -> str:
    """A valid 18-character code from its first 17 characters."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + alphabet[(31 - total % 31) % 31]


def publish_scenarios() -> None:
    """Publish what the scenario folders hold, unless the database holds just that.

    It does from the session's start, until a test that commits has emptied the tables or published something of its own.
    """
    specs = list(catalog.every())
    folders = [sum(len(getattr(s, what)) for s in specs) for what in ("procedures", "categories", "promises")]
    if folders != [model.objects.count() for model in (Procedure, Category, Promise)]:
        call_command("load_scenarios", verbosity=0)


def build() -> World:
    """Make the district; the caller's test transaction throws it away."""
    calendar.install()
    # Another test may have edited the calendar and rolled back.
    calendar.load(fresh=True)
    units: dict[str, Unit] = {}
    for i, (code, kind, name, parent, duties) in enumerate(UNITS):
        units[code] = place(
            Unit(code=code, kind=kind, name=name, duties=duties, sort=i), units[parent] if parent else None
        )
    people: dict[str, Person] = {}
    for username, name, unit, role in PEOPLE:
        person = Person.objects.create_user(
            username=username, password="correct horse battery", kind=Person.Kind.OFFICIAL, name=name
        )
        Membership.objects.create(person=person, unit=units[unit], role=role, since=date(2020, 1, 1))
        people[username] = person
    businesses = []
    for n, (name, street) in enumerate([("示例机电有限公司", "street.xiasha"), ("示例食品有限公司", "street.baiyang")]):
        handler = Person.objects.create_user(
            username=f"firm{n + 1}",
            password="correct horse battery",
            kind=Person.Kind.ENTERPRISE,
            name=f"企业经办人{n + 1}",
        )
        business = Business.objects.create(
            uscc=uscc(f"91330114MA2B0000{n + 1}"),
            name=name,
            name_key=f"shili{n}",
            kind=Business.Kind.ENTERPRISE,
            industry_code="C3825",
            street=units[street],
            founded=date(2015, 3, 1),
            synthetic=True,
        )
        Handler.objects.create(person=handler, business=business, since=date(2020, 1, 1))
        people[f"firm{n + 1}"] = handler
        businesses.append(business)
    ServiceAssignment.objects.create(
        business=businesses[0], officer=people["economy_officer"], unit=units["dept.economy"]
    )
    publish_scenarios()
    return World(units, people, businesses[0], businesses[1])
