"""Where a project stands: late, silent, whose share; when it will end, and what would bring that forward."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.test.utils import CaptureQueriesContext

from tests.projects.district import FACTS, fresh, give, handle, item, opened
from tests.scenarios.driver import Story
from yingshang.accounts import calendar
from yingshang.cases.models import Escalation
from yingshang.projects import actions, finding, forecast, plan, speeding, standing
from yingshang.projects.forecast import History
from yingshang.projects.models import Project, ProjectItem
from yingshang.projects.projecting import project_on
from yingshang.projects.state import Standing

S = ProjectItem.State
PAPERS = ("project_info", "design_scheme", "eia_document", "energy_report", "soil_plan")


def exactly(codes: list[str]) -> History:
    """A history in which everything took just what was planned, and documents were there at once."""
    ones = {c: np.ones(10) for c in codes}
    return History(ones, {c: np.zeros(10) for c in codes}, {c: np.zeros(10) for c in codes}, 200, 20, False)


def share(seen: standing.Overview, party: str) -> Decimal:
    return next((s.days for s in seen.shares if s.party == party), Decimal(0))


def test_time_is_the_enterprises_until_it_hands_in_and_the_units_after_that(story: Story) -> None:
    project = opened(story, facts={"soil": False})
    story.wait(timedelta(days=2))
    give(project, "project_info")
    story.wait(timedelta(days=1))
    handle(story, project, "project_filing")
    seen = standing.overview(Project.objects.get(pk=project.pk))
    # Two days nothing but documents were waited for; the third was shared by the enterprise and the approval bureau.
    assert seen.elapsed == Decimal("3.00")
    assert share(seen, "applicant") == Decimal("2.50")
    assert share(seen, "dept.approval") == Decimal("0.50")
    assert sum(s.percent for s in seen.shares) == 100


def test_a_supplement_is_the_enterprises_time(story: Story) -> None:
    project = opened(story)
    give(project, "soil_plan")
    handle(story, project, "soil_water", until="sign")
    water = fresh(story.staffed("dept.water"))
    actions.ask(item(project, "soil_water"), water, kind="soil_plan", note="补图")
    before = standing.overview(Project.objects.get(pk=project.pk))
    actions.send_request(project, fresh(story.staffed("dept.approval")))
    story.wait(timedelta(days=2))
    seen = standing.overview(Project.objects.get(pk=project.pk))
    assert share(seen, "dept.water") == share(before, "dept.water") == 0
    assert share(seen, "applicant") == Decimal("2.00")


def test_who_is_late_and_who_has_not_answered(story: Story) -> None:
    """A unit that never answers is seen, its promise falls due, and the case climbs."""
    project = opened(story)
    give(project, "soil_plan")
    give(project, "project_info")
    handle(story, project, "project_filing", until="sign")
    # Promised for the close of business of Tuesday 13th: the day it starts does not count, and Monday is Mid-Autumn.
    story.wait(timedelta(days=8, hours=8))
    seen = standing.overview(Project.objects.get(pk=project.pk))
    (water,) = (r for r in seen.rows if r.item.code == "soil_water")
    assert water.late == 0 and not water.overdue
    story.wait(timedelta(days=1, hours=16))
    seen = standing.overview(Project.objects.get(pk=project.pk))
    assert [r.item.code for r in seen.silent] == ["soil_water"]
    late = {r.item.code: r for r in seen.late}
    assert set(late) == {"project_filing", "soil_water"}
    assert late["soil_water"].used == Decimal("7.00") and late["soil_water"].late == Decimal("1.07")
    assert late["soil_water"].overdue and late["project_filing"].overdue
    climbed = Escalation.objects.filter(case=item(project, "soil_water").case)
    assert climbed.exists() and climbed.filter(automatic=True).count() == climbed.count()


def test_the_expected_end_moves_with_what_happens(story: Story) -> None:
    project = opened(story)
    first = project_on(Standing(project))
    assert first.end == max(i.planned_finish for i in project.items.all())
    story.wait(timedelta(days=7))
    # A week with Mid-Autumn in it.
    assert project_on(Standing(project)).days == first.days + 4
    rows = {r.item.code: r for r in standing.overview(project).rows}
    assert rows["works_planning"].waits_for == ("建设工程设计方案审查", "建设用地规划许可")
    assert rows["scheme_review"].lacking == ("建设工程设计方案",)


def test_an_overview_asks_a_fixed_number_of_questions(story: Story) -> None:
    from django.db import connection

    project = opened(story)
    calendar.load()
    with CaptureQueriesContext(
        connection,
    ) as few:
        standing.overview(project)
    for kind in PAPERS:
        give(project, kind)
    for code in ("project_filing", "soil_water", "environment_form"):
        handle(story, project, code)
    with CaptureQueriesContext(connection) as many:
        standing.overview(Project.objects.get(pk=project.pk))
    assert len(few) <= 8 and len(many) <= len(few) + 1


# --- the forecast -----------------------------------------------------------------------------------------------------


def test_where_everything_takes_what_was_planned_the_forecast_is_the_plan(story: Story) -> None:
    project = opened(story)
    one = Standing(project)
    found = forecast.forecast(one, exactly(list(one.items)))
    assert found is not None
    end = project_on(one).end
    assert found.likely == end and found.fifty == found.ninety == (end, end)
    assert not found.borrowed and not found.beyond
    assert set(found.untold) <= {"construction_start"}


def test_bounds_are_those_of_the_history(story: Story) -> None:
    """One chain whose only uncertain item takes its days six times in ten, else twice as long: the bounds are the two ends."""
    project = opened(story)
    one = Standing(project)
    past = exactly(list(one.items))
    uncertain = replace(past, ratios={**past.ratios, "building": np.array([1.0] * 60 + [2.0] * 40)})
    found = forecast.forecast(one, uncertain)
    assert found is not None
    kept, end = calendar.load(), project_on(one).end
    assert found.ninety == (end, kept.add_working_days(end, FACTS["build_days"]))
    # Split evenly, the middle of the rounds could lie between the two.
    assert found.fifty == found.ninety and found.likely == end
    again = forecast.forecast(Standing(project), uncertain)
    assert again is not None and (again.likely, again.fifty, again.ninety) == (found.likely, found.fifty, found.ninety)


def test_half_of_the_rounds_end_within_fifty(story: Story) -> None:
    project = opened(story)
    one = Standing(project)
    past = exactly(list(one.items))
    found = forecast.forecast(one, replace(past, ratios={**past.ratios, "building": np.linspace(0.5, 1.5, 101)}))
    assert found is not None
    days = (found.ninety[0], found.fifty[0], found.fifty[1], found.ninety[1])
    low90, low50, high50, high90 = (calendar.load().working_days_between(found.likely, d) for d in days)
    # 240 days evenly from half to once and a half: a quarter of the range is 60 days, nine twentieths are 108.
    assert -70 <= low50 <= -50 and 50 <= high50 <= 70
    assert -115 <= low90 <= -100 and 100 <= high90 <= 115


def test_too_little_history_forecasts_nothing(story: Story) -> None:
    project = opened(story)
    one = Standing(project)
    assert forecast.history().thin and forecast.history().items == 0
    assert forecast.forecast(one, forecast.history()) is None
    assert forecast.forecast(one, replace(exactly(list(one.items)), projects=4)) is None


def test_what_takes_longer_than_anything_before_says_so(story: Story) -> None:
    project = opened(story)
    give(project, "soil_plan")
    story.wait(timedelta(days=20))
    one = Standing(project)
    found = forecast.forecast(one, exactly(list(one.items)))
    assert found is not None and found.beyond == ("soil_water",)


def test_history_is_the_districts_own_closed_items(story: Story) -> None:
    project = opened(story)
    give(project, "project_info")
    story.wait(timedelta(days=1))
    handle(story, project, "project_filing")
    past = forecast.history()
    assert (past.items, past.projects, past.samples) == (1, 1, False)
    assert past.ratios["project_filing"].tolist() == [1.0]
    assert forecast.history(but=project.pk).items == 0
    Project.objects.filter(pk=project.pk).update(synthetic=True)
    assert forecast.history().items == 0


# --- what would bring it forward ----------------------------------------------------------------------------------------


def test_options_gain_what_the_plan_says(story: Story) -> None:
    project = opened(story)
    one = Standing(project)
    found = {(o.kind, o.item): o for o in speeding.options(one)}
    pit = found["stage", "pit_permit"]
    # Against the plan assembled anew with the pit first.
    codes = list(one.items)
    kept = calendar.load()
    whole = plan.assemble(one.listed, codes, project_on(one).start, kept, facts=project.facts)
    staged = plan.assemble(
        one.listed,
        codes,
        project_on(one).start,
        kept,
        facts=project.facts,
        ways=plan.Ways(staged=frozenset({"pit_permit"})),
    )
    assert pit.gain == whole.total - staged.total > 0
    assert [o.gain for o in speeding.options(one)] == sorted((o.gain for o in speeding.options(one)), reverse=True)
    actions.take_stage(project, fresh(story.handler(project.business)), code="pit_permit")
    taken = Standing(Project.objects.get(pk=project.pk))
    assert project_on(taken).days == whole.total - pit.gain
    assert ("stage", "pit_permit") not in {(o.kind, o.item) for o in speeding.options(taken)}


def test_a_faster_unit_counts_where_it_was_faster_before(story: Story) -> None:
    project = opened(story)
    one = Standing(project)
    past = exactly(list(one.items))
    quick = replace(
        past, ratios={**past.ratios, **{c: np.array([0.5] * 6) for c in ("joint_acceptance", "soil_water")}}
    )
    faster = {o.item: o for o in speeding.options(one, quick) if o.kind == "faster"}
    # Five days planned, three at half the ratio; the soil plan has slack and gains nothing.
    assert faster["joint_acceptance"].gain == 2 and faster["joint_acceptance"].who == "dept.approval"
    assert "soil_water" not in faster


def test_missing_documents_are_named_with_what_they_hold_up(story: Story) -> None:
    project = opened(story)
    found = speeding.options(Standing(project))
    assert ("papers", "project_filing", "project_info") in {(o.kind, o.item, o.document) for o in found}
    assert any(o.kind == "defer" and o.document == "safety_measures" for o in found)


# --- finding the way ----------------------------------------------------------------------------------------------------


def test_an_aim_in_words_is_read_and_what_is_said_takes_precedence(story: Story) -> None:
    way = finding.find("想在这里建一家疫苗厂,租厂房装修")
    known = {r.fact: r for r in way.readings}
    assert (known["drug"].value, known["drug"].source, known["drug"].word) == (True, "read", "疫苗")
    assert known["kind"].value == "租赁厂房装修" and known["environment"].value == "报告书"
    assert known["area"].source == "assumed"
    assert "drug_licence" in way.plan.steps and "land_contract" not in way.plan.steps
    said = finding.find("疫苗厂", {"environment": "报告表", "kind": "新出让用地新建", "soil": None})
    assert {r.fact: r.source for r in said.readings}["environment"] == "said"
    assert "environment_form" in said.plan.steps and "environment_report" not in said.plan.steps
    assert [s.kind for s in said.shortcuts].count("stage") == 1


def test_nothing_said_is_planned_by_what_is_assumed(story: Story) -> None:
    way = finding.find("")
    assert all(r.source == "assumed" for r in way.readings)
    assert way.plan.total > 0 and way.documents


@pytest.mark.parametrize("aim", ["🧪" * 400, "'; DROP TABLE", "{疫苗}" * 200, "\x00厂"])
def test_odd_aims_are_no_error(story: Story, aim: str) -> None:
    assert finding.find(aim).plan.steps
