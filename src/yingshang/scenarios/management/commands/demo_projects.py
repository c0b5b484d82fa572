"""Invented investment projects for the demo, made through the same actions as real ones, each step at its own time.

Half of them have come to their end, so that boards and forecasts have something to go by. All are marked as samples. Refused
outside demo mode; told once.
"""

from __future__ import annotations

import heapq
import io
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import Membership, Person, Role, Unit
from yingshang.cases import actions as case_actions
from yingshang.cases.models import Case, Task
from yingshang.projects import actions, listing, plan
from yingshang.projects.models import Project, ProjectItem
from yingshang.registry.models import Business, Fact, Handler
from yingshang.scenarios.management.commands._demo_support import let_fall_due, person

PDF = b"%PDF-1.4\n%\xe5\x90\x88\xe6\x88\x90\xe7\xa4\xba\xe4\xbe\x8b sample\n"
I = ProjectItem.State  # noqa: E741


@dataclass(frozen=True)
class Sketch:
    """A project to be told: what it is, how many days ago it began, how quick its units are."""

    name: str
    kind: str
    days_ago: int
    facts: dict[str, Any]
    pace: float = 1.0
    staged: bool = False
    stuck: str = ""


_ALL = {"soil": True, "drainage": True, "utilities": True}


def _facts(area: int, environment: str, energy: int, build: int, **more: Any) -> dict[str, Any]:
    return {"area": area, "environment": environment, "energy": energy, "build_days": build, **more}


SKETCHES = (
    Sketch("示例精密轴承二期厂房", "own_land", 420, _facts(16000, "登记表", 700, 90), 0.8),
    Sketch("示例体外诊断试剂生产线", "lease", 400, _facts(4200, "报告表", 260, 60), 0.7),
    Sketch("示例新能源电控总部基地", "new_land", 390, _facts(52000, "报告表", 900, 130, drainage=True), 1.1),
    Sketch("示例特种胶粘剂扩建", "own_land", 370, _facts(9000, "报告表", 1300, 70), 1.2),
    Sketch("示例半导体设备零部件厂房", "new_land", 360, _facts(30000, "登记表", 800, 110, drainage=True), 0.7, True),
    Sketch("示例冻干制剂车间改造", "lease", 340, _facts(3600, "报告表", 300, 50), 1.0),
    Sketch("示例智能物流装备技改", "own_land", 320, _facts(12000, "登记表", 500, 60), 0.9),
    Sketch("示例医用敷料工厂", "new_land", 300, _facts(24000, "报告表", 600, 90), 0.9),
    Sketch("示例抗体药物生产基地", "new_land", 120, _facts(46000, "报告表", 1900, 220, **_ALL), 1.3, True),
    Sketch("示例储能电池模组项目", "new_land", 60, _facts(38000, "报告表", 2600, 180, **_ALL), 1.0, stuck="energy_review"),
    Sketch("示例美妆代工新厂", "own_land", 24, _facts(15000, "报告表", 500, 120, drainage=True), 0.9),
)  # fmt: skip


class Command(BaseCommand):
    help = "演示投资项目（合成） / synthetic investment projects for the demo"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=2023)

    def handle(self, *args: object, **options: Any) -> None:
        if not settings.DEMO and not settings.TESTING:
            raise CommandError("演示项目只在演示模式生成 / demo mode only")
        if Project.objects.exists():
            return
        chance = random.Random(options["seed"])
        for sketch, (handler, business) in zip(SKETCHES, _handlers(len(SKETCHES)), strict=False):
            with transaction.atomic():
                _Teller(sketch, handler, business, chance).tell()
        self.stdout.write(f"演示项目 {Project.objects.count()} 个 / synthetic projects")


def _handlers(count: int) -> list[tuple[int, Business]]:
    """The demo's own enterprise first, with a running project; then sample firms, each with somebody who cannot sign in.

    Firms that the source names are left out: nothing invented is attributed to them.
    """
    own = (
        Handler.objects.filter(person__demo=True, business__synthetic=True)
        .select_related("business")
        .order_by("id")
        .first()
    )
    firms = Business.objects.filter(
        synthetic=True, kind=Business.Kind.ENTERPRISE, status=Business.Status.ACTIVE, handlers__isnull=True,
        industry_code__startswith="C",
    ).exclude(pk__in=Fact.objects.filter(key="told").values("business")).order_by("uscc")[:count]  # fmt: skip
    found = []
    for n, firm in enumerate(firms, 1):
        who = Person.objects.create_user(
            username=f"sample.project{n}",
            kind=Person.Kind.ENTERPRISE,
            name=f"示例项目经办{n}",
            name_en=f"Sample project handler {n}",
        )
        Handler.objects.create(person=who, business=firm, since=timekeeping.now().date() - timedelta(days=900))
        found.append((who.pk, firm))
    if own is not None and len(found) >= 3:
        found[-3] = (own.person_id, own.business)
    return found


class _Teller:
    """Lets one project happen from its start until now: a queue of things to do, each at a working time."""

    def __init__(self, sketch: Sketch, handler: int, business: Business, chance: random.Random) -> None:
        self.sketch, self.handler, self.business, self.chance = sketch, handler, business, chance
        self.now = timekeeping.now()
        self.kept = calendar.load()
        self.queue: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self.order = itertools.count()
        self.begun: set[str] = set()
        self.people: dict[str, int] = {}

    def tell(self) -> None:
        start = self.kept.add_working_seconds(
            self.now - timedelta(days=self.sketch.days_ago), self.chance.randrange(20000)
        )
        with timekeeping.travel(start):
            self.project = actions.open_project(
                person(self.handler), business=self.business, name=self.sketch.name, kind=self.sketch.kind, facts=self.sketch.facts,
                area=Decimal(self.sketch.facts["area"]), investment=Decimal(self.sketch.facts["area"]) * 6000, synthetic=True,
                ways=plan.Ways(staged=frozenset({"pit_permit"})) if self.sketch.staged else plan.AS_LISTED,
            )  # fmt: skip
        self.listed = listing.read(self.project.listed_id)
        codes = list(self.project.items.values_list("code", flat=True))
        for kind in plan.papers(self.listed, codes):
            # What belongs to the end is there only then.
            last = kind in ("completion_file", "survey_report", "drug_file")
            if not last:
                self._later(start, 0.2, 9, lambda at, kind=kind: self._give(kind, at))
        self._look(start)
        while self.queue and self.queue[0][0] < self.now:
            at, _n, act = heapq.heappop(self.queue)
            with timekeeping.travel(at):
                act(at)
            self._look(at)
        for item in self.project.items.exclude(case=None).exclude(state__in=ProjectItem.ENDED):
            let_fall_due(Case.objects.get(pk=item.case_id), self.now)

    def _later(self, start: datetime, least: float, most: float, act: Callable[[datetime], None]) -> None:
        """Queue something for between so many working days after ``start``."""
        days = self.chance.uniform(least, most)
        at = self.kept.add_working_seconds(start, int(days * self.kept.seconds_a_day))
        heapq.heappush(self.queue, (at, next(self.order), act))

    def _look(self, at: datetime) -> None:
        """Queue what has become possible."""
        for item in self.project.items.all():
            mark = f"{item.code}:{item.state}:{item.attempt}:{item.released_at}"
            if mark in self.begun or (item.code == self.sketch.stuck and item.state == I.RUNNING):
                continue
            if item.state == I.RUNNING and item.unit_id is None:
                self.begun.add(mark)
                days = (item.days or 1) * self.chance.uniform(0.9, 1.25)
                self._later(at, days, days + 0.5, lambda when, code=item.code: self._own(code))
            elif item.state == I.RUNNING:
                self.begun.add(mark)
                days = max((item.days or 2) * self.sketch.pace * self.chance.uniform(0.45, 1.15), 0.3)
                if item.held_at is not None:
                    days = self.chance.uniform(0.1, 0.9)
                self._later(at, days, days + 0.2, lambda when, code=item.code: self._handle(code, when))
            elif item.state == I.PAPERS and item.code == "joint_acceptance":
                self.begun.add(mark)
                for kind in ("completion_file", "survey_report"):
                    self._later(at, 1, 6, lambda when, kind=kind: self._give(kind, when))

    def _give(self, kind: str, at: datetime) -> None:
        name = f"{self.listed.documents[kind].name.zh}(示例).pdf"
        actions.give_paper(
            self.project, person(self.handler), kind=kind, name=name, stream=io.BytesIO(PDF + kind.encode())
        )

    def _own(self, code: str) -> None:
        item = self.project.items.get(code=code)
        if item.state == I.RUNNING and not self._awaits(item):
            actions.finish_own(item, person(self.handler), note="已完成(示例)", sure=True)
        elif item.state == I.RUNNING:
            self._later(timekeeping.now(), 3, 6, lambda when: self._own(code))

    def _awaits(self, item: ProjectItem) -> bool:
        from yingshang.projects.state import Standing

        standing = Standing(self.project)
        return bool(standing.awaited(standing.items[item.code]))

    def _handle(self, code: str, at: datetime) -> None:
        """The unit does what is to be done in the item's case now, up to its result where that may be given out."""
        item = self.project.items.select_related("case").get(code=code)
        case = item.case
        if case is None or item.state not in (I.RUNNING, I.HELD):
            return
        let_fall_due(case, at)
        for _each in range(12):
            task = (
                Task.objects.filter(case=case, kind=Task.Kind.STEP, status=Task.State.OPEN)
                .select_related("unit")
                .order_by("id")
                .first()
            )
            if task is None:
                return
            who = person(self._officer(task.unit or item.unit))
            if task.step == "sign":
                case_actions.sign_for(case, who)
                continue
            data = self._data(item, task, at)
            if task.step == "issue" and self._awaits(item):
                return
            outcomes = [o for o in task.outcomes.split(",") if o in ("pass", "done")]
            case_actions.complete_task(task, who, outcome=outcomes[0], note="同意(示例)", data=data)

    def _data(self, item: ProjectItem, task: Task, at: datetime) -> dict[str, Any]:
        """What the forms of the items' steps ask for."""
        day = at.date().isoformat()
        if task.step == "issue":
            outputs = self.listed.items[item.code].outputs
            numbers = "、".join(f"示例{at:%Y}-{item.pk}-{n}号" for n in range(1, len(outputs) + 1))
            extra = {
                "joint_acceptance": {"opinion": "同意通过联合验收(示例)"},
                "utilities": {"plan": "四家同步接入(示例)"},
            }
            return {"numbers": numbers, **extra.get(item.code, {})}
        if task.step == "visit":
            return {"date": day}
        if task.step == "survey" and item.code == "drainage":
            return {"surveyed_on": day, "outlet": "地块北侧市政井(示例)", "pipes": 2, "separated": "已分流"}
        return {}

    def _officer(self, unit: Unit | None) -> int:
        assert unit is not None
        if unit.code not in self.people:
            held = Membership.objects.filter(unit=unit, until__isnull=True).exclude(
                role__in=[Role.AUDITOR, Role.ADMINISTRATOR]
            )
            first = (
                held.filter(role=Role.OFFICER, person__demo=False).order_by("id").first() or held.order_by("id").first()
            )
            if first is None:
                raise CommandError(f"{unit} 没有工作人员 / has no officers")
            self.people[unit.code] = first.person_id
        return self.people[unit.code]
