"""Can a case get stuck, or run in circles? Playing with tokens, without data.

The game takes every outcome of a gateway to be possible. Choices at different places do not influence one another (the
net is free-choice where there is no inclusive join), so it is enough to look at one place at a time, which keeps the
number of positions small.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations

from yingshang.processes.bpmn.graph import Graph
from yingshang.processes.bpmn.vocabulary import WAITS

#: Positions looked at; a diagram with more choices than that is taken to be sound.
MOST_POSITIONS = 20_000
#: Tokens on one flow; more mean that branches multiply, which the engine can do and the game need not follow.
MOST_TOKENS = 3

_Position = tuple[int, ...]


def circles(graph: Graph) -> Iterator[str]:
    """Nodes from which a way leads back to them past nobody: one for each such circle."""
    passing = {n for n in graph.nodes if graph.kind(n) not in WAITS and not _waits_inside(graph, n)}
    seen: set[str] = set()
    for name in graph.nodes:
        if name not in passing or name in seen:
            continue
        behind = _closure(graph, name, passing)
        if name in behind:
            seen |= {n for n in behind if name in _closure(graph, n, passing)}
            yield name


def _waits_inside(graph: Graph, name: str) -> bool:
    inside = graph.nodes[name].iter()
    return graph.kind(name) == "subProcess" and any(
        e.tag.rpartition("}")[2] in WAITS for e in inside if isinstance(e.tag, str)
    )


def _closure(graph: Graph, name: str, among: set[str]) -> set[str]:
    found: set[str] = set()
    queue = [n for n in graph.next(name) if n in among]
    while queue:
        current = queue.pop()
        if current not in found:
            found.add(current)
            queue += [n for n in graph.next(current) if n in among]
    return found


def deadlocks(graph: Graph) -> list[str]:
    """Parallel gateways that may wait for ever."""
    if any(graph.kind(n) == "inclusiveGateway" and len(graph.into[n]) > 1 for n in graph.nodes):
        return []
    return _Game(graph).stuck()


class _Game:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.places = {f.get("id", ""): i for i, f in enumerate(graph.flows)}
        self.target = [f.get("targetRef", "") for f in graph.flows]
        self.moves = {n: self._moves(n) for n in graph.nodes}

    def _out(self, name: str) -> tuple[int, ...]:
        return tuple(self.places[f.get("id", "")] for f in self.graph.out[name])

    def _moves(self, name: str) -> list[tuple[int, ...]]:
        """The sets of flows on which a node may put tokens when it is left."""
        out, kind = self._out(name), self.graph.kind(name)
        if kind in ("exclusiveGateway", "eventBasedGateway"):
            return [(p,) for p in out]
        if kind == "inclusiveGateway":
            return list(chain.from_iterable(combinations(out, n) for n in range(1, len(out) + 1)))
        moves = [out]
        for event, host in self.graph.hosts.items():
            if host == name:
                beyond = self._out(event)
                interrupts = self.graph.nodes[event].get("cancelActivity", "true") != "false"
                moves += [beyond] if interrupts else [m + beyond for m in moves]
        return moves

    def stuck(self) -> list[str]:
        start = next(n for n in self.graph.nodes if self.graph.kind(n) == "startEvent")
        empty = (0,) * len(self.target)
        queue = [_put(empty, self._out(start))]
        seen = set(queue)
        found: dict[str, None] = {}
        while queue and len(seen) < MOST_POSITIONS:
            position = queue.pop()
            following = self._following(position)
            if following is None:
                found.update({self.target[p]: None for p, n in enumerate(position) if n})
                continue
            for after in following:
                if after not in seen and max(after, default=0) <= MOST_TOKENS:
                    seen.add(after)
                    queue.append(after)
        return list(found)

    def _following(self, position: _Position) -> list[_Position] | None:
        """The positions after one node has moved; None when there are tokens and no node can."""
        waiting = False
        for place, count in enumerate(position):
            if not count:
                continue
            name = self.target[place]
            if self.graph.kind(name) == "parallelGateway":
                into = tuple(self.places[f.get("id", "")] for f in self.graph.into[name])
                if not all(position[p] for p in into):
                    waiting = True
                    continue
                taken = _take(position, into)
            else:
                taken = _take(position, (place,))
            if self._terminates(name):
                return [(0,) * len(position)]
            return [_put(taken, move) for move in self.moves[name]]
        return None if waiting else []

    def _terminates(self, name: str) -> bool:
        return any(
            e.tag.endswith("}terminateEventDefinition") for e in self.graph.nodes[name] if isinstance(e.tag, str)
        )


def _put(position: _Position, places: tuple[int, ...]) -> _Position:
    after = list(position)
    for p in places:
        after[p] += 1
    return tuple(after)


def _take(position: _Position, places: tuple[int, ...]) -> _Position:
    after = list(position)
    for p in places:
        after[p] -= 1
    return tuple(after)
