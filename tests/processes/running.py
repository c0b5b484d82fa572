"""Driving instances in tests: every move goes through storage, as it does in the kernel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from yingshang.processes import bpmn

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Run:
    """An instance that is loaded, moved and dumped for each move by a freshly parsed definition, as after a restart."""

    def __init__(self, xml: bytes, decide: Any = None, **data: Any) -> None:
        self.xml, self.decide, self.now = xml, decide, NOW
        definition = bpmn.Definition.parse(xml)
        self.spec = definition.spec_bytes()
        self.state = definition.start(data, self.now, decide).dump()

    def load(self) -> bpmn.Instance:
        return bpmn.Definition.from_spec_bytes(self.spec).load(self.state, self.decide)

    def later(self, **by: float) -> Run:
        self.now += timedelta(**by)
        return self

    @property
    def steps(self) -> list[str]:
        return [t.step for t in self.load().tasks()]

    @property
    def timers(self) -> dict[str, datetime]:
        return {t.step: t.due for t in self.load().timers()}

    @property
    def data(self) -> Mapping[str, Any]:
        return self.load().data

    @property
    def ended(self) -> bool:
        return self.load().ended

    def do(self, step: str, nth: int = 0, /, **data: Any) -> Run:
        instance = self.load()
        task = [t for t in instance.tasks() if t.step == step][nth]
        instance.complete(task.id, data, self.now)
        self.state = instance.dump()
        return self

    def fire(self, step: str) -> Run:
        instance = self.load()
        timer = next(t for t in instance.timers() if t.step == step)
        instance.fire(timer.id, self.now)
        self.state = instance.dump()
        return self

    def message(self, name: str, **data: Any) -> int:
        instance = self.load()
        caught = instance.message(name, data, self.now)
        self.state = instance.dump()
        return caught
