"""One evaluation of a model: its budget of steps, what it has to say, and, when asked for, its trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from yingshang.decisions.limits import EVALUATION_STEPS
from yingshang.decisions.trace import Note, Trace

Scope = dict[str, Any]


class Run:
    """State that the parts of one evaluation share.

    Attributes:
        budget: steps left, a list of one.
        notes: why something is null, where the engine knows.
        trace: the step that is being traced; None where nobody asked.
    """

    __slots__ = ("budget", "notes", "trace")

    def __init__(self, trace: Trace | None = None) -> None:
        self.budget = [EVALUATION_STEPS]
        self.notes: list[Note] = []
        self.trace = trace

    def note(self, code: str, **about: Any) -> None:
        """Say why a value became null, or what was wrong with it."""
        note = Note(code, about)
        self.notes.append(note)
        if self.trace is not None:
            self.trace.notes.append(note)

    @contextmanager
    def step(self, kind: str, name: str, id: str) -> Iterator[Trace]:
        """Trace a step inside the present one; only where there is one."""
        outer = self.trace
        inner = Trace(kind, name, id)
        if outer is not None:
            outer.steps.append(inner)
        self.trace = inner
        try:
            yield inner
        finally:
            self.trace = outer
