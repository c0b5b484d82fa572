"""An instance's state as a small document: where its tasks stand and its variables, without the definition.

Tasks share one set of variables; a task stores what it has of its own only (the item of a loop's instance). Text is
JSON, compressed with zstd.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import zstandard
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task, TaskState

from yingshang.processes.bpmn.tree import Trail
from yingshang.processes.bpmn.values import from_json, to_json

FORMAT = 3
_LEVEL = 3
#: Larger states are not read: a state is some kilobytes.
MOST_BYTES = 64 * 1024 * 1024


class UnreadableState(ValueError):
    """The bytes are not a state of this definition."""


def pack(text: str) -> bytes:
    """Compress the text of a state."""
    # A compressor must not be shared between threads; making one costs a few microseconds.
    return zstandard.ZstdCompressor(level=_LEVEL).compress(text.encode())


def unpack(state: bytes) -> dict[str, Any]:
    """The document of a state.

    Raises:
        UnreadableState: it is damaged, or of a format that this version does not read.
    """
    try:
        document = from_json(zstandard.ZstdDecompressor().decompress(state, max_output_size=MOST_BYTES))
    except (zstandard.ZstdError, ValueError) as error:
        raise UnreadableState(f"the state of the procedure cannot be read: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        held = document.get("format") if isinstance(document, dict) else None
        raise UnreadableState(f"the state has format {held}; this version reads {FORMAT}")
    return document


def written(workflow: Any, scope: Mapping[str, Any], past: Trail, loops: bool) -> str:
    """The text of a state. The variables come last, which lets many starts share the rest."""
    document = {
        "format": FORMAT,
        "past": [past.completed, past.flows],
        "top": _part(workflow, scope, loops),
        "sub": [[str(i), sub.spec.name, _part(sub, scope, loops)] for i, sub in workflow.subprocesses.items()],
        "scope": scope,
    }
    return to_json(document)


def _part(part: Any, scope: Mapping[str, Any], loops: bool) -> list[Any]:
    return [
        str(part.task_tree.id),
        int(part.success),
        int(part.completed),
        [
            [
                str(t.id),
                str(t._parent) if t._parent is not None else None,
                [str(c) for c in t._children],
                round(t.last_state_change, 3),
                int(t._state),
                t.task_spec.name,
                int(t.triggered),
                t.internal_data,
                _own(t, scope) if loops else None,
            ]
            for t in part.tasks.values()
        ],
    ]


def _own(task: Any, scope: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a task's variables have beyond the shared ones. Nobody asks a finished task, unless a child still waits."""
    if task.has_state(TaskState.PREDICTED_MASK):
        return None
    if task.has_state(TaskState.FINISHED_MASK) and all(c.has_state(TaskState.FINISHED_MASK) for c in task.children):
        return None
    own = {k: v for k, v in task.data.items() if k not in scope or (scope[k] is not v and scope[k] != v)}
    return own or None


def restore(workflow: Any, document: Mapping[str, Any], scope: Mapping[str, Any]) -> None:
    """Fill an empty workflow with a state.

    Raises:
        UnreadableState: it belongs to another definition.
    """
    try:
        _restore(workflow, document["top"], scope)
        subs = [(UUID(i), name, part) for i, name, part in document["sub"]]
        for part in _outermost_first(workflow, subs):
            task_id, name, stored = part
            task = workflow.get_task_from_id(task_id)
            sub = BpmnSubWorkflow(workflow.subprocess_specs[name], task_id, workflow, deserializing=True)
            _restore(sub, stored, scope)
            workflow.subprocesses[task_id] = sub
            sub.completed_event.connect(task.task_spec._on_subworkflow_completed, task)
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadableState(f"the state does not belong to this definition: {error!r}") from None


def _outermost_first(workflow: Any, subs: list[Any]) -> Iterator[Any]:
    """A sub-process after the one that its task lies in."""
    while subs:
        ready = [
            s for s in subs if s[0] in workflow.tasks or any(s[0] in w.tasks for w in workflow.subprocesses.values())
        ]
        if not ready:
            raise UnreadableState("the state has a sub-process without its task")
        yield from ready
        subs = [s for s in subs if s not in ready]


def _restore(part: Any, stored: list[Any], scope: Mapping[str, Any]) -> None:
    root, success, completed, tasks = stored
    events = part.top_workflow.event_manager
    specs = part.spec.task_specs
    for id_, parent, children, changed, state, name, triggered, internal, own in tasks:
        task = Task(part, specs[name], state=state, id=UUID(id_))
        task._parent = UUID(parent) if parent else None
        task._children = [UUID(c) for c in children]
        task.last_state_change = changed
        task.triggered = bool(triggered)
        task.internal_data = internal
        if not state & TaskState.PREDICTED_MASK:
            task.data = {**scope, **own} if own else dict(scope)
        if state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
            events.add_task(task)
    part.task_tree = part.tasks[UUID(root)]
    part.success, part.completed = bool(success), bool(completed)
