"""What every action shares: one transaction, the case locked, the key looked up, the table asked, one event."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.db import transaction

from yingshang.accounts import statements
from yingshang.accounts.models import Membership, Person, Unit
from yingshang.cases import clocks, engine, workflow
from yingshang.cases.errors import Conflict
from yingshang.cases.models import Case, Event, Task

P = ParamSpec("P")


_locked = statements.Prepared(
    lambda case: (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("category", "street", "platform", "lead_unit", "handler", "process")
        .filter(pk=case)
    ),
    -1,
)
_open_steps = statements.Prepared(
    lambda case: Task.objects.filter(case=case, kind=Task.Kind.STEP, status=Task.State.OPEN).order_by("id"), -1
)


def lock(case: Case) -> Case:
    """Return the case, locked for this transaction (without blocking rows that merely refer to it)."""
    if (held := statements.memo()) is None:
        found = _locked(case.pk)
    else:
        # Read with the lock what nearly every action goes on to ask.
        asked = [(query, [case.pk]) for query in (_locked, _open_steps, clocks.LIVE)]
        found, held["steps", case.pk], held["clocks", case.pk] = statements.together(*asked)
    if not found:
        raise Case.DoesNotExist
    locked: Case = found[0]
    return locked


def done_before(key: str | None) -> bool:
    """Whether an action of this key has already happened: a repeated request then changes nothing."""
    return key is not None and Event.objects.filter(key=key).exists()


def action(
    name: str,
) -> Callable[
    [Callable[Concatenate[Case, Person | None, P], None]], Callable[Concatenate[Case, Person | None, P], Case]
]:
    """Make ``fn(case, actor, *, key=None, …)`` an action: locked, allowed, idempotent by ``key``, saved, atomic.

    ``fn`` works on the locked case; the action returns it saved.

    Raises (from the action):
        NotAllowed, Conflict, Invalid: see :mod:`yingshang.cases.errors`; nothing was changed then.
    """

    def decorate(fn: Callable[..., None]) -> Callable[..., Case]:
        @wraps(fn)
        def run(case: Case, actor: Person | None, **kwargs: Any) -> Case:
            with transaction.atomic(), statements.gathered():
                locked = lock(case)
                statements.remember(locked)
                if done_before(kwargs.get("key")):
                    return locked
                workflow.require(name, locked, actor)
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
    held = statements.memo() or {}
    for task in held.get(("steps", case.pk)) or _open_steps(case.pk):
        if task.status != Task.State.OPEN:
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


__all__ = ["Conflict", "action", "cancel_open_tasks", "done_before", "finish", "lock", "move", "step", "unit_of"]
