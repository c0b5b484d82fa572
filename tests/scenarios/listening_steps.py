"""Steps of S40: questions handed in, put on the agenda, answered by the leader at the meeting, followed up where need be."""

from __future__ import annotations

from datetime import timedelta

from pytest_bdd import given, parsers, then, when

from tests.scenarios.driver import Story
from tests.scenarios.steps import at, rows
from yingshang import timekeeping
from yingshang.accounts.models import Role, Unit
from yingshang.activities.models import Activity
from yingshang.cases.models import Case, Status

TITLE = "“钱塘倾听·亲清聚力”政企恳谈会"


@given("这些民营企业家代表报了问题:")
def _questions(story: Story, datatable: list[list[str]]) -> None:
    for row in rows(datatable):
        business = story.business(row["企业"], "2016-05-01", "street.baiyang")
        data = {"topic": row["话题"], "kind": "问题"}
        story.open(business, "listening_meeting", "question", row["问题"], "", data)


@then(parsers.parse('每个问题都归口"{unit}"'))
def _all_at(story: Story, unit: str) -> None:
    assert {c.lead_unit.code for c in _now(story)} == {unit}


@when(parsers.parse('"{unit}"把问题列入"{day}"的恳谈会议题'))
def _plan(story: Story, unit: str, day: str) -> None:
    for n, case in enumerate(_now(story), start=1):
        story.complete(unit, "agenda", case, meeting_date=day, position=n)
    story.plan_meeting(
        story.staffed(unit),
        "listening_meeting",
        TITLE,
        at(f"{day} 14:30"),
        guest=story.official("district.qiantang", Role.DISTRICT_LEADER),
        units=[Unit.objects.get(code="dept.federation_industry")],
        cases=_now(story),
    )


@when(parsers.parse('区委书记在恳谈会上逐一解答,"{unit}"记录'))
def _reply(story: Story, unit: str) -> None:
    clerk = story.staffed(unit)
    for case in _now(story):
        story.wait(timedelta(minutes=15))
        story.act(clerk, "answer", case, text=f"区委书记当场解答:{case.title}")
    story.hold_meeting(
        clerk, Activity.objects.get(scenario="listening_meeting"), "企业代表逐一发言,书记边听边记、逐一解答"
    )


@then("每个问题当天都有解答")
def _answered(story: Story) -> None:
    day = Activity.objects.get(scenario="listening_meeting").starts_at.astimezone(timekeeping.SHANGHAI).date()
    assert {c.answered_at.astimezone(timekeeping.SHANGHAI).date() for c in _now(story)} == {day}
    for case in _now(story):
        seen = story.get(story.handler(case.business), f"/cases/{case.number}")
        assert (seen["status"], seen["answer"]) == (Status.ANSWERED, case.answer)


@then(parsers.parse('首场恳谈会有纪要,议程上有"{n:d}"项'))
def _minuted(story: Story, n: int) -> None:
    meeting = Activity.objects.get(scenario="listening_meeting", state=Activity.State.HELD)
    assert meeting.minutes and meeting.items.count() == n
    assert all(a.present for a in meeting.attendances.all())


@when("提问的企业都确认已解决")
def _all_confirm(story: Story) -> None:
    for case in _now(story):
        story.act(story.handler(case.business), "confirm", case, solved=True)


@when(parsers.parse('区委书记答应会后办,"{unit}"记下'))
def _promise(story: Story, unit: str) -> None:
    story.complete(unit, "reply", outcome="follow_up", promised_by="区委书记", promise="会后派单跟进")


@then("办件在派单池里")
def _pooled(story: Story) -> None:
    assert story.case.status == Status.POOL


def _now(story: Story) -> list[Case]:
    return list(
        Case.objects.select_related("lead_unit", "business").filter(pk__in=[c.pk for c in story.cases]).order_by("pk")
    )
