"""Two people at one thing in the same moment, and one person pressing twice."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.house import House
from tests.browser.visitor import Visitor
from yingshang.accounts.models import Person
from yingshang.cases import actions
from yingshang.cases.models import Case, Event
from yingshang.registry.models import Business

#: Presses the button without waiting for what comes of it.
PRESS = "form => setTimeout(() => form.requestSubmit(), 0)"


def test_one_signs_for_it_the_other_is_told_who_did(house: House, visitor: Callable[..., Visitor]) -> None:
    case = actions.open_case(
        Person.objects.get(username="firm1"), scenario="qifu_express", service="demand", title="出口退税没到账",
        category="trade", business=Business.objects.get(name="示例机电有限公司"),
    )  # fmt: skip
    both = [visitor(house).come_in(name) for name in ("officer", "officer2")]
    forms = [one.go(f"/desk/cases/{case.number}/").locator("form[action$='/do/sign_for/']") for one in both]
    with both[0].page.expect_navigation() as first, both[1].page.expect_navigation() as second:
        for form in forms:
            form.evaluate(PRESS)
    answers = [first.value, second.value]
    won, lost = sorted((0, 1), key=lambda n: answers[n].status)
    assert [answers[won].status, answers[lost].status] == [200, 409]

    winner = Person.objects.get(username=("officer", "officer2")[won])
    assert list(Event.objects.filter(case=case, kind="signed").values_list("actor", flat=True)) == [winner.pk]
    assert "已签收" in both[won].notices()
    expect(both[lost].page.locator("#messages")).to_contain_text(winner.name)
    expect(both[lost].page.locator("#messages")).to_contain_text("签收")
    # The loser goes on from there: the page shows the case as it is now.
    expect(both[lost].page.locator("h1 + div").get_by_text("办理中")).to_be_visible()


def test_pressing_twice_asks_once(house: House, visitor: Callable[..., Visitor]) -> None:
    firm = visitor(house).come_in("firm1")
    page = firm.go("/portal/ask/")
    page.get_by_label("什么事 *").fill("想办食品经营许可")
    with page.expect_navigation():
        page.get_by_role("button", name="提交").dblclick()
    expect(page.locator("#messages")).to_contain_text("已收到")
    assert Case.objects.count() == 1
