"""A running procedure: what it waits for, moving it on, and its state as a small document without the definition."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import zstandard
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task, TaskState

from yingshang.processes.bpmn.scripting import Decide, data_value, evaluate
from yingshang.processes.bpmn.specs import OurTimer

if TYPE_CHECKING:
    from yingshang.processes.bpmn.definition import Definition

FORMAT = 1
_compress = zstandard.ZstdCompressor(level=3)
_MOST_STATE = 64 * 1024 * 1024


class UnknownTask(LookupError):
    """The instance does not wait for this task (any more)."""


class AlreadyFired(UnknownTask):
    """The timer has fired before, or its step has been left."""


@dataclass(frozen=True)
class WaitingTask:
    """A user or manual task somebody has to do; ``attributes`` are the step's ``ys:*``, ``item`` of a multi-instance."""

    id: str
    step: str
    name: str
    lane: str
    attributes: Mapping[str, str]
    item: Any = None


@dataclass(frozen=True)
class Timer:
    """A timer event that waits; ``due`` was fixed when the token arrived."""

    id: str
    step: str
    due: datetime


@dataclass(frozen=True)
class Trail:
    """Element ids for the live diagram: what is done, where it stands, which flows were taken."""

    completed: list[str]
    active: list[str]
    flows: list[str]

    def as_dict(self) -> dict[str, list[str]]:
        return {"completed": self.completed, "active": self.active, "flows": self.flows}


class Instance:
    """One run of a :class:`Definition`. Not for use by two threads at once."""

    def __init__(self, definition: Definition, workflow: BpmnWorkflow) -> None:
        self.definition = definition
        self._workflow = workflow

    # --- making -------------------------------------------------------------------------------------------------------

    @classmethod
    def started(cls, definition: Definition, data: Mapping[str, Any], now: datetime, decide: Decide | None) -> Instance:
        workflow = BpmnWorkflow(
            definition.spec, definition.subprocesses, script_engine=definition.engine(decide)
        )
        workflow.ys_now = now
        workflow.task_tree.data = dict(data)
        for task in workflow.get_tasks(state=TaskState.READY):
            task.data = dict(data)
        instance = cls(definition, workflow)
        workflow.do_engine_steps()
        return instance

    @classmethod
    def loaded(cls, definition: Definition, state: bytes, decide: Decide | None) -> Instance:
        stored = json.loads(zstandard.decompress(state, max_output_size=_MOST_STATE))
        if stored["format"] != FORMAT:
            raise ValueError(f"unknown state format {stored['format']}")
        workflow = BpmnWorkflow(
            definition.spec, definition.subprocesses, script_engine=definition.engine(decide), deserializing=True
        )
        workflow.ys_now = None
        _restore(workflow, stored["top"], stored["data"])
        pending = dict(stored["sub"])
        _restore_subprocesses(workflow, workflow, pending, stored["data"])
        return cls(definition, workflow)

    def dump(self) -> bytes:
        """The state, compressed, without the definition. Data of steps that nothing refers to any more is left out."""
        pool: dict[str, int] = {}
        document = {
            "format": FORMAT,
            "top": _stored(self._workflow, pool),
            "sub": {
                str(task_id): {"spec": sub.spec.name, **_stored(sub, pool)}
                for task_id, sub in self._workflow.subprocesses.items()
            },
        }
        # Data is kept once however many tasks share it; the pool holds each distinct document.
        data = f'"data":[{",".join(pool)}]'
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
        return _compress.compress(f"{text[:-1]},{data}}}".encode())

    # --- asking -------------------------------------------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        return bool(self._workflow.completed)

    @property
    def data(self) -> Mapping[str, Any]:
        """The data of the task that moved last; at the end, of the process."""
        if self._workflow.completed:
            return self._workflow.data
        ready = [t for t in self._live() if t.state == TaskState.READY]
        task = ready[0] if ready else self._workflow.last_task
        return task.data if task is not None else self._workflow.data

    def _all(self) -> Iterator[Task]:
        yield from self._workflow.tasks.values()
        for sub in self._workflow.subprocesses.values():
            yield from sub.tasks.values()

    def _live(self) -> Iterator[Task]:
        return (t for t in self._all() if t.state in (TaskState.READY, TaskState.WAITING, TaskState.STARTED))

    def tasks(self) -> list[WaitingTask]:
        """What somebody has to do now, in the order it came up."""
        waiting = [
            t for t in self._live() if t.state == TaskState.READY and t.task_spec.manual and t.task_spec.bpmn_id
        ]
        waiting.sort(key=lambda t: t.last_state_change)
        return [
            WaitingTask(
                id=str(t.id),
                step=t.task_spec.bpmn_id,
                name=t.task_spec.bpmn_name or t.task_spec.bpmn_id,
                lane=t.task_spec.lane or "",
                attributes=_resolved(self.definition.attributes(t.task_spec.bpmn_id), t),
                item=_item(t),
            )
            for t in waiting
        ]

    def timers(self) -> list[Timer]:
        """The timers that wait, soonest first."""
        found = [
            Timer(str(t.id), t.task_spec.bpmn_id or t.task_spec.name, datetime.fromisoformat(t.internal_data["due"]))
            for t in self._live()
            if t.state == TaskState.WAITING
            and isinstance(getattr(t.task_spec, "event_definition", None), OurTimer)
            and t.internal_data.get("due")
        ]
        return sorted(found, key=lambda t: t.due)

    def trail(self) -> Trail:
        """What the live diagram colours."""
        completed: dict[str, None] = {}
        active: dict[str, None] = {}
        flows: dict[str, None] = {}
        known = self.definition.names
        for t in self._all():
            name = t.task_spec.bpmn_id
            if not name or name not in known:
                continue
            if t.state == TaskState.COMPLETED:
                completed[name] = None
            elif t.state in (TaskState.READY, TaskState.STARTED) or (
                t.state == TaskState.WAITING and isinstance(t.task_spec, SubWorkflowTask)
            ):
                active[name] = None
            if t.state in (TaskState.COMPLETED, TaskState.READY, TaskState.STARTED, TaskState.WAITING):
                source = t.parent
                # Splits and joins around boundary events have no shape of their own.
                while source is not None and source.task_spec.bpmn_id is None:
                    source = source.parent
                if source is not None and (flow := self.definition.flows.get((source.task_spec.bpmn_id, name))):
                    flows[flow] = None
        return Trail([c for c in completed if c not in active], list(active), list(flows))

    # --- moving -------------------------------------------------------------------------------------------------------

    def _task(self, task_id: str, error: type[UnknownTask]) -> Task:
        try:
            wanted = UUID(task_id)
        except ValueError:
            raise error(task_id) from None
        for task in self._live():
            if task.id == wanted:
                return task
        raise error(task_id)

    def complete(self, task_id: str, data: Mapping[str, Any], now: datetime) -> None:
        """Complete a waiting task with data, and run on to where somebody has to act.

        Raises:
            UnknownTask: the instance does not wait for it.
        """
        task = self._task(task_id, UnknownTask)
        if task.state != TaskState.READY:
            raise UnknownTask(task_id)
        self._workflow.ys_now = now
        task.data.update({k: data_value(v) for k, v in data.items()})
        task.run()
        self._workflow.do_engine_steps()

    def fire(self, timer_id: str, now: datetime) -> None:
        """Let a timer fire.

        Raises:
            AlreadyFired: it does not wait (any more).
        """
        task = self._task(timer_id, AlreadyFired)
        if task.state != TaskState.WAITING:
            raise AlreadyFired(timer_id)
        self._workflow.ys_now = now
        task._set_internal_data(event_fired=True)
        task.task_spec._update(task)
        self._workflow.do_engine_steps()

    def message(self, name: str, data: Mapping[str, Any], now: datetime) -> int:
        """Deliver a message by name; returns how many waiting events caught it."""
        self._workflow.ys_now = now
        caught = 0
        for task in list(self._live()):
            definition = getattr(task.task_spec, "event_definition", None)
            if task.state != TaskState.WAITING or getattr(definition, "name", None) != name or isinstance(definition, OurTimer):
                continue
            task.data.update({k: data_value(v) for k, v in data.items()})
            event = BpmnEvent(definition, dict(data))
            task.task_spec.catch(task, event)
            task.task_spec._update(task)
            caught += 1
        if caught:
            self._workflow.do_engine_steps()
        return caught


def _item(task: Task) -> Any:
    """The item that an instance of a multi-instance step stands for; None for any other task."""
    loop = task.parent.task_spec if task.parent is not None else None
    if getattr(loop, "task_spec", None) != task.task_spec.name:
        return None
    # Spiff keeps the item itself only where the collection has neither keys nor indices.
    if "item" in task.internal_data:
        return task.internal_data["item"]
    name = getattr(getattr(loop, "input_item", None), "bpmn_id", None)
    return task.data.get(name) if name else None


def _resolved(attributes: Mapping[str, str], task: Task) -> Mapping[str, str]:
    """The step's attributes; those that begin with ``=`` are FEEL over the task's data, ``item`` is the loop's unit."""
    if attributes.get("actor") == "item":
        item = _item(task)
        unit = item.get("unit", "") if isinstance(item, Mapping) else item
        return {**attributes, "actor": f"unit:{unit}"}
    if not any(v.startswith("=") for v in attributes.values()):
        return attributes
    return {k: str(evaluate(v[1:], task.data)) if v.startswith("=") else v for k, v in attributes.items()}


# --- state ------------------------------------------------------------------------------------------------------------


def _needed(task: Task) -> bool:
    """Whether a finished task's data can still be read: an unfinished child inherits it, a join merges it."""
    if not task.has_state(TaskState.FINISHED_MASK):
        return task.state in (TaskState.READY, TaskState.WAITING, TaskState.STARTED)
    return any(
        not child.has_state(TaskState.FINISHED_MASK) or isinstance(child.task_spec, UnstructuredJoin)
        for child in task.children
    )


def _stored(workflow: Any, pool: dict[str, int]) -> dict[str, Any]:
    def pooled(data: Mapping[str, Any]) -> int:
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, default=data_value)
        return pool.setdefault(text, len(pool))

    return {
        "root": str(workflow.task_tree.id),
        "last": str(workflow.last_task.id) if workflow.last_task is not None else None,
        "success": workflow.success,
        "completed": workflow.completed,
        "data": pooled({k: v for k, v in workflow.data.items() if k != "data_objects"}),
        "tasks": [
            [
                str(t.id),
                str(t._parent) if t._parent is not None else None,
                [str(c) for c in t._children],
                t.last_state_change,
                int(t.state),
                t.task_spec.name,
                int(bool(t.triggered)),
                {k: str(v) if isinstance(v, UUID) else v for k, v in t.internal_data.items()},
                pooled(t.data) if _needed(t) else -1,
            ]
            for t in workflow.tasks.values()
        ],
    }


def _restore(workflow: Any, stored: Mapping[str, Any], pool: list[Any]) -> None:
    events = workflow.top_workflow.event_manager
    for id_, parent, children, changed, state, spec_name, triggered, internal, data in stored["tasks"]:
        task = Task(workflow, workflow.spec.task_specs[spec_name], state=state, id=UUID(id_))
        task._parent = UUID(parent) if parent else None
        task._children = [UUID(c) for c in children]
        task.last_state_change = changed
        task.triggered = bool(triggered)
        task.internal_data = internal
        # Each task owns its data: two that shared a document must not see each other's changes.
        task.data = json.loads(json.dumps(pool[data])) if data >= 0 else {}
        workflow.tasks[task.id] = task
        if isinstance(task.task_spec, CatchingEvent) and state == TaskState.WAITING:
            events.add_task(task)
    workflow.task_tree = workflow.tasks[UUID(stored["root"])]
    workflow.success, workflow.completed = stored["success"], stored["completed"]
    workflow.last_task = workflow.tasks.get(UUID(stored["last"])) if stored["last"] else None
    objects = workflow.data.get("data_objects", {})
    workflow.data = dict(pool[stored["data"]])
    workflow.data["data_objects"] = objects


def _restore_subprocesses(workflow: Any, top: BpmnWorkflow, pending: dict[str, Any], pool: list[Any]) -> None:
    for task in list(workflow.tasks.values()):
        if isinstance(task.task_spec, SubWorkflowTask) and str(task.id) in pending:
            stored = pending.pop(str(task.id))
            sub = BpmnSubWorkflow(top.subprocess_specs[stored["spec"]], task.id, top, deserializing=True)
            _restore(sub, stored, pool)
            top.subprocesses[task.id] = sub
            sub.completed_event.connect(task.task_spec._on_subworkflow_completed, task)
            _restore_subprocesses(sub, top, pending, pool)
