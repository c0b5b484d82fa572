"""Columns of decimals out of Parquet, as integers of 64 bits, page by page.

Other readers make 128 bits of every decimal first, which takes longer than all else that is done with it. What is written
in a way that is not read here is left to them: see :func:`is_readable`. (Source: Apache Parquet format, sections Data
Pages and Encodings.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from yingshang.decisions.columns import kernel, thrift
from yingshang.decisions.columns.thrift import Struct
from yingshang.decisions.errors import DecisionError

Array = NDArray[Any]
#: Numbers, and which of them there are; None where all are.
Part = tuple[Array, "Array | None"]
_PLAIN, _PLAIN_DICTIONARY, _RLE_DICTIONARY = 0, 2, 8
_DATA, _DICTIONARY, _DATA_2 = 0, 2, 3
_CODECS = {"SNAPPY": "snappy", "ZSTD": "zstd", "GZIP": "gzip", "UNCOMPRESSED": ""}
_ENCODINGS = {"PLAIN", "RLE", "RLE_DICTIONARY", "PLAIN_DICTIONARY"}
#: Bytes of a page's header that are read at first, and at most.
_HEADER, _LONGEST_HEADER = 256, 1 << 20


def is_readable(file: pq.ParquetFile, name: str) -> bool:
    """Whether a column is one of decimals of at most 18 digits, not nested, and written as plain numbers or codes."""
    field = file.schema_arrow.field(name)
    if not pa.types.is_decimal(field.type) or field.type.precision > 18:
        return False
    at = _leaf(file, name)
    if at is None:
        return False
    told = file.schema.column(at)
    if told.max_repetition_level or told.max_definition_level > 1 or told.physical_type == "BYTE_ARRAY":
        return False
    if told.physical_type == "FIXED_LEN_BYTE_ARRAY" and told.length > 8:
        return False
    for group in range(file.metadata.num_row_groups):
        chunk = file.metadata.row_group(group).column(at)
        if not set(chunk.encodings) <= _ENCODINGS or chunk.compression not in _CODECS or chunk.file_path:
            return False
    return True


def batches(path: Path, names: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
    """The named columns, ``rows`` rows at a time.

    Raises:
        DecisionError: the file is damaged.
    """
    with pq.ParquetFile(path) as file:
        kinds = [pa.decimal64(t.precision, t.scale) for t in (file.schema_arrow.field(n).type for n in names)]
        feeds = [_Feed(_parts(path, file, n)) for n in names]
        left = file.metadata.num_rows
        while left:
            count = min(rows, left)
            arrays = [_array(*feed.take(count), kind) for feed, kind in zip(feeds, kinds, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, names=list(names))
            left -= count


def _leaf(file: pq.ParquetFile, name: str) -> int | None:
    found = [n for n in range(len(file.schema)) if file.schema.column(n).path == name]
    return found[0] if len(found) == 1 else None


def _array(numbers: Array, valid: Array | None, kind: pa.DataType) -> pa.Array:
    bits = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(kind, len(numbers), [bits, pa.py_buffer(numbers)])


class _Feed:
    """Parts of any length, handed out in others."""

    def __init__(self, parts: Iterator[Part]) -> None:
        self._parts = parts
        self._held: deque[Part] = deque()

    def take(self, count: int) -> Part:
        """The next numbers, so many of them."""
        taken: list[Part] = []
        while count:
            numbers, valid = self._held.popleft() if self._held else next(self._parts)
            if len(numbers) > count:
                self._held.appendleft((numbers[count:], None if valid is None else valid[count:]))
                numbers, valid = numbers[:count], None if valid is None else valid[:count]
            taken.append((numbers, valid))
            count -= len(numbers)
        if len(taken) == 1:
            return taken[0]
        valid = None
        if any(v is not None for _, v in taken):
            valid = np.concatenate([np.ones(len(n), np.bool_) if v is None else v for n, v in taken])
        return np.concatenate([n for n, _ in taken]), valid


def _parts(path: Path, file: pq.ParquetFile, name: str) -> Iterator[Part]:
    """The pages of a column, one after the other."""
    at = _leaf(file, name)
    assert at is not None
    told = file.schema.column(at)
    length = {"INT32": 4, "INT64": 8}.get(told.physical_type, 0)
    with path.open("rb") as source:
        for group in range(file.metadata.num_row_groups):
            chunk = file.metadata.row_group(group).column(at)
            pages = _Pages(source, path, name, chunk, bool(told.max_definition_level), length or -told.length)
            yield from pages.parts()


class _Pages:
    """The pages of a column chunk.

    Attributes:
        width: bytes of a number; negative where the highest comes first.
    """

    def __init__(self, source: BinaryIO, path: Path, name: str, chunk: Any, optional: bool, width: int) -> None:
        self.source, self.path, self.name = source, path, name
        self.left: int = chunk.num_values
        self.at: int = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
        self.codec = _CODECS[chunk.compression]
        self.most: int = chunk.total_uncompressed_size
        self.optional = optional
        self.width = width
        self.dictionary: Array | None = None

    def parts(self) -> Iterator[Part]:
        """The numbers of each page.

        Raises:
            DecisionError: the pages are not what the footer says.
        """
        while self.left:
            try:
                header, content = self._next()
                if header[1][1] == _DICTIONARY:
                    count = header[7][1][1][1]
                    self.dictionary = self._numbers(
                        np.frombuffer(self._unpacked(content, header[2][1]), np.uint8), count
                    )
                    continue
                part = self._old(header, content) if header[1][1] == _DATA else self._new(header, content)
            except (KeyError, ValueError, TypeError, OSError) as error:
                raise DecisionError(f"{self.path} is damaged: the column {self.name} ends early ({error})") from None
            if not 0 < len(part[0]) <= self.left:
                raise DecisionError(f"{self.path} is damaged: a page of {self.name} has {len(part[0])} rows")
            self.left -= len(part[0])
            yield part

    def _next(self) -> tuple[Struct, bytes]:
        """The next page's header, and what follows it."""
        size = _HEADER
        while True:
            self.source.seek(self.at)
            head = self.source.read(size)
            try:
                header, end = thrift.read_struct(head)
                break
            except ValueError:
                if len(head) < size or size > _LONGEST_HEADER:
                    raise
                size *= 16
        length = header[3][1]
        if not 0 <= header[2][1] <= self.most:
            raise ValueError("a page is larger than its column")
        content = head[end : end + length]
        content += self.source.read(length - len(content))
        if length < 0 or len(content) < length:
            raise ValueError("a page is cut off")
        self.at += end + length
        return header, content

    def _unpacked(self, content: bytes, size: int) -> bytes | memoryview:
        if not self.codec:
            return content
        unpacked: memoryview = memoryview(pa.decompress(content, size, codec=self.codec))
        return unpacked

    def _old(self, header: Struct, content: bytes) -> Part:
        """A data page as it first was: all of it is compressed."""
        told = header[5][1]
        count = told[1][1]
        data = np.frombuffer(self._unpacked(content, header[2][1]), np.uint8)
        if not self.optional:
            return self._values(data, count, told[2][1]), None
        length = int.from_bytes(data[:4].tobytes(), "little")
        return self._spread(data[4 : 4 + length], data[4 + length :], count, told[2][1])

    def _new(self, header: Struct, content: bytes) -> Part:
        """A data page of the second version: levels come first, and are not compressed."""
        told = header[8][1]
        count, levels = told[1][1], told[5][1]
        rest = content[levels:]
        if 7 not in told or told[7][1]:
            rest = bytes(self._unpacked(rest, header[2][1] - levels))
        data = np.frombuffer(rest, np.uint8)
        if not self.optional:
            return self._values(data, count, told[4][1]), None
        return self._spread(np.frombuffer(content[:levels], np.uint8), data, count, told[4][1])

    def _spread(self, levels: Array, data: Array, count: int, encoding: int) -> Part:
        """The numbers in their rows."""
        valid = np.empty(count, np.uint8)
        if not kernel.unpack_runs(levels, 1, valid):
            raise ValueError("its levels are cut off")
        there = int(np.count_nonzero(valid))
        numbers = self._values(data, there, encoding)
        if there == count:
            return numbers, None
        spread = np.empty(count, np.int64)
        kernel.spread(numbers, valid, spread)
        return spread, valid.view(np.bool_)

    def _values(self, data: Array, count: int, encoding: int) -> Array:
        if encoding == _PLAIN:
            return self._numbers(data, count)
        if encoding not in (_RLE_DICTIONARY, _PLAIN_DICTIONARY) or self.dictionary is None:
            raise ValueError(f"the encoding {encoding} has no dictionary")
        codes = np.zeros(count, np.int32)
        if count and not (len(data) and data[0] <= 31 and kernel.unpack_runs(data[1:], int(data[0]), codes)):
            raise ValueError("its codes are cut off")
        if count and not 0 <= codes.min() <= codes.max() < len(self.dictionary):
            raise ValueError("a code is not in the dictionary")
        found: Array = self.dictionary[codes]
        return found

    def _numbers(self, data: Array, count: int) -> Array:
        width = abs(self.width)
        if count < 0 or len(data) < count * width:
            raise ValueError("its numbers are cut off")
        data = data[: count * width]
        if self.width > 0:
            return data.view(f"<i{width}").astype(np.int64)
        if width == 8:
            return data.view(">i8").astype(np.int64)
        numbers = np.empty(count, np.int64)
        kernel.big_endian(data, width, numbers)
        return numbers
