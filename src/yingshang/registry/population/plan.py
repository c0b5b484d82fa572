"""What to generate: ``population.toml`` of the district and the national industry table, read, checked, scaled."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from yingshang.districts import BadDistrict, District
from yingshang.districts.problems import Problem, Table, read

FILE = "population.toml"
INDUSTRIES = Path(__file__).with_name("industries.toml")
#: Sections B, C, D of GB/T 4754: industry in the statistical sense, which has an output value.
INDUSTRIAL = frozenset("BCD")
#: The size that the numbers of ``population.toml`` are written for.
FLAG_KEYS = (
    "foreign_invested",
    "fortune500",
    "high_tech",
    "tech_sme",
    "chick_eagle",
    "srdi_province",
    "little_giant",
    "future_factory",
    "smart_factory",
    "iiot_platform",
)


@dataclass(frozen=True)
class Industry:
    """A GB/T 4754-2017 class (section letter and four digits) and the words firms of it have in their names."""

    code: str
    name: str
    weight: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Firms generated alike. Money is in 亿 yuan, ``per_head`` and ``median`` in 万 yuan a year."""

    id: str
    individual: bool
    leading: str
    flag: str
    count: int
    industrial_above: int
    service_above: int
    above_platform: str
    output: int
    revenue: int
    revenue_year: int
    per_head: int
    median: int
    industries: tuple[Industry, ...]


@dataclass(frozen=True)
class Platform:
    code: str
    streets: Mapping[str, int]
    groups: Mapping[str, int]


@dataclass(frozen=True)
class Plan:
    """A population to generate; all counts are already scaled to ``count``, sums in yuan scale by ``scale``."""

    count: int
    scale: float
    seed: int
    division: str
    since: date
    individual_since: date
    as_of: date
    missing_share: float
    enterprises: int
    individuals: int
    before_2019: int
    streets: Mapping[str, str]
    """Street code → the label that addresses use (下沙街道)."""
    street_enterprises: Mapping[str, int]
    street_individuals: Mapping[str, int]
    communities: Mapping[str, tuple[str, ...]]
    platforms: tuple[Platform, ...]
    groups: tuple[Group, ...]
    flags: Mapping[str, int]
    flags_in: Mapping[str, Mapping[str, int]]
    pharma: Mapping[str, Any]
    buildings: Mapping[str, Any]


def share(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Split ``total`` by weight into whole numbers that sum to it (largest remainder)."""
    whole = sum(weights.values())
    parts = {k: total * w // whole for k, w in weights.items()}
    by_remainder = sorted(weights, key=lambda k: (-(total * weights[k] % whole), k))
    for k in by_remainder[: total - sum(parts.values())]:
        parts[k] += 1
    return parts


def load(district: District, *, count: int | None = None, seed: int | None = None) -> Plan:
    """Read the district's ``population.toml``, scaled to ``count`` businesses.

    Raises:
        BadDistrict: with every problem found in the file.
        ValueError: ``count`` is too small to hold the structure (below 500).
    """
    problems: list[Problem] = []
    t = read(district.folder, FILE, problems)
    if problems:
        raise BadDistrict(district.folder, problems)
    whole = t.number("count", minimum=1)
    wanted = whole if count is None else count
    if wanted < 500:
        raise ValueError(f"至少 500 户才能保持区的结构,现为 {wanted} / at least 500 businesses")
    scale = wanted / max(whole, 1)
    entities = t.table("entities")
    kinds = share(wanted, {k: entities.number(k, minimum=1) for k in ("enterprise", "individual")})
    streets = {u.code: u.short_name or u.name for u in district.units if u.kind == "street"}
    by_street = t.table("streets")
    plan = Plan(
        count=wanted,
        scale=scale,
        seed=t.number("seed") if seed is None else seed,
        division=district.division,
        since=_date(t, "since"),
        individual_since=_date(t, "individual_since"),
        as_of=_date(t, "as_of"),
        missing_share=float(t.data.get("missing_share", 0)),
        enterprises=kinds["enterprise"],
        individuals=kinds["individual"],
        before_2019=round(entities.number("before_2019") * scale),
        streets=streets,
        street_enterprises=_counts(by_street.table("enterprise"), streets, kinds["enterprise"]),
        street_individuals=_counts(by_street.table("individual"), streets, kinds["individual"]),
        communities={
            s: tuple(u.code for u in district.units if u.kind == "community" and u.parent == s) for s in streets
        },
        platforms=tuple(_platform(p, district, scale) for p in t.tables("platforms")),
        groups=_groups(t, kinds, scale),
        flags={k: _scaled(t.table("flags").number(k, 0), scale) for k in FLAG_KEYS},
        flags_in={
            s: {k: _scaled(n, scale) for k, n in t.table("flags_in").table(s).data.items()}
            for s in t.table("flags_in").data
        },
        pharma=dict(t.table("pharma_port").data),
        buildings=dict(t.table("buildings").data),
    )
    _check(t, plan, district)
    if problems:
        raise BadDistrict(district.folder, problems)
    return plan


def _date(t: Table, key: str) -> date:
    value = t.data.get(key)
    if isinstance(value, date):
        return value
    t.note(key, "应为日期,如 2023-04-18(不加引号)", "must be a date such as 2023-04-18 (no quotes)")
    return date(2023, 1, 1)


def _scaled(n: int, scale: float) -> int:
    """Scale a number; what is there in the whole district stays there, once, in the smallest sample."""
    return max(1, round(n * scale)) if n else 0


def _counts(t: Table, streets: Mapping[str, str], total: int) -> dict[str, int]:
    for code in t.data:
        if code not in streets:
            t.note(code, "units.toml 里没有这个街道", "units.toml has no such street")
    weights = {code: t.number(code, 0) for code in streets}
    if not sum(weights.values()):
        t.note("", "至少一个街道要有户数", "at least one street needs a number")
        weights = dict.fromkeys(streets, 1)
    return share(total, weights)


def _platform(t: Table, district: District, scale: float) -> Platform:
    code = t.text("code")
    streets = {c: t.table("streets").number(c) for c in t.table("streets").data}
    for c in (code, *streets):
        if c not in district.by_code:
            t.note("code", f"units.toml 里没有单位 {c}", f"units.toml has no unit {c}")
    groups = {g: round(t.table("groups").number(g) * scale) for g in t.table("groups").data}
    return Platform(code, streets, groups)


def industries() -> dict[str, tuple[Industry, ...]]:
    """The national table by group."""
    data = tomllib.loads(INDUSTRIES.read_text("utf-8"))
    return {
        g["group"]: tuple(Industry(r["code"], r["name"], r["weight"], tuple(r["words"])) for r in g["rows"])
        for g in data["industries"]
    }


def _groups(t: Table, kinds: Mapping[str, int], scale: float) -> tuple[Group, ...]:
    table = industries()
    groups: list[Group] = []
    rest: dict[bool, int] = {}
    for g in t.tables("groups"):
        name = g.text("id")
        individual = g.text("kind", "enterprise") == "individual"
        if name not in table:
            known = "、".join(table)
            g.note("id", f"industries.toml 里没有组 {name};现有:{known}", f"industries.toml has no group {name}")
        if g.data.get("rest"):
            rest[individual] = len(groups)
        groups.append(
            Group(
                id=name,
                individual=individual,
                leading=g.text("leading", ""),
                flag=g.text("flag", ""),
                count=round(g.number("count", 0) * scale),
                industrial_above=_scaled(g.number("industrial_above", 0), scale),
                service_above=_scaled(g.number("service_above", 0), scale),
                above_platform=g.text("above_platform", ""),
                output=g.number("output", 0),
                revenue=g.number("revenue", 0),
                revenue_year=g.number("revenue_year", 2022),
                per_head=g.number("per_head", minimum=1),
                median=g.number("median", minimum=1),
                industries=table.get(name, ()),
            )
        )
    for individual, kind in ((False, "enterprise"), (True, "individual")):
        if individual not in rest:
            t.note("groups", f"{kind} 须有一组写 rest = true 以补足总数", f"one {kind} group needs rest = true")
            continue
        at = rest[individual]
        taken = sum(g.count for n, g in enumerate(groups) if g.individual == individual and n != at)
        if taken > kinds[kind]:
            t.note("groups", f"各组合计 {taken} 超过 {kind} 总数 {kinds[kind]}", f"{kind} groups exceed {kinds[kind]}")
        groups[at] = replace(groups[at], count=max(0, kinds[kind] - taken))
    return tuple(groups)


def _check(t: Table, plan: Plan, district: District) -> None:
    """Notes what would make the generator fail or cheat: more firms on platforms or above scale than there are."""
    leading = {i.code for i in district.industries}
    known = {g.id for g in plan.groups}
    placed: dict[str, int] = {}
    for p in plan.platforms:
        for g, n in p.groups.items():
            placed[g] = placed.get(g, 0) + n
            if g not in known:
                t.note(f"platforms[{p.code}].groups", f"没有组 {g}", f"no group {g}")
    for group in plan.groups:
        where = f"groups[{group.id}]"
        if group.leading and group.leading not in leading:
            t.note(f"{where}.leading", f"district.toml 没有主导产业 {group.leading}", "is no industry of district.toml")
        if placed.get(group.id, 0) > group.count:
            t.note(where, f"入驻平台 {placed[group.id]} 户,超过全组 {group.count} 户", "has more firms on platforms")
        if group.industrial_above + group.service_above > max(group.count, 1):
            t.note(where, "规模以上户数超过全组户数", "has more firms above scale than firms")
    for street in plan.flags_in:
        if street not in plan.streets:
            t.note(f"flags_in.{street}", "units.toml 里没有这个街道", "units.toml has no such street")
