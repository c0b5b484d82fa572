"""The demo's projects: samples that say so, ended ones for boards and forecasts, running ones to look at."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.db.models import Q

from tests.support.world import MORNING
from yingshang import timekeeping
from yingshang.cases.models import Case, Event
from yingshang.projects import forecast, standing
from yingshang.projects.models import Paper, Project, ProjectItem
from yingshang.projects.state import Standing
from yingshang.registry.models import Fact

pytestmark = pytest.mark.django_db

COMMANDS = (
    ("load_district", {}),
    ("load_items", {}),
    ("population", {"count": 500}),
    ("demo_accounts", {}),
    ("demo_projects", {}),
)


def test_the_demo_has_projects_that_ended_and_projects_that_run(settings: object) -> None:
    with timekeeping.travel(MORNING):
        for command, given in COMMANDS:
            call_command(command, stdout=io.StringIO(), **given)
        call_command("demo_projects", stdout=io.StringIO())
        assert Project.objects.count() == 11 == Project.objects.filter(synthetic=True, name__contains="示例").count()
        ended = Project.objects.filter(state=Project.State.DONE)
        left = {p.name: dict(p.items.exclude(state="done").values_list("code", "state")) for p in Project.objects.all()}
        assert ended.count() >= 6, left
        assert all(p.acceptance_on and (p.days_to_permit or 0) >= 0 for p in ended)
        running = Project.objects.filter(state=Project.State.RUNNING)
        assert running.count() >= 3
        assert running.filter(business__handlers__person__demo=True).count() == 1
        # No invented project is attributed to a firm that the source names.
        named = Fact.objects.filter(key="told").exclude(value="").values("business")
        assert named.exists() and not Project.objects.filter(business__in=named).exists()
        # Nothing happens in the future, and one unit has not answered.
        cases = Case.objects.filter(Q(project__isnull=False) | Q(project_item__isnull=False))
        assert not Event.objects.filter(case__in=cases, at__gt=timekeeping.now()).exists()
        assert not Paper.objects.filter(given_at__gt=timekeeping.now()).exists()
        stuck = ProjectItem.objects.get(project__name="示例储能电池模组项目", code="energy_review")
        assert stuck.case is not None and stuck.case.overdue and stuck.case.level > 0
        assert "energy_review" in {r.item.code for r in standing.overview(stuck.project).silent}

        # Samples do not stand for the district's history, but in the demo.
        assert forecast.history().items == 0
        settings.DEMO = True  # type: ignore[attr-defined]
        past = forecast.history(but=stuck.project_id)
        assert past.samples and not past.thin
        found = forecast.forecast(Standing(stuck.project), past)
        assert (
            found is not None and found.ninety[0] <= found.fifty[0] <= found.likely <= found.fifty[1] <= found.ninety[1]
        )
        assert found.likely > timekeeping.now().date()
