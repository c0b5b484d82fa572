"""What the databases of the browser tests hold: the small district, the reference district, the demo."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime

from django.core.management import call_command
from django.db import transaction

from tests.support.world import MORNING, build
from yingshang import districts, timekeeping
from yingshang.accounts import calendar, roster
from yingshang.cases import actions, warming
from yingshang.rules import runs

#: Businesses and cases of the demo: enough for a page of every list.
BUSINESSES, CASES = 500, 120


def small() -> None:
    """The small district of the other tests."""
    with timekeeping.travel(MORNING):
        world = build()
        # A process's first demand loads dictionaries and compiles tables for seconds: not while a page waits for it.
        with transaction.atomic():
            actions.open_case(
                world.firm1, scenario="qifu_express", service="demand", title="一件事", business=world.business
            )
            transaction.set_rollback(True)


def policies() -> None:
    """The small district with three clauses and a budget."""
    from tests.policies.house import build_house

    with timekeeping.travel(MORNING):
        build_house(build(), notice=7)


def reference() -> None:
    """The reference district's units, without people: the stories bring their own."""
    with timekeeping.travel(datetime(2020, 1, 2, 9, 0, tzinfo=timekeeping.SHANGHAI)):
        calendar.load(fresh=True)
        roster.install(districts.load("qiantang"), people=False)
        call_command("load_scenarios", verbosity=0)
        # As for the small district: not while a story's first page waits for it.
        warming.warm()
        call_command("load_items", verbosity=0)


def demo() -> None:
    """What ``make demo`` shows, with fewer businesses."""
    with timekeeping.travel(MORNING):
        for command, given in (
            ("load_district", {}),
            ("load_scenarios", {}),
            ("load_service_points", {}),
            ("load_policies", {}),
            ("load_items", {}),
            ("population", {"count": BUSINESSES}),
            ("demo_accounts", {}),
            ("demo_cases", {"count": CASES}),
            ("demo_policies", {}),
            ("demo_projects", {}),
        ):
            call_command(command, stdout=io.StringIO(), **given)
        runs.run()


KINDS: dict[str, Callable[[], None]] = {"small": small, "policies": policies, "reference": reference, "demo": demo}
