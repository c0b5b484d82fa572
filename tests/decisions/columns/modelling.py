"""DMN documents for tests, written from plain data."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

_HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="test" namespace="urn:test">'


def document(inputs: dict[str, str], decisions: Sequence[str], types: str = "") -> bytes:
    """A model: inputs with their types, and decisions as :func:`decision` writes them."""
    parts = [_HEAD, types]
    for name, kind in inputs.items():
        typed = f" typeRef={quoteattr(kind)}" if kind else ""
        parts.append(
            f'<inputData id="i-{_id(name)}" name={quoteattr(name)}><variable name={quoteattr(name)}{typed}/></inputData>'
        )
    return "".join([*parts, *decisions, "</definitions>"]).encode()


def decision(name: str, logic: str, inputs: Sequence[str] = (), decisions: Sequence[str] = (), kind: str = "") -> str:
    """A decision that requires inputs and decisions by name."""
    typed = f" typeRef={quoteattr(kind)}" if kind else ""
    wants = [f'<requiredInput href="#i-{_id(n)}"/>' for n in inputs]
    wants += [f'<requiredDecision href="#d-{_id(n)}"/>' for n in decisions]
    needs = "".join(f"<informationRequirement>{w}</informationRequirement>" for w in wants)
    return f'<decision id="d-{_id(name)}" name={quoteattr(name)}><variable name={quoteattr(name)}{typed}/>{needs}{logic}</decision>'


def literal(text: str) -> str:
    return f"<literalExpression><text>{escape(text)}</text></literalExpression>"


def context(entries: dict[str, str]) -> str:
    """A boxed context of logic by name; an empty name is the result."""
    parts = []
    for name, logic in entries.items():
        variable = f"<variable name={quoteattr(name)}/>" if name else ""
        parts.append(f"<contextEntry>{variable}{logic}</contextEntry>")
    return f"<context>{''.join(parts)}</context>"


def table(
    inputs: Sequence[tuple[str, str]],
    rules: Sequence[tuple[Sequence[str], Sequence[str]]],
    policy: str = "UNIQUE",
    aggregation: str = "",
    outputs: Sequence[tuple[str, str]] = (("", ""),),
    values: Sequence[str] = (),
    defaults: Sequence[str] = (),
    allowed: Sequence[str] = (),
) -> str:
    """A decision table.

    Args:
        inputs: expression and type of each.
        rules: cells and results of each.
        outputs: name and type of each.
        values: for each output its values, the most important first.
        defaults: for each output its value where no rule is met.
        allowed: for each input the values it may have.
    """
    more = f" aggregation={quoteattr(aggregation)}" if aggregation else ""
    parts = [f"<decisionTable hitPolicy={quoteattr(policy)}{more}>"]
    for n, (expression, kind) in enumerate(inputs):
        typed = f" typeRef={quoteattr(kind)}" if kind else ""
        some = (
            f"<inputValues><text>{escape(allowed[n])}</text></inputValues>" if n < len(allowed) and allowed[n] else ""
        )
        parts.append(
            f"<input><inputExpression{typed}><text>{escape(expression)}</text></inputExpression>{some}</input>"
        )
    for n, (name, kind) in enumerate(outputs):
        attributes = (f" name={quoteattr(name)}" if name else "") + (f" typeRef={quoteattr(kind)}" if kind else "")
        inner = (
            f"<outputValues><text>{escape(values[n])}</text></outputValues>" if n < len(values) and values[n] else ""
        )
        if n < len(defaults) and defaults[n]:
            inner += f"<defaultOutputEntry><text>{escape(defaults[n])}</text></defaultOutputEntry>"
        parts.append(f"<output{attributes}>{inner}</output>")
    for cells, results in rules:
        parts.append("<rule>")
        parts += [f"<inputEntry><text>{escape(c)}</text></inputEntry>" for c in cells]
        parts += [f"<outputEntry><text>{escape(r)}</text></outputEntry>" for r in results]
        parts.append("</rule>")
    return "".join([*parts, "</decisionTable>"])


def _id(name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}" for c in name)
