"""Any other step of any scenario's diagram: completed by whoever it is addressed to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person
from yingshang.cases import catalog, events, forms, workflow
from yingshang.cases.actions._base import done_before, lock, move
from yingshang.cases.errors import Invalid, NotAllowed
from yingshang.cases.models import ENDED, Task

#: Outcomes with an action of their own, which carries more than the step.
OWN_ACTION = {"dispatch", "sign", "return", "contact", "answer", "solved", "unsolved"}


def addressed_to(task: Task, person: Person) -> bool:
    """Whether a task is this person's to do."""
    scope = scope_of(person)
    mine = scope.unit_ids | scope.led_unit_ids
    if task.person_id == person.pk:
        # A task of a unit stays with the unit when the person leaves it.
        return task.unit_id is None or task.unit_id in mine
    if task.person_id is not None:
        return task.unit_id in scope.led_unit_ids
    if task.business_id is not None:
        return f"b{task.business_id}" in scope.principals
    return task.unit_id in mine


@transaction.atomic
def complete_task(
    task: Task,
    actor: Person,
    *,
    outcome: str = "done",
    note: str = "",
    data: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Task:
    """Complete a step of the diagram with one of its outcomes and, where it has a form, the form's data.

    Raises:
        NotAllowed: the task is somebody else's.
        Conflict: it is done already (by whom, when), or the case has ended.
        Invalid: an outcome the step does not offer, one with an action of its own, or form errors by field.
    """
    case = lock(task.case)
    task = Task.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if done_before(key):
        return task
    if not addressed_to(task, actor):
        raise NotAllowed(_("这个环节不是交给您的。"))
    if task.status != Task.State.OPEN:
        raise workflow.task_taken(task)
    if case.status in ENDED:
        raise workflow.moved_on(case)
    offered = [o.strip() for o in task.outcomes.split(",") if o.strip()] or ["done"]
    if outcome not in offered:
        raise Invalid(_("可选结果:%(o)s。") % {"o": "、".join(offered)}, fields={"outcome": _("请选择结果")})
    if outcome in OWN_ACTION:
        raise Invalid(_("请用办件页上的「%(o)s」操作。") % {"o": outcome})
    filled = dict(data or {})
    if form := forms.of_step(case, task.step):
        if problems := forms.check(catalog.get(case.scenario), form, filled):
            raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(problems)}, fields=problems)
        case.data = {**case.data, **filled}
    if hook := catalog.get(case.scenario).hook("on_step"):
        hook(case, actor, task, outcome, note)
    move(case, task, actor, outcome, note, form=case.data)
    events.write(case, "step_done", actor, key=key, step=task.name, step_en=task.name_en, outcome=outcome, note=note,
                 unit=task.unit.name if task.unit else "", unit_en=task.unit.name_en if task.unit else "")  # fmt: skip
    case.save()
    return task
