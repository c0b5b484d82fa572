"""Gateways where branches come together, by the token rules of BPMN 2.0 (tables 13.1 and 13.2).

Spiff's gateways look for what has arrived in the tree of everything that ever ran, and take arrivals of an earlier round
of a loop for those of this one: a case would go on while a branch is still being worked on. Here every arrival is a
token that waits at the gateway until the gateway takes it, and then it is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway, ParallelGateway
from SpiffWorkflow.task import TaskState

#: Set in a token that a gateway took: it arrived, though it did not go on by itself.
JOINED = "joined"
_LIVE = TaskState.READY | TaskState.WAITING | TaskState.STARTED


class Gathering:
    """What both kinds have in common. A flow is known by the element that it comes from."""

    name: str
    inputs: list[Any]
    outputs: list[Any]

    def _update_hook(self, my_task: Any) -> bool:
        """A token arrives, or one that waits asks again: True when the gateway takes its tokens and goes on with it."""
        my_task._inherit_data()
        arrived: dict[str, list[Any]] = {}
        for task in (my_task, *self._waiting(my_task)):
            arrived.setdefault(task.parent.task_spec.name, []).append(task)
        if not self._complete(my_task, frozenset(arrived)):
            my_task._set_state(TaskState.WAITING)
            return False
        for tokens in arrived.values():
            # The first of my own flow is mine. A second token of a flow stays for the next time.
            if tokens[0] is not my_task:
                tokens[0].internal_data[JOINED] = True
                tokens[0].cancel()
        return True

    def _waiting(self, my_task: Any) -> Iterator[Any]:
        for task in my_task.workflow.tasks.values():
            if task.task_spec is self and task is not my_task and task.state == TaskState.WAITING:
                yield task

    def _complete(self, my_task: Any, arrived: frozenset[str]) -> bool:
        raise NotImplementedError


class AllArrive(Gathering, ParallelGateway):  # type: ignore[misc]
    """A parallel gateway: goes on with one token from each flow."""

    def _complete(self, my_task: Any, arrived: frozenset[str]) -> bool:
        return all(source.name in arrived for source in self.inputs)

    def _run_hook(self, my_task: Any) -> bool:
        return True


class SomeArrive(Gathering, InclusiveGateway):  # type: ignore[misc]
    """An inclusive gateway: goes on when no token that is still on its way can reach a flow that has none.

    A token that can also reach a flow that has one does not count: it is taken to be of a later round.
    """

    def _complete(self, my_task: Any, arrived: frozenset[str]) -> bool:
        empty = {source.name for source in self.inputs} - arrived
        if not empty:
            return True
        for task in my_task.workflow.tasks.values():
            if (task.task_spec is self and task.state == TaskState.WAITING) or task is my_task or not _on_its_way(task):
                continue
            reached = self._reached_from(task.task_spec)
            if reached & empty and not reached & arrived:
                return False
        return True

    def _reached_from(self, spec: Any) -> set[str]:
        """The elements that a token at ``spec`` can come to without passing this gateway."""
        seen: set[str] = set()
        queue = [spec]
        while queue:
            current = queue.pop()
            if current.name in seen or (current is self and spec is not self):
                continue
            seen.add(current.name)
            queue += [s for s in current.outputs if s is not self]
        return seen

    def _run_hook(self, my_task: Any) -> bool:
        matches, defaults = self._get_matching_outputs(my_task)
        chosen = matches or defaults
        if not chosen:
            raise WorkflowTaskException("No conditions satisfied on gateway", task=my_task)
        my_task._sync_children(chosen, TaskState.FUTURE)
        for child in my_task.children:
            child.task_spec._predict(child, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)
        return True


def _on_its_way(task: Any) -> bool:
    if task.has_state(_LIVE):
        return True
    # Between the end of a step and the beginning of the next.
    return bool(task.state == TaskState.FUTURE and task.parent is not None and task.parent.state == TaskState.COMPLETED)


def ask_again(workflow: Any) -> bool:
    """Let waiting inclusive gateways look again: a token they waited for may have gone elsewhere. True if one went on."""
    for part in (workflow, *workflow.subprocesses.values()):
        for task in list(part.tasks.values()):
            if task.state == TaskState.WAITING and isinstance(task.task_spec, Gathering):
                task.task_spec._update(task)  # type: ignore[attr-defined]
                if task.state != TaskState.WAITING:
                    return True
    return False
