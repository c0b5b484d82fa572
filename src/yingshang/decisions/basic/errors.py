"""What can be wrong with a model, an expression or its evaluation."""

from __future__ import annotations


class DecisionError(ValueError):
    """Base of all errors here; ``file``, ``element`` and ``position`` say where, as far as known.

    Attributes:
        message: what is wrong, without the place.
        file: name of the DMN document.
        element: id of the element, or its name where it has no id.
        position: offset in characters inside a FEEL text, or the line of an XML document that is not well-formed.
    """

    def __init__(self, message: str, *, file: str = "", element: str = "", position: int | None = None) -> None:
        where = ", ".join(
            p
            for p in (file, element and f"element {element}", f"position {position}" if position is not None else "")
            if p
        )
        super().__init__(f"{message} ({where})" if where else message)
        self.message, self.file, self.element, self.position = message, file, element, position


class ParseError(DecisionError):
    """A FEEL expression that is not well-formed."""


class ModelError(DecisionError):
    """A DMN document that cannot be used."""


class EvaluationError(DecisionError):
    """An evaluation that has to stop (recursion too deep, work beyond the limit)."""
