"""Invented visits, a round of visits, meetings and a common problem for the demo, made through the usual actions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import Membership, Person, Role, Unit
from yingshang.activities import actions as activities
from yingshang.activities.models import Activity, Campaign
from yingshang.cases import actions as cases
from yingshang.cases.models import ENDED, Case, Escalation
from yingshang.registry.models import Business, ServiceAssignment

VISITS, MEETINGS = "service_officer", "escalation_coordination"


def tell(follow: Callable[[Case, str], None]) -> None:
    """Let the demo's service officer visit firms, and the reform office hold meetings on what is stuck.

    Args:
        follow: tells the rest of a case that was raised on the way, given the answer it will get.
    """
    now = timekeeping.now()
    if host := _holder(Role.REFORM_OFFICE):
        round_ = _round(host, now)
        _visits(round_, now, follow)
        _meetings(host, now)


def _holder(role: str) -> Membership | None:
    """The demo's person of a role, else the first person who holds it."""
    held = Membership.objects.filter(role=role, until__isnull=True).select_related("person", "unit")
    return held.filter(person__demo=True, person__username__in=("reform", "serviceofficer")).first() or held.first()


def _day(now: datetime, working_days: int, at: time) -> datetime:
    """The same or another working day, so many before or after, at a time of the day."""
    working = calendar.load().is_working
    day = now.astimezone(timekeeping.SHANGHAI).date()
    step = timedelta(days=1 if working_days > 0 else -1)
    for _ in range(abs(working_days)):
        day += step
        while not working(day):
            day += step
    return datetime.combine(day, at, timekeeping.SHANGHAI)


def _round(host: Membership, now: datetime) -> Campaign:
    today = now.astimezone(timekeeping.SHANGHAI).date()
    return Campaign.objects.create(
        scenario="big_visit_campaign",
        title="四季度企业大走访",
        aim="听企业讲用工、用地、资金三件事，当场能答的当场答，不能答的一件一件提上来。",
        starts=today - timedelta(days=24),
        ends=today + timedelta(days=30),
        unit=host.unit,
        target=12,
        created_by=host.person,
    )


def _visits(round_: Campaign, now: datetime, follow: Callable[[Case, str], None]) -> None:
    """Two firms visited, one of them with a problem, and two visits ahead."""
    assignments = ServiceAssignment.objects.filter(until__isnull=True).select_related("officer", "unit", "business")
    mine = list(assignments.filter(officer__username="serviceofficer")[:2]) or list(assignments[:2])
    told = [
        (-6, time(10), "订单比上半年好，就是数控操作工不好招。看了新装的两条线。", "数控操作工招不满，年前还差八个"),
        (-3, time(14, 30), "了解了用电增容的进度，企业满意。提醒申报时间。", ""),
    ]
    for (days, at, minutes, problem), a in zip(told, mine, strict=False):
        start = _day(now, days, at)
        with timekeeping.travel(start):
            visit = _plan(a, start, round_, "近期生产和用工")
            raised = None
            if problem:
                raised = activities.raise_problem(
                    visit,
                    _person(a.officer_id),
                    title=problem,
                    text="现场提出，希望帮忙联系职业院校。",
                    category="hiring",
                )
            activities.hold(visit, _person(a.officer_id), minutes=minutes)
        if raised:
            follow(raised, "已与两所职业院校签了实习协议，下周五到厂面试。")
    for days, a in zip((1, 2), mine, strict=False):
        _plan(a, _day(now, days, time(9, 30)), round_, "上次反映的事有没有下文")


def _plan(a: ServiceAssignment, start: datetime, round_: Campaign, aim: str) -> Activity:
    business: Business = a.business
    return activities.plan(
        _person(a.officer_id),
        scenario=VISITS,
        kind=Activity.Kind.VISIT,
        title=f"走访 {business.name}"[:120],
        starts_at=start,
        unit=a.unit,
        place=business.address[:120],
        business=business,
        campaign=round_,
        data={"aim": aim},
    )


def _meetings(host: Membership, now: datetime) -> None:
    """A meeting that was held on two cases that were stuck, one that is called, and one common problem."""
    stuck = list(
        Escalation.objects.filter(settled_at__isnull=True)
        .exclude(case__status__in=ENDED)
        .exclude(case__lead_unit=None)
        .select_related("case__business", "case__lead_unit")
        .order_by("-level", "id")
    )
    by_case = list({e.case_id: e for e in stuck}.values())
    held = [e for e in by_case if e.at < _day(now, -4, time(9))][:2]
    if held:
        start = _day(now, -4, time(14, 30))
        with timekeeping.travel(start - timedelta(hours=6)):
            meeting = activities.convene(
                _person(host.person_id),
                escalations=held,
                title="企业诉求专题协调会（第三次）",
                starts_at=start,
                unit=host.unit,
                place="区行政中心 2 号楼 301",
            )
        with timekeeping.travel(start + timedelta(hours=2)):
            for n, item in enumerate(meeting.items.select_related("case__lead_unit").order_by("position")):
                owner = item.case.lead_unit if item.case and item.case.lead_unit else host.unit
                activities.decide(
                    item,
                    _person(host.person_id),
                    decision="由承办单位牵头，现场把堵点逐条列清；需要其他单位配合的，三个工作日内回复。",
                    owner_unit=owner,
                    due=_day(now, 2 if n else -1, time(9)).date(),
                )
            present = list(meeting.attendances.filter(unit__isnull=False).values_list("pk", flat=True))
            activities.hold(
                meeting,
                _person(host.person_id),
                minutes="逐件听取承办单位说明，企业代表到会。两件事都定了牵头单位和完成时间。",
                present=present,
            )
    ahead = [e for e in by_case if e not in held][:3]
    if ahead:
        activities.convene(
            _person(host.person_id),
            escalations=ahead,
            title="企业诉求专题协调会（第四次）",
            starts_at=_day(now, 1, time(14, 30)),
            unit=host.unit,
            place="区行政中心 2 号楼 301",
        )
    _common(host, now)


def _common(host: Membership, now: datetime) -> None:
    """Standing water before several factories is one problem of the drains, not several of the firms."""
    alike = list(Case.objects.filter(title__contains="积水").exclude(lead_unit=None).order_by("-pk")[:3])
    owner: Unit | None = alike[0].lead_unit if alike else None
    if owner is None:
        return
    cases.name_root_cause(
        _person(host.person_id),
        title="老工业区雨水管网排水能力不足",
        owner=owner,
        cases=alike,
        description="几家企业门口反复积水，都在同一条雨水管的下游；逐家清疏只管一时。",
        measure="列入管网改造计划，汛期前先打通下游两处瓶颈。",
        due=_day(now, 60, time(9)).date(),
    )


def _person(pk: int) -> Person:
    """A fresh object: a person's scope is worked out once an object, at the time it is told for."""
    return Person.objects.get(pk=pk)
