"""Where the generated businesses are and what they do: group, street, platform, community, industry, above scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from yingshang.registry.population.plan import INDUSTRIAL, Plan, share

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass
class Layout:
    """One entry a business, in the order of the groups; ``-1`` in ``platform`` and ``building`` means none."""

    group: Ints
    individual: Bools
    street: Ints
    platform: Ints
    industry: Ints
    """Index into the industries of the group."""
    industrial: Bools
    above: Bools
    building: Ints
    founded: npt.NDArray[np.datetime64]

    def __len__(self) -> int:
        return len(self.group)


def pick(rng: np.random.Generator, eligible: Bools, n: int, weight: npt.NDArray[np.float64] | None = None) -> Ints:
    """Choose ``n`` of the eligible rows (all of them where there are fewer), by weight, without repetition."""
    at = np.flatnonzero(eligible)
    if n >= len(at):
        return at
    # Efraimidis and Spirakis: the n smallest exponential draws, each divided by its weight.
    draw = rng.exponential(size=len(at))
    if weight is not None:
        draw /= np.maximum(weight[at], 1e-9)
    return np.sort(at[np.argpartition(draw, n)[:n]])


def lay_out(rng: np.random.Generator, plan: Plan, reserved: Mapping[str, tuple[int, int]]) -> Layout:
    """Place the plan's businesses; ``reserved`` is, a street, how many enterprises and individuals are named records.

    Raises:
        ValueError: the platforms hold more firms than the streets they lie in.
    """
    named = [sum(v[i] for v in reserved.values()) for i in (0, 1)]
    counts = np.array([g.count for g in plan.groups], dtype=np.int64)
    # Named records take the place of generated ones in the largest group of their kind.
    for kind in (False, True):
        mine = [n for n, g in enumerate(plan.groups) if g.individual == kind]
        counts[max(mine, key=lambda n: counts[n])] -= named[kind]
    group = np.repeat(np.arange(len(counts)), counts)
    individual = np.array([g.individual for g in plan.groups])[group]
    platform = _platforms(plan, group)
    street = _streets(rng, plan, individual, platform, reserved)
    industry = _industries(rng, plan, group)
    letters = [np.array([i.code[0] in INDUSTRIAL for i in g.industries]) for g in plan.groups]
    industrial = np.zeros(len(group), dtype=bool)
    for g, flags in enumerate(letters):
        industrial[group == g] = flags[industry[group == g]]
    n = len(group)
    no_date = np.full(n, np.datetime64("NaT", "D"))
    layout = Layout(
        group, individual, street, platform, industry, industrial, np.zeros(n, bool), np.full(n, -1), no_date
    )
    _above(rng, plan, layout)
    return layout


def _platforms(plan: Plan, group: Ints) -> Ints:
    platform = np.full(len(group), -1)
    filled = dict.fromkeys(range(len(plan.groups)), 0)
    index = {g.id: n for n, g in enumerate(plan.groups)}
    for p, spec in enumerate(plan.platforms):
        for name, n in spec.groups.items():
            g = index[name]
            rows = np.flatnonzero(group == g)[filled[g] : filled[g] + n]
            platform[rows] = p
            filled[g] += n
    return platform


def _streets(
    rng: np.random.Generator,
    plan: Plan,
    individual: Bools,
    platform: Ints,
    reserved: Mapping[str, tuple[int, int]],
) -> Ints:
    codes = list(plan.streets)
    street = np.full(len(platform), -1)
    for p, spec in enumerate(plan.platforms):
        rows = np.flatnonzero(platform == p)
        parts = share(len(rows), spec.streets)
        labels = np.repeat([codes.index(c) for c in parts], list(parts.values()))
        street[rows] = rng.permutation(labels)
    for kind, wanted in ((False, plan.street_enterprises), (True, plan.street_individuals)):
        free = np.flatnonzero((individual == kind) & (platform < 0))
        held = np.bincount(street[(individual == kind) & (platform >= 0)], minlength=len(codes))
        left = [wanted[c] - int(held[s]) - reserved.get(c, (0, 0))[kind] for s, c in enumerate(codes)]
        if min(left) < 0:
            short = codes[int(np.argmin(left))]
            raise ValueError(f"{short} 的户数少于其平台和具名企业之和,请调大 streets / {short} has too few")
        labels = np.repeat(np.arange(len(codes)), left)
        # Rounding of small samples may leave a label over or short.
        street[free] = np.resize(rng.permutation(labels), len(free))
    return street


def _industries(rng: np.random.Generator, plan: Plan, group: Ints) -> Ints:
    industry = np.zeros(len(group), dtype=np.int64)
    for g, spec in enumerate(plan.groups):
        rows = np.flatnonzero(group == g)
        parts = share(len(rows), {str(n): i.weight for n, i in enumerate(spec.industries)})
        labels = np.repeat([int(k) for k in parts], list(parts.values()))
        industry[rows] = rng.permutation(labels)
    return industry


def _above(rng: np.random.Generator, plan: Plan, layout: Layout) -> None:
    """Choose the units above scale; those of services are shared between the street of office buildings and the rest."""
    codes, platforms = list(plan.streets), [p.code for p in plan.platforms]
    built = plan.buildings
    home = codes.index(built["street"]) if built else -1
    office = (layout.street == home) & ~layout.industrial & (layout.platform < 0)
    free = {g.id: g.service_above for g in plan.groups if g.service_above and not g.above_platform}
    inside = share(round(built["above_scale"] * plan.scale), free) if built and free else {}
    for g, spec in enumerate(plan.groups):
        mine = layout.group == g
        if spec.above_platform:
            mine &= layout.platform == platforms.index(spec.above_platform)
        layout.above[pick(rng, mine & layout.industrial, spec.industrial_above)] = True
        service = mine & ~layout.industrial
        within = min(inside.get(spec.id, 0), spec.service_above)
        if within:
            layout.above[pick(rng, service & office, within)] = True
        elsewhere = service & (layout.street != home) if spec.id in inside else service
        layout.above[pick(rng, elsewhere, spec.service_above - within)] = True
    if built:
        sure = np.flatnonzero(office & layout.above)
        more = pick(rng, office & ~layout.above, round(built["entities"] * plan.scale) - len(sure))
        rows = np.concatenate([sure, more])
        size = rng.pareto(1.6, built["count"]) + 0.6
        layout.building[rows] = rng.choice(built["count"], len(rows), p=size / size.sum())


def found(rng: np.random.Generator, plan: Plan, layout: Layout, settled: Bools, named_before: int) -> None:
    """Set the founding dates.

    Args:
        settled: rows that must be old enough to have accounts of 2021 (above scale, foreign-invested).
        named_before: named records founded before 2019, which count towards the published growth.
    """
    n = len(layout)
    cut, end = np.datetime64(date(2019, 1, 1)), np.datetime64(plan.as_of)
    founded = np.full(n, np.datetime64("NaT", "D"))
    ph = plan.pharma
    if ph:
        platform = [p.code for p in plan.platforms].index(ph["platform"])
        group = [g.id for g in plan.groups].index(ph["group"])
        rows = np.flatnonzero((layout.platform == platform) & (layout.group == group))
        # Units above scale first, so they get the oldest years.
        rows = rows[np.argsort(~layout.above[rows], kind="stable")]
        a_year = max(1, round(ph["new_a_year"] * plan.scale))
        years = (plan.as_of.year - 1) - (len(rows) - 1 - np.arange(len(rows))) // a_year
        founded[rows] = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]") + rng.integers(0, 360, len(rows))
    open_rows = np.isnat(founded)
    before = max(0, plan.before_2019 - named_before - int((founded < cut).sum()))
    likely = rng.random(n) * np.where(layout.individual, 0.9, 1.0)
    likely[settled] += 1
    likely[~open_rows] = -1
    old = np.zeros(n, dtype=bool)
    old[np.argsort(-likely, kind="stable")[:before]] = True
    new = open_rows & ~old
    start = np.where(layout.individual, np.datetime64(plan.individual_since), np.datetime64(plan.since))
    span = (cut - start.astype("datetime64[D]")).astype(np.int64)
    # Most of those that are still there were founded late.
    age = (span * (1 - rng.random(n) ** 0.42)).astype(np.int64)
    founded[old] = (cut - 1 - np.minimum(age, span - 1))[old]
    late = (int((end - cut).astype(np.int64)) * rng.random(n) ** 0.85).astype(np.int64)
    founded[new] = (cut + late)[new]
    layout.founded = founded
