"""A procedure's definition: parsed once, shared by all its instances."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import zstandard
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.exceptions import SpiffWorkflowException

from yingshang.processes.bpmn import loops, reading, specs
from yingshang.processes.bpmn.errors import BadDiagram
from yingshang.processes.bpmn.reading import BPMN, local, ys_attributes
from yingshang.processes.bpmn.scripting import Decide, FeelEngine

if TYPE_CHECKING:
    from yingshang.processes.bpmn.instance import Instance


class Definition:
    """One version of a procedure. Never changes, so threads may share it.

    Attributes:
        process_id: id of the BPMN process.
        digest: SHA-256 (hex) of what runs; moving shapes about does not change it.
        names: element id → name, for every element of the process that has an id.
        flows: (source, target) → id of the sequence flow.
        results: element id → variable that a script or business rule task writes.
        decisions: element id → decision reference of a business rule task.
        has_loops: whether there is a multi-instance step.
    """

    def __init__(self, xml: bytes) -> None:
        root = reading.read(xml)
        self._xml = xml
        process = root.find(f"{{{BPMN}}}process")
        if process is None:
            raise BadDiagram("文件里没有流程", "there is no process in the file", "definitions")
        self.process_id: str = process.get("id", "")
        self._attributes: dict[str, dict[str, str]] = {}
        self.names: dict[str, str] = {}
        self.flows: dict[tuple[str, str], str] = {}
        for element in process.iter(f"{{{BPMN}}}*"):
            if name := element.get("id"):
                self._attributes[name] = ys_attributes(element)
                self.names[name] = element.get("name") or name
                if local(element) == "sequenceFlow":
                    self.flows[element.get("sourceRef", ""), element.get("targetRef", "")] = name
        self.results = {k: v["result"] for k, v in self._attributes.items() if "result" in v}
        self.decisions = {k: v["decision"] for k, v in self._attributes.items() if "decision" in v}
        self.digest = reading.digest(root)
        self.spec, self.subprocesses = self._parsed(root)
        parts = (self.spec, *self.subprocesses.values())
        for part in parts:
            specs.prepare(part)
        self.has_loops = any(isinstance(t, loops.Loop) for part in parts for t in part.task_specs.values())

    def _parsed(self, root: Any) -> tuple[Any, Any]:
        parser = specs.Parser()
        try:
            parser.add_bpmn_xml(root)
            return parser.get_spec(self.process_id), parser.get_subprocess_specs(self.process_id)
        except (
            RecursionError,
            ValidationException,
            SpiffWorkflowException,
            KeyError,
            ValueError,
            AttributeError,
            AssertionError,
        ) as error:
            if "RecursionError" in repr(error):  # Spiff follows the flows by recursion, and wraps what it catches.
                raise BadDiagram(
                    "流程从头到尾的环节太多", "the path from start to end has too many steps", self.process_id
                ) from None
            element = getattr(error, "id", None) or self.process_id
            raise BadDiagram(f"流程图无法运行：{error}", f"the diagram cannot be run: {error}", element) from None

    @classmethod
    def parse(cls, xml: bytes) -> Definition:
        """Parse a diagram that passed :func:`check`.

        Raises:
            BadDiagram, reading.UnreadableXml: it cannot be parsed.
        """
        return cls(xml)

    def spec_bytes(self) -> bytes:
        """The definition as stored, once for all instances. It is the diagram, which outlives versions of the engine."""
        return zstandard.compress(self._xml)

    @classmethod
    def from_spec_bytes(cls, data: bytes) -> Definition:
        """The definition out of :meth:`spec_bytes`. Parsing takes some milliseconds: keep it."""
        return cls(zstandard.decompress(data, max_output_size=reading.MOST_BYTES))

    def attributes(self, step: str) -> Mapping[str, str]:
        """The ``ys:*`` attributes of an element, without prefix; empty for an unknown one."""
        return self._attributes.get(step, {})

    def engine(self, decide: Decide | None) -> FeelEngine:
        """A script engine for one instance."""
        return FeelEngine(self.results, self.decisions, decide)

    def start(self, data: Mapping[str, Any], now: datetime, decide: Decide | None = None) -> Instance:
        """Start an instance and run it up to where somebody has to act.

        Args:
            data: the variables to begin with.
            now: aware; the moment that timers count from.
            decide: answers the decisions of business rule tasks.

        Raises:
            ProcedureError: it cannot go on.
        """
        from yingshang.processes.bpmn.instance import Instance

        return Instance.started(self, data, now, decide)

    def load(self, state: bytes, decide: Decide | None = None) -> Instance:
        """An instance out of its stored state.

        Raises:
            UnreadableState: damaged, or not a state of this definition.
        """
        from yingshang.processes.bpmn.instance import Instance

        return Instance.loaded(self, state, decide)
