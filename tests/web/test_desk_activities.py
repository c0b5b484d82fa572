"""Visits, escalations, meetings and root causes through their pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.world import World
from tests.web.test_desk_pages import handled, visit_of
from yingshang import timekeeping
from yingshang.activities import actions as activities
from yingshang.activities.models import Activity, Campaign, Item
from yingshang.cases import actions
from yingshang.cases.models import Case, Channel, Escalation, Nature, RootCause

As = Callable[[str], Client]


@pytest.fixture
def case(world: World) -> Case:
    return handled(
        world,
        actions.open_case(
            world.firm1,
            scenario="qifu_express",
            service="demand",
            title="夜班公交末班车过早",
            text="晚班员工下班没有公交。",
            business=world.business,
        ),
    )


def climbed(world: World, case: Case) -> Escalation:
    actions.escalate(case, world.firm1, reason="跨部门,定不下来")
    return Escalation.objects.get(case=case, settled_at__isnull=True)


def test_a_visit_on_the_phone_with_two_problems(world: World, sign_in: As) -> None:
    client = sign_in("economy_officer")
    listed = client.get(reverse("desk:visits")).content.decode()
    assert world.business.name in listed
    assert world.other_business.name not in listed
    answer = client.post(
        reverse("desk:visit_plan"), {"business": "示例机电", "day": "2023-04-26", "at": "10:30", "now": "1", "aim": ""}
    )
    visit = Activity.objects.get(kind="visit")
    assert answer["Location"] == reverse("desk:visit", args=[visit.pk])
    assert visit.unit == world.units["dept.economy"]
    record = {
        "key": "v1",
        "minutes": "订单平稳,反映两件事。",
        "f_met": "厂长",
        "f_situation": "平稳",
        "p0-title": "门口货车停车难",
        "p0-category": "traffic",
        "p1-title": "想了解技改补贴",
        "p1-text": "设备更新",
    }
    for _ in range(2):
        assert client.post(reverse("desk:visit", args=[visit.pk]), record).status_code == 302
    visit.refresh_from_db()
    assert visit.state == Activity.State.HELD
    assert visit.data["met"] == "厂长"
    raised = Case.objects.filter(channel=Channel.VISIT).order_by("id")
    assert [c.title for c in raised] == ["门口货车停车难", "想了解技改补贴"]
    assert all(c.business == world.business for c in raised)
    text = client.get(reverse("desk:visit", args=[visit.pk])).content.decode()
    assert "订单平稳" in text
    assert raised[0].number in text


def test_a_visit_with_something_missing_changes_nothing_and_keeps_what_was_typed(world: World, sign_in: As) -> None:
    visit = visit_of(world)
    client = sign_in("economy_officer")
    given = {"minutes": "谈得不错", "f_situation": "平稳", "p0-title": "", "p0-text": "只写了情况"}
    answer = client.post(reverse("desk:visit", args=[visit.pk]), given)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "谈得不错" in text
    assert "只写了情况" in text
    assert "请用一句话说明是什么问题" in text
    visit.refresh_from_db()
    assert visit.state == Activity.State.PLANNED
    assert not Case.objects.exists()


def test_a_campaign_counts_each_enterprise_once(world: World, sign_in: As) -> None:
    given = {"title": "二季度大走访", "starts": "2023-04-01", "ends": "2023-06-30", "target": "4", "aim": ""}
    assert sign_in("officer").post(reverse("desk:campaigns"), given).status_code == 403
    assert sign_in("reform").post(reverse("desk:campaigns"), given).status_code == 302
    campaign = Campaign.objects.get()
    client = sign_in("economy_officer")
    for day in ("2023-04-26", "2023-04-27"):
        client.post(
            reverse("desk:visit_plan"),
            {"business": world.business.uscc, "day": day, "at": "10:30", "campaign": campaign.pk, "aim": ""},
        )
    for visit in Activity.objects.filter(campaign=campaign):
        answer = client.post(reverse("desk:visit", args=[visit.pk]), {"minutes": "走访", "f_key": "重点企业"})
        assert answer.status_code == 302
    (row,) = client.get(reverse("desk:campaigns")).context["campaigns"]
    assert (row["campaign"].visited, row["percent"]) == (1, 25)


def test_from_the_list_to_the_meeting_to_the_decision(world: World, case: Case, sign_in: As) -> None:
    escalation = climbed(world, case)
    reform = sign_in("reform")
    listed = reform.get(reverse("desk:escalations"))
    assert [e.pk for e in listed.context["rows"]] == [escalation.pk]
    given = {"title": "夜班公交专题协调会", "day": "2023-04-27", "at": "14:30", "place": "", "chosen": [escalation.pk]}
    assert sign_in("officer").post(reverse("desk:convene"), given).status_code == 403
    nothing = reform.post(reverse("desk:convene"), {**given, "chosen": []})
    assert nothing.status_code == 422
    assert "请选择至少一个提级事项" in nothing.content.decode()
    reform.post(reverse("desk:convene"), given)
    meeting = Activity.objects.get(kind="meeting")
    item = Item.objects.get(activity=meeting)
    assert item.case == case
    url = reverse("desk:meeting_item", args=[meeting.pk, item.pk, "decide"])
    early = reform.post(url, {"decision": "延长末班车", "owner_unit": "区商务局", "due": "2023-04-01"})
    assert early.status_code == 422
    assert "完成日期不能早于会议日期" in early.content.decode()
    assert (
        reform.post(url, {"decision": "延长末班车", "owner_unit": "区商务局", "due": "2023-05-20"}).status_code == 302
    )
    assert (
        reform.post(
            reverse("desk:meeting_do", args=[meeting.pk, "hold"]),
            {"minutes": "议定一项。", "present": [a.pk for a in meeting.attendances.all()]},
        ).status_code
        == 302
    )
    owner = sign_in("officer")
    assert "延长末班车" in owner.get(reverse("desk:meetings")).content.decode()
    carry = reverse("desk:meeting_item", args=[meeting.pk, item.pk, "carry"])
    assert owner.post(carry, {"result": "5 月 15 日起末班车延至 23 点"}).status_code == 302
    assert owner.post(carry, {"result": "再报一次"}).status_code == 409
    item.refresh_from_db()
    assert (item.state, item.owner_unit) == (Item.State.DONE, world.units["dept.commerce"])
    assert "延长末班车" in owner.get(reverse("desk:case", args=[case.number])).content.decode()


def test_two_things_to_do_with_one_list_do_not_hold_each_other_up(world: World, case: Case, sign_in: As) -> None:
    climbed(world, case)
    page = sign_in("leader").get(reverse("desk:escalations")).content.decode()
    form = page.split(f'action="{reverse("desk:convene")}')[1].split("</form>")[0]
    opening = page.split(f'action="{reverse("desk:convene")}')[0].rsplit("<form", 1)[1]
    assert "novalidate" in opening, "required fields of a folded form would refuse the other one"
    names = [
        n for n in re.findall(r'<(?:input|textarea|select)[^>]* name="([^"]+)"', form) if n not in ("chosen", "units")
    ]
    assert len(names) == len(set(names)), names


def test_common_problems_go_under_one_root_cause(world: World, case: Case, sign_in: As) -> None:
    escalation = climbed(world, case)
    leader = sign_in("leader")
    given = {
        "title": "企业诉求专题协调会",
        "gather-title": "夜间公交班次不足",
        "gather-owner": "区商务局",
        "gather-description": "",
        "gather-measure": "",
        "gather-due": "",
        "chosen": [escalation.pk],
    }
    assert leader.post(reverse("desk:gather"), given).status_code == 302
    root = RootCause.objects.get()
    assert root.title == "夜间公交班次不足"
    case.refresh_from_db()
    assert (case.root_cause, case.nature) == (root, Nature.COMMON)
    common = leader.get(reverse("desk:escalations") + "?list=common")
    assert [e.pk for e in common.context["rows"]] == [escalation.pk]
    assert not leader.get(reverse("desk:escalations")).context["rows"]
    url = reverse("desk:root_cause", args=[root.pk])
    assert sign_in("education_officer").post(url, {"measure": "x"}).status_code == 403
    assert leader.post(url, {"measure": "与公交公司约定班次"}).status_code == 302
    assert leader.post(url, {"measure": "又一次"}).status_code == 409


def test_a_listening_meeting_takes_down_questions_on_the_spot(world: World, sign_in: As) -> None:
    reform = sign_in("reform")
    given = {
        "scenario": "listening_meeting",
        "title": "首场政企恳谈会",
        "day": (timekeeping.now() + timedelta(days=9)).date().isoformat(),
        "at": "14:00",
        "place": "",
        "businesses": f"{world.business.name}\n{world.other_business.uscc}",
    }
    assert reform.post(reverse("desk:meeting_plan"), {**given, "businesses": "查无此企业"}).status_code == 422
    assert reform.post(reverse("desk:meeting_plan"), given).status_code == 302
    meeting = Activity.objects.get(scenario="listening_meeting")
    assert {a.business for a in meeting.attendances.all()} == {world.business, world.other_business}
    url = reverse("desk:meeting_do", args=[meeting.pk, "raise"])
    question = {"title": "外贸订单回款慢", "text": "", "business": world.business.pk, "category": "", "key": "q"}
    for _ in range(2):
        assert reform.post(url, question).status_code == 302
    raised = Case.objects.get(channel=Channel.MEETING)
    assert raised.business == world.business
    # The firm that was there reads it; only the organiser writes.
    assert sign_in("officer").post(url, question).status_code == 404


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_that_nobody_can_mean_spoils_no_list(world: World, sign_in: As, day: str) -> None:
    client = sign_in("reform")
    meeting = {"scenario": "listening_meeting", "title": "恳谈会", "day": day, "at": "00:01"}
    assert client.post(reverse("desk:meeting_plan"), meeting).status_code == 422
    visit = {"business": "示例机电", "day": day, "at": "00:01", "aim": ""}
    assert client.post(reverse("desk:visit_plan"), visit).status_code == 422
    campaign = {"title": "大走访", "starts": day, "ends": day, "target": "9" * 20}
    assert client.post(reverse("desk:campaigns"), campaign).status_code == 422


def test_a_form_that_is_sent_twice_plans_once(world: World, sign_in: As) -> None:
    meeting = {"scenario": "listening_meeting", "title": "恳谈会", "day": "2023-04-28", "at": "09:00", "key": "k"}
    visit = {"business": "示例机电", "day": "2023-04-28", "at": "09:00", "aim": "", "key": "k"}
    campaign = {"title": "大走访", "starts": "2023-05-01", "ends": "2023-05-31", "key": "k"}
    for _ in range(2):
        assert sign_in("reform").post(reverse("desk:meeting_plan"), meeting).status_code == 302
        assert sign_in("reform").post(reverse("desk:visit_plan"), visit).status_code == 302
        assert sign_in("reform").post(reverse("desk:campaigns"), campaign).status_code == 302
    assert sorted(Activity.objects.values_list("kind", flat=True)) == ["meeting", "visit"]
    assert Campaign.objects.count() == 1


def test_a_cancelled_meeting_decides_nothing(world: World, sign_in: As) -> None:
    meeting = activities.plan(
        world.reform, scenario="listening_meeting", kind=Activity.Kind.MEETING, title="恳谈会",
        starts_at=timekeeping.now(), unit=world.units["district"],
    )  # fmt: skip
    item = activities.add_item(meeting, world.reform, title="夜班公交")
    activities.cancel(meeting, world.reform, reason="台风")
    client = sign_in("reform")
    decided = {"decision": "加开两班", "owner_unit": "区经信科技局", "due": "2023-05-10"}
    assert client.post(reverse("desk:meeting_item", args=[meeting.pk, item.pk, "decide"]), decided).status_code == 409
    raised = {"title": "公交", "text": "", "business": "", "category": ""}
    assert client.post(reverse("desk:meeting_do", args=[meeting.pk, "raise"]), raised).status_code == 409
    item.refresh_from_db()
    assert item.state == Item.State.AGENDA and not Case.objects.exists()
