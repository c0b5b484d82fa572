"""The project's own case stands at the phase that its dates say: guidance, contract, permits, building, acceptance."""

from __future__ import annotations

from yingshang.cases import events
from yingshang.cases.actions._base import lock, move
from yingshang.cases.models import Task
from yingshang.projects.models import Project

#: Steps of ``project.bpmn`` in order, and the date of the project that ends each.
ENDS = {
    "guidance": ("contract_on", "permit_on", "start_on"),
    "contract": ("contract_on",),
    "permits": ("permit_on",),
    "building": ("completion_on",),
    "acceptance": ("acceptance_on",),
}
#: All steps that follow the project's dates; what comes besides (an answer to who is not content) is done by hand.
PHASES = (*ENDS, "rest")


def follow(project: Project) -> None:
    """Complete the phases whose date is there; the project is locked by the caller."""
    reached = [s for s, dates in ENDS.items() if any(getattr(project, d) is not None for d in dates)]
    if reached:
        _pass(project, reached)


def close(project: Project) -> None:
    """All items are done: nothing of the diagram is left to wait for."""
    _pass(project, list(PHASES))


def _pass(project: Project, reached: list[str]) -> None:
    if not Task.objects.filter(case=project.case, status=Task.State.OPEN, step__in=reached).exists():
        return
    case = lock(project.case)
    for _each in range(len(ENDS) + 1):
        task = (
            Task.objects.filter(case=case, kind=Task.Kind.STEP, status=Task.State.OPEN, step__in=reached)
            .select_related("unit")
            .first()
        )
        if task is None:
            break
        move(case, task, None, "done")
        events.write(case, "step_done", None, step=task.name, step_en=task.name_en, outcome="done", note="",
                     unit=task.unit.name if task.unit else "", unit_en=task.unit.name_en if task.unit else "")  # fmt: skip
    case.save()
    project.case = case
