"""What follows from changes in the register: of the businesses that changed, and of the rules that read what changed."""

from __future__ import annotations

import time
from collections.abc import Collection
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import transaction

from yingshang import timekeeping
from yingshang.accounts import statements
from yingshang.rules import evaluating, runs, snapshot, storing, verdicts
from yingshang.rules.engines import Engine
from yingshang.rules.models import PopulationRun, RuleModel, RuleResult, RuleVersion
from yingshang.rules.patches import Ints, ids_of
from yingshang.rules.recording import alone_here, finished
from yingshang.rules.vocabulary import vocabulary
from yingshang.rules.wide import sources

#: States and amounts, or nothing where no rule is concerned.
_Said = tuple[np.ndarray[Any, Any], ...]
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
    with statements.one_transaction(), ThreadPoolExecutor(1) as aside:
        alone_here()
        held = storing.stored()
        few = all(len(s.runs) < MOST_DELTAS for s in held.values())

        def planned(refreshed: snapshot.Refreshed) -> _Plan:
            ids = np.unique(np.asarray([*(refreshed.ids or ()), *(businesses or ())], np.int64))
            concerned = _concerned(held, day, None if businesses else refreshed.keys)
            return _Plan(ids, concerned, aside.submit(_said, concerned, ids))

        plans: list[_Plan] = []
        refreshed = snapshot.refresh(
            taking=True, meanwhile=lambda told: plans.append(planned(told)) if held and few else None
        )
        if not held:
            return None
        if refreshed.ids is not None and few:
            plan = plans[0] if plans else planned(refreshed)
            return _of_some(plan, day, began, aside) if len(plan.ids) else None
        transaction.set_rollback(True)
    return runs.run(day)


@dataclass(frozen=True)
class _Plan:
    """What is to be evaluated: businesses, rules, and what was said before, which is looked up while the facts are asked."""

    ids: Ints
    concerned: list[storing.Stored]
    said: Future[_Said]


def _said(concerned: list[storing.Stored], ids: Ints) -> _Said:
    """States and amounts that are stored, rules by businesses."""
    asked = storing.Asked(ids)
    told = [s.states(asked) for s in concerned]
    shape = (len(concerned), len(ids))
    return tuple(np.asarray(part).reshape(shape) for part in zip(*told, strict=True)) if told else ()


def _of_some(plan: _Plan, day: date, began: float, aside: Executor) -> PopulationRun:
    (pk,) = statements.numbered(rules_populationrun_id_seq=1)["rules_populationrun_id_seq"]
    record = PopulationRun(
        pk=pk, kind=PopulationRun.Kind.DELTA, on=day, businesses=len(plan.ids), started_at=timekeeping.now()
    )
    results = _evaluated(record, plan, aside)
    finished(record, time.perf_counter() - began)
    statements.insert_later(record)
    for result in results:
        statements.insert_later(result)
    return record


def _evaluated(record: PopulationRun, plan: _Plan, aside: Executor) -> list[RuleResult]:
    """Evaluate these rules for these businesses and write the file; what is the same for every rule is done once."""
    concerned = plan.concerned
    if not concerned:
        return []
    population = snapshot.of_some(plan.ids, record.on, {name for s in concerned for name in s.last.engine.inputs})
    there = ids_of(population)
    if not len(there):  # of businesses that are gone nothing is said
        return []
    found = evaluating.evaluate_each([s.last.engine for s in concerned], population)
    before, amounts = (part[:, np.isin(plan.ids, there)].reshape(-1) for part in plan.said.result())
    versions = np.repeat(np.asarray([s.last.version for s in concerned], np.int64), len(there))
    target = storing.folder(record)
    target.mkdir(parents=True, exist_ok=True)
    whole = storing.with_before(found, before).append_column(storing.VERSION, pa.array(versions))
    digest = aside.submit(storing.write, target / storing.DELTA, whole)
    figures = verdicts.compared(found, before, amounts, len(concerned))
    return [
        RuleResult(run=record, version_id=s.last.version, file=storing.DELTA, digest=digest.result(), **vars(f))
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
