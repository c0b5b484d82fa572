"""The script engine of our instances: FEEL, and nothing else.

SpiffWorkflow's own engine evaluates conditions, scripts and timers as Python; here every one of its doors leads to FEEL.
A diagram can therefore reach task data and the built-in functions of FEEL, and no Python object, file or network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine

Decide = Callable[[str, Mapping[str, Any]], Any]


class ScriptError(ValueError):
    """A FEEL expression of the diagram could not be evaluated; names the element."""


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Any:
    from yingshang.decisions import feel

    return feel.compile(text)


def feel_value(value: Any) -> Any:
    """Process data as FEEL sees it: numbers are decimals."""
    if isinstance(value, bool) or value is None or isinstance(value, (str, Decimal)):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {str(k): feel_value(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [feel_value(v) for v in value]
    return value


def data_value(value: Any) -> Any:
    """A FEEL result as process data, which is JSON: whole numbers as int, other decimals and times as text."""
    if isinstance(value, bool) or value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(k): data_value(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [data_value(v) for v in value]
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, float):
        return value
    return str(value)


def evaluate(text: str, data: Mapping[str, Any]) -> Any:
    """Evaluate one FEEL expression over process data."""
    return _compiled(text.strip()).evaluate(feel_value(data))


class _Environment:
    """What Spiff asks directly, past the engine: the same FEEL."""

    def evaluate(self, expression: str, context: Mapping[str, Any], external_context: Any = None) -> Any:
        return evaluate(expression, context)

    def execute(self, script: str, context: Any, external_context: Any = None) -> None:
        raise ScriptError("scripts run through the engine only")

    def call_service(self, context: Any, **kwargs: Any) -> None:
        raise ScriptError("service tasks are not supported")


class FeelEngine(PythonScriptEngine):  # type: ignore[misc]
    """Spiff's engine interface over FEEL.

    Args:
        results: element id → variable that a script or business rule task writes.
        decisions: element id → decision reference of a business rule task.
        decide: answers a decision reference over the task's data.
    """

    def __init__(self, results: Mapping[str, str], decisions: Mapping[str, str], decide: Decide | None) -> None:
        super().__init__(environment=_Environment())
        self.results, self.decisions, self.decide = results, decisions, decide

    def validate(self, expression: str) -> None:
        _compiled(expression.strip())

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        try:
            return evaluate(expression, task.data)
        except Exception as error:
            raise ScriptError(f"{task.task_spec.bpmn_id}: {expression!r}: {error}") from error

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:
        element = task.task_spec.bpmn_id or task.task_spec.name
        if element in self.decisions:
            if self.decide is None:
                raise ScriptError(f"{element}: no one to answer the decision {self.decisions[element]}")
            value = self.decide(self.decisions[element], dict(task.data))
        else:
            value = self.evaluate(task, script)
        value = data_value(value)
        if name := self.results.get(element):
            task.data[name] = value
        elif isinstance(value, dict):
            task.data.update(value)
        return True

    def call_service(self, task: Any, **kwargs: Any) -> None:
        raise ScriptError(f"{task.task_spec.bpmn_id}: service tasks are not supported")


def interval(value: Any) -> timedelta | datetime:
    """What a timer expression means: an ISO 8601 duration or date-time, as text or as a FEEL value.

    Raises:
        ScriptError: it is neither.
    """
    if isinstance(value, (timedelta, datetime)):
        return value
    text = str(value).strip()
    if text.upper().lstrip("-").startswith("P"):
        return _duration(text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ScriptError(f"{text!r} is neither a duration (P3D, PT4H) nor a date and time") from None


def _duration(text: str) -> timedelta:
    import re

    m = re.fullmatch(
        r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", text.upper()
    )
    if m is None or not any(m.groups()):
        raise ScriptError(f"{text!r} is not a duration in weeks, days, hours, minutes or seconds")
    weeks, days, hours, minutes, seconds = (Decimal(g) if g else Decimal(0) for g in m.groups())
    return timedelta(days=int(weeks * 7 + days), hours=int(hours), minutes=int(minutes), seconds=float(seconds))
