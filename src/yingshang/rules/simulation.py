"""A rule on the whole population before anybody publishes it: whom it would reach, what it would cost, who wins and loses.

The population stays mapped in the web worker (:func:`yingshang.rules.snapshot.population`), so a simulation is one
evaluation over columns and some counting: a fraction of a second on 120,000 businesses, short enough for sliders.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.decisions.errors import DecisionError
from yingshang.rules import evaluating, figures, grouping, snapshot, verdicts
from yingshang.rules.checking import check
from yingshang.rules.engines import Engine, compiled, engine
from yingshang.rules.errors import RuleRefused
from yingshang.rules.grouping import Bar, Lacking, Part
from yingshang.rules.models import RuleVersion
from yingshang.rules.publishing import digest

#: Winners and losers that are named.
NAMED = 20


@dataclass(frozen=True)
class Mover:
    """A business that gets another amount than by the version compared with; yuan."""

    id: int
    uscc: str
    name: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True)
class Against:
    """Beside the version compared with: counts, the difference in yuan, the largest by name.

    ``winners`` and ``losers`` are those who would get more or less, or come in and go out where there is no money.
    """

    version: RuleVersion
    number: int
    amount: Decimal
    winners: int
    losers: int
    won: Decimal
    lost: Decimal
    top_winners: list[Mover]
    top_losers: list[Mover]


@dataclass(frozen=True)
class Simulation:
    """What a rule would do; money in yuan.

    Attributes:
        businesses: of the population, ``number`` of them are eligible.
        by: street, industry, size, age: the eligible and their amounts.
        table: every business, with the columns of :data:`yingshang.rules.verdicts.SCHEMA`.
    """

    on: date
    businesses: int
    number: int
    amount: Decimal
    near: int
    not_eligible: int
    unknown: int
    by: dict[str, list[Part]]
    distribution: list[Bar]
    near_misses: list[Lacking]
    against: Against | None
    seconds: float
    table: pa.Table = field(repr=False, compare=False)


def simulate(
    source: str | RuleVersion, on: date | None = None, *, decision: str = "结果", against: RuleVersion | None = None,
    sliders: Mapping[str, Decimal] | None = None,
) -> Simulation:  # fmt: skip
    """Evaluate a model over all businesses.

    Args:
        source: a document, or a version, a draft as well.
        on: the day; by default today.
        decision: that gives the result, of a document.
        against: the version to compare with; usually the one in force.
        sliders: values by id of :func:`yingshang.rules.figures.sliders`; the others stay.

    Raises:
        NoSnapshot: no run has gathered the population yet.
        RuleRefused: the model cannot be evaluated; the message says why, ``findings`` what to mend.
        KeyError: no such slider.
    """
    began = time.perf_counter()
    day = on or timekeeping.now().date()
    population = snapshot.population(day)
    if isinstance(source, RuleVersion):
        source, decision = source.xml, source.model.decision
    try:
        found = evaluating.evaluate(_engine(source, decision, sliders or {}), population)
    except (DecisionError, ValueError) as error:
        raise _refused(source, decision, error) from error
    told = verdicts.figures(found)
    return Simulation(
        on=day,
        businesses=population.num_rows,
        number=told.eligible,
        amount=told.amount,
        near=told.near,
        not_eligible=told.not_eligible,
        unknown=told.unknown,
        by={by: grouping.parts(found, population, by) for by in grouping.BY},
        distribution=grouping.bars(found),
        near_misses=grouping.lacking(found),
        against=None if against is None else _against(against, found, population),
        seconds=time.perf_counter() - began,
        table=found,
    )


def _engine(source: str, decision: str, sliders: Mapping[str, Decimal]) -> Engine:
    document = figures.moved(source, sliders) if sliders else source
    return compiled(digest(document), decision, document)


def _refused(document: str, decision: str, error: Exception) -> RuleRefused:
    """Why a model cannot be evaluated, in the words of the check where it finds the reason."""
    findings = [f for f in check(document, decision) if f.severity == "error"]
    language = "zh" if (get_language() or "zh").startswith("zh") else "en"
    said = _("；").join(f.as_text(language) for f in findings[:3]) or str(error)
    return RuleRefused(_("这一版还算不了:%(why)s") % {"why": said}, findings)


def _against(version: RuleVersion, found: pa.Table, population: pa.Table) -> Against:
    other = evaluating.evaluate(engine(version), population)
    told = verdicts.figures(other)
    now, then = verdicts.codes(found) == 0, verdicts.codes(other) == 0
    gains = verdicts.fens(found) - verdicts.fens(other)
    up, down = (gains > 0) | (now & ~then & (gains == 0)), (gains < 0) | (then & ~now & (gains == 0))
    return Against(
        version=version,
        number=told.eligible,
        amount=told.amount,
        winners=int(up.sum()),
        losers=int(down.sum()),
        won=_yuan(gains[up].sum()),
        lost=_yuan(-gains[down].sum()),
        top_winners=_movers(up, -gains, found, other),
        top_losers=_movers(down, gains, found, other),
    )


def _yuan(fen: Any) -> Decimal:
    return Decimal(int(fen)).scaleb(-2)


def _movers(who: Any, order: Any, found: pa.Table, other: pa.Table) -> list[Mover]:
    """The first of some businesses by an order, with their names."""
    rows = np.flatnonzero(who)
    rows = rows[np.argsort(order[rows], kind="stable")][:NAMED]
    told = zip(rows.tolist(), _named(found["id"].take(pa.array(rows)).to_pylist()), strict=True)
    before, after = verdicts.fens(other), verdicts.fens(found)
    return [Mover(*name, _yuan(before[row]), _yuan(after[row])) for row, name in told]


def _named(ids: list[int]) -> list[tuple[int, str, str]]:
    raw = snapshot.raw()
    places = np.searchsorted(np.asarray(raw["id"].combine_chunks()), np.asarray(ids, np.int64))
    some = raw.select(["id", "uscc", "name"]).take(pa.array(places))
    return [(r["id"], r["uscc"], r["name"]) for r in some.to_pylist()]
