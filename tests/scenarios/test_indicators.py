"""Every indicator's SQL runs on the real tables, and tells closed from solved."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.scenarios.driver import Story
from yingshang import timekeeping
from yingshang.cases import actions
from yingshang.cases.models import Case
from yingshang.indicators import catalog

SINCE = datetime(2023, 4, 1, tzinfo=timekeeping.SHANGHAI)
UNTIL = datetime(2023, 7, 1, tzinfo=timekeeping.SHANGHAI)


@pytest.mark.django_db
@pytest.mark.parametrize("key", [f"{i.scenario}.{i.id}" for i in catalog.every()])
def test_an_indicator_runs_on_an_empty_district(key: str) -> None:
    value = catalog.measure(catalog.get(key), SINCE, UNTIL)
    assert value.value in (None, 0)
    assert value.denominator in (None, 0)


def figure(name: str, since: datetime = SINCE, until: datetime = UNTIL):  # type: ignore[no-untyped-def]
    return catalog.measure(catalog.get(f"qifu_express.{name}"), since, until)


def demand(story: Story, category: str) -> Case:
    if not story.businesses:
        story.business("示例企业", "2018-01-01", "street.xiasha")
    return story.open(story.businesses[0], "qifu_express", "demand", "想了解一件事", category, {})


def answered(story: Story, category: str, hours: float) -> Case:
    case = demand(story, category)
    officer = story.staffed(case.lead_unit.code)
    actions.sign_for(case, officer)
    story.wait(timedelta(minutes=30))
    actions.contact(case, officer, note="已联系")
    story.wait(timedelta(hours=hours) - timedelta(minutes=30))
    return actions.answer(case, officer, text="已办理")


def test_closed_and_solved_are_two_figures(story: Story) -> None:
    story.go_to(datetime(2023, 4, 18, 10, 0, tzinfo=timekeeping.SHANGHAI))
    confirmed, doubtful, silent = (answered(story, "policy", 1) for _ in range(3))
    handler = story.handler(story.businesses[0])
    actions.confirm(confirmed, handler, solved=True)
    actions.revisit(doubtful, story.official("dept.reform"), solved=False, note="没有解决")
    demand(story, "tax")
    assert figure("opened").value == 4
    assert figure("handled").value == 3
    assert figure("closed").value == 1
    assert (figure("closed_rate").numerator, figure("closed_rate").denominator) == (1, 4)
    assert figure("solved_rate").value == 25
    assert figure("solved_on_revisit").value == 0
    assert figure("to_escalate").value == 1
    assert figure("unaccounted").value == 2  # confirmed without a call-back, and the silent one
    assert figure("open").value == 3
    actions.revisit(silent, story.official("dept.reform"), solved=True, note="解决了")
    assert figure("solved_on_revisit").value == 1
    assert figure("unaccounted").value == 1


def test_averages_are_measured_as_the_source_prints_them(story: Story) -> None:
    story.go_to(datetime(2023, 4, 18, 9, 0, tzinfo=timekeeping.SHANGHAI))
    answered(story, "policy", 1)
    answered(story, "policy", 2)
    answered(story, "schooling", 48)
    assert figure("policy_hours").value == pytest.approx(1.5)
    assert figure("schooling_days").value == pytest.approx(2)
    assert figure("first_contact_minutes").value == 30
    assert figure("first_contact_on_time").value == 100


def test_a_case_counts_in_the_period_it_was_answered(story: Story) -> None:
    story.go_to(datetime(2023, 3, 31, 15, 0, tzinfo=timekeeping.SHANGHAI))
    case = answered(story, "policy", 1)
    quarter = datetime(2023, 1, 1, tzinfo=timekeeping.SHANGHAI), SINCE
    assert (figure("handled", *quarter).value, figure("handled").value) == (1, 0)
    story.go_to(datetime(2023, 4, 3, 9, 0, tzinfo=timekeeping.SHANGHAI))
    case = actions.confirm(case, story.handler(story.businesses[0]), solved=False, comment="还没解决")
    actions.answer(case, story.staffed(case.lead_unit.code), text="再次办理")
    # Answered again in the second quarter: it is handled there too, and stays in the first.
    assert (figure("handled", *quarter).value, figure("handled").value) == (1, 1)
    assert figure("to_escalate", *quarter).value == 0
    assert figure("to_escalate").value == 1
