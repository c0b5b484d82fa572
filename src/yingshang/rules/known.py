"""What is known of one business, by the names of the vocabulary: each value with its source, period and when it was told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from yingshang import decisions, timekeeping
from yingshang.registry.models import Business, Fact
from yingshang.rules import periods
from yingshang.rules.vocabulary import Entry, Vocabulary, converted, vocabulary

#: Where the models of computed entries lie.
MODELS = Path(decisions.__file__).parent / "models"
#: How many of the unit on the left one of the right is.
FACTORS = {("元", "万元"): Decimal(10_000), ("万元", "元"): Decimal("0.0001")}
REGISTER, COMPUTED, UNREGISTERED = "市场主体登记", "按登记数据计算", "未列入登记册"


@dataclass(frozen=True)
class Known:
    """One value.

    Attributes:
        value: Decimal, str, bool or date, in the unit of the vocabulary.
        source: who told it, as the fact has it; of the register, of a computed value, or of a register it is not in.
        period: of the fact; "" for none.
        recorded_at: None for what is no recorded fact.
        fact: id of the recorded fact, None for what is none.
    """

    value: Any
    source: str
    period: str = ""
    recorded_at: datetime | None = None
    fact: int | None = None


def facts_of(business: Business, on: date | None = None) -> dict[str, Known]:
    """What is known of a business on a day, by name; what is not known is left out. One query, two without its street."""
    words = vocabulary()
    rows = Fact.objects.filter(
        business=business, superseded_at__isnull=True, key__in=words.keys_of_facts()
    ).only("key", "period", "value", "source", "recorded_at", "business_id")  # fmt: skip
    return known(words, business, rows, on or timekeeping.now().date())


def values_of(business: Business, on: date | None = None) -> dict[str, Any]:
    """The values alone, as :meth:`yingshang.rules.engines.Engine.outcome` takes them."""
    return {name: k.value for name, k in facts_of(business, on).items()}


def known(words: Vocabulary, business: Business, rows: Iterable[Fact], on: date) -> dict[str, Known]:
    """What a business's row and its current facts come to on a day."""
    held: dict[str, dict[str, Fact]] = {}
    for row in rows:
        held.setdefault(row.key, {})[row.period] = row
    found: dict[str, Known] = {}
    for entry in words.values():
        if entry.subject != "business" or entry.computed is not None:
            continue
        told = _registered(entry, business, on) if entry.column else _recorded(entry, held.get(entry.key, {}), on)
        if told is None and entry.absent is not None:
            told = Known(converted(entry, entry.absent), UNREGISTERED)
        if told is not None:
            found[entry.name] = told
    for entry in words.values():
        if entry.computed is not None and (told := _computed(entry, words, found)) is not None:
            found[entry.name] = told
    return found


def _registered(entry: Entry, business: Business, on: date) -> Known | None:
    if entry.column in ("street", "platform"):
        unit = getattr(business, entry.column)
        value = (unit.short_name or unit.name) if unit is not None else None
    elif entry.column == "age":
        value = periods.full_years(business.founded, on)
    else:
        value = getattr(business, entry.column)
    value = converted(entry, None if value == "" else value)
    return None if value is None else Known(value, REGISTER)


def _recorded(entry: Entry, held: Mapping[str, Fact], on: date) -> Known | None:
    for period in periods.choices(entry.period, on, held):
        fact = held[period]
        value = converted(entry, fact.value)
        if value is not None:
            return Known(value, fact.source, period, fact.recorded_at, fact.pk)
    return None


@cache
def model(name: str) -> decisions.Model:
    """The model of computed entries of that name."""
    return decisions.load(MODELS / f"{name}.dmn")


def factor(entry: Entry, words: Vocabulary, name: str) -> Decimal | None:
    """By what a value of the vocabulary is divided to be in the unit of a computed entry's model; None where it is."""
    wanted = entry.units.get(name)
    return None if wanted is None or wanted == words[name].unit else FACTORS[words[name].unit, wanted]


def _computed(entry: Entry, words: Vocabulary, found: Mapping[str, Known]) -> Known | None:
    assert entry.computed is not None
    name, decision = entry.computed
    inputs: dict[str, Any] = {}
    read = []
    for needed in model(name).inputs:
        told = found.get(needed)
        value = told.value if told else None
        divisor = factor(entry, words, needed)
        inputs[needed] = value if value is None or divisor is None else value / divisor
        if told is not None:
            read.append(told)
    value = converted(entry, model(name).evaluate(decision, inputs))
    if value is None:
        return None
    times = [k.recorded_at for k in read if k.recorded_at is not None]
    return Known(value, COMPUTED, max((k.period for k in read), default=""), max(times, default=None))
