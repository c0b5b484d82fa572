"""Told stories once more, through the pages (their features are in the scenarios' folders).

S39 is a quarter's ledger and S40 a meeting whose guests no page names yet: they are acted in ``tests.scenarios`` only.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from pytest_bdd import scenarios

from tests.browser.house import House
from tests.browser.story import PageStory
from tests.browser.visitor import Visitor
from tests.scenarios.steps import *  # noqa: F403  (registers the steps here)
from yingshang import timekeeping
from yingshang.accounts.models import Role
from yingshang.scenarios import loader

scenarios(*(str(next(loader.ROOT.glob(f"*/stories/{told}_*.feature"))) for told in ("s05", "s06", "s35", "s36")))


@pytest.fixture
def story(open_house: Callable[..., House], visitor: Callable[..., Visitor]) -> PageStory:
    """The reference district with its real units, a dispatcher and the leaders; nobody else yet."""
    told = PageStory(open_house("reference", datetime(2020, 1, 2, 9, 0, tzinfo=timekeeping.SHANGHAI)), visitor)
    told.official("dept.economy", Role.DISPATCHER)
    told.official("dept.reform", Role.REFORM_OFFICE)
    told.official("district.qiantang", Role.DISTRICT_LEADER)
    return told
