"""FEEL as a plain table: expression, context, value."""

from __future__ import annotations

import time
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingshang.decisions import ParseError, feel
from yingshang.decisions.feel import patterns

D = Decimal


@pytest.mark.parametrize(
    ("text", "context", "value"),
    [
        ("1 + 2 * 3", {}, D(7)),
        ("1.05 * 0.25", {}, D("0.2625")),
        ("10 / 4", {}, D("2.5")),
        ("1 / 0", {}, None),
        ("2 ** 10", {}, D(1024)),
        ("-a", {"a": 3}, D(-3)),
        ('"a" + "b"', {}, "ab"),
        ('"a" + 1', {}, None),
        ("研发占比 >= 3", {"研发占比": D("2.7")}, False),
        ("第一 季度 + 1", {"第一 季度": 1}, D(2)),
        ("true and null", {}, None),
        ("false and null", {}, False),
        ("true or null", {}, True),
        ("false or null", {}, None),
        ("not(true)", {}, False),
        ("not(null)", {}, None),
        ("null = null", {}, True),
        ("1 = null", {}, False),
        ('1 = "1"', {}, None),
        ('1 < "1"', {}, None),
        ("5 in [1..5]", {}, True),
        ("5 in [1..5)", {}, False),
        ("5 in (5..9]", {}, False),
        ("2 in (1, 2, 3)", {}, True),
        ("x between 1 and 3", {"x": 2}, True),
        ('if a > 1 then "y" else "n"', {"a": 2}, "y"),
        ('if null then "y" else "n"', {}, "n"),
        ("for i in 1..3 return i * i", {}, [D(1), D(4), D(9)]),
        ("for i in [1, 2], j in [10, 20] return i + j", {}, [D(11), D(21), D(12), D(22)]),
        ("some x in [1, 2] satisfies x > 1", {}, True),
        ("every x in [1, 2] satisfies x > 1", {}, False),
        ("[1, 2, 3][item > 1]", {}, [D(2), D(3)]),
        ("[1, 2, 3][2]", {}, D(2)),
        ("[1, 2, 3][-1]", {}, D(3)),
        ("[{a: 1}, {a: 2}][a > 1].a", {}, [D(2)]),
        ("{a: 1, b: a + 1}.b", {}, D(2)),
        ("p.q", {"p": {"q": 5}}, D(5)),
        ("p.q.r", {"p": {}}, None),
        ("unknown", {}, None),
        ('string length("营商")', {}, D(2)),
        ('substring("foobar", 3, 2)', {}, "ob"),
        ('substring(string: "foobar", start position: -2)', {}, "ar"),
        ('contains("纾困助企", "助企")', {}, True),
        ('upper case("aé")', {}, "AÉ"),
        ("sum([1, 2, 3])", {}, D(6)),
        ("max(1, 5, 3)", {}, D(5)),
        ("count([])", {}, D(0)),
        ('list contains(["a"], "b")', {}, False),
        ("distinct values([1, 2, 1])", {}, [D(1), D(2)]),
        ("decimal(1/3, 2)", {}, D("0.33")),
        ("round half up(2.5, 0)", {}, D(3)),
        ("modulo(-12, 5)", {}, D(3)),
        ('date("2023-04-26") + duration("P1D")', {}, date(2023, 4, 27)),
        ('date("2023-04-26").year', {}, D(2023)),
        ('@"P2D"', {}, timedelta(days=2)),
        ('date("2023-02-30")', {}, None),
        ("(function(x) x + 1)(2)", {}, D(3)),
        ("// a remark\n1 /* another */ + 1", {}, D(2)),
    ],
)
def test_value(text: str, context: dict[str, Any], value: Any) -> None:
    assert feel.evaluate(text, context) == value


@pytest.mark.parametrize(
    ("cell", "value", "verdict"),
    [
        ("-", None, True),
        ("< 3", 2, True),
        (">= 3", 2, False),
        ("[1..3]", 3, True),
        ('"a", "b"', "b", True),
        ('not("a", "b")', "b", False),
        ('not("a")', "c", True),
        ("< 3", None, None),
        ("null", None, True),
        ('contains(?, "补贴")', "要补贴", True),
        ("? > 1 and ? < 5", 3, True),
    ],
)
def test_unary_tests(cell: str, value: Any, verdict: bool | None) -> None:
    assert feel.compile(cell, unary=True).evaluate({"?": value}) is verdict


@pytest.mark.parametrize("text", ["1 +", "(1", "if 1 then 2", "[1, 2", "a b c (", "{a 1}", '"open', "§", "(" * 500])
def test_malformed_text_says_where(text: str) -> None:
    with pytest.raises(ParseError, match="position"):
        feel.compile(text)


def test_waiting_costs_no_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is held up while it matches a pattern answers all the same."""
    matching = patterns.limited

    def late(*args: Any) -> object:
        time.sleep(1.2)
        return matching(*args)

    monkeypatch.setattr(patterns, "limited", late)
    assert feel.evaluate('matches("foobar", "^fo*b")') is True


def test_no_way_to_python() -> None:
    for text in ("__import__", "().__class__", "a.__class__", "open", "eval", "a.mro"):
        try:
            assert feel.evaluate(text, {"a": "x"}) is None
        except ParseError:
            continue


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4))
def test_numbers_are_exact(n: Decimal) -> None:
    assert feel.evaluate("n + 0.1 - 0.1 = n", {"n": n}) is True


@given(st.text(max_size=60))
def test_any_text_is_a_value_or_a_parse_error(text: str) -> None:
    try:
        feel.evaluate(text, {})
    except ParseError as error:
        assert error.position is not None
