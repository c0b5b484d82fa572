"""What the steps of a claim's case do to the claim, and those of a correction to the fact; the ladder of
``escalation_coordination``."""

from __future__ import annotations

from yingshang.accounts.models import Person
from yingshang.cases.models import Case, Clock, Task
from yingshang.policies import corrections, process
from yingshang.scenarios.escalation_coordination import ladder


def on_step(case: Case, actor: Person | None, task: Task, outcome: str, note: str) -> None:
    """A review or the payment: the claim moves with the case. A correction: the unit agrees, the fact changes."""
    if case.service == corrections.SERVICE:
        return corrections.on_step(case, actor, task, outcome, note)
    process.on_step(case, actor, task, outcome, note)


def bars_step(case: Case, task: Task) -> str:
    """A claim's payment follows from the bank's answer; nothing is decided while the enterprise supplements."""
    return process.bars_step(case, task) if case.service == process.SERVICE else ""


def bars_actions(case: Case) -> dict[str, str]:
    """A claim is neither merged nor handed over: its clause says who reviews it."""
    return process.bars_actions(case) if case.service == process.SERVICE else {}


def on_action(case: Case, actor: Person | None, name: str) -> None:
    """A claim is not merged; withdrawn, it releases what was set aside."""
    if case.service == process.SERVICE:
        process.on_action(case, actor, name)


def on_timer(case: Case, step: str) -> None:
    """The public notice is over."""
    if case.service == process.SERVICE:
        process.on_timer(case, step)


def on_overdue(case: Case, clock: Clock) -> bool:
    """Whether the case climbs a level now that ``clock`` fell due."""
    return ladder.ask(case, "overdue", clock.code).climbs
