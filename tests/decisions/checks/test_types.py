"""Cells, results, names and operands that cannot be right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.decisions.checks.tables import table
from yingshang.decisions.checks import check, check_table
from yingshang.decisions.checks.findings import SEVERITY, Finding
from yingshang.decisions.feel import compile as compile_
from yingshang.decisions.feel.types import BUILT_IN, Constrained, Type
from yingshang.decisions.reading import load
from yingshang.decisions.table import Table

SCOPE: dict[str, Type | None] = {
    "收入": BUILT_IN["number"],
    "日": BUILT_IN["date"],
    "规模": BUILT_IN["string"],
    "其他": None,
}


def found(t: Table, code: str) -> list[Finding]:
    return [f for f in check_table(t, "表", SCOPE) if f.code == code]


@pytest.mark.parametrize(
    ("kind", "cell", "wrong"),
    [
        ("number", '"大"', True),
        ("number", '> @"2024-01-01"', True),
        ("number", "> 5, null", False),
        ("string", "5", True),
        ("string", '"5"', False),
        ("boolean", '"是"', True),
        ("date", '@"2024-01-01T00:00:00"', True),
        ("date", '>= @"2024-01-01"', False),
        ("date and time", '>= @"2024-01-01"', True),
        ("number", "-", False),
    ],
)
def test_cells_of_another_kind(kind: str, cell: str, wrong: bool) -> None:
    t = table(f"收入: {kind}", [cell, "-"], "FIRST")
    assert [(f.rules, f.input) for f in found(t, "cell_type")] == ([((1,), "收入")] if wrong else [])


def test_values_that_are_not_allowed() -> None:
    t = table("规模: string", ['"大"', '"大", "巨"', '"小"'], "FIRST", allowed=['"大", "小"'])
    (outside,) = found(t, "outside")
    assert (outside.rules, outside.input) == ((2,), "规模")
    assert outside.zh == '规则 2 中“规模”的条件 "大", "巨" 超出允许的值（"大", "小"），例如 "巨"'
    assert found(table("收入: number", [">= 50", "< 50"], allowed=["[0..100]"]), "outside") == []


def test_the_allowed_values_of_an_item_definition_count_too() -> None:
    t = table("规模: string", ['"大"', '"巨"'], "FIRST")
    tests = compile_('"大", "小"', unary=True)
    kind = Constrained("规模类", BUILT_IN["string"], lambda v: tests.execute({}, v) is True, tests.text)
    t.inputs[0].type = kind
    assert [f.rules for f in found(t, "outside")] == [(2,)]
    assert [f.example for f in found(t, "gap")] == [{"规模": "小"}]


def test_results_of_the_wrong_type_or_not_allowed() -> None:
    t = table("收入: number", ['< 1 -> "高"', ">= 1 -> 5", '- -> "低"'], "FIRST", values=["高", "中"], default='"无"')
    t.outputs[0] = replace(t.outputs[0], type=BUILT_IN["string"])
    assert [f.rules for f in found(t, "output_type")] == [(2,)]
    values = found(t, "output_value")
    assert [f.rules for f in values] == [(3,), (0,)]
    assert values[1].zh.startswith("规则 默认值 的结果")
    assert values[1].en.startswith("rule default: ")


def test_an_input_expression_of_another_type() -> None:
    t = table("收入: number", ["-"])
    t.inputs[0] = replace(t.inputs[0], expression=compile_('规模 + "x"'))
    (finding,) = found(t, "input_type")
    assert finding.about == {"cell": '规模 + "x"', "kind": "string", "type": "number"}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("收入 + 规模", "number + string"),
        ("收入 * 2 - 日", "number - date"),
        ("规模 < 5", "string < number"),
        ("规模 = 5", "string = number"),
        ("日 < today()", ""),
        ("日 - today() > @\"P1D\"", ""),
        ("if 收入 > 1 then 收入 else 2", ""),
        ("其他 + 规模", ""),
        ("收入 and true", "boolean and number"),
        ("string(收入) + 规模", ""),
        ("日.year + 规模", "number + string"),
        ("收入 / 0 = null", ""),
    ],
)  # fmt: skip
def test_operands(text: str, wrong: str) -> None:
    t = table("收入: number", [f"- -> {text}"])
    assert [f.about["kind"] for f in found(t, "operand")] == ([wrong] if wrong else [])


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        ('制造业 -> "x"', ["制造业"]),
        ("- -> 收人 * 2", ["收人"]),
        ("> 其他 -> 规模", []),
        ("- -> for x in 1..3 return x + partial[-1] + y", ["y"]),
        ("- -> [{a: 1}][a > 1 and b > 1]", []),
        ("- -> {a: 1, b: a + c}.b", ["c"]),
        ("- -> some x in [收入] satisfies x > z", ["z"]),
        ("- -> (function(n) n + m)(1)", ["m"]),
        ("- -> sum(收入, 1)", []),
        ("- -> sume(收入, 1)", ["sume"]),
    ],
)
def test_names(cells: str, names: list[str]) -> None:
    assert [f.about["value"] for f in found(table("收入", [cells]), "name")] == names


def test_a_name_is_told_with_its_cell() -> None:
    (finding,) = found(table("收入", ['制造业 -> "x"']), "name")
    assert finding.zh == "制造业 中的名称“制造业”没有定义"
    assert (finding.rules, finding.input, finding.severity) == ((1,), "收入", "error")


MODEL = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="d" name="m" namespace="n">
  <inputData id="i" name="收入"><variable name="收入" typeRef="number"/></inputData>
  <inputData id="j" name="类"><variable name="类" typeRef="没有"/></inputData>
  <decision id="a" name="分级"><variable name="分级" typeRef="string"/>
    <informationRequirement id="q"><requiredInput href="#i"/></informationRequirement>
    <knowledgeRequirement id="k"><requiredKnowledge href="#f"/></knowledgeRequirement>
    <context id="c">
      <contextEntry id="e"><variable name="税" typeRef="number"/>
        <literalExpression id="l"><text>折算(收入) + 收入x</text></literalExpression></contextEntry>
      <contextEntry id="g"><variable name="级"/>
        <decisionTable id="t" hitPolicy="UNIQUE">
          <input id="t1" label="税">
            <inputExpression id="t2" typeRef="number"><text>税</text></inputExpression></input>
          <output id="t3"/>
          <rule id="t4">
            <inputEntry id="t5"><text>&lt; 10</text></inputEntry>
            <outputEntry id="t6"><text>"低"</text></outputEntry>
          </rule>
          <rule id="t7">
            <inputEntry id="t8"><text>&gt; 10</text></inputEntry>
            <outputEntry id="t9"><text>"高"</text></outputEntry>
          </rule>
        </decisionTable>
      </contextEntry>
      <contextEntry id="h"><literalExpression id="m"><text>级 + 税</text></literalExpression></contextEntry>
    </context>
  </decision>
  <businessKnowledgeModel id="f" name="折算"><variable name="折算"/>
    <encapsulatedLogic id="f1"><formalParameter id="f2" name="x" typeRef="number"/>
      <literalExpression id="f3"><text>折算(x) + 收入</text></literalExpression></encapsulatedLogic>
  </businessKnowledgeModel>
</definitions>"""


def test_a_whole_model() -> None:
    findings = check(load(MODEL.encode()))
    told = [(f.code, f.table, f.about.get("value")) for f in findings]
    assert told == [
        ("type_name", "类", "没有"),
        ("name", "分级", "收入x"),
        ("gap", "分级.级", None),
        ("name", "折算", "收入"),
    ]


@pytest.mark.parametrize("code", sorted(SEVERITY))
def test_every_finding_has_texts_in_both_languages(code: str) -> None:
    about = {
        "cell": "> 5", "type": "number", "value": "x", "kind": "string", "allowed": "1, 2", "others": [1], "what": "gap", "count": 3,
    }  # fmt: skip
    f = Finding(code, "表", (1, 2), "收入", {"收入": None}, about)
    assert "{" not in f.zh + f.en
    assert f.zh != f.en
    assert f.as_dict()["zh"] == f.zh
