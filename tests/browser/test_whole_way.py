"""The main job, end to end: an enterprise asks, is answered in time, confirms and rates, and the board shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.house import House
from tests.browser.visitor import Visitor, said
from yingshang.cases.models import Case, Clock

PASSWORD = "correct horse battery"
TITLE = "想做电商直播带货,不知道该找谁"


def stage(page: Page) -> str:
    """The stage at which the page says the case stands."""
    return page.locator("main .ys-stages [aria-current=step]").first.inner_text()


def marked(page: Page, state: str) -> set[str]:
    """The words of the diagram's boxes marked as ``active`` or ``done``, once it is drawn."""
    diagram = page.locator("[data-diagram-url]")
    expect(diagram.locator(".djs-element.ys-done, .djs-element.ys-active").first).to_be_visible()
    boxes = diagram.locator(f".djs-shape.ys-{state}")
    return {"".join(words.split()) for words in boxes.all_text_contents() if words.strip()}


def test_asked_answered_confirmed_and_on_the_board(
    house: House, visitor: Callable[..., Visitor], tmp_path: Path
) -> None:
    plan = tmp_path / "直播间方案.txt"
    plan.write_text("直播间选址和设备清单", encoding="utf-8")

    firm = visitor(house).sign_in("firm1", PASSWORD)
    expect(firm.page).to_have_url(f"{house.url}/portal/")
    firm.page.get_by_role("link", name="提诉求").first.click()
    firm.page.get_by_label("什么事 *").fill(TITLE)
    firm.page.get_by_label("具体情况").fill("请告诉我们手续怎么办、有没有培训。")
    firm.page.get_by_label(said("说不清，你们帮我看")).check()
    firm.upload("#files", plan)
    expect(firm.page.locator("#files-list")).to_contain_text("直播间方案.txt")
    firm.press("提交")
    number = Case.objects.get().number
    assert number in firm.notices()

    # It waits for a person to choose the unit: the enterprise sees it, on the diagram too.
    assert stage(firm.page) == "派单"
    expect(firm.page.get_by_role("link", name="直播间方案.txt")).to_be_visible()
    assert any("派单" in words for words in marked(firm.page, "active"))
    firm.go("/portal/cases/").get_by_role("link", name=TITLE).click()
    assert stage(firm.page) == "派单"

    house.wait(minutes=10)
    dispatcher = visitor(house).sign_in("dispatcher", PASSWORD)
    expect(dispatcher.page).to_have_url(f"{house.url}/desk/")
    dispatcher.go("/desk/pool/")
    entry = dispatcher.page.get_by_role("article", name=TITLE)
    expect(entry).to_contain_text("建议 区商务局")
    expect(entry).to_contain_text("请人工判断")
    expect(entry).to_contain_text("电商")  # the word that speaks for it
    dispatcher.press("按建议派给区商务局")
    assert number in dispatcher.notices() and "区商务局" in dispatcher.notices()

    officer = visitor(house).come_in("officer")
    officer.go("/desk/tasks/").get_by_role("link", name=TITLE).click()
    officer.press("签收")
    house.wait(minutes=15)
    officer.page.get_by_label("联系情况").fill("已电话联系经办人,约定下午上门")
    officer.press("记录首次联系")
    firm.page.reload()
    assert stage(firm.page) == "办理"
    expect(firm.page.get_by_text("区商务局正在办理")).to_be_visible()
    assert any("答复" in words for words in marked(firm.page, "active"))

    house.wait(hours=5)
    officer.page.get_by_label("答复内容").fill("已上门讲解手续,直播培训下周开班,名额已留。")
    officer.press("答复企业")
    assert "已答复" in officer.notices()

    house.wait(hours=20)
    firm.go("/portal/")
    firm.page.locator("section", has=firm.page.locator("#waiting")).get_by_role("link", name=TITLE).click()
    assert stage(firm.page) == "确认"
    expect(firm.page.locator("main section").first).to_contain_text("直播培训下周开班")
    firm.press("解决了")
    firm.page.get_by_label("非常满意").check()
    firm.press("提交评价")
    expect(firm.page.get_by_text("您的评价")).to_contain_text("非常满意")

    case = Case.objects.get()
    assert (case.status, case.solved, case.rating) == ("closed", True, 5)
    assert {c.state for c in case.clocks.all()} <= {Clock.State.MET, Clock.State.CANCELLED}
    assert case.first_contact_at is not None and case.first_contact_at - case.opened_at == timedelta(minutes=25)

    leader = visitor(house).sign_in("leader", PASSWORD)
    expect(leader.page).to_have_url(f"{house.url}/cockpit/")
    solved = leader.page.locator("a.card", has_text="解决率")
    expect(solved).to_contain_text("100")
    expect(solved).to_contain_text("1 ÷ 1")
    solved.click()
    leader.page.get_by_role("link", name=TITLE).click()
    expect(leader.page.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(leader.page.get_by_text("企业确认已解决")).to_be_visible()
