"""Decision tables: hit policies, requirements, what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from yingshang import decisions

D = Decimal
NS = 'xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/"'


def table(policy: str, rules: list[tuple[str, str]], *, aggregation: str = "", values: str = "") -> decisions.Model:
    extra = f' aggregation="{aggregation}"' if aggregation else ""
    allowed = f"<outputValues><text>{values}</text></outputValues>" if values else ""
    rows = "".join(
        f"<rule><inputEntry><text>{a.replace('<', '&lt;')}</text></inputEntry>"
        f"<outputEntry><text>{b}</text></outputEntry></rule>"
        for a, b in rules
    )
    return decisions.load(
        f'<definitions {NS} name="m" namespace="n"><inputData id="i" name="x"/>'
        f'<decision id="d" name="d"><informationRequirement><requiredInput href="#i"/></informationRequirement>'
        f'<decisionTable hitPolicy="{policy}"{extra}><input><inputExpression><text>x</text></inputExpression></input>'
        f'<output name="o">{allowed}</output>{rows}</decisionTable></decision></definitions>'.encode()
    )


OVERLAP = [("> 1", "10"), ("> 5", "20"), ("> 7", "20")]


@pytest.mark.parametrize(
    ("policy", "aggregation", "x", "expected"),
    [
        ("UNIQUE", "", 2, D(10)),
        ("UNIQUE", "", 6, None),
        ("UNIQUE", "", 0, None),
        ("FIRST", "", 9, D(10)),
        ("ANY", "", 6, None),
        ("PRIORITY", "", 9, D(20)),
        ("RULE ORDER", "", 9, [D(10), D(20), D(20)]),
        ("OUTPUT ORDER", "", 9, [D(20), D(20), D(10)]),
        ("COLLECT", "", 9, [D(10), D(20), D(20)]),
        ("COLLECT", "", 0, []),
        ("COLLECT", "SUM", 9, D(50)),
        ("COLLECT", "MIN", 9, D(10)),
        ("COLLECT", "MAX", 9, D(20)),
        ("COLLECT", "COUNT", 9, D(3)),
    ],
)
def test_hit_policies(policy: str, aggregation: str, x: int, expected: object) -> None:
    assert table(policy, OVERLAP, aggregation=aggregation, values="20, 10").evaluate("d", {"x": x}) == expected


def test_any_accepts_rules_that_agree() -> None:
    assert table("ANY", [("> 1", "1"), ("> 2", "1")]).evaluate("d", {"x": 3}) == D(1)


def test_required_decisions_are_evaluated() -> None:
    model = decisions.load(
        f'<definitions {NS} name="m" namespace="n"><inputData id="i" name="营业收入"/>'
        '<decision id="a" name="税"><informationRequirement><requiredInput href="#i"/></informationRequirement>'
        "<literalExpression><text>营业收入 * 0.05</text></literalExpression></decision>"
        '<decision id="b" name="奖励"><informationRequirement><requiredDecision href="#a"/></informationRequirement>'
        "<literalExpression><text>min(税, 15000000)</text></literalExpression></decision></definitions>".encode()
    )
    assert model.evaluate("奖励", {"营业收入": 1000}) == D(50)
    assert model.evaluate("奖励", {"营业收入": D("1e12")}) == D(15000000)


@pytest.mark.parametrize(
    "xml",
    [
        b"<definitions",
        b"<html/>",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><definitions/>',
        f'<definitions {NS}><decision id="a" name="a"><informationRequirement><requiredDecision href="#b"/>'
        '</informationRequirement></decision><decision id="b" name="b"><informationRequirement>'
        '<requiredDecision href="#a"/></informationRequirement></decision></definitions>'.encode(),
    ],
)
def test_bad_documents_are_refused(xml: bytes) -> None:
    with pytest.raises(decisions.ModelError):
        decisions.load(xml)


def test_a_bad_cell_names_element_and_position() -> None:
    with pytest.raises(decisions.ParseError, match="position 3"):
        table("UNIQUE", [("> (", "1")])


def test_an_unknown_decision_lists_the_known() -> None:
    with pytest.raises(decisions.DecisionError, match="known: d"):
        table("UNIQUE", [("1", "1")]).evaluate("e", {})
