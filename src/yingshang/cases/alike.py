"""Answering a decision once for all demands that it cannot tell apart.

Tables that look for words in a text (``contains(?, "退税") or contains(?, "免抵")``) see nothing of it but which of their
cells it meets. Two demands that meet the same cells, with the same category and place, then get the same answer, however
different their texts are. Where the model asks more of a text than that, the text itself is what demands are told apart by.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yingshang import decisions
from yingshang.decisions.boxed import Literal
from yingshang.decisions.feel import syntax
from yingshang.decisions.feel.types import Simple

#: Answers kept of one decision; beyond that all are forgotten, so that a long import does not grow.
KEPT = 20_000
#: Longer texts that are read whole hardly ever come twice.
SHORT = 100


@dataclass(frozen=True)
class _Column:
    """A column of words: the texts that are put together (input names, or constants), and which cells such a text meets."""

    parts: tuple[tuple[bool, str], ...]
    met: Callable[[str], tuple[bool, ...]]

    def seen(self, inputs: Mapping[str, Any]) -> tuple[bool, ...]:
        return self.met("".join([inputs[part] if is_name else part for is_name, part in self.parts]))


class Alike:
    """One decision of a model, with its answers kept by what it can tell apart. Not for two threads at once."""

    def __init__(self, model: decisions.Model, decision: str) -> None:
        self.model, self.decision = model, decision
        self._texts, self._columns = _columns(model)
        self._rest = [name for name in model.inputs if name not in self._texts]
        self._plain = bool(model.imports)
        self._answers: dict[Any, Any] = {}
        #: How often the model itself was asked.
        self.asked = 0

    def evaluate(self, inputs: Mapping[str, Any]) -> Any:
        """The same as ``model.evaluate(decision, inputs)``."""
        key = self._key(inputs)
        if key is None:
            return self._ask(inputs)
        if key not in self._answers:
            if len(self._answers) >= KEPT:
                self._answers.clear()
            self._answers[key] = self._ask(inputs)
        # Callers own what they get.
        return _own(self._answers[key])

    def _ask(self, inputs: Mapping[str, Any]) -> Any:
        self.asked += 1
        return self.model.evaluate(self.decision, inputs)

    def _key(self, inputs: Mapping[str, Any]) -> Any:
        """What the decision can tell apart; None where that is not known."""
        if self._plain or any(type(inputs.get(name)) is not str for name in self._texts):
            return None
        # A decision whose value is given is not asked.
        if any(name in self.model.decisions for name in inputs):
            return None
        rest = tuple(inputs.get(name, _Absent) for name in self._rest)
        if any(type(v) not in _KEYS or (type(v) is str and len(v) > SHORT) for v in rest):
            return None
        return rest, tuple(map(type, rest)), tuple(column.seen(inputs) for column in self._columns)


def _own(value: Any) -> Any:
    """A copy of an answer; all that a decision answers but lists and mappings cannot be changed."""
    if type(value) is dict:
        return {k: _own(v) for k, v in value.items()}
    return [_own(v) for v in value] if type(value) is list else value


class _Absent:
    """In the place of an input that was not given."""


#: Types whose values say what they are by being equal.
_KEYS = (str, bool, int, float, type(None), type)


def _columns(model: decisions.Model) -> tuple[frozenset[str], list[_Column]]:
    """The inputs that are only searched for words, and the columns that do so."""
    texts = {
        n for n, kind in model.input_types.items() if kind is None or (type(kind) is Simple and kind.name == "string")
    }
    nodes = [*model.decisions.values(), *model.knowledge.values(), *model.services.values()]
    found: dict[str, list[_Column]] = {}
    for node in nodes:
        asked = {need.name for need in node.needs if need.kind == "input"} & texts
        if not asked:
            continue
        columns = _searched(node, frozenset(asked)) if isinstance(node, decisions.Decision) else None
        if columns is None:
            texts -= asked
        else:
            found[node.name] = columns
    # An input that one node searches and another reads whole is not only searched.
    kept = [c for columns in found.values() for c in columns if any(n and p in texts for n, p in c.parts)]
    if any(n and p not in texts for c in kept for n, p in c.parts):
        return frozenset(), []
    searched = {p for c in kept for n, p in c.parts if n}
    return frozenset(searched), kept


def _searched(decision: decisions.Decision, texts: frozenset[str]) -> list[_Column] | None:
    """The columns of a table that only searches these inputs for words; None where it does anything else with them."""
    table = decision.logic
    if not isinstance(table, decisions.Table) or "contains" in decision.requires:
        return None
    columns: list[_Column] = []
    for i, column in enumerate(table.inputs):
        if not column.expression.names & texts:
            continue
        parts = _parts(column.expression.tree)
        plain = column.type is None or (type(column.type) is Simple and column.type.name == "string")
        conditions = {rule.conditions[i].text: rule.conditions[i].tree for rule in table.rules}
        cells = [_cell(tree) for tree in conditions.values()]
        if parts is None or not plain or column.allowed is not None or None in cells:
            return None
        if any(is_name and part not in texts for is_name, part in parts):
            return None
        columns.append(_Column(tuple(parts), _compiled([cell for cell in cells if cell is not None])))
    for rule in table.rules:
        for output in rule.outputs:
            if not isinstance(output, Literal) or output.expression.names & texts:
                return None
        if any(condition.names & texts for condition in rule.conditions):
            return None
    if any(output.default is not None for output in table.outputs):
        return None
    return columns


def _parts(tree: syntax.Node) -> list[tuple[bool, str]] | None:
    """Inputs and constants in the order in which an expression puts them together; None where it does anything else."""
    match tree:
        case syntax.Name(name=name):
            return [(True, name)]
        case syntax.Literal(value=str(value)):
            return [(False, value)]
        case syntax.Arithmetic(first=first, rest=rest):
            parts: list[tuple[bool, str]] = []
            for operator, node in [("+", first), *rest]:
                found = _parts(node)
                if operator != "+" or found is None:
                    return None
                parts += found
            return parts
    return None


def _compiled(cells: list[ast.expr]) -> Callable[[str], tuple[bool, ...]]:
    """A function of a text that says of every cell whether the text meets it."""
    text = ast.arguments(posonlyargs=[], args=[ast.arg("text")], kwonlyargs=[], kw_defaults=[], defaults=[])
    made = ast.Expression(ast.Lambda(text, ast.Tuple(cells, ast.Load())))
    # Made of constants and "in" alone: what a table says cannot become anything else that is run.
    found: Callable[[str], tuple[bool, ...]] = eval(compile(ast.fix_missing_locations(made), "<words>", "eval"))
    return found


def _cell(tree: syntax.Node) -> ast.expr | None:
    """A condition that looks for words, as an expression over ``text``; None where it asks anything else of its value."""
    match tree:
        case syntax.Tests(tests=nodes, negated=negated):
            # No test at all is met by everything.
            met = _all_or_any(nodes, ast.Or()) if nodes else ast.Constant(True)
            return ast.UnaryOp(ast.Not(), met) if met is not None and negated and nodes else met
        case syntax.Logic(op=op, operands=nodes):
            return _all_or_any(nodes, ast.Or() if op == "or" else ast.And())
        case syntax.Call(
            target=syntax.Name(name="contains"),
            positional=[syntax.Name(name="?"), syntax.Literal(value=str(word))],
            named=[],
        ):
            return ast.Compare(ast.Constant(word), [ast.In()], [ast.Name("text", ast.Load())])
    return None


def _all_or_any(nodes: Sequence[syntax.Node], verdict: ast.boolop) -> ast.expr | None:
    cells = [_cell(node) for node in nodes]
    sure = [cell for cell in cells if cell is not None]
    if len(sure) < len(cells):
        return None
    return ast.BoolOp(verdict, sure) if len(sure) > 1 else sure[0]
