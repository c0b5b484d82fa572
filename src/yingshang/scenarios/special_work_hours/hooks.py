"""A permission that is given is put on record; the ladder decides which overdue promise makes a case climb."""

from __future__ import annotations

from yingshang.accounts.models import Person
from yingshang.cases import records
from yingshang.cases.models import Case, Clock, Task
from yingshang.scenarios.escalation_coordination import ladder

TYPE = "special_work_hours.approval"


def on_overdue(case: Case, clock: Clock) -> bool:
    """Whether the case climbs a level now that ``clock`` fell due."""
    return ladder.ask(case, "overdue", clock.code).climbs


def on_step(case: Case, actor: Person | None, task: Task, outcome: str, note: str) -> None:
    """With the decision the approval is on record, and by which way it was given."""
    if task.step != "decide" or case.data["decision"] != "准予":
        return
    done = set(case.tasks.filter(status=Task.State.DONE).values_list("step", flat=True))
    way = "现场" if "visit" in done else "书面" if "review" in done else "告知承诺"
    asked = {f: case.data[f] for f in ("kind", "posts", "workers", "valid_from", "valid_to") if case.data.get(f)}
    data = {**asked, "case_number": case.number, "by": way}
    records.create(TYPE, data, None, key=case.number, business=case.business, unit=case.lead_unit)
