from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.scenarios.driver import Story


@pytest.fixture
def story(db: None) -> Iterator[Story]:
    """The reference district with its real units, its scenarios, a dispatcher and the leaders; nobody else yet."""
    # Imported here: this file is read before Django is set up.
    from django.core.management import call_command

    from tests.scenarios.driver import Story
    from tests.support.world import publish_scenarios
    from yingshang import districts, timekeeping
    from yingshang.accounts import calendar, roster
    from yingshang.accounts.models import Role

    with timekeeping.travel(datetime(2020, 1, 2, 9, 0, tzinfo=timekeeping.SHANGHAI)):
        calendar.install()
        calendar.load(fresh=True)
        roster.install(districts.load("qiantang"), people=False)
        publish_scenarios()
        call_command("load_items", verbosity=0)
        told = Story()
        told.official("dept.economy", Role.DISPATCHER)
        told.official("dept.reform", Role.REFORM_OFFICE)
        told.official("district.qiantang", Role.DISTRICT_LEADER)
        yield told
