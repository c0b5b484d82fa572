"""What is decided on the way of a plot lands in its record; the ladder decides which overdue promise climbs."""

from __future__ import annotations

from django.utils.translation import gettext as _

from yingshang.accounts.models import Person
from yingshang.cases import records
from yingshang.cases.errors import Invalid
from yingshang.cases.models import Case, Clock, Task
from yingshang.registry.models import Record
from yingshang.scenarios.escalation_coordination import ladder

TYPE = "low_efficiency_land.plot"
#: Steps after which the plot stands at another stage, and what each adds to its record.
_STAGES = {
    "survey": ("列入清单", ("plot", "mu", "grounds")),
    "plan": ("整治中", ("way",)),
    "tidied": ("已整治", ("tidied_on", "tidied_mu")),
    "release": ("已腾出", ("released_to",)),
}


def on_overdue(case: Case, clock: Clock) -> bool:
    """Whether the case climbs a level now that ``clock`` fell due."""
    return ladder.ask(case, "overdue", clock.code).climbs


def on_step(case: Case, actor: Person | None, task: Task, outcome: str, note: str) -> None:
    """Keep the list of plots as far as the case has come; a plot that is not listed leaves no record.

    Raises:
        Invalid: the plot is on the list already by another case.
    """
    if task.step not in _STAGES or outcome == "not_listed":
        return
    stage, fields = _STAGES[task.step]
    said = {"stage": stage} | {f: case.data[f] for f in fields if case.data.get(f) not in (None, "")}
    held = Record.objects.filter(type=TYPE, key=str(case.data["plot"])).first()
    if held is None:
        data = {**said, "case_number": case.number}
        records.create(TYPE, data, None, key=str(case.data["plot"]), business=case.business, unit=case.lead_unit)
    elif held.data.get("case_number", case.number) != case.number:
        raise Invalid(_("“%(k)s”已在办件 %(n)s 里。") % {"k": held.key, "n": held.data["case_number"]})
    else:
        data = {**held.data, **said, "case_number": case.number}
        records.correct(held, data, None, reason=task.name, seen=held.revision)
