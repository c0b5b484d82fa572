"""The nodes and flows of one process or sub-process."""

from __future__ import annotations

from collections import defaultdict

from lxml import etree

from yingshang.processes.bpmn.reading import BPMN, local
from yingshang.processes.bpmn.vocabulary import FLOW_NODES


class Graph:
    """What lies directly in a process or sub-process; a sub-process in it is one node.

    Attributes:
        element: the process or sub-process.
        nodes: id → element.
        flows: the sequence flows in the order of the document.
        out, into: node → flows that leave it, lead to it.
        hosts: boundary event → the step it sits on.
    """

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        self.nodes: dict[str, etree._Element] = {
            c.get("id", ""): c for c in element if local(c) in FLOW_NODES and c.get("id")
        }
        self.flows: list[etree._Element] = element.findall(f"{{{BPMN}}}sequenceFlow")
        self.out: dict[str, list[etree._Element]] = defaultdict(list)
        self.into: dict[str, list[etree._Element]] = defaultdict(list)
        for flow in self.flows:
            self.out[flow.get("sourceRef", "")].append(flow)
            self.into[flow.get("targetRef", "")].append(flow)
        self.hosts = {n: e.get("attachedToRef", "") for n, e in self.nodes.items() if local(e) == "boundaryEvent"}

    def kind(self, name: str) -> str:
        """The tag of a node."""
        return local(self.nodes[name])

    def next(self, name: str) -> list[str]:
        """The nodes behind a node."""
        return [f.get("targetRef", "") for f in self.out.get(name, [])]

    def reached(self) -> set[str]:
        """The nodes that a token may come to. A boundary event is reached with its step."""
        guests: dict[str, list[str]] = defaultdict(list)
        for event, host in self.hosts.items():
            guests[host].append(event)
        seen: set[str] = set()
        queue = [n for n in self.nodes if self.kind(n) == "startEvent"]
        while queue:
            name = queue.pop()
            if name not in seen:
                seen.add(name)
                queue += [*self.next(name), *guests[name]]
        return seen
