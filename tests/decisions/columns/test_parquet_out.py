"""Files of packed codes: other readers find in them what was written."""

from __future__ import annotations

import io
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

from yingshang.decisions.columns import thrift
from yingshang.decisions.columns.parquet_out import Writer

VALUES: dict[pa.DataType, list[Any]] = {
    pa.string(): ["小型", "", "中型", 'a"b', "大型"],
    pa.int64(): [0, -1, 2**62, 7],
    pa.decimal128(38, 2): [Decimal("0.01"), Decimal("-12.50"), Decimal(10) ** 30],
    pa.date32(): [0, 19_358, -700],
    pa.timestamp("us", "Asia/Shanghai"): [0, 1_700_000_000_000_000],
}


@st.composite
def coded(draw: st.DrawFn, rows: int) -> pa.DictionaryArray:
    kind = draw(st.sampled_from(list(VALUES)))
    many = draw(st.sampled_from([1, 2, 3, 9, 200, 300]))
    values = VALUES[kind][:many]
    if many > 5:
        values = [str(n) for n in range(many)] if kind == pa.string() else values
    index = pa.int8() if len(values) <= 127 and draw(st.booleans()) else pa.int32()
    dice = np.random.default_rng(draw(st.integers(0, 999)))
    codes = dice.integers(0, len(values), rows).tolist()
    missing = (dice.random(rows) < draw(st.sampled_from([0, 0.3, 1]))).tolist()
    indices = pa.array([None if m else c for c, m in zip(codes, missing, strict=True)], index)
    return pa.DictionaryArray.from_arrays(indices, pa.array(values, kind))


@st.composite
def batches(draw: st.DrawFn) -> list[pa.RecordBatch]:
    rows = draw(st.sampled_from([1, 2, 7, 8, 9, 64, 500]))
    columns = {"id": pa.array(range(rows)), **{f"列{n}": draw(coded(rows)) for n in range(draw(st.integers(1, 3)))}}
    if draw(st.booleans()):
        columns["list"] = pa.array([[f"x{n}"] * (n % 3) if n % 5 else None for n in range(rows)])
        # A nested column's parts are called as a column of codes is.
        columns["element"] = draw(coded(rows))
        columns["struct"] = pa.array([{"a": n, "b": None if n % 2 else str(n)} for n in range(rows)])
        columns["text"] = pa.array(["t" * (n % 4) for n in range(rows)])
    whole = pa.RecordBatch.from_pydict(columns)
    at = draw(st.integers(0, rows))
    return [whole, whole.slice(at), whole.slice(0, at)]


def _written(path: Path, parts: list[pa.RecordBatch]) -> pa.Table:
    with Writer(path) as writer:
        for part in parts:
            writer.write(part)
    return pa.Table.from_batches(parts)


@settings(max_examples=30, deadline=None)
@given(batches())
def test_arrow_reads_what_was_written(tmp_path_factory: pytest.TempPathFactory, parts: list[pa.RecordBatch]) -> None:
    path = tmp_path_factory.mktemp("parquet") / "out.parquet"
    expected = _written(path, parts)
    found = pq.read_table(path)
    assert found.schema.names == expected.schema.names
    assert found.to_pylist() == expected.to_pylist()
    assert pq.ParquetFile(path).metadata.num_rows == expected.num_rows


@settings(max_examples=30, deadline=None)
@given(batches())
def test_duckdb_reads_what_was_written(tmp_path_factory: pytest.TempPathFactory, parts: list[pa.RecordBatch]) -> None:
    path = tmp_path_factory.mktemp("parquet") / "out.parquet"
    expected = _written(path, parts)
    names = [n for n in expected.schema.names if n != "struct" and not n.startswith("列")]
    quoted = ", ".join(f'"{n}"' for n in [*names, *(n for n in expected.schema.names if n.startswith("列"))])
    with duckdb.connect() as connection:
        rows = connection.sql(f"SELECT {quoted} FROM read_parquet($1)", params=[str(path)]).to_arrow_table()
    for name in rows.column_names:
        given_column = expected.column(name)
        plain = (
            given_column.cast(given_column.type.value_type)
            if pa.types.is_dictionary(given_column.type)
            else given_column
        )
        assert [_instant(v) for v in rows.column(name).to_pylist()] == [_instant(v) for v in plain.to_pylist()], name


def _instant(value: Any) -> Any:
    return value.timestamp() if hasattr(value, "timestamp") else value


def test_a_column_of_one_value_takes_next_to_nothing(tmp_path: Path) -> None:
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(100_000, np.int8)), pa.array(["不适用"]))
    batch = pa.RecordBatch.from_pydict({"id": pa.nulls(100_000), "档": column})
    table = _written(tmp_path / "one.parquet", [batch])
    assert pq.read_table(tmp_path / "one.parquet").equals(table)
    assert (tmp_path / "one.parquet").stat().st_size < 2_000


def test_more_values_than_a_dictionary_has(tmp_path: Path) -> None:
    texts = [str(n) for n in range(70_000)]
    column = pa.DictionaryArray.from_arrays(pa.array(np.arange(70_000, dtype=np.int32)), pa.array(texts))
    _written(tmp_path / "many.parquet", [pa.RecordBatch.from_pydict({"id": column.indices, "v": column})])
    found = pq.read_table(tmp_path / "many.parquet").column("v")
    assert found.cast(pa.string()).to_pylist() == texts


def test_a_file_that_failed_has_no_footer(tmp_path: Path) -> None:
    batch = pa.RecordBatch.from_pydict({"id": pa.array([1])})
    with pytest.raises(RuntimeError), Writer(tmp_path / "half.parquet") as writer:
        writer.write(batch)
        raise RuntimeError
    with pytest.raises(pa.ArrowInvalid):
        pq.read_table(tmp_path / "half.parquet")


def test_what_a_footer_says_is_kept() -> None:
    memory = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2], "b": [["x"], None], "c": [1.5, None]}), memory, write_statistics=True)
    data = memory.getvalue()
    length = int.from_bytes(data[-8:-4], "little")
    footer = data[-8 - length : -8]
    fields, end = thrift.read_struct(footer)
    assert (thrift.written(fields), end) == (footer, length)
    for cut in range(length):
        with pytest.raises(ValueError, match="cut off"):
            thrift.read_struct(footer[:cut])


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-200, 200).filter(lambda n: n != 0))
def test_numbers_come_back(number: int, place: int) -> None:
    fields: thrift.Struct = {abs(place): (thrift.I64, number), 500: (thrift.TRUE, place > 0), 501: (thrift.DOUBLE, 0.5)}
    assert thrift.read_struct(thrift.written(fields))[0][abs(place)] == (thrift.I64, number)
