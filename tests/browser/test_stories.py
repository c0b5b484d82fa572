"""Told stories once more, through the pages (their features are in the scenarios' folders).

S39 is a quarter's ledger: it is acted in ``tests.scenarios`` only, as are the long lists of S07 and S33.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from pytest_bdd import scenarios

from tests.browser.house import House
from tests.browser.story import PageStory
from tests.browser.visitor import Visitor
from tests.scenarios.listening_steps import *  # noqa: F403  (registers the steps here, as the next lines do)
from tests.scenarios.policy_steps import *  # noqa: F403
from tests.scenarios.steps import *  # noqa: F403
from yingshang import timekeeping
from yingshang.accounts.models import Role
from yingshang.scenarios import loader

TOLD = (
    "s04_high_tech", "s05_night_market", "s06_title", "s07_refund", "s33_award", "s35_*", "s36_loan", "s37_srdi", "s40_listening",
    "s42_mah", "s48_stay", "s49_bonus",
)  # fmt: skip

scenarios(*(str(next(loader.ROOT.glob(f"*/stories/{told}.feature"))) for told in TOLD))


@pytest.fixture
def story(open_house: Callable[..., House], visitor: Callable[..., Visitor]) -> PageStory:
    """The reference district with its real units, a dispatcher and the leaders; nobody else yet."""
    told = PageStory(open_house("reference", datetime(2020, 1, 2, 9, 0, tzinfo=timekeeping.SHANGHAI)), visitor)
    told.official("dept.economy", Role.DISPATCHER)
    told.official("dept.reform", Role.REFORM_OFFICE)
    told.official("district.qiantang", Role.DISTRICT_LEADER)
    return told
