"""The vocabulary: which names a rule may use for its input data, and where each value comes from.

It is data of the district (``districts/<district>/facts.toml``), read and checked once a process. What is known of one
business is told by :mod:`yingshang.rules.known`, what is known of all by :mod:`yingshang.rules.snapshot`; both read the
entries here and convert values by the same rules (:func:`converted`), so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from yingshang import districts
from yingshang.districts.problems import BadDistrict, Problem, Table, read
from yingshang.rules.periods import PERIODS

FILE = "facts.toml"
TYPES = ("number", "string", "boolean", "date")
#: Columns of the register that a fact may be, by the name behind ``business.``.
COLUMNS = (
    "industry_code", "kind", "status", "street", "platform", "founded", "age", "capital", "foreign_invested",
    "leading_industry",
)  # fmt: skip
#: Digits behind the point of values in each unit; more are refused, for they would have to be rounded.
SCALES = {"元": 2, "万元": 6, "人": 0, "件": 0, "年": 0, "": 4}
#: Digits where a unit is not named above.
SCALE = 4
_DIGITS = 18


@dataclass(frozen=True)
class Ask:
    """How an enterprise is asked for a fact."""

    label: str
    label_en: str
    help: str = ""
    help_en: str = ""


@dataclass(frozen=True)
class Entry:
    """One name of the vocabulary.

    Attributes:
        name: as the input data of a DMN model is called.
        key: of the fact; ``business.<column>``; or ``computed:<model>/<decision>``.
        period: a key of :data:`yingshang.rules.periods.PERIODS`.
        type: of FEEL: number, string, boolean, date.
        unit: of a number, "" for none; the value is in this unit.
        subject: business or person.
        source_unit: code of the unit that corrects the value; "" where the enterprise tells it.
        absent: value where nothing is recorded, for registers that are complete; None for "not known".
        values: words for the codes that are recorded.
        held: whether the district holds it; else the enterprise is asked.
        units: for a computed entry, the units its model takes other than those of the vocabulary, by input.
    """

    name: str
    name_en: str
    key: str
    period: str
    type: str
    unit: str
    subject: str
    source_unit: str
    absent: Any
    held: bool
    synonyms: tuple[str, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    ask: Ask = field(default=Ask("", ""))

    @property
    def column(self) -> str:
        """The register's column, "" where it is none."""
        return self.key.removeprefix("business.") if self.key.startswith("business.") else ""

    @property
    def computed(self) -> tuple[str, str] | None:
        """Model and decision that it is computed by."""
        if not self.key.startswith("computed:"):
            return None
        model, _, decision = self.key.removeprefix("computed:").partition("/")
        return model, decision

    @property
    def scale(self) -> int:
        """Digits behind the point, of a number."""
        return SCALES.get(self.unit, SCALE)


class Vocabulary(Mapping[str, Entry]):
    """The entries by name."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def keys_of_facts(self) -> list[str]:
        """Keys of recorded facts that some entry reads."""
        plain = {e.key for e in self.values() if not e.column and e.computed is None}
        return sorted(plain)

    def search(self, words: str) -> list[Entry]:
        """Entries whose name, English name or synonyms contain the words."""
        wanted = words.strip().casefold()
        return [e for e in self.values() if any(wanted in t.casefold() for t in (e.name, e.name_en, *e.synonyms))]


@cache
def vocabulary(district: str = "") -> Vocabulary:
    """The vocabulary of a district, by default the one that is installed.

    Raises:
        BadDistrict: with everything that is wrong with ``facts.toml``.
    """
    return load(Path(districts.__file__).parent / (district or settings.DISTRICT))


def load(folder: Path) -> Vocabulary:
    """Read and check ``facts.toml`` of a district folder.

    Raises:
        BadDistrict: with everything that is wrong, and how to mend it.
    """
    problems: list[Problem] = []
    entries: dict[str, Entry] = {}
    for table in read(folder, FILE, problems).tables("facts"):
        entry = _entry(table)
        if entry.name in entries:
            table.note("name", f"“{entry.name}”重复,请改名或删去一个", f"{entry.name} is there twice")
        entries[entry.name] = entry
    if problems:
        raise BadDistrict(folder, problems)
    return Vocabulary(entries)


def _one_of(table: Table, key: str, known: tuple[str, ...], default: str | None = None) -> str:
    value = table.text(key, default)
    if value and value not in known:
        table.note(key, f"“{value}”应为 {'、'.join(known)} 之一", f"must be one of {', '.join(known)}")
    return value


def _entry(t: Table) -> Entry:
    name = t.text("name", limit=40)
    key = t.text("key", limit=120)
    if key.startswith("business.") and key.removeprefix("business.") not in COLUMNS:
        t.note("key", f"登记表没有 {key};可用:{'、'.join(COLUMNS)}", f"no such column; there are: {', '.join(COLUMNS)}")
    if key.startswith("computed:") and "/" not in key:
        t.note("key", "应写作 computed:模型/决策", "must be computed:model/decision")
    kind = _one_of(t, "type", TYPES)
    ask = t.table("ask")
    absent = t.data.get("absent")
    if absent is not None and not isinstance(absent, {"boolean": bool, "string": str, "number": int}.get(kind, bool)):
        t.note("absent", f"应为 {kind} 的值,现为 {absent!r}", f"must be a {kind}")
    name_en = t.text("name_en", limit=120)
    return Entry(
        name=name,
        name_en=name_en,
        key=key,
        period=_one_of(t, "period", tuple(PERIODS), "none"),
        type=kind,
        unit=t.text("unit", "", limit=12),
        subject=_one_of(t, "subject", ("business", "person"), "business"),
        source_unit=t.text("source_unit", "", limit=64),
        absent=absent,
        held=bool(t.data.get("held", True)),
        synonyms=t.texts("synonyms"),
        values={k: t.table("values").text(k) for k in t.table("values").data},
        units={k: t.table("units").text(k) for k in t.table("units").data},
        ask=Ask(ask.text("label", name), ask.text("label_en", name_en), ask.text("help", ""), ask.text("help_en", "")),
    )


def converted(entry: Entry, value: Any) -> Any:
    """A recorded value as a rule has it: Decimal, str, bool or date; None where it is no value of the entry's type.

    Nothing is rounded: a number with more digits than its unit has is no value, and is not known.
    """
    if value is None:
        return None
    if entry.type == "number":
        return _number(entry, value)
    if entry.type == "boolean":
        return value if isinstance(value, bool) else None
    if entry.type == "date":
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
        except ValueError:
            return None
    return entry.values.get(value, value) if isinstance(value, str) else None


def _number(entry: Entry, value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        # JSON has one kind of number; that of a fact is meant as it is written.
        number = Decimal(repr(value) if isinstance(value, float) else value)
        exact = number.quantize(Decimal(1).scaleb(-entry.scale))
    except InvalidOperation:
        return None
    return exact if exact == number and abs(exact) < Decimal(10) ** (_DIGITS - entry.scale) else None
