"""The studio's table as those see it who do not edit it: everything in the page's language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import policy_desk as desk
from tests.browser.house import House
from tests.browser.visitor import Visitor

WORDS = {"zh-CN": ["是/否", "数值", "是/否", "数值"], "en-GB": ["boolean", "number", "boolean", "number"]}


@pytest.mark.parametrize("language", list(WORDS))
def test_a_table_to_read_tells_its_types_in_the_pages_language(
    open_house: Callable[..., House], visitor: Callable[..., Visitor], language: str
) -> None:
    house = open_house("policies")
    reader = visitor(house, language=language).come_in("economy_officer2")
    page = reader.go("/desk/policies/of/sample/C02/")
    expect(desk.table(page)).to_be_visible()
    assert page.locator("[data-studio][data-readonly]").count() == 1
    types = page.locator("[data-studio] th .input-variable, [data-studio] th .output-variable")
    expect(types).to_have_text(WORDS[language])
