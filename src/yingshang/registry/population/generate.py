"""Making the sample population: pure functions of plan and seed, no database.

``generate(plan, named)`` draws everything from one seeded generator, column by column, so the same plan and seed give
the same bytes (:attr:`Population.digest`), and 120,000 businesses take about two seconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from yingshang.registry.population import finance, flags, layout
from yingshang.registry.population.codes import synthetic
from yingshang.registry.population.finance import Accounts
from yingshang.registry.population.flags import Flags
from yingshang.registry.population.layout import Bools, Layout
from yingshang.registry.population.named import NamedRecords
from yingshang.registry.population.plan import Plan
from yingshang.registry.population.words import Namer

Objects = npt.NDArray[np.object_]


@dataclass(frozen=True)
class FactBlock:
    """The values of one key and period: ``values[i]`` is the JSON text for business ``rows[i]``."""

    key: str
    period: str
    rows: npt.NDArray[np.int64]
    values: list[str]


@dataclass
class Population:
    """The generated businesses by column; named records are not among them."""

    plan: Plan
    layout: Layout
    accounts: Accounts
    flags: Flags
    foreign: Bools
    uscc: npt.NDArray[np.str_]
    names: Objects
    name_keys: Objects
    industry_codes: Objects
    leading: Objects
    streets: Objects
    platforms: Objects
    communities: Objects
    addresses: Objects
    statuses: Objects

    def __len__(self) -> int:
        return len(self.layout)

    def rows(self) -> Iterator[tuple[str, ...]]:
        """One tuple of texts a business, in the order of :data:`COLUMNS`; units are codes, "" for none."""
        kinds = np.where(self.layout.individual, "individual", "enterprise")
        capital = [f"{c}.00" for c in self.accounts.capital.tolist()]
        foreign = np.where(self.foreign, "t", "f")
        return zip(
            self.uscc.tolist(),
            self.names,
            self.name_keys,
            kinds.tolist(),
            self.statuses,
            self.industry_codes,
            self.leading,
            self.streets,
            self.platforms,
            self.communities,
            self.layout.founded.astype(str).tolist(),
            self.addresses,
            capital,
            foreign.tolist(),
            strict=True,
        )

    @cached_property
    def facts(self) -> list[FactBlock]:
        return _facts(self)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over every business and every fact."""
        h = hashlib.sha256()
        for row in self.rows():
            h.update("\t".join(row).encode())
        for block in self.facts:
            h.update(f"{block.key} {block.period}".encode())
            h.update(block.rows.astype("<i8").tobytes())
            h.update("\n".join(block.values).encode())
        return h.hexdigest()


#: Columns of :meth:`Population.rows`.
COLUMNS = (
    "uscc",
    "name",
    "name_key",
    "kind",
    "status",
    "industry_code",
    "leading_industry",
    "street",
    "platform",
    "community",
    "founded",
    "address",
    "capital",
    "foreign_invested",
)


def generate(plan: Plan, named: NamedRecords) -> Population:
    """Generate the plan's population around the named records, which count towards its totals."""
    rng = np.random.Generator(np.random.PCG64(plan.seed))
    held: dict[str, tuple[int, int]] = {}
    for r in named.records:
        e, i = held.get(r.street, (0, 0))
        held[r.street] = (e, i + 1) if r.kind == "individual" else (e + 1, i)
    rows = layout.lay_out(rng, plan, held)
    foreign = flags.foreign(rng, plan, rows)
    before = sum(r.founded < date(2019, 1, 1) for r in named.records)
    layout.found(rng, plan, rows, rows.above | foreign, before)
    accounts = finance.keep(rng, plan, rows)
    recognised = flags.recognise(rng, plan, rows, accounts, foreign)
    names, keys, codes = _names(rng, plan, rows, named)
    street_codes = np.array(list(plan.streets), dtype=object)
    platform_codes = np.array([*(p.code for p in plan.platforms), ""], dtype=object)
    return Population(
        plan=plan,
        layout=rows,
        accounts=accounts,
        flags=recognised,
        foreign=foreign,
        uscc=synthetic(np.arange(len(rows)), rows.individual, plan.division),
        names=names,
        name_keys=keys,
        industry_codes=codes,
        leading=np.array([g.leading for g in plan.groups], dtype=object)[rows.group],
        streets=street_codes[rows.street],
        platforms=platform_codes[rows.platform],
        communities=_communities(rng, plan, rows),
        addresses=_addresses(rng, plan, rows),
        statuses=np.where(rng.random(len(rows)) < 0.006, "suspended", "active").astype(object),
    )


def _names(rng: np.random.Generator, plan: Plan, rows: Layout, named: NamedRecords) -> tuple[Objects, Objects, Objects]:
    namer = Namer(rng, named.reserved)
    names, keys, codes = (np.empty(len(rows), dtype=object) for _ in range(3))
    for g, spec in enumerate(plan.groups):
        for i, industry in enumerate(spec.industries):
            mine = (rows.group == g) & (rows.industry == i)
            codes[mine] = industry.code
            # One large firm in five is a company limited by shares.
            shares = mine & rows.above & (rng.random(len(rows)) < 0.2)
            for at, company in ((mine & ~shares, "有限公司"), (shares, "股份有限公司")):
                n = int(at.sum())
                names[at], keys[at] = namer.name(industry.words, n, individual=spec.individual, company=company)
    return names, keys, codes


def _communities(rng: np.random.Generator, plan: Plan, rows: Layout) -> Objects:
    chosen = np.full(len(rows), "", dtype=object)
    for s, street in enumerate(plan.streets):
        at = np.flatnonzero(rows.street == s)
        codes = np.array(plan.communities[street], dtype=object)
        if len(codes):
            chosen[at] = codes[rng.integers(0, len(codes), len(at))]
    return chosen


def _addresses(rng: np.random.Generator, plan: Plan, rows: Layout) -> Objects:
    """Addresses that do not exist: every road and building is called 示例."""
    labels = np.array([v if v.endswith("街道") else f"{v}街道" for v in plan.streets.values()], dtype=object)[
        rows.street
    ]
    road = rng.integers(1, 60, len(rows)).astype(str).astype(object)
    number = rng.integers(1, 900, len(rows)).astype(str).astype(object)
    room = (rng.integers(1, 25, len(rows)) * 100 + rng.integers(1, 20, len(rows))).astype(str).astype(object)
    plain = "示例" + road + "号路" + number + "号"
    tower = "示例" + (rows.building + 1).astype(str).astype(object) + "号楼" + room + "室"
    return labels + np.where(rows.building >= 0, tower, plain)


def _money(values: npt.NDArray[np.int64]) -> list[str]:
    return [f'"{v}.00"' for v in values.tolist()]


def _decimal(values: npt.NDArray[np.float64], places: int) -> list[str]:
    return [f'"{v:.{places}f}"' for v in values.tolist()]


def _whole(values: npt.NDArray[np.int64]) -> list[str]:
    return [str(v) for v in values.tolist()]


def _text(values: npt.NDArray[np.str_]) -> list[str]:
    return [f'"{v}"' for v in values.tolist()]


def _facts(p: Population) -> list[FactBlock]:
    rng = np.random.Generator(np.random.PCG64([p.plan.seed, 1]))
    rows, a, f = p.layout, p.accounts, p.flags
    n = len(rows)
    firm = ~rows.individual
    blocks: list[FactBlock] = []

    def add(
        key: str, period: str, where: Bools, values: npt.NDArray[np.generic], write: Callable[..., list[str]]
    ) -> None:
        at = np.flatnonzero(where)
        if len(at):
            blocks.append(FactBlock(key, period, at, write(values[at])))

    # Small firms that have not reported; stalls taxed at a fixed sum often have no revenue on record.
    silent = (rng.random(n) < np.where(rows.individual, 0.25, p.plan.missing_share)) & ~rows.above
    for y, period in enumerate(("2021", "2022")):
        told = (a.revenue[y] > 0) & ~silent
        accounts = told & (firm | (y == 1))
        add("employees", period, accounts, a.employees[y], _whole)
        add("revenue", period, accounts, a.revenue[y], _money)
        add("tax_paid", period, told & firm, a.tax[y], _money)
        add("output", period, a.output[y] > 0, a.output[y], _money)
        research = told & firm & (f.rd_share[y] > 0)
        spent = np.round(a.revenue[y] * f.rd_share[y] / 100).astype(np.int64)
        add("rd_expense", period, research, spent, _money)
        add("rd_share", period, research, f.rd_share[y], lambda v: _decimal(v, 2))
        sold = np.round(a.revenue[y] * f.export_share, -2).astype(np.int64)
        add("export_value", period, told & (sold > 0), sold, _money)
    add("assets", "2022", (a.revenue[1] > 0) & firm & ~silent, a.assets, _money)
    add("land_mu", "2022", a.land_mu > 0, a.land_mu, lambda v: _decimal(v, 1))
    yes_no = np.array(["false", "true"])
    for key, flag in (("above_scale", rows.above), ("high_tech", f.high_tech), ("tech_sme", f.tech_sme)):
        add(key, "2022", firm, yes_no[flag.astype(int)], lambda v: v.tolist())
    tiered = f.high_tech | f.tech_sme | (rows.above & rows.industrial)
    add("srdi_tier", "2022", tiered, np.where(f.srdi_tier == "", "none", f.srdi_tier), _text)
    for key, flag in (
        ("chick_eagle", f.chick_eagle),
        ("fortune500_invested", f.fortune500),
        ("iiot_platform", f.iiot_platform),
    ):
        add(key, "", flag, yes_no[flag.astype(int)], lambda v: v.tolist())
    for g, spec in enumerate(p.plan.groups):
        if spec.flag:
            mine = rows.group == g
            add(spec.flag, "", mine, yes_no[mine.astype(int)], lambda v: v.tolist())
    add("smart_factory", "", f.smart_factory != "", f.smart_factory, _text)
    add("listing_status", "", f.listing_status != "", f.listing_status, _text)
    add("patents", "", f.high_tech | f.tech_sme, f.patents, _whole)
    add("building", "", rows.building >= 0, rows.building + 1, lambda v: [f'"示例{b}号楼"' for b in v.tolist()])
    return blocks
