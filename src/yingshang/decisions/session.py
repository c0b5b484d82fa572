"""One evaluation of a model: only what is asked for, each decision once (DMN 1.5, 10.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from yingshang.decisions.boxed import conform
from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel.types import Type
from yingshang.decisions.nodes import Decision, Need, Service
from yingshang.decisions.run import Run, Scope
from yingshang.decisions.values import Function

if TYPE_CHECKING:
    from yingshang.decisions.model import Model


class Session:
    """Values of one model's elements over one set of inputs.

    An imported model has a session of its own under each import: its inputs are the entries of the context that is given
    under the name of the import, or, written flat, ``import.input``.

    Attributes:
        values: what has been evaluated so far, inputs and decisions by name.
    """

    __slots__ = ("_functions", "_imported", "inputs", "model", "run", "values")

    def __init__(self, model: Model, inputs: Mapping[str, Any], run: Run) -> None:
        self.model = model
        self.inputs = inputs
        self.run = run
        self.values: dict[str, Any] = {}
        self._functions: dict[str, Function] = {}
        self._imported: dict[str, Session] = {}

    def scope(self, needs: Sequence[Need]) -> Scope:
        """The variables of an element: what it requires, that of imported models in a context by the import's name."""
        scope: Scope = {}
        for need in needs:
            value = self.value(need)
            if need.prefix:
                scope.setdefault(need.prefix, {})[need.name] = value
            else:
                scope[need.name] = value
        return scope

    def value(self, need: Need) -> Any:
        """The value of a requirement, in the model that has it."""
        home = self.imported(need) if need.namespace else self
        if need.kind in ("knowledge", "service"):
            return home.function(need)
        if need.name not in home.values:
            if need.kind == "input":
                home.values[need.name] = home._input(need.name)
            else:
                decision = home.model.decisions[need.name]
                if decision.name in home.inputs:
                    given = home._given(decision.name, decision.type)
                    home.values[decision.name] = given
                else:
                    home.decide(decision)
        return home.values[need.name]

    def imported(self, need: Need) -> Session:
        """The session of the model that ``need`` is in."""
        if need.namespace not in self._imported:
            self._imported[need.namespace] = Session(
                self.model.imports[need.namespace], self._inputs_of(need.prefix), self.run
            )
        return self._imported[need.namespace]

    def _inputs_of(self, prefix: str) -> Mapping[str, Any]:
        if not prefix:
            return self.inputs
        nested = self.inputs.get(prefix)
        inputs = dict(nested) if isinstance(nested, dict) else {}
        start = f"{prefix}."
        inputs.update((k[len(start) :], v) for k, v in self.inputs.items() if k.startswith(start))
        return inputs

    def decide(self, decision: Decision) -> Any:
        """Evaluate a decision anew, its requirements only where they have no value yet.

        Raises:
            EvaluationError: with the decision, where it goes beyond the limits.
        """
        run = self.run
        try:
            if run.trace is None:
                value = self._decided(decision)
            else:
                with run.step("decision", decision.name, decision.id) as step:
                    step.value = value = self._decided(decision)
        except RecursionError:
            raise self._stopped("the evaluation is nested too deeply", decision) from None
        except EvaluationError as error:
            raise error if error.element else self._stopped(error.message, decision) from None
        self.values[decision.name] = value
        return value

    def _decided(self, decision: Decision) -> Any:
        scope = self.scope(decision.needs)
        if decision.logic is None:
            self.run.note("no_logic", name=decision.name)
            return None
        value = decision.logic.evaluate(scope, self.run)
        if decision.type is None or value is None:
            return value
        return conform(value, decision.type, decision.name, self.run)

    def _stopped(self, message: str, decision: Decision) -> EvaluationError:
        return EvaluationError(message, file=self.model.file, element=decision.id or decision.name)

    def _input(self, name: str) -> Any:
        if name not in self.inputs:
            self.run.note("missing_input", name=name)
            return None
        return self._given(name, self.model.input_data[name].type)

    def _given(self, name: str, kind: Type | None) -> Any:
        value = self.inputs[name]
        return value if kind is None or value is None else conform(value, kind, name, self.run, "input_type")

    # --- functions ----------------------------------------------------------------------------------------------------

    def function(self, need: Need) -> Function:
        """The function that a business knowledge model or a decision service is; its scope is built when it is called."""
        name = need.name
        if name not in self._functions:
            if need.kind == "service":
                self._functions[name] = self._service(self.model.services[name])
            else:
                knowledge = self.model.knowledge[name]
                own = Need("knowledge", name)
                needs = [n for n in knowledge.needs if n != own] + [own]
                self._functions[name] = knowledge.definition.function(lambda: self.scope(needs), self.run)
        return self._functions[name]

    def _service(self, service: Service) -> Function:
        parameters = tuple(n.qualified for n in service.inputs)

        def call(*args: Any) -> Any:
            if len(args) != len(parameters):
                self.run.note("wrong_arguments", name=service.name)
                return None
            return self.serve(service, dict(zip(parameters, args, strict=True)))

        return Function(service.name, parameters, call)

    def serve(self, service: Service, arguments: Mapping[str, Any]) -> Any:
        """Run a service over its arguments alone; what is not among them is null.

        An argument that does not fit its parameter makes the result null (DMN 1.5, 10.3.2.9.4 as for every invocation).
        """
        run = self.run
        run.spend()
        inner = Session(self.model, {}, run)
        given: dict[str, Any] = {}
        for need in service.inputs:
            kind = self.model.node(need).type
            value = arguments.get(need.qualified)
            if kind is not None and value is not None:
                fitting = conform(value, kind, need.qualified, run, "input_type")
                if fitting is None:
                    return None
                value = fitting
            given[need.qualified] = value
        inner.inputs = given
        if run.trace is None:
            return inner._served(service)
        with run.step("service", service.name, service.id) as step:
            step.inputs = list(given.items())
            step.value = inner._served(service)
        return step.value

    def _served(self, service: Service) -> Any:
        results = {n.name: self.value(n) for n in service.outputs}
        value = next(iter(results.values())) if len(results) == 1 else results
        if service.type is None or value is None:
            return value
        return conform(value, service.type, service.name, self.run)
