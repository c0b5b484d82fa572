"""Regions say what the scalar engine says, on every value, null included."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decisions.checks.cells import KINDS, ZONED, cells, type_of, values
from yingshang.decisions.feel import compile as compile_
from yingshang.decisions.feel.types import BUILT_IN, Constrained
from yingshang.decisions.regions import (
    EVERYTHING,
    Interval,
    Region,
    complement,
    intersect,
    is_empty,
    region_of,
    sample,
    union,
)

NUMBER, STRING = BUILT_IN["number"], BUILT_IN["string"]
D = Decimal


def region(text: str, kind: str | None) -> Region | None:
    return region_of(compile_(text, unary=True), BUILT_IN[kind] if kind else None)


@pytest.mark.parametrize(
    ("text", "kind", "intervals", "null"),
    [
        ("-", "number", [EVERYTHING], True),
        (">= 3", "number", [Interval(D(3), True, None, False)], None),
        ("[1..5)", "number", [Interval(D(1), True, D(5), False)], None),
        ("1, 2", "number", [Interval(D(1), True, D(1), True), Interval(D(2), True, D(2), True)], False),
        ("(1..2], (2..3]", "number", [Interval(D(1), False, D(3), True)], None),
        ("not(5)", "number", [Interval(None, False, D(5), False), Interval(D(5), False, None, False)], True),
        ("[5..1]", "number", [], None),
        ("null", "number", [], True),
        ('"a"', "number", [], False),
        ('starts with(?, "C2")', "string", [Interval("C2", True, "C3", False)], None),
        ('not(starts with(?, "C2"))', "string", [Interval(None, False, "C2", False), Interval("C3", True, None, False)], None),
        ("true", "boolean", [Interval(True, True, True, True)], False),
        ("not(true)", "boolean", [Interval(False, True, False, True)], True),
    ],
)  # fmt: skip
def test_what_a_cell_accepts(text: str, kind: str, intervals: list[Interval], null: bool | None) -> None:
    found = region(text, kind)
    assert found is not None
    assert list(found.intervals) == intervals
    assert found.null is null


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("> 限额", "number"),
        ("? * 2 > 5", "number"),
        ('matches(?, "C.*")', "string"),
        ("< today()", "date"),
        ('"a", 5', None),
        ("[1, 2]", None),
        ('>= @"12:00:00Z", @"12:00:00"', "time"),
        ("string length(?) > 2", "string"),
        ("? instance of number", None),
        ("for x in 1..100000 return x", "number"),
    ],
)
def test_cells_that_have_no_region(text: str, kind: str | None) -> None:
    assert region(text, kind) is None


def test_lists_and_contexts_have_a_region_only_where_all_are_alike() -> None:
    assert region_of(compile_("-", unary=True), BUILT_IN["list"]) == Region("any", (EVERYTHING,), True, True)
    assert region_of(compile_("5", unary=True), BUILT_IN["list"]) is None


def test_a_named_type_counts_as_what_it_is_based_on() -> None:
    found = region_of(compile_("< 5", unary=True), Constrained("得分", NUMBER))
    assert found is not None
    assert found.kind == "number"


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, str, bool, Any]:
    kind = draw(st.sampled_from(KINDS))
    zoned = kind in ZONED and draw(st.booleans())
    typed = draw(st.integers(0, 3)) > 0
    value = draw(values(kind) if typed else st.sampled_from(KINDS).flatmap(values))
    return draw(cells(kind, zoned)), kind, typed, value


@given(cases())
@settings(max_examples=500, deadline=None)
def test_a_region_says_what_the_engine_says(case: tuple[str, str, bool, Any]) -> None:
    text, kind, typed, value = case
    cell = compile_(text, unary=True)
    found = region_of(cell, type_of(kind) if typed else None)
    if found is None:
        assert not typed
        return
    assert found.contains(value) is (cell.execute({}, value) is True)
    assert found.null is cell.execute({})
    example = sample(found)
    assert (example is None) is (not found.intervals)
    if example is not None and found.kind != "any":
        assert cell.execute({}, example) is True


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Region, Region, Any]:
    kind = draw(st.sampled_from(KINDS))
    zoned = kind in ZONED and draw(st.booleans())
    two = [region_of(compile_(draw(cells(kind, zoned)), unary=True), type_of(kind)) for _ in range(2)]
    a, b = two
    if a is None or b is None or a.zoned != b.zoned:
        a = b = region_of(compile_("-", unary=True), type_of(kind))
    assert a is not None
    assert b is not None
    return a, b, draw(st.none() | values(kind))


@given(pairs())
@settings(max_examples=300, deadline=None)
def test_union_intersection_complement(pair: tuple[Region, Region, Any]) -> None:
    a, b, value = pair
    assert union(a, b).contains(value) is (a.contains(value) or b.contains(value))
    assert intersect(a, b).contains(value) is (a.contains(value) and b.contains(value))
    if value is not None:
        assert complement(a).contains(value) is not a.contains(value)
        assert complement(complement(a)).contains(value) is a.contains(value)
    assert not intersect(a, complement(a)).intervals
    assert is_empty(a) is (not a.intervals and not a.contains(None) and not a.other)
    for r in (union(a, b), intersect(a, b)):
        if r.intervals:
            assert r.contains(sample(r))


def test_regions_of_two_kinds_do_not_mix() -> None:
    a, b = region("1", "number"), region('"a"', "string")
    assert a is not None
    assert b is not None
    with pytest.raises(ValueError, match="no common order"):
        union(a, b)
    anything = region("-", None)
    assert anything is not None
    assert intersect(a, anything).intervals == a.intervals
