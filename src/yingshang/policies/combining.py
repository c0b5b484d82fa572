"""How much clauses give together: exclusion, order and caps as data, one resolver.

:func:`combine` is a pure function of what each rule gives, how clauses go together, and what was taken already; whoever
shows a total, makes a claim or simulates asks it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

#: Exclusion is settled before caps, so that a clause that is not taken uses up no cap.
_RANK = {"exclusive": 0, "priority": 1, "stackable": 2, "cap": 3}
ZERO = Decimal(0)


@dataclass(frozen=True)
class Together:
    """A combination as plain data; ``clauses`` by reference (``mah_2022/C01``), in order.

    Attributes:
        kind: ``exclusive`` (the highest of them), ``priority`` (the first of them), ``stackable`` (says that they may be had
            together), ``cap`` (together at most ``amount`` yuan).
        per: ``business`` or ``group``: whose claims count as taken.
    """

    code: str
    kind: str
    clauses: tuple[str, ...]
    amount: Decimal | None = None
    period: str = "yearly"
    per: str = "business"
    source: str = ""


@dataclass(frozen=True)
class Reason:
    """Why a clause gives something else than its rule: by which combination, on account of which other clause."""

    kind: str
    combination: str
    before: Decimal | None
    after: Decimal | None
    other: str = ""
    limit: Decimal | None = None
    source: str = ""

    def as_dict(self) -> dict[str, str | None]:
        """As plain data; money as text."""
        return {
            "kind": self.kind,
            "combination": self.combination,
            "before": _text(self.before),
            "after": _text(self.after),
            "other": self.other,
            "limit": _text(self.limit),
            "source": self.source,
        }


@dataclass(frozen=True)
class Share:
    """What a clause gives in the end; ``excluded`` when another one is taken instead.

    ``amount`` is None for a clause that gives no money.
    """

    clause: str
    amount: Decimal | None
    excluded: bool = False
    reasons: tuple[Reason, ...] = ()


def combine(
    gives: Mapping[str, Decimal | None],
    combinations: Sequence[Together] = (),
    taken: Mapping[str, Mapping[str, Decimal]] | None = None,
) -> dict[str, Share]:
    """What each clause gives, all combinations observed.

    Args:
        gives: by reference of the clause, what its rule gives (yuan; None for what is not money) to whom is eligible.
        combinations: in any order.
        taken: by code of the combination, what was claimed already in its period, by clause.

    Returns:
        A share for every clause in ``gives``: never more than its rule gives; of exclusive clauses at most one that is not
        excluded; of capped ones together, with what was taken, at most the cap, unless more had been taken before.
    """
    shares = {ref: Share(ref, amount) for ref, amount in gives.items()}
    for c in sorted(combinations, key=lambda c: (_RANK[c.kind], c.code)):
        had = (taken or {}).get(c.code, {})
        if c.kind in ("exclusive", "priority"):
            _one_of(shares, c, had)
        elif c.kind == "stackable":
            _both(shares, c)
        else:
            _capped(shares, c, had)
    return shares


def _there(shares: Mapping[str, Share], c: Together) -> list[Share]:
    """The combination's clauses that are still in play, in its order."""
    return [shares[ref] for ref in c.clauses if ref in shares and not shares[ref].excluded]


def _one_of(shares: dict[str, Share], c: Together, had: Mapping[str, Decimal]) -> None:
    there = _there(shares, c)
    before = [ref for ref in c.clauses if ref in had]
    if before:
        # What was taken is taken: it can be had again (another period's limits are not ours), the others cannot.
        kept = before[0]
    elif not there:
        return
    elif c.kind == "priority":
        kept = there[0].clause
    else:
        kept = max(there, key=lambda s: (s.amount or ZERO, -c.clauses.index(s.clause))).clause
    for share in there:
        if share.clause != kept:
            nothing = None if share.amount is None else ZERO
            reason = Reason(c.kind, c.code, share.amount, nothing, other=kept, source=c.source)
            shares[share.clause] = Share(share.clause, nothing, True, (*share.reasons, reason))


def _both(shares: dict[str, Share], c: Together) -> None:
    there = _there(shares, c)
    for share in there if len(there) > 1 else ():
        others = "、".join(s.clause for s in there if s is not share)
        reason = Reason(c.kind, c.code, share.amount, share.amount, other=others, source=c.source)
        shares[share.clause] = Share(share.clause, share.amount, False, (*share.reasons, reason))


def _capped(shares: dict[str, Share], c: Together, had: Mapping[str, Decimal]) -> None:
    assert c.amount is not None
    left = max(ZERO, c.amount - sum(had.values(), ZERO))
    for share in _there(shares, c):
        if share.amount is None:
            continue
        given = min(share.amount, left)
        left -= given
        if given < share.amount:
            reason = Reason(c.kind, c.code, share.amount, given, limit=c.amount, source=c.source)
            shares[share.clause] = Share(share.clause, given, False, (*share.reasons, reason))


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")
