"""What the district knows of a business, with its sources, and what it does not; telling and correcting a fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from yingshang.accounts.models import localized
from yingshang.policies.verdicts import Verdict
from yingshang.registry.models import Business
from yingshang.rules import engines
from yingshang.rules.known import Known
from yingshang.rules.vocabulary import Entry, vocabulary
from yingshang.web.views.portal_policies import rows, words


@dataclass(frozen=True)
class FactRow:
    """One fact that some clause in force reads.

    Attributes:
        url: where it is told or corrected; "" where it is computed from others.
        clauses: titles of the clauses that wait for it; of a known fact, of those that read it.
        outdated: that it is of an earlier year than the last full one; "" where it is not.
    """

    name: str
    label: str
    url: str
    held: bool
    value: str = ""
    period: str = ""
    source: str = ""
    recorded_at: datetime | None = None
    help: str = ""
    clauses: tuple[str, ...] = ()
    outdated: str = ""

    @property
    def clause_names(self) -> str:
        return "、".join(self.clauses)


def row_of(name: str, held: Known | None, firm: Business, many: bool, clauses: Sequence[str] = ()) -> FactRow:
    """One fact as a row."""
    entry = vocabulary().get(name)
    label = localized(entry.name, entry.name_en) if entry else name
    url = rows.fact_address(name, firm, many) if entry is not None and entry.computed is None else ""
    help_ = localized(entry.ask.help, entry.ask.help_en) if entry else ""
    if held is None:
        return FactRow(name, label, url, False, help=help_, clauses=tuple(clauses))
    return FactRow(
        name,
        label,
        url,
        True,
        words.value(held.value, entry.unit if entry else ""),
        held.period,
        words.source(held.source),
        held.recorded_at,
        help_,
        tuple(clauses),
        words.outdated(name, held.period),
    )


def unknown_of(verdicts: Iterable[Verdict], firm: Business, many: bool = False) -> list[FactRow]:
    """Facts that are not known and matter to some clause, those that most clauses wait for first."""
    waiting: dict[str, list[str]] = {}
    for verdict in verdicts:
        for name in verdict.missing:
            entry = vocabulary().get(name)
            if entry is None or entry.subject == "business":
                waiting.setdefault(name, []).append(str(verdict.clause))
    ranked = sorted(waiting.items(), key=lambda item: -len(item[1]))
    return [row_of(name, None, firm, many, clauses) for name, clauses in ranked]


def known_of(verdicts: Iterable[Verdict], firm: Business, many: bool = False) -> list[FactRow]:
    """Facts that are held and that some clause in force reads, in the vocabulary's order."""
    held: dict[str, Known] = {}
    reading: dict[str, list[str]] = {}
    for verdict in verdicts:
        for name, fact in verdict.facts.items():
            held[name] = fact
            reading.setdefault(name, []).append(str(verdict.clause))
    order = {name: i for i, name in enumerate(vocabulary())}
    names = sorted(held, key=lambda n: order.get(n, len(order)))
    return [row_of(name, held[name], firm, many, reading[name]) for name in names]


def read_by(verdict: Verdict) -> Mapping[str, Entry]:
    """The facts that a clause's rule reads."""
    if verdict.version is None:
        return {}
    known = vocabulary()
    return {n: known[n] for n in engines.engine(verdict.version).inputs if n in known}
