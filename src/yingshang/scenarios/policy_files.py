"""``policies.toml``: policies, their clauses, how clauses go together, and budgets that the source states.

A folder may hold clauses of a policy that another folder holds; a clause is named ``policy/clause`` everywhere else.
Texts and quotes are the source's own words. What the source does not tell is left out, and the pages say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from yingshang.cases.catalog import Text
from yingshang.scenarios.toml import Table

FILE = "policies.toml"
NOTHING = Text("", "")


@dataclass(frozen=True)
class PolicySpec:
    """A policy document; ``None`` and empty texts are what the source does not tell."""

    code: str
    title: Text
    issuer: Text
    issuer_unit: str
    doc_number: str
    issued: date | None
    valid_from: date | None
    valid_until: date | None
    source: str
    text: str


@dataclass(frozen=True)
class ClauseSpec:
    """One clause.

    Attributes:
        missing: what the source does not tell of it.
        rule: stem of the ``.dmn`` beside the file, "" for none.
        valid_from, valid_note: when the rule begins to hold, and where that day comes from.
        owner, finance: codes of units.
    """

    policy: str
    code: str
    order: int
    title: Text
    summary: Text
    quote: str
    grade: str
    missing: Text
    source: str
    catalogue: str
    kind: str
    subject: str
    rule: str
    valid_from: date | None
    valid_note: str
    owner: str
    finance: str
    money: str
    period: str
    notice_days: int | None
    route: Text
    ask: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def ref(self) -> str:
        return f"{self.policy}/{self.code}"


@dataclass(frozen=True)
class CombinationSpec:
    """How clauses go together, by their names ``policy/clause``."""

    code: str
    kind: str
    clauses: tuple[str, ...]
    amount: Decimal | None
    period: str
    per: str
    source: str


@dataclass(frozen=True)
class BudgetSpec:
    """What a policy may spend in a year, in yuan, where the source states it."""

    policy: str
    year: int
    amount: Decimal
    source: str


@dataclass(frozen=True)
class PolicyFile:
    """All that one folder's ``policies.toml`` says."""

    folder: Path
    policies: tuple[PolicySpec, ...] = ()
    clauses: tuple[ClauseSpec, ...] = ()
    combinations: tuple[CombinationSpec, ...] = ()
    budgets: tuple[BudgetSpec, ...] = ()

    def document(self, clause: ClauseSpec) -> str:
        """The DMN document of a clause's rule."""
        return (self.folder / f"{clause.rule}.dmn").read_text(encoding="utf-8")


def read(folder: Path) -> PolicyFile:
    """Read a folder's file; an empty one where there is none.

    Raises:
        BadScenario: a key is missing or of the wrong kind.
    """
    path = folder / FILE
    if not path.exists():
        return PolicyFile(folder)
    table = Table.read(path)
    return PolicyFile(
        folder,
        tuple(_policy(t) for t in table.each("policies")),
        tuple(_clause(t, n) for n, t in enumerate(table.each("clauses"), 1)),
        tuple(_combination(t) for t in table.each("combinations")),
        tuple(_budget(t) for t in table.each("budgets")),
    )


def every(root: Path) -> Iterator[PolicyFile]:
    """The files of all folders below ``root`` that have one, by folder."""
    for path in sorted(root.glob(f"*/{FILE}")):
        yield read(path.parent)


def _policy(t: Table) -> PolicySpec:
    return PolicySpec(
        code=t["code"],
        title=t.text("title"),
        issuer=_text(t, "issuer"),
        issuer_unit=t.get("issuer_unit", ""),
        doc_number=t.get("doc_number", ""),
        issued=_day(t, "issued"),
        valid_from=_day(t, "valid_from"),
        valid_until=_day(t, "valid_until"),
        source=t["source"],
        text=t["text"],
    )


def _clause(t: Table, order: int) -> ClauseSpec:
    return ClauseSpec(
        policy=t["policy"],
        code=t["code"],
        order=order,
        title=t.text("title"),
        summary=t.text("summary"),
        quote=t["quote"],
        grade=t["grade"],
        missing=_text(t, "missing"),
        source=t["source"],
        catalogue=t["catalogue"],
        kind=t["kind"],
        subject=t.get("subject", "business"),
        rule=t.get("rule", ""),
        valid_from=_day(t, "valid_from"),
        valid_note=t.get("valid_note", ""),
        owner=t["owner"],
        finance=t.get("finance", ""),
        money=t.get("money", "none"),
        period=t.get("period", "none"),
        notice_days=t.get("notice_days"),
        route=t.text("route"),
        ask=tuple(t.get("ask", [])),
        words=tuple(t["words"]),
    )


def _combination(t: Table) -> CombinationSpec:
    amount = t.get("amount")
    return CombinationSpec(
        code=t["code"],
        kind=t["kind"],
        clauses=tuple(t["clauses"]),
        amount=None if amount is None else Decimal(str(amount)),
        period=t.get("period", "yearly"),
        per=t.get("per", "business"),
        source=t["source"],
    )


def _budget(t: Table) -> BudgetSpec:
    return BudgetSpec(policy=t["policy"], year=t["year"], amount=Decimal(str(t["amount"])), source=t["source"])


def _text(t: Table, key: str) -> Text:
    return t.text(key) if key in t else NOTHING


def _day(t: Table, key: str) -> date | None:
    day = t.get(key)
    if day is not None and type(day) is not date:
        raise t.bad(key, "应是日期,如 2022-10-15", "must be a date, e.g. 2022-10-15")
    return day
