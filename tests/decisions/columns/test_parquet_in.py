"""Decimals out of files that others wrote: what Arrow finds in them is found, and damage is told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingshang.decisions import columns
from yingshang.decisions.columns import kernel, parquet_in
from yingshang.decisions.errors import DecisionError

WAYS: list[dict[str, Any]] = [
    {},
    {"compression": "zstd", "data_page_version": "2.0"},
    {"compression": "none", "use_dictionary": False},
    {"compression": "gzip", "data_page_size": 100, "use_dictionary": False},
    {"data_page_version": "2.0", "data_page_size": 64, "write_batch_size": 8},
    {"dictionary_pagesize_limit": 40, "write_batch_size": 4},
    {"store_decimal_as_integer": True},
    {"store_decimal_as_integer": True, "use_dictionary": False, "data_page_version": "2.0"},
]


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(0, 400))
    precision = draw(st.sampled_from([1, 2, 4, 6, 9, 10, 12, 14, 16, 18]))
    scale = draw(st.integers(0, precision))
    dice = np.random.default_rng(draw(st.integers(0, 999)))
    few = draw(st.booleans())
    top = 10**precision - 1
    pool = dice.integers(-top, top, 5 if few else max(rows, 1), endpoint=True)
    numbers = pool[dice.integers(0, len(pool), rows)]
    gaps = dice.random(rows) < draw(st.sampled_from([0, 0.2, 1]))
    values = [None if g else Decimal(int(n)).scaleb(-scale) for n, g in zip(numbers, gaps, strict=True)]
    nullable = draw(st.booleans()) or bool(gaps.any())
    field = pa.field("金额", pa.decimal128(precision, scale), nullable)
    return pa.table([range(rows), pa.array(values, field.type)], pa.schema([("id", pa.int64()), field]))


def _read(path: Path, rows: int) -> list[Decimal | None]:
    with pq.ParquetFile(path) as file:
        assert parquet_in.is_readable(file, "金额")
    return [v for batch in parquet_in.batches(path, ["金额"], rows) for v in batch.column(0).to_pylist()]


@settings(max_examples=40, deadline=None)
@given(tables(), st.sampled_from(WAYS), st.sampled_from([7, 100, 1000]), st.sampled_from([1, 64, 1000]))
def test_what_arrow_wrote(
    tmp_path_factory: pytest.TempPathFactory, table: pa.Table, way: dict[str, Any], group: int, rows: int
) -> None:
    path = tmp_path_factory.mktemp("parquet") / "in.parquet"
    pq.write_table(table, path, row_group_size=group, **way)
    assert _read(path, rows) == table.column("金额").to_pylist()


@settings(max_examples=15, deadline=None)
@given(tables())
def test_what_duckdb_wrote(tmp_path_factory: pytest.TempPathFactory, table: pa.Table) -> None:
    path = tmp_path_factory.mktemp("parquet") / "in.parquet"
    with duckdb.connect() as connection:
        connection.register("given", table)
        connection.execute(f"COPY (SELECT * FROM given) TO '{path}' (FORMAT parquet)")
    with pq.ParquetFile(path) as file:
        ours = parquet_in.is_readable(file, "金额")
    expected = pq.read_table(path).column("金额").to_pylist()
    assert not ours or _read(path, 100) == expected == table.column("金额").to_pylist()


@given(st.integers(1, 12), st.lists(st.tuples(st.booleans(), st.integers(0, 4095), st.integers(1, 40)), max_size=6))
@settings(max_examples=80, deadline=None)
def test_runs(width: int, runs: list[tuple[bool, int, int]]) -> None:
    data, expected = bytearray(), []
    for packed, value, count in runs:
        value %= 1 << width
        if packed:
            numbers = [(value + n) % (1 << width) for n in range(8 * count)]
            bits = np.concatenate([np.asarray([n >> b & 1 for b in range(width)], np.uint8) for n in numbers])
            data += bytes([count << 1 | 1]) + np.packbits(bits, bitorder="little").tobytes()
        else:
            numbers = [value] * count
            data += bytes([count << 1]) + value.to_bytes((width + 7) // 8, "little")
        expected += numbers
    given_bytes = np.frombuffer(bytes(data), np.uint8)
    out = np.empty(len(expected), np.int32)
    assert kernel.unpack_runs(given_bytes, width, out)
    assert out.tolist() == expected
    if expected:
        assert not kernel.unpack_runs(given_bytes, width, np.empty(len(expected) + 1, np.int32))
        assert not kernel.unpack_runs(given_bytes[:-1], width, out)


MODEL = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="m" name="m" namespace="urn:m">
<inputData id="i" name="金额"><variable id="iv" name="金额" typeRef="number"/></inputData>
<decision id="d" name="结果"><variable id="dv" name="结果" typeRef="boolean"/>
<informationRequirement id="r"><requiredInput href="#i"/></informationRequirement>
<literalExpression id="l"><text>金额 &gt; 10</text></literalExpression></decision></definitions>"""


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255), st.sampled_from(WAYS))
def test_damage_is_told(tmp_path_factory: pytest.TempPathFactory, at: int, byte: int, way: dict[str, Any]) -> None:
    folder = tmp_path_factory.mktemp("parquet")
    path = folder / "in.parquet"
    amounts = pa.array([None if n % 7 == 0 else Decimal(n * n).scaleb(-2) for n in range(300)], pa.decimal128(12, 2))
    pq.write_table(pa.table({"id": range(300), "金额": amounts}), path, **way)
    data = bytearray(path.read_bytes())
    data[at % len(data)] = byte
    path.write_bytes(data)
    try:
        columns.run_file(_model(), "结果", path, folder / "out.parquet")
    except DecisionError as error:
        assert str(path) in str(error) or "missing columns" in str(error)
    assert not (folder / "out.parquet.partial").exists()


def _model() -> Any:
    from yingshang import decisions

    return decisions.load(MODEL.encode())
