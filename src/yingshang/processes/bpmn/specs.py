"""The two places where Spiff's elements are replaced: decisions, and timers that do not ask the wall clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, full_tag
from SpiffWorkflow.bpmn.parser.task_parsers import ScriptTaskParser
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.defaults import ScriptTask
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from yingshang.processes.bpmn import scripting


class _DecisionParser(ScriptTaskParser):  # type: ignore[misc]
    def get_script(self) -> str:
        return ""


class Parser(BpmnParser):  # type: ignore[misc]
    """Spiff's parser, with business rule tasks answered by our decisions."""

    OVERRIDE_PARSER_CLASSES = {full_tag("businessRuleTask"): (_DecisionParser, ScriptTask)}  # noqa: RUF012


class OurTimer(TimerEventDefinition):  # type: ignore[misc]
    """A timer whose due time is fixed when the token arrives and which fires only when it is told to."""

    def __init__(self, original: TimerEventDefinition) -> None:
        super().__init__(original.name, original.expression)

    def has_fired(self, my_task: Any) -> bool:
        if my_task._get_internal_data("due") is None:
            now: datetime = my_task.workflow.top_workflow.ys_now
            text = self.expression.strip()
            value = text if text[:1] in "Pp0123456789" else my_task.workflow.script_engine.evaluate(my_task, text)
            after = scripting.interval(value)
            due = after if isinstance(after, datetime) else now + after
            if due.tzinfo is None:
                due = due.replace(tzinfo=now.tzinfo)
            my_task._set_internal_data(due=due.isoformat())
        return bool(my_task._get_internal_data("event_fired", False))


def prepare(spec: Any) -> None:
    """Replace the timers of a parsed process."""
    for task_spec in spec.task_specs.values():
        definition = getattr(task_spec, "event_definition", None)
        if isinstance(definition, TimerEventDefinition) and not isinstance(definition, OurTimer):
            task_spec.event_definition = OurTimer(definition)


__all__ = ["BpmnTaskSpec", "OurTimer", "Parser", "prepare"]
