from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.scenarios.driver import Story
from tests.scenarios.steps import *  # noqa: F403  (steps are fixtures: they have to live in a conftest)
from yingshang import districts, timekeeping
from yingshang.accounts import calendar, roster
from yingshang.accounts.models import Role


@pytest.fixture
def story(db: None) -> Iterator[Story]:
    """The reference district with its real units, its scenarios, a dispatcher and the leaders; nobody else yet."""
    from django.core.management import call_command

    with timekeeping.travel(datetime(2020, 1, 2, 9, 0, tzinfo=timekeeping.SHANGHAI)):
        calendar.install()
        calendar.load(fresh=True)
        roster.install(districts.load("qiantang"), people=False)
        call_command("load_scenarios", verbosity=0)
        told = Story()
        told.official("dept.economy", Role.DISPATCHER)
        told.official("dept.reform", Role.REFORM_OFFICE)
        told.official("district.qiantang", Role.DISTRICT_LEADER)
        yield told
