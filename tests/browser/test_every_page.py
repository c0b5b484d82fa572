"""Every page that ``make shots`` takes a picture of, in both languages: no fault in the browser, no scrolling sideways on
a phone, nothing that axe-core objects to, and in English no Chinese but what people wrote.

In Chinese the page is opened on a desk and then made as narrow as a phone; in English it is opened on a phone.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import override_settings
from playwright.sync_api import Browser
from pytest_django import DjangoDbBlocker

from tests.browser import axe, words
from tests.browser.house import House, opened
from tests.browser.visitor import PATIENCE, PHONE, Visitor
from tests.support.world import MORNING

SHOTS_FILE = Path(__file__).resolve().parents[2] / "tools" / "shots.py"


def _shots() -> Any:
    spec = importlib.util.spec_from_file_location("ys_tools_shots", SHOTS_FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks itself up
    spec.loader.exec_module(module)
    return module


shots = _shots()
if TYPE_CHECKING:
    Shot = Any


@pytest.fixture(scope="module")
def demo(_templates: Callable[[str], str], django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    """One house for all pages, with somebody who works off what is imported: looking changes nothing else."""
    with (
        django_db_blocker.unblock(),
        override_settings(DEMO=True),
        opened(_templates("demo"), MORNING) as house,
        _importing(house),
    ):
        yield house


@contextmanager
def _importing(house: House) -> Iterator[None]:
    """In place of the job worker: brings in the files that are handed in."""
    from django.db import connections

    from yingshang import timekeeping
    from yingshang.exchange import jobs
    from yingshang.exchange.models import ImportRun

    done = threading.Event()

    def work() -> None:
        with timekeeping.travel(house.now):
            while not done.wait(0.2):
                for run in ImportRun.objects.exclude(state__in=[ImportRun.State.DONE, ImportRun.State.FAILED]):
                    if jobs.held_file(run).exists():
                        jobs.import_demands(run.pk)
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        done.set()
        worker.join()


@pytest.fixture(scope="module")
def looking(chromium: Browser, demo: House) -> Iterator[Callable[[str, str], Visitor]]:
    """The person of this name at a browser in this language, the same for all pages."""
    came: dict[tuple[str, str], Visitor] = {}
    with ExitStack() as stack:

        def look(username: str, language: str) -> Visitor:
            if (username, language) not in came:
                one = Visitor(demo, chromium, phone=language == "en-US", language=language)
                stack.callback(one.close)
                came[username, language] = one.come_in(username) if username else one
            return came[username, language]

        yield look


@pytest.fixture(scope="module")
def written(demo: House) -> words.Written:
    """What people and the sample population wrote: data, which no page translates."""
    return words.Written()


def _open(visitor: Visitor, shot: Shot) -> None:
    visitor.faults.clear()
    status = shots.reach(visitor.page, "", shot, PATIENCE)
    assert status == shot.status, f"{shot.name}: {status or 'a part of the page is missing'}"
    visitor.settle()


def _without(found: list[str]) -> None:
    assert not found, "\n".join(found)


@pytest.mark.parametrize("shot", shots.SHOTS, ids=lambda s: s.name)
def test_in_chinese(shot: Shot, looking: Callable[[str, str], Visitor]) -> None:
    visitor = looking(shot.user, "zh-CN")
    _open(visitor, shot)
    assert visitor.page.locator("html").get_attribute("lang") == "zh-hans"
    _without(axe.violations(visitor.page))
    wide = visitor.page.viewport_size
    visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    _without(visitor.sideways())
    visitor.page.set_viewport_size(wide)  # type: ignore[arg-type]
    _without(visitor.faults)


@pytest.mark.parametrize("shot", shots.SHOTS, ids=lambda s: s.name)
def test_in_english_on_a_phone(shot: Shot, looking: Callable[[str, str], Visitor], written: words.Written) -> None:
    visitor = looking(shot.user, "en-US")
    _open(visitor, shot)
    assert visitor.page.locator("html").get_attribute("lang") == "en"
    # What other pictures' forms wrote meanwhile is data as well: it is looked up only where something is left.
    _without(written.left_over(visitor.page) and words.Written().left_over(visitor.page))
    _without(axe.violations(visitor.page))
    _without(visitor.sideways())
    _without(visitor.faults)


def test_the_pages_are_not_looked_at_in_vain(looking: Callable[[str, str], Visitor], written: words.Written) -> None:
    """What the checks above would say of a page with each of the faults."""
    visitor = looking("officer", "en-US")
    page = visitor.go("/desk/")
    page.evaluate(
        """() => {
             const add = html => document.querySelector('main').insertAdjacentHTML('beforeend', html);
             add('<img src="/static/ys/mark.svg"><button aria-label="打开"></button>');
             add('<div class="wide">x</div>'); document.querySelector('.wide').style.width = '900px';
             console.error('broken'); }"""
    )
    assert any(found.startswith("image-alt") for found in axe.violations(page))
    assert written.left_over(page) == ["打开"]
    assert any('class="wide"' in found for found in visitor.sideways())
    assert any(re.search("broken", fault) for fault in visitor.faults)
