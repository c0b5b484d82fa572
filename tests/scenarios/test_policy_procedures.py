"""The procedures of the policy scenarios, the turns that no story takes: refused, sent back, recognised."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.scenarios.driver import Refused, Story
from yingshang import timekeeping
from yingshang.accounts.models import Unit
from yingshang.cases.models import Case, Status
from yingshang.cases.records import create
from yingshang.registry.models import Record

MORNING = datetime(2023, 4, 18, 9, 0, tzinfo=timekeeping.SHANGHAI)


@pytest.fixture
def firm(story: Story) -> Story:
    """A business on a working morning, in a platform."""
    story.go_to(MORNING)
    story.business("示例企业", "2018-01-01", "street.xiasha", "platform.dachuang")
    return story


@pytest.fixture
def talent(story: Story) -> Story:
    """Somebody who asks for themselves."""
    story.go_to(MORNING)
    story.seeker("示例人才")
    return story


def ask(story: Story, scenario: str, service: str, **data: Any) -> Case:
    """Ask, and have the lead unit take it and call."""
    case = story.open(story.businesses[0] if story.businesses else None, scenario, service, "示例事项", "", data)
    lead = case.lead_unit.code
    story.act(story.staffed(lead), "sign_for")
    story.act(story.staffed(lead), "contact", note="已联系")
    return case


def answered(story: Story) -> None:
    """Answer and confirm: the case ends."""
    story.act(story.staffed(story.case.lead_unit.code), "answer", text="已答复")
    story.act(story.asker, "confirm", solved=True)
    assert (story.case.status, story.case.solved) == (Status.CLOSED, True)


DISCOUNT = {"project": "智能制造基地", "area": "20000"}


def test_land_at_seventy_per_cent_of_the_lowest_price_is_checked_by_the_clause(firm: Story) -> None:
    case = ask(firm, "land_price_discount", "discount", **DISCOUNT)
    assert case.lead_unit.code == "platform.dachuang"
    firm.complete("platform.dachuang", "verify", recognised="已认定", basis="示例认定文号")
    price = {"floor": "500", "floor_basis": "示例文号"}
    firm.complete("dept.planning", "price", price="400", **price)
    assert firm.waiting("price").exists() and not firm.waiting("handle").exists()
    firm.complete("dept.planning", "price", price="350", **price)
    answered(firm)


def test_land_of_a_project_without_recognition_gets_no_discount(firm: Story) -> None:
    ask(firm, "land_price_discount", "discount", **DISCOUNT)
    firm.complete("platform.dachuang", "verify", recognised="未认定", basis="没有认定")
    assert not firm.waiting("price").exists()
    answered(firm)


def test_the_platform_helps_to_the_recognition(firm: Story) -> None:
    ask(
        firm,
        "strategic_emerging_recognition",
        "recognition",
        project="智能制造",
        category="智能制造",
        content="研发和智能制造基地",
    )
    firm.complete("platform.dachuang", "prepare", materials="项目说明", submitted_on="2023-04-18")
    firm.complete("dept.reform", "decision", recognised="已认定", number="示例文号", decided_on="2023-04-18")
    answered(firm)


HOME = {"talent_class": "F类", "certificate": "示例文书", "home": "二手房"}


def test_a_talent_without_a_firm_gets_priority_for_a_home(talent: Story) -> None:
    case = ask(talent, "talent_housing", "priority", **HOME)
    assert (case.business, case.submitter) == (None, talent.alone)
    talent.complete("dept.human_resources", "verify", verified_class="F类", basis="认定名单")
    talent.complete("dept.construction", "grant", letter="示例凭证", valid_until="2024-04-18")
    answered(talent)


def test_no_priority_without_a_recognised_class(talent: Story) -> None:
    ask(talent, "talent_housing", "priority", **HOME)
    talent.complete("dept.human_resources", "verify", verified_class="未认定", basis="名单上没有")
    assert not talent.waiting("grant").exists()
    answered(talent)


QUALIFIED = {
    "person": "示例人才", "qualification": "示例国际资格", "issued_by": "示例机构", "issued_on": "2019-05-01", "work": "药物研发",
}  # fmt: skip


def test_a_qualification_in_the_list_is_recognised_as_a_title(talent: Story) -> None:
    entry = {"qualification": "示例国际资格", "issued_by": "示例机构", "title": "高级工程师", "level": "高级",
             "basis": "示例比照表", "since": "2023-01-01"}  # fmt: skip
    unit = Unit.objects.get(code="dept.human_resources")
    create("title_equivalence.equivalence", entry, talent.staffed(unit.code), unit=unit)
    ask(talent, "title_equivalence", "recognition", **QUALIFIED)
    talent.complete("dept.human_resources", "compare", in_list="在表内", entry="示例国际资格")
    talent.complete(
        "dept.human_resources", "decide", title="高级工程师", certificate="示例证书", decided_on="2023-04-18"
    )
    answered(talent)


def test_a_qualification_outside_the_list_is_explained(talent: Story) -> None:
    ask(talent, "title_equivalence", "recognition", **QUALIFIED)
    talent.complete("dept.human_resources", "compare", in_list="不在表内")
    assert not talent.waiting("decide").exists()
    answered(talent)


def test_the_comparison_list_starts_empty(story: Story) -> None:
    """The source does not print it, so nothing may come with the software."""
    assert not Record.objects.filter(type="title_equivalence.equivalence").exists()


def test_a_firm_recommends_its_talent(firm: Story) -> None:
    ask(firm, "talent_recognised_by_firm", "recommend", person="示例", post="工艺工程师", since="2020-01-01",
        contribution="主持了新产线的工艺设计和投产", level="企业评为核心骨干")  # fmt: skip
    firm.complete("dept.human_resources", "verify", checked=["劳动关系"], finding="属实")
    firm.complete("dept.human_resources", "decide", decision="认定", reason="符合企业评价")
    answered(firm)


@pytest.mark.parametrize(
    ("scenario", "service", "data", "unit", "step", "told"),
    [
        ("relief_22", "explain", {"field": "减税降费", "difficulty": "现金紧张"}, "dept.tax", "onsite",
         {"called_on": "2023-04-18", "explained": "可用的减税措施", "useful": "能用上"}),
        ("relief_22", "explain", {"field": "稳岗用工", "difficulty": "招工难"}, "dept.human_resources", "onsite",
         {"called_on": "2023-04-18", "explained": "稳岗措施", "useful": "暂时用不上"}),
        ("leading_flight_plan", "support", {"area": "高效用地", "asker": "其他企业", "need": "想扩建厂房"}, "dept.planning", "plan",
         {"measures": "可用工业综合体", "by_whom": "规资分局"}),
        ("leading_flight_plan", "support", {"area": "研发创新", "asker": "园区运营方", "need": "想建公共实验室"}, "dept.economy", "plan",
         {"measures": "对接研发平台", "by_whom": "经信科技局", "when": "2023-06-01"}),
    ],
)  # fmt: skip
def test_what_is_asked_for_goes_to_the_unit_of_its_field(
    firm: Story, scenario: str, service: str, data: dict[str, Any], unit: str, step: str, told: dict[str, Any]
) -> None:
    assert ask(firm, scenario, service, **data).lead_unit.code == unit
    firm.complete(unit, step, **told)
    answered(firm)


def test_an_award_that_is_not_proposed_moves_no_money(firm: Story) -> None:
    ask(firm, "outstanding_contribution_award", "award", contribution="示例贡献", year=2022)
    firm.complete("dept.economy", "propose", batch="2022-10", proposal="不奖励", grounds="示例理由")
    assert not firm.waiting("finance").exists() and not firm.waiting("pay").exists()
    answered(firm)


def test_who_proposes_an_award_does_not_check_it(firm: Story) -> None:
    ask(firm, "outstanding_contribution_award", "award", contribution="示例贡献", year=2022)
    firm.complete(
        "dept.economy", "propose", batch="2022-10", proposal="奖励", award_amount="100.00", grounds="示例理由"
    )
    task = firm.waiting("finance").get()
    with pytest.raises(Refused) as refused:
        firm.do_step(firm.staffed("dept.economy"), task, "done", "", {"checked": "同意"})
    assert refused.value.status == 403


def test_an_eighth_day_is_not_free_whatever_the_form_allows(talent: Story) -> None:
    stay = {
        "hotel": "白杨街道定点酒店（示例名）",
        "arrival": "2023-04-20",
        "school": "示例大学",
        "city": "南昌",
        "purpose": "找工作",
    }
    ask(talent, "youth_talent_station", "stay", nights=8, **stay)
    assert talent.waiting("handle").exists() and not talent.waiting("booking").exists()
