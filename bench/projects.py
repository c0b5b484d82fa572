"""A project of sixty items on one page, against the page of a case of five steps."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import ground
from tests.support import item_lists
from yingshang.cases import actions as case_actions
from yingshang.cases.models import Case
from yingshang.projects import actions
from yingshang.projects.models import Project, ProjectItem

ITEMS = 60
PDF = b"%PDF-1.4\n%sample "


def measure(rounds: int) -> Iterator[dict[str, Any]]:
    """The enterprise's page of each, asked in turn; medians, and the pages' own work without what they load later."""
    world = ground.world()
    project, case = _project(world), _case(world)
    client = Client(raise_request_exception=True)
    client.force_login(world.firm1, backend="django.contrib.auth.backends.ModelBackend")
    paths = {"project": f"/portal/projects/{project.number}/", "case": f"/portal/cases/{case.number}/"}
    times: dict[str, list[float]] = {name: [] for name in paths}
    for n in range(rounds + 5):
        for name, path in paths.items():
            began = time.perf_counter()
            answer = client.get(path)
            took = time.perf_counter() - began
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")
            if n >= 5:
                times[name].append(took)
    medians = {name: statistics.median(held) for name, held in times.items()}
    yield {
        "page": "project",
        "items": project.items.count(),
        "ratio": round(medians["project"] / medians["case"], 2),
        "target": "at most 2",
        "project_ms": round(medians["project"] * 1000, 1),
        "case_ms": round(medians["case"] * 1000, 1),
        "queries": {name: _queries(client, path) for name, path in paths.items()},
        "forecast_ms": round(_forecast(client, project, rounds) * 1000, 1),
        "rounds": rounds,
        "met": medians["project"] <= 2 * medians["case"],
    }


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        client.get(path)
    return len(asked)


def _forecast(client: Client, project: Project, rounds: int) -> float:
    """What the page loads beside itself, told for information."""
    times = []
    for _each in range(max(rounds // 4, 3)):
        began = time.perf_counter()
        client.get(f"/projects/{project.number}/ahead/", headers={"HX-Request": "true"})
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _project(world: Any) -> Project:
    """Sixty items: some done, some running, some waiting."""
    project = item_lists.project(world, ITEMS)
    for n in range(0, 40, 5):
        actions.give_paper(
            project, world.firm1, kind=f"paper_{n}", name=f"{n}.pdf", stream=io.BytesIO(PDF + str(n).encode())
        )
    if not project.items.filter(state=ProjectItem.State.RUNNING).exists():
        raise RuntimeError("no item runs")
    return project


def _case(world: Any) -> Case:
    """A demand on its way through the five steps that every one takes."""
    case = case_actions.open_case(
        world.firm1,
        scenario="qifu_express",
        service="demand",
        title="一件事",
        category="other",
        business=world.business,
    )
    if case.lead_unit_id is None:
        case = case_actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"])
    officer = world.officer if case.lead_unit == world.units["dept.commerce"] else None
    if officer is not None:
        case = case_actions.sign_for(case, officer)
        case = case_actions.contact(case, officer, note="已联系")
        case = case_actions.answer(case, officer, text="已解决")
    return case
