"""Several units on one matter: opinions signed at the same time, one visit, what has to be mended is looked at again."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command

from tests.projects.district import fresh, opened, waiting
from tests.scenarios.driver import Story
from yingshang.cases import actions as case_actions
from yingshang.cases.models import Case, Status, Task
from yingshang.projects import finding

UNITS = ["dept.planning", "dept.construction", "dept.fire"]


def signed(story: Story, case: Case, step: str, outcomes: dict[str, str]) -> None:
    """Each unit signs for itself; nobody waits for another."""
    tasks = {
        t.unit.code: t for t in Task.objects.filter(case=case, step=step, status=Task.State.OPEN).select_related("unit")
    }
    assert set(tasks) == set(UNITS)
    for unit, outcome in outcomes.items():
        case_actions.complete_task(tasks[unit], fresh(story.staffed(unit)), outcome=outcome, note=f"{unit}:{outcome}")


def test_units_sign_in_parallel_and_the_centre_settles_differences(story: Story) -> None:
    project = opened(story)
    lead = fresh(story.staffed("dept.approval"))
    data: dict[str, Any] = {"project": project.number, "subject": "总平面方案", "units": UNITS}
    case = case_actions.open_case(
        lead, scenario="joint_review_center", service="review", title="方案会审", business=project.business, data=data
    )
    case_actions.sign_for(case, lead)
    signed(story, case, "opinion", {"dept.fire": "object", "dept.planning": "agree"})
    # The last opinion is still to come: nothing is settled before.
    assert waiting(case, "settle") is None
    task = Task.objects.get(case=case, step="opinion", status=Task.State.OPEN)
    case_actions.complete_task(task, fresh(story.staffed("dept.construction")), outcome="agree", note="同意")
    settled = {"opinion": "按消防意见调整车道后实施", "differences": "消防与规划现场商定"}
    case_actions.complete_task(waiting(case, "settle"), lead, data=settled)
    case = Case.objects.get(pk=case.pk)
    assert case.status == Status.CLOSED and case.data["opinion"] == settled["opinion"]
    given = dict(Task.objects.filter(case=case, step="opinion").values_list("unit__code", "outcome"))
    assert given == {"dept.fire": "object", "dept.planning": "agree", "dept.construction": "agree"}


def test_what_has_to_be_mended_is_mended_and_looked_at_again(story: Story) -> None:
    business = story.business("示例机械有限公司", "2010-01-01", "street.qianjin")
    lead = fresh(story.staffed("dept.approval"))
    case = case_actions.open_case(
        lead,
        scenario="joint_acceptance",
        service="acceptance",
        title="联合验收",
        business=business,
        data={"units": UNITS},
        vouched=True,
    )
    case_actions.sign_for(case, lead)
    case_actions.complete_task(waiting(case, "visit"), lead, data={"date": "2022-09-06"})
    signed(story, case, "survey", {"dept.planning": "pass", "dept.construction": "mend", "dept.fire": "pass"})
    rectify = waiting(case, "rectify")
    assert rectify is not None and waiting(case, "issue") is None
    case_actions.complete_task(rectify, fresh(story.handler(business)), note="已整改")
    signed(story, case, "survey", dict.fromkeys(UNITS, "pass"))
    data = {"numbers": "示例验收意见1号", "opinion": "同意"}
    case_actions.complete_task(waiting(case, "issue"), lead, data=data)
    assert Case.objects.get(pk=case.pk).status == Status.CLOSED
    # One visit was agreed; the second look is no second asking.
    assert Task.objects.filter(case=case, step="visit").count() == 1


FITS = {
    # New land asks for land, drugs are biomedicine; nothing of a street where no street is said.
    "在这里开一家疫苗厂": {"land_discount/C02": ["kind"], "land_quota/C33": ["kind"], "mah_2022/C01": ["drug"]},
    "老厂区扩建一条生产线": {"maker_subsidies/C35-2": ["kind"]},
    "租厂房做体外诊断试剂": {"mah_2022/C01": ["诊断试剂"]},
    "租厂房做直播": {},
    "在白杨租厂房做研发": {
        "baiyang_quality/C04": ["place"],
        "high_tech/C34": ["研发"],
        "leading_flight/C36": ["研发"],
        "maker_subsidies/C35-1": ["研发"],
    },
    "在新湾租厂房,招研究生": {},
    "进综保区租厂房做出口加工": {"taxpayer_pilot/C09": ["place"], "export_refund/C08": ["出口"]},
}


@pytest.mark.parametrize("aim", FITS)
def test_policies_that_fit_an_aim(story: Story, aim: str) -> None:
    call_command("load_policies", verbosity=0)
    found = finding.find(aim).clauses
    assert {f.clause.ref: [r.word or r.by for r in f.reasons] for f in found} == FITS[aim]


def test_the_place_that_the_asker_says_takes_precedence(story: Story) -> None:
    call_command("load_policies", verbosity=0)
    way = finding.find("在白杨租厂房", {"place": "street.xiasha"})
    assert way.place == "street.xiasha" and "place" not in way.facts
    assert [f.clause.ref for f in way.clauses] == ["xiasha_industry/C06"]


@pytest.mark.parametrize(
    ("aim", "place"),
    [
        ("在前进智造园建厂", "platform.qianjin"),
        ("落在前进街道", "street.qianjin"),
        ("不断前进的企业建厂", ""),
        ("临江高科园拿地", "platform.linjiang"),
        ("在医药港租厂房", "platform.pharma_port"),
    ],
)
def test_a_place_is_read_from_an_aim(story: Story, aim: str, place: str) -> None:
    assert finding.find(aim).place == place
