"""Every version of DMN, and how types are named in each."""

from __future__ import annotations

import pytest

from yingshang import decisions
from yingshang.decisions.xml import NAMESPACES

MODEL = """<dmn:definitions xmlns:dmn="{ns}" xmlns:feel="{feel}" xmlns:my="urn:v" name="v" namespace="urn:v">
<dmn:itemDefinition name="shares" isCollection="true"><dmn:typeRef>{number}</dmn:typeRef></dmn:itemDefinition>
<dmn:inputData id="i" name="given"><dmn:variable name="given" typeRef="{shares}"/></dmn:inputData>
<dmn:decision id="d" name="total"><dmn:variable name="total" typeRef="{number}"/>
<dmn:informationRequirement id="r"><dmn:requiredInput href="#i"/></dmn:informationRequirement>
<dmn:literalExpression><dmn:text>sum(given)</dmn:text></dmn:literalExpression></dmn:decision>
</dmn:definitions>"""


@pytest.mark.parametrize("namespace", NAMESPACES, ids=list(NAMESPACES.values()))
@pytest.mark.parametrize(
    ("number", "shares"), [("number", "shares"), ("feel:number", "my:shares"), ("feel.number", "shares")]
)
def test_a_version(namespace: str, number: str, shares: str) -> None:
    content = MODEL.format(ns=namespace, feel="urn:feel", number=number, shares=shares)
    model = decisions.load(content.encode())
    assert model.evaluate("total", {"given": [1, 2.5]}) == decisions.feel.evaluate("3.5")
    # A number becomes a list of one; a text is no number.
    assert model.evaluate("total", {"given": 4}) == 4
    assert model.evaluate("total", {"given": ["x"]}) is None
    assert str(model.input_types["given"]) == "shares"
    assert model.decisions["total"].requires == ["given"]


@pytest.mark.parametrize("name", ["dateTime", "dayTimeDuration", "yearMonthDuration"])
def test_types_by_the_names_of_dmn_1_1(name: str) -> None:
    content = MODEL.format(ns=next(iter(NAMESPACES)), feel="urn:feel", number=f"feel:{name}", shares="my:shares")
    assert str(decisions.load(content.encode()).decisions["total"].type) in (
        "date and time",
        "days and time duration",
        "years and months duration",
    )
