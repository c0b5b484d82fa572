"""Without a mouse: asking for help, and an official's way through the tasks."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.house import House
from tests.browser.visitor import Visitor
from tests.support.world import MORNING
from yingshang.accounts.models import Person
from yingshang.cases import actions
from yingshang.cases.models import Case
from yingshang.registry.models import Business

#: What has the focus, and whether one sees that: an outline or a ring on it or on the label that stands for it.
FOCUS = """() => {
  const e = document.activeElement, shown = [e, e.nextElementSibling, e.closest('label'), e.parentElement].filter(Boolean);
  const ringed = (x) => { const s = getComputedStyle(x);
    return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none'; };
  const box = (e.closest('label') ?? e).getBoundingClientRect();
  return { id: e.id, name: e.name ?? '', tag: e.tagName, text: e.textContent.trim(),
           seen: shown.slice(0, 3).some(ringed), inside: box.bottom > 0 && box.top < innerHeight };
}"""


def tab_to(page: Page, wanted: Callable[[dict], bool], most: int = 60) -> None:
    """Press Tab until what is wanted has the focus; whatever has it on the way shows it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["seen"] and focus["inside"], f"the focus is not to be seen: {focus}"
        if wanted(focus):
            return
    raise AssertionError("never reached by Tab")


def test_asking_without_a_mouse(house: House, visitor: Callable[..., Visitor]) -> None:
    firm = visitor(house).come_in("firm1")
    page = firm.go("/portal/ask/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()

    tab_to(page, lambda f: f["id"] == "title")
    page.keyboard.type("想办一场招聘会,缺操作工")
    tab_to(page, lambda f: f["id"] == "text")
    page.keyboard.type("十五名数控操作工")
    tab_to(page, lambda f: f["name"] == "category")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("[name=category]:checked").get_attribute("value")
    tab_to(page, lambda f: f["id"] == "files")
    tab_to(page, lambda f: f["tag"] == "BUTTON" and f["text"] == "提交")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    case = Case.objects.get()
    assert (case.title, case.category.code) == ("想办一场招聘会,缺操作工", chosen)  # type: ignore[union-attr]
    assert case.number in firm.notices()


def test_an_officials_keys(house: House, visitor: Callable[..., Visitor]) -> None:
    assert house.now == MORNING
    case = actions.open_case(
        Person.objects.get(username="firm1"), scenario="qifu_express", service="demand", title="出口退税没到账",
        category="trade", business=Business.objects.get(name="示例机电有限公司"),
    )  # fmt: skip
    officer = visitor(house).come_in("officer")
    page = officer.go("/desk/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    with page.expect_navigation():
        page.keyboard.press("g")
        page.keyboard.press("t")
    expect(page).to_have_url(f"{house.url}/desk/tasks/")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page).to_have_url(f"{house.url}/desk/cases/{case.number}/")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="查办件")).to_be_focused()
