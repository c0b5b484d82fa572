"""DMN documents for tests, made from few words; and how Hypothesis makes chains of tables over shared inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from hypothesis import strategies as st

from tests.decisions.single.making import KINDS, cells
from yingshang.decisions.model import Model
from yingshang.decisions.reading import load

DMN = "https://www.omg.org/spec/DMN/20230324/MODEL/"


@dataclass
class TableText:
    """A table: inputs are (expression, type, allowed values), empty for none; rules are (conditions, outputs)."""

    inputs: Sequence[tuple[str, str, str]]
    rules: Sequence[tuple[Sequence[str], Sequence[str]]]
    policy: str = "UNIQUE"
    aggregation: str = ""
    outputs: Sequence[str] = ("结果",)
    default: str = ""
    output_type: str = ""

    def xml(self) -> str:
        aggregation = f' aggregation="{self.aggregation}"' if self.aggregation else ""
        parts = [f'<decisionTable hitPolicy="{self.policy}"{aggregation}>']
        for expression, kind, allowed in self.inputs:
            typed = f' typeRef="{kind}"' if kind else ""
            values = f"<inputValues><text>{escape(allowed)}</text></inputValues>" if allowed else ""
            parts.append(
                f"<input><inputExpression{typed}><text>{escape(expression)}</text></inputExpression>{values}</input>"
            )
        for n, name in enumerate(self.outputs):
            typed = f' typeRef="{self.output_type}"' if self.output_type else ""
            default = f"<defaultOutputEntry><text>{escape(self.default)}</text></defaultOutputEntry>"
            parts.append(f'<output name="{name}"{typed}>{default if self.default and n == 0 else ""}</output>')
        for conditions, results in self.rules:
            parts.append("<rule>")
            parts += [f"<inputEntry><text>{escape(c)}</text></inputEntry>" for c in conditions]
            parts += [f"<outputEntry><text>{escape(r)}</text></outputEntry>" for r in results]
            parts.append("</rule>")
        return "".join([*parts, "</decisionTable>"])


@dataclass
class DecisionText:
    """A decision: a table, or a literal expression; ``needs`` are names of inputs, decisions and knowledge."""

    logic: TableText | str
    needs: Sequence[str] = field(default=())
    type: str = ""


def document(
    inputs: Mapping[str, str],
    decisions: Mapping[str, DecisionText],
    *,
    types: Mapping[str, tuple[str, str]] | None = None,
    knowledge: Mapping[str, tuple[Sequence[str], str]] | None = None,
) -> bytes:
    """A DMN document.

    Args:
        inputs: type by name, empty for any.
        types: base and allowed values by name.
        knowledge: parameters and the text of a literal expression by name.
    """
    knowledge = knowledge or {}
    out = [f'<definitions xmlns="{DMN}" name="试" namespace="urn:try">']
    for name, (base, allowed) in (types or {}).items():
        values = f"<allowedValues><text>{escape(allowed)}</text></allowedValues>" if allowed else ""
        out.append(f'<itemDefinition name="{name}"><typeRef>{base}</typeRef>{values}</itemDefinition>')
    for name, kind in inputs.items():
        out.append(f'<inputData id="i_{name}" name="{name}">{_variable(name, kind)}</inputData>')
    for name, (parameters, text) in knowledge.items():
        declared = "".join(f'<formalParameter name="{p}"/>' for p in parameters)
        out.append(
            f'<businessKnowledgeModel id="k_{name}" name="{name}"><encapsulatedLogic>{declared}'
            f"<literalExpression><text>{escape(text)}</text></literalExpression></encapsulatedLogic>"
            f"</businessKnowledgeModel>"
        )
    for name, decision in decisions.items():
        out.append(f'<decision id="d_{name}" name="{name}">{_variable(name, decision.type)}')
        for need in decision.needs:
            if need in knowledge:
                out.append(f'<knowledgeRequirement><requiredKnowledge href="#k_{need}"/></knowledgeRequirement>')
            else:
                kind, letter = ("Input", "i") if need in inputs else ("Decision", "d")
                out.append(
                    f'<informationRequirement><required{kind} href="#{letter}_{need}"/></informationRequirement>'
                )
        logic = decision.logic
        if isinstance(logic, TableText):
            out.append(logic.xml())
        else:
            out.append(f"<literalExpression><text>{escape(logic)}</text></literalExpression>")
        out.append("</decision>")
    return "".join([*out, "</definitions>"]).encode()


def importing(inner: bytes, outer: bytes, required: str, prefix: str) -> Model:
    """A model whose last decision requires a decision ``required`` of another, imported as ``prefix``."""
    inside = inner.replace(b"urn:try", b"urn:inner")
    text = outer.decode().replace(
        ' namespace="urn:try">',
        f' namespace="urn:try"><import name="{prefix}" namespace="urn:inner" importType="{DMN}"/>',
    )
    head, found, logic = text.rpartition("<literalExpression>")
    need = f'<informationRequirement><requiredDecision href="urn:inner#d_{required}"/></informationRequirement>'
    return load((head + need + found + logic).encode(), resolve=lambda namespace, location: inside)


def _variable(name: str, kind: str) -> str:
    return f'<variable name="{name}" typeRef="{kind}"/>' if kind else f'<variable name="{name}"/>'


def model(
    inputs: Mapping[str, str],
    decisions: Mapping[str, DecisionText],
    *,
    types: Mapping[str, tuple[str, str]] | None = None,
    knowledge: Mapping[str, tuple[Sequence[str], str]] | None = None,
) -> Model:
    """A model; see :func:`document`."""
    return load(document(inputs, decisions, types=types, knowledge=knowledge))


POLICIES = [
    ("UNIQUE", ""), ("ANY", ""), ("PRIORITY", ""), ("FIRST", ""), ("RULE ORDER", ""), ("OUTPUT ORDER", ""),
    ("COLLECT", ""), ("COLLECT", "SUM"), ("COLLECT", "MIN"), ("COLLECT", "MAX"), ("COLLECT", "COUNT"),
]  # fmt: skip
NAMES = ("甲", "乙", "丙")


@st.composite
def chains(draw: st.DrawFn) -> tuple[Model, dict[str, str]]:
    """A model of some tables over three inputs and over each other, and a last decision over all of them.

    Returns:
        The model, and the kind of each input.
    """
    kinds = {name: draw(st.sampled_from(("number", "number", "string", *KINDS))) for name in NAMES}
    typed = {name: draw(st.sampled_from([kind, ""])) for name, kind in kinds.items()}
    if draw(st.booleans()):
        typed["甲"] = "小数"
        kinds["甲"] = "number"
    known = dict(kinds)
    decisions: dict[str, DecisionText] = {}
    for n in range(draw(st.integers(1, 5))):
        policy, aggregation = draw(st.sampled_from(POLICIES))
        read = draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=3))
        columns = []
        for name in read:
            number = known[name] == "number"
            expression = draw(st.sampled_from([name, name, f"{name} + 1", f"{name} * 2"])) if number else name
            kind = draw(st.sampled_from(["", "", known[name]]))
            columns.append((expression, kind, draw(st.sampled_from(["", "", "", ">= 1, null"])) if number else ""))
        result = st.sampled_from(["1", "2", "3", "null"] + (["甲"] if "甲" in read and n % 2 else []))
        rule = st.tuples(st.tuples(*(cells(known[name]) for name in read)), st.tuples(result))
        table = TableText(
            columns,
            draw(st.lists(rule, max_size=6)),
            policy,
            aggregation,
            default=draw(st.sampled_from(["", "7"])),
            output_type=draw(st.sampled_from(["", "number"])),
        )
        name = f"表{n}"
        needs = list(dict.fromkeys([*read, *draw(st.sampled_from([[], ["甲"], ["乙"]]))]))
        decisions[name] = DecisionText(table, needs, draw(st.sampled_from(["", "number", "小数"])))
        known[name] = "number"
    tables = list(decisions)
    decisions["总"] = DecisionText("[" + ", ".join(tables) + "]", tables)
    return model(typed, decisions, types={"小数": ("number", "[-4..3]")}), kinds
