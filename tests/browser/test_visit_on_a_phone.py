"""A service officer at an enterprise, phone in hand: the visit recorded, a problem raised on the spot."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.house import House
from tests.browser.visitor import Visitor
from yingshang.activities.models import Activity
from yingshang.cases.models import Case, Channel

PROBLEM = "厂门口路灯不亮,夜班下班看不清路"


def test_a_visit_and_a_problem_raised_on_the_spot(house: House, visitor: Callable[..., Visitor]) -> None:
    officer = visitor(house, phone=True).come_in("economy_officer")
    page = officer.go("/desk/visits/")
    assert officer.sideways() == []
    page.get_by_role("link", name="去走访").click()
    expect(page.get_by_label("走访哪家")).to_have_value("示例机电有限公司(91330114MA2B00001" + _check() + ")")
    assert officer.sideways() == []
    officer.press("我已在现场,直接记录")

    page.get_by_label("走访记录").fill("订单饱满,夜班工人多。")
    page.get_by_label("见了谁").fill("厂长")
    page.get_by_role("group", name="生产经营").get_by_label("向好").check()
    page.get_by_label("什么问题").first.fill(PROBLEM)
    page.get_by_label("具体情况").first.fill("东门外三盏都不亮")
    assert officer.sideways() == []
    # Everything that is pressed is large enough for a thumb, and nothing lies on top of it.
    button = page.get_by_role("button", name="保存走访记录")
    box = button.bounding_box()
    assert box is not None and box["height"] >= 44 and box["width"] >= 300
    officer.press("保存走访记录")
    assert "1 个问题" in officer.notices()
    assert officer.sideways() == []

    visit, case = Activity.objects.get(), Case.objects.get()
    assert (visit.state, visit.data["met"], case.channel) == (Activity.State.HELD, "厂长", Channel.VISIT)
    firm = visitor(house, phone=True).come_in("firm1")
    firm.go("/portal/cases/").get_by_role("link", name=PROBLEM).click()
    expect(firm.page.get_by_text("东门外三盏都不亮")).to_be_visible()
    assert firm.sideways() == []


def _check() -> str:
    from tests.support.world import uscc

    return uscc("91330114MA2B00001")[-1]
