"""Recognitions and relations of the generated businesses: high-tech, SRDI tier, foreign-invested, listed, factories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yingshang.registry.population.finance import Accounts
from yingshang.registry.population.layout import Bools, Layout, pick
from yingshang.registry.population.plan import Plan

Floats = npt.NDArray[np.float64]
#: Groups whose firms are recognised as technology firms.
TECH = ("car", "chip", "drug", "chemical", "aerospace", "manufacturing", "software")


@dataclass
class Flags:
    """What is recognised of each business; text columns are empty where nothing is."""

    high_tech: Bools
    tech_sme: Bools
    chick_eagle: Bools
    fortune500: Bools
    iiot_platform: Bools
    srdi_tier: npt.NDArray[np.str_]
    smart_factory: npt.NDArray[np.str_]
    listing_status: npt.NDArray[np.str_]
    rd_share: tuple[Floats, Floats]
    """R&D spending as a share of revenue in 2021 and 2022, in per cent, two decimals; 0 where there is none."""
    export_share: Floats
    patents: npt.NDArray[np.int64]


def foreign(rng: np.random.Generator, plan: Plan, layout: Layout) -> Bools:
    """Choose the foreign-invested enterprises: mostly makers and large firms."""
    weight = np.where(layout.above, 20.0, 1.0) * np.where(layout.industrial, 3.0, 1.0)
    chosen = np.zeros(len(layout), dtype=bool)
    chosen[pick(rng, ~layout.individual, plan.flags["foreign_invested"], weight)] = True
    return chosen


def recognise(rng: np.random.Generator, plan: Plan, layout: Layout, accounts: Accounts, foreign: Bools) -> Flags:
    """Choose who holds what; numbers told of a street are met in that street, the rest lies in the others."""
    n = len(layout)
    tech = np.isin(layout.group, [i for i, g in enumerate(plan.groups) if g.id in TECH])
    year = layout.founded.astype("datetime64[Y]").astype(int) + 1970
    revenue = accounts.revenue[1] / 1e4
    weight = np.log1p(revenue) ** 2

    def choose(key: str, eligible: Bools, by: Floats | None = weight) -> Bools:
        chosen = np.zeros(n, dtype=bool)
        left = plan.flags[key]
        elsewhere = eligible.copy()
        for s, street in enumerate(plan.streets):
            told = plan.flags_in.get(street, {}).get(key)
            if told is not None:
                chosen[pick(rng, eligible & (layout.street == s), told, by)] = True
                elsewhere &= layout.street != s
                left -= told
        chosen[pick(rng, elsewhere, max(0, left), by)] = True
        return chosen

    high_tech = choose("high_tech", tech & (year <= 2020) & (revenue >= 200))
    staff = accounts.employees[1]
    tech_sme = choose("tech_sme", tech & (revenue < 20_000) & (staff <= 500) & (revenue > 0), None)
    chick_eagle = choose("chick_eagle", (tech_sme | high_tech) & (year >= 2013) & (year <= 2021))
    giant = choose("little_giant", high_tech & layout.industrial & (revenue >= 2_000))
    province = choose("srdi_province", (high_tech | (layout.above & layout.industrial)) & ~giant)
    rank = np.argsort(-accounts.output[1], kind="stable")
    wanted = [plan.flags[k] for k in ("future_factory", "smart_factory", "iiot_platform")]
    top = rng.permutation(rank[: 3 * sum(wanted)])
    makers, smart, linked = np.split(top[: sum(wanted)], np.cumsum(wanted)[:2])
    factory = np.full(n, "", dtype="U16")
    factory[makers], factory[smart] = "future_factory", "smart_factory"
    iiot = np.zeros(n, dtype=bool)
    iiot[linked] = True
    return Flags(
        high_tech=high_tech,
        tech_sme=tech_sme,
        chick_eagle=chick_eagle,
        fortune500=choose("fortune500", foreign, np.where(layout.above, 30.0, 1.0)),
        iiot_platform=iiot,
        srdi_tier=np.where(giant, "little_giant", np.where(province, "province", "")),
        smart_factory=factory,
        listing_status=_listing(plan, layout, accounts),
        rd_share=_research(rng, layout, revenue, high_tech, tech_sme),
        export_share=_exports(rng, layout, foreign, revenue),
        patents=np.where(high_tech | tech_sme, rng.poisson(np.where(high_tech, 18, 5) + np.where(giant, 60, 0), n), 0),
    )


def _listing(plan: Plan, layout: Layout, accounts: Accounts) -> npt.NDArray[np.str_]:
    status = np.full(len(layout), "", dtype="U12")
    if plan.pharma:
        here = layout.platform == [p.code for p in plan.platforms].index(plan.pharma["platform"])
        n = max(1, round(plan.pharma["listed"] * plan.scale))
        order = np.argsort(-np.where(here, accounts.revenue[1], -1), kind="stable")[:n]
        status[order] = "candidate"
        status[order[: max(1, n * 2 // 5)]] = "listed"
    return status


def _research(
    rng: np.random.Generator, layout: Layout, revenue: Floats, high_tech: Bools, tech_sme: Bools
) -> tuple[Floats, Floats]:
    """High-tech firms spend at least what their recognition asks: 5, 4 or 3 per cent by revenue (国科发火〔2016〕32 号)."""
    n = len(layout)
    floor = np.where(revenue <= 5_000, 5.0, np.where(revenue <= 20_000, 4.0, 3.0))
    share = np.where(high_tech, floor + rng.gamma(1.6, 1.7, n), np.where(tech_sme, 2.0 + rng.gamma(1.5, 2.0, n), 0.0))
    maker = layout.above & layout.industrial & ~high_tech & ~tech_sme & (rng.random(n) < 0.85)
    share = np.where(maker, 0.4 + rng.gamma(1.8, 0.7, n), share)
    share = np.minimum(share, 60.0)
    earlier = np.where(
        high_tech, np.maximum(floor, share * rng.uniform(0.85, 1.1, n)), share * rng.uniform(0.8, 1.1, n)
    )
    # Rounded up, so that rounding takes nobody below the floor.
    return np.ceil(earlier * 100) / 100, np.ceil(share * 100) / 100


def _exports(rng: np.random.Generator, layout: Layout, foreign: Bools, revenue: Floats) -> Floats:
    """Share of revenue that is exported, 0–0.95."""
    n = len(layout)
    chance = np.where(layout.industrial, np.where(layout.above, 0.45, 0.07), np.where(layout.above, 0.12, 0.02))
    chance = np.where(foreign, np.maximum(chance * 1.6, 0.25), chance) * ~layout.individual * (revenue > 0)
    return np.where(rng.random(n) < chance, rng.beta(1.4, 2.4, n) * 0.95, 0.0)
