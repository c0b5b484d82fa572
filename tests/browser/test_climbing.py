"""What is not solved climbs, rung by rung, to the coordination meeting, and comes down solved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import expect

from tests.browser.house import House
from tests.browser.visitor import Visitor
from yingshang.accounts.models import Person
from yingshang.activities.models import Item
from yingshang.cases import actions
from yingshang.cases.models import Case, Escalation
from yingshang.registry.models import Business

TITLE = "出口退税一直没有到账"


def answered(house: House) -> Case:
    """A case of the first business that the commerce bureau has answered."""
    firm, officer = Person.objects.get(username="firm1"), Person.objects.get(username="officer")
    case = actions.open_case(
        firm, scenario="qifu_express", service="demand", title=TITLE, category="trade",
        business=Business.objects.get(name="示例机电有限公司"),
    )  # fmt: skip
    house.wait(minutes=10)
    case = actions.sign_for(case, officer)
    case = actions.contact(case, officer, note="已电话联系")
    house.wait(hours=2)
    return actions.answer(case, officer, text="请再等一等。")


def test_not_solved_climbs_to_the_meeting_and_is_solved(house: House, visitor: Callable[..., Visitor]) -> None:
    case = answered(house)
    house.wait(hours=18)

    # Not solved: the enterprise has to say why, then its unit's head has it on the desk.
    firm = visitor(house).come_in("firm1")
    firm.go(f"/portal/cases/{case.number}/")
    firm.press("没解决,继续办")
    expect(firm.page.get_by_role("alert")).to_contain_text("没解决")
    firm.page.locator("#confirm-comment").fill("等了一周,还是没有到账")
    firm.press("没解决,继续办")
    expect(firm.page.locator("main .ys-stages [aria-current=step]").first).to_have_text("办理")
    lead = visitor(house).come_in("commerce_lead")
    expect(lead.go("/desk/tasks/").get_by_role("link", name=TITLE)).to_contain_text("单位负责人督办")

    # Overdue: the responsible leader, and a week later the coordination meeting.
    house.wait(days=16)
    leader = visitor(house).come_in("leader")
    row = leader.go("/desk/escalations/").locator(".ys-row", has_text=TITLE)
    expect(row).to_contain_text("第 2 级")
    expect(row).to_contain_text("自动提级")
    expect(leader.go("/desk/tasks/").get_by_role("link", name=TITLE)).to_contain_text("分管领导督办")
    house.wait(days=10)

    reform = visitor(house).come_in("reform")
    page = reform.go("/desk/escalations/?level=3")
    page.get_by_label(f"选择 {case.number}").check()
    tomorrow = house.now + timedelta(days=1)
    page.locator("[name=day]").fill(f"{tomorrow:%Y-%m-%d}")
    page.locator("[name=at]").fill("14:30")
    reform.press("排定会议")
    expect(page.get_by_role("heading", level=1)).to_contain_text("企业诉求专题协调会")
    expect(page.get_by_role("link", name=TITLE)).to_be_visible()
    for invited in ("区商务局", "示例机电有限公司"):
        expect(page.locator("section", has=page.get_by_role("heading", name="参加"))).to_contain_text(invited)

    # In the meeting: decided, who does it, by when; a decision without date is refused by the page.
    house.go_to(tomorrow.replace(hour=15, minute=0))
    page.reload()
    page.get_by_text("写下议定意见").click()
    decide = page.locator("form[action$='/decide/']")
    decide.get_by_label("议定意见").fill("商务局会同税务三日内核对并办结退税")
    decide.get_by_label("责任单位").fill("区商务局")
    decide.get_by_label("完成日期").fill("")
    decide.get_by_role("button", name="议定").click()
    assert decide.get_by_label("完成日期").evaluate("field => field.matches(':invalid')")
    due = house.now.date() + timedelta(days=3)
    decide.get_by_label("完成日期").fill(due.isoformat())
    reform.press("议定")
    page.get_by_label("会议纪要").fill("逐项研究,明确责任和期限。")
    reform.press("记录会议")
    expect(page.get_by_role("heading", level=1)).to_contain_text("已举行")
    item = Item.objects.get(case=case)
    assert (item.owner_unit.code, item.due) == ("dept.commerce", due)  # type: ignore[union-attr]

    # The unit answers again, the enterprise is content, nothing is left on the ladder.
    officer = visitor(house).come_in("officer")
    page = officer.go(f"/desk/cases/{case.number}/")
    expect(page.locator(".ys-timeline")).to_contain_text("商务局会同税务三日内核对并办结退税")
    officer.page.get_by_label("答复内容").fill("退税已到账,并说明了以后的办理时间。")
    officer.press("答复企业")
    house.wait(hours=1)
    firm.go(f"/portal/cases/{case.number}/")
    firm.press("解决了")
    case.refresh_from_db()
    assert (case.status, case.solved, case.level) == ("closed", True, 3)
    assert not Escalation.objects.filter(settled_at__isnull=True).exists()
    expect(reform.go("/desk/escalations/").get_by_text("这张清单是空的")).to_be_visible()
