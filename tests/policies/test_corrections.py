"""What the unit's agreement does to a fact, also where things have changed since the enterprise asked."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client

from tests.policies.house import House
from yingshang.accounts.models import Unit
from yingshang.cases.actions import complete_task
from yingshang.cases.errors import Conflict, Invalid
from yingshang.cases.models import Case, Category, Clock, Status, Task
from yingshang.policies import corrections
from yingshang.policies.actions.correcting import request_correction
from yingshang.registry.facts import correct_fact, record_fact
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


@pytest.fixture
def share(house: House) -> Case:
    """Asked to be 3.5, while 2.5 was on record."""
    record_fact(house.business, "rd_share", Decimal("2.5"), source="年报", period="2022")
    return request_correction(house.world.firm1, house.business, "研发费用占比", Decimal("3.5"), reason="见审计报告")


def history() -> list[str]:
    rows = Fact.objects.filter(key="rd_share").order_by("id").values_list("value", flat=True)
    return [format(Decimal(v).normalize(), "f") for v in rows]


def change(house: House, to: str) -> None:
    correct_fact(house.business, "rd_share", Decimal(to), source="统计", reason="复核", period="2022", by=None)


def decide(house: House, case: Case, seen: str | None) -> None:
    data = {} if seen is None else {"on_record": seen}
    task = Task.objects.get(case=case, step="check", status="open")
    complete_task(task, house.world.economy_officer, outcome="agree", note="属实", data=data)


@pytest.mark.parametrize("seen", [None, "", "2.5", "3.5"])
def test_what_somebody_changed_meanwhile_is_not_replaced_unseen(house: House, share: Case, seen: str | None) -> None:
    change(house, "2.8")
    with pytest.raises(Conflict, match=r"「2\.5 %」变为「2\.8 %」.*统计.*改为「3\.5 %」") as told:
        decide(house, share, seen)
    assert told.value.details["on_record"] == "2.8"
    assert history() == ["2.5", "2.8"]
    assert Task.objects.get(case=share, step="check").status == Task.State.OPEN


def test_who_has_seen_it_decides_and_nothing_is_lost(house: House, share: Case) -> None:
    change(house, "2.8")
    change(house, "2.9")
    with pytest.raises(Conflict):
        decide(house, share, "2.8")
    decide(house, share, "2.90")
    share.refresh_from_db()
    assert share.status == Status.CLOSED
    assert share.data["on_record"] == "2.90"
    assert history() == ["2.5", "2.8", "2.9", "3.5"]


def test_the_same_value_in_other_digits_is_no_change(house: House, share: Case) -> None:
    change(house, "2.8")
    change(house, "2.50")
    decide(house, share, None)
    assert history()[-1] == "3.5"


def test_who_refuses_needs_to_have_seen_nothing(house: House, share: Case) -> None:
    change(house, "2.8")
    complete_task(
        Task.objects.get(case=share, step="check"), house.world.economy_officer, outcome="refuse", note="以统计为准"
    )
    assert history() == ["2.5", "2.8"]


def test_a_column_of_the_register_that_changed_is_not_replaced_unseen(house: House) -> None:
    case = request_correction(house.world.firm1, house.business, "主导产业", "新材料", reason="主业是新材料")
    Business.objects.filter(pk=house.business.pk).update(leading_industry="chip")
    with pytest.raises(Conflict, match="变为"):
        decide(house, case, None)
    assert Business.objects.get(pk=house.business.pk).leading_industry == "chip"
    decide(house, case, corrections.on_record(case))
    assert Business.objects.get(pk=house.business.pk).leading_industry == "chemical"


def test_the_page_says_what_changed_and_carries_what_it_showed(house: House, share: Case, client: Client) -> None:
    change(house, "2.8")
    client.force_login(house.world.economy_officer)
    page = client.get(f"/desk/cases/{share.number}/").content.decode()
    task = Task.objects.get(case=share, step="check")
    assert "变为「2.8 %」" in page
    assert re.search(r'<input type="hidden" name="f_on_record" value="2\.8"', page)
    change(house, "2.9")
    told = {"outcome": "agree", "note": "属实", "f_on_record": "2.8", "key": "k1"}
    answer = client.post(f"/desk/cases/{share.number}/tasks/{task.pk}/", told)
    assert answer.status_code == 409
    assert "变为「2.9 %」" in answer.content.decode()
    assert history()[-1] == "2.9"
    # The page that came back shows the new value, and carries it.
    again = re.search(r'name="f_on_record" value="([^"]*)"', answer.content.decode())
    assert again is not None
    client.post(f"/desk/cases/{share.number}/tasks/{task.pk}/", told | {"f_on_record": again[1], "key": "k2"})
    assert history()[-1] == "3.5"


@pytest.mark.parametrize(
    ("name", "value"), [("主导产业", "汽车"), ("研发费用占比", Decimal("-1")), ("专精特新层级", "top")]
)
def test_what_no_list_knows_and_less_than_nothing_is_not_asked_for(house: House, name: str, value: object) -> None:
    with pytest.raises(Invalid) as wrong:
        request_correction(house.world.firm1, house.business, name, value, reason="依据")
    assert list(wrong.value.details["fields"]) == [name]


def test_values_are_told_as_people_read_them(house: House, case: Case, share: Case, client: Client) -> None:
    client.force_login(house.world.economy_officer)
    told = dict(client.get(f"/desk/cases/{case.number}/").context["filled"])
    assert (told["现在登记的"], told["企业说应为"]) == ("是", "否")
    told = dict(client.get(f"/desk/cases/{share.number}/").context["filled"])
    assert (told["现在登记的"], told["企业说应为"]) == ("2.5 %", "3.5 %")
