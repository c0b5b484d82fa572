"""Invented cases for the demo, told through the same actions as real ones; refused outside demo mode. Idempotent."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import Membership, Person, Role, Unit
from yingshang.cases import actions
from yingshang.cases.errors import ActionError
from yingshang.cases.models import Case, Channel, Status
from yingshang.registry.models import Business, Handler

SCENARIO, SERVICE, SOURCE = "qifu_express", "demand", "demo"
DAYS = 75


class Command(BaseCommand):
    help = "演示办件(合成) / synthetic cases for the demo"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--count", type=int, default=120)
        parser.add_argument("--seed", type=int, default=2023)

    def handle(self, *args: object, **options: Any) -> None:
        if not settings.DEMO and not settings.TESTING:
            raise CommandError("演示办件只在演示模式生成 / demo mode only")
        if Case.objects.filter(external_source=SOURCE).exists():
            return
        storyteller = _Storyteller(random.Random(options["seed"]))
        storyteller.tell(options["count"])
        self.stdout.write(f"演示办件 {Case.objects.filter(external_source=SOURCE).count()} 件 / synthetic cases")


class _Storyteller:
    """Lets cases happen over the last weeks, each at its own times, as far as their fate goes."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        folder = Path(__file__).resolve().parents[3] / "districts" / settings.DISTRICT
        self.demands = tomllib.loads((folder / "demo_demands.toml").read_text(encoding="utf-8"))["demand"]
        self.calendar = calendar.load()
        dispatcher = (
            Membership.objects.filter(role=Role.DISPATCHER, until__isnull=True).select_related("person").first()
        )
        if dispatcher is None:
            raise CommandError("没有派单员,请先载入区数据和演示账号 / load the district first")
        self.dispatcher = dispatcher.person_id
        self.fallback = dispatcher.unit

    def _businesses(self, count: int) -> Iterator[Business]:
        own = [h.business for h in Handler.objects.filter(person__demo=True).select_related("business")]
        pool = list(
            Business.objects.filter(status=Business.Status.ACTIVE, synthetic=True)
            .order_by("uscc")
            .values_list("pk", flat=True)[:20000]
        )
        for i in range(count):
            if own and i % 8 == 0:
                yield self.chance.choice(own)
            else:
                yield Business.objects.get(pk=self.chance.choice(pool))

    def tell(self, count: int) -> None:
        now = timekeeping.now()
        for i, business in enumerate(self._businesses(count)):
            back = DAYS * (1 - (i + 1) / count) ** 1.3
            asked = self.calendar.add_working_seconds(now - timedelta(days=back, hours=2), self.chance.randrange(28000))
            asked = min(asked, now - timedelta(minutes=self.chance.randrange(5, 60)))
            try:
                self._one(i, business, asked, now)
            except ActionError as error:
                raise CommandError(f"{business.name}: {error.message}") from error

    def _one(self, i: int, business: Business, asked: datetime, now: datetime) -> None:
        title, text, category, answer = self.demands[i % len(self.demands)]
        handler = Handler.objects.filter(business=business, until__isnull=True).select_related("person").first()
        firm = handler.person_id if handler else None
        fate = self.chance.random()
        with timekeeping.travel(asked):
            case = actions.open_case(
                _person(firm),
                scenario=SCENARIO,
                service=SERVICE,
                title=title,
                text=text,
                category=category if self.chance.random() < 0.8 else "",
                business=business,
                channel=Channel.PORTAL
                if firm
                else self.chance.choice([Channel.VISIT, Channel.HOTLINE, Channel.MEETING]),
                external_source=SOURCE,
                external_id=str(i),
            )
        at = asked

        def later(least: int, most: int) -> bool:
            """Move on by working minutes; False when that lies in the future."""
            nonlocal at
            at = self.calendar.add_working_seconds(at, 60 * self.chance.randrange(least, most))
            return at < now

        if fate < 0.04 or not later(3, 25):
            return
        if case.status == Status.POOL:
            with timekeeping.travel(at):
                lead = Unit.objects.filter(code=case.routing.get("unit", "")).first() or self.fallback
                case = actions.dispatch(case, _person(self.dispatcher), lead=lead)
        officer = self._officer(case)
        if fate < 0.08 or not later(4, 20):
            return
        with timekeeping.travel(at):
            case = actions.sign_for(case, _person(officer))
        if not later(5, 35 if fate < 0.9 else 120):
            return
        with timekeeping.travel(at):
            case = actions.contact(case, _person(officer), note="已电话联系经办人,了解具体情况。")
        if fate < 0.14:
            if later(20, 90):
                with timekeeping.travel(at):
                    actions.ask_supplement(case, _person(officer), what="请补充营业执照副本和近三个月相关材料。")
            return
        if fate < 0.2 or not later(30, 900 if fate < 0.9 else 4000):
            return
        with timekeeping.travel(at):
            case = actions.answer(case, _person(officer), text=answer)
        if fate < 0.26 or not later(20, 700):
            return
        with timekeeping.travel(at):
            self._close(case, firm, fate)

    def _close(self, case: Case, firm: int | None, fate: float) -> None:
        if firm is None:
            caller = Membership.objects.filter(role=Role.REFORM_OFFICE, until__isnull=True).first()
            if caller:
                actions.revisit(
                    case, _person(caller.person_id), solved=fate > 0.33, note="电话回访,企业说明了办理结果。"
                )
            return
        if fate < 0.33:
            actions.confirm(case, _person(firm), solved=False, comment="还没有完全解决,请再看看。")
            return
        case = actions.confirm(case, _person(firm), solved=True)
        if fate > 0.5:
            actions.rate(case, _person(firm), level=self.chance.choice([5, 5, 5, 4, 4, 3]), comment="")

    def _officer(self, case: Case) -> int:
        members = Membership.objects.filter(unit=case.lead_unit, until__isnull=True).exclude(
            role__in=[Role.AUDITOR, Role.ADMINISTRATOR]
        )
        demo = members.filter(person__demo=True, role=Role.OFFICER).first()
        chosen = demo if demo and self.chance.random() < 0.6 else None
        chosen = chosen or members.filter(role=Role.OFFICER).order_by("?").first() or members.first()
        if chosen is None:
            raise CommandError(f"{case.lead_unit} 没有工作人员 / has no officers")
        return int(chosen.person_id)


def _person(pk: int | None) -> Person | None:
    """A fresh object: a person's scope is worked out once an object."""
    return None if pk is None else Person.objects.get(pk=pk)
