"""A run's row: that it is under way and alone, how far it is, what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.rules import snapshot
from yingshang.rules.models import PopulationRun

#: Called with the share done (0 to 1), and what is being done in Chinese and in English.
Progress = Callable[[float, str, str], None]
State = PopulationRun.State
#: Advisory lock of a run; next to that of the snapshot.
LOCK = snapshot.LOCK + 1
#: Seconds between two notes of the progress in the database.
NOTED_EVERY = 0.5


class Busy(RuntimeError):
    """Another run is under way."""


def finish(record: PopulationRun, seconds: float) -> None:
    """The run is done, and its row is saved."""
    finished(record, seconds)
    record.save()


def finished(record: PopulationRun, seconds: float) -> None:
    """The run's row says that it is done; it is not saved."""
    record.state, record.progress, record.doing, record.doing_en, record.error = State.DONE, 100, "", "", ""
    record.finished_at = timekeeping.now()
    record.seconds = Decimal(str(round(seconds, 3)))


@contextmanager
def recorded(record: PopulationRun, progress: Progress | None) -> Iterator[Progress]:
    """The run's row says that it is running, how far it is, and what went wrong."""
    record.state, record.started_at, record.error = State.RUNNING, timekeeping.now(), ""
    record.save()
    noted = time.perf_counter()

    def note(share: float, doing: str, doing_en: str) -> None:
        nonlocal noted
        if progress is not None:
            progress(share, doing, doing_en)
        if time.perf_counter() - noted > NOTED_EVERY:
            noted = time.perf_counter()
            PopulationRun.objects.filter(pk=record.pk).update(
                progress=int(share * 100), doing=doing[:120], doing_en=doing_en[:200]
            )

    try:
        yield note
    except Exception as error:
        PopulationRun.objects.filter(pk=record.pk).update(
            state=State.FAILED, error=str(error)[:500], finished_at=timekeeping.now()
        )
        raise


@contextmanager
def alone() -> Iterator[None]:
    """No other run meanwhile; it may have transactions of its own.

    Raises:
        Busy: another run is under way.
    """
    _take("pg_try_advisory_lock")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def alone_here() -> None:
    """No other run to the end of this transaction.

    Raises:
        Busy: another run is under way.
    """
    _take("pg_try_advisory_xact_lock")


def _take(lock: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise Busy(_("另一次计算正在进行,请稍后再试。"))
