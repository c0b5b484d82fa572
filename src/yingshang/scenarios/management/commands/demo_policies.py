"""Invented budgets and claims for the demo, made through the same actions as real ones, each at its own time.

Every amount, account and person is a sample and says so. Refused outside demo mode; told once.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from yingshang import districts, timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import Membership, Person, Role, Unit
from yingshang.policies import actions
from yingshang.policies.actions import Payee
from yingshang.policies.models import Budget, Claim, Clause, Policy
from yingshang.registry.models import Business, Handler
from yingshang.registry.population import named
from yingshang.scenarios.management.commands import _demo_facts
from yingshang.scenarios.management.commands._demo_support import person

#: Sample budgets of this year and the last, in yuan; the source states neither.
BUDGETS = {"mah_2022": Decimal(60_000_000), "xinwan_talent": Decimal(600_000)}
BUDGET_SOURCE = "示例预算（合成），原文未载"
REWARD = {
    "药械上市许可持有人": True,
    "委托本市企业生产所持药械": True,
    "与受托企业有投资关联": False,
    "销售税收结算在杭州": True,
}
#: Newly added contract amounts (yuan), and how far each claim has come: days ago, and the last thing done.
TOLD = (("86000000", 34, "paid"), ("24000000", 9, "payable"), ("410000000", 5, "finance"), ("7600000", 2, "submitted"))
STEPS = ("submitted", "finance", "payable", "paid")


class Command(BaseCommand):
    help = "演示政策预算和申报（合成） / synthetic budgets and claims for the demo"

    def handle(self, *args: object, **options: Any) -> None:
        if not settings.DEMO and not settings.TESTING:
            raise CommandError("演示申报只在演示模式生成 / demo mode only")
        clause = Clause.objects.filter(policy__code="mah_2022", code="C01").select_related("owner_unit").first()
        finance = Unit.objects.filter(code="dept.finance").first()
        if clause is None or finance is None:
            raise CommandError(
                "没有政策或财政部门,请先 load_district、load_policies / load the district and policies first"
            )
        held = named.install(districts.load(settings.DISTRICT))
        if not Claim.objects.exists():
            _set_budgets()
            for (amount, days, state), handler in zip(TOLD, _handlers(held), strict=False):
                _claim(clause, finance, handler, amount, days, state)
        _demo_facts.report(held, timekeeping.now().astimezone(timekeeping.SHANGHAI).date())
        self.stdout.write(f"演示申报 {Claim.objects.count()} 件 / synthetic claims")


def _set_budgets() -> None:
    this_year = timekeeping.now().astimezone(timekeeping.SHANGHAI).year
    for code, amount in BUDGETS.items():
        policy = Policy.objects.filter(code=code).first()
        for year in (this_year - 1, this_year):
            if policy is not None and not Budget.objects.filter(policy=policy, year=year).exists():
                actions.set_budget(None, policy, year, amount, source=BUDGET_SOURCE)


def _handlers(held: dict[str, Business]) -> list[tuple[int, Business]]:
    """Sample firms of biomedicine, each with a sample person who acts for it and cannot sign in.

    The demo's own enterprises are left alone: what they find on their page is theirs to claim. So are the firms that the
    source names: it tells of no claims of theirs.
    """
    firms = Business.objects.filter(
        synthetic=True, kind=Business.Kind.ENTERPRISE, status=Business.Status.ACTIVE, leading_industry="drug",
        handlers__isnull=True,
    ).exclude(pk__in=[b.pk for b in held.values()]).order_by("uscc")[: len(TOLD)]  # fmt: skip
    found = []
    for n, firm in enumerate(firms, 1):
        who = Person.objects.create_user(
            username=f"sample.claimer{n}",
            kind=Person.Kind.ENTERPRISE,
            name=f"示例申报人{n}",
            name_en=f"Sample claimer {n}",
        )
        Handler.objects.create(person=who, business=firm, since=date(2020, 1, 1))
        found.append((who.pk, firm))
    return found


def _members(unit: Unit) -> tuple[int, int]:
    """An officer of a unit and somebody else of it, who checks."""
    rows = Membership.objects.filter(unit=unit, until__isnull=True).exclude(role__in=[Role.AUDITOR, Role.ADMINISTRATOR])
    people = list(dict.fromkeys(rows.order_by("pk").values_list("person_id", flat=True)))
    if len(people) < 2:
        raise CommandError(f"{unit} 至少要有两名工作人员 / needs two people")
    return people[0], people[1]


def _claim(clause: Clause, finance: Unit, handler: tuple[int, Business], amount: str, days: int, state: str) -> None:
    at = _working_day(days)
    asker, business = handler
    payee = Payee(business.name, "6222 0000 0000 0000 000", "示例银行")
    with timekeeping.travel(at):
        declared = {**REWARD, "年度新增委托生产合同金额": amount}
        who = Person.objects.get(pk=asker)
        claim = actions.submit_claim(who, clause, business, declared=declared, payee=payee, key=f"demo:claim:{days}")
    done = STEPS.index(state)
    officer, _ = _members(clause.owner_unit)
    maker, checker = _members(finance)
    if done >= STEPS.index("finance"):
        with timekeeping.travel(at + timedelta(hours=4)):
            claim = actions.review(claim, person(officer), outcome="pass", note="材料齐全,金额核对无误(示例)")
    if done >= STEPS.index("payable"):
        with timekeeping.travel(at + timedelta(hours=5)):
            claim = actions.review(claim, person(maker), outcome="pass", note="预算内(示例)")
    if state == "paid":
        _pay(claim, finance, maker, checker, at + timedelta(hours=6))


def _pay(claim: Claim, finance: Unit, maker: int, checker: int, at: datetime) -> None:
    with timekeeping.travel(at):
        batch = actions.make_batch(person(maker), finance, [claim])
        batch = actions.approve_batch(batch, person(checker))
        batch = actions.export_batch(batch, person(maker))[0]
        rows = [f"{p.reference},成功,{p.amount}," for p in batch.payments.all()]
        content = "\n".join(["付款流水号,结果,金额,失败原因", *rows]).encode()
        actions.reconcile(batch, person(maker), name="示例回单.csv", content=content)


def _working_day(days: int) -> datetime:
    """Nine in the morning of the working day that lies so many days back, or the one before it."""
    kept = calendar.load()
    day = timekeeping.now().astimezone(timekeeping.SHANGHAI).date() - timedelta(days=days)
    while not kept.is_working(day):
        day -= timedelta(days=1)
    return datetime.combine(day, time(9), timekeeping.SHANGHAI)
