"""The tree of a running instance: its tasks, its trail, and cutting off what has no bearing any more.

Spiff grows a tree of everything that ever ran. A case that goes round a few hundred times would be slow, large, and lost
in the end (Spiff looks a thousand levels deep). Once the trail has noted the past, what stays is what something may
still happen to, what joins will look for, and where branches parted; everything else can go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.task import TaskState

from yingshang.processes.bpmn.joins import JOINED

#: Tasks at which the instance stands.
LIVE = TaskState.READY | TaskState.WAITING | TaskState.STARTED


@dataclass(frozen=True)
class Trail:
    """Element ids for the live diagram: what is done, where it stands, which flows were taken."""

    completed: list[str] = field(default_factory=list)
    active: list[str] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, list[str]]:
        """The same for JSON."""
        return {"completed": self.completed, "active": self.active, "flows": self.flows}


def all_tasks(workflow: Any) -> Iterator[Any]:
    """Every task of the instance, those of sub-processes included."""
    yield from workflow.tasks.values()
    for sub in workflow.subprocesses.values():
        yield from sub.tasks.values()


def live(workflow: Any) -> Iterator[Any]:
    """The tasks at which it stands."""
    return (t for t in all_tasks(workflow) if t.has_state(LIVE))


def trail(workflow: Any, past: Trail, flows: Mapping[tuple[str, str], str], known: Mapping[str, Any]) -> Trail:
    """The trail of what is noted and what runs, without doubles, in the order of time."""
    completed: dict[str, None] = dict.fromkeys(past.completed)
    taken: dict[str, None] = dict.fromkeys(past.flows)
    active: dict[str, None] = {}
    for task in all_tasks(workflow):
        name = task.task_spec.bpmn_id
        if not name or name not in known:
            continue
        if task.state == TaskState.COMPLETED:
            completed[name] = None
        elif _stands_at(task):
            active[name] = None
        if _arrived(task) and (flow := flows.get((_source(task), name))):
            taken[flow] = None
    return Trail(list(completed), list(active), list(taken))


def _stands_at(task: Any) -> bool:
    if task.state == TaskState.WAITING:
        # A boundary event waits beside its step, and a join for others; neither is where the case stands.
        catches = isinstance(task.task_spec, CatchingEvent) and not isinstance(task.task_spec, BoundaryEvent)
        return catches or isinstance(task.task_spec, SubWorkflowTask)
    return bool(task.has_state(TaskState.READY | TaskState.STARTED))


def _arrived(task: Any) -> bool:
    return bool(task.has_state(LIVE | TaskState.COMPLETED)) or JOINED in task.internal_data


def _source(task: Any) -> str:
    """The element that the token came from; the splits and joins around boundary events have no shape of their own."""
    source = task.parent
    while source is not None and source.task_spec.bpmn_id is None:
        source = source.parent
    return source.task_spec.bpmn_id if source is not None else ""


def prune(workflow: Any) -> None:
    """Cut off what has no bearing on what happens next. The trail must have been noted before."""
    drop_orphans(workflow)
    for part in (workflow, *workflow.subprocesses.values()):
        _cut(part)
    for task_id in [i for i, sub in workflow.subprocesses.items() if sub.completed]:
        del workflow.subprocesses[task_id]


def drop_orphans(workflow: Any) -> None:
    """Forget sub-processes and waiting events whose step was cancelled with what it stood in."""
    subs = workflow.subprocesses
    while gone := [i for i, sub in subs.items() if not _held(workflow, i)]:
        for task_id in gone:
            del subs[task_id]
    tasks = workflow.event_manager.tasks
    running = {id(workflow), *(id(s) for s in subs.values())}
    for task_id, task in list(tasks.items()):
        if id(task.workflow) not in running or task.workflow.tasks.get(task_id) is not task or not task.has_state(LIVE):
            del tasks[task_id]


def _held(workflow: Any, task_id: Any) -> bool:
    for part in (workflow, *workflow.subprocesses.values()):
        if (task := part.tasks.get(task_id)) is not None:
            return not task.has_state(TaskState.CANCELLED | TaskState.ERROR)
    return False


def _cut(part: Any) -> None:
    """Leave the tasks that stand, what they will look for, and the shortest way from the root to them."""
    root = part.task_tree
    standing = _standing(part)
    if not standing:
        if part.completed:
            root._children = []
            for task_id in [i for i in part.tasks if i != root.id]:
                del part.tasks[task_id]
        return
    keep = {root.id: root}
    for task in standing:
        for around in (task, task.parent, *_split_around(task)):
            if around is not None:
                keep[around.id] = around
    branches = _branches(standing)
    keep.update({i: t for i, (t, below) in branches.items() if len(below) > 1})
    # A boundary event's split asks its children how they are doing, even those that are done.
    leaves = {c.id: c for t in keep.values() if isinstance(t.task_spec, BoundaryEventSplit) for c in t.children}
    parents = {i: _nearest(t, keep) for i, t in {**leaves, **keep}.items()}
    whole = {t.id for t in standing}
    for task in {**leaves, **keep}.values():
        if task.id not in whole:
            task._children = []
    for task_id, parent in parents.items():
        task = part.tasks[task_id]
        task._parent = parent.id if parent is not None else None
        if parent is not None and parent.id not in whole:
            parent._children.append(task_id)
    reached = set(parents)
    queue = list(standing)
    while queue:
        task = queue.pop()
        reached.add(task.id)
        queue += task.children
    for task_id in [i for i in part.tasks if i not in reached]:
        del part.tasks[task_id]


def _standing(part: Any) -> list[Any]:
    """The tasks that something may still happen to."""
    return [t for t in part.tasks.values() if t.has_state(LIVE)]


def _split_around(task: Any) -> list[Any]:
    """The split that a waiting join of boundary events looks up for."""
    if not isinstance(task.task_spec, BoundaryEventJoin):
        return []
    parent = task.parent
    while parent is not None and parent.task_spec.name != task.task_spec.split_task:
        parent = parent.parent
    return [] if parent is None else [parent]


def _branches(standing: list[Any]) -> dict[Any, tuple[Any, set[Any]]]:
    """Every task above the standing ones, with those of its children that lead to one."""
    found: dict[Any, tuple[Any, set[Any]]] = {}
    for task in standing:
        child = task
        while (parent := child.parent) is not None:
            seen = parent.id in found
            found.setdefault(parent.id, (parent, set()))[1].add(child.id)
            if seen:
                break
            child = parent
    return found


def _nearest(task: Any, keep: Mapping[Any, Any]) -> Any:
    parent = task.parent
    while parent is not None and parent.id not in keep:
        parent = parent.parent
    return parent
