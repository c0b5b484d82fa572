"""Tasks: what waits for the caller, and finishing it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Role
from yingshang.cases import actions
from yingshang.cases.models import Case, Status, Task
from yingshang.exchange import lookups, paging, schemas
from yingshang.exchange.routes._common import PAGE, After, Body, Limit, Prose, RowId, answers
from yingshang.exchange.schemas import CasePage, TaskOut

router = Router(tags=["任务 tasks"])
pool = Router(tags=["任务 tasks"])


class TaskPage(Schema):
    items: list[TaskOut]
    next: str | None


class CompleteStep(Body):
    """The outcome chosen from the task's ``outcomes``, and the form's data where the step has a form."""

    outcome: Annotated[str, StringConstraints(max_length=40)] = "done"
    note: Prose = ""
    data: dict[str, Any] = Field(default_factory=dict)


class FinishTask(Body):
    """The result of co-handling, a signature or a supervision; ``agree`` false refuses the signature."""

    result: Prose = ""
    agree: bool = True


def waiting(person: Person, limit: int, after: tuple[datetime | None, int] | None = None) -> list[TaskOut]:
    """The open tasks of a person by deadline (those without one last), ``limit`` of them after a (deadline, id).

    One ordered index range for each principal, merged: the cost depends on the page, not on how much is waiting.
    """
    scope = scope_of(person)
    mine: list[Q] = [Q(person_id=person.pk)]
    mine += [Q(unit_id=u, person__isnull=True) for u in sorted(scope.unit_ids)]
    mine += [Q(business_id=int(p[1:])) for p in scope.principals if p.startswith("b")]
    ranges = [_range(who, after)[:limit] for who in mine]
    ordered = ranges[0]
    # Whoever holds no post has one range, which is in order already.
    if len(ranges) > 1:
        merged = ranges[0].union(*ranges[1:], all=True)
        ordered = merged.order_by(F("due_at").asc(nulls_last=True), "id")[:limit]
    ids = list(dict.fromkeys(pk for pk, _due in ordered))
    rows = Task.objects.filter(pk__in=ids).values_list(*schemas.TASK_COLUMNS)
    held = {row[0]: row for row in rows}
    return [schemas.told(*held[i]) for i in ids if i in held]


def _range(who: Q, after: tuple[datetime | None, int] | None) -> QuerySet[Task, tuple[int, datetime | None]]:
    rows = Task.objects.filter(who, status=Task.State.OPEN)
    if after is not None:
        rows = rows.filter(_beyond(*after))
    return rows.order_by(F("due_at").asc(nulls_last=True), "id").values_list("id", "due_at")


def _beyond(due: datetime | None, last: int) -> Q:
    """What follows (due, id) where rows without a deadline come last."""
    if due is None:
        return Q(due_at__isnull=True, id__gt=last)
    return Q(due_at__gt=due) | Q(due_at=due, id__gt=last) | Q(due_at__isnull=True)


@router.get("", response=answers(TaskPage), operation_id="my_tasks", summary="我的待办")
def my_tasks(request: HttpRequest, after: After = "", limit: Limit = PAGE) -> TaskPage:
    """What waits for the caller, by deadline: own tasks, the units' tasks nobody has yet, the businesses' tasks."""
    place = tuple(paging.decode(after, datetime, int)) if after else None
    found = waiting(lookups.caller(request).person, limit + 1, place)  # type: ignore[arg-type]
    more = paging.encode(found[limit - 1].due_at, found[limit - 1].id) if len(found) > limit else None
    return TaskPage.model_construct(items=found[:limit], next=more)


@pool.get("", response=answers(CasePage, 403), operation_id="pool", summary="待派单")
def read_pool(request: HttpRequest, after: After = "", limit: Limit = PAGE) -> CasePage:
    """What waits to be dispatched, by deadline; for dispatchers and the reform office."""
    person = lookups.caller(request).person
    if not scope_of(person).has(Role.DISPATCHER, Role.REFORM_OFFICE):
        raise PermissionDenied
    order = (F("due_at").asc(nulls_last=True), "id")
    rows = Case.objects.filter(status=Status.POOL).select_related(*schemas.BRIEF_RELATED)
    if after:
        due, last = paging.decode(after, datetime, int)
        rows = rows.filter(_beyond(due, last))
    found = list(rows.order_by(*order)[: limit + 1])
    more = paging.encode(found[limit - 1].due_at, found[limit - 1].pk) if len(found) > limit else None
    return CasePage.model_construct(items=[schemas.brief(c) for c in found[:limit]], next=more)


@router.post(
    "/{task_id}/complete", response=answers(TaskOut, 403, 404, 409), operation_id="complete_task", summary="完成环节"
)
def complete(request: HttpRequest, task_id: RowId, body: CompleteStep) -> TaskOut:
    """Complete a step of the case's diagram. Steps with an action of their own (answer, confirm …) say so."""
    task = lookups.task_of(request, task_id)
    done = actions.complete_task(
        task,
        lookups.caller(request).person,
        outcome=body.outcome,
        note=body.note,
        data=body.data,
        key=lookups.key_of(request, "complete", task_id),
    )
    return schemas.task(done)


@router.post(
    "/{task_id}/finish",
    response=answers(TaskOut, 403, 404, 409),
    operation_id="finish_task",
    summary="反馈协办、加签、督办",
)
def finish(request: HttpRequest, task_id: RowId, body: FinishTask) -> TaskOut:
    """Finish a task beside the diagram: co-handling, a signature, a supervision."""
    task = lookups.task_of(request, task_id)
    done = actions.finish_task(
        task,
        lookups.caller(request).person,
        result=body.result,
        agree=body.agree,
        key=lookups.key_of(request, "finish", task_id),
    )
    return schemas.task(done)


__all__ = ["router", "waiting"]
