"""Vectors as Arrow columns of types that were told before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yingshang.decisions.columns.domains import Days, Instants, Scaled
from yingshang.decisions.columns.numbers import to_scale
from yingshang.decisions.columns.shapes import (
    MOST_DIGITS,
    Clock,
    Entries,
    ListOf,
    Nothing,
    Number,
    Plain,
    Shape,
    arrow_type,
)
from yingshang.decisions.columns.vectors import Coded, Listing, Raw, Record, Values, Vector
from yingshang.decisions.errors import EvaluationError
from yingshang.decisions.feel.builtins.conversion import text_of
from yingshang.decisions.temporal import SECOND

_UNITS = {"s": SECOND, "ms": 1_000_000, "us": 1_000, "ns": 1}
#: Types of values that are worth a dictionary.
_LISTED = (pa.types.is_string, pa.types.is_decimal, pa.types.is_int64, pa.types.is_date32, pa.types.is_timestamp)


@dataclass(slots=True)
class Output:
    """A column of the result.

    Attributes:
        type: of its values; the column itself may be a dictionary of them.
        index: type of the dictionary's indices; None for a plain column, and before the first batch.
    """

    name: str
    shape: Shape
    type: pa.DataType
    index: pa.DataType | None = None
    settled: bool = False

    @staticmethod
    def of(name: str, shape: Shape) -> Output:
        return Output(name, shape, arrow_type(shape))

    @property
    def field(self) -> pa.Field:
        return pa.field(self.name, self.type if self.index is None else pa.dictionary(self.index, self.type))

    def array(self, vector: Vector) -> pa.Array:
        """The values of a batch. The first batch settles whether the column is a dictionary.

        Raises:
            EvaluationError: a value that the column's type cannot hold.
        """
        if not self.settled:
            self.settled = True
            if isinstance(vector, Coded) and vector.values.lasting and any(t(self.type) for t in _LISTED):
                self.index = pa.int8() if vector.codes.dtype == np.int8 else pa.int32()
        try:
            if self.index is None:
                return dense(vector, self.shape, self.type)
            return _dictionary(vector.coded(), self.shape, self.type, self.index)
        except (pa.ArrowInvalid, OverflowError, ValueError) as error:
            raise EvaluationError(f"the column {self.name} ({self.type}) cannot hold a result: {error}") from None


def dense(vector: Vector, shape: Shape, kind: pa.DataType) -> pa.Array:
    """A plain column."""
    if pa.types.is_null(kind):
        return pa.nulls(len(vector))
    match vector:
        case Raw():
            found = _numbers(vector, shape, kind)
            if found is not None:
                return found
        case Record() if isinstance(shape, Entries) and list(vector.fields) == list(shape.fields):
            parts = [dense(v, shape.fields[k], kind.field(k).type) for k, v in vector.fields.items()]
            mask = None if vector.valid is None else pa.array(~vector.valid)
            return pa.StructArray.from_arrays(parts, fields=list(kind), mask=mask)
        case Listing() if isinstance(shape, ListOf):
            return _lists(vector, shape.of, kind)
    coded = vector.coded()
    values, places, null = _values(coded.values, shape, kind)
    indices = places[coded.codes]
    return values.take(pa.array(indices, mask=None if null is None else indices == null))


def _lists(vector: Listing, shape: Shape, kind: pa.DataType) -> pa.Array:
    count, rows = len(vector.items), vector.rows
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * count)
    if not count:
        return pa.ListArray.from_arrays(offsets, pa.nulls(0, kind.value_type), type=kind)
    items = pa.concat_arrays([dense(v, shape, kind.value_type) for v in vector.items])
    order = np.arange(count * rows).reshape(count, rows).T.reshape(-1)
    return pa.ListArray.from_arrays(offsets, items.take(pa.array(order)), type=kind)


def _numbers(vector: Raw, shape: Shape, kind: pa.DataType) -> pa.Array | None:
    """Numbers as they are; None where each value has to be converted."""
    mask = None if vector.valid is None else ~vector.valid
    domain = vector.domain
    if isinstance(domain, Days) and pa.types.is_date32(kind):
        return pa.array(vector.numbers.astype(np.int32), mask=mask).view(kind)
    if isinstance(domain, Instants) and isinstance(shape, Clock) and pa.types.is_timestamp(kind):
        if _UNITS[shape.unit] == domain.unit and shape.zone == domain.zone:
            return pa.array(vector.numbers, mask=mask).view(kind)
        return None
    if not isinstance(domain, Scaled) or not isinstance(shape, Number) or pa.types.is_string(kind):
        return None
    scale = kind.scale if pa.types.is_decimal(kind) else 0
    if domain.scale > scale or vector.numbers.dtype == object:
        return None
    numbers = to_scale(vector, scale)
    if numbers.dtype == object:
        return None
    return pa.array(numbers, mask=mask) if pa.types.is_int64(kind) else _decimals(numbers, mask, kind)


def _decimals(numbers: NDArray[Any], mask: NDArray[Any] | None, kind: pa.DataType) -> pa.Array:
    words = np.empty((len(numbers), 2), np.int64)
    words[:, 0] = numbers
    words[:, 1] = numbers >> 63
    return _from_numpy(words, None if mask is None else ~mask, kind)


def _dictionary(coded: Coded, shape: Shape, kind: pa.DataType, index: pa.DataType) -> pa.DictionaryArray:
    values, places, null = _values(coded.values, shape, kind)
    if index == pa.int8() and len(values) > 127:
        raise EvaluationError("a table came to more results than it has rules")
    indices = coded.codes if _is_identity(places) else places[coded.codes]
    indices = np.ascontiguousarray(indices, index.to_pandas_dtype())
    valid = None if null is None else indices != null
    # Arrow need not look whether each index is one of the dictionary: they come from places in it.
    return pa.DictionaryArray.from_arrays(_from_numpy(indices, valid, index), values, safe=False)


def _is_identity(places: NDArray[Any]) -> bool:
    """Whether each code is its own place; null comes behind all others."""
    return bool(np.array_equal(places, np.arange(len(places))))


def _from_numpy(numbers: NDArray[Any], valid: NDArray[Any] | None, kind: pa.DataType) -> pa.Array:
    """An array over the memory of another."""
    validity = None
    if valid is not None and not valid.all():
        validity = pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(kind, len(numbers), [validity, pa.py_buffer(numbers)])


def _values(values: Values, shape: Shape, kind: pa.DataType) -> tuple[pa.Array, NDArray[Any], int | None]:
    """Distinct values as Arrow, the place of each code among them, and the place that stands for null."""
    key = ("arrow", kind)
    held = values.memory.get(key)
    if held is None or held[0] != len(values):
        seen: dict[Any, int] = {}
        converted: list[Any] = []
        places: list[int] = []
        for value in values.items:
            plain = None if value is None else converted_to(value, shape)
            same = repr(plain) if isinstance(plain, (list, dict)) else plain
            if plain is not None and same not in seen:
                seen[same] = len(converted)
                converted.append(plain)
            places.append(-1 if plain is None else seen[same])
        null = len(converted) if -1 in places else None
        small = np.int8 if len(converted) < 127 else np.int32
        lookup = np.asarray([len(converted) if p < 0 else p for p in places], small)
        held = values.memory[key] = (len(values), pa.array(converted, kind), lookup, null)
    return held[1], held[2], held[3]


def converted_to(value: Any, shape: Shape) -> Any:
    """A FEEL value as Arrow takes it for a column of a shape; null where it is of another kind.

    Raises:
        EvaluationError: a list or context where the shape has none.
    """
    if value is None:
        return None
    match shape:
        case Nothing():
            return None
        case Number(int() as digits, int() as scale) if digits + scale <= MOST_DIGITS:
            if scale == 0 and digits <= 18:
                return int(value)
            return value
        case Plain("boolean" | "string"):
            return value
        case Plain("date"):
            return value.ordinal
        case ListOf():
            return [converted_to(v, shape.of) for v in value]
        case Entries():
            return {k: converted_to(value.get(k), s) for k, s in shape.fields.items()}
        case Clock("date and time"):
            return value.instant // _UNITS[shape.unit]
        case Clock():
            return value.nanos // _UNITS[shape.unit]
    return text_of(value)


def columns_of(name: str, shape: Shape, struct: bool, taken: Sequence[str]) -> list[Output]:
    """The columns of a decision: one an entry of a context, unless it shall be one ``struct``."""
    if isinstance(shape, Entries) and not struct:
        return [Output.of(f"{name}.{k}" if k in taken else k, s) for k, s in shape.fields.items()]
    return [Output.of(f"{name}.result" if name in taken else name, shape)]


def entry_of(vector: Vector, name: str) -> Vector:
    """An entry of contexts."""
    if isinstance(vector, Record):
        return vector.entry(name)
    coded = vector.coded()
    return coded.mapped(("entry", name), lambda v: v.get(name) if type(v) is dict else None)
