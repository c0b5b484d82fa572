"""What the generated population comes to, next to what was published: the figures it is calibrated to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from yingshang.registry.population.generate import Population
from yingshang.registry.population.named import NamedRecords

YI = 100_000_000


@dataclass(frozen=True)
class Measure:
    """One calibrated figure. ``low`` and ``high`` bound what agrees with the published wording (``high`` None: open)."""

    zh: str
    en: str
    published: str
    source: str
    low: Decimal
    high: Decimal | None
    value: Decimal

    @property
    def agrees(self) -> bool:
        return self.low <= self.value and (self.high is None or self.value <= self.high)


class _Sums:
    """Sums and counts over a population, read back from the facts it will store."""

    def __init__(self, p: Population, named: NamedRecords) -> None:
        self.p, self.named = p, named
        self.blocks = {(b.key, b.period): b for b in p.facts}
        self.street = {c: i for i, c in enumerate(p.plan.streets)}
        self.platform = {x.code: i for i, x in enumerate(p.plan.platforms)}
        self.group = {g.id: i for i, g in enumerate(p.plan.groups)}

    def money(self, key: str, period: str, group: str | None = None) -> Decimal:
        """Sum of a money fact in 亿 yuan, exact."""
        block = self.blocks[key, period]
        mine = self.p.layout.group[block.rows] == self.group[group] if group else np.ones(len(block.rows), bool)
        fen = sum(int(v.strip('"').replace(".", "")) for v, m in zip(block.values, mine, strict=True) if m)
        return Decimal(fen) / 100 / YI

    def flagged(self, key: str, period: str = "2022", *, street: str = "", values: tuple[str, ...] = ("true",)) -> int:
        block = self.blocks[key, period]
        streets = self.p.layout.street[block.rows]
        at = self.street[street] if street else None
        return sum(v in values and (at is None or s == at) for v, s in zip(block.values, streets.tolist(), strict=True))

    def entities(self, *, street: str = "", kind: str = "") -> int:
        mine = np.ones(len(self.p), bool)
        if street:
            mine &= self.p.layout.street == self.street[street]
        if kind:
            mine &= self.p.layout.individual == (kind == "individual")
        told = [r for r in self.named.records if street in ("", r.street) and kind in ("", r.kind)]
        return int(mine.sum()) + len(told)

    def at_platform(self, platform: str, group: str = "") -> int:
        mine = self.p.layout.platform == self.platform[platform]
        if group:
            mine &= self.p.layout.group == self.group[group]
        return int(mine.sum())

    def total_at(self, key: str, period: str, platform: str) -> int:
        block = self.blocks[key, period]
        here = self.p.layout.platform[block.rows] == self.platform[platform]
        return sum(int(v) for v, h in zip(block.values, here.tolist(), strict=True) if h)

    def founded_a_year(self, platform: str, group: str, first: int, last: int) -> Decimal:
        years = self.p.layout.founded.astype("datetime64[Y]").astype(int) + 1970
        here = (self.p.layout.platform == self.platform[platform]) & (self.p.layout.group == self.group[group])
        n = int((here & (years >= first) & (years <= last)).sum())
        return Decimal(n) / (last - first + 1)

    def growth(self) -> Decimal:
        """Growth of entities since the end of 2018, in per cent, two decimals."""
        before = int((self.p.layout.founded < np.datetime64("2019-01-01")).sum())
        before += sum(r.founded.year < 2019 for r in self.named.records)
        return (Decimal(self.entities()) / before * 100 - 100).quantize(Decimal("0.01"))

    def leading(self) -> int:
        return int((self.p.leading != "").sum()) + sum(bool(r.leading_industry) for r in self.named.records)

    def foreign(self) -> int:
        return int(self.p.foreign.sum()) + sum(r.foreign_invested for r in self.named.records)

    def above_in_buildings(self) -> int:
        return int((self.p.layout.above & (self.p.layout.building >= 0)).sum())


_Rule = tuple[str, str, str, str, str, str | None, Callable[[_Sums], "int | Decimal"]]
_PORT, _BAIYANG, _XIASHA = "platform.pharma_port", "street.baiyang", "street.xiasha"

#: zh, en, as printed, source, lowest and highest value that agrees, how it is measured.
_QIANTANG: tuple[_Rule, ...] = (
    ("在册经营主体", "Registered entities", "突破12万家", "D1 L988", "120000", "125000", lambda s: s.entities()),
    ("其中企业", "of which enterprises", "6.4万", "D1 L988", "63500", "64499", lambda s: s.entities(kind="enterprise")),
    ("较 2019 年成立时增长(%)", "Growth since 2019 (%)", "90.98%", "D1 L569", "90.97", "90.99", lambda s: s.growth()),
    ("五大主导产业企业", "Firms in five leading industries", "7000余家", "D1 L18", "7000", "8000", lambda s: s.leading()),
    ("外资企业", "Foreign-invested firms", "1600余家", "D1 L2138", "1600", "1699", lambda s: s.foreign()),
    ("世界 500 强投资项目", "Fortune-500 projects", "77个", "D1 L2091", "77", "77", lambda s: s.flagged("fortune500_invested", "")),
    ("规上工业总产值 2022(亿元)", "Above-scale output 2022 (yi)", "突破3500亿元", "D1 L2087", "3500", "3600", lambda s: s.money("output", "2022")),
    ("智能汽车及装备营收 2022(亿元)", "Car cluster revenue 2022 (yi)", "千亿产业集群", "D1 L16-17", "1000", None, lambda s: s.money("revenue", "2022", "car")),
    ("半导体营收 2022(亿元)", "Semiconductor revenue 2022 (yi)", "500亿级", "D1 L17", "500", "1000", lambda s: s.money("revenue", "2022", "chip")),
    ("新材料营收 2022(亿元)", "New-materials revenue 2022 (yi)", "500亿级", "D1 L17", "500", "1000", lambda s: s.money("revenue", "2022", "chemical")),
    ("生物医药营收 2022(亿元)", "Biomedicine revenue 2022 (yi)", "突破500亿元", "D6 L1924", "500", "600", lambda s: s.money("revenue", "2022", "drug")),
    ("美丽经济营收 2021(亿元)", "Beauty-economy revenue 2021 (yi)", "突破千亿元", "D6 L1995", "1000", "1100", lambda s: s.money("revenue", "2021", "beauty")),
    ("美丽经济规上企业", "Above-scale beauty firms", "43家", "D6 L730", "43", "43", lambda s: int((s.p.layout.above & (s.p.layout.group == s.group["beauty"])).sum())),
    ("医药港生物医药企业", "Biomedicine firms, Pharma Port", "1600余家", "D6 L702", "1600", "1699", lambda s: s.at_platform(_PORT, "drug")),
    ("医药港年均新增主体", "New entities a year, Pharma Port", "200余家", "D6 L701", "200", "299", lambda s: s.founded_a_year(_PORT, "drug", 2015, 2022)),
    ("医药港上市及拟上市企业", "Listed and to-be-listed, Pharma Port", "20家", "D6 L702", "20", "20", lambda s: s.flagged("listing_status", "", values=('"listed"', '"candidate"'))),
    ("医药港职工", "Staff, Pharma Port", "3万余名", "A035 L396", "30000", "35000", lambda s: s.total_at("employees", "2022", _PORT)),
    ("下沙楼宇内主体", "Entities in Xiasha buildings", "2万多家", "D7 L826", "20000", "22000", lambda s: len(s.blocks["building", ""].rows)),
    ("下沙商务楼宇", "Business buildings, Xiasha", "53幢", "D7 L826", "53", "53", lambda s: len(set(s.blocks["building", ""].values))),
    ("下沙楼宇四上企业", "Four-above firms in Xiasha buildings", "超300家", "D7 L828", "300", "350", lambda s: s.above_in_buildings()),
    ("白杨企业", "Enterprises, Baiyang", "2万多家", "D7 L2231", "20000", "25000", lambda s: s.entities(street=_BAIYANG, kind="enterprise")),
    ("白杨世界 500 强项目", "Fortune-500 projects, Baiyang", "60多个", "D7 L2231", "60", "69", lambda s: s.flagged("fortune500_invested", "", street=_BAIYANG)),
    ("白杨国家高新技术企业", "National high-tech firms, Baiyang", "513家", "D7 L2232", "513", "513", lambda s: s.flagged("high_tech", street=_BAIYANG)),
    ("白杨国家级小巨人", "National little giants, Baiyang", "11家", "D7 L2232", "11", "11", lambda s: s.flagged("srdi_tier", street=_BAIYANG, values=('"little_giant"',))),
    ("未来工厂", "Future factories", "3家", "D6 L1073", "3", "3", lambda s: s.flagged("smart_factory", "", values=('"future_factory"',))),
    ("智能工厂(数字化车间)", "Smart factories", "15家", "D6 L1074", "15", "15", lambda s: s.flagged("smart_factory", "", values=('"smart_factory"',))),
    ("工业互联网平台", "Industrial Internet platforms", "3家", "D6 L1075", "3", "3", lambda s: s.flagged("iiot_platform", "")),
    ("产值 10 亿元以上企业", "Firms of 1 bn output or more", "2025 年目标超100家", "D6 L2131", "0", "99", lambda s: int((s.p.accounts.output[1] >= 10 * YI).sum())),
    ("国家高新技术企业", "National high-tech firms", "2025 年目标超1200家", "D6 L2132", "513", "1200", lambda s: s.flagged("high_tech")),
)


def measure(population: Population, named: NamedRecords) -> list[Measure]:
    """Measure the reference district's calibrated figures on a generated population of full size."""
    sums = _Sums(population, named)
    return [
        Measure(zh, en, printed, source, Decimal(low), Decimal(high) if high else None, Decimal(how(sums)))
        for zh, en, printed, source, low, high, how in _QIANTANG
    ]


def table(measures: list[Measure]) -> str:
    """The measures as a Markdown table."""
    lines = ["| 指标 / figure | 刊出 / as printed | 出处 / source | 合成值 / generated |", "|---|---|---|---|"]
    for m in measures:
        value = f"{m.value:,.2f}" if m.value % 1 else f"{m.value:,.0f}"
        lines.append(f"| {m.zh} / {m.en} | {m.published} | {m.source} | {value} |")
    return "\n".join(lines)
