"""What sample enterprises are told to have reported of themselves, so that policies, simulations and runs show something.

All of it is invented and its source says so; firms that the source names are left out: nothing is attributed to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from yingshang.registry.facts import FactRow, copy_facts
from yingshang.registry.models import Business, Fact

SOURCE = "示例企业自报（合成数据）"
#: The demo's own enterprises, by their key among the named records: facts of the month, of last year, of no period.
EXPORTER, HOLDER, SHOP = "sample_factory", "sample_pharma", "sample_shop"
EXPORTS = {"exports_goods": True, "export_purchases": Decimal("2000000.00")}
CONTRACTS = {"mah_added_amount": Decimal("36000000.00")}
HOLDS = {"mah_holder": True, "mah_entrusts_local": True, "mah_related": False, "mah_taxed_local": True}
#: What is on record of every firm, so that a clause written in the demonstration can be tried on the demo's own ones;
#: of the same year as the sample population's.
YEAR = "2022"
ORDINARY: dict[str, dict[str, Any]] = {
    EXPORTER: {
        "employees": 320,
        "revenue": Decimal("210000000.00"),
        "assets": Decimal("260000000.00"),
        "output": Decimal("205000000.00"),
        "tax_paid": Decimal("12000000.00"),
        "rd_expense": Decimal("10500000.00"),
        "rd_share": Decimal("5.00"),
        "above_scale": True,
        "high_tech": True,
    },
    HOLDER: {
        "employees": 140,
        "revenue": Decimal("160000000.00"),
        "assets": Decimal("240000000.00"),
        "tax_paid": Decimal("9000000.00"),
        "rd_expense": Decimal("19200000.00"),
        "rd_share": Decimal("12.00"),
        "above_scale": True,
        "high_tech": True,
    },
    SHOP: {"employees": 6, "revenue": Decimal("900000.00"), "tax_paid": Decimal("18000.00")},
}
#: Each month from this one, so that a demo left running over the end of a month still shows it.
MONTHS = 3
#: Other sample firms that reported something: enough to fill charts, too few to take long.
HOLDERS, EXPORTERS = 240, 200


@transaction.atomic
def report(named: dict[str, Business], today: date) -> int:
    """Record them, once; returns how many facts."""
    if Fact.objects.filter(source=SOURCE).exists():
        return 0
    months = [divmod(today.year * 12 + today.month - 1 + n, 12) for n in range(MONTHS)]
    periods = [f"{year}-{month + 1:02}" for year, month in months]
    last_year = f"{today.year - 1}"
    rows = [
        *_rows(named[EXPORTER].pk, EXPORTS, periods),
        *_rows(named[HOLDER].pk, CONTRACTS, [last_year]),
        *_rows(named[HOLDER].pk, HOLDS, [""]),
    ]
    for key, facts in ORDINARY.items():
        rows += _rows(named[key].pk, facts, [YEAR])
    taken = [b.pk for b in named.values()]
    firms = Business.objects.filter(
        synthetic=True, kind=Business.Kind.ENTERPRISE, status=Business.Status.ACTIVE, handlers__isnull=True
    ).exclude(pk__in=taken)
    of_drugs = firms.filter(leading_industry="drug").order_by("uscc").values_list("pk", flat=True)[:HOLDERS]
    makers = firms.filter(industry_code__startswith="C").exclude(leading_industry="drug").order_by("uscc")
    for n, pk in enumerate(of_drugs):
        rows += [*_rows(pk, _holds(n), [""]), *_rows(pk, _contracts(n), [last_year])]
    for n, pk in enumerate(makers.values_list("pk", flat=True)[:EXPORTERS]):
        rows += _rows(pk, _exports(n), periods)
    return copy_facts(rows)


def _rows(business: int, facts: dict[str, Any], periods: list[str]) -> Iterator[FactRow]:
    for key, value in facts.items():
        for period in periods:
            yield FactRow(business, key, period, value, SOURCE)


def _holds(n: int) -> dict[str, Any]:
    """One in four holds no authorisation, some miss a single condition, and every fifth leaves something open."""
    told = {
        "mah_holder": n % 4 != 3,
        "mah_entrusts_local": True,
        "mah_related": n % 9 == 4,
        "mah_taxed_local": n % 11 != 7,
    }
    if n % 5 == 2:
        del told["mah_taxed_local"]
    return told


def _contracts(n: int) -> dict[str, Any]:
    return {"mah_added_amount": Decimal(100_000 * (5 + n * 37 % 90)).quantize(Decimal("0.01"))}


def _exports(n: int) -> dict[str, Any]:
    if n % 10 == 9:
        return {"exports_goods": False}
    return {
        "exports_goods": True,
        "export_purchases": Decimal(10_000 * (5 + n * 53 % 95)).quantize(Decimal("0.01")),
    }
