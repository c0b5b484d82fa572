"""Runs: every rule in force over all businesses, or over those that changed.

A full run brings the snapshot up to the register, evaluates rule by rule, and compares with what was stored. A delta does
the same for the businesses of which something changed. Results count when the run's row says *done*: a run that was
killed leaves files that nobody reads, and can be started again. One run at a time, by an advisory lock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection, transaction

from yingshang import timekeeping
from yingshang.accounts.models import Person
from yingshang.rules import evaluating, snapshot, storing
from yingshang.rules.engines import engine
from yingshang.rules.gathering import gather
from yingshang.rules.models import PopulationRun, RuleModel, RuleResult, RuleVersion
from yingshang.rules.vocabulary import vocabulary
from yingshang.rules.wide import sources

#: Called with the share done (0 to 1) and what is being done.
Progress = Callable[[float, str], None]
Kind, State = PopulationRun.Kind, PopulationRun.State
#: Advisory lock of a run; next to that of the snapshot.
LOCK = snapshot.LOCK + 1
#: Deltas after a full run from which everything is evaluated: each is a file to look into.
MOST_DELTAS = 200
#: Seconds between two notes of the progress in the database.
NOTED_EVERY = 0.5


class Busy(RuntimeError):
    """Another run is under way."""


def in_force(on: date, only: Collection[str] = ()) -> list[RuleVersion]:
    """The versions about businesses that are in force on a day, by key."""
    rows = RuleVersion.objects.in_force(on).filter(model__subject=RuleModel.Subject.BUSINESS)
    if only:
        rows = rows.filter(model__key__in=only)
    return list(rows.select_related("model").defer("xml").order_by("model__key"))


def queued(on: date | None = None, only: Collection[str] = (), by: Person | None = None) -> PopulationRun:
    """A full run that waits for its job."""
    return PopulationRun.objects.create(
        kind=Kind.FULL, on=on or timekeeping.now().date(), only=sorted(only), by=by, doing="等待开始"
    )


def run(
    on: date | None = None, only: Collection[str] = (), *, by: Person | None = None, record: PopulationRun | None = None,
    progress: Progress | None = None, anew: bool = False,
) -> PopulationRun:  # fmt: skip
    """Evaluate the rules in force on a day over all businesses.

    Args:
        on: by default today.
        only: keys of rules; by default all.
        record: a run that was queued; by default a new one.
        progress: called before every rule.
        anew: gather every row of the register, and not those that changed.

    Raises:
        Busy: another run is under way.
    """
    record = record or queued(on, only, by)
    with _alone(), _recorded(record, progress) as note:
        note(0.01, "读取企业数据")
        refreshed = snapshot.refresh(anew=anew)
        snapshot.compact()
        versions = in_force(record.on, record.only)
        population = snapshot.of_all(record.on, _read_by(versions))
        held = storing.stored()
        target = storing.folder(record)
        target.mkdir(parents=True, exist_ok=True)
        found = []
        # While one rule's results are written, the next one is evaluated.
        with ThreadPoolExecutor(1) as writer:
            for n, version in enumerate(versions):
                note(0.05 + 0.93 * n / len(versions), version.model.title)
                found.append(_of_all(record, version, population, held.get(version.model.key), writer))
            results = [result.as_row(digest.result()) for result, digest in found]
        record.businesses = population.num_rows
        with transaction.atomic():
            RuleResult.objects.filter(run=record).delete()
            RuleResult.objects.bulk_create(results)
            # Rules that were not evaluated do not know of the changes yet.
            if not record.only:
                snapshot.settle(refreshed)
            _finish(record)
    storing.prune()
    return record


def _read_by(versions: list[RuleVersion]) -> set[str]:
    """The facts that some rules read."""
    return {name for version in versions for name in engine(version).inputs}


@dataclass(frozen=True)
class _Result:
    """What a run found out about a rule."""

    fields: dict[str, Any]

    def as_row(self, digest: str) -> RuleResult:
        return RuleResult(**self.fields, digest=digest)


def _of_all(
    record: PopulationRun, version: RuleVersion, population: pa.Table, held: storing.Stored | None, writer: Executor
) -> tuple[_Result, Future[str]]:
    found = evaluating.evaluate(engine(version), population)
    before, amounts = _before(held, np.asarray(found["id"].combine_chunks()))
    name = f"{version.model.key}.arrow"
    digest = writer.submit(storing.write, storing.folder(record) / name, storing.with_before(found, before))
    return _result(record, version, found, before, amounts, name), digest


def _before(
    held: storing.Stored | None, ids: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    if held is None:
        return np.full(len(ids), storing.NOTHING, np.int8), np.zeros(len(ids), np.int64)
    return held.states(ids)


def _result(
    record: PopulationRun, version: RuleVersion, found: pa.Table, before: np.ndarray[Any, Any],
    amounts: np.ndarray[Any, Any], name: str,
) -> _Result:  # fmt: skip
    now = evaluating.codes(found) == 0
    then = before == 0
    fields = {
        "run": record,
        "version": version,
        "gained": int((now & ~then & (before != storing.NOTHING)).sum()),
        "lost": int((then & ~now).sum()),
        "amount_before": None if (before == storing.NOTHING).all() else Decimal(int(amounts.sum())).scaleb(-2),
        "file": name,
    }
    return _Result(fields | vars(evaluating.figures(found)))


def recompute(businesses: Collection[int] | None = None, *, on: date | None = None) -> PopulationRun | None:
    """Evaluate the rules anew for businesses that changed, against what the last full runs stored.

    Args:
        businesses: ids to evaluate besides those that the register noted as changed.

    Returns:
        The run; a full one where much has changed; None where nothing has.

    Raises:
        Busy: another run is under way.
    """
    day = on or timekeeping.now().date()
    # Either everything that follows from the changes is stored, or they are noted still.
    with _alone(), transaction.atomic():
        refreshed = snapshot.refresh()
        ids = sorted({*(refreshed.ids or ()), *(businesses or ())})
        held = storing.stored()
        many = refreshed.ids is None or any(len(s.deltas) >= MOST_DELTAS for s in held.values())
        if held and not many and ids:
            record = PopulationRun.objects.create(kind=Kind.DELTA, on=day, businesses=len(ids))
            with _recorded(record, None):
                if businesses:
                    _of_some(record, gather(vocabulary(), ids), held, None)
                else:
                    assert refreshed.raw is not None
                    _of_some(record, refreshed.raw, held, refreshed.changed)
                snapshot.settle(refreshed)
            return record
        if not held or not many:
            snapshot.settle(refreshed)
            return None
    return run(day)


def _concerned(
    version: RuleVersion, held: storing.Stored | None, on: date, changed: Collection[str] | None
) -> bool:  # fmt: skip
    """Whether a rule may say something else of businesses of which some raw columns changed (None: any)."""
    # Of a version that no full run has evaluated, some businesses alone would say nothing.
    if held is None or held.result.version_id != version.pk:
        return False
    if changed is None or held.result.run.on != on:
        return True
    read = {source for name in engine(version).inputs for source in sources(vocabulary(), name)}
    return any(column.partition("@")[0] in read for column in changed)


def _of_some(
    record: PopulationRun, raw: pa.Table, held: dict[str, storing.Stored], changed: Collection[str] | None
) -> None:  # fmt: skip
    versions = sorted(
        (v for v in in_force(record.on) if _concerned(v, held.get(v.model.key), record.on, changed)), key=lambda v: v.pk
    )
    population = snapshot.of_some(raw, record.on, _read_by(versions))
    ids = np.asarray(population["id"].combine_chunks())
    parts, results = [], []
    for version in versions:
        found = evaluating.evaluate(engine(version), population)
        before, amounts = held[version.model.key].states(ids)
        told = storing.with_before(found, before)
        parts.append(told.append_column(storing.VERSION, pa.array(np.full(len(ids), version.pk))))
        results.append(_result(record, version, found, before, amounts, storing.DELTA))
    digest = ""
    if parts:
        target = storing.folder(record)
        target.mkdir(parents=True, exist_ok=True)
        digest = storing.write(target / storing.DELTA, storing.joined(parts))
    RuleResult.objects.bulk_create([r.as_row(digest) for r in results])
    _finish(record)


def due() -> list[str]:
    """Keys of rules in force today that no full run has evaluated in their present version."""
    held = storing.stored()
    today = timekeeping.now().date()
    return [
        v.model.key
        for v in in_force(today)
        if v.model.key not in held or held[v.model.key].result.version_id != v.pk
    ]  # fmt: skip


# --- the run's row ----------------------------------------------------------------------------------------------------


def _finish(record: PopulationRun) -> None:
    record.state, record.progress, record.doing, record.error = State.DONE, 100, "", ""
    record.finished_at = timekeeping.now()
    assert record.started_at is not None
    record.seconds = Decimal(str(round(time.perf_counter() - _started[record.pk], 3)))
    record.save()


_started: dict[int, float] = {}


@contextmanager
def _recorded(record: PopulationRun, progress: Progress | None) -> Iterator[Progress]:
    """The run's row says that it is running, how far it is, and what went wrong."""
    _started[record.pk] = time.perf_counter()
    record.state, record.started_at, record.error = State.RUNNING, timekeeping.now(), ""
    record.save()
    noted = time.perf_counter()

    def note(share: float, doing: str) -> None:
        nonlocal noted
        if progress is not None:
            progress(share, doing)
        if time.perf_counter() - noted > NOTED_EVERY:
            noted = time.perf_counter()
            PopulationRun.objects.filter(pk=record.pk).update(progress=int(share * 100), doing=doing[:120])

    try:
        yield note
    except Exception as error:
        PopulationRun.objects.filter(pk=record.pk).update(
            state=State.FAILED, error=str(error)[:500], finished_at=timekeeping.now()
        )
        raise
    finally:
        _started.pop(record.pk, None)


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise Busy("另一次计算正在进行,请稍后再试")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
