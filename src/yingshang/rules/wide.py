"""Raw columns as the vocabulary has them on a day: what a rule reads of all businesses.

Of each entry the period that the day asks for is taken, ages are reckoned, values of complete registers filled in, and
computed entries evaluated over the whole population. What :func:`yingshang.rules.known.known` does for one business.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from yingshang.decisions.columns import Job, Options
from yingshang.rules import known, periods
from yingshang.rules.gathering import PRECISION, type_of
from yingshang.rules.vocabulary import Entry, Vocabulary, converted

Column = pa.Array | pa.ChunkedArray
#: Rows that are evaluated at a time.
BLOCK = 1 << 17


def wide(words: Vocabulary, raw: pa.Table, on: date, names: Collection[str] | None = None) -> pa.Table:
    """The vocabulary's columns of all businesses on a day, behind ``id``.

    Args:
        names: those that are wanted; by default all that are told of businesses.
    """
    wanted = [e for e in words.values() if e.subject == "business" and (names is None or e.name in names)]
    columns: dict[str, Column] = {"id": raw["id"]}
    for entry in wanted:
        if entry.computed is None:
            columns[entry.name] = _plain(entry, raw, on)
    for entry in wanted:
        if entry.computed is not None:
            columns[entry.name] = _computed(entry, words, raw, columns, on)
    return pa.table(columns)


def sources(words: Vocabulary, name: str) -> set[str]:
    """What a name of the vocabulary is made from: keys of facts, and ``business.<column>``."""
    entry = words[name]
    if entry.computed is not None:
        return {s for needed in known.model(entry.computed[0]).inputs for s in sources(words, needed)}
    return {"business.founded" if entry.column == "age" else entry.key}


def _plain(entry: Entry, raw: pa.Table, on: date) -> Column:
    if entry.column == "age":
        return _age(raw["business.founded"], on)
    if entry.column:
        column = raw[entry.key]
    else:
        held = {n.partition("@")[2]: n for n in raw.column_names if n.startswith(f"{entry.key}@")}
        found = [raw[held[p]] for p in periods.choices(entry.period, on, held)]
        column = _first(found) if found else pa.nulls(raw.num_rows, type_of(entry))
    if entry.absent is None:
        return column
    value = pa.scalar(converted(entry, entry.absent), _value_type(column.type))
    filled = _decoded(column).fill_null(value)
    return filled.dictionary_encode() if pa.types.is_dictionary(column.type) else filled


def _first(found: list[Column]) -> Column:
    """The first that is known, of several periods."""
    if len(found) == 1:
        return found[0]
    encoded = pa.types.is_dictionary(found[0].type)
    column = pc.coalesce(*(_decoded(c) for c in found))
    return column.dictionary_encode() if encoded else column


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _decoded(column: Column) -> Column:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _age(founded: Column, on: date) -> Column:
    """Full years; see :func:`yingshang.rules.periods.full_years`."""
    years = pc.subtract(on.year, pc.year(founded))
    month, day = pc.month(founded), pc.day(founded)
    later = pc.or_(pc.less(on.month, month), pc.and_(pc.equal(month, on.month), pc.less(on.day, day)))
    return pc.max_element_wise(pc.subtract(years, later.cast(pa.int64())), 0, skip_nulls=False)


def _computed(entry: Entry, words: Vocabulary, raw: pa.Table, done: Mapping[str, Column], on: date) -> Column:
    assert entry.computed is not None
    name, decision = entry.computed
    model = known.model(name)
    inputs: dict[str, Column] = {"id": raw["id"]}
    for needed in model.inputs:
        column = done[needed] if needed in done else _plain(words[needed], raw, on)
        divisor = known.factor(entry, words, needed)
        inputs[needed] = column if divisor is None else _divided(column, divisor)
    table = pa.table(inputs)
    result = _job(name, decision, table.schema).evaluate(table).column(decision)
    return _texts(result) if entry.type == "string" else result.cast(type_of(entry))


class _Job:
    """A computed entry's decision, prepared for columns of one schema; one thread at a time."""

    def __init__(self, model: str, decision: str, schema: pa.Schema) -> None:
        self._job = Job(known.model(model), decision, schema, Options())
        self._lock = threading.Lock()

    def evaluate(self, table: pa.Table) -> pa.Table:
        batches = table.select(self._job.columns).to_batches(max_chunksize=BLOCK)
        with self._lock:
            return pa.Table.from_batches([self._job.process(b) for b in batches], None if batches else self._job.schema)


@lru_cache(maxsize=32)
def _job(model: str, decision: str, schema: pa.Schema) -> _Job:
    return _Job(model, decision, schema)


def _texts(column: Column) -> Column:
    return column.cast(pa.dictionary(pa.int32(), pa.string()))


def _divided(column: Column, divisor: Decimal) -> Column:
    """Numbers in a unit that is a power of ten of theirs: the same digits, the point elsewhere."""
    shift = int(divisor.log10())
    kind = column.type
    scale = (kind.scale if pa.types.is_decimal(kind) else 0) + shift
    digits = column if pa.types.is_decimal(kind) else column.cast(pa.decimal128(PRECISION, 0))
    moved = pa.decimal128(PRECISION, scale)
    chunks = digits.chunks if isinstance(digits, pa.ChunkedArray) else [digits]
    return pa.chunked_array([pa.Array.from_buffers(moved, len(c), c.buffers(), offset=c.offset) for c in chunks], moved)


def row(table: pa.Table, index: int) -> dict[str, Any]:
    """The known values of one row, by name; what a single engine takes."""
    found = {n: table[n][index].as_py() for n in table.column_names if n != "id"}
    return {n: Decimal(v) if type(v) is int else v for n, v in found.items() if v is not None}
