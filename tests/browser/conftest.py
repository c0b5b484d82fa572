"""A house on a copy of a furnished database, and people at browsers in it; see ``house`` and ``visitor``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_django import DjangoDbBlocker

# This file is read before Django is set up when tests are named on the command line.
if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.house import House
    from tests.browser.visitor import Visitor

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder use the database: pytest-django makes one only where some test says so."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("django_db")


@pytest.fixture
def _django_db_helper() -> None:
    """In place of pytest-django's: nothing is rolled back here, the copy of the database is thrown away."""


@pytest.fixture(scope="package")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    """Debian's Chromium, started once. ``make test`` installs it; without it these tests fail.

    Its form without windows is taken where there is one: it draws the same pages in half the time.
    """
    from django.db import connections
    from playwright.sync_api import sync_playwright

    found = next((p for n in BROWSERS if (p := shutil.which(n))), None)
    assert found, "没有 Chromium,请先运行 make test 的准备步骤 / no Chromium: python3 tools/setup.py test"
    # Playwright keeps an event loop in this thread, by which Django takes the test for asynchronous code: it would refuse
    # queries, and it holds other connections than before.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    connections.close_all()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()
        connections.close_all()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="package")
def _templates(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Callable[[str], str]]:
    """Furnished databases by kind, each made when first asked for."""
    from contextlib import ExitStack

    from tests.browser import furniture
    from tests.browser.house import furnished

    made: dict[str, str] = {}
    with django_db_blocker.unblock(), ExitStack() as stack:

        def template(kind: str) -> str:
            if kind not in made:
                made[kind] = stack.enter_context(furnished(kind, furniture.KINDS[kind]))
            return made[kind]

        yield template


@pytest.fixture
def open_house(_templates: Callable[[str], str], django_db_blocker: DjangoDbBlocker) -> Iterator[Callable[..., House]]:
    """Open a house of a kind of ``furniture.KINDS``."""
    from contextlib import ExitStack

    from tests.browser.house import opened
    from tests.support.world import MORNING

    with django_db_blocker.unblock(), ExitStack() as stack:
        yield lambda kind, now=MORNING: stack.enter_context(opened(_templates(kind), now))


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    """The small district of ``tests.support.world`` on a working morning."""
    return open_house("small")


@pytest.fixture
def visitor(chromium: Browser, open_house: Any) -> Iterator[Callable[..., Visitor]]:
    """Somebody at a browser of their own in a house; after the test their pages must have been without fault."""
    from tests.browser.visitor import Visitor

    came: list[Visitor] = []

    def come(house: House, **given: Any) -> Visitor:
        came.append(Visitor(house, chromium, **given))
        return came[-1]

    yield come
    for one in came:
        one.close()
    assert not [f for one in came for f in one.faults]
