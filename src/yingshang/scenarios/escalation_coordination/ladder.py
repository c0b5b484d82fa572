"""Asking the ladder (``ladder.dmn``) whether a case climbs, and to whom; other scenarios' hooks call this."""

from __future__ import annotations

from dataclasses import dataclass

from yingshang.cases import engine
from yingshang.cases.models import Case


@dataclass(frozen=True)
class Rung:
    """What the ladder says: climb or not, to which level, who answers for it there, and why."""

    climbs: bool
    to: int
    who: str
    reason: str
    reason_en: str


def ask(case: Case, cause: str, clock: str = "") -> Rung:
    """Where a case goes from its present level.

    Args:
        cause: ``overdue``, ``unsolved`` or ``asked``.
        clock: code of the promise that fell due, for ``overdue``.

    Raises:
        LookupError: the table has no rule for this; the checker keeps it complete.
    """
    found = engine.load_decision("escalation_coordination", "ladder").evaluate(
        "climb", {"cause": cause, "clock": clock, "level": case.level}
    )
    if found is None:
        raise LookupError(f"ladder.dmn has no rule for {cause=} {clock=} level={case.level}")
    return Rung(bool(found["climbs"]), int(found["to"]), found["who"], found["reason"], found["reason_en"])
