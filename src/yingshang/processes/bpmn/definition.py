"""A procedure's definition: parsed once, shared by all its instances."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import zstandard
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from yingshang.processes.bpmn import reading, specs
from yingshang.processes.bpmn.reading import BPMN, local, ys_attributes
from yingshang.processes.bpmn.scripting import Decide, FeelEngine

if TYPE_CHECKING:
    from yingshang.processes.bpmn.instance import Instance


class BadDiagram(ValueError):
    """The diagram cannot be made into a procedure; ``element`` is the id where it fails."""

    def __init__(self, message: str, element: str = "definitions") -> None:
        super().__init__(message)
        self.element = element


class Definition:
    """One version of a procedure.

    Attributes:
        process_id: id of the BPMN process.
        digest: SHA-256 (hex) of what runs; moving shapes about does not change it.
    """

    def __init__(self, xml: bytes) -> None:
        root = reading.read(xml)
        self._xml = xml
        process = root.find(f"{{{BPMN}}}process")
        if process is None:
            raise BadDiagram("没有流程 / there is no process")
        self.process_id = process.get("id", "")
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
        from lxml import etree

        self.digest = hashlib.sha256(etree.tostring(process, method="c14n")).hexdigest()
        parser = specs.Parser()
        try:
            parser.add_bpmn_xml(root)
            self.spec = parser.get_spec(self.process_id)
            self.subprocesses = parser.get_subprocess_specs(self.process_id)
        except ValidationException as error:
            raise BadDiagram(str(error), getattr(error, "id", None) or self.process_id) from None
        for spec in (self.spec, *self.subprocesses.values()):
            specs.prepare(spec)

    @classmethod
    def parse(cls, xml: bytes) -> Definition:
        """Parse a diagram that passed :func:`check`.

        Raises:
            BadDiagram, reading.UnreadableXml: it cannot be parsed.
        """
        return cls(xml)

    def spec_bytes(self) -> bytes:
        """The definition as stored, once for all instances."""
        return zstandard.compress(self._xml)

    @classmethod
    def from_spec_bytes(cls, data: bytes) -> Definition:
        return cls(zstandard.decompress(data, max_output_size=reading.MOST_BYTES))

    def attributes(self, step: str) -> Mapping[str, str]:
        """The ``ys:*`` attributes of an element, without prefix; empty for an unknown one."""
        return self._attributes.get(step, {})

    def engine(self, decide: Decide | None) -> FeelEngine:
        return FeelEngine(self.results, self.decisions, decide)

    def start(self, data: Mapping[str, Any], now: datetime, decide: Decide | None = None) -> Instance:
        """Start an instance and run it up to where somebody has to act."""
        from yingshang.processes.bpmn.instance import Instance

        return Instance.started(self, data, now, decide)

    def load(self, state: bytes, decide: Decide | None = None) -> Instance:
        """An instance out of its stored state."""
        from yingshang.processes.bpmn.instance import Instance

        return Instance.loaded(self, state, decide)
