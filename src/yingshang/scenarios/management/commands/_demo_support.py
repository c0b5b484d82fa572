"""What the demo's storytellers share: who acts, and what time brings meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

from yingshang import timekeeping
from yingshang.accounts.models import Person
from yingshang.cases import sweep
from yingshang.cases.models import Case, Clock, Timer
from yingshang.registry.models import Business, Handler


def handler_of(business: Business | None) -> int | None:
    """Who may act for the business, where somebody has an account."""
    found = Handler.objects.filter(business=business, until__isnull=True).first() if business else None
    return found.person_id if found else None


def person(pk: int | None) -> Person | None:
    """A fresh object: a person's scope is worked out once an object."""
    return None if pk is None else Person.objects.get(pk=pk)


def let_fall_due(case: Case, until: datetime) -> None:
    """What the sweeper would have done by then: clocks and timers of this case, each at the minute it fell due."""
    while True:
        clocks = Clock.objects.filter(
            case=case, state=Clock.State.RUNNING, fired_at__isnull=True, due_at__lt=until - timedelta(minutes=1)
        )
        timers = Timer.objects.filter(case=case, fired_at__isnull=True, due_at__lt=until - timedelta(minutes=1))
        due = [x for x in (clocks.order_by("due_at").first(), timers.order_by("due_at").first()) if x is not None]
        if not due:
            return
        first = min(due, key=lambda x: x.due_at)
        with timekeeping.travel(first.due_at + timedelta(minutes=1)):
            fire = sweep.fire_clock if isinstance(first, Clock) else sweep.fire_timer
            fire(first.pk, case.pk)
        first.refresh_from_db()
        if first.fired_at is None:
            return
