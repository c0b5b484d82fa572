"""The Chinese steps of the stories; each acts through the REST API as the person it names."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_bdd import given, parsers, then, when

from tests.scenarios.driver import Refused, Story
from yingshang import timekeeping
from yingshang.accounts.models import Role, Unit
from yingshang.activities.models import Activity
from yingshang.cases import catalog, forms
from yingshang.cases.models import Case, Escalation, Status, Task
from yingshang.indicators import catalog as indicators
from yingshang.registry.models import Record

WHO = r'(?P<who>助企服务员|"[^"]+")'


def rows(datatable: list[list[str]]) -> list[dict[str, str]]:
    head, *body = datatable
    return [dict(zip(head, row, strict=True)) for row in body]


def at(text: str) -> datetime:
    """``2023-04-18`` or ``2023-04-18 10:00`` in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=timekeeping.SHANGHAI)


def typed(scenario: str, form: str, pairs: list[list[str]]) -> dict[str, Any]:
    """A two-column table as form data; lists are written with 、."""
    properties = catalog.get(scenario).forms[form]["properties"]
    read = {"array": lambda v: v.split("、"), "integer": int}
    return {k: read.get(properties[k]["type"], str)(v) for k, v in pairs}


# --- time and people --------------------------------------------------------------------------------------------------


@given(parsers.parse('现在是"{when}"'))
@when(parsers.parse('时间到了"{when}"'))
def _go(story: Story, when: str) -> None:
    story.go_to(at(when))


@when(parsers.re(r'过了"(?P<n>\d+) (?P<unit>分钟|小时|天)"'))
def _wait(story: Story, n: str, unit: str) -> None:
    story.wait({"分钟": timedelta(minutes=1), "小时": timedelta(hours=1), "天": timedelta(days=1)}[unit] * int(n))


@given(parsers.re(r'企业"(?P<name>[^"]+)"成立于"(?P<day>[^"]+)",在"(?P<street>[^"]+)"(和"(?P<platform>[^"]+)")?'))
def _business(story: Story, name: str, day: str, street: str, platform: str | None) -> None:
    story.business(name, day, street, platform or "")


@given(parsers.parse('它的助企服务员在"{unit}"'))
def _officer(story: Story, unit: str) -> None:
    story.assign(story.businesses[-1], unit)


# --- the enterprise ---------------------------------------------------------------------------------------------------


@when(parsers.re(r'企业在"(?P<scenario>\w+)"提出"(?P<service>\w+)":"(?P<title>[^"]+)",分类"(?P<category>\w*)"'))
def _ask(story: Story, scenario: str, service: str, title: str, category: str) -> None:
    story.open(story.businesses[-1], scenario, service, title, category, {})


@when(parsers.re(r'企业在"(?P<scenario>\w+)"提出"(?P<service>\w+)":"(?P<title>[^"]+)",填表:'))
def _ask_with_form(story: Story, scenario: str, service: str, title: str, datatable: list[list[str]]) -> None:
    form = catalog.get(scenario).services[service].form
    story.open(story.businesses[-1], scenario, service, title, "", typed(scenario, form, datatable))


@given(parsers.parse('求职大学生"{name}"'))
def _seeker(story: Story, name: str) -> None:
    story.seeker(name)


@when(parsers.re(r'本人在"(?P<scenario>\w+)"提出"(?P<service>\w+)":"(?P<title>[^"]+)",填表:'))
def _ask_alone(story: Story, scenario: str, service: str, title: str, datatable: list[list[str]]) -> None:
    form = catalog.get(scenario).services[service].form
    story.open(None, scenario, service, title, "", typed(scenario, form, datatable))


@when("企业确认已解决")
@when("本人确认已解决")
def _confirm(story: Story) -> None:
    story.act(story.asker, "confirm", solved=True)


@when(parsers.parse('企业反映没有解决:"{comment}"'))
def _not_solved(story: Story, comment: str) -> None:
    story.act(story.handler(story.case.business), "confirm", solved=False, comment=comment)


# --- units ------------------------------------------------------------------------------------------------------------


@when(parsers.re(WHO + "签收"))
def _sign(story: Story, who: str) -> None:
    story.act(story.who(who), "sign_for")


@when(parsers.re(WHO + '联系企业:"(?P<note>[^"]+)"'))
def _contact(story: Story, who: str, note: str) -> None:
    story.act(story.who(who), "contact", note=note)


@when(parsers.re(WHO + '请"(?P<unit>[^"]+)"协办:"(?P<note>[^"]+)"'))
def _co_handle(story: Story, who: str, unit: str, note: str) -> None:
    story.staffed(unit)
    story.act(story.who(who), "co_handle", units=[unit], note=note)


@when(parsers.re('"(?P<unit>[^"]+)"反馈:"(?P<result>[^"]+)"'))
def _feed_back(story: Story, unit: str, result: str) -> None:
    task = Task.objects.get(case=story.case, kind=Task.Kind.COHANDLE, unit__code=unit, status=Task.State.OPEN)
    story.finish(story.staffed(unit), task, result)


@when(parsers.re(WHO + '答复:"(?P<text>[^"]+)"'))
def _answer(story: Story, who: str, text: str) -> None:
    story.act(story.who(who), "answer", text=text)


@when(parsers.re(WHO + r'完成"(?P<step>\w+)":"(?P<note>[^"]+)"'))
def _complete(story: Story, who: str, step: str, note: str) -> None:
    story.complete(who, step, note=note)


@when(parsers.re(WHO + r'完成"(?P<step>\w+)":'))
def _complete_with_form(story: Story, who: str, step: str, docstring: str) -> None:
    story.complete(who, step, **json.loads(docstring))


@when(parsers.parse('以下单位完成"{step}":'))
def _complete_many(story: Story, step: str, datatable: list[list[str]]) -> None:
    for row in rows(datatable):
        story.complete(row["unit"], step, note=row["result"])


@when(parsers.parse('派单员派给"{unit}"'))
def _dispatch(story: Story, unit: str) -> None:
    story.act(story.official("dept.economy", Role.DISPATCHER), "dispatch", lead=unit)


@when(parsers.re(WHO + r'登记"(?P<type>[\w.]+)":'))
def _record(story: Story, who: str, type: str, datatable: list[list[str]]) -> None:
    scenario, _, stem = type.partition(".")
    data = dict(datatable)
    assert forms.check_record(catalog.get(scenario), stem, data) == {}
    unit = story.who(who).memberships.first().unit
    Record.objects.create(type=type, business=story.case.business, unit=unit, data=data)


# --- meetings and visits ----------------------------------------------------------------------------------------------


@when(
    parsers.re(
        WHO + '召开协调会"(?P<title>[^"]+)",日期"(?P<day>[^"]+)",议定"(?P<decision>[^"]+)",'
        '责任单位"(?P<owner>[^"]+)",期限"(?P<due>[^"]+)"'
    )
)
def _coordinate(story: Story, who: str, title: str, day: str, decision: str, owner: str, due: str) -> None:
    actor = story.who(who)
    story.go_to(at(day))
    units = Unit.objects.filter(pk__in=Task.objects.filter(case=story.case, kind=Task.Kind.STEP).values("unit"))
    story.meet(actor, title, list(units), decision, Unit.objects.get(code=owner), at(due).date())


@when(parsers.re(WHO + '走访企业,日期"(?P<day>[^"]+)",记录"(?P<minutes>[^"]+)"'))
def _visit(story: Story, who: str, day: str, minutes: str) -> None:
    actor = story.who(who)
    story.go_to(at(day))
    story.visit(actor, minutes)


# --- what must be so --------------------------------------------------------------------------------------------------


@then(parsers.parse('系统建议由"{unit}"承办,并说明理由'))
def _routed(story: Story, unit: str) -> None:
    routing = story.read(story.staffed(unit))["routing"]
    assert routing["unit"] == unit
    assert routing["sure"] is True
    assert all(r["zh"] and r["en"] for r in routing["reasons"] if r["by"] == "rule")
    assert story.case.lead_unit.code == unit


@then("首次联系没有超时")
def _contact_met(story: Story) -> None:
    _clock_met(story, "first_contact")


@then(parsers.parse('时限"{code}"按时完成'))
def _clock_met(story: Story, code: str) -> None:
    clocks = {c["code"]: c for c in story.read(story.handler(story.case.business))["clocks"]}
    assert clocks[code]["state"] == "met"
    assert clocks[code]["stopped_at"] <= clocks[code]["due_at"]


@then(parsers.parse('企业看得到答复里的"{words}"'))
@then(parsers.parse('本人看得到答复里的"{words}"'))
def _sees_answer(story: Story, words: str) -> None:
    assert words in story.read(story.asker)["answer"]


@then(parsers.parse('企业回头看得到"{first}"和"{second}"'))
def _sees_lines(story: Story, first: str, second: str) -> None:
    lines = story.get(story.handler(story.case.business), f"/cases/{story.case.number}/timeline")
    shown = " ".join(f"{line['text']} {line['detail']}" for line in lines)
    assert first in shown and second in shown


@then("办件已办结并解决")
def _solved(story: Story) -> None:
    seen = story.read(story.asker)
    assert (seen["status"], seen["solved"]) == (Status.CLOSED, True)
    assert not Task.objects.filter(case=story.case, status=Task.State.OPEN).exists()


@then(parsers.parse('企业成立不到"{years:d}"年'))
def _young(story: Story, years: int) -> None:
    founded = story.case.business.founded
    assert founded.replace(year=founded.year + years) > story.case.opened_at.date()


@then(parsers.parse('办件在第"{level:d}"级,由"{unit}"的负责人督办'))
def _climbed(story: Story, level: int, unit: str) -> None:
    assert story.case.level == level
    task = Task.objects.get(case=story.case, kind=Task.Kind.SUPERVISE, status=Task.State.OPEN)
    assert task.unit.code == unit
    assert task.person.memberships.filter(role__in=(Role.UNIT_LEAD, Role.AREA_LEAD)).exists()


@then("办件回到办理中,先前的答复还看得到")
def _back(story: Story) -> None:
    seen = story.read(story.handler(story.case.business))
    assert seen["status"] == Status.HANDLING
    kinds = [
        line["kind"] for line in story.get(story.handler(story.case.business), f"/cases/{story.case.number}/timeline")
    ]
    assert kinds.count("answered") == 1 and "not_solved" in kinds
    assert {c["code"] for c in seen["clocks"]} >= {"resolve", "escalation"}


@then(parsers.parse('"{step}"同时等着"{n:d}"个单位'))
def _waits_for(story: Story, step: str, n: int) -> None:
    units = list(story.waiting(step).values_list("unit__code", flat=True))
    assert len(units) == len(set(units)) == n


@then(parsers.parse('同时等着"{codes}"'))
def _waits_for_all(story: Story, codes: str) -> None:
    waiting = Task.objects.filter(case=story.case, kind=Task.Kind.STEP, status=Task.State.OPEN)
    assert sorted(waiting.values_list("unit__code", flat=True)) == sorted(codes.split("、"))


@then(parsers.parse('连同牵头部门共"{n:d}"家单位参与'))
def _taking_part(story: Story, n: int) -> None:
    units = set(Task.objects.filter(case=story.case, unit__isnull=False).values_list("unit__code", flat=True))
    assert len(units | {story.case.lead_unit.code}) == n


@then(parsers.re(WHO + "还不能答复"))
def _cannot_answer(story: Story, who: str) -> None:
    with pytest.raises(Refused) as refused:
        story.act(story.who(who), "answer", text="提前答复")
    assert refused.value.status == 409


@then(parsers.parse('"{step}"还没有开始'))
def _not_begun(story: Story, step: str) -> None:
    assert not Task.objects.filter(case=story.case, step=step).exists()


@then(parsers.parse('从提出到办结不超过"{days:d}"天'))
def _within(story: Story, days: int) -> None:
    assert story.case.closed_at - story.case.opened_at <= timedelta(days=days)


@then(parsers.parse('从提出到办结不到原来自己跑的"{days:d}"天'))
def _less_than(story: Story, days: int) -> None:
    assert story.case.closed_at - story.case.opened_at < timedelta(days=days)


@then(parsers.parse('从提出到"{step}"办完用了"{low:d}"到"{high:d}"天'))
def _took(story: Story, step: str, low: int, high: int) -> None:
    done = Task.objects.get(case=story.case, step=step, status=Task.State.DONE).done_at
    assert timedelta(days=low) <= done - story.case.opened_at <= timedelta(days=high)


@then(parsers.parse('参与的单位正是"{codes}"'))
def _exactly(story: Story, codes: str) -> None:
    steps = Task.objects.filter(case=story.case, kind=Task.Kind.STEP, unit__isnull=False)
    assert set(steps.values_list("unit__code", flat=True)) == set(codes.split("、"))


@then(parsers.parse('"{n:d}"个部门任务都在"{day}"之前办结'))
def _all_closed(story: Story, n: int, day: str) -> None:
    done = Task.objects.filter(case=story.case, step="department", status=Task.State.DONE, done_at__lt=at(day))
    assert done.count() == n == Task.objects.filter(case=story.case, step="department").count()


@then(parsers.parse('这个项目开过"{meetings:d}"次协调会、走访"{visits:d}"次'))
def _held(story: Story, meetings: int, visits: int) -> None:
    held = Activity.objects.filter(state=Activity.State.HELD, starts_at__gte=story.case.opened_at)
    assert held.filter(kind=Activity.Kind.MEETING, items__case=story.case).count() == meetings
    assert held.filter(kind=Activity.Kind.VISIT, business=story.case.business).count() == visits


# --- figures ----------------------------------------------------------------------------------------------------------


@when(parsers.parse('按"{since}"到"{until}"计算"{scenario}"的指标'))
def _measure(story: Story, since: str, until: str, scenario: str) -> None:
    story.figures = {
        i.id: (i, indicators.measure(i, at(since), at(until)).value)
        for i in indicators.every()
        if i.scenario == scenario
    }


@then(parsers.parse('指标"{name}"是"{value}"'))
def _figure(story: Story, name: str, value: str) -> None:
    assert story.figures[name][1] == Decimal(value)


@then("指标与刊出的数一致:")
def _published(story: Story, datatable: list[list[str]]) -> None:
    for row in rows(datatable):
        indicator, value = story.figures[row["指标"]]
        assert value == Decimal(row["刊出的数"]) == indicator.published.value, row["指标"]


# --- common to meetings and escalation --------------------------------------------------------------------------------


def escalated() -> list[Escalation]:
    open_ones = Escalation.objects.filter(settled_at__isnull=True).select_related("case__lead_unit", "case__business")
    return list(open_ones.order_by("id"))


@then("要提级的问题没有一件算作已办结")
def _escalated_is_open(story: Story) -> None:
    assert escalated()
    assert not Case.objects.filter(
        escalations__settled_at__isnull=True, escalations__isnull=False, status=Status.CLOSED
    ).exists()
