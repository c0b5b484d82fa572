"""A project on its way: what starts by itself, what waits, what ends it."""

from __future__ import annotations

from tests.projects.district import fresh, give, handle, item, opened
from tests.scenarios.driver import Story
from yingshang.cases.models import Clock
from yingshang.projects import actions
from yingshang.projects.models import Project, ProjectItem, ProjectNotice

S = ProjectItem.State


def states(project: Project) -> dict[str, str]:
    return dict(project.items.values_list("code", "state"))


def test_what_is_ready_starts_as_soon_as_its_documents_are_there(story: Story) -> None:
    project = opened(story)
    assert set(states(project).values()) == {S.PAPERS, S.WAITING}
    give(project, "project_info")
    give(project, "drawings")
    now = states(project)
    assert now["project_filing"] == S.RUNNING
    # Drawings are there, but the scheme they are drawn to is not approved.
    assert now["drawing_review"] == S.WAITING
    filing = item(project, "project_filing")
    clock = Clock.objects.get(case=filing.case)
    assert (clock.code, clock.amount, clock.basis) == ("resolve", 1, "working_days")
    assert filing.case.due_at == clock.due_at
    assert filing.case.lead_unit.code == "dept.approval"


def test_what_was_reviewed_ahead_is_given_out_when_the_contract_is_signed(story: Story) -> None:
    project = opened(story)
    give(project, "project_info")
    handle(story, project, "project_filing")
    case = handle(story, project, "land_use_planning", until="review")
    held = item(project, "land_use_planning")
    assert held.state == S.HELD
    assert Clock.objects.get(case=case).state == Clock.State.PAUSED
    give(project, "bid_confirmation")
    handle(story, project, "land_contract")
    assert item(project, "land_use_planning").state == S.RUNNING
    assert Clock.objects.get(case=case).state == Clock.State.RUNNING
    handle(story, project, "land_use_planning")
    project.refresh_from_db()
    assert project.contract_on is not None and project.permit_on is None
    assert sorted(project.papers.filter(item__isnull=False).values_list("kind", flat=True)) == [
        "filing_notice", "land_contract", "land_use_permit",
    ]  # fmt: skip


def test_a_withdrawn_contract_stops_every_branch_and_each_unit_is_told(story: Story) -> None:
    project = opened(story)
    for kind in ("project_info", "design_scheme", "eia_document", "soil_plan"):
        give(project, kind)
    running = list(project.items.filter(state=S.RUNNING).select_related("case", "unit"))
    assert len(running) == 4
    actions.withdraw_project(project, fresh(story.handler(project.business)), reason="土地出让合同解除")
    project.refresh_from_db()
    assert project.state == Project.State.WITHDRAWN
    assert set(states(project).values()) == {S.WITHDRAWN}
    for one in running:
        one.case.refresh_from_db()
        assert one.case.status == "withdrawn"
        assert not one.case.tasks.filter(status="open").exists()
        assert one.case.events.filter(kind="withdrawn").exists()
    told = set(project.notices.values_list("unit__code", flat=True))
    assert ProjectNotice.objects.visible_to(fresh(story.staffed("dept.planning"))).exists()
    assert not ProjectNotice.objects.visible_to(fresh(story.handler(project.business))).exists()
    assert told == {i.unit.code for i in project.items.select_related("unit") if i.unit}
