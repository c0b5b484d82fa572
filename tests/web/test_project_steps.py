"""Steps of a project's and an item's case: the pages offer what would be accepted, and say what is waited for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.test import Client

from tests.web.test_projects import opened, text

if TYPE_CHECKING:
    from tests.scenarios.driver import Story


def offered(page: Any) -> set[str]:
    """The names of the actions that a case's page of the desk offers."""
    return {o.name for o in page.context["first"]} | {o.name for _t, rest in page.context["groups"] for o in rest}


def test_a_phase_of_a_project_is_not_completed_by_hand(story: Story, as_: Callable[..., Client]) -> None:
    from tests.projects.district import fresh

    project = opened(story)
    centre = as_(fresh(story.staffed("dept.approval")))
    there = f"/desk/projects/of/{project.number}/"
    for url in ("/desk/tasks/", "/desk/"):
        listed = centre.get(url)
        assert f'href="{there}"' in listed.content.decode()
        assert f'href="/desk/cases/{project.number}/"' not in listed.content.decode()
        assert "阶段随各事项自动往前走" in text(listed)
    page = centre.get(f"/desk/cases/{project.number}/")
    (own,) = page.context["own"]
    assert "项目的阶段随各事项自动往前走" in text(page) and "您现在可以" not in text(page)
    assert f"/tasks/{own.task.pk}/" not in page.content.decode()
    assert f'<a class="btn" href="{there}">' in page.content.decode()
    refused = centre.post(f"/desk/cases/{project.number}/tasks/{own.task.pk}/", {"outcome": "done", "note": ""})
    assert refused.status_code == 409


def test_a_result_is_offered_once_it_may_be_given_out(story: Story, as_: Callable[..., Client]) -> None:
    from datetime import timedelta

    from tests.projects.district import fresh, give, handle, item
    from yingshang import timekeeping

    project = opened(story)
    give(project, "project_info")
    handle(story, project, "project_filing")
    case = handle(story, project, "land_use_planning", until="review")
    unit = as_(fresh(story.staffed("dept.planning")))
    url = f"/desk/cases/{case.number}/"
    page = unit.get(url)
    (own,) = page.context["own"]
    assert own.task.step == "issue" and "还要等：签订土地出让合同" in text(page)
    # The promise rests: however long the other takes, nothing falls due here.
    story.wait(timedelta(days=9))
    assert own.task.due_at is None
    assert [str(g.title) for g in unit.get("/desk/tasks/").context["groups"]] == ["以后"]
    assert f"{url}tasks/{own.task.pk}/" not in page.content.decode()
    given = {"outcome": "done", "note": "", "f_numbers": "示例1号"}
    refused = unit.post(f"{url}tasks/{own.task.pk}/", given)
    assert refused.status_code == 409 and "还要等：签订土地出让合同" in text(refused)
    # The contract is there: the form is offered, and accepted.
    give(project, "bid_confirmation")
    handle(story, project, "land_contract")
    page = unit.get(url)
    assert "还要等" not in text(page) and f"{url}tasks/{own.task.pk}/" in page.content.decode()
    case = item(project, "land_use_planning").case
    assert case.due_at == page.context["own"][0].task.due_at > timekeeping.now()
    assert unit.post(f"{url}tasks/{own.task.pk}/", given).status_code == 302
    assert item(project, "land_use_planning").state == "done"


def test_what_the_project_does_for_all_is_not_offered_at_one_item(story: Story, as_: Callable[..., Client]) -> None:
    from tests.projects.district import fresh, give, item
    from yingshang.cases import workflow

    project = opened(story)
    give(project, "soil_plan")
    case = item(project, "soil_water").case
    alone = {"withdraw", "merge", "ask_supplement"}
    officer = fresh(story.staffed("dept.water"))
    shown = offered(as_(officer).get(f"/desk/cases/{case.number}/"))
    assert "sign_for" in shown and not shown & alone
    assert not alone & set(workflow.offered(project.case, fresh(story.staffed("dept.approval"))))
    firm = as_(story.handler(project.business))
    assert "withdraw" not in firm.get(f"/portal/cases/{case.number}/").context["offered"]
    assert "withdraw" not in firm.get(f"/portal/cases/{project.number}/").context["offered"]


def test_who_takes_an_item_sees_its_documents_and_decides_by_hand(story: Story, as_: Callable[..., Client]) -> None:
    from tests.projects.district import fresh, give, item

    project = opened(story)
    paper = give(project, "soil_plan")
    case = item(project, "soil_water").case
    water, url = as_(fresh(story.staffed("dept.water"))), f"/desk/cases/{case.number}/"
    page = water.post(f"{url}do/sign_for/", follow=True)
    said = [str(m) for m in page.context["messages"]]
    assert said == [f"{case.number}：已签收，接下来：审查。"], "an item has no step in which the enterprise is called"
    # What it reviews is there, in words: the item and its project by name, whose documents they are, who began it.
    file = f"/cases/{project.number}/documents/{paper.document_id}/"
    assert f'href="{file}">soil_plan.pdf</a>' in page.content.decode()
    assert b"".join(water.get(file).streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]
    seen = text(page)
    assert "soil_water" not in seen and "水土保持方案审批" in seen and f"/of/{project.number}/" in page.content.decode()
    assert re.search(r'id="what">\s*项目事项\s*<', page.content.decode())
    assert "由项目自动发起" in seen and "通过企业端" not in seen
    firm = text(as_(story.handler(project.business)).get(f"/portal/cases/{case.number}/"))
    assert "由项目自动发起" in firm and "09:00 · 投资项目" in firm and "我提的内容" not in firm
    # The officer decides, not the form.
    (own,) = page.context["own"]
    radios = re.findall(r'<input type="radio" name="outcome"[^>]*>', page.content.decode())
    assert len(radios) == 2 and not [r for r in radios if "checked" in r]
    refused = water.post(f"{url}tasks/{own.task.pk}/", {"note": "看过了"})
    assert refused.status_code == 422 and "请先选结果：通过 / 不通过。" in text(refused)
    assert "看过了" in refused.content.decode() and item(project, "soil_water").state == "running"
