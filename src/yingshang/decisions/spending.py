"""What going through large values costs the evaluation that a thread is in.

Loops, filters and calls count their steps where they run. Comparing, converting, joining and type checks go through parts of
values that no loop names, so they count them here: nobody hands them an evaluation, and each thread is in one at a time.
"""

from __future__ import annotations

from threading import local

from yingshang.decisions.errors import EvaluationError

#: Parts that are gone through for a step, and how many are gathered before they are counted.
PARTS_A_STEP, _GATHERED = 8, 64
#: Characters that are copied or compared in the time of one part, and texts that are not worth counting.
_CHARACTERS, SHORT_TEXT = 8, 1024


class _Now(local):
    """The evaluation that this thread is in.

    Attributes:
        budget: steps left, a list of one; None outside evaluations, where nothing is counted.
        parts: gone through, and not counted yet.
    """

    budget: list[int] | None = None
    parts: int = 0


NOW = _Now()


class within:
    """A block inside which what is gone through is taken from a budget of steps."""

    __slots__ = ("_budget", "_held")

    def __init__(self, budget: list[int]) -> None:
        self._budget = budget

    def __enter__(self) -> None:
        now = NOW
        self._held, now.budget, now.parts = now.budget, self._budget, 0

    def __exit__(self, *raised: object) -> None:
        NOW.budget = self._held


def through(parts: int) -> None:
    """Count parts of a value: items, entries, and the list or context itself for two.

    Raises:
        EvaluationError: the steps are used up.
    """
    now = NOW
    now.parts += parts
    if now.parts < _GATHERED:
        return
    steps, now.parts = now.parts // PARTS_A_STEP, 0
    budget = now.budget
    if budget is not None:
        budget[0] -= steps
        if budget[0] < 0:
            raise EvaluationError("the evaluation takes too many steps")


def characters(count: int) -> None:
    """Count characters of a text that is copied or compared.

    Raises:
        EvaluationError: the steps are used up.
    """
    through(count // _CHARACTERS)
