"""Results into Parquet. Codes of few values are packed here, all else is written by Arrow, and both go into one file.

Arrow's writer encodes a dictionary's indices value by value, which takes three times as long as finding them did. Packed
in one go they cost next to nothing, and the file is the same to every reader: a dictionary page and a data page of one
bit-packed run a column chunk. (Source: Apache Parquet format, sections Encodings and File Format.)
"""

from __future__ import annotations

import io
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yingshang.decisions.columns import kernel, thrift
from yingshang.decisions.columns.thrift import BINARY, I16, I32, I64, LIST, STRUCT, Struct

_MAGIC = b"PAR1"
_CODEC = "snappy"
_SNAPPY, _PLAIN, _RLE, _RLE_DICTIONARY = 1, 0, 3, 8
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
#: More values than these are no dictionary: each row group holds one of its own.
_MOST_VALUES = 1 << 15
#: Fields of the format's structs.
_SCHEMA, _ROWS, _GROUPS = 2, 3, 4


class Writer:
    """A Parquet file; every batch is a row group. To be used as a context; without an error the file is whole after it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._at = 0
        self._rows = 0
        self._groups: list[Struct] = []
        self._schema: pa.Schema | None = None
        self._names: list[str] = []
        self._steps: dict[str, str] | None = None
        self._pages: dict[str, tuple[pa.Array, bytes]] = {}

    def __enter__(self) -> Writer:
        self._file = self._path.open("wb")
        self._put(_MAGIC)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._file is not None
        with self._file:
            if error is None and self._schema is not None:
                self._end(self._schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a row group; all batches have one schema."""
        if self._schema is None:
            self._schema, self._names = batch.schema, batch.schema.names
        if not batch.num_rows:
            return
        start = self._at
        names = [f.name for f, c in zip(batch.schema, batch.columns, strict=True) if not _is_coded(c)]
        others = self._by_arrow(batch.select(names)) if names else {}
        chunks: list[Struct] = []
        for field, column in zip(batch.schema, batch.columns, strict=True):
            if field.name in others:
                chunks += [self._spliced(data, chunk) for data, chunk in others[field.name]]
            else:
                chunks.append(self._coded(field.name, column))
        group: Struct = {
            1: (LIST, (STRUCT, chunks)),
            2: (I64, sum(c[3][1][6][1] for c in chunks)),
            3: (I64, batch.num_rows),
            5: (I64, start),
            6: (I64, self._at - start),
        }
        # The number of a row group has 16 bits; readers do without it.
        if len(self._groups) < 1 << 15:
            group[7] = (I16, len(self._groups))
        self._groups.append(group)
        self._rows += batch.num_rows

    def _put(self, data: bytes | memoryview | pa.Buffer) -> None:
        assert self._file is not None
        self._file.write(data)
        self._at += len(data)

    def _end(self, schema: pa.Schema) -> None:
        """The footer: that of an empty file of the same schema, with our row groups in it."""
        with io.BytesIO() as empty:
            pq.ParquetWriter(empty, schema).close()
            footer = _footer(empty.getvalue())
        kinds = _kinds(footer[_SCHEMA][1][1])
        for group in self._groups:
            for chunk in group[1][1][1]:
                told = chunk[3][1]
                if 1 not in told:
                    told[1] = kinds[told[3][1][1][0]]
        footer[_ROWS] = (I64, self._rows)
        footer[_GROUPS] = (LIST, (STRUCT, self._groups))
        data = thrift.written(footer)
        self._put(data)
        self._put(len(data).to_bytes(4, "little"))
        self._put(_MAGIC)

    # --- columns by Arrow ---------------------------------------------------------------------------------------------

    def _by_arrow(self, batch: pa.RecordBatch) -> dict[str, list[tuple[bytes, Struct]]]:
        """Column chunks as Arrow writes them, by column; a nested one has several."""
        decoded = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
        table = pa.Table.from_arrays(decoded, names=batch.schema.names)
        # An id is in a row of its own: looking for values that come again would be in vain.
        listed = [f.name for n, f in enumerate(table.schema) if n and not pa.types.is_nested(f.type)]
        if self._steps is None:
            first = batch.schema.names[0] == self._names[0] and _is_numbered(batch.column(0))
            self._steps = {batch.schema.names[0]: "DELTA_BINARY_PACKED"} if first else {}
        with io.BytesIO() as memory:
            pq.write_table(
                table,
                memory,
                row_group_size=max(1, table.num_rows),
                compression=_CODEC,
                write_statistics=False,
                use_dictionary=listed,
                column_encoding=self._steps or None,
                store_schema=False,
            )
            data = memory.getvalue()
        found: dict[str, list[tuple[bytes, Struct]]] = {}
        for chunk in _footer(data)[_GROUPS][1][1][0][1][1][1]:
            told = chunk[3][1]
            begin = told[11][1] if 11 in told else told[9][1]
            found.setdefault(told[3][1][1][0].decode(), []).append((data[begin : begin + told[7][1]], chunk))
        return found

    def _spliced(self, data: bytes, chunk: Struct) -> Struct:
        told: Struct = dict(chunk[3][1])
        begin = told[11][1] if 11 in told else told[9][1]
        for place in (9, 11):
            if place in told:
                told[place] = (I64, told[place][1] - begin + self._at)
        self._put(data)
        return {**chunk, 2: (I64, 0), 3: (STRUCT, told)}

    # --- codes --------------------------------------------------------------------------------------------------------

    def _coded(self, name: str, column: pa.DictionaryArray) -> Struct:
        """A column chunk of codes: the dictionary's page and a page of packed codes."""
        begin = self._at
        values = self._dictionary(name, column.dictionary)
        size = self._page(
            {1: (I32, _DICTIONARY_PAGE), 7: (STRUCT, {1: (I32, len(column.dictionary)), 2: (I32, _PLAIN)})}, values
        )
        at = self._at
        head: Struct = {1: (I32, len(column)), 2: (I32, _RLE_DICTIONARY), 3: (I32, _RLE), 4: (I32, _RLE)}
        size += self._page({1: (I32, _DATA_PAGE), 5: (STRUCT, head)}, _data(column))
        told: Struct = {
            2: (LIST, (I32, [_PLAIN, _RLE, _RLE_DICTIONARY])),
            3: (LIST, (BINARY, [name.encode()])),
            4: (I32, _SNAPPY),
            5: (I64, len(column)),
            6: (I64, size),
            7: (I64, self._at - begin),
            9: (I64, at),
            11: (I64, begin),
        }
        return {2: (I64, 0), 3: (STRUCT, told)}

    def _page(self, head: Struct, content: bytes) -> int:
        """Write a page, and say how long it is before compression, its header counted."""
        packed = pa.compress(content, codec=_CODEC, asbytes=True)
        header = thrift.written({**head, 2: (I32, len(content)), 3: (I32, len(packed))})
        self._put(header)
        self._put(packed)
        return len(header) + len(content)

    def _dictionary(self, name: str, values: pa.Array) -> bytes:
        """Values in the encoding PLAIN: taken from a page that Arrow writes of them."""
        held = self._pages.get(name)
        if held is None or not (len(held[0]) == len(values) and held[0].equals(values)):
            held = self._pages[name] = (values, _plain(values))
        return held[1]


def _is_coded(column: pa.Array) -> bool:
    return pa.types.is_dictionary(column.type) and 0 < len(column.dictionary) <= _MOST_VALUES


def _is_numbered(column: pa.Array) -> bool:
    """Whether a column counts on in small steps: the steps take a fraction of the numbers' room, and of the time."""
    if (
        not pa.types.is_signed_integer(column.type)
        or column.type.bit_width < 32
        or column.null_count
        or len(column) < 2
    ):
        return False
    steps = np.diff(column.to_numpy())
    return bool(steps.min() >= 0 and steps.max() < 1 << 16)


def _footer(data: bytes) -> Struct:
    length = int.from_bytes(data[-8:-4], "little")
    return thrift.read_struct(data[-8 - length : -8])[0]


def _kinds(elements: list[Struct]) -> dict[bytes, tuple[int, int]]:
    """The physical type of each column that is a leaf; the elements come as a tree, its root first."""
    kinds: dict[bytes, tuple[int, int]] = {}
    below = 0
    for element in elements[1:]:
        if not below and 1 in element:
            kinds[element[4][1]] = element[1]
        below = max(0, below - 1) + (element[5][1] if 5 in element else 0)
    return kinds


def _plain(values: pa.Array) -> bytes:
    table = pa.Table.from_arrays([values], schema=pa.schema([pa.field("v", values.type, nullable=False)]))
    with io.BytesIO() as memory:
        pq.write_table(
            table,
            memory,
            compression="none",
            use_dictionary=False,
            write_statistics=False,
            data_page_size=1 << 30,
            write_batch_size=max(1, len(values)),
        )
        data = memory.getvalue()
    told = _footer(data)[_GROUPS][1][1][0][1][1][1][0][3][1]
    header, at = thrift.read_struct(data, told[9][1])
    assert header[5][1][1][1] == len(values), "the values of a dictionary fill one page"
    return data[at : at + header[2][1]]


def _valid(column: pa.DictionaryArray) -> NDArray[np.uint8] | None:
    """Arrow's bits that tell which rows hold a value; None where all do."""
    if not column.null_count:
        return None
    held = column.indices.buffers()[0]
    if held is None or column.offset:
        return np.packbits(column.is_valid().to_numpy(zero_copy_only=False), bitorder="little")
    return np.frombuffer(held, np.uint8, (len(column) + 7) // 8)


def _codes(column: pa.DictionaryArray) -> NDArray[Any]:
    """The codes of all rows; of a row without a value it is any number."""
    kind = column.indices.type.to_pandas_dtype()
    return np.frombuffer(column.indices.buffers()[1], kind, column.offset + len(column))[column.offset :]


def _data(column: pa.DictionaryArray) -> bytes:
    """A data page: which rows hold a value, and their codes; each begins with its length or width, and is one run."""
    rows, codes, valid = len(column), _codes(column), _valid(column)
    if valid is None:
        levels = thrift.varint(rows << 1) + b"\x01"
    else:
        levels = thrift.varint((rows + 7) // 8 << 1 | 1) + valid.tobytes()
        # One more than there are: the place behind the last is written to.
        kept = np.empty(rows + 1, codes.dtype)
        codes = kept[: kernel.present(codes, valid, kept)]
    return len(levels).to_bytes(4, "little") + levels + _packed(codes, len(column.dictionary))


def _packed(codes: NDArray[Any], values: int) -> bytes:
    width = max(1, (values - 1).bit_length())
    if not len(codes):
        return bytes([width])
    if codes[0] == codes[-1] and (codes == codes[0]).all():
        return bytes([width]) + thrift.varint(len(codes) << 1) + int(codes[0]).to_bytes((width + 7) // 8, "little")
    groups = (len(codes) + 7) // 8
    out = np.zeros(groups * width, np.uint8)
    kernel.pack_bits(codes, width, out)
    return bytes([width]) + thrift.varint(groups << 1 | 1) + out.tobytes()
