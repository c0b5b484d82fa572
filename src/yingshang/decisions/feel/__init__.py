"""FEEL 1.5: expressions and unary tests, compiled to Python closures (DMN 1.5, chapter 10).

>>> from yingshang.decisions import feel
>>> feel.evaluate("研发费用 / 营业收入 * 100 >= 3", {"研发费用": 54, "营业收入": 2000})
False

``compile(text)`` parses once; ``Expression.evaluate(context)`` runs many times. An expression reaches its context and
the built-in functions, and no Python object, file or network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel import scanner
from yingshang.decisions.feel.builtins import BUILTINS
from yingshang.decisions.feel.compiler import Compiler
from yingshang.decisions.feel.frames import INPUT, Run
from yingshang.decisions.feel.parser import parse
from yingshang.decisions.feel.syntax import Node, size
from yingshang.decisions.feel.types import Type
from yingshang.decisions.limits import EVALUATION_STEPS, NODES_A_STEP
from yingshang.decisions.spending import within
from yingshang.decisions.values import from_python, to_python

__all__ = ["Expression", "compile", "evaluate"]


@dataclass(frozen=True)
class Expression:
    """A compiled expression.

    Attributes:
        text: as it was given.
        names: the names that it reads from its context; ``?`` for the value under test.
        tree: what it was parsed to.
    """

    text: str
    names: frozenset[str]
    tree: Node = field(repr=False)
    run: Run = field(repr=False)
    size: int = field(repr=False)

    @cached_property
    def cost(self) -> int:
        """Steps that running it takes besides those of its loops and calls; none where it is short."""
        return size(self.tree, {}) // NODES_A_STEP

    def evaluate(self, context: Mapping[str, Any] | None = None) -> Any:
        """Evaluate over Python values; what is an error in FEEL gives None.

        Args:
            context: values by name; numbers may be int, float or Decimal, and are taken as decimals. The value under
                test of a cell is ``?``.

        Returns:
            None, bool, Decimal, str, list, dict, ``datetime``'s types, a duration in months, a range or a function.

        Raises:
            EvaluationError: the evaluation takes too many steps or goes too deep.
        """
        given = {k: from_python(v) for k, v in (context or {}).items()}
        budget = [EVALUATION_STEPS]
        with within(budget):
            return to_python(self.execute(given, None, budget))

    def execute(self, scope: Mapping[str, Any], value: Any = None, budget: list[int] | None = None) -> Any:
        """The same over FEEL values, to FEEL values.

        Args:
            scope: variables by name.
            value: the value under test; ``?`` in ``scope`` where it is not given.
            budget: steps left, shared by the expressions of one evaluation.
        """
        frame = [None] * self.size
        frame[0] = scope  # type: ignore[call-overload]
        frame[1] = budget or [EVALUATION_STEPS]  # type: ignore[call-overload]
        frame[INPUT] = scope.get("?") if value is None else value
        try:
            return self.run(frame)
        except RecursionError:
            raise EvaluationError("the evaluation is nested too deeply") from None


def compile(
    text: str,
    *,
    unary: bool = False,
    names: Iterable[str] = (),
    members: Iterable[str] = (),
    types: Mapping[str, Type] | None = None,
) -> Expression:
    """Compile an expression, or with ``unary`` the unary tests of a cell.

    Args:
        names: names known where the text stands, so that those with spaces or signs are read as one.
        members: names of components, known behind a dot and inside filters.
        types: named types for ``instance of`` and the parameters of functions.

    Raises:
        ParseError: with the position.
    """
    known = scanner.all_normal(frozenset(names))
    tree = parse(text, unary=unary, names=known, members=members, types=types or {}, functions=BUILTINS)
    compiler = Compiler(known)
    run = compiler.run(tree)
    free = frozenset(n for n in compiler.free if n in known or n not in BUILTINS)
    return Expression(text, free, tree, run, compiler.size)


def evaluate(text: str, context: Mapping[str, Any] | None = None) -> Any:
    """Compile and evaluate once; see :meth:`Expression.evaluate`."""
    return compile(text, names=context or ()).evaluate(context)
