"""Starting many instances of one procedure at once.

Where two starts take the same path to their first waiting step, their states differ in their data, ids and times only.
The first one on a path is run by the engine; the others are stamped from its state.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import zstandard
from SpiffWorkflow.bpmn.specs.defaults import ExclusiveGateway, InclusiveGateway, ScriptTask
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask

from yingshang.processes.bpmn import scripting
from yingshang.processes.bpmn.definition import Definition
from yingshang.processes.bpmn.instance import Instance, Timer, WaitingTask, _compress
from yingshang.processes.bpmn.scripting import Decide, data_value

_ID = re.compile(r'"([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"')


@dataclass(frozen=True)
class Started:
    """A started instance: its state as :meth:`Instance.dump` writes it, and what it waits for."""

    state: bytes
    tasks: list[WaitingTask]
    timers: list[Timer]
    data: Mapping[str, Any]
    ended: bool


class Starter:
    """Starts instances of a definition at one moment."""

    def __init__(self, definition: Definition, now: datetime) -> None:
        self.definition, self.now = definition, now
        self._patterns: dict[tuple[Any, ...], _Pattern] = {}
        self._conditions, self._decision = _before_first_wait(definition)

    def start(self, data: Mapping[str, Any], decide: Decide | None) -> Started:
        """The same as ``definition.start(data, now, decide)``, asked for state and waiting tasks."""
        if self._conditions is None:
            return _asked(self.definition.start(data, self.now, decide))
        known = dict(data)
        if self._decision is not None:
            element, reference = self._decision
            if decide is None:
                raise scripting.ScriptError(f"{element}: no one to answer the decision {reference}")
            value = data_value(decide(reference, dict(known)))
            name = self.definition.results.get(element)
            if name is None:
                return _asked(self.definition.start(data, self.now, lambda *_: value))
            known[name] = value
        else:
            value = None
        path = tuple(bool(scripting.evaluate(text, known)) for text in self._conditions)
        pattern = self._patterns.get(path)
        if pattern is None:
            # The decision was asked above: asking it twice could answer twice.
            instance = self.definition.start(data, self.now, lambda *_: value)
            self._patterns[path] = _Pattern(instance, known)
            return _asked(instance)
        return pattern.stamp(known)


def _asked(instance: Instance) -> Started:
    return Started(instance.dump(), instance.tasks(), instance.timers(), instance.data, instance.ended)


def _before_first_wait(definition: Definition) -> tuple[list[str] | None, tuple[str, str] | None]:
    """The conditions that decide the way to the first waiting steps, and the one decision asked on it.

    The conditions are None where a start cannot be stamped: a script computes data, a second decision builds on the
    first, or a sub-process or a computed timer is reached before anybody has to act.
    """
    conditions: list[str] = []
    decisions: list[tuple[str, str]] = []
    for spec in _reached(definition):
        element = spec.bpmn_id or spec.name
        if isinstance(spec, SubWorkflowTask) or getattr(spec, "loop_task", None) is not None:
            return None, None
        if isinstance(spec, ScriptTask):
            if element not in definition.decisions:
                return None, None
            decisions.append((element, definition.decisions[element]))
        if isinstance(spec, CatchingEvent):
            timer = getattr(spec, "event_definition", None)
            expression = str(getattr(timer, "expression", "P")).strip()
            if expression[:1] not in "Pp0123456789":
                return None, None
        if isinstance(spec, (ExclusiveGateway, InclusiveGateway)):
            conditions += [str(c.args[0]) for c, _ in spec.cond_task_specs if c is not None and getattr(c, "args", None)]
    if len(decisions) > 1:
        return None, None
    return conditions, decisions[0] if decisions else None


def _reached(definition: Definition) -> Iterator[Any]:
    """The specs that an instance may pass before it waits for a person, an event or the end."""
    queue, seen = [definition.spec.start], set()
    while queue:
        spec = queue.pop()
        if spec.name in seen:
            continue
        seen.add(spec.name)
        yield spec
        waits = spec.manual or (isinstance(spec, CatchingEvent) and spec is not definition.spec.start and spec.inputs)
        # A start event catches nothing; everything else that catches, waits.
        if not waits or type(spec).__name__ == "StartEvent":
            queue += spec.outputs


class _Pattern:
    """One start's state as text, cut where ids and data stand."""

    def __init__(self, instance: Instance, known: Mapping[str, Any]) -> None:
        self.asked = _asked(instance)
        document = json.loads(zstandard.decompress(self.asked.state, max_output_size=1 << 26))
        #: What each shared document of the state holds: names that come from the start, and what the path added.
        self.documents = [
            ([k for k in d if k in known], {k: v for k, v in d.items() if k not in known}, list(d))
            for d in document.pop("data")
        ]
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)[:-1]
        parts = _ID.split(text)
        #: Text, id, text, id … ; the ids by number.
        self.texts = parts[::2]
        numbers: dict[str, int] = {}
        self.order = [numbers.setdefault(i, len(numbers)) for i in parts[1::2]]
        self.numbers = numbers

    def stamp(self, known: Mapping[str, Any]) -> Started:
        fresh = [str(uuid4()) for _ in self.numbers]
        pieces = [self.texts[0]]
        for number, text in zip(self.order, self.texts[1:], strict=True):
            pieces += ['"', fresh[number], '"', text]
        encoded = {k: json.dumps(v, separators=(",", ":"), ensure_ascii=False, default=data_value) for k, v in known.items()}
        pool = []
        for _names, added, order in self.documents:
            members = (
                f'{json.dumps(k, ensure_ascii=False)}:'
                + (encoded[k] if k in encoded else json.dumps(added[k], separators=(",", ":"), ensure_ascii=False))
                for k in order
            )
            pool.append("{" + ",".join(members) + "}")
        state = _compress.compress(f'{"".join(pieces)},"data":[{",".join(pool)}]}}'.encode())
        return Started(
            state,
            [replace(t, id=fresh[self.numbers[t.id]]) for t in self.asked.tasks],
            [replace(t, id=fresh[self.numbers[t.id]]) for t in self.asked.timers],
            known,
            self.asked.ended,
        )
