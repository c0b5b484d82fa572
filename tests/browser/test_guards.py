"""What protects people at their browsers: forged forms, uploads that would run, inline scripts, guessed passwords."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.house import House
from tests.browser.visitor import Visitor
from yingshang.cases.models import Case

SCRIPT = b"<html><script>document.title = 'owned'</script></html>"


def test_a_form_without_its_token_is_refused_kindly(house: House, visitor: Callable[..., Visitor]) -> None:
    firm = visitor(house).come_in("firm1")
    page = firm.go("/portal/ask/")
    page.get_by_label("什么事 *").fill("一件事")
    page.locator("main form [name=csrfmiddlewaretoken]").evaluate("field => { field.value = 'forged' }")
    with page.expect_navigation() as answer:
        page.get_by_role("button", name="提交").click()
    assert answer.value.status == 403
    expect(page.get_by_role("heading", name="页面已过期")).to_be_visible()
    assert not Case.objects.exists()


def test_uploads_are_downloads_and_never_pages(house: House, visitor: Callable[..., Visitor], tmp_path: Path) -> None:
    firm = visitor(house).come_in("firm1")
    page = firm.go("/portal/ask/")
    page.get_by_label("什么事 *").fill("一件事")
    firm.upload(
        "#files",
        {"name": "说明.html", "mimeType": "text/html", "buffer": SCRIPT},
        {"name": "说明.txt", "mimeType": "text/html", "buffer": SCRIPT},
    )
    firm.press("提交")
    # The page is refused for its name, with a reason; what calls itself text is kept, as it is.
    expect(page.locator("#messages")).to_contain_text("说明.html")
    expect(page.get_by_role("link", name="说明.html")).to_have_count(0)
    link = page.get_by_role("link", name="说明.txt")
    with page.expect_download() as saved:
        link.click()
    assert saved.value.suggested_filename == "说明.txt"
    assert Path(saved.value.path()).read_bytes() == SCRIPT

    address = str(link.get_attribute("href"))
    headers = firm.context.request.get(address).headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"].startswith("attachment")
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    # Nor does it run when another page of the site takes it for a script or shows it in a frame.
    title = page.title()
    page.evaluate(
        """address => new Promise(done => {
             const script = Object.assign(document.createElement('script'), { src: address, onerror: done, onload: done });
             document.body.append(script); setTimeout(done, 2000); })""",
        address,
    )
    assert page.title() == title
    firm.faults.clear()  # the browser complained, as it should


def test_inline_scripts_do_not_run(house: House, visitor: Callable[..., Visitor]) -> None:
    firm = visitor(house).come_in("firm1")
    page = firm.go("/portal/")
    blocked = page.evaluate(
        """() => new Promise(done => {
             addEventListener('securitypolicyviolation', e => done(e.effectiveDirective), { once: true });
             const script = document.createElement('script');
             script.textContent = 'window.owned = true';
             document.body.append(script); setTimeout(() => done('nothing'), 2000); })"""
    )
    assert blocked == "script-src-elem"
    assert page.evaluate("window.owned") is None
    firm.faults.clear()  # the browser complained, as it should


def test_guessing_passwords_is_stopped_kindly(house: House, visitor: Callable[..., Visitor]) -> None:
    someone = visitor(house)
    for _ in range(5):
        someone.sign_in("firm1", "not the password at all")
        expect(someone.page.get_by_role("alert")).to_be_visible()
    # Now the right one does not help either, for some minutes; the page says so, in Chinese.
    someone.sign_in("firm1", "correct horse battery")
    expect(someone.page.get_by_role("alert")).to_contain_text("登录失败次数过多")
    token = someone.page.locator("#sign-in [name=csrfmiddlewaretoken]").input_value()
    for _ in range(30):
        someone.context.request.post(
            "/accounts/login/", form={"login": "nobody", "password": "x", "csrfmiddlewaretoken": token}
        )
    someone.sign_in("officer", "correct horse battery")
    expect(someone.page.get_by_role("heading", name="操作太频繁")).to_be_visible()
    expect(someone.page.get_by_text("请过几分钟再试")).to_be_visible()
