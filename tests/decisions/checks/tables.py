"""Decision tables for tests, from plain rows."""

from __future__ import annotations

from collections.abc import Sequence

from yingshang.decisions.boxed import Literal
from yingshang.decisions.feel import compile as compile_
from yingshang.decisions.feel.types import BUILT_IN
from yingshang.decisions.table import Input, Output, Rule, Table


def table(inputs: str, rows: Sequence[str], policy: str = "UNIQUE", *, default: str = "", outputs: str = "结果",
          allowed: Sequence[str] = (), values: Sequence[object] | None = None) -> Table:  # fmt: skip
    """A table of one output.

    Args:
        inputs: ``"规模: string | 收入: number"``; without a type any value does.
        rows: ``"cell | cell -> result"``.
        allowed: allowed values of the inputs, empty for any.
        values: allowed values of the output.
    """
    columns = []
    for n, text in enumerate(inputs.split(" | ")):
        name, _, kind = text.partition(": ")
        tests = compile_(allowed[n], unary=True) if n < len(allowed) and allowed[n] else None
        columns.append(Input(name, compile_(name), BUILT_IN[kind] if kind else None, tests))
    rules = []
    for number, row in enumerate(rows, 1):
        cells, _, result = row.partition(" -> ")
        conditions = [compile_(c.strip(), unary=True) for c in cells.split(" | ")]
        assert len(conditions) == len(columns), row
        rules.append(Rule(number, f"r{number}", conditions, [Literal(expression=compile_(result or str(number)))]))
    output = Output(
        outputs, None, list(values) if values else None, Literal(expression=compile_(default)) if default else None
    )
    return Table(name="表", inputs=columns, outputs=[output], rules=rules, policy=policy)
