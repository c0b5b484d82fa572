"""What was checked of a quarter's report becomes the board's record; the ladder decides which overdue promise climbs."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from yingshang.accounts.models import Person
from yingshang.cases import records
from yingshang.cases.errors import Invalid
from yingshang.cases.models import Case, Clock, Task
from yingshang.registry.models import Record
from yingshang.scenarios.escalation_coordination import ladder

TYPE = "project_progress_board.progress"
_REPORTED = ("project", "programme", "quarter", "plan", "done", "started")


def on_overdue(case: Case, clock: Clock) -> bool:
    """Whether the case climbs a level now that ``clock`` fell due."""
    return ladder.ask(case, "overdue", clock.code).climbs


def on_step(case: Case, actor: Person | None, task: Task, outcome: str, note: str) -> None:
    """Once checked, the report stands on the board; a second report of the same quarter corrects the first.

    Raises:
        Invalid: the plan of the year is empty, so that nothing can be a share of it.
    """
    if task.step != "check":
        return
    said = {f: case.data[f] for f in _REPORTED} | {"case_number": case.number}
    if Decimal(said["plan"]) <= 0:
        raise Invalid(_("年度计划投资应大于 0。"), fields={"plan": _("应大于 0")})
    key = f"{said['quarter']}·{said['programme']}·{said['project']}"
    held = Record.objects.filter(type=TYPE, key=key).first()
    if held is None:
        records.create(TYPE, said, None, key=key, business=case.business, unit=case.lead_unit)
    elif held.data != said:
        records.correct(held, said, None, reason=f"{task.name} {case.number}", seen=held.revision)
