"""Small models for tests."""

from __future__ import annotations

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="m" name="测试" namespace="urn:test:rules"
  expressionLanguage="https://www.omg.org/spec/DMN/20230324/FEEL/">"""


def model_of(
    inputs: dict[str, str], rows: list[tuple[list[str], str]], *, amount: str = "资格.元", figures: str = "",
    policy: str = "FIRST", needs: str = "",
) -> str:  # fmt: skip
    """A policy's model: inputs by name with their types; rows of cells and the amount each grants, the last row is no."""
    data = "".join(
        f'<inputData id="i{n}" name="{name}"><variable id="v{n}" name="{name}" typeRef="{kind}"/></inputData>'
        for n, (name, kind) in enumerate(inputs.items())
    )
    wanted = "".join(
        f'<informationRequirement id="r{n}"><requiredInput href="#i{n}"/></informationRequirement>'
        for n in range(len(inputs))
    )
    columns = "".join(
        f'<input id="c{n}" label="{name}"><inputExpression id="e{n}" typeRef="{kind}"><text>{name}</text>'
        "</inputExpression></input>"
        for n, (name, kind) in enumerate(inputs.items())
    )

    def rule(cells: list[str], results: list[str]) -> str:
        entries = "".join(f"<inputEntry><text>{escaped(c)}</text></inputEntry>" for c in cells)
        return "<rule>" + entries + "".join(f"<outputEntry><text>{r}</text></outputEntry>" for r in results) + "</rule>"

    rules = "".join(rule(cells, ["true", given]) for cells, given in rows)
    rules += rule(["-"] * len(inputs), ["false", "null"])
    return f"""{HEAD}{data}{figures}
<decision id="d1" name="资格"><variable id="dv1" name="资格"/>{wanted}{needs}
<decisionTable id="t" hitPolicy="{policy}">{columns}<output id="o1" name="符合" typeRef="boolean"/>
<output id="o2" name="元" typeRef="number"/>{rules}</decisionTable></decision>
<decision id="d2" name="结果"><variable id="dv2" name="结果"/>
<informationRequirement id="rd"><requiredDecision href="#d1"/></informationRequirement>
<context id="x"><contextEntry id="x1"><variable id="xv1" name="符合" typeRef="boolean"/>
<literalExpression id="l1"><text>资格.符合</text></literalExpression></contextEntry>
<contextEntry id="x2"><variable id="xv2" name="金额" typeRef="number"/>
<literalExpression id="l2"><text>{amount}</text></literalExpression></contextEntry></context></decision></definitions>"""


def escaped(cell: str) -> str:
    return cell.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


#: Pays firms for the taxes they paid: a sum and a share.
TAX = model_of({"纳税额": "number", "主体类型": "string"}, [([">= 1000000", '"企业"'], "10000")],
               amount="if 资格.符合 then 资格.元 + 纳税额 * 0.01 else null")  # fmt: skip
TAX = TAX.replace(
    '<informationRequirement id="rd">',
    '<informationRequirement id="rx"><requiredInput href="#i0"/></informationRequirement><informationRequirement id="rd">',
)
