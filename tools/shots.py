#!/usr/bin/env python3
"""Pictures of every page at desktop and phone width, in Chinese, into ``var/shots/``.

    python tools/shots.py [--url http://127.0.0.1:8000] [--only portal] [--language en]

Without ``--url`` a demo is started on a free port for the time it takes. A page of one case, visit or meeting is opened
through the first link of that kind on the page named beside it. Fails when a page breaks or scrolls sideways.
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
from playwright.sync_api import TimeoutError as PlaywrightTimeout

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "var" / "shots"
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
PASSWORD = "Kan-Qiantang-2023"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@dataclass(frozen=True)
class Shot:
    """One page: its name, who looks at it, its address, what to follow or press there (CSS), the status it answers.

    ``fill``: fields (CSS) and what is typed into them before ``press``; ``upload``: a table for
    the page's file field; ``wait``: what must be there before the picture.
    """

    name: str
    user: str
    path: str
    follow: str = ""
    fill: tuple[tuple[str, str], ...] = ()
    upload: str = ""
    press: str = ""
    wait: str = ""
    status: int = 200


WRONG = (("input[name=login]", "nobody"), ("input[name=password]", "wrong-password"))
#: A ledger with two good rows and two that cannot be taken.
LEDGER = "标题,内容,统一社会信用代码,来源编号\n厂门口积水,下雨就淹,,R1\n想招两名电工,,,R2\n,没有标题,,R3\n路灯不亮,,错误代码,R4\n"
CASE_ROW = "main a.ys-row[href*='/cases/']"
#: A project's page is there when its forecast has come.
PROJECT = "[data-ahead] .ys-stat, [data-ahead] p"
SHOTS = [
    Shot("login", "", "/accounts/login/"),
    Shot("login-refused", "", "/accounts/login/", fill=WRONG, press="main form button.btn-primary"),
    Shot("help-visitor", "", "/help/"),
    Shot("account-password", "officer", "/accounts/password/change/"),
    Shot("account-two-factor", "officer", "/accounts/2fa/"),
    Shot("portal-home", "enterprise1", "/portal/"),
    Shot("portal-ask", "enterprise1", "/portal/ask/"),
    Shot("portal-ask-refused", "enterprise1", "/portal/ask/", press="main form button.btn-lg"),
    Shot("portal-cases", "enterprise1", "/portal/cases/"),
    Shot("portal-cases-none", "enterprise1", "/portal/cases/?q=zzz"),
    Shot("portal-case", "enterprise1", "/portal/cases/?state=open", CASE_ROW, wait=".djs-container svg"),
    Shot("portal-case-closed", "enterprise1", "/portal/cases/?state=ended", CASE_ROW, wait=".djs-container svg"),
    Shot("portal-case-rate", "enterprise1", "/portal/cases/?state=unrated", CASE_ROW, wait=".djs-container svg"),
    Shot("portal-policies", "enterprise1", "/portal/policies/"),
    Shot("portal-policies-found", "enterprise1", "/portal/policies/?q=985"),
    Shot("portal-policy-clause", "enterprise1", "/portal/policies/mah_2022/C01/"),
    Shot("portal-policy-apply", "enterprise1", "/portal/policies/mah_2022/C01/apply/"),
    Shot(
        "portal-policy-refused",
        "enterprise1",
        "/portal/policies/mah_2022/C01/apply/",
        press="main form button.btn-lg",
        wait=".is-invalid",
    ),
    Shot("portal-policy-text", "enterprise1", "/portal/policies/relief_2022/C36/"),
    Shot("portal-facts", "enterprise1", "/portal/policies/facts/"),
    Shot("portal-fact", "enterprise1", "/portal/policies/facts/从业人员/"),
    Shot("portal-policies-pharma", "enterprise3", "/portal/policies/"),
    Shot("portal-told", "enterprise1", "/portal/policies/told/"),
    Shot("portal-claims", "enterprise1", "/portal/claims/"),
    Shot("notices", "", "/notices/"),
    Shot("service-points", "", "/points/?item=%E6%B3%95%E5%8A%A1%E6%9C%8D%E5%8A%A1"),
    Shot("portal-points", "enterprise1", "/points/"),
    Shot("portal-point-service", "enterprise1", "/points/", "main a[href*='f_point=']"),
    Shot("way", "", "/way/"),
    Shot(
        "way-found", "", "/way/?aim=%E5%9C%A8%E8%BF%99%E9%87%8C%E5%BC%80%E4%B8%80%E5%AE%B6%E7%96%AB%E8%8B%97%E5%8E%82"
    ),
    Shot("portal-projects", "enterprise1", "/portal/projects/"),
    Shot(
        "portal-project", "enterprise1", "/portal/projects/", "main a.ys-row[href*='/portal/projects/']", wait=PROJECT
    ),
    Shot("portal-project-new", "enterprise1", "/portal/projects/new/"),
    Shot(
        "portal-project-withdraw",
        "enterprise1",
        "/portal/projects/",
        "main a.ys-row[href*='/portal/projects/']",
        press="main a[href$='/withdraw/']",
        wait="main .btn-danger",
    ),
    Shot("portal-services", "enterprise1", "/portal/services/"),
    Shot("portal-service", "enterprise1", "/portal/services/", "main a[href*='/portal/services/']"),
    Shot("portal-help", "enterprise1", "/help/"),
    Shot("desk-home", "officer", "/desk/"),
    Shot("desk-home-dispatcher", "dispatcher", "/desk/"),
    Shot("desk-tasks", "officer", "/desk/tasks/"),
    Shot("desk-task-case", "officer", "/desk/tasks/", CASE_ROW, wait=".djs-container svg"),
    Shot("desk-pool", "dispatcher", "/desk/pool/"),
    Shot(
        "desk-pool-choose",
        "dispatcher",
        "/desk/pool/",
        press="a[hx-get*='/dispatch/']",
        wait="main form textarea, main form select",
    ),
    Shot("desk-cases", "reform", "/desk/cases/"),
    Shot("desk-cases-none", "reform", "/desk/cases/?q=zzz"),
    Shot("desk-case", "reform", "/desk/cases/?status=handling", CASE_ROW, wait=".djs-container svg"),
    Shot("desk-new", "officer", "/desk/new/"),
    Shot("desk-new-refused", "officer", "/desk/new/", press="main form .card-footer button"),
    Shot("desk-visits", "serviceofficer", "/desk/visits/"),
    Shot("desk-business", "serviceofficer", "/desk/visits/", "main a[href*='/desk/businesses/']"),
    Shot("desk-visit-plan", "serviceofficer", "/desk/visits/plan/"),
    Shot("desk-visit", "serviceofficer", "/desk/visits/", "#plan-list a.ys-row"),
    Shot("desk-visit-history", "serviceofficer", "/desk/visits/history/"),
    Shot("desk-visit-held", "serviceofficer", "/desk/visits/history/", "main a.ys-row"),
    Shot("desk-campaigns", "serviceofficer", "/desk/visits/campaigns/"),
    Shot("desk-escalations", "reform", "/desk/escalations/"),
    Shot("desk-escalations-common", "reform", "/desk/escalations/?list=common"),
    Shot(
        "desk-escalated-case", "reform", "/desk/escalations/", "main a[href*='/desk/cases/']", wait=".djs-container svg"
    ),
    Shot("desk-root-causes", "reform", "/desk/root-causes/"),
    Shot("desk-root-cause", "reform", "/desk/root-causes/", "main a.ys-row"),
    Shot("desk-meetings", "reform", "/desk/meetings/"),
    Shot("desk-meeting", "reform", "/desk/meetings/", "main a.ys-row"),
    Shot("desk-meeting-plan", "reform", "/desk/meetings/plan/"),
    Shot("desk-unit", "unitlead", "/desk/unit/"),
    Shot("desk-unit-cases", "unitlead", "/desk/unit/", "main a.card"),
    Shot("desk-policies", "officer", "/desk/policies/"),
    Shot("desk-policies-none", "officer", "/desk/policies/?q=zzz"),
    Shot("desk-policy", "officer", "/desk/policies/of/mah_2022/"),
    Shot("desk-policy-new", "officer", "/desk/policies/new/"),
    Shot("desk-together", "officer", "/desk/policies/of/mah_2022/together/"),
    Shot("desk-clause-new", "officer", "/desk/policies/of/mah_2022/new/"),
    Shot("desk-clause", "officer", "/desk/policies/of/mah_2022/C01/", wait="[data-studio] .tjs-table"),
    Shot("desk-clause-text", "officer", "/desk/policies/of/relief_2022/C36/"),
    Shot("desk-clause-edit", "officer", "/desk/policies/of/mah_2022/C01/edit/"),
    Shot("desk-simulation", "officer", "/desk/policies/of/mah_2022/C01/simulation/", wait="#simulation .ys-headline"),
    Shot("desk-runs", "reform", "/desk/policies/runs/"),
    Shot("desk-run", "reform", "/desk/policies/runs/", "main section:last-of-type a.ys-row"),
    Shot("desk-exports", "reform", "/desk/policies/exports/"),
    Shot("desk-claims", "officer", "/desk/policies/claims/?list=all"),
    Shot("desk-claim", "officer", "/desk/policies/claims/", "main .ys-row a", wait=".djs-container svg"),
    Shot("desk-notices", "officer", "/desk/policies/notices/"),
    Shot("desk-budgets", "finance", "/desk/policies/budgets/"),
    Shot("desk-budget", "finance", "/desk/policies/budgets/", "main a.ys-row"),
    Shot("desk-payments", "finance", "/desk/policies/payments/"),
    Shot("desk-batch", "finance", "/desk/policies/payments/", "main a.ys-row"),
    Shot("desk-points", "reform", "/desk/points/"),
    Shot("desk-insight", "reform", "/desk/insight/"),
    Shot("desk-insight-house", "reform", "/desk/insight/of/qifu_express/demand/", wait=".ys-chart svg"),
    Shot("desk-insight-table", "reform", "/desk/insight/of/qifu_express/demand/table/variants/"),
    Shot("desk-projects", "reform", "/desk/projects/"),
    Shot(
        "desk-project", "reform", "/desk/projects/?state=running", "main a.ys-row[href*='/projects/of/']", wait=PROJECT
    ),
    Shot("desk-project-new", "officer", "/desk/projects/new/"),
    Shot("desk-project-new-refused", "officer", "/desk/projects/new/", press="main form .card-footer button"),
    Shot("desk-project-items", "reform", "/desk/projects/items/"),
    Shot("desk-project-item", "reform", "/desk/projects/items/scheme_review/"),
    Shot("desk-project-plan", "officer", "/desk/projects/plan/"),
    Shot("desk-settings", "reform", "/desk/settings/"),
    Shot("desk-promises", "reform", "/desk/settings/promises/"),
    Shot("desk-promise", "reform", "/desk/settings/promises/", "main td a.btn"),
    Shot("desk-categories", "reform", "/desk/settings/categories/"),
    Shot("desk-category", "reform", "/desk/settings/categories/", "main td a.btn"),
    Shot("desk-calendar", "reform", "/desk/settings/calendar/"),
    Shot("desk-procedures", "reform", "/desk/settings/procedures/"),
    Shot("desk-procedure", "reform", "/desk/settings/procedures/", "main a.ys-row", wait=".djs-container svg"),
    Shot("desk-record-types", "reform", "/desk/records/"),
    Shot("desk-records", "reform", "/desk/records/title_history_solver/missing_document/"),
    Shot("desk-record", "reform", "/desk/records/title_history_solver/missing_document/", "main tr:last-child a"),
    Shot("desk-record-new", "reform", "/desk/records/title_history_solver/missing_document/new/"),
    Shot("desk-imports", "reform", "/desk/settings/imports/"),
    Shot(
        "desk-import",
        "reform",
        "/desk/settings/imports/",
        fill=(("input[name=source]", "区热线台账"),),
        upload=LEDGER,
        press="main form button.btn-primary",
        wait="main .ys-stack",
    ),
    Shot("desk-audit", "auditor", "/desk/settings/audit/"),
    Shot("desk-help", "officer", "/help/"),
    Shot("cockpit", "leader", "/cockpit/", wait=".ys-chart svg"),
    Shot("cockpit-unit", "unitlead", "/cockpit/", wait=".ys-chart svg"),
    Shot("cockpit-cases", "leader", "/cockpit/", "main a[href*='what=overdue']"),
    Shot("cockpit-indicators", "leader", "/cockpit/indicators/"),
    Shot("cockpit-policies", "leader", "/cockpit/policies/"),
    Shot("cockpit-projects", "leader", "/cockpit/projects/", wait=".ys-chart svg"),
    Shot("not-found", "officer", "/nothing-here/", status=404),
    Shot("forbidden", "enterprise1", "/desk/", status=403),
]


def browser_path() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell"):
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
                page.set_viewport_size({"width": width, "height": height})
                status = reach(page, url, shot)
                page.wait_for_load_state("networkidle")
                page.wait_for_timeout(300)
                # As tall as the page: what is fixed to the window's edge stands at the page's edge in the picture.
                tall = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": max(tall, height)})
                file = OUT / f"{shot.name}-{size}{'' if language.startswith('zh') else '-' + language}.png"
                page.screenshot(path=file)
                wide = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
                failed += status != shot.status or bool(wide)
                mark = "!" if status != shot.status or wide else " "
                print(f"{mark} {status} {file.name}{' (scrolls sideways)' if wide else ''}", flush=True)
            context.close()
    return failed


def reach(page: Page, url: str, shot: Shot, patience: int = 5_000) -> int:
    """Open the page as far as the picture is to show it; the status of the address itself, 0 when a part is missing.

    ``patience``: milliseconds until a link or a button counts as missing.
    """
    answer = page.goto(url + shot.path)
    try:
        if shot.follow:
            page.locator(shot.follow).first.click(timeout=patience)
            page.wait_for_load_state()
        for field, text in shot.fill:
            page.fill(field, text)
        if shot.upload:
            table = {"name": "台账.csv", "mimeType": "text/csv", "buffer": shot.upload.encode()}
            page.set_input_files("main input[type=file]", table)
        if shot.press:
            page.locator(shot.press).first.click(timeout=patience)
            page.wait_for_load_state()
        if shot.wait:
            page.locator(shot.wait).first.wait_for(timeout=max(patience, 30_000))
    except PlaywrightTimeout as missing:
        print(f"  {shot.name}: {str(missing).splitlines()[0]}")
        return 0
    return answer.status if answer else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    parser.add_argument("--only", default="")
    parser.add_argument("--language", default="zh-CN")
    given = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    shots = [s for s in SHOTS if re.search(given.only, s.name)]
    with sync_playwright() as p:
        # Date fields and file fields speak the language of the browser itself, where it has it.
        arguments = [*ARGUMENTS, f"--lang={given.language}"]
        browser = p.chromium.launch(executable_path=browser_path(), args=arguments)
        if given.url:
            return min(take(browser, given.url, shots, given.language), 1)
        with demo() as url:
            return min(take(browser, url, shots, given.language), 1)


if __name__ == "__main__":
    sys.exit(main())
