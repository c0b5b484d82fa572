"""The demo's honest remainder: what was closed without being solved, taken back, merged, or found unsolved afterwards.

Without it closed and solved would be one figure, which is just what the board must not suggest.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import Membership, Person, Role
from yingshang.cases import actions
from yingshang.cases.models import Case, Channel, Revisit, Status, Task
from yingshang.cases.workflow import OPEN
from yingshang.registry.models import Business, Fact, Handler
from yingshang.scenarios.management.commands._demo_support import let_fall_due, person

DEMANDS = ("qifu_express", "demand")
BREAKFAST = ("breakfast_meeting", "signup")
#: Who signed up for breakfast, how many days ago, with what; and how it ended.
BREAKFASTS = (
    (47, "想聊聊新工厂周边的班车", "新厂四百多人上下班，公交末班车太早。", "总经理", "answered"),
    (40, "想了解明年的用能指标", "明年要上一条新线，能耗指标心里没底。", "副总经理", "declined"),
    (33, "想请教数字化改造怎么起步", "看了几家方案，差别很大，想听听过来人的。", "生产总监", "absent"),
    (26, "想谈谈应届生宿舍", "今年招了六十名应届生，宿舍还差二十张床。", "人力总监", "declined"),
)


def tell(source: str) -> None:
    """Tell all of it, at times that lie behind, as ``source``."""
    now = timekeeping.now()
    others = _others()
    for i, (days, title, topic, guest, end) in enumerate(BREAKFASTS):
        _breakfast(
            next(others), now - timedelta(days=days), title, topic, guest, end, f"{source}-breakfast-{i}", source
        )
    _withdrawn(next(others), now, source)
    _merged(next(others), now, source)
    _found_unsolved(now)


def _others() -> Iterator[Business]:
    """Firms without an account, which are spoken for by the officials they called."""
    asked = Case.objects.filter(business__isnull=False).values("business_id")
    held = Handler.objects.filter(until__isnull=True).values("business_id")
    # Nothing invented is attributed to firms that the source names.
    told = Fact.objects.filter(key="told").values("business_id")
    rows = Business.objects.filter(status=Business.Status.ACTIVE, synthetic=True, kind=Business.Kind.ENTERPRISE)
    rows = rows.exclude(pk__in=told)
    yield from rows.exclude(pk__in=asked).exclude(pk__in=held).order_by("-uscc")[:20]


def _official(role: str) -> Person:
    """A fresh object of somebody who holds the role; the demo's own person first."""
    held = Membership.objects.filter(role=role, until__isnull=True).order_by("-person__demo", "pk").first()
    found = person(held.person_id) if held else None
    assert found is not None, f"nobody is {role}"
    return found


def _member(case: Case) -> Person:
    """Somebody of the lead unit who may work on its cases."""
    working = Membership.objects.filter(unit=case.lead_unit, until__isnull=True)
    chosen = working.exclude(role__in=[Role.AUDITOR, Role.ADMINISTRATOR]).order_by("pk").first()
    found = person(chosen.person_id) if chosen else None
    assert found is not None, f"nobody works in {case.lead_unit}"
    return found


def _at(since: datetime, hours: float) -> datetime:
    """So many working hours later."""
    return calendar.load().add_working_seconds(since, round(hours * 3600))


def _open(firm: Business, what: tuple[str, str], title: str, text: str, key: str, source: str, **more: object) -> Case:
    return actions.open_case(
        _official(Role.DISPATCHER),
        scenario=what[0],
        service=what[1],
        title=title,
        text=text,
        business=firm,
        channel=Channel.HOTLINE,
        external_source=source,
        external_id=key,
        **more,
    )


def _breakfast(
    firm: Business, at: datetime, title: str, topic: str, guest: str, end: str, key: str, source: str
) -> None:
    """One sign-up: not invited, invited but absent, or answered over breakfast and confirmed."""

    def step(outcome: str, **data: str) -> None:
        task = Task.objects.get(case=case, kind=Task.Kind.STEP, status=Task.State.OPEN)
        actions.complete_task(task, _member(case), outcome=outcome, data=data)

    at = _at(at, 0.5)
    with timekeeping.travel(at):
        case = _open(firm, BREAKFAST, title, topic, key, source, data={"topic": topic, "guest": guest})
    invited = _at(at, 12)
    with timekeeping.travel(invited):
        if end == "declined":
            step("decline", note="本期名额已满，下一期优先邀请。")
            return
        meets = _at(invited, 30)
        step("invite", date=meets.date().isoformat(), place="区行政中心一楼餐厅")
    with timekeeping.travel(meets):
        if end == "absent":
            step("absent")
            return
        case.refresh_from_db()
        case = actions.answer(
            case, _member(case), text="公交公司到会，末班车从下月起延后四十分钟，并增开一条厂区接驳线。"
        )
    with timekeeping.travel(_at(meets, 20)):
        actions.revisit(case, _official(Role.REFORM_OFFICE), solved=True, note="电话回访，企业说接驳线已经开了。")


def _withdrawn(firm: Business, now: datetime, source: str) -> None:
    """Two that settled themselves: one taken back by the firm that asked, one for a firm that rang up."""
    own = (
        Handler.objects.filter(person__demo=True, until__isnull=True).select_related("business").order_by("pk").first()
    )
    if own:
        asked = _at(now - timedelta(days=17), 1)
        with timekeeping.travel(asked):
            case = actions.open_case(
                person(own.person_id),
                scenario=DEMANDS[0],
                service=DEMANDS[1],
                title="停水没有提前通知",
                text="今天上午车间突然停水，不知道要停多久。",
                category="water",
                business=own.business,
                external_source=source,
                external_id=f"{source}-withdrawn-0",
            )
        with timekeeping.travel(_at(asked, 0.5)):
            actions.withdraw(case, person(own.person_id), reason="水已经来了，物业说是抢修，不用再办。")
    asked = _at(now - timedelta(days=11), 2)
    with timekeeping.travel(asked):
        case = _open(firm, DEMANDS, "房东要提前收回厂房", "合同还有一年，房东说要卖，想问能不能调解。", f"{source}-withdrawn-1",
                     source, category="legal")  # fmt: skip
    with timekeeping.travel(_at(asked, 5)):
        actions.withdraw(
            case,
            _official(Role.DISPATCHER),
            reason="企业来电，已和房东谈妥续租。",
            requested_by="企业行政主管（来电）",
        )


def _merged(firm: Business, now: datetime, source: str) -> None:
    """A neighbour reports what is being worked on already; it goes on as one."""
    going_on = Case.objects.filter(scenario=DEMANDS[0], external_source=source, opened_at__lt=now - timedelta(hours=3))
    into = going_on.filter(status__in=OPEN).exclude(lead_unit=None).order_by("-opened_at").first()
    if into is None:
        return
    asked = min(_at(into.opened_at, 6), now - timedelta(hours=1))
    with timekeeping.travel(asked):
        case = _open(firm, DEMANDS, into.title, f"我们隔壁也一样。{into.text}", f"{source}-merged", source)
    with timekeeping.travel(min(_at(asked, 0.5), now)):
        actions.merge(case, _official(Role.DISPATCHER), into=into, reason="同一处同一件事，并入先到的一件，一起答复。")


def _found_unsolved(now: datetime) -> None:
    """Two that were closed as solved; a call-back and a bad rating say otherwise, so they are worked on again."""
    closed = Case.objects.filter(
        scenario=DEMANDS[0], status=Status.CLOSED, solved=True, closed_at__lt=now - timedelta(days=4)
    )
    by_firm = closed.filter(rating__isnull=True, submitter__kind=Person.Kind.ENTERPRISE).order_by("-closed_at")
    again = [c for c in by_firm[:8] if not Revisit.objects.filter(case=c).exists()][:2]
    moments = (_at(now - timedelta(days=3), 1), _at(now - timedelta(days=2), 3))
    for n, case in enumerate(again):
        with timekeeping.travel(moments[n]):
            if n == 0:
                note = "电话回访，企业说当时好了，上周又出现同样的情况。"
                actions.revisit(case, _official(Role.REFORM_OFFICE), solved=False, note=note)
            else:
                actions.rate(case, person(case.submitter_id), level=2, comment="答复写办好了，实际只办了一半。")
        let_fall_due(case, now)
