"""What can go wrong with a procedure, said in both languages and with the element where it happens."""

from __future__ import annotations


class ProcedureError(ValueError):
    """A procedure could not go on.

    Attributes:
        element: id of the element, ``""`` when it is none in particular.
        zh, en: what happened, for the person who edits the diagram.
    """

    def __init__(self, zh: str, en: str, element: str = "") -> None:
        super().__init__(f"{element}: {zh} / {en}" if element else f"{zh} / {en}")
        self.zh, self.en, self.element = zh, en, element


class BadDiagram(ProcedureError):
    """The diagram cannot be made into a procedure."""


class ScriptError(ProcedureError):
    """An expression, script, timer or decision of the diagram could not be evaluated."""


class NoWay(ProcedureError):
    """A gateway has no flow to take: no condition holds and there is no default flow."""


class Runaway(ProcedureError):
    """The procedure goes round and round without anybody having to act."""


class UnknownTask(LookupError):
    """The instance does not wait for this task (any more)."""


class AlreadyFired(UnknownTask):
    """The timer has fired before, or its step has been left."""
