"""What is certain in one evaluation: the facts that are given, and the decisions that need no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from yingshang.decisions.feel import syntax
from yingshang.decisions.nodes import Decision, Need
from yingshang.decisions.run import Scope
from yingshang.decisions.session import Session
from yingshang.decisions.single.plan import ordered
from yingshang.decisions.single.rewriting import compiled

if TYPE_CHECKING:
    from yingshang.decisions.model import Model


class Certainty:
    """Tells certain values from those that wait for missing facts.

    Attributes:
        missing: names of the missing facts.
        certain: values of decisions that are certain although facts below them are missing.
    """

    def __init__(self, session: Session, missing: Iterable[str], certain: Mapping[str, Any]) -> None:
        self.session = session
        self.model = session.model
        self.missing = frozenset(missing)
        self.certain = certain
        self._blind: dict[str, bool] = {}
        self._foreign: dict[Need, frozenset[str]] = {}

    def is_blind(self, need: Need) -> bool:
        """Whether a requirement has no certain value."""
        if need.kind in ("knowledge", "service"):
            return False
        if need.namespace:
            return bool(self.missing_behind(need))
        if need.kind == "input":
            return need.name in self.missing
        if need.name in self.certain or need.name in self.session.inputs:
            return False
        if need.name not in self._blind:
            self._blind[need.name] = any(self.is_blind(n) for n in self.model.decisions[need.name].needs)
        return self._blind[need.name]

    def missing_behind(self, need: Need) -> frozenset[str]:
        """The missing inputs of an imported model that a requirement depends on."""
        if need not in self._foreign:
            self._foreign[need] = frozenset(foreign_inputs(self.model, need)) & self.missing
        return self._foreign[need]

    def scope(self, decision: Decision) -> Scope:
        """The variables of a decision that have a certain value."""
        scope = self.session.scope([n for n in decision.needs if not self.is_blind(n) and n.name not in self.certain])
        scope.update((n.name, self.certain[n.name]) for n in decision.needs if n.name in self.certain)
        return scope

    def unknown(self, tree: syntax.Node, decision: Decision) -> dict[str, Need]:
        """The variables in a tree that have no certain value."""
        blind = {n.prefix or n.name: n for n in decision.needs if self.is_blind(n)}
        found: dict[str, Need] = {}

        def visit(node: syntax.Node) -> None:
            if isinstance(node, syntax.Name) and node.name in blind:
                found[node.name] = blind[node.name]
            for child in syntax.children(node):
                visit(child)

        if blind:
            visit(tree)
        return found

    def value(self, tree: syntax.Node, decision: Decision) -> Any:
        return compiled(tree, "").execute(self.scope(decision))


def foreign_inputs(model: Model, need: Need) -> set[str]:
    """Inputs of an imported model that a requirement depends on, as they are called in the importing one."""
    home = model.imports[need.namespace]
    if need.kind == "input":
        return {need.qualified}
    names = {n.name for d in ordered(home, [need.name]) for n in d.needs if n.kind == "input" and not n.namespace}
    return {f"{need.prefix}.{name}" if need.prefix else name for name in names}
