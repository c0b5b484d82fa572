"""Entering a project for an enterprise at the desk, and where it is built."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from tests.scenarios.driver import Story
    from yingshang.registry.models import Business

FACTS = {
    "f_kind": "自有用地扩建、技改",
    "f_area": "12000",
    "f_environment": "报告表",
    "f_energy": "300",
    "f_build_days": "200",
}
NEW = "/desk/projects/new/"


@pytest.fixture
def firm(story: Story) -> Business:
    return story.business("示例新材料有限公司", "2008-05-01", "street.linjiang", "platform.linjiang")


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def given(firm: Business, **more: str) -> dict[str, str]:
    return {"business": firm.name, "name": "示例扩建", "key": "k1", **FACTS, **more}


def test_an_officer_enters_it_and_the_enterprise_finds_it(
    story: Story, firm: Business, as_: Callable[..., Client]
) -> None:
    from yingshang.projects.models import Project

    officer = as_(story.staffed("dept.economy"))
    assert f'href="{NEW}"' in officer.get("/desk/projects/").content.decode()
    page = officer.get(NEW, {"name": "示例扩建", "business": firm.uscc, "f_area": "12000"})
    assert page.context["form"]["business"].value() == firm.uscc and page.context["facts"]["f_area"].value() == "12000"
    answers = [officer.post(NEW, given(firm, contract_number="示例-7")) for _each in range(2)]
    project = Project.objects.get()
    assert {a.status_code for a in answers} == {302} and {a["Location"] for a in answers} == {
        f"/desk/projects/of/{project.number}/"
    }
    assert (project.business, project.platform, project.contract_number) == (firm, firm.platform, "示例-7")
    assert officer.get(answers[0]["Location"]).status_code == 200
    assert project.name in text(as_(story.handler(firm)).get("/portal/projects/"))


def test_what_is_wrong_stands_at_its_field(story: Story, firm: Business, as_: Callable[..., Client]) -> None:
    from yingshang.projects.models import Project

    officer = as_(story.staffed("dept.economy"))
    nobody = officer.post(NEW, given(firm, business="没有这家"))
    assert nobody.status_code == 422 and "没有找到「没有这家」" in text(nobody)
    none = officer.post(NEW, given(firm, f_area="", name="x"))
    assert none.status_code == 422 and {"name"} == set(none.context["form"].errors) and none.context["facts"].errors
    assert not Project.objects.exists()


def test_a_land_contract_belongs_to_one_project(story: Story, firm: Business, as_: Callable[..., Client]) -> None:
    from yingshang.projects import actions
    from yingshang.projects.models import Project

    officer = as_(story.staffed("dept.economy"))
    assert officer.post(NEW, given(firm, contract_number="示例-7")).status_code == 302
    again = officer.post(NEW, given(firm, contract_number=" 示例-7 ", key="k2"))
    assert again.status_code == 409 and "已登记在另一个项目里" in text(again)
    actions.withdraw_project(Project.objects.get(), None, reason="解除")
    assert officer.post(NEW, given(firm, contract_number="示例-7", key="k3")).status_code == 302


def test_it_may_be_built_elsewhere_than_the_firm_is_registered(
    story: Story, firm: Business, as_: Callable[..., Client]
) -> None:
    from yingshang.accounts.models import Unit
    from yingshang.projects.models import Project

    other = Unit.objects.filter(kind=Unit.Kind.PLATFORM, active=True).exclude(code="platform.linjiang")[0]
    page = as_(story.handler(firm)).post(
        "/portal/projects/new/", {"name": "示例别处", "key": "k", "place": other.code, **FACTS}
    )
    assert page.status_code == 302 and Project.objects.get().platform == other
    street = Unit.objects.filter(kind=Unit.Kind.STREET, active=True).exclude(code="street.linjiang")[0]
    officer = as_(story.staffed("dept.economy"))
    assert officer.post(NEW, given(firm, place=street.code)).status_code == 302
    assert Project.objects.get(name="示例扩建").street == street


def test_whose_post_enters_none_is_not_offered_it(story: Story, firm: Business, as_: Callable[..., Client]) -> None:
    from yingshang.accounts.models import Role

    auditor = as_(story.official("dept.reform", Role.AUDITOR))
    assert auditor.get(NEW).status_code == 403
    assert NEW not in auditor.get("/desk/projects/").content.decode()
    assert as_(story.handler(firm)).get(NEW).status_code == 403


def test_the_plan_of_a_kind_leads_to_entering_it(story: Story, as_: Callable[..., Client]) -> None:
    officer = as_(story.staffed("dept.economy"))
    page = officer.get("/desk/projects/plan/", {"aim": "老厂区扩建一条生产线", "f_area": "12000"})
    link = re.search(rf'href="({NEW}\?[^"]+)"', page.content.decode())
    assert link is not None
    opened = officer.get(link[1].replace("&amp;", "&"))
    assert opened.context["facts"]["f_area"].value() in (12000, "12000")
    assert opened.context["form"]["name"].value() == "老厂区扩建一条生产线"
