"""The named records of a district: firms that its source tells of, and the sample firms of the demo sign-ins.

Read from ``named.toml``. A named record carries only what the source tells, plus what a register entry cannot do
without; that part is listed in its ``assumed`` fact.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db import transaction

from yingshang.accounts.models import Unit
from yingshang.districts import BadDistrict, District, Problem
from yingshang.registry.models import Business, Fact
from yingshang.registry.names import name_key
from yingshang.registry.population.codes import synthetic

FILE = "named.toml"
#: ``Fact.source`` of everything made up here.
SYNTHETIC = "合成"


@dataclass(frozen=True)
class Named:
    """One named record as its folder tells it; units are codes, ``told`` is "" for a pure sample."""

    key: str
    uscc: str
    name: str
    name_en: str
    kind: str
    industry_code: str
    leading_industry: str
    street: str
    platform: str
    founded: date
    foreign_invested: bool
    told: str
    assumed: tuple[str, ...]
    facts: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class NamedRecords:
    records: tuple[Named, ...]
    reserved: tuple[str, ...]
    """Trade names that no generated name may contain."""

    def __getitem__(self, key: str) -> Named:
        for record in self.records:
            if record.key == key:
                return record
        raise KeyError(key)


def read(district: District) -> NamedRecords:
    """Read ``named.toml`` of the district; a district without one has no named records.

    Raises:
        BadDistrict: a record lacks a value or names a unit that does not exist.
    """
    path = district.folder / FILE
    if not path.exists():
        return NamedRecords((), ())
    data = tomllib.loads(path.read_text("utf-8"))
    problems: list[Problem] = []
    records: list[Named] = []
    for n, row in enumerate(data.get("business", [])):
        where = f"business[{row.get('key', n + 1)}]"
        missing = [k for k in ("key", "name", "industry_code", "street", "founded") if not row.get(k)]
        if missing:
            listed = "、".join(missing)
            problems.append(Problem(FILE, where, f"缺少 {listed},请补上", f"lacks {', '.join(missing)}; add them"))
            continue
        for k in ("street", "platform"):
            if row.get(k) and row[k] not in district.by_code:
                text = f"units.toml 里没有单位 {row[k]}", f"units.toml has no unit {row[k]}"
                problems.append(Problem(FILE, f"{where}.{k}", *text))
        if not row.get("told") and "示例" not in row["name"]:
            text = "没有出处(told)的名称须写明“示例”", "without told the name must contain 示例"
            problems.append(Problem(FILE, f"{where}.told", *text))
        kind = row.get("kind", "enterprise")
        code = synthetic(np.array([n]), np.array([kind == "individual"]), district.division, series="YD")[0]
        records.append(
            Named(
                key=row["key"],
                uscc=str(code),
                name=row["name"],
                name_en=row.get("name_en", ""),
                kind=kind,
                industry_code=row["industry_code"],
                leading_industry=row.get("leading_industry", ""),
                street=row["street"],
                platform=row.get("platform", ""),
                founded=row["founded"],
                foreign_invested=row.get("foreign_invested", False),
                told=row.get("told", ""),
                assumed=tuple(row.get("assumed", ())),
                facts=tuple(row.get("facts", ())),
            )
        )
    if problems:
        raise BadDistrict(district.folder, problems)
    return NamedRecords(tuple(records), tuple(data.get("reserved", ())))


@transaction.atomic
def install(district: District) -> dict[str, Business]:
    """Put the district's named records into the register where they are missing; return all of them by key."""
    named = read(district)
    codes = [r.uscc for r in named.records]
    held = {b.uscc: b for b in Business.objects.filter(uscc__in=codes)}
    units = {u.code: u for u in Unit.objects.filter(kind__in=[Unit.Kind.STREET, Unit.Kind.PLATFORM])}
    fresh = [r for r in named.records if r.uscc not in held]
    made = Business.objects.bulk_create(
        [
            Business(
                uscc=r.uscc,
                name=r.name,
                name_en=r.name_en,
                name_key=name_key(r.name),
                kind=r.kind,
                industry_code=r.industry_code,
                leading_industry=r.leading_industry,
                street=units[r.street],
                platform=units[r.platform] if r.platform else None,
                founded=r.founded,
                foreign_invested=r.foreign_invested,
                synthetic=True,
            )
            for r in fresh
        ]
    )
    facts = []
    for record, business in zip(fresh, made, strict=True):
        held[business.uscc] = business
        rows = [dict(f) for f in record.facts]
        rows.append({"key": "told", "value": record.told, "source": SYNTHETIC})
        rows.append({"key": "assumed", "value": list(record.assumed), "source": SYNTHETIC})
        facts += [
            Fact(
                business=business,
                key=f["key"],
                period=f.get("period", ""),
                value=json.loads(json.dumps(f["value"])),
                source=f["source"],
            )
            for f in rows
        ]
    Fact.objects.bulk_create(facts)
    return {r.key: held[r.uscc] for r in named.records}
