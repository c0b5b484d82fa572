"""The reference district on a working morning, with a firm that has a project in mind."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.core.management import call_command

from tests.scenarios.driver import Story
from tests.support.world import publish_scenarios
from yingshang import districts, timekeeping
from yingshang.accounts import calendar, roster
from yingshang.accounts.models import Person, Role
from yingshang.cases import actions as case_actions
from yingshang.cases.models import Case, Task
from yingshang.projects import actions
from yingshang.projects.models import Paper, Project, ProjectItem

#: Monday 5 September 2022, 09:00: four working weeks before the holidays of October.
MONDAY = datetime(2022, 9, 5, 9, 0, tzinfo=timekeeping.SHANGHAI)
FACTS: dict[str, Any] = {"area": 42000, "environment": "报告表", "energy": 1800, "soil": True, "drainage": True, "utilities": True,
                         "build_days": 240}  # fmt: skip
PDF = b"%PDF-1.4\n%sample of tests\n"


@contextmanager
def told(at: datetime = MONDAY) -> Iterator[Story]:
    """The district with nobody in it but a dispatcher and the leaders."""
    with timekeeping.travel(at):
        calendar.install()
        calendar.load(fresh=True)
        roster.install(districts.load("qiantang"), people=False)
        publish_scenarios()
        call_command("load_items", verbosity=0)
        story = Story()
        story.official("dept.economy", Role.DISPATCHER)
        story.official("dept.reform", Role.REFORM_OFFICE)
        story.official("district.qiantang", Role.DISTRICT_LEADER)
        yield story


def fresh(person: Person) -> Person:
    """The person as a new request would load them."""
    return Person.objects.get(pk=person.pk)


def opened(story: Story, kind: str = "new_land", **more: Any) -> Project:
    """A project of a sample firm in Linjiang."""
    business = story.business("示例新材料有限公司", "2008-05-01", "street.linjiang", "platform.linjiang")
    facts = {**FACTS, **more.pop("facts", {})}
    return actions.open_project(
        fresh(story.handler(business)), business=business, name="示例新材料生产基地", kind=kind, facts=facts, **more
    )


def give(project: Project, kind: str, content: bytes = PDF) -> Paper:
    """The enterprise hands in a document."""
    person = Person.objects.get(handles__business=project.business)
    return actions.give_paper(project, person, kind=kind, name=f"{kind}.pdf", stream=io.BytesIO(content))


def item(project: Project, code: str) -> ProjectItem:
    """An item as it is now."""
    return ProjectItem.objects.select_related("case", "unit").get(project=project, code=code)


def handle(
    story: Story, project: Project, code: str, *, until: str = "issue", outcome: str = "pass", note: str = ""
) -> Case:
    """The unit takes an item's case, reviews it and gives out the result, as far as ``until``."""
    one = item(project, code)
    officer = fresh(story.staffed(one.unit.code))
    case = one.case
    if Task.objects.filter(case=case, step="sign", status=Task.State.OPEN).exists():
        case = case_actions.sign_for(case, officer)
    if until == "sign":
        return case
    if review := waiting(case, "review"):
        case_actions.complete_task(review, officer, outcome=outcome, note=note)
    if until == "issue" and outcome == "pass":
        count = len(Project.objects.get(pk=project.pk).items.filter(code=code)) and len(outputs(project, code))
        numbers = "、".join(f"示例{code}-{n}" for n in range(1, count + 1))
        case_actions.complete_task(waiting(case, "issue"), officer, data={"numbers": numbers})
    return Case.objects.get(pk=case.pk)


def waiting(case: Case, step: str) -> Task | None:
    """The open task of a step."""
    return Task.objects.filter(case=case, step=step, status=Task.State.OPEN).first()


def outputs(project: Project, code: str) -> tuple[str, ...]:
    """Kinds of documents that an item brings forth."""
    from yingshang.projects import listing

    return listing.read(project.listed_id).items[code].outputs


def accept(
    story: Story, project: Project, *, only_opinion: bool = False, agreed: bool = False, day: date | None = None
) -> None:
    """The joint acceptance: one visit, on ``day`` or today, all units pass it, one opinion; from where it stands."""
    case = item(project, "joint_acceptance").case
    lead = fresh(story.staffed("dept.approval"))
    if not only_opinion and not agreed:
        case = case_actions.sign_for(case, lead)
        on = day or timekeeping.now().date()
        case_actions.complete_task(waiting(case, "visit"), lead, data={"date": on.isoformat()})
    if not only_opinion:
        for task in list(Task.objects.filter(case=case, step="survey", status=Task.State.OPEN).select_related("unit")):
            case_actions.complete_task(task, fresh(story.staffed(task.unit.code)), outcome="pass", note="合格")
    case_actions.complete_task(
        waiting(case, "issue"), lead, data={"numbers": "示例验收意见1号", "opinion": "同意通过联合验收"}
    )
