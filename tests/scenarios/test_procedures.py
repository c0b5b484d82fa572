"""The turns that no story takes: each procedure from the asking to its end, by the people it names."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.scenarios.driver import Refused, Story
from yingshang import timekeeping
from yingshang.accounts.models import Role
from yingshang.cases import actions, sweep
from yingshang.cases.models import Case, Clock, Status, Task

MORNING = datetime(2023, 4, 18, 9, 0, tzinfo=timekeeping.SHANGHAI)


@pytest.fixture
def firm(story: Story) -> Story:
    """A business on a working morning."""
    story.go_to(MORNING)
    story.business("示例企业", "2018-01-01", "street.xiasha")
    return story


def ask(story: Story, scenario: str, service: str, **data: Any) -> Case:
    return story.open(story.businesses[0], scenario, service, "示例事项", "", data)


def leader(story: Story) -> Any:
    return story.official("district.qiantang", Role.DISTRICT_LEADER)


def leads(story: Story, step: str, outcome: str, **data: Any) -> None:
    """The leader completes a step that is his."""
    task = story.waiting(step).get()
    assert task.person == leader(story)
    story.post(leader(story), f"/tasks/{task.pk}/complete", outcome=outcome, data=data)


def to_unit(story: Story, unit: str) -> None:
    story.act(story.official("dept.economy", Role.DISPATCHER), "dispatch", lead=unit)
    story.act(story.staffed(unit), "sign_for")
    story.act(story.staffed(unit), "contact", note="已联系")


def confirmed(story: Story) -> None:
    story.act(story.handler(story.case.business), "confirm", solved=True)
    assert (story.case.status, story.case.solved) == (Status.CLOSED, True)


REQUEST = {"where": "某窗口", "told": "不归我们管", "attempts": 2}


def test_bottom_line_convenes_the_units_where_they_point_at_each_other(firm: Story) -> None:
    ask(firm, "bottom_line_handling", "request", **REQUEST)
    firm.act(firm.staffed("dept.approval"), "sign_for")
    firm.act(firm.staffed("dept.approval"), "contact", note="已联系")
    firm.complete("dept.approval", "diagnose", obstacle="互相推诿", finding="两家都说不归自己管")
    firm.complete(
        "dept.approval",
        "convene",
        units=["dept.market", "dept.fire"],
        agreed="由市场监管牵头",
        lead="dept.market",
        due="2023-04-21",
    )
    firm.act(firm.staffed("dept.approval"), "answer", text="已议定由市场监管局主办并办结")
    confirmed(firm)


def test_bottom_line_goes_straight_on_where_the_window_can(firm: Story) -> None:
    ask(firm, "bottom_line_handling", "request", **REQUEST)
    firm.act(firm.staffed("dept.approval"), "sign_for")
    firm.act(firm.staffed("dept.approval"), "contact", note="已联系")
    firm.complete("dept.approval", "diagnose", obstacle="系统或流程故障", finding="网上提交报错")
    assert not Task.objects.filter(case=firm.case, step="convene").exists()
    firm.act(firm.staffed("dept.approval"), "answer", text="已代为提交")
    confirmed(firm)


def test_a_form_that_is_not_filled_in_is_refused_by_field(firm: Story) -> None:
    with pytest.raises(Refused) as refused:
        ask(firm, "bottom_line_handling", "request", where="某窗口")
    assert refused.value.status == 422
    assert not Case.objects.exists()


def test_through_train_goes_by_the_leader_twice(firm: Story) -> None:
    ask(firm, "qinqing_through_train", "call", to="都可以")
    firm.complete("dept.federation_industry", "register", summary="反映用工困难", proposal="建议人力社保条线办理")
    leads(firm, "instruct", "done", instruction="请人力社保条线尽快办理")
    assert firm.case.status == Status.POOL
    to_unit(firm, "dept.human_resources")
    firm.act(firm.staffed("dept.human_resources"), "answer", text="已安排招聘会")
    with pytest.raises(Refused):
        firm.act(firm.handler(firm.case.business), "confirm", solved=True)
    leads(firm, "review", "redo")
    firm.act(firm.staffed("dept.human_resources"), "answer", text="已安排两场招聘会并对接学校")
    leads(firm, "review", "accept")
    confirmed(firm)


SIGNUP = {"topic": "怎么招到技术工人", "guest": "总经理"}


@pytest.mark.parametrize(("step", "outcome"), [("invite", "decline"), ("talk", "absent")])
def test_breakfast_ends_where_nobody_talks(firm: Story, step: str, outcome: str) -> None:
    ask(firm, "breakfast_meeting", "signup", **SIGNUP)
    if step == "talk":
        firm.complete("dept.federation_industry", "invite", outcome="invite", date="2023-04-25")
    firm.complete("dept.federation_industry", step, outcome=outcome)
    assert (firm.case.status, firm.case.solved) == (Status.CLOSED, None)
    assert not firm.case.clocks.filter(state=Clock.State.RUNNING).exists()


def test_breakfast_goes_on_where_the_talk_leaves_something_open(firm: Story) -> None:
    ask(firm, "breakfast_meeting", "signup", **SIGNUP)
    firm.complete("dept.federation_industry", "invite", outcome="invite", date="2023-04-25")
    firm.complete("dept.federation_industry", "talk", outcome="follow_up")
    to_unit(firm, "dept.human_resources")
    firm.act(firm.staffed("dept.human_resources"), "answer", text="已对接职业学校")
    confirmed(firm)


def test_breakfast_settles_at_the_table(firm: Story) -> None:
    ask(firm, "breakfast_meeting", "signup", **SIGNUP)
    firm.complete("dept.federation_industry", "invite", outcome="invite", date="2023-04-25")
    firm.act(firm.staffed("dept.federation_industry"), "answer", text="会上已说明")
    confirmed(firm)


def test_silence_for_five_days_is_called_back_by_somebody_else(firm: Story) -> None:
    firm.open(firm.businesses[0], "qifu_express", "demand", "发票额度不够", "tax", {})
    officer = firm.staffed("dept.tax")
    firm.act(officer, "sign_for")
    firm.act(officer, "contact", note="已联系")
    firm.act(officer, "answer", text="已调整额度")
    firm.wait(timedelta(days=4, hours=23))
    assert not firm.waiting("revisit").exists()
    firm.wait(timedelta(hours=2))
    assert firm.waiting("revisit").exists() and firm.case.status == Status.ANSWERED
    with pytest.raises(Refused) as refused:
        firm.act(officer, "revisit", solved=True, note="自己回访自己")
    assert refused.value.status == 403
    firm.act(firm.official("dept.economy", Role.DISPATCHER), "revisit", solved=False, note="额度还是不够")
    assert (firm.case.status, firm.case.level) == (Status.HANDLING, 1)


def test_a_unit_may_return_it_after_signing_too(firm: Story) -> None:
    firm.open(firm.businesses[0], "qifu_express", "demand", "发票额度不够", "tax", {})
    firm.act(firm.staffed("dept.tax"), "sign_for")
    firm.act(firm.staffed("dept.tax"), "return", reason="实为银行开户问题")
    assert (firm.case.status, firm.case.bounces) == (Status.POOL, 1)
    to_unit(firm, "dept.economy")


def test_reopened_cases_go_on_at_the_answer(firm: Story) -> None:
    firm.open(firm.businesses[0], "qifu_express", "demand", "发票额度不够", "tax", {})
    officer = firm.staffed("dept.tax")
    firm.act(officer, "sign_for")
    firm.act(officer, "contact", note="已联系")
    firm.act(officer, "answer", text="已调整额度")
    confirmed(firm)
    firm.act(firm.handler(firm.case.business), "reopen", reason="额度又被收回")
    assert firm.case.status == Status.HANDLING and firm.waiting("handle").exists()
    firm.act(officer, "answer", text="已恢复额度")
    confirmed(firm)


def test_the_ladder_climbs_for_what_is_late_and_only_reminds_of_a_late_call(firm: Story) -> None:
    firm.open(firm.businesses[0], "qifu_express", "demand", "发票额度不够", "tax", {})
    firm.staffed("dept.tax")
    firm.wait(timedelta(hours=2))
    clocks = {c.code: c.fired_at is not None for c in firm.case.clocks.all()}
    assert clocks == {"first_contact": True, "resolve": False}
    assert firm.case.level == 0
    for level in (1, 2, 3):
        firm.wait(timedelta(days=14))
        assert firm.case.level == level, firm.case.clocks.values_list("code", "due_at", "state")
    firm.wait(timedelta(days=30))
    assert firm.case.level == 3
    assert sweep.sweep().clocks == 0


def test_every_step_can_be_done_in_parallel_units_seen_by_each(firm: Story) -> None:
    """A department sees the project it has a task in, and nobody else's cases."""
    ask(firm, "night_market_coordination", "project", site="广场", plan="办一条夜市街")
    actions.sign_for(firm.case, firm.staffed("dept.commerce"))
    actions.contact(firm.case, firm.staffed("dept.commerce"), note="已联系")
    other = firm.open(firm.businesses[0], "qifu_express", "demand", "发票额度不够", "tax", {})
    firm.cases.reverse()
    fire = firm.staffed("dept.fire")
    with pytest.raises(Refused):
        firm.read(fire)
    firm.complete("dept.commerce", "hear", heard="方案和诉求", departments=["dept.fire", "dept.market"])
    assert firm.read(fire)["number"] == firm.case.number
    with pytest.raises(Refused):
        firm.get(fire, f"/cases/{other.number}")
