"""What every action shares: one transaction, the case locked, the key looked up, the table asked, one event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.db.models import Q

from yingshang.accounts import statements
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Membership, Person, Unit
from yingshang.cases import catalog, clocks, engine, workflow
from yingshang.cases.errors import Conflict
from yingshang.cases.models import Case, CaseQuerySet, Event, Task

P = ParamSpec("P")


@dataclass(frozen=True)
class Named:
    """A case by its number, as far as ``reader`` may read it: an action finds it in the same moment as it locks it."""

    number: str
    reader: Person


def found(case: Case | Named) -> Case:
    """The case itself, not locked.

    Raises:
        Case.DoesNotExist: there is none that the reader may read.
    """
    if isinstance(case, Case):
        return case
    return Case.objects.visible_to(case.reader).only("id", "number").get(number=case.number)


#: What actions read of the rows that a case refers to; anything else of them is asked for when it is wanted.
_OF_RELATED = {
    "category": {"id", "code", "scenario"},
    "street": {"id", "code", "path", "name"},
    "platform": {"id", "code", "path", "name"},
    "lead_unit": {"id", "code", "path", "name", "name_en", "kind", "active"},
}
_LEFT = [
    f"{relation}__{field.name}"
    for relation, wanted in _OF_RELATED.items()
    for field in Case._meta.get_field(relation).related_model._meta.concrete_fields  # type: ignore[union-attr]
    if field.name not in wanted
]


def _lockable() -> CaseQuerySet:
    rows = Case.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related(*_OF_RELATED, "process").defer(*_LEFT)


def _tasks_where(field: str, kind: object) -> statements.Prepared[Task]:
    return statements.Prepared(
        lambda value: (
            Task.objects.filter(
                Q(status__in=[Task.State.OPEN, Task.State.WAITING]) | Q(kind=Task.Kind.SIGN), **{field: value}
            )
            .select_related("unit")
            .order_by("id")
        ),
        kind,
    )


_locked = statements.Prepared(lambda case: _lockable().filter(pk=case), -1)
_locked_number = statements.Prepared(lambda number: _lockable().filter(number=number), "‹number›")
_locked_readable = statements.Prepared(
    lambda number, principals: _lockable().readable_by(principals).filter(number=number), "‹number›", ["‹principals›"]
)
_tasks, _tasks_of_number = _tasks_where("case", -1), _tasks_where("case__number", "‹number›")


def lock(case: Case | Named) -> Case:
    """Return the case, locked for this transaction (without blocking rows that merely refer to it).

    Raises:
        Case.DoesNotExist: there is none, or none that the reader named with it may read.
    """
    # Inside an action, what nearly every one goes on to ask is read with the lock.
    if isinstance(case, Named):
        scope = scope_of(case.reader)
        find = (
            (_locked_number, [case.number]) if scope.sees_all else (_locked_readable, [case.number, scope.principals])
        )
        rows, tasks, running = statements.together(
            find, (_tasks_of_number, [case.number]), (clocks.LIVE_OF_NUMBER, [case.number])
        )
    elif statements.memo() is None:
        rows = _locked(case.pk)
    else:
        rows, tasks, running = statements.together((_locked, [case.pk]), (_tasks, [case.pk]), (clocks.LIVE, [case.pk]))
    if not rows:
        raise Case.DoesNotExist
    locked: Case = rows[0]
    if (held := statements.memo()) is not None:
        held["tasks", locked.pk], held["clocks", locked.pk] = tasks, running
    return locked


def at_hand(case: Case) -> list[Task]:
    """The open and queued tasks and all signatures of a locked case, oldest first, as they were when it was locked."""
    held = statements.memo() or {}
    known: list[Task] | None = held.get(("tasks", case.pk))
    return _tasks(case.pk) if known is None else known


def done_before(key: str | None) -> bool:
    """Whether an action of this key has already happened: a repeated request then changes nothing."""
    return key is not None and Event.objects.filter(key=key).exists()


def action(
    name: str,
) -> Callable[
    [Callable[Concatenate[Case, Person | None, P], None]], Callable[Concatenate[Case | Named, Person | None, P], Case]
]:
    """Make ``fn(case, actor, *, key=None, …)`` an action: locked, allowed, idempotent by ``key``, saved, atomic.

    ``fn`` works on the locked case; the action returns it saved.

    Raises (from the action):
        NotAllowed, Conflict, Invalid: see :mod:`yingshang.cases.errors`; nothing was changed then.
    """

    def decorate(fn: Callable[..., None]) -> Callable[..., Case]:
        @wraps(fn)
        def run(case: Case | Named, actor: Person | None, **kwargs: Any) -> Case:
            with statements.one_transaction():
                locked = lock(case)
                statements.remember(locked)
                if done_before(kwargs.get("key")):
                    return locked
                workflow.require(name, locked, actor)
                if hook := catalog.get(locked.scenario).hook("on_action"):
                    hook(locked, actor, name)
                fn(locked, actor, **kwargs)
                statements.changes_later(locked)
            return locked

        return run

    return decorate


def step(case: Case, *outcomes: str) -> Task:
    """The open step of the diagram that offers one of these outcomes.

    Raises:
        Conflict: the diagram is elsewhere now.
    """
    for task in at_hand(case):
        if task.kind != Task.Kind.STEP or task.status != Task.State.OPEN:
            continue
        offered = {o.strip() for o in task.outcomes.split(",")}
        if offered & set(outcomes):
            return task
    raise workflow.moved_on(case)


def finish(task: Task, actor: Person | None, outcome: str, result: str = "") -> None:
    """Mark a task done by somebody.

    Raises:
        Conflict: it is not open any more; says who did what.
    """
    from yingshang import timekeeping

    if task.status != Task.State.OPEN:
        raise workflow.task_taken(task)
    task.status = Task.State.DONE
    task.done_at = timekeeping.now()
    task.done_by = actor
    task.outcome = outcome
    task.result = result
    statements.update_later(task, "status", "done_at", "done_by", "outcome", "result")


def move(case: Case, task: Task, actor: Person | None, outcome: str, result: str = "", **data: Any) -> None:
    """Finish a step of the diagram and let the process move on with ``outcome``."""
    finish(task, actor, outcome, result)
    engine.complete(case, task, {"outcome": outcome, **data})


def unit_of(actor: Person | None) -> Unit | None:
    """The unit a person mainly belongs to."""
    if actor is None or not actor.is_official:
        return None
    m = Membership.objects.held().filter(person=actor).select_related("unit").order_by("id").first()
    return m.unit if m else None


def cancel_open_tasks(case: Case, *kinds: str) -> None:
    """Cancel what is open or queued of these kinds, of all kinds where none is named."""
    statements.later(
        "UPDATE cases_task SET status = 'cancelled'"
        " WHERE case_id = %s AND status IN ('open', 'waiting') AND kind = ANY(%s)",
        [case.pk, list(kinds or Task.Kind.values)],
    )


__all__ = [
    "Conflict",
    "Named",
    "action",
    "at_hand",
    "cancel_open_tasks",
    "done_before",
    "finish",
    "lock",
    "move",
    "step",
    "unit_of",
]
