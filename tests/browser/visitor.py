"""A person at a browser of their own: signed in, and everything that went wrong on their pages noticed."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

from tests.browser.house import House
from yingshang.accounts.models import Person

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
#: Milliseconds: a busy machine is slow, a broken page never comes.
PATIENCE = 60_000
#: Requests whose refusal is an answer to the person, not a fault of the page.
ASKED = ("document", "xhr", "fetch")

SIDEWAYS = """() => {
  const wide = innerWidth, root = document.documentElement;
  if (root.scrollWidth <= wide) return [];
  // What scrolls within a box of its own is not what makes the page wide.
  const boxed = e => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
    if (getComputedStyle(p).overflowX !== 'visible' && p.getBoundingClientRect().right <= wide + 1) return true; };
  const beyond = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > wide + 1 && !boxed(e));
  const inner = beyond.filter(e => !beyond.some(o => o !== e && e.contains(o)));
  return [`${root.scrollWidth} > ${wide}`, ...inner.slice(0, 5).map(e => e.outerHTML.slice(0, 160))];
}"""

#: Marks that pages may set at either width.
WIDTHS = {",": "[,，]", "，": "[,，]", "?": "[?？]", "？": "[?？]", ":": "[:：]", "：": "[:：]"}


def said(words: str) -> re.Pattern[str]:
    """These words and nothing else, for names of buttons and fields; the width of their marks is left to the page."""
    return re.compile(rf"^\s*{''.join(WIDTHS.get(c, re.escape(c)) for c in words)}\s*$")


class Visitor:
    """One browser context with one page; ``page`` is Playwright's, for everything that is not said here."""

    def __init__(self, house: House, browser: Browser, *, phone: bool = False, language: str = "zh-CN") -> None:
        expect.set_options(timeout=PATIENCE)
        self.house = house
        self.faults: list[str] = []
        self._under_way: set[Request] = set()
        self.context = browser.new_context(
            base_url=house.url,
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
            has_touch=phone,
            locale=language,
            timezone_id="Asia/Shanghai",
        )
        self.context.set_default_timeout(PATIENCE)
        self.page = self._watched(self.context.new_page())

    def _watched(self, page: Page) -> Page:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        # As functions: what Playwright calls has to bear an attribute.
        page.on("request", lambda request: self._under_way.add(request))
        page.on("requestfinished", lambda request: self._under_way.discard(request))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        return page

    def _console(self, message: ConsoleMessage) -> None:
        # A status is judged in _answered, where it is known whether the person or the page asked.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"{message.location.get('url')}: {message.text}")

    def _failed(self, request: Request) -> None:
        self._under_way.discard(request)
        left = request.failure == "net::ERR_ABORTED"  # downloads, and what a page no longer waits for when it is left
        if not left:
            self.faults.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        kind = response.request.resource_type
        if response.status >= 500 or (response.status >= 400 and kind not in ASKED):
            self.faults.append(f"{response.status} {kind} {response.url}")

    def close(self) -> None:
        self.context.close()

    # --- signing in -----------------------------------------------------------------------------------------------------

    def come_in(self, person: Person | str) -> Visitor:
        """Be signed in already, as after a sign-in this morning."""
        if isinstance(person, str):
            person = Person.objects.get(username=person)
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        cookie = client.cookies["sessionid"]
        self.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": self.house.url}])
        return self

    def sign_in(self, username: str, password: str) -> Visitor:
        """Type name and password on the sign-in page."""
        self.page.goto("/accounts/login/")
        self.page.locator("#id_login").fill(username)
        self.page.locator("#id_password").fill(password)
        self.page.locator("#sign-in button").click()
        return self

    # --- looking around -------------------------------------------------------------------------------------------------

    def go(self, path: str) -> Page:
        answer = self.page.goto(path)
        assert answer is not None and answer.ok, f"{path}: {answer and answer.status}"
        return self.page

    def press(self, name: str, within: str = "main") -> None:
        """Press the button of this name and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.locator(within).get_by_role("button", name=said(name)).click()

    def settle(self) -> None:
        """Wait until the page has loaded, and fetched what it loads by itself: no request for a tenth of a second."""
        self.page.wait_for_load_state()
        quiet, until = 0, time.monotonic() + PATIENCE / 1000
        while quiet < 2:
            assert time.monotonic() < until, [r.url for r in self._under_way]
            self.page.wait_for_timeout(50)
            quiet = 0 if self._under_way else quiet + 1

    def notices(self) -> str:
        """What the page says on top about what was just done."""
        return self.page.locator("#messages").inner_text()

    def sideways(self) -> list[str]:
        """What makes the page scroll sideways, if it does: the innermost elements that reach beyond its edge."""
        return list(self.page.evaluate(SIDEWAYS))

    def upload(self, field: str, *files: Path | dict[str, Any]) -> None:
        self.page.locator(field).set_input_files(list(files))  # type: ignore[arg-type]
