"""Verdicts as a shop owner reads them: one row a clause, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts.models import localized
from yingshang.decisions.errors import DecisionError
from yingshang.decisions.single.near import NearMiss
from yingshang.decisions.values import to_python
from yingshang.policies import ledger
from yingshang.policies import verdicts as v
from yingshang.policies.combining import Reason
from yingshang.policies.models import Claim, Clause
from yingshang.policies.verdicts import Verdict
from yingshang.registry.models import Business
from yingshang.rules import engines
from yingshang.rules.models import RuleVersion
from yingshang.rules.vocabulary import Entry, vocabulary
from yingshang.web.views.portal_policies import words

#: Verdicts under the names that pages use.
_STATES = {
    v.ELIGIBLE: "open",
    v.NEAR: "near",
    v.UNKNOWN: "ask",
    v.NOT_ELIGIBLE: "no",
    v.UNPUBLISHED: "unpublished",
    v.TEXT: "text",
}


@dataclass(frozen=True)
class Asked:
    """A fact that is not known: what it is called, and where it is told."""

    name: str
    label: str
    url: str


@dataclass(frozen=True)
class Row:
    """One clause for one business, as its pages show it.

    Attributes:
        state: open, waiting (qualifies, but there is no budget yet), claimed, near, ask, no, unpublished, text.
        amount: yuan; for ``near`` what it would come to when the smallest change is made; None for no money.
        lacks: what is missing, a sentence each; ``missing``: facts that nobody knows yet.
        confirm: an automatic grant that one press claims; ``apply``, ``fill``: addresses, "" for none.
        staff: it is for people, not for the business itself.
        waits: why nothing can be claimed yet although it could be by the facts, a sentence; "" where that is not so.
    """

    clause: Clause
    state: str
    url: str
    amount: Decimal | None = None
    summary: str = ""
    lacks: tuple[str, ...] = ()
    missing: tuple[Asked, ...] = ()
    reasons: tuple[str, ...] = ()
    claim: Claim | None = None
    version: RuleVersion | None = None
    confirm: bool = False
    apply: str = ""
    fill: str = ""
    kind: str = ""
    staff: bool = False
    waits: str = ""


def entry_of(label: str) -> Entry | None:
    """The vocabulary's entry of a table's column: columns are called after the fact, some with its unit in brackets."""
    known = vocabulary()
    for opening in ("", "（", "("):
        name = label.split(opening)[0].strip() if opening else label.strip()
        if name in known:
            return known[name]
    return None


def name_of(label: str) -> str:
    """A column in the page's language."""
    entry = entry_of(label)
    return localized(entry.name, entry.name_en) if entry else label


def unit_of(label: str) -> str:
    """The unit of a column's values, "" for none."""
    entry = entry_of(label)
    return entry.unit if entry else ""


def address(clause: Clause, page: str = "portal_clause", firm: Business | None = None, many: bool = False) -> str:
    """A page of a clause; for a person with several businesses it says which one is meant."""
    url = reverse(f"web:{page}", args=[clause.policy.code, clause.code])
    return f"{url}?{urlencode({'firm': firm.uscc})}" if firm is not None and many else url


def fact_address(name: str, firm: Business | None = None, many: bool = False) -> str:
    """The page on which a fact is told or corrected."""
    url = reverse("web:portal_fact", args=[name])
    return f"{url}?{urlencode({'firm': firm.uscc})}" if firm is not None and many else url


def row_of(verdict: Verdict, firm: Business, titles: Mapping[str, str], many: bool = False) -> Row:
    """One verdict as a row.

    Args:
        titles: of all clauses by reference (``mah_2022/C01``), for reasons that name another one.
        many: the person acts for several businesses.
    """
    clause = verdict.clause
    row = Row(
        clause,
        _STATES[verdict.state],
        address(clause, firm=firm, many=many),
        verdict.amount,
        localized(clause.summary, clause.summary_en),
        reasons=tuple(t for r in verdict.reasons if (t := reason(r, titles))),
        claim=verdict.claim,
        version=verdict.version,
        kind=str(clause.get_kind_display()) if verdict.state in (v.TEXT, v.UNPUBLISHED) else "",
        staff=clause.subject == Clause.Subject.PERSON,
    )
    if verdict.claim is not None:
        return replace(row, state="claimed", amount=verdict.claim.amount)
    if verdict.state == v.NEAR:
        miss = verdict.near_misses[0]
        if not within_reach(miss):
            return replace(row, state="no", lacks=lacks_of(miss))
        return replace(row, lacks=lacks_of(miss), amount=would_be(verdict, miss))
    if verdict.state == v.NOT_ELIGIBLE:
        return replace(row, lacks=unmet(verdict))
    if verdict.state == v.UNKNOWN:
        missing = tuple(_asked(n, firm, many) for n in verdict.missing)
        row = replace(row, missing=missing, waits=_waits(verdict))
        if not verdict.can_claim and missing:
            return replace(row, fill=missing[0].url)
    if verdict.state == v.ELIGIBLE and (waits := _waits(verdict)):
        return replace(row, state="waiting", waits=waits)
    if verdict.can_claim:
        if clause.kind == Clause.Kind.AUTOMATIC and verdict.state == v.ELIGIBLE:
            return replace(row, confirm=True)
        return replace(row, apply=address(clause, "portal_clause_apply", firm, many))
    return row


def _waits(verdict: Verdict) -> str:
    """In the words in which a claim would be refused."""
    if not verdict.could_claim or verdict.funded:
        return ""
    return ledger.unfunded(verdict.clause.policy, timekeeping.now().date().year)


def _asked(name: str, firm: Business, many: bool) -> Asked:
    return Asked(name, name_of(name), fact_address(name, firm, many))


def within_reach(miss: NearMiss) -> bool:
    """Whether a business could do something about it: nobody is told to move to another street for a bonus."""
    return not any(f.change is None and (e := entry_of(f.label)) is not None and e.column for f in miss.failed)


def lacks_of(miss: NearMiss) -> tuple[str, ...]:
    """The conditions of a near miss that are not met, each with the smallest change."""
    return tuple(words.lack(f, name_of(f.label), unit_of(f.label)) for f in miss.failed)


def unmet(verdict: Verdict) -> tuple[str, ...]:
    """The conditions that are certainly not met."""
    return tuple(
        _("%(n)s现在为“%(v)s”,要求“%(t)s”")
        % {
            "n": name_of(c.label),
            "v": words.value(number(c.value, c.label), unit_of(c.label)),
            "t": words.asked(c.test, unit_of(c.label)),
        }
        for c in verdict.conditions
        if c.met is False
    )


def number(held: Any, label: str) -> Any:
    """A condition's value, which is plain JSON, as a number where its fact is one."""
    entry = entry_of(label)
    return Decimal(held) if entry is not None and entry.type == "number" and isinstance(held, str) else held


def would_be(verdict: Verdict, miss: NearMiss) -> Decimal | None:
    """What the clause would give if the smallest change of a near miss were made (yuan); None where that is not known."""
    failed = miss.failed[0]
    entry = entry_of(failed.label)
    if verdict.version is None or entry is None:
        return None
    target = failed.change.target if failed.change is not None and not failed.change.beyond else None
    if target is None:
        target = failed.accepted[0] if len(failed.accepted) == 1 else None
    if target is None:
        return None
    facts = {n: f.value for n, f in verdict.facts.items()} | {entry.name: to_python(target)}
    try:
        return engines.engine(verdict.version).outcome(facts).amount
    except DecisionError:
        return None


def reason(r: Reason, titles: Mapping[str, str]) -> str:
    """Why a clause gives something else than its rule, on account of another clause or a cap; "" for no change."""
    other = _("、").join(titles.get(ref, ref) for ref in r.other.split("、")) if r.other else ""
    if r.kind == "exclusive":
        return _("与“%(o)s”只能享受一项,取金额高的。") % {"o": other}
    if r.kind == "priority":
        return _("与“%(o)s”按顺序只取一项。") % {"o": other}
    if r.kind == "stackable":
        return _("可以与“%(o)s”同时享受。") % {"o": other}
    if r.limit is not None and r.before is not None:
        return _("按规则是 %(b)s,合计封顶 %(l)s。") % {"b": words.money(r.before), "l": words.money(r.limit)}
    return ""


def rows_of(verdicts: Sequence[Verdict], firm: Business, many: bool = False) -> list[Row]:
    """All verdicts of a business as rows, in the order of the policies."""
    titles = {one.clause.ref: str(one.clause) for one in verdicts}
    return [row_of(one, firm, titles, many) for one in verdicts]


def grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by what they mean to the business; largest sums first where there are sums.

    Keys: ``open`` (can be had now), ``waiting`` (once there is a budget),
    ``near``, ``ask`` (unknown), ``staff`` (for its people), ``texts``, ``no``, ``claimed``.
    """
    names = ("open", "waiting", "near", "ask", "staff", "texts", "no", "claimed")
    groups: dict[str, list[Row]] = {k: [] for k in names}
    for row in rows:
        if row.state in ("text", "unpublished"):
            groups["texts"].append(row)
        elif row.staff and row.state in ("ask", "open", "waiting"):
            groups["staff"].append(row)
        else:
            groups[row.state].append(row)
    for name in ("open", "waiting", "near", "claimed"):
        groups[name].sort(key=lambda r: -(r.amount or 0))
    # What takes one fact comes before what takes five.
    groups["ask"].sort(key=lambda r: len(r.missing))
    return groups
