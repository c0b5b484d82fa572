"""Multi-instance steps: one instance for each item of a list, side by side or one after the other.

An instance sees its item (``inputDataItem``), its number (``loopCounter``, from 1) and its result (``outputDataItem``) as
variables of its own; all other variables are those of the whole procedure. The results are collected in the order of
the items. The completion condition is asked after each instance and may also read ``numberOfInstances`` and
``numberOfCompletedInstances``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.defaults import ParallelMultiInstanceTask, SequentialMultiInstanceTask
from SpiffWorkflow.util.task import TaskState

from yingshang.processes.bpmn import scripting, tree
from yingshang.processes.bpmn.errors import ScriptError
from yingshang.processes.bpmn.values import data_value

#: More instances than this of one step are a mistake in the data.
MOST_INSTANCES = 1000
COUNTER = "loopCounter"


class Loop:
    """What both kinds have in common. Keeps in the task: ``items``, ``merged`` (ids of finished instances), ``outputs``."""

    together: bool
    # Of Spiff's classes that this is mixed with.
    task_spec: str
    bpmn_id: str
    cardinality: Any
    data_input: Any
    data_output: Any
    input_item: Any
    output_item: Any
    condition: Any

    @property
    def local_names(self) -> frozenset[str]:
        """The variables that each instance has for itself."""
        items = (self.input_item, self.output_item)
        return frozenset({COUNTER, *(i.bpmn_id for i in items if i is not None)})

    def _items(self, my_task: Any) -> list[Any]:
        engine = my_task.workflow.script_engine
        if self.data_input is None:
            count = engine.evaluate(my_task, self.cardinality)
            if not isinstance(count, (int, Decimal)) or isinstance(count, bool) or count != int(count) or count < 0:
                raise ScriptError(
                    f"份数应为非负整数，现为 {count}", f"the number of instances is {count!r}", self.bpmn_id
                )
            self._limit(int(count))
            return [None] * int(count)
        items = engine.evaluate(my_task, self.data_input.bpmn_id)
        if not isinstance(items, (list, tuple)):
            name = self.data_input.bpmn_id
            raise ScriptError(
                f"变量“{name}”应为清单，才能逐项办理",
                f"{name!r} is not a list, so there are no items to go through",
                self.bpmn_id,
            )
        self._limit(len(items))
        return [data_value(i) for i in items]

    def _limit(self, count: int) -> None:
        if count > MOST_INSTANCES:
            raise ScriptError(
                f"一次最多 {MOST_INSTANCES} 份，现为 {count}",
                f"{count} instances, at most {MOST_INSTANCES}",
                self.bpmn_id,
            )

    def _update_hook(self, my_task: Any) -> bool | None:
        state = my_task.internal_data
        if "items" in state:
            return None
        BpmnTaskSpec._update_hook(self, my_task)
        state["items"] = self._items(my_task)
        state["merged"], state["outputs"] = [], {}
        self._collect(my_task)
        if not state["items"]:
            return True
        my_task._set_state(TaskState.STARTED)
        for index in range(len(state["items"]) if self.together else 1):
            self._create(my_task, index)
        return None

    def _create(self, my_task: Any, index: int) -> None:
        child = my_task._add_child(my_task.workflow.spec.task_specs[self.task_spec], TaskState.WAITING)
        child.triggered = True
        child.internal_data["index"] = index
        own = {COUNTER: index + 1}
        if self.input_item is not None:
            own[self.input_item.bpmn_id] = my_task.internal_data["items"][index]
        child.data.update(own)
        # The instance inherits from the step; a variable of the same name there must not cover its own.
        hidden = {k: my_task.data.pop(k) for k in self.local_names if k in my_task.data}
        child.task_spec._update(child)
        my_task.data.update(hidden)

    def _instances(self, my_task: Any) -> Iterator[Any]:
        return (c for c in my_task.children if c.task_spec.name == self.task_spec)

    def _collect(self, my_task: Any) -> None:
        if self.data_output is not None:
            outputs = my_task.internal_data["outputs"]
            collected = [outputs[i] for i in sorted(outputs, key=int)]
            my_task.workflow.script_engine.assign(my_task, {self.data_output.bpmn_id: collected})

    def merge_child(self, workflow: Any, child: Any) -> None:
        """An instance is done: collect its result, and finish or go on."""
        my_task = child.parent
        state = my_task.internal_data
        state["merged"].append(str(child.id))
        if self.output_item is not None:
            # Keys are text: that is what comes back from storage.
            state["outputs"][str(child.internal_data["index"])] = child.data.get(self.output_item.bpmn_id)
            self._collect(my_task)
        done, total = len(state["merged"]), len(state["items"])
        if done < total and not self._enough(child, done, total):
            if not self.together:
                self._create(my_task, done)
            return
        for other in list(self._instances(my_task)):
            if not other.has_state(TaskState.FINISHED_MASK):
                other.cancel()
        my_task._set_state(TaskState.READY)

    def _on_cancel(self, my_task: Any) -> None:
        super()._on_cancel(my_task)  # type: ignore[misc]
        # Spiff forgets the instances; sub-processes that ran in them must not outlive them.
        tree.drop_orphans(my_task.workflow.top_workflow)

    def _enough(self, child: Any, done: int, total: int) -> bool:
        if self.condition is None:
            return False
        data = {**child.data, "numberOfInstances": total, "numberOfCompletedInstances": done}
        try:
            return scripting.evaluate(self.condition, data) is True
        except Exception as error:
            raise ScriptError(
                f"完成条件“{self.condition.strip()}”无法计算：{error}",
                f"the completion condition {self.condition.strip()!r} cannot be evaluated: {error}",
                self.bpmn_id,
            ) from error


class Parallel(Loop, ParallelMultiInstanceTask):  # type: ignore[misc]
    """All instances at once."""

    together = True


class Sequential(Loop, SequentialMultiInstanceTask):  # type: ignore[misc]
    """One instance after the other."""

    together = False


def loop_of(task: Any) -> Loop | None:
    """The loop that ``task`` is an instance of."""
    parent = task.parent
    spec = parent.task_spec if parent is not None else None
    return spec if isinstance(spec, Loop) and spec.task_spec == task.task_spec.name else None


def item_of(task: Any) -> Any:
    """The item that an instance of a multi-instance step stands for; None for any other task."""
    return task.parent.internal_data["items"][task.internal_data["index"]] if loop_of(task) is not None else None


def instances_around(task: Any) -> list[Any]:
    """The loop instances that ``task`` lies in, innermost first."""
    found = []
    current = task
    while current is not None:
        if loop_of(current) is not None:
            found.append(current)
        parent = current.parent
        if parent is None and (outer := current.workflow.parent_task_id) is not None:
            parent = current.workflow.top_workflow.get_task_from_id(outer)
        current = parent
    return found


def assign(tasks: Iterator[Any], scope: dict[str, Any], writer: Any, values: Mapping[str, Any]) -> None:
    """Write variables so that everybody who shares them reads them.

    Args:
        tasks: all tasks of an instance that has loops.
        scope: the variables of the whole instance.
        writer: the task that writes; in a loop instance, the instance's own variables stay its own.
    """
    around = instances_around(writer)
    owners = {name: next((t for t in around if name in _locals(t)), None) for name in values}
    scope.update({k: v for k, v in values.items() if owners[k] is None})
    for task in tasks:
        if task.has_state(TaskState.PREDICTED_MASK):
            continue
        lies_in = instances_around(task)
        for name, value in values.items():
            owner = owners[name]
            # Its own variable of that name, if it has one, hides the one that is written.
            nearest = next((t for t in lies_in if name in _locals(t)), None)
            if nearest is owner:
                task.data[name] = value


def _locals(instance: Any) -> frozenset[str]:
    loop = loop_of(instance)
    return loop.local_names if loop is not None else frozenset()
