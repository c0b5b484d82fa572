"""A BPMN diagram as the moves that it allows: which steps may come next, whatever the conditions say.

Tokens lie on sequence flows (and in steps). Conditions, timers and messages are not asked: a gateway may take any of its
ways, an event may happen at any time. So what is checked against a net is the order of the steps, nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from lxml import etree

from yingshang.processes.bpmn import reading
from yingshang.processes.bpmn.graph import Graph
from yingshang.processes.bpmn.reading import BPMN, local

Marking = frozenset[str]
#: Ways of an inclusive gateway of which every combination is tried.
MOST_WAYS = 6
_STEPS = frozenset({"userTask", "manualTask"})
_PASSING = frozenset({"scriptTask", "businessRuleTask", "intermediateCatchEvent"})


@dataclass(frozen=True)
class Move:
    """Takes tokens and gives others; ``step`` is the id of the step that is done, empty where nobody does anything."""

    step: str
    takes: Marking
    gives: Marking
    clears: Marking = frozenset()

    def after(self, marking: Marking) -> Marking:
        """The marking behind it."""
        return (marking - self.takes - self.clears) | self.gives


class Net:
    """The moves of a diagram.

    Attributes:
        start: the tokens of an instance that just began.
        names: step → what it is called, Chinese and English.
    """

    def __init__(self, diagram: bytes) -> None:
        root = reading.read(diagram)
        process = root.find(f"{{{BPMN}}}process")
        self.names: dict[str, tuple[str, str]] = {}
        self._moves: list[Move] = []
        self._places: set[str] = set()
        self.start: Marking = frozenset() if process is None else self._add(process, "")
        everything = frozenset(self._places)
        self._moves = [Move(m.step, m.takes, m.gives, everything) if "*" in m.clears else m for m in self._moves]
        self._by_place: dict[str, list[Move]] = defaultdict(list)
        for move in self._moves:
            self._by_place[min(move.takes)].append(move)

    def enabled(self, marking: Marking) -> Iterator[Move]:
        """The moves that are open."""
        for place in marking:
            for move in self._by_place.get(place, ()):
                if move.takes <= marking:
                    yield move

    def step_of(self, name: str) -> str:
        """The id of the step of this id or name, ``""`` where there is none (or several of the name)."""
        if name in self.names:
            return name
        found = [i for i, names in self.names.items() if name in names]
        return found[0] if len(found) == 1 else ""

    def _move(self, step: str, takes: list[str], gives: list[str], clears: Marking = frozenset()) -> None:
        self._places.update(takes, gives)
        self._moves.append(Move(step, frozenset(takes), frozenset(gives), clears))

    def _add(self, scope: etree._Element, inside: str) -> Marking:
        """The moves of a process or sub-process; returns the tokens it begins with."""
        graph = Graph(scope)
        begin: list[str] = []
        for name in graph.nodes:
            ways = [str(f.get("id")) for f in graph.out.get(name, [])]
            if graph.kind(name) == "startEvent":
                begin += ways
            else:
                self._node(graph, name, ways, inside)
        for event, host in graph.hosts.items():
            ways = [str(f.get("id")) for f in graph.out.get(event, [])]
            stays = graph.nodes[event].get("cancelActivity") == "false"
            within = frozenset(self._inner(graph.nodes[host])) if not stays else frozenset()
            self._move("", [f"in {host}"], [*ways, *([f"in {host}"] if stays else [])], within)
        return frozenset(begin)

    def _node(self, graph: Graph, name: str, ways: list[str], inside: str) -> None:
        kind, node = graph.kind(name), graph.nodes[name]
        coming = [str(f.get("id")) for f in graph.into.get(name, [])]
        within = f"in {name}"
        if kind == "parallelGateway":
            self._move("", coming, ways)
        elif kind == "inclusiveGateway":
            for held in _some(coming):
                for taken in _some(ways):
                    self._move("", held, taken)
        elif kind in ("exclusiveGateway", "eventBasedGateway"):
            for flow in coming:
                for way in ways:
                    self._move("", [flow], [way])
        elif kind in _PASSING:
            for flow in coming:
                self._move("", [flow], ways)
        elif kind == "endEvent":
            ends = any(local(c) == "terminateEventDefinition" for c in node)
            for flow in coming:
                self._move(
                    "", [flow], [inside] if inside else [], frozenset({"*"}) if ends and not inside else frozenset()
                )
        elif kind in _STEPS:
            self._step(node, name, coming, ways)
        elif kind == "subProcess":
            begin = self._add(node, f"done {name}")
            for flow in coming:
                self._move("", [flow], [within, *begin])
            self._move("", [within, f"done {name}"], ways)

    def _step(self, node: etree._Element, name: str, coming: list[str], ways: list[str]) -> None:
        told = reading.ys_attributes(node).get("name_en", "")
        self.names[name] = (node.get("name") or name, told or node.get("name") or name)
        within = f"in {name}"
        for flow in coming:
            self._move("", [flow], [within])
        if node.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics") is None:
            self._move(name, [within], ways)
            return
        # As many times as there are items, none included.
        self._move(name, [within], [within])
        self._move("", [within], ways)

    def _inner(self, host: etree._Element) -> Iterator[str]:
        """The places inside a sub-process, which an interrupting event empties."""
        for element in host.iter(f"{{{BPMN}}}*"):
            if element is not host and (name := element.get("id")):
                yield from (name, f"in {name}", f"done {name}")


def _some(flows: list[str]) -> Iterator[list[str]]:
    """Every choice of at least one; of very many only each and all."""
    if len(flows) > MOST_WAYS:
        yield from ([f] for f in flows)
        yield flows
        return
    for size in range(1, len(flows) + 1):
        yield from (list(c) for c in combinations(flows, size))
