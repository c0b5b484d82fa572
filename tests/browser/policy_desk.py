"""What clerks, reviewers and payers do with policies, each as steps at a browser; used by every test that tells of it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.visitor import Visitor, said
from yingshang.policies.models import Clause, PaymentBatch, Policy

UNIT, FINANCE = "区经信科技局", "区财政局"


def register(clerk: Visitor, title: str, text: str) -> Policy:
    """The document, from its title to its text; ends on the page for its first clause."""
    page = clerk.go("/desk/policies/")
    page.get_by_role("link", name=said("登记一份政策")).click()
    page.get_by_label("政策名称").fill(title)
    page.get_by_label("原文", exact=False).last.fill(text)
    page.get_by_label("发文单位").fill(UNIT)
    clerk.press("登记,接着写条款")
    return Policy.objects.get(title=title)


def write_clause(clerk: Visitor, title: str, quote: str) -> Clause:
    """Mark the clause's words in the text, and say what it is; ends in the studio."""
    page = clerk.page
    page.locator("#policy-text").evaluate(
        "(t, q) => { const at = t.value.indexOf(q); t.focus(); t.setSelectionRange(at, at + q.length); }", quote
    )
    expect(page.get_by_label("条文", exact=True)).to_have_value(quote)
    page.get_by_label("条款名称").fill(title)
    clerk.press("写好,去写怎么算")
    return Clause.objects.get(title=title)


def start_rule(clerk: Visitor) -> None:
    clerk.press("写这一条的规则")
    expect(table(clerk.page)).to_be_visible()


def table(page: Page) -> Locator:
    return page.locator("[data-studio] .tjs-table")


def add_column(clerk: Visitor, fact: str) -> None:
    """Choose a fact from the list; it becomes a column."""
    page = clerk.page
    page.get_by_label("区里掌握的、可以问企业的数据").fill(fact)
    page.locator("#facts button:visible").filter(has_text=re.compile(rf"^\s*{fact}\s*(\(|（|$)")).first.click()
    expect(table(page).locator("th", has_text=fact).first).to_be_visible()


def cell(page: Page, rule: int, column: int) -> Locator:
    """A cell by number of the rule and of the column, both from 1."""
    row = table(page).locator("tbody tr").nth(rule - 1)
    return row.locator("td.input-cell, td.output-cell").nth(column - 1)


def type_into(clerk: Visitor, rule: int, column: int, text: str) -> None:
    """Type into a cell in place of what stands there."""
    place = cell(clerk.page, rule, column)
    place.click()
    clerk.page.keyboard.press("Control+A")
    clerk.page.keyboard.insert_text(text)


def findings(page: Page) -> Locator:
    return page.locator("[data-findings] [data-list]")


def hand_in(clerk: Visitor) -> None:
    clerk.press("送审")
    assert "已送审" in clerk.notices()


def approve(reviewer: Visitor, clause: Clause) -> None:
    """Find it among what waits, look at it, approve."""
    page = reviewer.go("/desk/policies/")
    page.get_by_role("link", name=re.compile(f"审核“{clause.title}”")).click()
    expect(table(page)).to_be_visible()
    reviewer.press("审核通过")


def publish(reviewer: Visitor, policy: Policy, since: str) -> None:
    """The version with its first day, then the document with its clauses."""
    reviewer.page.get_by_label("生效日期").fill(since)
    reviewer.press("发布")
    assert "已发布" in reviewer.notices()
    reviewer.go(f"/desk/policies/of/{policy.code}/")
    reviewer.press("发布政策和条款")


def allot(payer: Visitor, policy: Policy, amount: str, year: int | None = None) -> None:
    """Money for this year, or another."""
    page = payer.go("/desk/policies/budgets/")
    if year is not None:
        page.locator("main input[name=year]").fill(str(year))
    page.locator("main select[name=policy]").select_option(str(policy.pk))
    page.locator("main input[name=amount]").fill(amount)
    page.locator("main input[name=source]").fill("示例预算")
    payer.press("下达")
    assert "预算已下达" in payer.notices()


def review_claim(official: Visitor, number: str) -> None:
    """Find it in the register, look at the facts, pass it."""
    page = official.go("/desk/policies/claims/")
    page.locator(".ys-row", has_text=number).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name=said("按这些数据算的"))).to_be_visible()
    form = page.locator("form[action*='/tasks/']").first
    if (choice := form.locator("[name=outcome][type=radio][value=pass]")).count():
        choice.check()
    with page.expect_navigation():
        form.get_by_role("button", name=said("完成")).click()


def make_batch(payer: Visitor) -> PaymentBatch:
    payer.go("/desk/policies/payments/")
    payer.press("做成批次,交另一位同事复核")
    return PaymentBatch.objects.latest("id")


def pay_out(checker: Visitor, batch: PaymentBatch, folder: Path, result: str = "成功") -> None:
    """Check the batch, send it to the bank, take the file, bring the bank's answer."""
    checker.go(f"/desk/policies/payments/{batch.number}/")
    checker.press("复核通过")
    checker.press("送银行")
    with checker.page.expect_download() as taken:
        checker.page.get_by_role("button", name=said("下载付款文件")).click()
    sent = taken.value.path().read_text("utf-8-sig")
    payment = batch.payments.get()
    assert payment.reference in sent
    answer = folder / "回单.csv"
    answer.write_text(f"付款流水号,结果,金额,失败原因\n{payment.reference},{result},{payment.amount},\n", "utf-8")
    checker.upload("input[name=file]", answer)
    checker.press("对账")
    assert "付成 1 笔" in checker.notices()


def receipt_of(official: Visitor, number: str, folder: Path) -> Path:
    page = official.go(f"/desk/cases/{number}/")
    with page.expect_download() as taken:
        page.get_by_role("link", name=said("下载凭证")).click()
    file = folder / taken.value.suggested_filename
    taken.value.save_as(file)
    return file
