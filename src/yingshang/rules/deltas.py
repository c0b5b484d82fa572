"""What follows from changes in the register: of the businesses that changed, and of the rules that read what changed."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import date
from functools import lru_cache

import numpy as np
import pyarrow as pa
from django.db import transaction

from yingshang import timekeeping
from yingshang.accounts import statements
from yingshang.rules import evaluating, runs, snapshot, storing
from yingshang.rules.engines import Engine
from yingshang.rules.models import PopulationRun, RuleModel, RuleResult, RuleVersion
from yingshang.rules.patches import ids_of
from yingshang.rules.recording import alone_here, finished
from yingshang.rules.vocabulary import vocabulary
from yingshang.rules.wide import sources

#: Deltas after a full run from which everything is evaluated: each is a file to look into.
MOST_DELTAS = 200


def recompute(businesses: Collection[int] | None = None, *, on: date | None = None) -> PopulationRun | None:
    """Evaluate the rules anew for businesses that changed, against what the last full runs stored.

    Args:
        businesses: ids to evaluate besides those that the register noted as changed.

    Returns:
        The run; a full one where much has changed; None where nothing has.

    Raises:
        Busy: another run is under way.
    """
    began = time.perf_counter()
    day = on or timekeeping.now().date()
    # Either everything that follows from the changes is stored, or they are noted still.
    with statements.one_transaction():
        alone_here()
        refreshed = snapshot.refresh(taking=True)
        held = storing.stored()
        if not held:
            return None
        if refreshed.ids is not None and all(len(s.runs) < MOST_DELTAS for s in held.values()):
            ids = sorted({*refreshed.ids, *(businesses or ())})
            return _of_some(ids, held, day, None if businesses else refreshed.keys, began) if ids else None
        transaction.set_rollback(True)
    return runs.run(day)


def _of_some(
    ids: list[int], held: dict[str, storing.Stored], day: date, changed: Collection[str] | None, began: float
) -> PopulationRun:
    (pk,) = statements.numbered(rules_populationrun_id_seq=1)["rules_populationrun_id_seq"]
    record = PopulationRun(
        pk=pk, kind=PopulationRun.Kind.DELTA, on=day, businesses=len(ids), started_at=timekeeping.now()
    )
    results = _evaluated(record, _concerned(held, day, changed), ids)
    finished(record, time.perf_counter() - began)
    statements.insert_later(record)
    for result in results:
        statements.insert_later(result)
    return record


def _evaluated(record: PopulationRun, concerned: list[storing.Stored], ids: list[int]) -> list[RuleResult]:
    """Evaluate these rules for these businesses and write the file; what is the same for every rule is done once."""
    if not concerned:
        return []
    population = snapshot.of_some(ids, record.on, {name for s in concerned for name in s.last.engine.inputs})
    there = storing.Asked(ids_of(population))
    rows = len(there.ids)
    if not rows:  # of businesses that are gone nothing is said
        return []
    found = evaluating.evaluate_each([s.last.engine for s in concerned], population)
    told = [s.states(there) for s in concerned]
    before, amounts = (np.concatenate(part) for part in zip(*told, strict=True))
    versions = np.repeat(np.asarray([s.last.version for s in concerned], np.int64), rows)
    target = storing.folder(record)
    target.mkdir(parents=True, exist_ok=True)
    whole = storing.with_before(found, before).append_column(storing.VERSION, pa.array(versions))
    digest = storing.write(target / storing.DELTA, whole.unify_dictionaries().combine_chunks())
    figures = evaluating.compared(found, before, amounts, len(concerned))
    return [
        RuleResult(run=record, version_id=s.last.version, file=storing.DELTA, digest=digest, **vars(f))
        for s, f in zip(concerned, figures, strict=True)
    ]


def _concerned(held: dict[str, storing.Stored], day: date, changed: Collection[str] | None) -> list[storing.Stored]:
    """Rules in force that may say something else of businesses of which some facts changed (None: any), by version.

    Of a version that no full run has evaluated, some businesses alone would say nothing.
    """
    in_force = {version.pk for version in _in_force(day)}
    found = [s for s in held.values() if s.last.version in in_force and _reads(s.last, day, changed)]
    return sorted(found, key=lambda s: s.last.version)


_in_force = statements.Prepared(
    lambda day: RuleVersion.objects.in_force(day).filter(model__subject=RuleModel.Subject.BUSINESS).only("pk"),
    date(1900, 1, 1),
)


def _reads(last: storing.Last, day: date, changed: Collection[str] | None) -> bool:
    # On another day periods and ages may be others.
    return changed is None or last.on != day or not _sources(last.engine).isdisjoint(changed)


@lru_cache(maxsize=512)
def _sources(engine: Engine) -> frozenset[str]:
    """The facts, and columns of the register, that a rule's inputs are made from."""
    return frozenset(source for name in engine.inputs for source in sources(vocabulary(), name))
