"""First stages, commitments, deferred documents: chosen where the list allows it, followed up until they are settled."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client

from tests.projects.district import accept, fresh, give, handle, item, opened
from tests.scenarios.driver import Story
from yingshang.cases import actions as case_actions
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import Case, Clock, Task
from yingshang.projects import actions, following, plan
from yingshang.projects.models import FollowUp, Project, ProjectItem

S = ProjectItem.State
SMALL = {
    "area": 500,
    "environment": "豁免",
    "energy": 0,
    "soil": False,
    "drainage": False,
    "utilities": False,
    "build_days": 1,
}


def firm(story: Story, project: Project):  # type: ignore[no-untyped-def]
    return fresh(story.handler(project.business))


def test_a_commitment_is_granted_quickly_and_verified_later(story: Story) -> None:
    project = opened(story)
    follow = actions.commit(item(project, "environment_form"), firm(story, project))
    give(project, "eia_document")
    one = item(project, "environment_form")
    assert (one.days, one.committed) == (1, True)
    assert one.case.clocks.get().amount == 1
    handle(story, project, "environment_form")
    follow.refresh_from_db()
    # 30 working days after 5 September 2022, over the holidays of mid-autumn and October.
    assert follow.due == date(2022, 10, 21)
    with pytest.raises(NotAllowed):
        actions.settle(follow, fresh(story.staffed("dept.water")), kept=True, result="属实")
    actions.settle(follow, fresh(story.staffed("dept.environment")), kept=True, result="现场核查属实")
    with pytest.raises(Conflict):
        actions.settle(follow, fresh(story.staffed("dept.environment")), kept=True, result="再来一次")


def test_what_does_not_allow_a_commitment_refuses_it(story: Story) -> None:
    project = opened(story)
    with pytest.raises(Invalid, match="不适用"):
        actions.commit(item(project, "scheme_review"), firm(story, project))
    business = project.business
    with pytest.raises(Invalid):
        actions.open_project(
            firm(story, project), business=business, name="另一个项目", kind="new_land", facts={**SMALL, "area": 1},
            ways=plan.Ways(committed=frozenset({"scheme_review"})),
        )  # fmt: skip


def test_a_deferred_document_lets_the_item_begin_and_is_owed(story: Story) -> None:
    project = opened(story)
    give(project, "building_contract")
    assert item(project, "construction_permit").state == S.PAPERS
    follow = actions.defer(item(project, "construction_permit"), firm(story, project), document="safety_measures")
    assert item(project, "construction_permit").state == S.RUNNING
    assert follow.due == date(2022, 9, 20)
    story.wait(timedelta(days=20))
    assert following.keep_up() == 1
    notice = project.notices.get(kind="deferred_late")
    assert notice.unit.code == "dept.approval" and "质量安全措施" in notice.text
    assert following.keep_up() == 0
    give(project, "safety_measures")
    follow.refresh_from_db()
    assert follow.settled_at is not None and follow.kept is False


def test_in_time_is_kept(story: Story) -> None:
    project = opened(story, ways=plan.Ways(deferred=frozenset({("construction_permit", "safety_measures")})))
    give(project, "building_contract")
    give(project, "safety_measures")
    assert FollowUp.objects.get(item__project=project).kept is True


def test_no_acceptance_while_documents_are_owed(story: Story) -> None:
    facts = {
        "area": 500,
        "environment": "豁免",
        "energy": 0,
        "soil": False,
        "drainage": False,
        "utilities": False,
        "build_days": 1,
    }
    project = opened(
        story,
        kind="lease",
        facts=facts,
        ways=plan.Ways(deferred=frozenset({("construction_permit", "safety_measures")})),
    )
    for kind in ("project_info", "drawings", "building_contract"):
        give(project, kind)
    for code in ("project_filing", "drawing_review", "construction_permit"):
        handle(story, project, code)
    actions.finish_own(item(project, "construction_start"), firm(story, project), note="示例")
    # Nobody builds it in a minute: completion so soon is declared twice.
    with pytest.raises(Invalid, match="现在只过了 0 个") as so_soon:
        actions.finish_own(item(project, "building"), firm(story, project), note="示例")
    assert set(so_soon.value.details["fields"]) == {"sure"}
    actions.finish_own(item(project, "building"), firm(story, project), note="示例", sure=True)
    for kind in ("completion_file", "survey_report"):
        give(project, kind)
    one = item(project, "joint_acceptance")
    with pytest.raises(Conflict, match="2022-09-08 到现场"):
        accept(story, project, day=date(2022, 9, 8))
    # Who goes along reads the documents; nobody is owed a call that no step asks for.
    fire = Client()
    fire.force_login(fresh(story.staffed("dept.fire")))
    page = fire.get(f"/desk/cases/{item(project, 'joint_acceptance').case.number}/").content.decode()
    assert "completion_file.pdf" in page and f"/desk/projects/of/{project.number}/" in page
    assert fire.get(f"/desk/projects/of/{project.number}/").status_code == 200
    assert not Clock.objects.filter(case__project_item__project=project, code="first_contact", state="running").exists()
    surveys = Task.objects.filter(case=item(project, "joint_acceptance").case, step="survey", status="open")
    assert {t.due_at for t in surveys} == {item(project, "joint_acceptance").case.due_at}
    # The lead unit goes there today instead; nobody else changes it.
    with pytest.raises(NotAllowed):
        actions.move_visit(one, fresh(story.staffed("dept.fire")), day=date(2022, 9, 5))
    centre = fresh(story.staffed("dept.approval"))
    with pytest.raises(Invalid):
        actions.move_visit(one, centre, day=date(2022, 9, 4))
    actions.move_visit(one, centre, day=date(2022, 9, 5))
    with pytest.raises(Conflict, match="质量安全措施"):
        accept(story, project, agreed=True)
    with pytest.raises(Conflict, match="没有约好的到场"):
        actions.move_visit(item(project, "joint_acceptance"), centre, day=date(2022, 9, 9))
    give(project, "safety_measures")
    accept(story, project, only_opinion=True)
    project.refresh_from_db()
    assert (project.state, one.state) == (Project.State.DONE, S.RUNNING)
    assert project.acceptance_on is not None
    done = Case.objects.get(pk=project.case_id)
    assert done.status == "closed"
    # The enterprise is asked once, for the project; not for each of its items.
    browser = Client()
    browser.force_login(firm(story, project))
    home = browser.get("/portal/")
    assert home.context["counts"]["unrated"] == 1 < Case.objects.filter(status="closed").count()
    assert home.content.decode().count("请评价") == 1
    assert [c.pk for c in browser.get("/portal/cases/", {"state": "unrated"}).context["rows"]] == [done.pk]
    assert "整个项目评一次就够" in browser.get(f"/portal/projects/{project.number}/").content.decode()
    # Not content: the centre answers, the phases do not begin anew.
    case_actions.rate(done, firm(story, project), level=1, comment="施工图审查来回太多")
    answer = Task.objects.get(case=done, kind="step", status="open")
    assert (answer.step, answer.unit.code) == ("explain", "dept.approval")
    case_actions.complete_task(answer, centre, note="已改为一次性告知")
    assert Case.objects.get(pk=done.pk).status == "closed"


def test_the_pit_first(story: Story) -> None:
    project = opened(story)
    one = actions.take_stage(project, firm(story, project), code="pit_permit")
    assert one.state == S.PAPERS
    give(project, "pit_design")
    assert item(project, "pit_permit").state == S.RUNNING
    with pytest.raises(Conflict):
        actions.take_stage(project, firm(story, project), code="pit_permit")
    for kind in ("project_info", "bid_confirmation"):
        give(project, kind)
    for code in ("project_filing", "land_contract", "land_use_planning", "pit_permit"):
        handle(story, project, code)
    project.refresh_from_db()
    assert project.days_to_permit == 0
    assert item(project, "construction_start").state == S.RUNNING
    assert item(project, "construction_permit").state == S.PAPERS
