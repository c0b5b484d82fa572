"""Why a decision came out so, in Chinese and in English, and as data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.decisions.engine.models import HEAD, document, inputs, literal, table, text
from yingshang import decisions

SUBSIDY = table(
    [("研发占比", "number", ""), ("等级", "string", '"甲", "乙"')],
    [("奖励", "", ""), ("全额", "", "")],
    [(["< 3", "-"], ["0", "false"]), ([">= 3", '"甲"'], ["100", "true"]), ([">= 3", "-"], ["50", "null"])],
    "FIRST",
)


def test_a_table_in_chinese() -> None:
    told = SUBSIDY.explain("d", {"研发占比": 4, "等级": "甲"}).as_text("zh")
    assert told.splitlines() == [
        "决策 d＝{奖励: 100, 全额: true}",
        "  决策表 d（首条命中）＝{奖励: 100, 全额: true}",
        '    依据：研发占比＝4；等级＝"甲"',
        "    规则 1 未命中 (研发占比 < 3：不满足)",
        '    规则 2 命中 → 奖励＝100；全额＝是 (研发占比 >= 3：满足；等级 "甲"：满足)',
        "      “第2条”",
        "    规则 3 满足而未采用",
    ]


def test_a_table_in_english() -> None:
    told = SUBSIDY.explain("d", {"研发占比": 4, "等级": "乙"}).as_text("en")
    assert told.splitlines() == [
        "decision d = {奖励: 50, 全额: null}",
        "  table d (FIRST) = {奖励: 50, 全额: null}",
        '    from: 研发占比 = 4; 等级 = "乙"',
        "    rule 1 not met (研发占比 < 3: not met)",
        '    rule 2 not met (等级 "甲": not met)',
        "    rule 3 fired → 奖励 = 50; 全额 = null (研发占比 >= 3: met)",
        "      “第3条”",
    ]


def test_a_table_as_data() -> None:
    trace = SUBSIDY.explain("d", {"研发占比": 4, "等级": "甲"})
    step = trace.steps[0]
    assert [r.number for r in step.fired] == [2]
    assert [(c.label, c.verdict) for c in step.rules[0].conditions] == [("研发占比", False), ("等级", True)]
    data = json.loads(json.dumps(trace.as_dict(), ensure_ascii=False))
    assert data["value"] == {"奖励": "100", "全额": True}
    assert data["steps"][0]["policy"] == "FIRST"
    assert data["steps"][0]["rules"][1]["outputs"] == {"奖励": "100", "全额": True}
    assert data["steps"][0]["rules"][2] | {"conditions": []} == {
        "number": 3, "id": "", "fired": False, "met": True, "conditions": [], "outputs": {}, "annotations": [],
    }  # fmt: skip


GIVEN = [
    ("missing", {"等级": "甲"}, "没有给出 研发占比", "研发占比 was not given"),
    (
        "type",
        {"研发占比": "很多", "等级": "甲"},
        '研发占比 的值 "很多" 不是数值，按空值处理',
        '研发占比 is "很多", which is no number; taken as null',
    ),
    (
        "allowed",
        {"研发占比": 1, "等级": "丙"},
        '等级 的值 "丙" 不在允许的范围（"甲", "乙"）内',
        '等级 is "丙", which is not allowed ("甲", "乙")',
    ),
]


@pytest.mark.parametrize(("given", "zh", "en"), [g[1:] for g in GIVEN], ids=[g[0] for g in GIVEN])
def test_what_was_wrong_with_the_inputs(given: dict[str, Any], zh: str, en: str) -> None:
    trace = SUBSIDY.explain("d", given)
    assert f"! {zh}" in trace.as_text("zh")
    assert f"! {en}" in trace.as_text("en")


POLICIES = [
    ("UNIQUE", 9, "唯一命中的表同时命中规则 1, 2，结果为空", "the rules 1, 2 fired at once"),
    ("ANY", 9, "规则 1, 2 的结果不同", "the rules 1, 2 differ"),
    ("PRIORITY", 0, "没有规则命中，也没有默认值", "no rule fired, and there is no default"),
]


@pytest.mark.parametrize(("policy", "x", "zh", "en"), POLICIES)
def test_what_the_hit_policy_made_of_it(policy: str, x: int, zh: str, en: str) -> None:
    trace = table([("x", "", "")], [("o", "", "")], [(["> 1"], ["1"]), (["> 5"], ["2"])], policy).explain("d", {"x": x})
    assert trace.value is None
    assert zh in trace.as_text("zh")
    assert en in trace.as_text("en")
    assert not trace.steps[0].fired


def test_a_default_says_so() -> None:
    trace = table([("x", "", "")], [("o", "", "7")], [(["1"], ["1"])]).explain("d", {"x": 2})
    assert "没有规则命中，取默认值" in trace.as_text("zh")
    assert "no rule fired; the default applies" in trace.as_text("en")


DATA, NEEDS = inputs("税基", types={"税基": "number"})
KNOWLEDGE = (
    '<businessKnowledgeModel id="k" name="税率"><encapsulatedLogic><formalParameter name="额"/>'
    f"{text('literalExpression', 'if 额 > 100 then 0.1 else 0')}</encapsulatedLogic></businessKnowledgeModel>"
)
CALLS = '<knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement>'
AFTER = '<informationRequirement><requiredDecision href="#税"/></informationRequirement>'
TAX = decisions.load(
    document(
        DATA
        + KNOWLEDGE
        + literal("税", "税基 * 税率(税基)", NEEDS + CALLS)
        + literal("税后", "税基 - 税", NEEDS + AFTER)
    )
)


def test_decisions_and_knowledge_on_the_way() -> None:
    assert TAX.explain("税后", {"税基": 200}).as_text("zh").splitlines() == [
        "决策 税后＝180",
        "  决策 税＝20",
        "    表达式 税基 * 税率(税基)＝20",
        "      依据：税基＝200",
        "      业务知识 税率＝0.1",
        "        依据：额＝200",
        "        表达式 if 额 > 100 then 0.1 else 0＝0.1",
        "          依据：额＝200",
        "  表达式 税基 - 税＝180",
        "    依据：税＝20；税基＝200",
    ]


def test_a_decision_is_told_once() -> None:
    both = literal("和", "税后 + 税", AFTER + AFTER.replace("#税", "#税后"))
    model = decisions.load(
        document(
            DATA
            + KNOWLEDGE
            + literal("税", "税基 * 税率(税基)", NEEDS + CALLS)
            + literal("税后", "税基 - 税", NEEDS + AFTER)
            + both
        )
    )
    names = [s.name for s in model.explain("和", {"税基": 200}).walk() if s.kind == "decision"]
    assert names == ["和", "税", "税后"]


def test_context_entries_services_and_what_has_no_logic() -> None:
    inside = (
        '<decision id="c" name="c"><context><contextEntry><variable name="a"/>'
        f"{text('literalExpression', '1 + 1')}</contextEntry><contextEntry>{text('literalExpression', 'a * 2')}"
        '</contextEntry></context></decision><decision id="n" name="n"/>'
        '<decisionService id="s" name="s"><outputDecision href="#c"/></decisionService>'
    )
    call = '<knowledgeRequirement><requiredKnowledge href="#s"/></knowledgeRequirement>'
    model = decisions.load(document(inside + literal("u", "s()", call)))
    assert model.explain("u", {}).as_text("en").splitlines() == [
        "decision u = 4",
        "  expression s() = 4",
        "    service s = 4",
        "      decision c = 4",
        "        entry a = 2",
        "          expression 1 + 1 = 2",
        "        result = 4",
        "          expression a * 2 = 4",
        "            from: a = 2",
    ]
    assert model.explain("n", {}).as_text("zh").splitlines() == ["决策 n＝空", "  ! n 没有写明决策逻辑"]


@pytest.mark.parametrize(
    ("logic", "zh", "en"),
    [
        (
            "<literalExpression expressionLanguage='Groovy'><text>1</text></literalExpression>",
            "使用的语言 Groovy",
            "written in Groovy",
        ),
        (text("literalExpression", "1 +"), "不是正确的 FEEL 表达式", "not well-formed FEEL"),
        (
            f"<invocation>{text('literalExpression', 'nothing')}</invocation>",
            "不是可以调用的函数",
            "no function that can be called",
        ),
        (
            f"<conditional><if>{text('literalExpression', '5')}</if><then>{text('literalExpression', '1')}</then>"
            f"<else>{text('literalExpression', '2')}</else></conditional>",
            "不是真假值，结果为空",
            "neither true nor false",
        ),
        (
            f"<context><contextEntry><variable name='f'/><functionDefinition kind='Java'/></contextEntry><contextEntry>"
            f"{text('literalExpression', 'f()')}</contextEntry></context>",
            "f 是外部函数，出于安全拒绝执行",
            "f is an external function, which is refused",
        ),
    ],
)
def test_why_something_is_null(logic: str, zh: str, en: str) -> None:
    content = f"{HEAD}<decision id='d' name='d'>{logic}</decision></definitions>".encode()
    trace = decisions.load(content, lenient=True).explain("d", {})
    assert zh in trace.as_text("zh")
    assert en in trace.as_text("en")
