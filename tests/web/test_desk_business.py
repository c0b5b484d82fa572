"""The page of one business."""

from __future__ import annotations

from decimal import Decimal

from tests.support.world import World
from yingshang.cases import actions
from yingshang.registry.facts import correct_fact, record_fact


def test_page_tells_what_is_known_and_what_is_under_way(world: World, sign_in) -> None:
    business = world.business
    record_fact(business, "revenue", Decimal("12345678.50"), source="税务", period="2021")
    record_fact(business, "revenue", Decimal("20000000"), source="税务", period="2022")
    record_fact(business, "high_tech", True, source="科技", period="2022")
    record_fact(business, "new_key", "随便", source="试")
    correct_fact(business, "revenue", Decimal("21000000"), source="税务", period="2022", reason="更正", by=world.reform)
    case = actions.open_case(
        world.firm1, scenario="qifu_express", service="demand", title="厂门口路灯不亮", business=business
    )
    answer = sign_in(world.reform.username).get(f"/desk/businesses/{business.uscc}/")
    assert answer.status_code == 200
    rows = {str(r["name"]): r for r in answer.context["facts"]}
    assert rows["营业收入（元）"]["value"] == "21,000,000"
    assert rows["营业收入（元）"]["before"] == [("2021", "12,345,678.5")]
    assert rows["高新技术企业"]["value"] == "是"
    assert list(rows)[-1] == "new_key"
    assert [c.number for c in answer.context["running"]] == [case.number]


def test_cases_of_others_stay_unseen(world: World, sign_in) -> None:
    actions.open_case(
        world.firm1, scenario="qifu_express", service="demand", title="厂门口路灯不亮", business=world.business
    )
    answer = sign_in(world.education_officer.username).get(f"/desk/businesses/{world.business.uscc}/")
    assert answer.status_code == 200
    assert answer.context["running"] == []


def test_unknown_business_is_not_found_and_enterprises_are_refused(world: World, sign_in) -> None:
    assert sign_in(world.officer.username).get("/desk/businesses/91330114NOTHING000/").status_code == 404
    assert sign_in(world.firm1.username).get(f"/desk/businesses/{world.business.uscc}/").status_code == 403
