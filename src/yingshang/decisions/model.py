"""A DMN model, compiled once and evaluated many times (DMN 1.5, chapters 6 to 10)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from yingshang.decisions.errors import DecisionError, EvaluationError
from yingshang.decisions.feel.scanner import normal
from yingshang.decisions.feel.types import Type
from yingshang.decisions.itemtypes import ItemTypes
from yingshang.decisions.nodes import Decision, InputData, Knowledge, Need, Node, Service
from yingshang.decisions.run import Run
from yingshang.decisions.session import Session
from yingshang.decisions.single.missing import Verdict, missing
from yingshang.decisions.single.near import NearMiss, near_misses
from yingshang.decisions.single.plan import Plans
from yingshang.decisions.spending import within
from yingshang.decisions.trace import Trace
from yingshang.decisions.values import from_python, to_python


class Model:
    """A DMN document, compiled.

    Attributes:
        file: its name, empty where it came as bytes.
        name, namespace: as the document gives them.
        decisions, knowledge, services, input_data: the elements by name, in the order of the document.
        elements: requirements by the id of the element that they name.
        imports: imported models by namespace; ``prefixes`` has the names of the imports.
        types: item definitions, those of imports under ``prefix.name``.
    """

    def __init__(self, file: str, name: str, namespace: str, types: ItemTypes) -> None:
        self.file = file
        self.name = name
        self.namespace = namespace
        self.types = types
        self.imports: dict[str, Model] = {}
        self.prefixes: dict[str, str] = {}
        self.decisions: dict[str, Decision] = {}
        self.knowledge: dict[str, Knowledge] = {}
        self.services: dict[str, Service] = {}
        self.input_data: dict[str, InputData] = {}
        self.elements: dict[str, Need] = {}
        self._plans = Plans(self)

    @property
    def inputs(self) -> list[str]:
        """Names of the input data."""
        return list(self.input_data)

    @property
    def input_types(self) -> dict[str, Type | None]:
        """Type of each input; None for any."""
        return {n: i.type for n, i in self.input_data.items()}

    def node(self, need: Need) -> Node:
        """The element that a requirement names."""
        home = self.imports[need.namespace] if need.namespace else self
        groups: dict[str, Mapping[str, Node]] = {
            "input": home.input_data,
            "decision": home.decisions,
            "knowledge": home.knowledge,
            "service": home.services,
        }
        return groups[need.kind][need.name]

    def find(self, kind: str, name: str) -> Need:
        """An element by name; those of imported models are called ``import.name``.

        Args:
            kind: input, decision, knowledge or service.

        Raises:
            DecisionError: no such element; names those there are.
        """
        known = {n.name: n for n in self.elements.values() if n.kind == kind}
        for namespace, model in self.imports.items():
            for need in model.elements.values():
                if need.kind == kind:
                    there = need._replace(prefix=self.prefixes[namespace], namespace=namespace)
                    known.setdefault(there.qualified, there)
        if name not in known:
            raise DecisionError(f"no {kind} {name!r}; known: {', '.join(known)}", file=self.file)
        return known[name]

    # --- evaluating ---------------------------------------------------------------------------------------------------

    def evaluate(self, decision: str, inputs: Mapping[str, Any]) -> Any:
        """Evaluate one decision and what it requires.

        Args:
            inputs: input data by name; those of an imported model in a mapping under the import's name. A required
                decision that is named here is taken as given. Numbers may be int, float or Decimal.

        Returns:
            None, bool, Decimal, str, list, dict, or one of ``datetime``'s types; None for what is an error in FEEL.

        Raises:
            DecisionError: no such decision, or a value of no FEEL type.
            EvaluationError: an evaluation beyond the limits.
        """
        return to_python(self.execute(decision, self.given(inputs), Run()))

    def evaluate_all(self, decisions: Sequence[str], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Evaluate several decisions of the model itself over one set of inputs; see :meth:`evaluate`.

        Returns:
            Their values by name.
        """
        for name in decisions:
            if name not in self.decisions:
                raise DecisionError(f"no decision {name!r}; known: {', '.join(self.decisions)}", file=self.file)
        given = self.given(inputs)
        session = Session(self, given, Run())
        plan = self._plans.of(tuple(decisions)) if decisions else None
        with within(session.run.budget):
            if plan is None or not plan.covers(given):
                values = [session.decide(self.decisions[name]) for name in decisions]
            else:
                values = plan.run(session)
        return {name: to_python(value) for name, value in zip(decisions, values, strict=True)}

    def execute(self, decision: str, inputs: Mapping[str, Any], run: Run) -> Any:
        """The same over FEEL values, to a FEEL value."""
        session = Session(self, inputs, run)
        own = self.decisions.get(decision)
        if own is not None:
            plan = self._plans.of((decision,)) if run.trace is None else None
            with within(run.budget):
                return session.decide(own) if plan is None or not plan.covers(inputs) else plan.run(session)[0]
        need = self.find("decision", decision)
        home = session.imported(need)
        with within(run.budget):
            return home.decide(home.model.decisions[need.name])

    def explain(self, decision: str, inputs: Mapping[str, Any]) -> Trace:
        """Evaluate one decision and tell why it came out so: every rule, condition and decision on the way."""
        around = Trace("model", self.name, "")
        self.execute(decision, self.given(inputs), Run(around))
        return around.steps[0]

    def near_misses(self, decision: str, inputs: Mapping[str, Any]) -> list[NearMiss]:
        """The rules just missed, with the smallest changes that meet them; see :mod:`single.near`."""
        return near_misses(self, decision, inputs)

    def missing(self, decision: str, inputs: Mapping[str, Any], *, may_be_null: Collection[str] = ()) -> Verdict:
        """The decision's value where facts that are not among ``inputs`` cannot change it, else those that could.

        See :func:`single.missing.missing`.
        """
        return missing(self, decision, inputs, may_be_null=may_be_null)

    def evaluate_service(self, service: str, arguments: Mapping[str, Any]) -> Any:
        """Run a decision service; see :meth:`evaluate`.

        Args:
            arguments: input decisions and input data by name; what is missing is null.

        Returns:
            The value of the output decision, or those of several by name.
        """
        need = self.find("service", service)
        home = Session(self, {}, Run())
        if need.namespace:
            home = home.imported(need)
        with within(home.run.budget):
            return to_python(home.serve(home.model.services[need.name], self.given(arguments)))

    def invoke(self, knowledge: str, arguments: Mapping[str, Any]) -> Any:
        """Call a business knowledge model with arguments by name; null unless they are exactly its parameters."""
        run = Run()
        function = Session(self, {}, run).value(self.find("knowledge", knowledge))
        try:
            with within(run.budget):
                return to_python(function.call_named(self.given(arguments)))
        except RecursionError:
            raise EvaluationError("the evaluation is nested too deeply", file=self.file, element=knowledge) from None

    @staticmethod
    def given(inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs from Python as FEEL has them."""
        return {normal(k): from_python(v) for k, v in inputs.items()}
