"""Between a case and its diagram: moving the instance, and projecting what it waits for into rows.

The instance's state is one document (``CaseProcess.state``); in the same transaction its waiting tasks become ``Task``
rows and its timers ``Timer`` rows, so that lists, deadlines and the sweeper are plain SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from yingshang import decisions, timekeeping
from yingshang.accounts import statements
from yingshang.accounts.models import Membership, Role, Unit
from yingshang.cases import catalog, clocks, procedures, routing
from yingshang.cases.models import Case, CaseAccess, CaseProcess, Clock, Status, Task, Timer
from yingshang.processes import bpmn

#: Clocks that start with the case itself rather than with a step.
AT_OPENING = (clocks.FIRST_CONTACT, clocks.RESOLVE)


def variables(case: Case, run: int = 1) -> dict[str, Any]:
    """What a starting procedure knows of its case (the names are listed in docs/scenarios.md)."""
    return {
        "category": case.category.code if case.category else "",
        "channel": case.channel,
        "street": case.street.code if case.street else "",
        "platform": case.platform.code if case.platform else "",
        "level": case.level,
        "reopened": run > 1,
        "outcome": "",
        "title": case.title,
        "text": case.text[:2000],
        "form": case.data,
    }


def start(case: Case, *, run: int = 1, extra: Mapping[str, Any] | None = None) -> bpmn.Instance:
    """Start the case's procedure and project its first tasks."""
    data = {**variables(case, run), **(extra or {})}
    definition = procedures.definition(case.procedure_id)
    instance = definition.start(data, timekeeping.now(), decide=_decider(case))
    process = CaseProcess(case=case, state=instance.dump(), run=run)
    if run == 1:
        statements.insert_later(process)
    else:
        statements.update_later(process, "state", "run")
    project(case, instance, run, Shown())
    return instance


class Shown(NamedTuple):
    """The waiting tasks and timers of an instance that have rows, by their ids."""

    tasks: frozenset[str] = frozenset()
    timers: frozenset[str] = frozenset()


def shown(instance: bpmn.Instance) -> Shown:
    """What is shown of an instance as it was loaded: its rows were written with its state."""
    return Shown(frozenset(t.id for t in instance.tasks()), frozenset(t.id for t in instance.timers()))


def load(case: Case) -> tuple[CaseProcess, bpmn.Instance]:
    """Load the instance of a locked case."""
    process = case.process
    definition = procedures.definition(case.procedure_id)
    return process, definition.load(bytes(process.state), decide=_decider(case))


def complete(case: Case, task: Task, data: Mapping[str, Any]) -> bpmn.Instance:
    """Complete one step of the diagram, move on as far as nobody is needed, and project the result.

    Stops the clocks that the step names in ``ys:stops``.
    """
    process, instance = load(case)
    now = timekeeping.now()
    before = shown(instance)
    waiting = next((t for t in instance.tasks() if t.id == task.process_task), None)
    if waiting is None:
        raise RuntimeError(f"task {task.pk} of case {case.pk} is not waiting in its process")
    # "Not solved" is an end of nothing: the promise goes on until it is.
    if (stops := _codes(waiting.attributes.get("stops"))) and data.get("outcome") != "unsolved":
        clocks.stop(case, stops)
    instance.complete(task.process_task, {"level": case.level, **data}, now)
    # The completed task is done, not gone.
    save(case, process, instance, before._replace(tasks=before.tasks - {task.process_task}))
    return instance


def save(case: Case, process: CaseProcess, instance: bpmn.Instance, before: Shown) -> None:
    """Store the moved instance and project it; ``before`` is what was shown of it when it was loaded."""
    process.state = instance.dump()
    statements.update_later(process, "state")
    project(case, instance, process.run, before)


def project(case: Case, instance: bpmn.Instance, run: int, before: Shown) -> None:
    """Bring ``Task`` and ``Timer`` rows and the case's status in step with the instance.

    The caller saves ``case``.
    """
    now = timekeeping.now()
    waiting = {t.id: t for t in instance.tasks()}
    if gone := before.tasks - waiting.keys():
        statements.later(
            "UPDATE cases_task SET status = 'cancelled'"
            " WHERE case_id = %s AND run = %s AND process_task = ANY(%s) AND status = 'open'",
            [case.pk, run, sorted(gone)],
        )
    routed = instance.data.get("routing")
    if isinstance(routed, Mapping):
        case.routing = routing.as_json(routed)
    created = []
    for t in waiting.values():
        if t.id in before.tasks:
            continue
        for code in _codes(t.attributes.get("clock")):
            clocks.start(case, code)
        task = Task(
            case=case,
            run=run,
            step=t.step,
            process_task=t.id,
            name=t.name,
            name_en=t.attributes.get("name_en", ""),
            actor=t.attributes.get("actor", "lead"),
            outcomes=t.attributes.get("outcomes", ""),
            opened_at=now,
        )
        _address(case, task)
        if status := t.attributes.get("status"):
            case.status = status
        created.append(task)
    if created and (held := statements.memo()) is not None:
        held.pop(("tasks", case.pk), None)
    if created and case.status != Status.POOL and case.lead_unit_id is None:
        # A procedure may begin with a step of another unit: the case still is the routed one's.
        _name_lead(case)
        if case.lead_unit_id:
            grant(case, f"u{case.lead_unit_id}", "lead")
    for task in created:
        task.due_at = clocks.task_due(case)
        statements.insert_later(task)
    _project_timers(case, instance, run, before.timers)
    if instance.ended and case.status not in (Status.WITHDRAWN, Status.MERGED):
        case.status = Status.CLOSED
        case.closed_at = now
        clocks.stop_all(case, cancel=False)


def _project_timers(case: Case, instance: bpmn.Instance, run: int, before: frozenset[str]) -> None:
    live = {t.id: t for t in instance.timers()}
    if stale := before - live.keys():
        statements.later(
            "DELETE FROM cases_timer WHERE case_id = %s AND run = %s AND process_timer = ANY(%s) AND fired_at IS NULL",
            [case.pk, run, sorted(stale)],
        )
    for t in live.values():
        if t.id not in before:
            statements.insert_later(Timer(case=case, run=run, process_timer=t.id, step=t.step, due_at=t.due), once=True)


def _address(case: Case, task: Task) -> None:
    """Say whose task it is, from ``ys:actor``; being given a task grants reading the case."""
    actor = task.actor
    if actor == "lead":
        if case.lead_unit_id is None:
            _name_lead(case)
        task.unit = case.lead_unit
        task.person_id = case.handler_id
    elif actor == "enterprise":
        task.business_id = case.business_id
        if case.business_id is None:
            task.person_id = case.submitter_id
    elif actor == "dispatcher":
        # Addressed to nobody in particular: the pool is the dispatchers' list, and they read the whole district.
        return
    elif actor == "revisitor":
        task.unit = dispatch_unit()
    elif actor.startswith("unit:"):
        task.unit = Unit.objects.filter(code=actor[5:]).first()
    elif actor.startswith("role:"):
        task.unit, task.person = holder_of(actor[5:], case.lead_unit)
    if task.unit_id:
        grant(case, f"u{task.unit_id}", "task")
    if task.person_id:
        grant(case, f"p{task.person_id}", "task")


_active = statements.Prepared(lambda code: Unit.objects.filter(code=code, active=True), "‹code›", apart=True)


def _name_lead(case: Case) -> None:
    if code := case.routing.get("unit"):
        case.lead_unit = _active.first(code)


def dispatch_unit() -> Unit | None:
    """The unit whose dispatchers sort the pool: the first that has one."""
    member = Membership.objects.held().filter(role=Role.DISPATCHER).select_related("unit").order_by("id").first()
    return member.unit if member else None


def holder_of(role: str, near: Unit | None) -> tuple[Unit | None, Any]:
    """Who holds ``role`` in ``near`` or in the closest unit above it, else anywhere in the district."""
    holders = Membership.objects.held().filter(role=role, person__is_active=True).select_related("unit", "person")
    if near is not None:
        above = [int(i) for i in near.path.strip("/").split("/") if i]
        ranked = sorted(holders.filter(unit_id__in=above), key=lambda m: -above.index(m.unit_id))
        if ranked:
            return ranked[0].unit, ranked[0].person
    first = holders.order_by("id").first()
    return (first.unit, first.person) if first else (None, None)


def grant(case: Case, principal: str, reason: str) -> None:
    """Let a principal read the case; granting twice is once."""
    if (held := statements.memo()) is not None:
        granted = held.setdefault(("granted", case.pk), set())
        if principal in granted:
            return
        granted.add(principal)
    statements.insert_row_later(CaseAccess, once=True, case_id=case.pk, principal=principal, reason=reason)


def _codes(text: str | None) -> list[str]:
    return [c.strip() for c in (text or "").split(",") if c.strip()]


def _decider(case: Case, evaluate: Callable[[decisions.Model, str, Mapping[str, Any]], Any] | None = None) -> Any:
    """Answer the diagram's business rule tasks: a decision of the scenario, then its hook, where it has one.

    Who starts many cases at once may give an ``evaluate`` that remembers answers (see :mod:`yingshang.cases.alike`).
    """
    ask = evaluate or decisions.Model.evaluate

    def decide(reference: str, data: Mapping[str, Any]) -> Any:
        spec = catalog.get(case.scenario)
        stem, _, name = reference.partition("#")
        model = load_decision(spec.id, stem)
        # Cutting a text into words takes longer than most tables: only for those that ask for words.
        known = decision_inputs(case, data) if "words" in model.inputs else data
        result = ask(model, name, known)
        if stem == "routing":
            return routing.propose(case, result)
        return result

    return decide


def decision_inputs(case: Case, data: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that every decision of a case may use: process data plus the words of the demand."""
    return {**data, "words": routing.words_of(case)}


_decision_cache: dict[tuple[str, str], Any] = {}


def load_decision(scenario: str, stem: str) -> Any:
    """The compiled decision model ``stem`` of a scenario, loaded once a process."""
    key = (scenario, stem)
    if key not in _decision_cache:
        _decision_cache[key] = decisions.load(catalog.get(scenario).decisions[stem])
    return _decision_cache[key]


def running_clock(case: Case) -> Clock | None:
    return Clock.objects.filter(case=case, code=clocks.RESOLVE).order_by("-id").first()
