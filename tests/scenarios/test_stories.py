"""The told stories, run through the REST API with a clock that moves (features in the scenarios' folders)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from tests.scenarios.driver import Story
from tests.scenarios.listening_steps import *  # noqa: F403  (registers the steps of the listening meeting here)
from tests.scenarios.point_steps import *  # noqa: F403  (registers the steps of service points here)
from tests.scenarios.policy_steps import *  # noqa: F403  (registers the steps of claims here)
from tests.scenarios.project_checks import *  # noqa: F403  (and those of projects)
from tests.scenarios.project_steps import *  # noqa: F403
from tests.scenarios.steps import *  # noqa: F403  (registers the common steps here)
from tests.scenarios.steps import at, escalated, rows
from yingshang.accounts.models import Person, Role, Unit
from yingshang.activities import actions as activities
from yingshang.activities.models import Activity, Item
from yingshang.cases import actions
from yingshang.cases.models import Case, Nature, RootCause, Task
from yingshang.registry.models import Business
from yingshang.scenarios import loader

#: The steps ask for the database late; this tells the test session early.
pytestmark = pytest.mark.django_db

scenarios(*sorted(str(p) for p in loader.ROOT.glob("*/stories/*.feature")))


# --- S39: the ledger of a quarter -------------------------------------------------------------------------------------


@given("2023 年一季度的台账:")
def _ledger(story: Story, datatable: list[list[str]]) -> None:
    """Every case goes the whole way through the actions; only the turn at the end differs."""
    business = story.business("示例企业", "2018-01-01", "street.xiasha")
    officer = story.staffed("dept.economy")
    caller = story.official("dept.reform")
    ends = [row["情形"] for row in rows(datatable) for _ in range(int(row["件数"]))]
    asker = story.handler(business)
    for n, end in enumerate(ends):
        story.go_to(at("2023-01-03 09:00") + timedelta(minutes=7 * n + 1440 * (n // 10)))
        case = actions.open_case(
            asker,
            scenario="qifu_express",
            service="demand",
            title=f"第 {n + 1} 个问题",
            category="policy",
            business=business,
        )
        case = actions.sign_for(case, officer)
        case = actions.contact(case, officer, note="已联系")
        case = actions.answer(case, officer, text="已办理")
        if "已解决" in end:
            actions.revisit(case, caller, solved=True, note="企业说解决了")
        elif "没解决" in end:
            actions.revisit(case, caller, solved=False, note="企业说没有解决,拟提级协调")
        story.cases.append(case)


@when(parsers.parse('改革办把其中"{n:d}"件定为共性问题,归到根因"{title}",其余定为个性问题'))
def _sort(story: Story, n: int, title: str) -> None:
    reform = story.official("dept.reform", Role.REFORM_OFFICE)
    cases = [e.case for e in escalated()]
    owner = Unit.objects.get(code="dept.construction")
    actions.name_root_cause(reform, title=title, owner=owner, cases=cases[:n])
    for case in cases[n:]:
        actions.set_nature(case, reform, nature=Nature.INDIVIDUAL)
    assert RootCause.objects.get().cases.count() == n


@when(parsers.parse('"{unit}"就全部提级事项召开专题协调会,日期"{day}"'))
def _convene(story: Story, unit: str, day: str) -> None:
    story.go_to(at(day))
    host = story.staffed(unit)
    meeting = activities.convene(
        host, escalations=escalated(), title="专题协调会", starts_at=at(day), unit=Unit.objects.get(code=unit)
    )
    for item in meeting.items.all():
        activities.decide(
            item,
            host,
            decision="由承办单位牵头解决",
            owner_unit=item.case.lead_unit,
            due=at(day).date() + timedelta(days=14),
        )
    activities.hold(meeting, host, minutes="逐项研究提级事项")


@then(parsers.parse('议程上有"{n:d}"项'))
def _agenda(story: Story, n: int) -> None:
    assert Activity.objects.get(kind=Activity.Kind.MEETING).items.count() == n


@then("议定事项都有责任单位和期限")
def _owned(story: Story) -> None:
    items = Item.objects.filter(activity__kind=Activity.Kind.MEETING)
    assert all(i.state == Item.State.DECIDED and i.decision and i.owner_unit_id and i.due for i in items)


# --- S07 and S33: a year's refunds, a batch of awards -----------------------------------------------------------------


@when(parsers.parse('"{year}"年每月申报一次出口退税,采购"{purchases}"元,到账"{paid}"元'))
def _filings(story: Story, year: str, purchases: str, paid: str) -> None:
    officer = story.staffed("dept.tax")
    for month in range(1, 13):
        story.go_to(at(f"{year}-{month:02}-12 09:00"))
        asked = {"month": f"{year}-{month:02}", "exports": "4000000", "purchases": purchases}
        case = _asked(story, story.businesses[-1], "export_tax_refund", "monthly", asked)
        _step(case, officer, "review", {"approved": paid})
        _step(case, officer, "paid", {"paid_on": f"{year}-{month:02}-12", "paid": paid})


@when("一批突出贡献企业奖励兑付:")
def _awards(story: Story, datatable: list[list[str]]) -> None:
    economy, finance = story.staffed("dept.economy"), story.staffed("dept.finance")
    amounts = [row["每家金额"] for row in rows(datatable) for _ in range(int(row["家数"]))]
    for n, amount in enumerate(amounts, start=1):
        business = story.business(f"示例贡献企业 {n}", "2012-01-01", "street.qianjin")
        case = _asked(
            story, business, "outstanding_contribution_award", "award", {"contribution": "示例", "year": 2022}
        )
        proposed = {"batch": "2022-10", "proposal": "奖励", "award_amount": amount, "grounds": "示例理由"}
        _step(case, economy, "propose", proposed)
        _step(case, finance, "finance", {"checked": "同意"})
        _step(case, finance, "pay", {"paid_on": "2022-10-20", "paid_amount": amount})


def _asked(story: Story, business: Business, scenario: str, service: str, data: dict[str, Any]) -> Case:
    """A case that its lead unit has taken and called about."""
    case = actions.open_case(
        story.handler(business), scenario=scenario, service=service, title="示例", business=business, data=data
    )
    officer = story.staffed(case.lead_unit.code)
    case = actions.sign_for(case, officer)
    story.cases.append(actions.contact(case, officer, note="已联系"))
    return story.cases[-1]


def _step(case: Case, officer: Person, step: str, data: dict[str, Any]) -> None:
    task = Task.objects.get(case=case, step=step, status=Task.State.OPEN)
    actions.complete_task(task, officer, data=data)
