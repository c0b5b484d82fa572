"""The compiled loops and the bins before them, against plain Python."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from yingshang.decisions.columns import kernel
from yingshang.decisions.columns.arrow_in import feel_values, vector_of
from yingshang.decisions.columns.domains import Doubles, Scaled
from yingshang.decisions.columns.steps import RawSteps
from yingshang.decisions.columns.vectors import Raw
from yingshang.decisions.values import from_python, number

_WIDE = st.one_of(st.integers(-20, 20), st.integers(-(1 << 63), (1 << 63) - 1))


@given(points=st.lists(_WIDE, max_size=12), values=st.lists(_WIDE, min_size=1, max_size=20), scale=st.integers(0, 3))
@example(points=[1, -((1 << 63) - 1)], values=[1], scale=0)
@settings(max_examples=150, deadline=None)
def test_bins_of_integers(points: list[int], values: list[int], scale: int) -> None:
    steps = RawSteps(Scaled(scale), [Decimal(p) for p in points])
    bins = steps.bin(Raw(Scaled(scale), np.asarray(values, np.int64)))
    assert bins.tolist() == [bisect_right(steps.cuts, v) + 1 for v in values]
    for v, b in zip(values, bins.tolist(), strict=True):
        sample, value = steps.samples[b], Decimal(v).scaleb(-scale)
        for p in points:
            assert (value < p, value == p) == (sample < p, sample == p)


@given(points=st.lists(st.sampled_from(["0.1", "0.3", "1E-400", "1E+400", "2.5", "0", "0.1000000000000000055"]), max_size=5),
       values=st.lists(st.floats(), min_size=1, max_size=20))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_bins_of_doubles_are_those_of_their_shortest_decimals(points: list[str], values: list[float]) -> None:
    constants = [Decimal(p) for p in points]
    steps = RawSteps(Doubles(), constants)
    for v, b in zip(values, steps.bin(Raw(Doubles(), np.asarray(values))).tolist(), strict=True):
        value, sample = number(Decimal(repr(v))), steps.samples[b]
        assert (value is None) == (b == 0)
        for p in constants if value is not None else []:
            assert (value < p, value == p) == (sample < p, sample == p)


@given(
    masks=st.lists(st.lists(st.integers(0, 2**6 - 1), min_size=3, max_size=3), min_size=2, max_size=3), data=st.data()
)
@settings(max_examples=60, deadline=None)
def test_the_first_rule_and_the_first_near_miss(masks: list[list[int]], data: st.DataObject) -> None:
    none = 5
    bins = tuple(np.asarray(data.draw(st.lists(st.integers(0, 2), min_size=9, max_size=9)), np.uint16) for _ in masks)
    words = tuple(np.asarray(m, np.uint64) for m in masks)
    agreeing = np.asarray([1 << n | 1 << none for n in range(none)] + [1 << none], np.uint64)
    codes, labels = np.arange(none + 2, dtype=np.int8), np.arange(none * len(masks) + 1, dtype=np.int8)
    out, near, alone = np.empty(9, np.int8), np.empty(9, np.int8), np.empty(9, np.int8)
    kernel.first_rule_near(bins, words, agreeing, none, False, codes, labels, out, near)
    kernel.first_rule(bins, words, agreeing, none, codes, alone)
    for i in range(9):
        held = [m[b[i]] for m, b in zip(masks, bins, strict=True)]
        met = [r for r in range(none + 1) if all(h >> r & 1 for h in held)]
        expected = none + 1 if not met or len([r for r in met if r < none]) > 1 else met[0]
        if met and met[0] < none and none not in met:
            expected = met[0] if len(met) == 1 else none + 1
        assert out[i] == alone[i] == expected
        missed = [
            r * len(held) + next(j for j, h in enumerate(held) if not h >> r & 1)
            for r in range(none)
            if sum(not h >> r & 1 for h in held) == 1
        ]
        assert near[i] == (missed[0] if missed and met else labels[-1])


def test_distinct_masks_are_numbered_until_the_table_is_full() -> None:
    met = np.asarray([[5, 1], [7, 1], [5, 1], [5, 2]], np.uint64)
    table = np.zeros((16, 3), np.uint64)
    codes, fresh = np.empty(4, np.int32), np.empty(4, np.int64)
    assert kernel.code_masks(met, table, 0, codes, fresh) == 3
    assert (codes.tolist(), fresh[:3].tolist()) == ([0, 1, 0, 2], [0, 1, 3])
    many = np.arange(40, dtype=np.uint64).reshape(20, 2)
    assert kernel.code_masks(many, table, 3, np.empty(20, np.int32), np.empty(20, np.int64)) == -1


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, None, -5], pa.int8()),
        pa.array([2**64 - 1, None, 3], pa.uint64()),
        pa.array([Decimal("1.50"), None, Decimal("-0.01")], pa.decimal128(10, 2)),
        pa.array([Decimal("12345678901234567890123456789012345.67"), None], pa.decimal128(38, 2)),
        pa.array([Decimal("-1.5"), None], pa.decimal256(60, 4)),
        pa.array([0.1, None, float("nan"), float("inf"), -0.0, 1e22]),
        pa.array(["a", None, "中"]),
        pa.array(["a", None, "a"]).dictionary_encode(),
        pa.array([True, None, False]),
        pa.array([0, None, -719162], pa.date32()),
        pa.array([0, None, -1], pa.timestamp("us", "UTC")),
        pa.array([577_000_000, None, 1_700_000_000], pa.timestamp("s", "Asia/Shanghai")),
        pa.array([1, None], pa.duration("us")),
        pa.array([1, None], pa.time64("us")),
        pa.array([{"a": 1, "b": ["x"]}, None, {"a": None, "b": None}]),
    ],
)
def test_values_of_columns_are_what_python_would_give(column: pa.Array) -> None:
    expected = [from_python(v) for v in column.to_pylist()]
    assert vector_of(column).feel() == expected
    assert vector_of(column.slice(1)).feel() == expected[1:]
    assert feel_values(column) == expected
    assert [str(v) for v in vector_of(column).feel()] == [str(v) for v in expected]
