"""Whatever is thrown at the reader and the evaluator, there is a value or a DecisionError, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.decisions.engine.models import HEAD, document, literal
from yingshang import decisions
from yingshang.decisions import DecisionError, EvaluationError, ParseError, feel
from yingshang.decisions.feel.builtins import BUILTINS
from yingshang.decisions.feel.builtins.conversion import text_of
from yingshang.decisions.values import equal, from_python, to_python

QUIET = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SIGNS = "+ - * / ** = != < <= > >= ( ) [ ] { } , . .. : @ ? -> // /* */".split()
WORDS = (
    "if then else for in return some every satisfies and or between instance of function external true false null "
    "not item partial a b x 研发占比 number string date list context range Any"
).split()
VALUES = [
    '"text"',
    '"\\u00e9"',
    '""',
    "0",
    "1",
    "-1",
    "2.50",
    "1e30",
    '@"2024-02-29"',
    '@"10:00:00Z"',
    '@"P1D"',
    '@"P1Y"',
]
VALUES += ['@"2024-02-29T10:00:00@Europe/Paris"', "[1..3]", "(< 5)", "[1, null]", "{a: 1}", "null", "true"]
TOKENS = st.sampled_from([*SIGNS, *WORDS, *VALUES, *BUILTINS])


@QUIET
@given(st.lists(TOKENS, max_size=25).map(" ".join), st.booleans())
def test_token_soup(text: str, unary: bool) -> None:
    try:
        expression = feel.compile(text, unary=unary, names=("a", "b x", "研发占比"))
    except ParseError as error:
        assert error.position is not None
        assert 0 <= error.position <= len(text)
        return
    with suppress(EvaluationError):
        expression.evaluate({"a": 1, "b x": "y", "研发占比": [1, None]})


@QUIET
@given(st.text(max_size=60))
def test_any_characters(text: str) -> None:
    with suppress(DecisionError):
        feel.evaluate(text, {"a": 1})


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions made of smaller ones; most of them can be read, and make little sense."""
    pair = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(
            inner, st.sampled_from(["+", "-", "*", "/", "**", "=", "!=", "<", ">=", "and", "or", "in"]), inner
        ).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(inner, max_size=3).map(lambda vs: "{" + ", ".join(f"k{n}: {v}" for n, v in enumerate(vs)) + "}"),
        pair.map(lambda p: f"({p[0]})[{p[1]}]"),
        pair.map(lambda p: f"if {p[0]} then {p[1]} else {p[0]}"),
        pair.map(lambda p: f"for i in {p[0]} return {p[1]}"),
        pair.map(lambda p: f"some i in {p[0]} satisfies {p[1]}"),
        pair.map(lambda p: f"[({p[0]})..({p[1]}))"),
        pair.map(lambda p: f"(function(i, j) {p[0]})({p[1]}, 1)"),
        st.tuples(inner, st.sampled_from(["a", "k0", "year", "time offset", "days", "start", "timezone"])).map(
            lambda t: f"({t[0]}).{t[1]}"
        ),
        st.tuples(st.sampled_from(sorted(BUILTINS)), st.lists(inner, max_size=4)).map(
            lambda t: f"{t[0]}({', '.join(t[1])})"
        ),
    )


EXPRESSIONS = st.recursive(
    st.sampled_from([*VALUES, "i", "item", "a", "partial", "sum", "function(i) i"]), grown, max_leaves=12
)


@QUIET
@given(EXPRESSIONS)
def test_random_trees(text: str) -> None:
    with suppress(DecisionError):
        value = feel.compile(text, names=("a",)).execute({"a": Decimal(7)})
        # What comes out can be written, compared with itself, and leaves for Python.
        text_of(value)
        to_python(value)
        assert equal(value, value) is not False


@QUIET
@given(st.lists(EXPRESSIONS, min_size=1, max_size=4))
def test_random_cells(texts: list[str]) -> None:
    try:
        verdict = feel.compile(", ".join(texts), unary=True).execute({}, Decimal(3))
    except DecisionError:
        return
    assert verdict in (True, False, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.datetimes() | st.timedeltas(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)
TYPES = """
<itemDefinition name="t"><itemComponent name="a"><typeRef>number</typeRef></itemComponent>
<itemComponent name="b" isCollection="true"><typeRef>t</typeRef></itemComponent></itemDefinition>
<itemDefinition name="u"><typeRef>number</typeRef><allowedValues><text>[1..5]</text></allowedValues></itemDefinition>
<inputData id="x" name="x"><variable name="x" typeRef="t"/></inputData>
<inputData id="y" name="y"><variable name="y" typeRef="u"/></inputData>
"""
NEEDS = "".join(f'<informationRequirement><requiredInput href="#{n}"/></informationRequirement>' for n in "xy")
TYPED = decisions.load(document(TYPES + literal("d", "{x: x, y: y}", NEEDS)))


@QUIET
@given(JSON, JSON)
def test_any_data(x: Any, y: Any) -> None:
    result = TYPED.evaluate("d", {"x": x, "y": y})
    assert set(result) == {"x", "y"}
    assert result["y"] is None or 1 <= result["y"] <= 5
    TYPED.explain("d", {"x": x, "y": y}).as_text("zh")


@QUIET
@given(JSON)
def test_values_return_as_they_went(value: Any) -> None:
    inside = from_python(value)
    again = from_python(to_python(inside))
    assert text_of(again, True) == text_of(inside, True)


TAGS = (
    "decision inputData businessKnowledgeModel decisionService itemDefinition itemComponent import variable literalExpression "
    "text context contextEntry decisionTable input inputExpression output rule inputEntry outputEntry list relation column row "
    "invocation binding parameter functionDefinition formalParameter encapsulatedLogic conditional if then else filter in match "
    "for return some every satisfies informationRequirement requiredInput requiredDecision knowledgeRequirement typeRef"
).split()
ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        [
            "id",
            "name",
            "href",
            "typeRef",
            "hitPolicy",
            "aggregation",
            "isCollection",
            "iteratorVariable",
            "kind",
            "namespace",
        ]
    ),
    st.sampled_from(["a", "b", "#a", "#b", "urn:m#a", "number", "COLLECT", "SUM", "true", "tns:a", "", "Java"]),
    max_size=3,
)


def written(tag: str, attributes: dict[str, str], inside: list[str]) -> str:
    given_ = "".join(f" {k}='{v}'" for k, v in attributes.items())
    return f"<{tag}{given_}>{''.join(inside)}</{tag}>"


def element(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(written, st.sampled_from(TAGS), ATTRIBUTES, st.lists(inner, max_size=4))


ELEMENTS = st.recursive(element(st.sampled_from(["1", "a + b", "&lt; 5", "-", "(", ""])), element, max_leaves=12)


@QUIET
@given(st.lists(ELEMENTS, max_size=5).map("".join), st.booleans())
def test_random_documents(inside: str, lenient: bool) -> None:
    with suppress(DecisionError):
        model = decisions.load(f"{HEAD}{inside}</definitions>".encode(), lenient=lenient)
        for name in model.decisions:
            model.evaluate(name, {"a": 1, "b": [2]})


@QUIET
@given(st.binary(max_size=200))
def test_random_bytes(content: bytes) -> None:
    with pytest.raises(DecisionError):
        decisions.load(content)
