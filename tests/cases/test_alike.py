"""Decisions asked once for all demands that they cannot tell apart: the same answers, and few questions."""

import copy
import random
from typing import Any

import jieba
import pytest

from yingshang import decisions
from yingshang.cases import engine, routing
from yingshang.cases.alike import Alike

PHRASES = [
    "出口退税没到账",
    "员工孩子想入学",
    "路灯不亮",
    "公租房和人才房",
    "欠款",
    "门口总堵车",
    "ABC 123",
    "合同纠纷,拖欠",
]


def demands(count: int) -> list[dict[str, Any]]:
    chance = random.Random(7)
    return [
        {
            "category": chance.choice(["", "other", "tax", "schooling", "no such category"]),
            "street": chance.choice(["", "street.xiasha", "street.baiyang"]),
            "platform": chance.choice(["", "", "platform.pharma"]),
            "title": f"{chance.choice(PHRASES)}{i}",
            # A word may stand across the seam of title and text, which the blank between them parts.
            "text": "。".join(chance.sample(PHRASES, chance.randint(0, 3))) + str(i),
            "form": {"wish": "尽快"},
            "channel": "import",
            "reopened": False,
        }
        for i in range(count)
    ]


def test_the_same_answers_as_one_by_one() -> None:
    model = engine.load_decision("qifu_express", "routing")
    alike = Alike(model, "routing")
    rows = demands(1200)
    for row in rows:
        assert alike.evaluate(row) == model.evaluate("routing", row)
    # No two of the texts are the same.
    assert len({row["title"] + row["text"] for row in rows}) == len(rows)
    assert alike.asked < len(rows) * 0.7


def test_what_was_answered_is_the_callers_own() -> None:
    alike = Alike(engine.load_decision("qifu_express", "routing"), "routing")
    row = demands(1)[0] | {"category": "traffic"}
    first = alike.evaluate(row)
    kept = copy.deepcopy(first)
    assert first["assisting"], "a list inside, which has to be a copy too"
    first["assisting"].clear()
    first.clear()
    assert alike.evaluate(row) == kept
    assert alike.asked == 1


def test_a_given_decision_is_not_asked() -> None:
    model = engine.load_decision("qifu_express", "routing")
    alike = Alike(model, "routing")
    row = demands(1)[0] | {"category": ""}
    alike.evaluate(row)
    given = row | {"mentioned": ["water"]}
    assert alike.evaluate(given) == model.evaluate("routing", given) != alike.evaluate(row)


TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="m" name="m" namespace="urn:m">
<inputData id="t" name="text"><variable name="text" typeRef="string"/></inputData>
<decision id="d" name="d"><variable name="d"/><informationRequirement><requiredInput href="#t"/></informationRequirement>
<decisionTable hitPolicy="FIRST"><input><inputExpression typeRef="string"><text>{column}</text></inputExpression></input>
<output/><rule><inputEntry><text>{test}</text></inputEntry><outputEntry><text>{result}</text></outputEntry></rule>
<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>"else"</text></outputEntry></rule></decisionTable></decision>
{more}</definitions>"""
OTHER = """<decision id="e" name="e"><variable name="e"/><informationRequirement><requiredInput href="#t"/></informationRequirement>
<informationRequirement><requiredDecision href="#d"/></informationRequirement>
<literalExpression><text>d + string(string length(text))</text></literalExpression></decision>"""


@pytest.mark.parametrize(
    ("column", "test", "result", "more", "decision", "searched"),
    [
        ("text", 'contains(?, "a")', '"x"', "", "d", True),
        ("text", 'not(contains(?, "a") and contains(?, "b"))', '"x"', "", "d", True),
        ("text", 'contains(?, "a") and contains(?, "b")', '"x"', "", "d", True),
        ("text", 'contains(?, "a"), contains(?, "b") and contains(?, "c")', '"x"', "", "d", True),
        ('"b" + text + "a"', 'contains(?, "ba")', '"x"', "", "d", True),
        ("text", 'contains(?, "a") or starts with(?, "b")', '"x"', "", "d", False),
        ("text", '"a"', '"x"', "", "d", False),
        ("text", 'contains(?, text)', '"x"', "", "d", False),
        ("text", 'contains(?, "a")', "text", "", "d", False),
        ("upper case(text)", 'contains(?, "A")', '"x"', "", "d", False),
        ("text", 'contains(?, "a")', '"x"', OTHER, "e", False),
    ],
)  # fmt: skip
def test_a_text_of_which_more_is_asked_is_told_apart_whole(
    column: str, test: str, result: str, more: str, decision: str, searched: bool
) -> None:
    text = TABLE.format(column=column, test=test, result=result, more=more)
    model = decisions.load(text.encode())
    alike = Alike(model, decision)
    texts = ["a", "ab", "bb", "b", "", "A", "cc", "ca", "aa", "zzzz"]
    for t in texts:
        assert alike.evaluate({"text": t}) == model.evaluate(decision, {"text": t}), t
    assert (alike.asked < len(texts)) is searched


def test_which_of_a_cells_words_it_was_does_not_matter() -> None:
    text = TABLE.format(column="text", test='contains(?, "a") or contains(?, "b")', result='"x"', more="")
    alike = Alike(decisions.load(text.encode()), "d")
    assert [alike.evaluate({"text": t}) for t in ("1a", "2b", "ab", "-", "cc")] == ["x", "x", "x", "else", "else"]
    assert alike.asked == 2


@pytest.mark.parametrize(
    "text", ["出口退税,一直没有到账!\r\n 第 12 号 A-b_c 0571-1234", "", "İ。İx", "，，", "a b\tc 3.5% x&y"]
)
def test_words_cut_between_marks_are_those_of_the_whole(text: str) -> None:
    whole = [w for w in (t.strip().lower() for t in jieba.cut(text)) if len(w) > 1]
    assert routing.cut(text) == whole
    assert routing.cut(text * 2) == [w for w in (t.strip().lower() for t in jieba.cut(text * 2)) if len(w) > 1]
