"""Where Spiff's elements are replaced by ours.

* Only the elements we support are parsed at all.
* Conditions hold when they are true, not when they are merely something.
* Timers do not ask the machine's clock: they are armed when the token arrives and fire when they are told to.
* Decisions answer business rule tasks.
* Branches come together by the rules of BPMN, in loops too.
* The order of a gateway's flows is that of the document; moving shapes about changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, full_tag
from SpiffWorkflow.bpmn.parser.task_parsers import ScriptTaskParser
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import _BpmnCondition
from SpiffWorkflow.bpmn.specs.defaults import EventBasedGateway, ScriptTask
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.specs.MultiChoice import MultiChoice

from yingshang.processes.bpmn import joins, loops, timing
from yingshang.processes.bpmn.errors import ScriptError

#: Flow nodes that run here.
NODES = (
    "startEvent", "endEvent", "userTask", "manualTask", "scriptTask", "businessRuleTask", "subProcess", "exclusiveGateway",
    "parallelGateway", "inclusiveGateway", "eventBasedGateway", "boundaryEvent", "intermediateCatchEvent",
)  # fmt: skip


class _DecisionParser(ScriptTaskParser):  # type: ignore[misc]
    def get_script(self) -> str:
        return ""


def _replaced(node: str) -> tuple[Any, Any]:
    if node == "businessRuleTask":
        return _DecisionParser, ScriptTask
    parser, spec = BpmnParser.PARSER_CLASSES[full_tag(node)]
    return parser, {"parallelGateway": joins.AllArrive, "inclusiveGateway": joins.SomeArrive}.get(node, spec)


def _with_our_loops(parser: Any, spec: Any) -> tuple[Any, Any]:
    ours = {"PARALLEL_MI_CLASS": loops.Parallel, "SEQUENTIAL_MI_CLASS": loops.Sequential}
    return type(f"Our{parser.__name__}", (parser,), ours), spec


class Parser(BpmnParser):  # type: ignore[misc]
    """Spiff's parser, for the elements we support."""

    PARSER_CLASSES = {full_tag(n): _with_our_loops(*_replaced(n)) for n in NODES}

    def get_document_positions(self, root: Any) -> dict[str, dict[str, float]]:
        """Nowhere: Spiff would sort a gateway's flows by how high their targets are drawn."""
        return {}


class Condition(_BpmnCondition):  # type: ignore[misc]
    """A FEEL condition: null, and whatever is not a boolean, does not hold."""

    def _matches(self, task: Any) -> bool:
        return task.workflow.script_engine.evaluate(task, self.args[0]) is True


class OurTimer(TimerEventDefinition):  # type: ignore[misc]
    """A timer armed once, when the token arrives. ``step`` is the id of its event."""

    def __init__(self, original: TimerEventDefinition, step: str) -> None:
        super().__init__(original.name, (original.expression or "").strip())
        self.step = step

    def arm(self, task: Any) -> None:
        """Fix the due time, unless it is."""
        held = task.internal_data.setdefault("due", {})
        if self.step in held:
            return
        engine = task.workflow.script_engine
        text = self.expression
        value = text if timing.is_literal(text) else engine.evaluate(task, text)
        try:
            held[self.step] = timing.due(value, engine.now).isoformat()
        except ValueError as error:
            raise ScriptError(
                f"定时“{text}”无法理解：{error}", f"the timer {text!r} makes no sense: {error}", self.step
            ) from None

    def armed(self, task: Any) -> datetime | None:
        """The due time fixed for this task."""
        text = task.internal_data.get("due", {}).get(self.step)
        return datetime.fromisoformat(text) if text else None

    def has_fired(self, my_task: Any) -> bool:
        self.arm(my_task)
        return bool(my_task.internal_data.get("event_fired"))

    def fire(self, my_task: Any) -> None:
        """Let it fire."""
        my_task._set_internal_data(event_fired=True)
        my_task.task_spec._update(my_task)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class OurEvents(MultipleEventDefinition):  # type: ignore[misc]
    """What an event-based gateway waits for; the first event wins."""

    def has_fired(self, my_task: Any) -> bool:
        for definition in self.event_definitions:
            if isinstance(definition, OurTimer):
                definition.arm(my_task)
        return bool(my_task.internal_data.get("seen_events"))

    def fire(self, my_task: Any, definition: Any) -> None:
        """Let one of its events happen."""
        my_task.internal_data["seen_events"] = [BpmnEvent(definition)]
        my_task.task_spec._update(my_task)


def prepare(spec: Any) -> None:
    """Replace conditions and timers of a parsed process, and connect its loops."""
    for task_spec in spec.task_specs.values():
        if isinstance(task_spec, EventBasedGateway):
            waits = zip(task_spec.event_definition.event_definitions, task_spec._outputs, strict=True)
            task_spec.event_definition = OurEvents([_ours(d, step) for d, step in waits])
        elif definition := getattr(task_spec, "event_definition", None):
            task_spec.event_definition = _ours(definition, task_spec.bpmn_id or task_spec.name)
        if isinstance(task_spec, MultiChoice):
            task_spec.cond_task_specs = [
                (None if c is None else Condition((c.args[0] or "").strip()), name)
                for c, name in task_spec.cond_task_specs
            ]
        if isinstance(task_spec, loops.Loop):
            # Spiff connects on the first run; a case that is loaded in another process would wait for ever.
            spec.task_specs[task_spec.task_spec].completed_event.connect(task_spec.merge_child)


def _ours(definition: Any, step: str) -> Any:
    return OurTimer(definition, step) if isinstance(definition, TimerEventDefinition) else definition


def timers_of(task: Any) -> list[OurTimer]:
    """The timers that a waiting task may have armed."""
    definition = getattr(task.task_spec, "event_definition", None)
    if isinstance(definition, OurTimer):
        return [definition]
    if isinstance(definition, OurEvents):
        return [d for d in definition.event_definitions if isinstance(d, OurTimer)]
    return []
