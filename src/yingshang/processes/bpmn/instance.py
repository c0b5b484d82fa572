"""A running procedure: what it waits for, and moving it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import SpiffWorkflowException, WorkflowException
from SpiffWorkflow.task import Task, TaskState

from yingshang.processes.bpmn import joins, loops, scripting, state, tree
from yingshang.processes.bpmn.errors import AlreadyFired, NoWay, ProcedureError, Runaway, ScriptError, UnknownTask
from yingshang.processes.bpmn.scripting import Decide
from yingshang.processes.bpmn.specs import OurEvents, OurTimer, timers_of
from yingshang.processes.bpmn.tree import Trail
from yingshang.processes.bpmn.values import data_value

if TYPE_CHECKING:
    from yingshang.processes.bpmn.definition import Definition

#: More steps than this in one move, without anybody having to act, are a circle in the diagram. Spiff loses sight of
#: what lies deeper than a thousand.
MOST_STEPS = 500


@dataclass(frozen=True)
class WaitingTask:
    """A user or manual task that somebody has to do.

    Attributes:
        id: of this run of the step; stays the same until it is done.
        step: id of the element.
        lane: name of its lane, ``""`` without.
        attributes: the step's ``ys:*`` attributes; expressions are evaluated, the actor ``item`` is resolved.
        item: of a multi-instance step, the item that this instance stands for.
    """

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


class Instance:
    """One run of a :class:`Definition`. Not for use by two threads at once.

    A move that raises leaves the instance half moved: drop it, and load it again from its last state.
    """

    def __init__(self, definition: Definition, workflow: BpmnWorkflow, past: Trail) -> None:
        self.definition = definition
        self._workflow = workflow
        self._past = past
        self._broken = False
        self._engine.assign = self._assign

    # --- making -------------------------------------------------------------------------------------------------------

    @classmethod
    def started(cls, definition: Definition, data: Mapping[str, Any], now: datetime, decide: Decide | None) -> Instance:
        """Start, and run on to where somebody has to act. See :meth:`Definition.start`."""
        engine = definition.engine(decide)
        workflow = BpmnWorkflow(definition.spec, definition.subprocesses, script_engine=engine)
        instance = cls(definition, workflow, Trail())
        engine.scope.update({k: data_value(v) for k, v in data.items()})
        for task in workflow.get_tasks(state=TaskState.READY):
            task.data = dict(engine.scope)
        instance._move(now, lambda: None)
        return instance

    @classmethod
    def loaded(cls, definition: Definition, stored: bytes, decide: Decide | None) -> Instance:
        """Load a state. See :meth:`Definition.load`."""
        document = state.unpack(stored)
        engine = definition.engine(decide)
        engine.scope.update(document["scope"])
        workflow = BpmnWorkflow(definition.spec, definition.subprocesses, script_engine=engine, deserializing=True)
        state.restore(workflow, document, engine.scope)
        return cls(definition, workflow, Trail(document["past"][0], [], document["past"][1]))

    def dump(self) -> bytes:
        """The state, compressed, without the definition.

        Raises:
            RuntimeError: the last move failed, so there is no state worth keeping. Moves raise it then, too.
        """
        self._check_sound()
        return state.pack(state.written(self._workflow, self._engine.scope, self._past, self.definition.has_loops))

    def _check_sound(self) -> None:
        if self._broken:
            raise RuntimeError("the last move failed; load the instance again from its last state")

    # --- asking -------------------------------------------------------------------------------------------------------

    @property
    def _engine(self) -> scripting.FeelEngine:
        engine: scripting.FeelEngine = self._workflow.script_engine
        return engine

    @property
    def ended(self) -> bool:
        """Whether it has come to its end."""
        return bool(self._workflow.completed)

    @property
    def data(self) -> Mapping[str, Any]:
        """The variables. All branches share them; a loop instance's own are not among them."""
        return self._engine.scope

    def tasks(self) -> list[WaitingTask]:
        """What somebody has to do now, in the order it came up."""
        waiting = [t for t in tree.live(self._workflow) if _is_manual(t)]
        waiting.sort(key=lambda t: t.last_state_change)
        return [self._described(t) for t in waiting]

    def _described(self, task: Task) -> WaitingTask:
        spec = task.task_spec
        around = loops.instances_around(task) if self.definition.has_loops else []
        item = loops.item_of(around[0]) if around else None
        return WaitingTask(
            id=str(task.id),
            step=spec.bpmn_id,
            name=spec.bpmn_name or spec.bpmn_id,
            lane=spec.lane or "",
            attributes=resolved(self.definition.attributes(spec.bpmn_id), task.data, item),
            item=item,
        )

    def timers(self) -> list[Timer]:
        """The timers that wait, soonest first."""
        found = [Timer(i, definition.step, due) for i, _, definition, due in self._armed()]
        return sorted(found, key=lambda t: t.due)

    def _armed(self) -> list[tuple[str, Task, OurTimer, datetime]]:
        found = []
        for task in tree.live(self._workflow):
            if task.state != TaskState.WAITING:
                continue
            several = isinstance(getattr(task.task_spec, "event_definition", None), OurEvents)
            for definition in timers_of(task):
                if due := definition.armed(task):
                    # An event-based gateway waits for several: each gets a name of its own under the gateway's.
                    found.append((str(uuid5(task.id, definition.step) if several else task.id), task, definition, due))
        return found

    def messages(self) -> list[str]:
        """The names of the messages it waits for."""
        return sorted({m.name for _, m in self._waiting_messages()})

    def _waiting_messages(self) -> list[tuple[Task, MessageEventDefinition]]:
        found = []
        for task in tree.live(self._workflow):
            definition = getattr(task.task_spec, "event_definition", None)
            if task.state != TaskState.WAITING or definition is None:
                continue
            several = definition.event_definitions if isinstance(definition, OurEvents) else [definition]
            found += [(task, d) for d in several if isinstance(d, MessageEventDefinition)]
        return found

    def trail(self) -> Trail:
        """What the live diagram colours."""
        full = tree.trail(self._workflow, self._past, self.definition.flows, self.definition.names)
        standing = set(full.active)
        return Trail([c for c in full.completed if c not in standing], full.active, full.flows)

    # --- moving -------------------------------------------------------------------------------------------------------

    def complete(self, task_id: str, data: Mapping[str, Any], now: datetime) -> None:
        """Complete a waiting task with data, and run on to where somebody has to act.

        Raises:
            UnknownTask: the instance does not wait for it.
            ProcedureError: it cannot go on from there.
        """
        self._check_sound()
        task = self._ready(task_id)

        def act() -> None:
            self._assign(task, {k: data_value(v) for k, v in data.items()})
            task.run()

        self._move(now, act)

    def _ready(self, task_id: str) -> Task:
        try:
            wanted = UUID(task_id)
        except ValueError:
            raise UnknownTask(task_id) from None
        for task in tree.live(self._workflow):
            if task.id == wanted and _is_manual(task):
                return task
        raise UnknownTask(task_id)

    def fire(self, timer_id: str, now: datetime) -> None:
        """Let a timer fire. Whether it is due is the caller's to say.

        Raises:
            AlreadyFired: it does not wait (any more).
            ProcedureError: it cannot go on from there.
        """
        self._check_sound()
        armed = {found: (task, definition) for found, task, definition, _ in self._armed()}
        if timer_id not in armed:
            raise AlreadyFired(timer_id)
        self._move(now, lambda: self._happen(*armed[timer_id]))

    def message(self, name: str, data: Mapping[str, Any], now: datetime) -> int:
        """Deliver a message by name; returns how many waiting events caught it, 0 when none waits for it.

        Raises:
            ProcedureError: it cannot go on from there.
        """
        self._check_sound()
        waiting = [(t, d) for t, d in self._waiting_messages() if d.name == name]
        values = {k: data_value(v) for k, v in data.items()}

        def act() -> None:
            for task, definition in waiting:
                # One event can end what another of them waits in.
                if task.state == TaskState.WAITING and task.workflow.tasks.get(task.id) is task:
                    self._assign(task, values)
                    self._happen(task, definition)

        if waiting:
            self._move(now, act)
        return len(waiting)

    def _happen(self, task: Task, definition: Any) -> None:
        events = task.task_spec.event_definition
        if isinstance(events, OurEvents):
            events.fire(task, definition)
        elif isinstance(definition, OurTimer):
            definition.fire(task)
        else:
            task.task_spec.catch(task, BpmnEvent(definition, {}))
            task.task_spec._update(task)

    def _move(self, now: datetime, act: Any) -> None:
        """Do one thing, run on, note the trail and cut off the past."""
        if now.tzinfo is None:
            raise ValueError("a move needs an aware datetime")
        self._engine.now = now
        steps = 0

        def count(task: Task) -> None:
            nonlocal steps
            steps += 1
            if steps > MOST_STEPS:
                raise Runaway(
                    "流程在没有人办理的环节间不断循环",
                    "the procedure goes round without anybody having to act",
                    _element(task),
                )

        self._broken = True
        try:
            act()
            self._workflow.do_engine_steps(will_complete_task=count)
            while joins.ask_again(self._workflow):
                self._workflow.do_engine_steps(will_complete_task=count)
        except ProcedureError:
            raise
        except (WorkflowException, SpiffWorkflowException) as error:
            raise _ours(error) from error
        self._broken = False
        self._past = tree.trail(self._workflow, self._past, self.definition.flows, self.definition.names)
        tree.prune(self._workflow)

    def _assign(self, writer: Task, values: Mapping[str, Any]) -> None:
        """Write variables for all branches: Spiff keeps a copy with every task, and its joins would mix old with new."""
        tasks = tree.all_tasks(self._workflow)
        scope = self._engine.scope
        if self.definition.has_loops:
            loops.assign(tasks, scope, writer, values)
            return
        scope.update(values)
        for task in tasks:
            if not task.has_state(TaskState.PREDICTED_MASK):
                task.data.update(values)


def _is_manual(task: Task) -> bool:
    return bool(task.state == TaskState.READY and task.task_spec.manual and task.task_spec.bpmn_id)


def _element(task: Any) -> str:
    return (task.task_spec.bpmn_id or task.task_spec.name) if task is not None else ""


def _ours(error: Exception) -> ProcedureError:
    """Spiff's error in our words."""
    spec = getattr(error, "task_spec", None)
    element = getattr(spec, "bpmn_id", None) or getattr(spec, "name", None) or ""
    if "No conditions satisfied" in str(error):
        return NoWay(
            "没有一个分支的条件成立，也没有默认分支", "no condition holds and there is no default flow", element
        )
    return ProcedureError(f"流程无法继续：{error}", f"the procedure cannot go on: {error}", element)


def resolved(attributes: Mapping[str, str], data: Mapping[str, Any], item: Any) -> Mapping[str, str]:
    """A step's attributes; those that begin with ``=`` are FEEL over the data, the actor ``item`` is the loop item's unit.

    Raises:
        ScriptError: an expression cannot be evaluated.
    """
    if not any(v.startswith("=") for v in attributes.values()) and attributes.get("actor") != "item":
        return attributes
    found = {}
    for key, text in attributes.items():
        if not text.startswith("="):
            found[key] = text
            continue
        try:
            value = scripting.evaluate(text[1:], data)
        except Exception as error:
            raise ScriptError(
                f"ys:{key}“{text}”无法计算：{error}", f"ys:{key} {text!r} cannot be evaluated: {error}"
            ) from error
        found[key] = "" if value is None else str(value)
    if found.get("actor") == "item":
        unit = item.get("unit", "") if isinstance(item, Mapping) else item
        found["actor"] = f"unit:{unit}"
    return found
