"""The ladder of ``escalation_coordination``."""

from __future__ import annotations

from yingshang.cases.models import Case, Clock
from yingshang.scenarios.escalation_coordination import ladder


def on_overdue(case: Case, clock: Clock) -> bool:
    """Whether the case climbs a level now that ``clock`` fell due."""
    return ladder.ask(case, "overdue", clock.code).climbs
