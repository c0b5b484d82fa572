"""What the unit's agreement does to a fact, also where things have changed since the enterprise asked."""

from __future__ import annotations

import pytest

from tests.policies.house import House
from yingshang.accounts.models import Unit
from yingshang.cases.actions import complete_task
from yingshang.cases.errors import Conflict
from yingshang.cases.models import Case, Category, Clock, Status, Task
from yingshang.policies import corrections
from yingshang.policies.actions.correcting import request_correction
from yingshang.registry.facts import correct_fact
from yingshang.registry.models import Business, Fact
from yingshang.rules.known import values_of
from yingshang.rules.vocabulary import vocabulary


@pytest.fixture
def case(house: House) -> Case:
    return request_correction(house.world.firm1, house.business, "国家高新技术企业", False, reason="证书过期")


def agree(house: House, case: Case) -> Case:
    complete_task(Task.objects.get(case=case, step="check"), house.world.economy_officer, outcome="agree", note="属实")
    case.refresh_from_db()
    return case


def test_what_somebody_else_corrected_meanwhile_is_corrected(house: House, case: Case) -> None:
    correct_fact(house.business, "high_tech", False, source="科技", reason="到期", period="2022", by=None)
    assert agree(house, case).status == Status.CLOSED
    assert list(Fact.objects.filter(key="high_tech").order_by("id").values_list("value", "source")) == [
        (True, "科技"), (False, "科技"),
    ]  # fmt: skip


def test_a_fact_that_the_vocabulary_has_no_more_is_not_corrected(house: House, case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(data=case.data | {"fact": "从前的一项"})
    with pytest.raises(Conflict, match="从前的一项"):
        agree(house, case)
    assert Task.objects.get(case=case, step="check").status == Task.State.OPEN


def test_a_street_is_known_by_the_name_that_rules_read(house: House, case: Case) -> None:
    baiyang = house.world.units["street.baiyang"]
    Unit.objects.filter(pk=baiyang.pk).update(short_name="白杨")
    entry = vocabulary()["街道"]
    with pytest.raises(Conflict, match="没有叫"):
        corrections._correct_register(house.business, entry, "白杨街道", case, None)
    corrections._correct_register(house.business, entry, "白杨", case, None)
    assert values_of(house.business)["街道"] == "白杨"


@pytest.mark.parametrize(
    ("name", "value"), [("行业代码", "C382512345"), ("主体类型", "enterprise"), ("成立日期", "昨天")]
)
def test_what_the_register_cannot_hold_is_refused_and_nothing_changes(
    house: House, case: Case, name: str, value: str
) -> None:
    before = Business.objects.values().get(pk=house.business.pk)
    with pytest.raises(Conflict):
        corrections._correct_register(house.business, vocabulary()[name], value, case, None)
    assert Business.objects.values().get(pk=house.business.pk) == before


def test_its_clock_is_called_what_it_is_and_a_claims_another(house: House, case: Case) -> None:
    clock = Clock.objects.get(case=case)
    assert (clock.code, clock.name, clock.name_en) == ("resolve", "核实并更正", "Checked and corrected")
    assert clock.amount == 10
    assert case.due_at == clock.due_at
    assert Clock.objects.get(case=house.claim().case).name == "审核并拨付"


def test_without_its_category_it_can_be_asked_for_still(house: House) -> None:
    Category.objects.filter(code=corrections.CATEGORY).update(active=False)
    case = request_correction(house.world.firm1, house.business, "国家高新技术企业", False, reason="证书过期")
    assert case.category is None
