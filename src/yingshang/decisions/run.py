"""One evaluation of a model: its budget of steps, what it has to say, and, when asked for, its trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.limits import EVALUATION_STEPS, NOTES, TRACED_STEPS
from yingshang.decisions.trace import Note, Trace

Scope = dict[str, Any]


class Run:
    """State that the parts of one evaluation share.

    Attributes:
        budget: steps left, a list of one.
        notes: why something is null, where the engine knows; the first of them, where there are very many.
        trace: the step that is being traced; None where nobody asked.
    """

    __slots__ = ("_room", "budget", "notes", "trace")

    def __init__(self, trace: Trace | None = None) -> None:
        self.budget = [EVALUATION_STEPS]
        self.notes: list[Note] = []
        self.trace = trace
        self._room = TRACED_STEPS

    def spend(self, steps: int = 1) -> None:
        """Count steps.

        Raises:
            EvaluationError: the steps are used up.
        """
        self.budget[0] -= steps
        if self.budget[0] < 0:
            raise EvaluationError("the evaluation takes too many steps")

    def note(self, code: str, **about: Any) -> None:
        """Say why a value became null, or what was wrong with it."""
        if len(self.notes) >= NOTES:
            return
        note = Note(code, about)
        self.notes.append(note)
        if self.trace is not None:
            self.trace.notes.append(note)

    @contextmanager
    def step(self, kind: str, name: str, id: str) -> Iterator[Trace]:
        """Trace a step inside the present one; beyond the limit it is dropped."""
        outer = self.trace
        inner = Trace(kind, name, id)
        if outer is not None and self._room > 0:
            self._room -= 1
            outer.steps.append(inner)
        self.trace = inner
        try:
            yield inner
        finally:
            self.trace = outer
