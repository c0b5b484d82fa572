"""Starting many instances of one procedure at once.

Where two starts take the same path to their first waiting step, their states differ in their variables, ids and times
only. The first one on a path is run by the engine; the others are stamped from its state.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import ScriptTask
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.start_event import StartEvent
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.specs.MultiChoice import MultiChoice

from yingshang.processes.bpmn import loops, scripting, state, timing
from yingshang.processes.bpmn.definition import Definition
from yingshang.processes.bpmn.errors import ScriptError
from yingshang.processes.bpmn.instance import Instance, Timer, WaitingTask, resolved
from yingshang.processes.bpmn.scripting import Decide
from yingshang.processes.bpmn.specs import OurEvents, OurTimer
from yingshang.processes.bpmn.values import data_value, to_json

_ID = re.compile(r'"([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"')


@dataclass(frozen=True)
class Started:
    """A started instance: its state as :meth:`Instance.dump` writes it, and what it waits for."""

    state: bytes
    tasks: list[WaitingTask]
    timers: list[Timer]
    data: Mapping[str, Any]
    ended: bool


@dataclass(frozen=True)
class _Way:
    """What lies before the first waiting steps: the conditions asked, and the one decision."""

    conditions: list[str]
    decision: tuple[str, str] | None


class Starter:
    """Starts instances of a definition at one moment."""

    def __init__(self, definition: Definition, now: datetime) -> None:
        self.definition, self.now = definition, now
        self._patterns: dict[tuple[bool, ...], _Pattern] = {}
        self._way = _way(definition)

    def start(self, data: Mapping[str, Any], decide: Decide | None) -> Started:
        """The same as ``definition.start(data, now, decide)``, asked for state and waiting tasks.

        The decision may be asked where the path does not need its answer.
        """
        if self._way is None:
            return _asked(self.definition.start(data, self.now, decide))
        known = {k: data_value(v) for k, v in data.items()}
        answer: Any = None
        if self._way.decision is not None:
            element, reference = self._way.decision
            if decide is None:
                raise ScriptError(
                    f"没有可用的决策 {reference}", f"there is no one to answer the decision {reference}", element
                )
            answer = data_value(decide(reference, dict(known)))
        with_answer = {**known, **self._results(answer)}
        try:
            path = tuple(scripting.evaluate(text, with_answer) is True for text in self._way.conditions)
        except ValueError:
            # A condition that this path may not come to; where it does, the engine says so.
            return _asked(self.definition.start(data, self.now, lambda *_: answer))
        pattern = self._patterns.get(path)
        if pattern is not None:
            return pattern.stamp(with_answer if pattern.uses_answer else known)
        used = False

        def once(reference: str, data: Mapping[str, Any]) -> Any:
            nonlocal used
            used = True
            return answer

        # The decision was asked above: asking it twice could answer twice.
        instance = self.definition.start(data, self.now, once)
        self._patterns[path] = _Pattern(instance, used)
        return _asked(instance)

    def _results(self, answer: Any) -> Mapping[str, Any]:
        if self._way is None or self._way.decision is None:
            return {}
        if name := self.definition.results.get(self._way.decision[0]):
            return {name: answer}
        return answer if isinstance(answer, dict) else {}


def _asked(instance: Instance) -> Started:
    return Started(instance.dump(), instance.tasks(), instance.timers(), instance.data, instance.ended)


def _way(definition: Definition) -> _Way | None:
    """What lies before the first waiting steps; None where a start cannot be stamped.

    That is: a script computes variables, a second decision builds on the first, or a loop, a sub-process, an
    event-based gateway or a computed timer is reached before anybody has to act.
    """
    conditions: list[str] = []
    decisions: list[tuple[str, str]] = []
    for spec in _reached(definition):
        element = spec.bpmn_id or spec.name
        if isinstance(spec, (SubWorkflowTask, loops.Loop)):
            return None
        if isinstance(spec, ScriptTask):
            if element not in definition.decisions:
                return None
            decisions.append((element, definition.decisions[element]))
        event = getattr(spec, "event_definition", None)
        if isinstance(event, OurEvents) or (isinstance(event, OurTimer) and not timing.is_literal(event.expression)):
            return None
        if isinstance(spec, MultiChoice):
            conditions += [str(c.args[0]) for c, _ in spec.cond_task_specs if c is not None]
    if len(decisions) > 1:
        return None
    return _Way(conditions, decisions[0] if decisions else None)


def _reached(definition: Definition) -> Iterator[Any]:
    """The specs that an instance may pass before it waits for a person, an event or the end."""
    queue, seen = [definition.spec.start], set()
    while queue:
        spec = queue.pop()
        if spec.name in seen:
            continue
        seen.add(spec.name)
        yield spec
        # A start event catches nothing; everything else that catches, waits.
        waits = spec.manual or (isinstance(spec, CatchingEvent) and not isinstance(spec, StartEvent))
        if not waits:
            queue += spec.outputs


def _ids(count: int) -> list[str]:
    """Random UUIDs (version 4), as text."""
    drawn = os.urandom(16 * count).hex()
    return [
        f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{'89ab'[int(h[16], 16) & 3]}{h[17:20]}-{h[20:]}"
        for h in (drawn[i : i + 32] for i in range(0, 32 * count, 32))
    ]


class _Pattern:
    """One start's state as text, cut where ids and variables stand."""

    def __init__(self, instance: Instance, uses_answer: bool) -> None:
        self.uses_answer = uses_answer
        self.asked = _asked(instance)
        self.definition = instance.definition
        document = state.unpack(self.asked.state)
        del document["scope"]
        parts = _ID.split(to_json(document)[:-1])
        #: Text, id, text, id … ; the ids by number.
        self.texts = parts[::2]
        self.numbers: dict[str, int] = {}
        self.order = [self.numbers.setdefault(i, len(self.numbers)) for i in parts[1::2]]

    def stamp(self, known: Mapping[str, Any]) -> Started:
        """The same start with other variables."""
        fresh = _ids(len(self.numbers))
        pieces = [self.texts[0]]
        for number, text in zip(self.order, self.texts[1:], strict=True):
            pieces += ['"', fresh[number], '"', text]
        return Started(
            state.pack(f'{"".join(pieces)},"scope":{to_json(known)}}}'),
            [
                replace(
                    t,
                    id=fresh[self.numbers[t.id]],
                    attributes=resolved(self.definition.attributes(t.step), known, None),
                )
                for t in self.asked.tasks
            ],
            [replace(t, id=fresh[self.numbers[t.id]]) for t in self.asked.timers],
            known,
            self.asked.ended,
        )
