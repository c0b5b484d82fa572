"""Several units act on one project at the same moment, on connections of their own: none blocks another for good."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.test_together import at_once
from tests.projects.district import MONDAY, fresh, give, handle, item, opened, told, waiting
from tests.scenarios.driver import Story
from yingshang import timekeeping
from yingshang.cases import actions as case_actions
from yingshang.cases.errors import Conflict
from yingshang.cases.models import Clock
from yingshang.projects import actions, following
from yingshang.projects.models import Paper, Project, ProjectItem

pytestmark = pytest.mark.django_db(transaction=True)
S = ProjectItem.State


@pytest.fixture
def project_at_work() -> tuple[Story, Project]:
    """Filed, the contract ready to be signed, what waits for it reviewed ahead."""
    with told() as story:
        project = opened(story)
        for kind in ("project_info", "bid_confirmation", "eia_document", "soil_plan"):
            give(project, kind)
        handle(story, project, "project_filing")
        handle(story, project, "land_use_planning", until="review")
        handle(story, project, "land_contract", until="review")
        for code in ("environment_form", "soil_water"):
            handle(story, project, code, until="review")
        return story, project


def issue(story: Story, project: Project, code: str, number: str) -> Any:
    one = item(project, code)
    officer = fresh(story.staffed(one.unit.code))
    return lambda: case_actions.complete_task(waiting(one.case, "issue"), officer, data={"numbers": number})


def test_three_units_give_out_their_results_at_once(project_at_work: tuple[Story, Project]) -> None:
    story, project = project_at_work
    with timekeeping.travel(MONDAY):
        works = [issue(story, project, c, f"示例{c}") for c in ("land_contract", "environment_form", "soil_water")]
        results = at_once(*works)
        assert not [r for r in results if isinstance(r, Exception)], results
        # Whoever came last has released what waited for the contract, or the next round does.
        following.keep_up()
    got = Paper.objects.filter(project=project, item__isnull=False)
    assert set(got.values_list("kind", flat=True)) == {
        "filing_notice",
        "land_contract",
        "eia_approval",
        "soil_approval",
    }
    held = item(project, "land_use_planning")
    assert held.state == S.RUNNING
    assert Clock.objects.get(case=held.case).state == Clock.State.RUNNING


def test_a_result_and_the_withdrawal_at_once_leave_no_branch_open(project_at_work: tuple[Story, Project]) -> None:
    story, project = project_at_work
    firm = fresh(story.handler(project.business))
    with timekeeping.travel(MONDAY):
        results = at_once(
            issue(story, project, "land_contract", "示例合同"),
            lambda: actions.withdraw_project(project, firm, reason="不建了"),
        )
    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, Conflict)], results
    project.refresh_from_db()
    assert project.state == Project.State.WITHDRAWN
    assert not project.items.exclude(state__in=ProjectItem.ENDED).exists()
    for one in project.items.exclude(case=None).select_related("case"):
        assert one.case.ended


def test_the_same_document_twice_at_once_is_one_in_force(project_at_work: tuple[Story, Project]) -> None:
    _story, project = project_at_work
    with timekeeping.travel(MONDAY):
        results = at_once(*(lambda n=n: give(project, "drawings", b"%PDF-1.4\n" + bytes([n])) for n in (65, 66)))
    assert not [r for r in results if isinstance(r, Exception)], results
    assert Paper.objects.filter(project=project, kind="drawings", replaced_at__isnull=True).count() == 1
    assert Paper.objects.filter(project=project, kind="drawings").count() == 2
