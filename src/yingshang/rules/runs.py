"""Runs: every rule in force over all businesses.

A full run begins with the columns of the snapshot, which is brought up to the register first; it evaluates rule by rule and
compares with what was stored. What follows from single changes is :mod:`yingshang.rules.deltas`'s. Results count when the
run's row says *done*: a run that was killed leaves files that nobody reads, and can be started again.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import transaction

from yingshang import timekeeping
from yingshang.accounts.models import Person
from yingshang.rules import evaluating, snapshot, storing, verdicts
from yingshang.rules.engines import engine
from yingshang.rules.models import PopulationRun, RuleModel, RuleResult, RuleVersion
from yingshang.rules.patches import ids_of
from yingshang.rules.recording import LOCK, Busy, Progress, alone, finish, recorded

__all__ = ["LOCK", "Busy", "Progress", "due", "in_force", "queued", "run"]

Kind = PopulationRun.Kind
READING = ("读取企业数据", "Reading what is known of businesses")


def in_force(on: date, only: Collection[str] = ()) -> list[RuleVersion]:
    """The versions about businesses that are in force on a day, by key."""
    rows = RuleVersion.objects.in_force(on).filter(model__subject=RuleModel.Subject.BUSINESS)
    if only:
        rows = rows.filter(model__key__in=only)
    return list(rows.select_related("model").defer("xml").order_by("model__key"))


def queued(on: date | None = None, only: Collection[str] = (), by: Person | None = None) -> PopulationRun:
    """A full run that waits for its job."""
    return PopulationRun.objects.create(
        kind=Kind.FULL, on=on or timekeeping.now().date(), only=sorted(only), by=by, doing="等待开始",
        doing_en="Waiting to begin",
    )  # fmt: skip


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
    began = time.perf_counter()
    with alone(), recorded(record, progress) as note:
        note(0.01, *READING)
        refreshed = snapshot.refresh(anew=anew)
        snapshot.compact()
        versions = in_force(record.on, record.only)
        population = snapshot.of_all(record.on, {name for v in versions for name in engine(v).inputs})
        held = storing.stored()
        target = storing.folder(record)
        target.mkdir(parents=True, exist_ok=True)
        found = []
        # While one rule's results are written, the next one is evaluated.
        with ThreadPoolExecutor(1) as writer:
            for n, version in enumerate(versions):
                rule = version.model
                note(0.05 + 0.93 * n / len(versions), rule.title, rule.title_en)
                found.append(_of_all(record, version, population, held.get(rule.key), writer))
            results = [RuleResult(run=record, **fields, digest=digest.result()) for fields, digest in found]
        record.businesses = population.num_rows
        with transaction.atomic():
            RuleResult.objects.filter(run=record).delete()
            RuleResult.objects.bulk_create(results)
            # Rules that were not evaluated do not know of the changes yet.
            if not record.only:
                snapshot.settle(refreshed)
            finish(record, time.perf_counter() - began)
    storing.prune()
    return record


def _of_all(
    record: PopulationRun, version: RuleVersion, population: pa.Table, held: storing.Stored | None, writer: Executor
) -> tuple[dict[str, Any], Future[str]]:
    found = evaluating.evaluate(engine(version), population)
    before, amounts = _before(held, storing.Asked(ids_of(found)))
    name = f"{version.model.key}.arrow"
    digest = writer.submit(storing.write, storing.folder(record) / name, storing.with_before(found, before))
    (figures,) = verdicts.compared(found, before, amounts)
    return {"version": version, "file": name, **vars(figures)}, digest


def _before(held: storing.Stored | None, asked: storing.Asked) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    if held is None:
        return np.full(len(asked.ids), verdicts.NOTHING, np.int8), np.zeros(len(asked.ids), np.int64)
    return held.states(asked)


def due() -> list[str]:
    """Keys of rules in force today that no full run has evaluated in their present version."""
    held = storing.stored()
    today = timekeeping.now().date()
    return [
        v.model.key
        for v in in_force(today)
        if v.model.key not in held or held[v.model.key].last.version != v.pk
    ]  # fmt: skip
