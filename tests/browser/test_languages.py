"""The switch between the languages: on every side of the house, and it stays as it was left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.house import House
from tests.browser.visitor import Visitor

#: Who, where, and the heading there in both languages.
SIDES = [
    ("firm1", "/portal/ask/?title=%E4%B8%80%E4%BB%B6%E4%BA%8B", "提诉求", "Ask for help"),
    ("officer", "/desk/tasks/?due=today", "我的任务", "My tasks"),
    ("leader", "/cockpit/indicators/", "全部指标", "All indicators"),
]


@pytest.mark.parametrize(("username", "path", "zh", "en"), SIDES, ids=[s[0] for s in SIDES])
def test_switching_keeps_the_page_and_the_choice(
    house: House, visitor: Callable[..., Visitor], username: str, path: str, zh: str, en: str
) -> None:
    one = visitor(house).come_in(username)
    page = one.go(path)
    heading, html = page.get_by_role("heading", level=1), page.locator("html")
    expect(heading).to_contain_text(zh)
    one.press("English", within="header")
    expect(html).to_have_attribute("lang", "en")
    expect(heading).to_contain_text(en)
    assert page.url == house.url + path
    # The browser still asks for Chinese; what was chosen counts.
    one.go("/help/")
    expect(html).to_have_attribute("lang", "en")
    one.go(path)
    one.press("中文", within="header")
    expect(html).to_have_attribute("lang", "zh-hans")
    expect(heading).to_contain_text(zh)
