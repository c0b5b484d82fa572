"""The accounts of the generated businesses for 2021 and 2022: revenue, output, staff, assets, taxes, land."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yingshang.registry.population.layout import Layout
from yingshang.registry.population.plan import Group, Plan

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: 亿 yuan in 万 yuan.
YI = 10_000
#: Yearly revenue, in 万 yuan, from which industry counts as above scale (规模以上, since 2011).
ABOVE = 2_000.0

#: Registered capital that small firms and stalls choose, in 万 yuan, and how often.
_SMALL = ((10, 20, 50, 100, 200, 300, 500, 1000, 2000), (0.05, 0.04, 0.16, 0.27, 0.14, 0.08, 0.14, 0.09, 0.03))
_STALL = ((1, 2, 3, 5, 8, 10, 15, 20), (0.14, 0.14, 0.18, 0.22, 0.08, 0.14, 0.05, 0.05))


@dataclass
class Accounts:
    """Whole yuan a year, by business; zero where there is none. Index 0 is 2021, 1 is 2022."""

    revenue: tuple[Ints, Ints]
    output: tuple[Ints, Ints]
    employees: tuple[Ints, Ints]
    assets: Ints
    tax: tuple[Ints, Ints]
    capital: Ints
    land_mu: Floats
    """Mu of industrial land, one decimal."""


def _yuan(wan: Floats) -> Ints:
    """万 yuan as yuan, to the hundred."""
    return np.round(wan * 100).astype(np.int64) * 100


def keep(rng: np.random.Generator, plan: Plan, layout: Layout) -> Accounts:
    """Draw the accounts; groups with a target for output or revenue meet it exactly, up to rounding."""
    n = len(layout)
    groups = plan.groups
    median = np.array([g.median for g in groups], dtype=float)[layout.group]
    spread = np.where(layout.individual, 0.7, 1.05)
    small = median * rng.lognormal(0, spread)
    revenue = np.clip(small, 1, np.where(layout.individual, 480, ABOVE - 10))
    excess = np.minimum(rng.pareto(1.25, n) + 0.02, 80.0)
    growth = np.clip(rng.normal(0.07, 0.18, n), -0.5, 1.2)
    ratio = rng.uniform(0.95, 1.05, n)
    for g, spec in enumerate(groups):
        _calibrate(spec, plan.scale, layout.group == g, layout, revenue, excess, growth, ratio)
    year = layout.founded.astype("datetime64[Y]").astype(int) + 1970
    first = np.where(year == 2022, 0.4, 1.0)
    then = np.where(layout.above, 1.0, first)
    r22 = np.where(year <= 2022, revenue * then, 0)
    r21 = np.where(year <= 2021, revenue / (1 + growth) * np.where((year == 2021) & ~layout.above, 0.4, 1.0), 0)
    makes = layout.above & layout.industrial
    o22, o21 = np.where(makes, r22 * ratio, 0), np.where(makes, r21 * ratio, 0)
    staff = _staff(rng, plan, layout, r22)
    before = np.where(r21 > 0, np.maximum(1, np.round(staff * np.clip(rng.normal(0.97, 0.08, n), 0.5, 1.3))), 0)
    land = np.where(makes, np.round(np.maximum(2.0, r22 / (rng.lognormal(0, 0.5, n) * 420)), 1), 0.0)
    rate = np.clip(rng.normal(0.031, 0.012, n), 0.003, 0.09) * np.where(layout.individual, 0.3, 1.0)
    return Accounts(
        revenue=(_yuan(r21), _yuan(r22)),
        output=(_yuan(o21), _yuan(o22)),
        employees=(before.astype(np.int64), np.where(r22 > 0, staff, 0).astype(np.int64)),
        assets=_yuan(r22 * rng.lognormal(-0.05, 0.55, n)),
        tax=(_yuan(r21 * rate), _yuan(r22 * rate * rng.uniform(0.85, 1.1, n))),
        capital=_capital(rng, layout, revenue),
        land_mu=land,
    )


def _calibrate(
    spec: Group,
    scale: float,
    mine: npt.NDArray[np.bool_],
    layout: Layout,
    revenue: Floats,
    excess: Floats,
    growth: Floats,
    ratio: Floats,
) -> None:
    """Set the revenue of the group's units above scale to ABOVE + s · excess, with s solved from the group's targets."""
    makes, serves = mine & layout.above & layout.industrial, mine & layout.above & ~layout.industrial
    if makes.any():
        step = 6_000.0
        if spec.output:
            k, x = ratio[makes], excess[makes]
            step = max(0.0, (spec.output * YI * scale - (ABOVE * k).sum()) / (x * k).sum())
        revenue[makes] = ABOVE + step * excess[makes]
    if serves.any():
        step = 4_000.0
        if spec.revenue:
            k = 1 / (1 + growth) if spec.revenue_year == 2021 else np.ones_like(growth)
            year = layout.founded.astype("datetime64[Y]").astype(int) + 1970
            fraction = np.where((year == spec.revenue_year) & ~layout.above, 0.4, 1.0) * (year <= spec.revenue_year)
            others = (revenue * k * fraction)[mine & ~serves].sum()
            k = k[serves]
            step = max(0.0, (spec.revenue * YI * scale - others - (ABOVE * k).sum()) / (excess[serves] * k).sum())
        revenue[serves] = ABOVE + step * excess[serves]


def _staff(rng: np.random.Generator, plan: Plan, layout: Layout, revenue: Floats) -> Floats:
    per_head = np.array([g.per_head for g in plan.groups], dtype=float)[layout.group]
    staff = revenue / per_head * rng.lognormal(0, 0.35, len(layout))
    if plan.pharma:
        rows = layout.platform == [p.code for p in plan.platforms].index(plan.pharma["platform"])
        total = staff[rows].sum()
        if total:
            staff[rows] *= plan.pharma["employees"] * plan.scale / total
    return np.maximum(1, np.ceil(staff - 0.5))


def _capital(rng: np.random.Generator, layout: Layout, revenue: Floats) -> Ints:
    """Registered capital in yuan: round figures, as people choose them."""
    n = len(layout)
    small = rng.choice(_SMALL[0], n, p=_SMALL[1])
    stall = rng.choice(_STALL[0], n, p=_STALL[1])
    large = np.maximum(500, np.round(revenue * rng.uniform(0.1, 0.5, n), -2))
    return (np.where(layout.individual, stall, np.where(layout.above, large, small)) * 10_000).astype(np.int64)
