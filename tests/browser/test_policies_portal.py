"""An enterprise sees what it qualifies for, claims it, follows the money and downloads the receipt. What the offices and
the bank do in between is done by the functions that their pages call."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.house import House
from tests.browser.visitor import Visitor, said

PASSWORD = "correct horse battery"


def fill(firm: Visitor) -> None:
    """The five facts that nobody holds, and the account."""
    page = firm.page
    for name, answer in (
        ("药械上市许可持有人", "true"),
        ("委托本市企业生产所持药械", "true"),
        ("与受托企业有投资关联", "false"),
        ("销售税收结算在杭州", "true"),
    ):
        page.locator(f"input[name='fact_{name}'][value='{answer}']").check()
    page.locator("input[name='fact_年度新增委托生产合同金额']").fill("2000000.40")
    page.locator("input[name='payee_account']").fill("6222 0201 1111 2222 333")
    page.locator("input[name='payee_bank']").fill("示例银行钱塘支行")


def offices(number: str) -> None:
    """Both reviews, by two people."""
    from yingshang.accounts.models import Person
    from yingshang.policies import actions
    from yingshang.policies.models import Claim

    claim = Claim.objects.get(number=number)
    actions.review(claim, Person.objects.get(username="economy_officer2"), outcome="pass")
    actions.review(claim, Person.objects.get(username="finance_officer"), outcome="pass")


def bank(number: str) -> None:
    """The batch by two people, to the bank, and its answer."""
    from yingshang.accounts.models import Person
    from yingshang.policies import actions
    from yingshang.policies.models import Claim

    claim = Claim.objects.select_related("clause__finance_unit").get(number=number)
    maker, checker = (Person.objects.get(username=n) for n in ("finance_officer", "finance_officer2"))
    batch = actions.approve_batch(actions.make_batch(maker, claim.clause.finance_unit, [claim]), checker)
    batch = actions.export_batch(batch, maker)[0]
    payment = batch.payments.get()
    answer = f"付款流水号,结果,金额,失败原因\n{payment.reference},成功,{payment.amount},\n"
    actions.reconcile(batch, maker, name="回单.csv", content=answer.encode())


def clean(visitor: Visitor) -> None:
    """Nothing that axe-core objects to, and no scrolling sideways."""
    found = [*axe.violations(visitor.page), *visitor.sideways()]
    assert not found, "\n".join(found)


def test_sees_claims_is_paid_and_downloads_the_receipt(
    open_house: Callable[..., House], visitor: Callable[..., Visitor], tmp_path: Path
) -> None:
    from yingshang.policies.replay import verify

    house = open_house("policies")
    firm = visitor(house, phone=True).sign_in("firm1", PASSWORD)
    firm.page.locator(".ys-tabs").get_by_role("link", name="政策").click()
    expect(firm.page.locator(".ys-total")).to_contain_text("5 万元")
    clean(firm)

    # The reason of what cannot be told yet, then the claim: only what is not held is asked, and the sum is told at once.
    firm.page.get_by_role("article", name="条款C01").get_by_role("link", name="条款C01", exact=True).click()
    expect(firm.page.locator("mark")).to_have_text("给予奖励。")
    clean(firm)
    firm.page.get_by_role("link", name=said("去申报")).click()
    expect(firm.page.locator("[name^=fact_]")).to_have_count(9)  # four questions of yes or no, one number
    fill(firm)
    expect(firm.page.locator("#preview")).to_contain_text("100,000.02 元")
    clean(firm)
    firm.press("提交申报")
    number = firm.page.url.rstrip("/").rsplit("/", 1)[1]
    assert number in firm.notices()
    expect(firm.page.locator(".ys-stages [aria-current=step]")).to_have_text("主管单位审核")

    house.wait(days=1)
    offices(number)
    firm.page.reload()
    expect(firm.page.locator(".ys-stages [aria-current=step]")).to_have_text("公示")
    expect(firm.page.locator("#money + *, section[aria-labelledby=money]").last).to_contain_text("预算已留出")

    # Somebody else reads the public notice, without signing in.
    neighbour = visitor(house)
    neighbour.go("/notices/").get_by_role("link", name="看看、提异议").click()
    expect(neighbour.page.get_by_role("heading", level=1)).to_have_text("示例机电有限公司")
    clean(neighbour)

    house.wait(days=8)
    firm.page.reload()
    expect(firm.page.locator(".ys-stages [aria-current=step]")).to_have_text("拨付")
    bank(number)
    firm.page.reload()
    expect(firm.page.locator("main section").first).to_contain_text("100,000.02 元 已到账")
    expect(firm.page.locator("section[aria-labelledby=money]")).to_contain_text("尾号 2333")
    clean(firm)
    with firm.page.expect_download() as download:
        firm.page.get_by_role("link", name="下载凭证").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == f"{number}.json"
    checks = verify(file.read_bytes())
    assert all(c.ok for c in checks), [c.zh for c in checks if not c.ok]
    changed = json.loads(file.read_text("utf-8"))
    changed["amounts"]["due"] = "100000.03"
    assert not all(c.ok for c in verify(json.dumps(changed, ensure_ascii=False).encode()))

    firm.go("/portal/claims/")
    expect(firm.page.locator(".ys-stat").first).to_have_text("100,000.02 元")
    clean(firm)


def test_an_automatic_grant_with_the_keyboard_alone(
    open_house: Callable[..., House], visitor: Callable[..., Visitor]
) -> None:
    from tests.policies.house import PAYEE
    from yingshang.accounts.models import Person
    from yingshang.policies import actions
    from yingshang.policies.models import Claim, Clause

    house = open_house("policies")
    person = Person.objects.get(username="firm1")
    clause = Clause.objects.select_related("policy").get(code="C02")
    firm = visitor(house).come_in(person)
    page = firm.go("/portal/policies/")
    button = page.get_by_role("article", name="条款C02").get_by_role("button", name=said("确认领取"))
    button.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    # The first time the account is asked for; the facts are not.
    expect(page.locator("[name^=fact_]")).to_have_count(0)
    page.locator("[name=payee_account]").fill(PAYEE.account)
    page.locator("[name=payee_bank]").fill(PAYEE.bank)
    page.locator("[name=payee_bank]").press("Enter")
    expect(page.locator("#messages")).to_contain_text("已提交")
    claim = Claim.objects.get(clause=clause)
    assert (claim.automatic, claim.state) == (True, "payable")

    # The year after, with a budget for it, one press is enough.
    actions.set_budget(None, clause.policy, 2024, Decimal(100_000), source="示例")
    house.wait(days=300)
    article = firm.go("/portal/policies/").get_by_role("article", name="条款C02")
    with page.expect_navigation():
        article.get_by_role("button", name=said("确认领取")).press("Enter")
    expect(page.locator("#messages")).to_contain_text("已确认")
    assert sorted(Claim.objects.filter(clause=clause).values_list("period", flat=True)) == ["2023", "2024"]
