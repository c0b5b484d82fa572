"""What the parts of the compiler share: scopes of names, places of frames (see :mod:`compiler`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from yingshang.decisions.feel import syntax
from yingshang.decisions.feel.builtins import BUILTINS
from yingshang.decisions.feel.frames import INPUT, LOCALS, OUTSIDE, Frame, Run
from yingshang.decisions.feel.syntax import Node
from yingshang.decisions.limits import NODES_A_STEP


class Variable(NamedTuple):
    name: str
    slot: int


class Item(NamedTuple):
    """A filter around: the entries of the item in ``slot`` are variables, where it is a context."""

    slot: int


class Compiling:
    """The names of one expression, and the closures of its constants and names.

    Attributes:
        size: places that a frame needs.
        free: names that come from outside.
    """

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.scope: list[Variable | Item] = []
        self.size = LOCALS
        self.free: set[str] = set()
        self._sizes: dict[int, int] = {}

    def slot(self) -> int:
        self.size += 1
        return self.size - 1

    def steps(self, node: Node) -> int:
        """What it costs to run a node once."""
        return 1 + syntax.size(node, self._sizes) // NODES_A_STEP

    def run(self, node: Node) -> Run:
        """The closure of a node."""
        method: Callable[[Any], Run] = getattr(self, "_" + type(node).__name__.lower())
        return method(node)

    def runs(self, nodes: Sequence[Node]) -> list[Run]:
        return [self.run(n) for n in nodes]

    # --- names and constants ------------------------------------------------------------------------------------------

    def _literal(self, node: syntax.Literal) -> Run:
        value = node.value
        return lambda f: value

    def _name(self, node: syntax.Name) -> Run:
        name = node.name
        if name == "?":
            self.free.add(name)
            return lambda f: f[INPUT]
        items: list[int] = []
        for entry in reversed(self.scope):
            if isinstance(entry, Item):
                items.append(entry.slot)
            elif entry.name == name:
                return self._in_items(name, items, itemgetter(entry.slot))
        self.free.add(name)
        builtin = BUILTINS[name].function if name in BUILTINS else None
        return self._in_items(name, items, lambda f: f[OUTSIDE].get(name, builtin))

    @staticmethod
    def _in_items(name: str, items: list[int], outer: Run) -> Run:
        """The entry ``name`` of the closest item that has it, else what ``outer`` says."""
        if not items:
            return outer

        def run(f: Frame) -> Any:
            for slot in items:
                item = f[slot]
                if type(item) is dict and name in item:
                    return item[name]
            return outer(f)

        return run
