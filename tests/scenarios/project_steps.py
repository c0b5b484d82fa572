"""The Chinese steps of stories about investment projects. Items' cases are handled through the REST API as any case; what
the API does not know (the project itself, its documents, the enterprise's own part) goes through the projects' actions.
"""

from __future__ import annotations

import io
from typing import Any

from pytest_bdd import given, parsers, when

from tests.scenarios.driver import Story
from tests.scenarios.steps import at
from yingshang.accounts.models import Person
from yingshang.cases import catalog
from yingshang.cases.models import Case, Task
from yingshang.projects import actions, applying, listing
from yingshang.projects.models import Project, ProjectItem

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
