"""Indicator definitions as the scenarios give them: one SQL each, with target and the published figure to compare with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from yingshang.cases.catalog import Text


@dataclass(frozen=True)
class Published:
    """A figure as printed in the source, with its line; never mixed with ours."""

    value: Decimal | None
    text: str
    source: str


@dataclass(frozen=True)
class Indicator:
    """``sql`` is one SELECT of value[, numerator, denominator] with parameters ``since`` and ``until``."""

    id: str
    scenario: str
    name: Text
    unit: Text
    direction: str
    sql: str
    definition: Text
    target: Decimal | None = None
    published: Published | None = None


@dataclass(frozen=True)
class Value:
    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None


_indicators: dict[str, Indicator] = {}


def register(indicators: Iterable[Indicator]) -> None:
    for indicator in indicators:
        _indicators[f"{indicator.scenario}.{indicator.id}"] = indicator


def get(key: str) -> Indicator:
    return _indicators[key]


def every() -> list[Indicator]:
    return list(_indicators.values())


def measure(indicator: Indicator, since: datetime, until: datetime) -> Value:
    """Measure one indicator for a half-open period; nothing is cached and nothing is rounded."""
    with connection.cursor() as c:
        c.execute(indicator.sql, {"since": since, "until": until})
        row = c.fetchone() or (None,)
    figures = [None if v is None else Decimal(str(v)) for v in row]
    return Value(*figures[:3])
