"""What is found wrong with a rule's model."""

from __future__ import annotations

import pytest

from tests.rules.documents import model_of
from yingshang.rules.checking import check
from yingshang.rules.findings import SEVERITY

GOOD = model_of({"纳税额": "number", "主体类型": "string"}, [([">= 1000000", '"企业"'], "10000")])


def codes(document: str, **about: str) -> list[str]:
    return [f.code for f in check(document, **about)]


def test_a_good_model_has_no_findings(reward: str) -> None:
    assert codes(GOOD) == []
    assert codes(reward) == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("纳税额", "纳税总额", "unknown_fact"),
        ('name="纳税额" typeRef="number"', 'name="纳税额" typeRef="string"', "fact_type"),
        ('name="纳税额"><', 'name="纳税额"><description>万元</description><', "fact_unit"),
        ("FIRST", "UNIQUE", "hit_policy"),
        ('name="符合" typeRef="boolean"/>\n<output', 'name="合格" typeRef="boolean"/>\n<output', "no_table"),
        ('<variable id="xv2" name="金额"', '<variable id="xv2" name="款额"', "no_entry"),
        ('name="结果"><variable', 'name="结论"><variable', "no_result"),
        ("<outputEntry><text>true</text>", "<outputEntry><text>纳税额 &gt; 1</text>", "answer"),
        ("<outputEntry><text>true</text>", "<outputEntry><text>false</text>", "no_otherwise"),
        ("&gt;= 1000000", "&gt;= &gt;", "unreadable"),
        ("</definitions>", "", "unreadable"),
    ],
)
def test_what_is_wrong_is_found(old: str, new: str, code: str) -> None:
    broken = GOOD.replace(old, new)
    assert broken != GOOD
    findings = [f for f in check(broken) if f.code == code]
    assert findings
    assert SEVERITY[code] == "error"
    for finding in findings:
        assert finding.zh and finding.en and finding.as_dict()["zh"] == finding.zh


def test_an_unknown_fact_comes_with_those_that_are_called_alike() -> None:
    (finding,) = [f for f in check(GOOD.replace("纳税额", "纳税总额")) if f.code == "unknown_fact"]
    assert "纳税额" in finding.zh


def test_a_table_s_own_faults_are_among_the_findings() -> None:
    twice = model_of({"纳税额": "number"}, [([">= 1000000"], "10000"), ([">= 2000000"], "20000")])
    assert "masked" in codes(twice)
