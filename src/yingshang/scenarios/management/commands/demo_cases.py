"""Invented cases, visits and meetings for the demo, made through the same actions as real ones.

Refused outside demo mode. Told once: a second call finds them and does nothing.
"""

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
from yingshang.accounts.models import Membership, Role, Unit
from yingshang.cases import actions
from yingshang.cases.errors import ActionError
from yingshang.cases.models import Case, Channel, Status
from yingshang.registry.models import Business, Fact, Handler
from yingshang.scenarios.management.commands import _demo_activities, _demo_chain, _demo_endings, _demo_records
from yingshang.scenarios.management.commands._demo_support import handler_of, let_fall_due, person

SCENARIO, SERVICE, SOURCE = "qifu_express", "demand", "demo"
DAYS = 75
#: What was asked longer ago than this has been answered, but for a few cases that are stuck.
RECENT = timedelta(days=9)


class Command(BaseCommand):
    help = "演示办件（合成） / synthetic cases for the demo"

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
        storyteller.leave_waiting()
        storyteller.leave_undecided()
        _demo_activities.tell(storyteller.follow)
        _demo_endings.tell(SOURCE)
        _demo_records.tell()
        _demo_chain.tell()
        self.stdout.write(f"演示办件 {Case.objects.filter(external_source=SOURCE).count()} 件 / synthetic cases")


class _Storyteller:
    """Lets cases happen over the last weeks, each at its own times, as far as their fate goes."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        folder = Path(__file__).resolve().parents[3] / "districts" / settings.DISTRICT
        told = tomllib.loads((folder / "demo_demands.toml").read_text(encoding="utf-8"))
        self.demands, self.undecided = told["demand"], told["undecided"]
        self.calendar = calendar.load()
        dispatcher = (
            Membership.objects.filter(role=Role.DISPATCHER, until__isnull=True).select_related("person").first()
        )
        if dispatcher is None:
            raise CommandError("没有派单员，请先载入区数据和演示账号 / load the district first")
        self.dispatcher = dispatcher.person_id
        self.fallback = dispatcher.unit

    def _businesses(self, count: int) -> Iterator[Business]:
        own = [h.business for h in Handler.objects.filter(person__demo=True).select_related("business")]
        pool = list(
            Business.objects.filter(status=Business.Status.ACTIVE, synthetic=True)
            .exclude(pk__in=Fact.objects.filter(key="told").values("business_id"))
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
                self._one(i, business, asked)
            except ActionError as error:
                raise CommandError(f"{business.name}: {error.message}") from error

    def _one(self, i: int, business: Business, asked: datetime) -> None:
        title, text, category, answer, *unit = self.demands[i % len(self.demands)]
        firm = handler_of(business)
        with timekeeping.travel(asked):
            case = actions.open_case(
                person(firm or self.dispatcher),
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
        self.follow(case, answer, unit[0] if unit else "")

    def follow(self, case: Case, answer: str, unit: str = "", fate: float | None = None) -> None:
        """Tell the rest of a case that was asked: what was done, and what fell due meanwhile, up to now."""
        now = timekeeping.now()
        self._handle(case, handler_of(case.business), answer, unit, now, fate)
        let_fall_due(case, now)

    def _handle(self, case: Case, firm: int | None, answer: str, unit: str, now: datetime, fate: float | None) -> None:
        """Move the case on at working times, as far as its fate (of its own or given) goes and the present allows."""
        given, fate = fate, self.chance.random() if fate is None else fate
        if given is None and fate < 0.26 and now - case.opened_at > RECENT and self.chance.random() < 0.93:
            fate += 0.3
        at = case.opened_at

        def later(least: int, most: int) -> bool:
            """Move on by working minutes; False when that lies in the future."""
            nonlocal at
            at = self.calendar.add_working_seconds(at, 60 * self.chance.randrange(least, most))
            let_fall_due(case, min(at, now))
            return at < now

        if fate < 0.04 or not later(3, 25):
            return
        if case.status == Status.POOL:
            with timekeeping.travel(at):
                code = unit or case.routing.get("unit", "")
                lead = Unit.objects.filter(code=code).first() or self.fallback
                case = actions.dispatch(case, person(self.dispatcher), lead=lead)
        officer = self._officer(case)
        if fate < 0.08 or not later(4, 20):
            return
        with timekeeping.travel(at):
            case = actions.sign_for(case, person(officer))
        if not later(5, 35 if fate < 0.9 else 120):
            return
        with timekeeping.travel(at):
            case = actions.contact(case, person(officer), note="已电话联系经办人，了解具体情况。")
        if fate < 0.14:
            if later(20, 90):
                with timekeeping.travel(at):
                    actions.ask_supplement(case, person(officer), what="请补充现场照片和最近一次办理的回执。")
            return
        if fate < 0.2 or not later(30, 900 if fate < 0.9 else 4000):
            return
        with timekeeping.travel(at):
            case = actions.answer(case, person(officer), text=answer)
        if fate < 0.26 or not later(20, 700):
            return
        with timekeeping.travel(at):
            # Only what is fresh is still disputed; what was, weeks ago, has been settled meanwhile.
            case = self._close(case, firm, solved=fate > 0.33 or now - case.opened_at > RECENT * 2, rate=fate > 0.5)
        if case.status != Status.HANDLING or not later(300, 1500):
            return
        with timekeeping.travel(at):
            case = actions.answer(case, person(officer), text=f"再次上门核实。{answer}")
        if firm and later(30, 300):
            with timekeeping.travel(at):
                actions.confirm(case, person(firm), solved=True)

    def _close(self, case: Case, firm: int | None, *, solved: bool, rate: bool) -> Case:
        if firm is None:
            caller = Membership.objects.filter(role=Role.REFORM_OFFICE, until__isnull=True).first()
            if caller is None:
                return case
            note = "电话回访，企业说问题解决了。" if solved else "电话回访，企业说只解决了一半。"
            return actions.revisit(case, person(caller.person_id), solved=solved, note=note)
        if not solved:
            return actions.confirm(case, person(firm), solved=False, comment="还没有完全解决，请再看看。")
        case = actions.confirm(case, person(firm), solved=True)
        if rate:
            actions.rate(case, person(firm), level=self.chance.choice([5, 5, 5, 4, 4, 3]), comment="")
        return case

    def leave_waiting(self) -> None:
        """What the demo's first enterprise finds when it signs in: one case to confirm, one to supplement, one to rate."""
        own = Handler.objects.filter(person__demo=True).select_related("business").order_by("pk").first()
        if own is None:
            return
        now = timekeeping.now()
        for i, fate in enumerate((0.22, 0.12, 0.45)):
            title, text, category, answer, *_unit = self.demands[i + 7]
            with timekeeping.travel(self.calendar.add_working_seconds(now - timedelta(days=4), 3600 * i)):
                case = actions.open_case(
                    person(own.person_id),
                    scenario=SCENARIO,
                    service=SERVICE,
                    title=title,
                    text=text,
                    category=category,
                    business=own.business,
                    external_source=SOURCE,
                    external_id=f"waiting-{i}",
                )
            self.follow(case, answer, fate=fate)

    def leave_undecided(self) -> None:
        """What came in during the last hour and waits for a dispatcher; the first was sent once and came back."""
        now = timekeeping.now()
        own = list(Handler.objects.filter(person__demo=True).select_related("business").order_by("pk")[:1])
        for i, (title, text, wrong) in enumerate(self.undecided):
            firm = own[0] if own and i % 2 == 0 else None
            business = firm.business if firm else list(self._businesses(2))[1]
            at = now - timedelta(minutes=50 - 8 * i)
            with timekeeping.travel(at):
                case = actions.open_case(
                    person(firm.person_id if firm else self.dispatcher),
                    scenario=SCENARIO,
                    service=SERVICE,
                    title=title,
                    text=text,
                    business=business,
                    channel=Channel.PORTAL if firm else Channel.HOTLINE,
                    external_source=SOURCE,
                    external_id=f"undecided-{i}",
                )
            lead = Unit.objects.filter(code=wrong).first() if wrong else None
            if lead is None or case.status != Status.POOL:
                continue
            with timekeeping.travel(at + timedelta(minutes=4)):
                case = actions.dispatch(case, person(self.dispatcher), lead=lead)
            with timekeeping.travel(at + timedelta(minutes=7)):
                actions.return_case(
                    case, person(self._officer(case)), reason="不在本单位职责内，建议由属地街道牵头协调。"
                )

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
