"""What the demo tells: every page of the three shells has something to show, and nothing happens in the future."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.db.models import Q

from tests.support.world import MORNING
from yingshang import timekeeping
from yingshang.activities.models import Activity, Campaign, Item
from yingshang.cases.models import Case, Clock, ClockEntry, Event, RootCause, Status
from yingshang.registry.models import Fact, Record
from yingshang.scenarios.management.commands import _demo_chain
from yingshang.web.views.cockpit_figures import board, period_of

pytestmark = pytest.mark.django_db

COMMANDS = (
    ("load_district", {}),
    ("load_scenarios", {}),
    ("population", {"count": 500}),
    ("demo_accounts", {}),
    ("demo_cases", {"count": 60}),
)


def test_demo_has_something_on_every_page() -> None:
    with timekeeping.travel(MORNING):
        for command, given in COMMANDS:
            call_command(command, stdout=io.StringIO(), **given)

        pool = Case.objects.filter(status=Status.POOL)
        assert pool.filter(bounces=1).exists(), "the pool shows a returned case"
        assert pool.filter(bounces=0).count() >= 3
        assert Case.objects.filter(status=Status.CLOSED, solved=True).count() > 20
        assert Case.objects.filter(level__gt=0).exclude(status=Status.CLOSED).exists()

        # Nothing invented is attributed to a firm that the source names.
        named = Fact.objects.filter(key="told").exclude(value="").values("business")
        assert named.exists() and not Case.objects.filter(business__in=named).exists()

        # Closed is not solved, and not everything that came in was closed: the board has something to tell apart.
        figures = board(Q(), period_of("", "")).total
        assert figures.received > figures.closed > figures.solved > 0
        assert {c.status for c in Case.objects.filter(solved=None, closed_at__isnull=False)} == {
            Status.CLOSED,
            Status.WITHDRAWN,
            Status.MERGED,
        }
        again = Case.objects.filter(reopened__gt=0).exclude(status=Status.CLOSED)
        assert {e.data["because"] for e in Event.objects.filter(case__in=again, kind="reopened")} >= {
            "revisit",
            "bad_rating",
        }
        assert {e.data["requested_by"] for e in Event.objects.filter(kind="withdrawn")} >= {"企业行政主管（来电）"}

        visits = Activity.objects.filter(kind=Activity.Kind.VISIT)
        assert {v.state for v in visits} == {Activity.State.HELD, Activity.State.PLANNED}
        assert Campaign.objects.get().activities.count() == visits.count()
        assert Activity.objects.filter(kind=Activity.Kind.MEETING, state=Activity.State.PLANNED).exists()
        assert Item.objects.filter(state=Item.State.DECIDED).exists()
        assert RootCause.objects.get().cases.exists()

        assert Record.objects.filter(revision=2).exists() and Record.objects.filter(business__isnull=False).exists()
        chain = Record.objects.filter(type__in=[_demo_chain.PROGRESS, _demo_chain.COMPLEX, _demo_chain.PLOT])
        assert chain.count() == 12 + 3 + 4 and all("示例" in r.key for r in chain)

        # Told as it would have happened: nothing lies ahead, and what fell due was seen at the time.
        assert not Event.objects.filter(at__gt=MORNING).exists()
        assert not Clock.objects.filter(state=Clock.State.RUNNING, fired_at__isnull=True, due_at__lt=MORNING).exists()
        for entry in ClockEntry.objects.filter(kind=ClockEntry.Kind.FIRED):
            assert (entry.at - entry.due_at).total_seconds() <= 120

        before = Case.objects.count(), Activity.objects.count()
        call_command("demo_cases", stdout=io.StringIO())
        assert (Case.objects.count(), Activity.objects.count()) == before
