"""What is decided on the way of a complex lands in its record; the ladder decides which overdue promise climbs."""

from __future__ import annotations

from django.utils.translation import gettext as _

from yingshang.accounts.models import Person
from yingshang.cases import records
from yingshang.cases.errors import Invalid
from yingshang.cases.models import Case, Clock, Task
from yingshang.registry.models import Record
from yingshang.scenarios.escalation_coordination import ladder

TYPE = "industrial_complex.complex"
#: Steps of ``promote`` and what each adds to the record of the complex.
_ADDS = {
    "plan": ("name", "ecosystem", "investment", "area", "planned_on"),
    "start_works": ("started_on",),
    "allocate": ("allocated", "allocated_area"),
}


def on_overdue(case: Case, clock: Clock) -> bool:
    """Whether the case climbs a level now that ``clock`` fell due."""
    return ladder.ask(case, "overdue", clock.code).climbs


def on_step(case: Case, actor: Person | None, task: Task, outcome: str, note: str) -> None:
    """Keep the record of the complex as far as its case has come.

    Raises:
        Invalid: the plan names a complex that another case has planned already.
    """
    fields = _ADDS.get(task.step, ()) if case.service == "promote" else ()
    if not fields:
        return
    said = {f: case.data[f] for f in fields if case.data.get(f) not in (None, "")}
    held = Record.objects.filter(type=TYPE, key=str(case.data["name"])).first()
    if held is None:
        records.create(
            TYPE, {**said, "case_number": case.number}, None, key=str(case.data["name"]), unit=case.lead_unit
        )
    elif held.data.get("case_number", case.number) != case.number:
        raise Invalid(_("“%(k)s”已在办件 %(n)s 里。") % {"k": held.key, "n": held.data["case_number"]})
    else:
        data = {**held.data, **said, "case_number": case.number}
        records.correct(held, data, None, reason=task.name, seen=held.revision)
