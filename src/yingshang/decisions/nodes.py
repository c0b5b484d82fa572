"""What a decision requirements graph is made of (DMN 1.5, chapters 6 and 7.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from yingshang.decisions.boxed import Boxed, Definition
from yingshang.decisions.feel.types import Type


class Need(NamedTuple):
    """A requirement.

    Attributes:
        kind: input, decision, knowledge or service.
        name: of the element in its own model.
        prefix: name of the import; empty for the own model, and for imports without a name.
        namespace: of the model that has it; empty for the own.
    """

    kind: str
    name: str
    prefix: str = ""
    namespace: str = ""

    @property
    def qualified(self) -> str:
        """The name as expressions write it."""
        return f"{self.prefix}.{self.name}" if self.prefix else self.name


@dataclass(slots=True)
class Node:
    """An element of the graph; ``position`` is its line in the document, ``type`` that of its value, None for any."""

    id: str
    name: str
    type: Type | None = None
    position: int = 0
    needs: Sequence[Need] = field(default=(), kw_only=True)

    @property
    def requires(self) -> list[str]:
        """Names of what it requires: inputs, decisions, knowledge and services, as its expressions write them."""
        return [n.qualified for n in self.needs]


@dataclass(slots=True)
class InputData(Node):
    """Data from outside."""


@dataclass(slots=True)
class Decision(Node):
    """A decision; ``logic`` is None where the model gives none."""

    logic: Boxed | None = None
    question: str = ""


@dataclass(slots=True, kw_only=True)
class Knowledge(Node):
    """A business knowledge model: a function by name; ``type`` is that of its result."""

    definition: Definition


@dataclass(slots=True)
class Service(Node):
    """A decision service; its parameters are the input data, then the input decisions (DMN 1.5, 10.4)."""

    inputs: Sequence[Need] = ()
    outputs: Sequence[Need] = ()
    encapsulated: Sequence[Need] = ()
