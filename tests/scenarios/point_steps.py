"""Steps of the stories about service points, stations and residents."""

from __future__ import annotations

from datetime import timedelta

from django.core.management import call_command
from pytest_bdd import given, parsers, then, when

from tests.scenarios.driver import Story
from yingshang import timekeeping
from yingshang.accounts.models import Role, Unit
from yingshang.cases import records
from yingshang.cases.models import Case, Status, Task
from yingshang.scenarios.service_network_1_2_7_6 import points


@given("服务点已载入")
def _loaded(story: Story) -> None:
    call_command("load_service_points", verbosity=0)


@given(parsers.parse('居民"{name}"'))
def _resident(story: Story, name: str) -> None:
    story.seeker(name)


@when(parsers.re(r'"(?P<unit>[\w.]+)"联系本人:"(?P<note>[^"]+)"'))
def _contact(story: Story, unit: str, note: str) -> None:
    story.act(story.who(unit), "contact", note=note)


@when(parsers.parse('"{unit}"登记驿站:'))
def _station(story: Story, unit: str, datatable: list[list[str]]) -> None:
    cells = datatable[0]
    said = {k: int(v) for k, v in zip(cells[::2], cells[1::2], strict=True)}
    records.create(points.STATION, {"platform": unit, **said}, story.official(unit, Role.AREA_LEAD), key=unit)


@when(parsers.parse('"{unit}"的负责人把"{pilot}"的驿站推广到"{platforms}"'))
def _spread(story: Story, unit: str, pilot: str, platforms: str) -> None:
    lead = story.official(unit, Role.UNIT_LEAD)
    body = story.post(
        lead,
        "/cases",
        scenario="embedded_service_station",
        service="rollout",
        title="推广产业平台驿站",
        data={"pilot": pilot, "platforms": platforms.split("、")},
    )
    story.cases.append(Case.objects.get(number=body["number"]))
    story.staffed(unit)


@when("各平台建成驿站并登记")
def _set_up(story: Story) -> None:
    for task in Task.objects.filter(case=story.case, step="set_up", status=Task.State.OPEN).select_related("unit"):
        code = task.unit.code
        records.create(
            points.STATION,
            {"platform": code, "opened_on": f"{timekeeping.now():%Y-%m-%d}"},
            story.official(code, Role.AREA_LEAD),
            key=code,
            unit=task.unit,
        )
        story.complete(code, "set_up", note="驿站已开门")


@then("办件已办结")
def _closed(story: Story) -> None:
    assert story.case.status == Status.CLOSED
    assert not Task.objects.filter(case=story.case, status=Task.State.OPEN).exists()


@then(parsers.parse('查"{item}",离"{near}"最近的点是"{code}"'))
def _nearest(story: Story, item: str, near: str, code: str) -> None:
    held = {p.code: p for p in points.every()}
    place = points.Place(street=held[near].street, at=held[near].at)
    found = points.nearest(held.values(), place, item)
    assert found[0].point.code == code
    assert [f.km for f in found] == sorted(f.km for f in found if f.km is not None)
    assert Unit.objects.filter(code=found[0].point.data["unit"]).exists()


@then(parsers.parse('每个平台建站都没有超过承诺的"{days:d}"个工作日'))
def _in_time(story: Story, days: int) -> None:
    met = story.case.clocks.get(code="set_up")
    assert (met.amount, met.state) == (days, "met")
    assert met.stopped_at - met.started_at <= timedelta(days=days)
