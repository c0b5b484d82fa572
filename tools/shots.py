#!/usr/bin/env python3
"""Pictures of every page at desktop and phone width, in Chinese, into ``var/shots/``.

    python tools/shots.py [--url http://127.0.0.1:8000] [--only portal] [--language en]

Without ``--url`` a demo is started on a free port for the time it takes. Pages with a ``{case}`` or ``{id}`` are opened
through the first link of that kind on the page named beside them.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "var" / "shots"
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
PASSWORD = "Kan-Qiantang-2023"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@dataclass(frozen=True)
class Shot:
    """One page: its name, who looks at it, its address, and the link to follow there, if any (CSS)."""

    name: str
    user: str
    path: str
    follow: str = ""


SHOTS = [
    Shot("login", "", "/accounts/login/"),
    Shot("portal-home", "enterprise1", "/portal/"),
    Shot("portal-ask", "enterprise1", "/portal/ask/"),
    Shot("portal-cases", "enterprise1", "/portal/cases/"),
    Shot("portal-case", "enterprise1", "/portal/cases/", "a.ys-row"),
    Shot("desk-home", "officer", "/desk/"),
    Shot("desk-tasks", "officer", "/desk/tasks/"),
    Shot("desk-pool", "dispatcher", "/desk/pool/"),
    Shot("desk-cases", "reform", "/desk/cases/"),
    Shot("desk-case", "reform", "/desk/cases/", "main a[href*='/desk/cases/QT']"),
    Shot("desk-new", "officer", "/desk/new/"),
    Shot("desk-visits", "serviceofficer", "/desk/visits/"),
    Shot("desk-visit-plan", "serviceofficer", "/desk/visits/plan/"),
    Shot("desk-visit", "serviceofficer", "/desk/visits/", "main a[href^='/desk/visits/']:not([href$='plan/'])"),
    Shot("desk-campaigns", "serviceofficer", "/desk/visits/campaigns/"),
    Shot("desk-escalations", "reform", "/desk/escalations/"),
    Shot("desk-root-causes", "reform", "/desk/root-causes/"),
    Shot("desk-meetings", "reform", "/desk/meetings/"),
    Shot("desk-meeting-plan", "reform", "/desk/meetings/plan/"),
    Shot("desk-unit", "unitlead", "/desk/unit/"),
    Shot("desk-settings", "reform", "/desk/settings/"),
    Shot("desk-promises", "reform", "/desk/settings/promises/"),
    Shot("desk-categories", "reform", "/desk/settings/categories/"),
    Shot("desk-calendar", "reform", "/desk/settings/calendar/"),
    Shot("desk-procedures", "reform", "/desk/settings/procedures/"),
    Shot("desk-audit", "auditor", "/desk/settings/audit/"),
    Shot("cockpit", "leader", "/cockpit/"),
    Shot("cockpit-indicators", "leader", "/cockpit/indicators/"),
    Shot("not-found", "officer", "/nothing-here/"),
]


def browser_path() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    sys.exit("没有 Chromium,请先运行 make test 的准备步骤 / no Chromium found")


@contextmanager
def demo() -> Iterator[str]:
    """A demo of our own on a free port, stopped at the end."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    environment = {**os.environ, "PORT": str(port)}
    process = subprocess.Popen(
        [ROOT / ".venv/bin/yingshang", "demo"], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith("ready:"):
                break
        else:
            sys.exit("demo did not start")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def sign_in(page: Page, url: str, user: str) -> None:
    page.goto(f"{url}/accounts/login/")
    page.fill("input[name=login]", user)
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button.btn-primary")
    page.wait_for_load_state("networkidle")


def take(browser: Browser, url: str, shots: list[Shot], language: str) -> int:
    failed = 0
    for size, (width, height) in SIZES.items():
        for user in dict.fromkeys(s.user for s in shots):
            context = browser.new_context(viewport={"width": width, "height": height}, locale=language)
            page = context.new_page()
            if user:
                sign_in(page, url, user)
            for shot in (s for s in shots if s.user == user):
                answer = page.goto(url + shot.path)
                if shot.follow and page.locator(shot.follow).count():
                    page.locator(shot.follow).first.click()
                page.wait_for_load_state("networkidle")
                page.wait_for_timeout(300)
                file = OUT / f"{shot.name}-{size}{'' if language.startswith('zh') else '-' + language}.png"
                page.screenshot(path=file, full_page=True)
                wide = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
                status = answer.status if answer else 0
                wrong = status >= 500 or (status >= 400 and shot.name != "not-found")
                failed += wrong or bool(wide)
                print(f"{'!' if wrong or wide else ' '} {status} {file.name}{' (scrolls sideways)' if wide else ''}")
            context.close()
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    parser.add_argument("--only", default="")
    parser.add_argument("--language", default="zh-CN")
    given = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    shots = [s for s in SHOTS if re.search(given.only, s.name)]
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=browser_path(), args=ARGUMENTS)
        if given.url:
            return min(take(browser, given.url, shots, given.language), 1)
        with demo() as url:
            return min(take(browser, url, shots, given.language), 1)


if __name__ == "__main__":
    sys.exit(main())
