"""Calls of built-in functions by their names: what does not depend on the arguments is settled before the first call.

Most functions have one signature, and most arguments are of the kinds that it names: then the function is called at once.
Everything else goes the way of :func:`yingshang.decisions.feel.frames.invoke`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import DecimalException
from typing import Any

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel.builtins import Builtin
from yingshang.decisions.feel.builtins.registry import Parameter, Unfit
from yingshang.decisions.feel.frames import BUDGET, SHORT, SIZED, TIMED, Frame, Run, cost, invoke
from yingshang.decisions.spending import PARTS_A_STEP


def by_position(fn: Builtin, arguments: Sequence[Run]) -> Run:
    """A call with arguments by position."""
    if len(fn.signatures) == 1 and fn.name not in TIMED:
        (signature,) = fn.signatures
        fits = not signature.variadic and signature.least <= len(arguments) <= len(signature.parameters)
        if fits and len(arguments) == 1:
            return _of_one(fn, signature.call, signature.parameters[0], arguments[0])
        if fits and len(arguments) == 2:
            return _of_two(fn, signature.call, signature.parameters, *arguments)
    return lambda f: invoke(f, fn, [a(f) for a in arguments])


def _of_one(fn: Builtin, call: Any, parameter: Parameter, argument: Run) -> Run:
    kinds, anything, once = frozenset(parameter.kinds), not parameter.kinds, cost(fn)

    def run(f: Frame) -> Any:
        value = argument(f)
        kind = type(value)
        if not (anything or kind in kinds):
            return invoke(f, fn, (value,))
        steps = once
        if kind in SIZED and len(value) > SHORT:
            steps += len(value) // PARTS_A_STEP
        budget = f[BUDGET]
        budget[0] -= steps
        if budget[0] < 0:
            raise EvaluationError("the evaluation takes too many steps")
        try:
            return call(value)
        except (Unfit, DecimalException, OverflowError):
            return None

    return run


def _of_two(fn: Builtin, call: Any, parameters: Sequence[Parameter], first: Run, second: Run) -> Run:
    kinds, others = (frozenset(p.kinds) for p in parameters[:2])
    anything, whatever, once = not kinds, not others, cost(fn)

    def run(f: Frame) -> Any:
        value, other = first(f), second(f)
        kind, sort = type(value), type(other)
        if not ((anything or kind in kinds) and (whatever or sort in others)):
            return invoke(f, fn, (value, other))
        steps = once
        if kind in SIZED and len(value) > SHORT:
            steps += len(value) // PARTS_A_STEP
        if sort in SIZED and len(other) > SHORT:
            steps += len(other) // PARTS_A_STEP
        budget = f[BUDGET]
        budget[0] -= steps
        if budget[0] < 0:
            raise EvaluationError("the evaluation takes too many steps")
        try:
            return call(value, other)
        except (Unfit, DecimalException, OverflowError):
            return None

    return run
