"""The tree of a FEEL expression. Every node knows where it stands in its text, ``start`` to ``end``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yingshang.decisions.feel.types import Type


@dataclass(slots=True, kw_only=True)
class Node:
    start: int = 0
    end: int = 0


@dataclass(slots=True)
class Literal(Node):
    """A constant: number, text, true, false, null, ``@"…"``."""

    value: Any


@dataclass(slots=True)
class Name(Node):
    """A variable or a built-in function."""

    name: str


@dataclass(slots=True)
class Negate(Node):
    operand: Node


@dataclass(slots=True)
class Arithmetic(Node):
    """A chain of operators of one precedence, left to right."""

    first: Node
    rest: list[tuple[str, Node]]


@dataclass(slots=True)
class Compare(Node):
    op: str
    left: Node
    right: Node


@dataclass(slots=True)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(slots=True)
class In(Node):
    value: Node
    tests: list[Node]


@dataclass(slots=True)
class Logic(Node):
    """``and`` or ``or`` of two or more operands."""

    op: str
    operands: list[Node]


@dataclass(slots=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(slots=True)
class Binding(Node):
    """``name in source`` of a loop; ``high`` is the second end of ``low..high``."""

    name: str
    source: Node
    high: Node | None = None


@dataclass(slots=True)
class For(Node):
    bindings: list[Binding]
    body: Node


@dataclass(slots=True)
class Quantified(Node):
    every: bool
    bindings: list[Binding]
    body: Node


@dataclass(slots=True)
class InstanceOf(Node):
    value: Node
    type: Type


@dataclass(slots=True)
class Path(Node):
    source: Node
    name: str


@dataclass(slots=True)
class Filter(Node):
    source: Node
    condition: Node


@dataclass(slots=True)
class Call(Node):
    target: Node
    positional: list[Node]
    named: list[tuple[str, Node]]


@dataclass(slots=True)
class ListOf(Node):
    items: list[Node]


@dataclass(slots=True)
class ContextOf(Node):
    entries: list[tuple[str, Node]]


@dataclass(slots=True)
class RangeOf(Node):
    low: Node
    high: Node
    low_in: bool
    high_in: bool


@dataclass(slots=True)
class Comparison(Node):
    """``(< e)`` as a value, or ``< e`` as a unary test."""

    op: str
    endpoint: Node


@dataclass(slots=True)
class Parameter(Node):
    name: str
    type: Type | None


@dataclass(slots=True)
class FunctionOf(Node):
    parameters: list[Parameter]
    body: Node
    external: bool = False


@dataclass(slots=True)
class Tests(Node):
    """The unary tests of one cell; no test at all is ``-``, which any value meets."""

    tests: list[Node]
    negated: bool


def children(node: Node) -> list[Node]:
    """The nodes directly below, in the order of the text."""
    match node:
        case Negate(operand):
            return [operand]
        case Arithmetic(first, rest):
            return [first, *(n for _, n in rest)]
        case Compare(_, left, right):
            return [left, right]
        case Between(value, low, high):
            return [value, low, high]
        case In(value, tests):
            return [value, *tests]
        case Logic(_, operands):
            return operands
        case If(condition, then, otherwise):
            return [condition, then, otherwise]
        case Binding(_, source, high):
            return [source] if high is None else [source, high]
        case For(bindings, body) | Quantified(_, bindings, body):
            return [*bindings, body]
        case InstanceOf(value, _):
            return [value]
        case Path(source, _):
            return [source]
        case Filter(source, condition):
            return [source, condition]
        case Call(target, positional, named):
            return [target, *positional, *(n for _, n in named)]
        case ListOf(items):
            return items
        case ContextOf(entries):
            return [n for _, n in entries]
        case RangeOf(low, high):
            return [low, high]
        case Comparison(_, endpoint):
            return [endpoint]
        case FunctionOf(_, body):
            return [body]
        case Tests(tests, _):
            return tests
    return []


def size(node: Node, known: dict[int, int]) -> int:
    """How much there is to run at and below ``node``: operators and operands, not the constants that a cell lists.

    Args:
        known: sizes of nodes that were asked for before, by identity.
    """
    if id(node) in known:
        return known[id(node)]
    below = children(node)
    if isinstance(node, Tests):
        below = [n for n in below if not isinstance(n, Literal)]
    own = 1 + len(node.rest) if isinstance(node, Arithmetic) else 1
    known[id(node)] = found = own + sum(size(n, known) for n in below)
    return found


def mentions(node: Node, name: str) -> bool:
    """Whether the variable ``name`` occurs at or below ``node``."""
    return (isinstance(node, Name) and node.name == name) or any(mentions(c, name) for c in children(node))
