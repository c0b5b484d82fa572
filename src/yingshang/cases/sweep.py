"""The clock sweeper: finds clocks and diagram timers that fell due, and makes each one happen exactly once.

Whatever it does for a clock is one transaction with setting ``fired_at``; a second sweeper, or the same one after being
killed, finds either nothing done or everything done.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, transaction

from yingshang import timekeeping
from yingshang.accounts.models import Heartbeat
from yingshang.cases import catalog, clocks, engine, events
from yingshang.cases.actions._base import lock
from yingshang.cases.actions.climbing import climb
from yingshang.cases.models import ENDED, Case, Clock, ClockEntry, Timer

BATCH = 200
_log = logging.getLogger(__name__)


@dataclass
class Swept:
    """What one round did; ``failed`` are clocks and timers whose case could not be moved: the next round tries again."""

    clocks: int = 0
    timers: int = 0
    failed: int = 0


def sweep() -> Swept:
    """Handle everything that is due now; one case that cannot move holds up no other.

    Raises:
        OperationalError, InterfaceError: the database is gone, so nothing can be done.
    """
    done = Swept()
    done.clocks = _each(_due_clocks, fire_clock, done)
    done.timers = _each(_due_timers, fire_timer, done)
    return done


def _each(
    due: Callable[[Collection[int]], list[tuple[int, int]]], fire: Callable[[int, int], bool], done: Swept
) -> int:
    fired, failed = 0, set[int]()
    while ids := due(failed):
        for id_, case_id in ids:
            try:
                fired += fire(id_, case_id)
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                _log.exception("case %s cannot be moved (%s %s)", case_id, fire.__name__, id_)
                failed.add(id_)
    done.failed += len(failed)
    return fired


def _due_clocks(but: Collection[int]) -> list[tuple[int, int]]:
    due = Clock.objects.filter(state=Clock.State.RUNNING, fired_at__isnull=True, due_at__lt=timekeeping.now())
    return list(due.exclude(id__in=but).order_by("due_at").values_list("id", "case_id")[:BATCH])


def _due_timers(but: Collection[int]) -> list[tuple[int, int]]:
    due = Timer.objects.filter(fired_at__isnull=True, due_at__lte=timekeeping.now())
    return list(due.exclude(id__in=but).order_by("due_at").values_list("id", "case_id")[:BATCH])


@transaction.atomic
def fire_clock(clock_id: int, case_id: int) -> bool:
    """A clock fell due: mark it, tell it in the timeline, and let the case climb where its scenario says so."""
    case = lock(Case(pk=case_id))
    clock = Clock.objects.select_for_update(of=("self",)).get(pk=clock_id)
    now = timekeeping.now()
    if clock.fired_at is not None or clock.state != Clock.State.RUNNING or clock.due_at >= now:
        return False
    clock.fired_at = now
    clock.save(update_fields=["fired_at"])
    ClockEntry.objects.create(clock=clock, kind=ClockEntry.Kind.FIRED, at=now, due_at=clock.due_at)
    if case.status in ENDED:
        return True
    events.write(
        case, "overdue", None, clock=clock.name, clock_en=clock.name_en, code=clock.code, due=clock.due_at.isoformat()
    )
    if clock.code == clocks.RESOLVE:
        case.overdue = True
    if _climbs(case, clock):
        climb(case, None, reason=f"「{clock.name}」到期未完成", automatic=True)
    case.save()
    return True


def _climbs(case: Case, clock: Clock) -> bool:
    """Whether this overdue clock raises the case: the scenario's ``on_overdue`` hook decides, else the promise's kind."""
    hook = catalog.get(case.scenario).hook("on_overdue")
    if hook is not None:
        return bool(hook(case, clock))
    return clock.code in (clocks.RESOLVE, clocks.ESCALATION)


@transaction.atomic
def fire_timer(timer_id: int, case_id: int) -> bool:
    """A timer of the diagram fell due: the instance moves on and is projected."""
    case = lock(Case(pk=case_id))
    timer = Timer.objects.select_for_update().filter(pk=timer_id).first()
    if timer is None or timer.fired_at is not None:
        return False
    now = timekeeping.now()
    timer.fired_at = now
    timer.save(update_fields=["fired_at"])
    process, instance = engine.load(case)
    if case.status in ENDED or timer.run != process.run or timer.process_timer not in {t.id for t in instance.timers()}:
        return False
    before = engine.shown(instance)
    instance.fire(timer.process_timer, now)
    engine.save(case, process, instance, before)
    if hook := catalog.get(case.scenario).hook("on_timer"):
        hook(case, timer.step)
    events.write(case, "timer", None, step=timer.step)
    case.save()
    return True


def beat(name: str, **info: object) -> None:
    """Leave a sign of life for ``/healthz``."""
    Heartbeat.objects.update_or_create(
        name=name, defaults={"beat_at": timekeeping.now(), "info": {"pid": os.getpid(), **info}}
    )
