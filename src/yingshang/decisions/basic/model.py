"""DMN models: decisions, their requirements, decision tables and literal expressions (DMN 1.5, clauses 6–8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from yingshang.decisions.basic import feel
from yingshang.decisions.basic.errors import DecisionError, EvaluationError, ModelError, ParseError
from yingshang.decisions.basic.feel import Expression
from yingshang.decisions.basic.table import Input, Output, Rule, Table
from yingshang.decisions.basic.values import Function, to_feel

MOST_BYTES = 20 * 1024 * 1024
_AGGREGATIONS = {"SUM", "COUNT", "MIN", "MAX"}


def load(source: str | Path | bytes) -> Model:
    """Read a DMN 1.1–1.5 document.

    Args:
        source: a path, or the document itself as bytes.

    Raises:
        ModelError: malformed XML, a document type or entities, not DMN, recursion among decisions.
        ParseError: a FEEL expression that is not well-formed; names element and position.
    """
    if isinstance(source, bytes):
        return Model(source, "")
    path = Path(source)
    return Model(path.read_bytes(), path.name)


@dataclass
class Decision:
    """One decision: its name, what it requires, and the logic compiled."""

    id: str
    name: str
    requires: list[str]
    logic: Table | Expression | Function | None
    kind: str = "decision"
    parameters: list[str] = field(default_factory=list)


class Model:
    """A DMN document, compiled once.

    Attributes:
        name: the model's name.
        decisions: name → decision, in document order.
        inputs: names of the input data.
    """

    def __init__(self, xml: bytes, file: str) -> None:
        self.file = file
        if len(xml) > MOST_BYTES:
            raise ModelError(f"the document is larger than {MOST_BYTES >> 20} MB", file=file)
        if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
            raise ModelError("document types and entities are refused", file=file)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root = etree.fromstring(xml, parser)
        except etree.XMLSyntaxError as error:
            raise ModelError(f"not well-formed XML: {error.msg}", file=file, position=error.lineno) from None
        ns = etree.QName(root).namespace or ""
        if etree.QName(root).localname != "definitions" or "DMN" not in ns:
            raise ModelError("not a DMN document: the root must be definitions", file=file)
        self._ns = ns
        self.name = root.get("name", "")
        self.inputs = [e.get("name", "") for e in root.findall(self._q("inputData"))]
        self._by_id = {e.get("id", ""): e for e in root if isinstance(e.tag, str)}
        names = [e.get("name", "") for e in self._by_id.values()]
        self.decisions: dict[str, Decision] = {}
        self._knowledge: dict[str, Decision] = {}
        for element in root.findall(self._q("businessKnowledgeModel")):
            d = self._read(element, names)
            self._knowledge[d.name] = d
        for element in root.findall(self._q("decision")):
            d = self._read(element, names)
            self.decisions[d.name] = d
        self._refuse_cycles()

    def _q(self, tag: str) -> str:
        return f"{{{self._ns}}}{tag}"

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self, element: etree._Element, names: list[str]) -> Decision:
        q = self._q
        requires = []
        for requirement in element:
            if not isinstance(requirement.tag, str):
                continue
            for ref in requirement:
                if isinstance(ref.tag, str) and etree.QName(ref).localname in (
                    "requiredInput",
                    "requiredDecision",
                    "requiredKnowledge",
                ):
                    target = self._by_id.get((ref.get("href") or "").partition("#")[2])
                    if target is None:
                        raise ModelError(
                            f"{ref.get('href')} does not exist", file=self.file, element=element.get("id", "")
                        )
                    requires.append(target.get("name", ""))
        name = element.get("name", "")
        parameters: list[str] = []
        holder = element
        encapsulated = element.find(q("encapsulatedLogic"))
        if encapsulated is not None:
            holder = encapsulated
            parameters = [p.get("name", "") for p in encapsulated.findall(q("formalParameter"))]
        logic: Table | Expression | None = None
        table, literal = holder.find(q("decisionTable")), holder.find(q("literalExpression"))
        known = [*names, *parameters]
        if table is not None:
            logic = self._table(table, known)
        elif literal is not None:
            logic = self._compile(literal, known)
        kind = "decision" if encapsulated is None else "knowledge"
        return Decision(element.get("id", ""), name, requires, logic, kind, parameters)

    def _text(self, element: etree._Element | None) -> str:
        found = element.find(self._q("text")) if element is not None else None
        return (found.text or "").strip() if found is not None else ""

    def _compile(self, element: etree._Element, names: list[str], *, unary: bool = False) -> Expression:
        text = self._text(element)
        try:
            return feel.compile(text or ("-" if unary else "null"), unary=unary, names=names)
        except ParseError as error:
            raise ParseError(
                error.message, file=self.file, element=element.get("id", ""), position=error.position
            ) from None

    def _table(self, element: etree._Element, names: list[str]) -> Table:
        q = self._q
        policy = (element.get("hitPolicy") or "UNIQUE").upper()
        aggregation = (element.get("aggregation") or "").upper()
        if aggregation and aggregation not in _AGGREGATIONS:
            raise ModelError(f"unknown aggregation {aggregation}", file=self.file, element=element.get("id", ""))
        inputs = []
        for e in element.findall(q("input")):
            expression = e.find(q("inputExpression"))
            if expression is None:
                raise ModelError("an input without expression", file=self.file, element=e.get("id", ""))
            allowed = e.find(q("inputValues"))
            inputs.append(
                Input(
                    e.get("id", ""),
                    e.get("label") or self._text(expression),
                    self._compile(expression, names),
                    expression.get("typeRef") or "",
                    self._text(allowed) if allowed is not None else "",
                )
            )
        outputs = []
        for e in element.findall(q("output")):
            default, values = e.find(q("defaultOutputEntry")), e.find(q("outputValues"))
            outputs.append(
                Output(
                    e.get("name") or "",
                    self._compile(default, names) if default is not None else None,
                    self._values(values),
                )
            )
        rules = []
        for n, e in enumerate(element.findall(q("rule")), 1):
            tests = [self._compile(c, [*names, "?"], unary=True) for c in e.findall(q("inputEntry"))]
            results = [self._compile(c, names) for c in e.findall(q("outputEntry"))]
            if len(tests) != len(inputs) or len(results) != len(outputs):
                raise ModelError(f"rule {n} has the wrong number of cells", file=self.file, element=e.get("id", ""))
            rules.append(Rule(n, e.get("id", ""), tests, results))
        return Table(element.get("id", ""), policy, aggregation, inputs, outputs, rules)

    def _values(self, element: etree._Element | None) -> list[Any]:
        if element is None:
            return []
        return list(feel.compile(f"[{self._text(element)}]").evaluate({}))

    def _refuse_cycles(self) -> None:
        everything = {**self.decisions, **self._knowledge}
        done: set[str] = set()

        def visit(name: str, path: tuple[str, ...]) -> None:
            if name in path:
                raise ModelError(
                    f"decisions require each other in a circle: {' → '.join([*path, name])}", file=self.file
                )
            if name in done or name not in everything:
                return
            for required in everything[name].requires:
                visit(required, (*path, name))
            done.add(name)

        for name in everything:
            visit(name, ())

    # --- evaluating ---------------------------------------------------------------------------------------------------

    def evaluate(self, decision: str, inputs: Mapping[str, Any]) -> Any:
        """Evaluate one decision and what it requires.

        Args:
            inputs: input data by name; a required decision named here is taken as given.

        Raises:
            DecisionError: no such decision, or an evaluation beyond the limits.
        """
        if decision not in self.decisions:
            raise DecisionError(f"no decision {decision!r}; known: {', '.join(self.decisions)}", file=self.file)
        scope = {k: to_feel(v) for k, v in inputs.items()}
        for name, knowledge in self._knowledge.items():
            scope[name] = self._function(knowledge, scope)
        return self._value(decision, scope)

    def _value(self, name: str, scope: dict[str, Any]) -> Any:
        d = self.decisions[name]
        for required in d.requires:
            if required in self.decisions and required not in scope:
                scope[required] = self._value(required, scope)
        try:
            if isinstance(d.logic, Table):
                return d.logic.evaluate(scope)
            return d.logic.execute(scope) if isinstance(d.logic, Expression) else None
        except RecursionError:
            raise EvaluationError("the evaluation is nested too deeply", file=self.file, element=d.id) from None

    def _function(self, d: Decision, scope: Mapping[str, Any]) -> Function:
        def call(*args: Any) -> Any:
            inner = {**scope, **dict(zip(d.parameters, args, strict=True))}
            if isinstance(d.logic, Table):
                return d.logic.evaluate(inner)
            return d.logic.execute(inner) if isinstance(d.logic, Expression) else None

        return Function(d.name, tuple(d.parameters), call)
