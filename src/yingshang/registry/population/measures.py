"""What the generated population comes to, next to what was published: the figures it is calibrated to.

The figures are data of the district (``published.toml``): each names a measure, a public method of :class:`Measures`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from yingshang.districts import BadDistrict, District, Problem
from yingshang.registry.population.generate import Population
from yingshang.registry.population.named import NamedRecords

FILE = "published.toml"
YI = 100_000_000


@dataclass(frozen=True)
class Figure:
    """One published figure and the value generated; ``low`` and ``high`` bound what agrees with the wording."""

    zh: str
    en: str
    printed: str
    source: str
    low: Decimal
    high: Decimal | None
    value: Decimal

    @property
    def agrees(self) -> bool:
        return self.low <= self.value and (self.high is None or self.value <= self.high)


class Measures:
    """Sums and counts over a population, read back from the facts that it will store."""

    def __init__(self, p: Population, named: NamedRecords) -> None:
        self._p, self._named = p, named
        self._blocks = {(b.key, b.period): b for b in p.facts}
        self._street = {c: i for i, c in enumerate(p.plan.streets)}
        self._platform = {x.code: i for i, x in enumerate(p.plan.platforms)}
        self._group = {g.id: i for i, g in enumerate(p.plan.groups)}

    def _values(self, key: str, period: str, mine: np.ndarray[Any, np.dtype[np.bool_]] | None = None) -> list[Any]:
        block = self._blocks[key, period]
        chosen = np.ones(len(block.rows), bool) if mine is None else mine[block.rows]
        return [json.loads(v) for v, m in zip(block.values, chosen.tolist(), strict=True) if m]

    def money(self, key: str, period: str, group: str = "") -> Decimal:
        """Sum of a money fact in 亿 yuan, exact."""
        mine = self._p.layout.group == self._group[group] if group else None
        return sum((Decimal(v) for v in self._values(key, period, mine)), Decimal(0)) / YI

    def at_least(self, key: str, period: str, yuan: int) -> int:
        """Businesses whose money fact is at least ``yuan``."""
        return sum(Decimal(v) >= yuan for v in self._values(key, period))

    def flagged(self, key: str, period: str = "2022", street: str = "", values: Sequence[object] = (True,)) -> int:
        """Businesses (of a street) whose fact has one of the values."""
        mine = self._p.layout.street == self._street[street] if street else None
        return sum(v in values for v in self._values(key, period, mine))

    def held(self, key: str, period: str) -> int:
        """Businesses that have the fact."""
        return len(self._values(key, period))

    def distinct(self, key: str, period: str) -> int:
        """Different values of the fact."""
        return len(set(self._values(key, period)))

    def total_at(self, key: str, period: str, platform: str) -> int:
        """Sum of a whole-number fact on a platform."""
        return sum(self._values(key, period, self._p.layout.platform == self._platform[platform]))

    def entities(self, street: str = "", kind: str = "") -> int:
        """Businesses of a street and kind, named records included."""
        mine = np.ones(len(self._p), bool)
        if street:
            mine &= self._p.layout.street == self._street[street]
        if kind:
            mine &= self._p.layout.individual == (kind == "individual")
        told = [r for r in self._named.records if street in ("", r.street) and kind in ("", r.kind)]
        return int(mine.sum()) + len(told)

    def at_platform(self, platform: str, group: str) -> int:
        rows = self._p.layout
        return int(((rows.platform == self._platform[platform]) & (rows.group == self._group[group])).sum())

    def founded_a_year(self, platform: str, group: str, first: int, last: int) -> Decimal:
        """Average number founded a year on a platform, both years included."""
        rows = self._p.layout
        years = rows.founded.astype("datetime64[Y]").astype(int) + 1970
        here = (rows.platform == self._platform[platform]) & (rows.group == self._group[group])
        return Decimal(int((here & (years >= first) & (years <= last)).sum())) / (last - first + 1)

    def growth_since_2019(self) -> Decimal:
        """Growth of entities over those founded before 2019, in per cent, two decimals."""
        before = int((self._p.layout.founded < np.datetime64("2019-01-01")).sum())
        before += sum(r.founded.year < 2019 for r in self._named.records)
        return (Decimal(self.entities()) / before * 100 - 100).quantize(Decimal("0.01"))

    def leading_firms(self) -> int:
        return int((self._p.leading != "").sum()) + sum(bool(r.leading_industry) for r in self._named.records)

    def foreign_firms(self) -> int:
        return int(self._p.foreign.sum()) + sum(r.foreign_invested for r in self._named.records)

    def above_scale(self, group: str) -> int:
        rows = self._p.layout
        return int((rows.above & (rows.group == self._group[group])).sum())

    def above_in_buildings(self) -> int:
        rows = self._p.layout
        return int((rows.above & (rows.building >= 0)).sum())


def measure(district: District, population: Population, named: NamedRecords) -> list[Figure]:
    """Measure the district's published figures on a generated population of full size.

    Raises:
        BadDistrict: ``published.toml`` names a measure that does not exist or gives it wrong arguments.
    """
    path = district.folder / FILE
    rows = tomllib.loads(path.read_text("utf-8")).get("published", []) if path.exists() else []
    measures = Measures(population, named)
    figures: list[Figure] = []
    problems: list[Problem] = []
    for n, row in enumerate(rows, 1):
        name = str(row.get("measure", ""))
        try:
            if name.startswith("_"):
                raise AttributeError(name)
            value = getattr(measures, name)(**row.get("args", {}))
        except (AttributeError, KeyError, TypeError) as error:
            known = "、".join(m for m in vars(Measures) if not m.startswith("_"))
            zh = f"量法 {name} 或其参数不对({error});可用的量法:{known}"
            problems.append(Problem(FILE, f"published[{n}].measure", zh, f"no such measure or argument: {error}"))
            continue
        high = row.get("high")
        figures.append(
            Figure(
                zh=row["zh"],
                en=row["en"],
                printed=row["printed"],
                source=row["source"],
                low=Decimal(str(row["low"])),
                high=None if high is None else Decimal(str(high)),
                value=Decimal(value),
            )
        )
    if problems:
        raise BadDistrict(district.folder, problems)
    return figures


def table(figures: list[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| 指标 / figure | 刊出 / as printed | 出处 / source | 合成值 / generated |", "|---|---|---|---|"]
    for f in figures:
        value = f"{f.value:,.2f}" if f.value % 1 else f"{f.value:,.0f}"
        lines.append(f"| {f.zh} / {f.en} | {f.printed} | {f.source} | {value} |")
    return "\n".join(lines)
