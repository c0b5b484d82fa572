"""What the steps of an acceptance do to its project; the ladder of ``escalation_coordination``."""

from __future__ import annotations

from yingshang.accounts.models import Person
from yingshang.cases.models import Case, Clock, Task
from yingshang.projects import process
from yingshang.scenarios.escalation_coordination import ladder


def on_step(case: Case, actor: Person | None, task: Task, outcome: str, note: str) -> None:
    """A step of an item: the project moves with it."""
    process.on_step(case, actor, task, outcome, note)


def on_action(case: Case, actor: Person | None, name: str) -> None:
    """What is done to a project is done to all its items together."""
    process.on_action(case, actor, name)


def bars_step(case: Case, task: Task) -> str:
    """Why nobody may complete this step now."""
    return process.bars_step(case, task)


def bars_actions(case: Case) -> dict[str, str]:
    """What nobody may do to this case by itself."""
    return process.bars_actions(case)


def on_overdue(case: Case, clock: Clock) -> bool:
    """Whether the case climbs a level now that ``clock`` fell due."""
    return ladder.ask(case, "overdue", clock.code).climbs
