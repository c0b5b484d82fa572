"""The one thing that matters: columns equal the scalar engine, row by row."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from yingshang import decisions
from yingshang.decisions import columns


def same(document: bytes, decision: str, table: pa.Table, **options: Any) -> columns.Result:
    """Run both engines over a table and compare every value of every column; gives the run by columns."""
    model = decisions.load(document)
    by_columns = columns.run(model, decision, table, **options)
    by_rows = columns.run(model, decision, table, engine="python", **options)
    a, b = by_columns.table, by_rows.table
    assert a.column_names == b.column_names
    for name in a.column_names:
        left, right = plain(a.column(name)), plain(b.column(name))
        assert left.type == right.type, name
        assert left.to_pylist() == right.to_pylist(), f"{name} of {table.to_pylist()}\n{document.decode()}"
    return by_columns


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column without its dictionary."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
