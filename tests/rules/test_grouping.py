"""Whom a rule reaches by parts: nobody falls between them, however long ago a business was founded."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from yingshang.rules import grouping, verdicts

YEARS = st.lists(st.none() | st.integers(-5, 5_000) | st.sampled_from([0, 1, 3, 5, 10, 999, 1000]), min_size=1)


@given(YEARS)
def test_every_business_is_in_the_band_of_its_age(years: list[int | None]) -> None:
    population = pa.table({"成立年数": pa.chunked_array([pa.array(years, pa.int64())])})
    states = pa.array(["eligible"] * len(years)).cast(verdicts.SCHEMA.field("state").type)
    nothing = {"rule": pa.nulls(len(years), pa.int16()), "lack": pa.array([""] * len(years)).dictionary_encode()}
    results = pa.table({
        "id": range(len(years)), "state": states, "amount": pa.array([Decimal(1)] * len(years), verdicts.MONEY), **nothing,
    })  # fmt: skip
    found = grouping.parts(results, population, "age")
    assert sum(p.number for p in found) == sum(p.amount for p in found) == len(years)
    firsts = {"1": 0, "3": 1, "5": 3, "10": 5, "1000": 10}
    for part in found:
        rows = [y for y, inside in zip(years, grouping.rows_of(population, "age", part.key), strict=True) if inside]
        assert len(rows) == part.number
        if not part.key:
            assert set(rows) == {None} and part.label == "未知"
            continue
        low, high = firsts[part.key], int(part.key) if part.key != "1000" else 10**9
        assert all(y is not None and y < high and (y >= low or low == 0) for y in rows)
