"""The script engine of our instances: FEEL, and nothing else.

SpiffWorkflow's own engine evaluates conditions, scripts and timers as Python. Ours is not derived from it, so there is
nothing to fall back to: a diagram reaches process data and the built-in functions of FEEL, and no Python object, file or
network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol, cast

from yingshang.processes.bpmn.errors import ScriptError
from yingshang.processes.bpmn.values import data_value

#: Answers a decision reference (``file#decision``) over the process data.
Decide = Callable[[str, Mapping[str, Any]], Any]


class Expression(Protocol):
    """A compiled FEEL expression."""

    def evaluate(self, context: Mapping[str, Any], /) -> Any: ...


@lru_cache(maxsize=4096)
def compiled(text: str) -> Expression:
    """Compile a FEEL expression, once a process.

    Raises:
        ValueError: it is not FEEL.
    """
    # Imported late: diagrams without expressions need no FEEL.
    from yingshang.decisions import feel

    expression: Expression = feel.compile(text)
    return expression


def evaluate(text: str, data: Mapping[str, Any]) -> Any:
    """Evaluate one FEEL expression over process data."""
    expression = compiled(text.strip())
    names = getattr(expression, "names", None)
    # Only what the expression reads is turned into FEEL values: a case's data can be long, a condition is short.
    return expression.evaluate(data if names is None else {n: data[n] for n in names if n in data})


class FeelEngine:
    """What Spiff asks of a script engine, answered in FEEL; one for each instance, of which it holds the scope.

    Args:
        results: element id → variable that a script or business rule task writes.
        decisions: element id → decision reference of a business rule task.
        decide: answers a decision reference over the task's data.

    Attributes:
        scope: the variables of the instance. All branches share them: what one writes, the others read.
        now: the moment of the current move.
    """

    def __init__(self, results: Mapping[str, str], decisions: Mapping[str, str], decide: Decide | None) -> None:
        self.results, self.decisions, self.decide = results, decisions, decide
        self.scope: dict[str, Any] = {}
        self.now: datetime | None = None
        self.assign: Callable[[Any, Mapping[str, Any]], None] = _unassigned

    @property
    def environment(self) -> FeelEngine:
        """Spiff goes past the engine in places; it finds the same doors there."""
        return self

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        """Evaluate an expression over the task's data.

        Raises:
            ScriptError: names the element.
        """
        element = ""
        if isinstance(task, str):
            # Asked as an environment: the expression first, then what it reads.
            expression, data = task, cast("Mapping[str, Any]", expression)
        elif isinstance(task, Mapping):
            data = task
        else:
            data, element = task.data, task.task_spec.bpmn_id or task.task_spec.name
        try:
            return evaluate(expression, data)
        except Exception as error:
            raise ScriptError(
                f"表达式“{expression.strip()}”无法计算：{error}",
                f"{expression.strip()!r} cannot be evaluated: {error}",
                element,
            ) from error

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:
        """Run a script or business rule task: evaluate, and write the result.

        Raises:
            ScriptError: names the element.
        """
        element = task.task_spec.bpmn_id or task.task_spec.name
        if element in self.decisions:
            value = self._decided(element, dict(task.data))
        else:
            value = self.evaluate(task, script)
        value = data_value(value)
        if name := self.results.get(element):
            self.assign(task, {name: value})
        elif isinstance(value, dict):
            self.assign(task, value)
        else:
            raise ScriptError(
                "没有 ys:result 时，结果应为上下文 {名称: 值}",
                "without ys:result the result must be a context {name: value}",
                element,
            )
        return True

    def _decided(self, element: str, data: Mapping[str, Any]) -> Any:
        reference = self.decisions[element]
        if self.decide is None:
            raise ScriptError(
                f"没有可用的决策 {reference}", f"there is no one to answer the decision {reference}", element
            )
        return self.decide(reference, data)

    def call_service(self, context: Any, **kwargs: Any) -> None:
        """Service tasks do not exist here."""
        raise ScriptError("不支持服务任务", "service tasks are not supported")


def _unassigned(task: Any, values: Mapping[str, Any]) -> None:
    raise RuntimeError("the engine belongs to no instance")
