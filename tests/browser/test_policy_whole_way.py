"""Write a clause, see whom it would pay and what it would cost, publish it, watch an enterprise claim it, pay it, and verify
the receipt: in the browser only, but for the last command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect
from typer.testing import CliRunner

from tests.browser import axe
from tests.browser import policy_desk as desk
from tests.browser.house import House
from tests.browser.visitor import Visitor, said

TITLE, CLAUSE = "企业创新补助办法", "研发费用补助"
QUOTE = "上年研发费用占比不低于 3% 的,按研发费用的 10% 给予补助,最高 50 万元"
TEXT = f"第一条 为鼓励企业创新,制定本办法。\n第二条 {QUOTE}。\n第三条 由区经信科技局负责解释。"


def test_from_a_clause_to_money_with_a_receipt(
    house: House, visitor: Callable[..., Visitor], tmp_path: Path, settings: Any
) -> None:
    settings.HOME = tmp_path
    from yingshang.policies.models import Budget, Claim
    from yingshang.registry.facts import FactRow, copy_facts
    from yingshang.registry.models import Business
    from yingshang.rules import runs

    firm = Business.objects.get(name="示例机电有限公司")
    copy_facts(
        FactRow(firm.pk, key, "2022", value, "年报")
        for key, value in (("rd_share", "2.50"), ("rd_expense", "2000000.00"))
    )
    runs.run()

    # A clause is written: its words marked in the text, its facts chosen, its conditions typed, mistakes shown at once.
    clerk = visitor(house).come_in("economy_officer")
    policy = desk.register(clerk, TITLE, TEXT)
    clause = desk.write_clause(clerk, CLAUSE, QUOTE)
    desk.start_rule(clerk)
    desk.add_column(clerk, "研发费用占比")
    desk.add_column(clerk, "研发费用")
    desk.type_into(clerk, 1, 1, '"三成"')
    found = desk.findings(clerk.page).locator("[data-severity=error]").filter(has_text="三成").first
    expect(found).to_be_visible()
    found.click()
    marked = desk.cell(clerk.page, 1, 1).evaluate("e => getComputedStyle(e).backgroundColor")
    assert marked == "rgb(255, 243, 239)"
    desk.type_into(clerk, 1, 1, ">= 3")
    desk.type_into(clerk, 1, 2, "> 0")
    desk.type_into(clerk, 1, 4, "min(0.1 * 研发费用, 500000)")
    expect(desk.findings(clerk.page)).to_contain_text("没有发现问题")
    # What is being checked anew is dimmed as long as that takes.
    expect(clerk.page.locator("[data-findings]")).not_to_have_attribute("aria-busy", "true")
    assert not axe.violations(clerk.page)
    clerk.press("保存草稿")

    # Whom would it pay? Nobody: the firm is half a point short. At 2 % it would.
    clerk.page.get_by_role("link", name=said("谁能拿、要多少钱")).click()
    figures = clerk.page.locator("#simulation .ys-headline")
    expect(figures).to_contain_text("0 元")
    expect(clerk.page.locator("#near")).to_contain_text("研发费用占比要不低于 3%")
    expect(clerk.page.locator("#near")).to_contain_text("示例机电有限公司")
    clerk.page.get_by_role("spinbutton", name="研发费用占比").fill("2")
    clerk.page.get_by_role("spinbutton", name="研发费用占比").blur()
    expect(figures).to_contain_text("20 万元")
    assert not axe.violations(clerk.page)
    clerk.go(f"/desk/policies/of/{policy.code}/{clause.code}/")
    expect(desk.table(clerk.page)).to_be_visible()
    desk.type_into(clerk, 1, 1, ">= 2")
    expect(desk.findings(clerk.page)).to_contain_text("没有发现问题")
    desk.hand_in(clerk)

    # Another person reviews and publishes it; the finance department allots money.
    reviewer = visitor(house).come_in("economy_officer2")
    desk.approve(reviewer, clause)
    desk.publish(reviewer, policy, f"{house.now:%Y-%m-%d}")
    payer = visitor(house).come_in("finance_officer")
    desk.allot(payer, policy, "1000000")

    # The enterprise sees what it qualifies for, and claims it.
    owner = visitor(house).come_in("firm1")
    owner.go("/portal/policies/").get_by_role("link", name=CLAUSE).first.click()
    expect(owner.page.locator("main")).to_contain_text("20 万元")
    owner.go(f"/portal/policies/{policy.code}/{clause.code}/apply/")
    owner.page.locator("input[name='payee_account']").fill("6222 0201 1111 2222 333")
    owner.page.locator("input[name='payee_bank']").fill("示例银行钱塘支行")
    owner.press("提交申报")
    number = Claim.objects.get().number

    # Two reviews, two people for the batch, the bank's answer.
    desk.review_claim(clerk, number)
    desk.review_claim(payer, number)
    batch = desk.make_batch(payer)
    checker = visitor(house).come_in("finance_officer2")
    desk.pay_out(checker, batch, tmp_path)
    budget = Budget.objects.get()
    assert (budget.paid, budget.reserved) == (200_000, 0)

    # Anybody replays the receipt; one changed digit is found.
    receipt = desk.receipt_of(clerk, number, tmp_path)
    assert verified(receipt, settings) == 0
    receipt.write_text(receipt.read_text("utf-8").replace("2000000", "2000001", 1), "utf-8")
    assert verified(receipt, settings) == 1


def verified(receipt: Path, settings: Any) -> int:
    """The exit code of ``yingshang receipt verify``."""
    from yingshang.runtime.cli import app

    key = (Path(settings.HOME) / "keys" / "receipts.pub").read_text("ascii").strip()
    return CliRunner().invoke(app, ["receipt", "verify", str(receipt), "--key", key]).exit_code
