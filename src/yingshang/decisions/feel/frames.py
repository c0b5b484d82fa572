"""Frames of compiled expressions, and what running them costs.

A step is a turn of a loop, an item filtered, a call. Going through a long list, text or context costs a step for each
eight parts, so that no model can spend hours inside one built-in function; a regular expression costs by the time it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import thread_time
from typing import Any

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel.builtins import Builtin
from yingshang.decisions.limits import STEPS_PER_SECOND
from yingshang.decisions.spending import PARTS_A_STEP

Frame = list[Any]
Run = Callable[[Frame], Any]

#: Places of a frame: variables from outside, steps left, the value under test, then locals.
OUTSIDE, BUDGET, INPUT, LOCALS = 0, 1, 2, 3

SIZED = frozenset((list, str, dict))
SHORT = 64
#: What a built-in function costs, whatever it is given: some take as long as five turns of a loop, a few much longer.
_CALL = 3
_COSTLY = {"log": 12, "exp": 6, "modulo": 6}
#: Those that cost by the time they take.
TIMED = frozenset(("matches", "replace", "split", "range"))


def spend(frame: Frame, steps: int = 1) -> None:
    """Count steps.

    Raises:
        EvaluationError: the steps are used up.
    """
    budget = frame[BUDGET]
    budget[0] -= steps
    if budget[0] < 0:
        raise EvaluationError("the evaluation takes too many steps")


def charge(frame: Frame, value: Any) -> None:
    """Count the steps that it takes to go through a value.

    Raises:
        EvaluationError: the steps are used up.
    """
    if type(value) in SIZED and len(value) > SHORT:
        spend(frame, len(value) // PARTS_A_STEP)


def invoke(frame: Frame, fn: Builtin, arguments: Sequence[Any]) -> Any:
    """Call a built-in function at what it costs."""
    if fn.name in TIMED:
        return _timed(frame, lambda: fn(*arguments))
    _pay(frame, fn, arguments)
    return fn(*arguments)


def invoke_named(frame: Frame, fn: Builtin, arguments: Mapping[str, Any]) -> Any:
    """The same with arguments by name."""
    if fn.name in TIMED:
        return _timed(frame, lambda: fn.named(arguments))
    _pay(frame, fn, arguments.values())
    return fn.named(arguments)


def cost(fn: Builtin) -> int:
    """Steps that a call costs whatever it is given."""
    return _COSTLY.get(fn.name, _CALL)


def _pay(frame: Frame, fn: Builtin, arguments: Iterable[Any]) -> None:
    steps = cost(fn)
    for value in arguments:
        if type(value) in SIZED and len(value) > SHORT:
            steps += len(value) // PARTS_A_STEP
    spend(frame, steps)


def _timed(frame: Frame, call: Callable[[], Any]) -> Any:
    # The thread's own time: a machine that is busy otherwise changes no verdict.
    start = thread_time()
    result = call()
    spend(frame, int((thread_time() - start) * STEPS_PER_SECOND))
    return result
