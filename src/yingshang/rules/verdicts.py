"""What rules say of businesses, as columns; their figures, and how they compare with what was said before.

==========  =============================  ==============================================================================
id          int64                          of the business
state       dictionary of strings          ``eligible``, ``near`` (不符合,只差一项), ``not_eligible``, ``unknown``
amount      decimal of yuan                null unless eligible and the clause pays
rule        int16                          number of the published table's rule that granted; null otherwise
lack        dictionary of strings          of a near miss: rule, column and cell of the published table, with tabs between
==========  =============================  ==============================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

STATES = ("eligible", "near", "not_eligible", "unknown")
MONEY = pa.decimal128(20, 2)
TEXTS = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("state", pa.dictionary(pa.int8(), pa.string())),
        ("amount", MONEY),
        ("rule", pa.int16()),
        ("lack", TEXTS),
    ]
)
#: Stands for "nothing was said" among the codes of states.
NOTHING = -1
#: Codes of the states.
ELIGIBLE, NEAR, NOT_ELIGIBLE, UNKNOWN = range(4)
STATE_WORDS = pa.array(STATES)


@dataclass(frozen=True)
class Figures:
    """Counts and the sum of what a rule says, in yuan; ``not_eligible`` has the near misses, too."""

    eligible: int
    near: int
    not_eligible: int
    unknown: int
    amount: Decimal


@dataclass(frozen=True)
class Compared(Figures):
    """The same beside what was said before; ``amount_before`` is None where nothing was."""

    gained: int
    lost: int
    amount_before: Decimal | None


def figures(results: pa.Table) -> Figures:
    """The figures of a table of :data:`SCHEMA`."""
    eligible, near, other, unknown = np.bincount(codes(results), minlength=len(STATES)).tolist()
    return Figures(eligible, near, near + other, unknown, _yuan(fens(results)))


def compared(
    results: pa.Table, before: np.ndarray[Any, Any], amounts: np.ndarray[Any, Any], rules: int = 1
) -> list[Compared]:
    """The figures of some rules about the same businesses, one rule's rows behind the other's.

    Args:
        before: codes of what was said before, :data:`NOTHING` for nothing; ``amounts`` in fen.
    """
    now, then = codes(results).reshape(rules, -1), before.reshape(rules, -1)
    counts = [(now == state).sum(axis=1).tolist() for state in range(len(STATES))]
    gained = ((now == ELIGIBLE) & (then != ELIGIBLE) & (then != NOTHING)).sum(axis=1).tolist()
    lost = ((now != ELIGIBLE) & (then == ELIGIBLE)).sum(axis=1).tolist()
    told = (then != NOTHING).any(axis=1).tolist()
    sums = [list(part.reshape(rules, -1)) for part in (fens(results), amounts)]
    return [
        Compared(
            counts[0][n], counts[1][n], counts[1][n] + counts[2][n], counts[3][n], _yuan(sums[0][n]), gained[n], lost[n],
            _yuan(sums[1][n]) if told[n] else None,
        )
        for n in range(rules)
    ]  # fmt: skip


def _yuan(fen: np.ndarray[Any, Any]) -> Decimal:
    """A sum of fen as yuan. Each is below 10^18: halves of the words, summed apart, do not overflow."""
    high, low = fen >> 32, fen & 0xFFFFFFFF
    return Decimal((int(high.sum()) << 32) + int(low.sum())).scaleb(-2)


def fens(results: pa.Table) -> np.ndarray[Any, Any]:
    """Amounts as whole fen, 0 where there is none; they are below 10^16 yuan."""
    parts = []
    for chunk in results["amount"].chunks:
        words = np.frombuffer(chunk.buffers()[1], np.int64)[2 * chunk.offset :][: 2 * len(chunk)][::2]
        parts.append(np.where(np.asarray(chunk.is_valid()), words, 0))
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def fens_at(results: pa.Table, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same of some rows; the others are not looked at."""
    chunks = results["amount"].chunks
    if len(chunks) != 1:
        return fens(results)[rows]
    validity, words = chunks[0].buffers()
    at = rows + chunks[0].offset
    found: np.ndarray[Any, Any] = np.frombuffer(words, np.int64)[2 * at]
    if validity is None:
        return found
    return np.where(np.frombuffer(validity, np.uint8)[at >> 3] >> (at & 7) & 1, found, 0)


def codes(results: pa.Table) -> np.ndarray[Any, Any]:
    """The states as numbers of :data:`STATES`."""
    parts = []
    for chunk in results["state"].chunks:
        numbers = np.asarray(chunk.indices)
        if not chunk.dictionary.equals(STATE_WORDS):
            numbers = np.asarray([STATES.index(w) for w in chunk.dictionary.to_pylist()], np.int8)[numbers]
        parts.append(numbers)
    return parts[0] if len(parts) == 1 else np.concatenate([*parts, np.zeros(0, np.int8)])
