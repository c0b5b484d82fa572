"""Cells that are read at a glance have the tree that the parser gives them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingshang.decisions.errors import ParseError
from yingshang.decisions.feel import plaincells
from yingshang.decisions.feel.builtins import BUILTINS
from yingshang.decisions.feel.parser import Parser
from yingshang.decisions.feel.syntax import Node

PLAIN = ["-", "< 5", ">=0.25", "!= 3", "[1..2]", "(1..2.5)", "]1..2[", '"大"', '"a", "b"', "1, 2,3", '"a", 5', '""']
NOT_PLAIN = [
    "",
    "--",
    "-5",
    "< -5",
    "<  5",
    "[1 .. 2]",
    '"a\\n"',
    '"a" , "b"',
    '"a"+"b"',
    "1 + 2",
    "null",
    "> x",
    " 5",
    "1e3",
]


def parsed(text: str) -> Node | None:
    try:
        return Parser(text, (), (), {}, BUILTINS).cell()
    except ParseError:
        return None


@pytest.mark.parametrize("text", PLAIN)
def test_plain(text: str) -> None:
    tree = plaincells.read(text)
    assert tree is not None
    assert tree == parsed(text)


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_others_are_left_to_the_parser(text: str) -> None:
    assert plaincells.read(text) is None


@given(st.text(alphabet='0123456789.,<>=![]()" -aé大\\+', max_size=12))
@settings(max_examples=1000, deadline=None)
def test_no_text_is_read_in_two_ways(text: str) -> None:
    tree = plaincells.read(text)
    if tree is not None:
        assert tree == parsed(text)
