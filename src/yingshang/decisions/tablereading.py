"""Decision tables from XML (DMN 1.5, 8.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from yingshang.decisions import xml
from yingshang.decisions.boxed import Boxed, Literal
from yingshang.decisions.errors import EvaluationError, ModelError
from yingshang.decisions.feel import Expression, syntax
from yingshang.decisions.feel import compile as compile_feel
from yingshang.decisions.feel.types import Constrained, ContextType, Type, resolve
from yingshang.decisions.limits import TABLE_CELLS
from yingshang.decisions.spending import within
from yingshang.decisions.table import AGGREGATIONS, MULTIPLE_HIT, SINGLE_HIT, Input, Output, Rule, Table
from yingshang.decisions.xml import Element

if TYPE_CHECKING:
    from yingshang.decisions.boxreading import Reader


def table(reader: Reader, element: Element) -> Table:
    """Read a decision table.

    Raises:
        ModelError: an unknown hit policy or aggregation, rows that do not fit the columns, outputs without names.
        ParseError: a cell that is not well-formed.
    """
    policy = (element.get("hitPolicy") or "UNIQUE").upper()
    if policy not in SINGLE_HIT + MULTIPLE_HIT:
        raise reader.fail(f"unknown hit policy {policy}", element)
    aggregation = (element.get("aggregation") or "").upper() or None
    if aggregation is not None and aggregation not in AGGREGATIONS:
        raise reader.fail(f"unknown aggregation {aggregation}", element)
    inner = reader.inside()
    inputs = [_input(inner, e) for e in xml.children(element, "input")]
    outputs = _outputs(inner, element)
    rows = list(xml.children(element, "rule"))
    if len(rows) * (len(inputs) + len(outputs)) > TABLE_CELLS:
        raise reader.fail(f"a table of more than {TABLE_CELLS} cells", element)
    rules = [_rule(inner, n, e, len(inputs), len(outputs)) for n, e in enumerate(rows, 1)]
    name = element.get("outputLabel") or ""
    return Table(
        name=name,
        inputs=inputs,
        outputs=outputs,
        rules=rules,
        policy=policy,
        aggregation=aggregation if policy == "COLLECT" else None,
    )


def _input(reader: Reader, element: Element) -> Input:
    holder = xml.child(element, "inputExpression")
    if holder is None:
        raise reader.fail("an input without expression", element)
    text = xml.text_of(holder)
    if not text:
        raise reader.fail("an input without expression", element)
    expression = _compiled(reader, text, holder)
    kind = reader.type_of(holder) or _known_type(expression.tree, reader)
    values = xml.child(element, "inputValues")
    allowed = None
    if values is not None and (listed := xml.text_of(values)):
        allowed = reader.compile(listed, values, unary=True)
    return Input(element.get("label") or text, expression, kind, allowed)


def _compiled(reader: Reader, text: str, element: Element, *, unary: bool = False) -> Expression:
    """A text of a cell; one that is not well-formed is null, and a condition that is never met."""
    return reader.compile(text, element, unary=unary) or compile_feel("null")


def _known_type(tree: syntax.Node, reader: Reader) -> Type | None:
    """The declared type of a variable, or of a component of one."""
    match tree:
        case syntax.Name(name):
            return reader.names.get(name)
        case syntax.Path(source, name):
            around = _known_type(source, reader)
            shape = None if around is None else resolve(around)
            return shape.entries.get(name) if isinstance(shape, ContextType) else None
    return None


def _outputs(reader: Reader, element: Element) -> list[Output]:
    elements = list(xml.children(element, "output"))
    if not elements:
        raise reader.fail("a table without outputs", element)
    outputs: list[Output] = []
    for e in elements:
        several = len(elements) > 1
        name = reader.name_of(e) if several or e.get("name") else ""
        if any(name == o.name for o in outputs):
            raise reader.fail(f"two outputs are called {name}", e)
        kind = reader.type_of(e)
        default = xml.child(e, "defaultOutputEntry")
        text = "" if default is None else xml.text_of(default)
        outputs.append(
            Output(
                name,
                kind,
                _values(reader, e, kind),
                None if default is None or not text else reader.literal(text, default),
            )
        )
    return outputs


def _values(reader: Reader, output: Element, kind: Type | None) -> list[Any] | None:
    """What ``outputValues`` lists, else the output's type allows, in this order; None where nothing is listed.

    Raises:
        ModelError: values that take too many steps to find out.
    """
    element = xml.child(output, "outputValues")
    text = "" if element is None else xml.text_of(element)
    if not text:
        while kind is not None and not text:
            text, kind = (kind.text, kind.base) if isinstance(kind, Constrained) else ("", None)
        if not text:
            return None
        element = None
    tests = compile_feel(text, unary=True) if element is None else reader.compile(text, element, unary=True)
    if tests is None or not isinstance(tests.tree, syntax.Tests) or tests.tree.negated:
        return None
    try:
        with within(reader.budget):
            return [_value(test, text, reader.budget) for test in tests.tree.tests]
    except EvaluationError as error:
        raise reader.fail(f"values of an output: {error.message}", output) from None


def _value(test: syntax.Node, text: str, budget: list[int]) -> Any:
    """The value or range that one of the listed tests stands for."""
    source = text[test.start : test.end]
    return compile_feel(f"({source})" if isinstance(test, syntax.Comparison) else source).execute({}, None, budget)


def _rule(reader: Reader, number: int, element: Element, inputs: int, outputs: int) -> Rule:
    conditions = list(xml.children(element, "inputEntry"))
    results = list(xml.children(element, "outputEntry"))
    if len(conditions) != inputs or len(results) != outputs:
        raise _misfit(reader, number, element)
    return Rule(
        number,
        element.get("id") or "",
        [_compiled(reader, xml.text_of(c) or "-", c, unary=True) for c in conditions],
        [_result(reader, r) for r in results],
        [xml.text_of(a) for a in xml.children(element, "annotationEntry")],
    )


def _misfit(reader: Reader, number: int, element: Element) -> ModelError:
    return reader.fail(f"rule {number} has the wrong number of cells", element)


def _result(reader: Reader, element: Element) -> Boxed:
    """An output cell; an empty one is null."""
    text = xml.text_of(element)
    return reader.literal(text, element) if text else Literal(compile_feel("null"), id=element.get("id") or "")
