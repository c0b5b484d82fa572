"""One set of documents, one request, one visit; what PostgreSQL refuses by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError

from tests.projects.district import fresh, give, handle, item, opened, waiting
from tests.scenarios.driver import Story
from yingshang import timekeeping
from yingshang.activities.models import Activity
from yingshang.cases import actions as case_actions
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.cases.models import Clock, Document, Status, Task
from yingshang.projects import actions, process
from yingshang.projects.models import Ask, ItemList, Paper, Project, ProjectItem, Request

S = ProjectItem.State


@pytest.fixture
def project(story: Story) -> Project:
    """A project with three items at work: scheme, environment, soil."""
    made = opened(story)
    for kind in ("design_scheme", "eia_document", "soil_plan"):
        give(made, kind)
    for code in ("scheme_review", "environment_form", "soil_water"):
        handle(story, made, code, until="sign")
    return made


def officer(story: Story, unit: str):  # type: ignore[no-untyped-def]
    return fresh(story.staffed(unit))


def test_a_document_given_once_serves_all_who_need_it(story: Story) -> None:
    project = opened(story, facts={"special_fire": True})
    give(project, "design_scheme")
    handle(story, project, "scheme_review")
    assert item(project, "drawing_review").state == item(project, "fire_design").state == S.PAPERS
    give(project, "drawings")
    assert item(project, "drawing_review").state == item(project, "fire_design").state == S.RUNNING
    assert Document.objects.filter(case=project.case, kind="drawings").count() == 1
    # Both units read it where it lies: with the project's own case.
    for unit in ("dept.construction", "dept.planning"):
        seen = Paper.objects.visible_to(officer(story, unit))
        assert seen.filter(project=project, kind="drawings").exists()


def test_a_newer_one_takes_the_place_of_the_one_before(story: Story, project: Project) -> None:
    give(project, "soil_plan", b"%PDF-1.4\nsecond")
    kept = Paper.objects.filter(project=project, kind="soil_plan").order_by("id")
    assert [p.replaced_at is None for p in kept] == [False, True]


def test_all_units_ask_once_together(story: Story, project: Project) -> None:
    planning, environment = officer(story, "dept.planning"), officer(story, "dept.environment")
    centre = officer(story, "dept.approval")
    actions.ask(item(project, "scheme_review"), planning, kind="design_scheme", note="补消防车道")
    actions.ask(item(project, "environment_form"), environment, kind="design_scheme", note="标出排口")
    actions.ask(item(project, "environment_form"), environment, kind="eia_document", note="更新监测数据")
    with pytest.raises(NotAllowed):
        actions.send_request(project, planning)
    firm = fresh(story.handler(project.business))
    # What is still gathered is among officials.
    assert Request.objects.visible_to(planning).exists() and not Request.objects.visible_to(firm).exists()
    assert not Ask.objects.visible_to(firm).exists()
    request = actions.send_request(project, centre)
    assert Request.objects.visible_to(firm).get() == request and Ask.objects.visible_to(firm).count() == 2
    # Two documents, one of which two units want.
    assert sorted(request.asks.values_list("kind", "reason")) == [
        ("design_scheme", "correct"),
        ("eia_document", "correct"),
    ]
    assert [b.item.unit.code for b in request.asks.get(kind="design_scheme").by.order_by("id")] == [
        "dept.planning", "dept.environment",
    ]  # fmt: skip
    for code, paused in (("scheme_review", True), ("environment_form", True), ("soil_water", False)):
        one = item(project, code)
        assert (one.case.status == Status.SUPPLEMENT) is paused
        assert Clock.objects.get(case=one.case).state == (Clock.State.PAUSED if paused else Clock.State.RUNNING)
    # What was forgotten is not asked for while the enterprise works on it.
    with pytest.raises(Conflict):
        actions.ask(item(project, "soil_water"), officer(story, "dept.water"), kind="soil_plan", note="忘了说")
    story.wait(timedelta(days=2))
    with pytest.raises(Invalid):
        actions.answer_request(request, fresh(story.handler(project.business)), text=" ")
    give(project, "design_scheme", b"%PDF-1.4\ncorrected")
    actions.answer_request(request, fresh(story.handler(project.business)), text="监测数据下周更新")
    for code in ("scheme_review", "environment_form", "soil_water"):
        one = item(project, code)
        assert one.case.status == Status.HANDLING
        assert Clock.objects.get(case=one.case).state == Clock.State.RUNNING
    assert Request.objects.get(pk=request.pk).state == Request.State.ANSWERED


def test_what_is_held_is_never_asked_for_as_missing(story: Story, project: Project) -> None:
    """Not by the action, which asks for a correction; and not past it, by the database."""
    asked = actions.ask(item(project, "soil_water"), officer(story, "dept.water"), kind="eia_document", note="缺附图")
    assert asked.reason == Ask.Reason.CORRECT
    with pytest.raises(IntegrityError, match="not asked for again"), transaction.atomic():
        Ask.objects.create(request=asked.request, project=project, kind="soil_plan", reason=Ask.Reason.MISSING)


def test_the_same_missing_document_is_asked_for_once_in_a_project(story: Story, project: Project) -> None:
    water, centre, firm = (
        officer(story, "dept.water"),
        officer(story, "dept.approval"),
        fresh(story.handler(project.business)),
    )
    actions.ask(item(project, "soil_water"), water, kind="drawings", note="要看总平面")
    request = actions.send_request(project, centre)
    with pytest.raises(Invalid) as refused:
        actions.answer_request(request, firm, text="稍后")
    assert list(refused.value.details["fields"]) == ["drawings"]
    give(project, "drawings")
    actions.answer_request(request, firm, text="已上传")
    second = Request.objects.create(project=project)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ask.objects.create(request=second, project=project, kind="drawings", reason=Ask.Reason.MISSING)


def test_nothing_is_added_to_a_request_that_was_sent(story: Story, project: Project) -> None:
    actions.ask(item(project, "soil_water"), officer(story, "dept.water"), kind="soil_plan", note="补图")
    request = actions.send_request(project, officer(story, "dept.approval"))
    with pytest.raises(IntegrityError, match="was sent"), transaction.atomic():
        Ask.objects.create(request=request, project=project, kind="drawings", reason=Ask.Reason.MISSING)
    with pytest.raises(IntegrityError), transaction.atomic():
        Request.objects.create(project=project)


def test_a_unit_cannot_ask_past_the_others(story: Story, project: Project) -> None:
    water = officer(story, "dept.water")
    with pytest.raises(NotAllowed, match="汇总"):
        case_actions.ask_supplement(item(project, "soil_water").case, water, what="补图")
    with pytest.raises(NotAllowed, match="不能单独撤回"):
        case_actions.withdraw(item(project, "soil_water").case, water, reason="不办了", requested_by="企业")


def test_a_second_visit_becomes_the_first(story: Story, project: Project) -> None:
    at = timekeeping.now() + timedelta(days=2)

    def call(unit: str, title: str, code: str) -> Activity:
        return actions.call_together(
            project, officer(story, unit), kind="visit", title=title, starts_at=at, codes=[code]
        )

    first = call("dept.planning", "踏勘", "scheme_review")
    second = call("dept.water", "再踏勘", "soil_water")
    assert first == second
    assert Activity.objects.filter(kind="visit", business=project.business).count() == 1
    units = set(first.attendances.filter(unit__isnull=False).values_list("unit__code", flat=True))
    assert {"dept.planning", "dept.construction", "dept.landscape", "dept.fire", "dept.water"} == units


def test_results_are_given_out_all_at_once_with_their_numbers(story: Story) -> None:
    project = opened(story)
    give(project, "drainage_plan")
    case = item(project, "drainage").case
    assert (case.scenario, case.lead_unit.code) == ("drainage_dig_one_thing", "dept.approval")
    lead = officer(story, "dept.approval")
    case_actions.sign_for(case, lead)
    survey = {"surveyed_on": "2022-09-05", "outlet": "路北侧", "pipes": 2, "separated": "已分流"}
    case_actions.complete_task(waiting(case, "survey"), lead, data=survey)
    for unit in ("dept.landscape", "dept.enforcement", "dept.water"):
        task = case.tasks.get(step="check", unit__code=unit)
        case_actions.complete_task(task, officer(story, unit))
    with pytest.raises(Invalid, match="共 2 份"):
        case_actions.complete_task(waiting(case, "issue"), lead, data={"numbers": "只有一个"})
    assert not Paper.objects.filter(project=project, item__isnull=False).exists()
    case_actions.complete_task(waiting(case, "issue"), lead, data={"numbers": "示例1、示例2"})
    issued = Paper.objects.filter(project=project, item__code="drainage").order_by("id")
    assert [(p.kind, p.number) for p in issued] == [("drain_review", "示例1"), ("sewage_permit", "示例2")]
    assert (
        len({timekeeping.SHANGHAI.fromutc(p.given_at.replace(tzinfo=timekeeping.SHANGHAI)).date() for p in issued}) == 1
    )


def test_what_is_not_complete_is_not_given_out(story: Story, project: Project) -> None:
    """The construction permit waits for what comes before it, and says for what."""
    for kind in ("building_contract", "safety_measures", "project_info"):
        give(project, kind)
    handle(story, project, "construction_permit", until="review")
    one = item(project, "construction_permit")
    assert one.state == S.HELD
    lead = officer(story, "dept.approval")
    with pytest.raises(Conflict, match="签订土地出让合同"):
        case_actions.complete_task(waiting(one.case, "issue"), lead, data={"numbers": "施字1"})


def test_refused_and_filed_again(story: Story, project: Project) -> None:
    with pytest.raises(Invalid):
        handle(story, project, "soil_water", until="review", outcome="refuse")
    case = handle(story, project, "soil_water", until="review", outcome="refuse", note="方案深度不够")
    assert (case.status, item(project, "soil_water").state) == (Status.CLOSED, S.REFUSED)
    actions.refile(item(project, "soil_water"), fresh(story.handler(project.business)))
    again = item(project, "soil_water")
    assert (again.state, again.attempt) == (S.RUNNING, 2) and again.case_id != case.pk


def test_a_list_never_changes_and_a_project_keeps_its_own(story: Story, project: Project) -> None:
    version = ItemList.objects.get()
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        ItemList.objects.filter(pk=version.pk).update(document={})
    newer = ItemList.objects.create(version=version.version + 1, digest="x", document=version.document)
    with pytest.raises(IntegrityError, match="keeps its list"), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(listed=newer)


def test_what_has_ended_stays_ended(story: Story, project: Project) -> None:
    handle(story, project, "soil_water")
    with pytest.raises(IntegrityError, match="has ended"), transaction.atomic():
        ProjectItem.objects.filter(project=project, code="soil_water").update(state=S.RUNNING)
    actions.withdraw_project(project, fresh(story.handler(project.business)), reason="不建了")
    with pytest.raises(IntegrityError, match="has ended"), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(state="running")
    with pytest.raises(Conflict):
        give(project, "drawings")


def test_a_case_without_a_project_is_left_alone(story: Story) -> None:
    """The same procedures serve who has no project here."""
    business = story.business("示例地产有限公司", "2015-01-01", "street.xiasha")
    case = case_actions.open_case(
        fresh(story.handler(business)), scenario="drainage_dig_one_thing", service="connection", title="接管", business=business,
        data={"site": "示例地块", "outlets": 2},
    )  # fmt: skip
    assert process.standing_of(case) is None
    assert case.lead_unit.code == "dept.approval"


def test_a_phase_of_the_project_is_not_completed_by_hand(story: Story) -> None:
    project = opened(story)
    task = waiting(project.case, "guidance") or waiting(project.case, "contract")
    assert task is not None
    lead = officer(story, "dept.approval")
    with pytest.raises(Conflict, match="自动"):
        case_actions.complete_task(task, lead, outcome="done")
    task.refresh_from_db()
    assert task.status == Task.State.OPEN
