"""Businesses with facts that tests know."""

from __future__ import annotations

import random
from datetime import date, timedelta

from tests.support.world import World, uscc
from yingshang.registry.facts import FactRow, copy_facts
from yingshang.registry.models import Business

KEYS = {
    "revenue": lambda r: f"{r.choice([0, 1999999, 2000000, 20000000, 400000000])}.{r.randrange(100):02}",
    "employees": lambda r: r.choice([0, 1, 19, 20, 300, 1000]),
    "assets": lambda r: f"{r.randrange(10**9)}.5",
    "tax_paid": lambda r: f"{r.randrange(5_000_000)}.{r.randrange(100):02}",
    "rd_share": lambda r: f"{r.randrange(900) / 100:.2f}",
    "high_tech": lambda r: r.random() < 0.5,
    "srdi_tier": lambda r: r.choice(["none", "province", "little_giant", 'odd "\\tier']),
    "patents": lambda r: r.randrange(9),
}
CODES = ["C2614", "C38", "H6210", "F5100", "I6510", "K70", "", "Q84", "G54"]


def populate(world: World, count: int, seed: int = 1) -> list[Business]:
    """So many businesses with facts of two years, some missing, some that are no values of their type."""
    rng = random.Random(seed)
    streets = [world.units["street.xiasha"], world.units["street.baiyang"]]
    made = Business.objects.bulk_create(
        Business(
            uscc=uscc(f"91330114MA{seed}C{n:05}"), name=f"示例{n}\\t有限公司", name_key=f"s{n}",
            kind=rng.choice(["enterprise", "individual"]), industry_code=rng.choice(CODES), street=rng.choice(streets),
            platform=rng.choice([None, world.units["platform.pharma"]]), leading_industry=rng.choice(["", "drug", "car"]),
            founded=date(2015, 1, 1) + timedelta(days=rng.randrange(4000)), foreign_invested=rng.random() < 0.5,
            capital=rng.choice([None, "1000000.00"]), synthetic=True,
        )
        for n in range(count)
    )  # fmt: skip
    copy_facts(
        FactRow(b.pk, key, period, value(rng), "测试")
        for b in made
        for key, value in KEYS.items()
        for period in (("",) if key == "patents" else ("2021", "2022", "2024"))
        if rng.random() < 0.6
    )
    copy_facts(
        FactRow(b.pk, "export_value", "2022", v, "测试") for b, v in zip(made, ["1.234", "x", True], strict=False)
    )
    return list(made)
