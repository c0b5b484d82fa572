"""The Chinese steps of stories about investment projects. Items' cases are handled through the REST API as any case; what
the API does not know (the project itself, its documents, the enterprise's own part) goes through the projects' actions.
"""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pytest_bdd import given, parsers, then, when

from tests.scenarios.driver import Story
from tests.scenarios.steps import at, rows
from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import Person
from yingshang.activities.models import Activity
from yingshang.cases import catalog
from yingshang.cases.models import Case, Task
from yingshang.projects import actions, applying, finding, listing, plan, standing
from yingshang.projects.models import Paper, Project, ProjectItem
from yingshang.projects.state import Standing
from yingshang.registry.models import Record

PDF = b"%PDF-1.4\n%sample of a story: "


def facts(pairs: list[list[str]]) -> dict[str, Any]:
    """A two-column table of titles and values of the project's form."""
    properties = catalog.get("joint_review_center").forms["project"]["properties"]
    names = {p["title"]: name for name, p in properties.items()}
    read = {"integer": int, "boolean": lambda v: v == "是"}
    return {names[k]: read.get(properties[names[k]]["type"], str)(v) for k, v in pairs}


def project(story: Story) -> Project:
    """The project of the story's last business."""
    return Project.objects.select_related("case", "business").filter(business=story.businesses[-1]).latest("id")


def item(story: Story, code: str) -> ProjectItem:
    return ProjectItem.objects.select_related("case", "unit").get(project=project(story), code=code)


def firm(story: Story) -> Person:
    return Person.objects.get(pk=story.handler(project(story).business).pk)


def by_name(story: Story, name: str) -> str:
    """An item's code by its name."""
    codes = {i.name.zh: c for c, i in listing.read(project(story).listed_id).items.items()}
    return codes[name]


# --- the project ------------------------------------------------------------------------------------------------------


@given(parsers.parse('企业登记"{kind}"项目"{name}":'))
@when(parsers.parse('企业登记"{kind}"项目"{name}":'))
def _open(story: Story, kind: str, name: str, datatable: list[list[str]]) -> None:
    business = story.businesses[-1]
    actions.open_project(
        Person.objects.get(pk=story.handler(business).pk), business=business, name=name,
        kind=next(c for c, zh in _kinds().items() if zh == kind), facts=facts(datatable),
    )  # fmt: skip


def _kinds() -> dict[str, str]:
    return applying.KINDS


@when(parsers.parse('企业选择"{name}"先办'))
def _stage(story: Story, name: str) -> None:
    actions.take_stage(project(story), firm(story), code=by_name(story, name))


@when(parsers.parse('企业交材料"{names}"'))
def _give(story: Story, names: str) -> None:
    documents = {d.name.zh: c for c, d in listing.read(project(story).listed_id).documents.items()}
    for name in names.split("、"):
        content = io.BytesIO(PDF + name.encode())
        actions.give_paper(project(story), firm(story), kind=documents[name], name=f"{name}.pdf", stream=content)


@when(parsers.parse('"{names}"审好待发'))
def _review(story: Story, names: str) -> None:
    for name in names.split("、"):
        _take(story, by_name(story, name))
        assert item(story, by_name(story, name)).state == ProjectItem.State.HELD, name


@when(parsers.parse('"{names}"办结'))
def _finish(story: Story, names: str) -> None:
    for name in names.split("、"):
        code = by_name(story, name)
        case = _take(story, code)
        outputs = listing.read(project(story).listed_id).items[code].outputs
        numbers = "、".join(f"示例{code}-{n}" for n in range(1, len(outputs) + 1))
        _step(story, case, "issue", data={"numbers": numbers})
        assert item(story, code).state == ProjectItem.State.DONE, name


def _take(story: Story, code: str) -> Case:
    """Its unit takes an item and reviews it, as far as that is still to do."""
    one = item(story, code)
    assert one.case is not None, f"{code} has not begun: {one.state}"
    if Task.objects.filter(case=one.case, step="sign", status=Task.State.OPEN).exists():
        story.act(story.staffed(one.case.lead_unit.code), "sign_for", one.case)
    if Task.objects.filter(case=one.case, step="review", status=Task.State.OPEN).exists():
        _step(story, one.case, "review", outcome="pass")
    return one.case


def _step(
    story: Story, case: Case, step: str, outcome: str = "done", note: str = "", data: dict[str, Any] | None = None
) -> None:
    for task in list(Task.objects.filter(case=case, step=step, status=Task.State.OPEN).select_related("unit")):
        story.do_step(story.staffed(task.unit.code), task, outcome, note, data or {})


@when(parsers.parse('企业完成"{name}"'))
def _own(story: Story, name: str) -> None:
    actions.finish_own(item(story, by_name(story, name)), firm(story), note=f"{name}已完成(示例)")


@when(parsers.parse('联审中心约各单位"{day}"一起到现场'))
def _visit(story: Story, day: str) -> None:
    actions.call_together(
        project(story), Person.objects.get(pk=story.staffed("dept.approval").pk), kind="visit", title="一起到现场", starts_at=at(day)
    )  # fmt: skip


@when(parsers.parse('"{name}"受理,约"{day}"到场'))
def _acceptance(story: Story, name: str, day: str) -> None:
    case = item(story, by_name(story, name)).case
    story.act(story.staffed("dept.approval"), "sign_for", case)
    _step(story, case, "visit", data={"date": day})


@when(parsers.parse("各单位到现场,都签合格"))
def _survey(story: Story) -> None:
    _step(story, item(story, "joint_acceptance").case, "survey", outcome="pass", note="合格")


@when(parsers.parse('出具联合验收意见"{opinion}"'))
def _opinion(story: Story, opinion: str) -> None:
    data = {"numbers": "示例验收意见1号", "opinion": opinion}
    _step(story, item(story, "joint_acceptance").case, "issue", data=data)


@when("接管办件提前踏勘、三条线审好:")
def _drainage(story: Story, datatable: list[list[str]]) -> None:
    survey = dict(datatable)
    case = item(story, "drainage").case
    story.act(story.staffed("dept.approval"), "sign_for", case)
    _step(story, case, "survey", data={**survey, "pipes": int(survey["pipes"])})
    _step(story, case, "check", note="同意")


@when(parsers.parse('"{unit}"替企业提出"{service}":"{title}",填表:'))
def _for_firm(story: Story, unit: str, service: str, title: str, datatable: list[list[str]]) -> None:
    scenario, _slash, name = service.partition("/")
    body = story.post(
        story.staffed(unit), "/cases", scenario=scenario, service=name, title=title, business=story.businesses[-1].uscc,
        data=dict(datatable),
    )  # fmt: skip
    story.cases.append(Case.objects.get(number=body["number"]))


# --- what must be so --------------------------------------------------------------------------------------------------


def _days(start: date | None, end: date | None) -> int:
    assert start is not None and end is not None
    return (end - start).days


@then(parsers.parse('从签合同到领施工许可证用了"{days:d}"天'))
def _permit(story: Story, days: int) -> None:
    one = project(story)
    assert one.days_to_permit == days == _days(one.contract_on, one.permit_on)


@then("签合同、领证、开工在同一天")
def _same_day(story: Story) -> None:
    one = project(story)
    assert one.contract_on == one.permit_on == one.start_on is not None


@then(parsers.parse('从上传到取得"{name}"用了"{days:d}"天,只到现场"{visits:d}"次'))
def _accepted(story: Story, name: str, days: int, visits: int) -> None:
    one = item(story, by_name(story, name))
    day = standing.day_of
    assert _days(day(one.started_at), day(one.finished_at)) == days
    assert Task.objects.filter(case=one.case, step="visit").count() == visits
    assert project(story).acceptance_on == day(one.finished_at)


@then(parsers.parse('同一天拿到"{names}"'))
def _together(story: Story, names: str) -> None:
    got = Paper.objects.filter(project=project(story), name__in=names.split("、"))
    assert got.count() == len(names.split("、"))
    assert len({standing.day_of(p.given_at) for p in got}) == 1
    assert len({p.item.case_id for p in got}) == 1
    assert {standing.day_of(p.item.started_at) for p in got} == {standing.day_of(p.given_at) for p in got}


@then(parsers.parse('现场只去了"{n:d}"次'))
def _visits(story: Story, n: int) -> None:
    assert Activity.objects.filter(kind=Activity.Kind.VISIT, data__project=project(story).number).count() == n


@then(parsers.parse('立项备案在提出后"{days:d}"天内完成'))
def _filed(story: Story, days: int) -> None:
    asked = standing.day_of(story.case.opened_at)
    assert 0 <= _days(asked, project(story).filing_on) <= days


@then(parsers.parse('项目从登记到验收用了"{months:d}"个月'))
def _months(story: Story, months: int) -> None:
    one = project(story)
    start, end = standing.day_of(one.opened_at), one.acceptance_on
    assert end is not None
    whole = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    assert whole == months


@then("企业交的材料没有一份要过第二次")
def _asked_once(story: Story) -> None:
    one = project(story)
    assert not one.asks.exists() and not one.requests.exists()
    given = one.papers.filter(item__isnull=True)
    assert given.count() == given.values("kind").distinct().count() > 0


@then("各单位的占用时间加上企业自己的正好是全部")
def _shares(story: Story) -> None:
    seen = standing.overview(project(story))
    assert sum(s.percent for s in seen.shares) == 100
    assert abs(sum(s.days for s in seen.shares) - seen.elapsed) <= Decimal("0.01") * len(seen.shares)


@then(parsers.parse('选基坑先行比整套许可提前开工"{least:d}"天以上'))
def _earlier(story: Story, least: int) -> None:
    one = Standing(project(story))
    whole = plan.Ways(frozenset(), one.ways.committed, one.ways.deferred)
    codes = [c for c in one.items if not one.listed.items[c].stands_for]
    begin = standing.day_of(one.project.opened_at)
    kept = calendar.load()
    without = plan.assemble(one.listed, codes, begin, kept, ways=whole, facts=one.project.facts)
    with_it = plan.assemble(one.listed, list(one.items), begin, kept, ways=one.ways, facts=one.project.facts)
    gained = (
        without.steps["construction_start"].timing.early_start - with_it.steps["construction_start"].timing.early_start
    )
    assert gained >= least


@then("办件是部门主动发起的,企业没有提出过")
def _proactive(story: Story) -> None:
    opened = story.case.events.get(kind="opened")
    assert opened.actor is not None and opened.actor.is_official
    before = story.case.events.exclude(kind__in=("confirmed", "rated"))
    assert not any(e.actor and not e.actor.is_official for e in before.select_related("actor"))


@when(parsers.parse('企业问路"{aim}"'))
def _ask_way(story: Story, aim: str) -> None:
    story.way = finding.find(aim)


@then("路径里有这些事项:")
def _way(story: Story, datatable: list[list[str]]) -> None:
    for row in rows(datatable):
        steps = {s.spec.name.zh: s for s in story.way.plan.steps.values()}
        step = steps[row["事项"]]
        assert (step.spec.unit, "、".join(str(story.way.listed.documents[d].name.zh) for d in step.spec.inputs)) == (
            row["单位"], row["材料"],
        )  # fmt: skip


@then(parsers.parse('路径说明"{fact}"是从"{word}"读出来的'))
def _read_from(story: Story, fact: str, word: str) -> None:
    assert any(r.fact == fact and r.word == word and r.source == "read" for r in story.way.readings)


@then("按路径登记的项目正是这些事项")
def _as_found(story: Story) -> None:
    assert set(project(story).items.values_list("code", flat=True)) == set(story.way.plan.steps)


@when(parsers.parse('企业照路径登记项目"{name}",总投资"{amount}"元'))
def _open_found(story: Story, name: str, amount: str) -> None:
    business = story.businesses[-1]
    known = {k: v for k, v in story.way.facts.items() if k != "kind"}
    actions.open_project(
        Person.objects.get(pk=story.handler(business).pk), business=business, name=name, kind="new_land", facts=known,
        investment=Decimal(amount),
    )  # fmt: skip


@then(parsers.parse('从提出到答复在"{low}"和"{high}"之间'))
def _between(story: Story, low: str, high: str) -> None:
    assert at(low) - timedelta(days=1) < story.case.opened_at < at(low) + timedelta(days=31)
    assert at(high) <= story.case.closed_at < at(high) + timedelta(days=31)


@then(parsers.parse('核定的地价是最低限价的"{percent:d}"%'))
def _price(story: Story, percent: int) -> None:
    data = story.case.data
    assert float(data["price"]) * 100 == float(data["floor"]) * percent


@then(parsers.parse('企业一共跑了"{n:d}"次'))
def _runs(story: Story, n: int) -> None:
    assert story.case.data["runs"] == n
    own = story.case.events.filter(kind__in=("step_done", "supplemented"), actor__kind=Person.Kind.ENTERPRISE)
    assert own.count() == n


@then(parsers.parse('登记了"{type}",其中"{field}"是"{value}"'))
def _recorded(story: Story, type: str, field: str, value: str) -> None:
    assert Record.objects.filter(type=type, **{f"data__{field}": value}).count() == 1


@then(parsers.parse('现在是"{day}"之后'))
def _now(story: Story, day: str) -> None:
    assert timekeeping.now() >= at(day)
