"""Arrow columns as vectors: what the scalar engine would see of each value, without making it see each.

=====================  ==============================  =======================================
Arrow                  FEEL                            held as
=====================  ==============================  =======================================
(u)int, decimal        number                          integers (128 bits where needed)
float, double          number, by its shortest text    doubles; NaN and infinities are null
string, dictionary     string (or what it holds)       codes
bool                   boolean                         codes
date                   date                            days
timestamp              date and time, with its zone    instants (codes where clocks are set back)
duration, time         days and time duration, time    integers
struct                 context                         a vector an entry
list and anything else list, …                         codes
=====================  ==============================  =======================================
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yingshang.decisions.columns import kernel
from yingshang.decisions.columns.domains import (
    WEEK,
    Clocks,
    Days,
    Domain,
    Doubles,
    Instants,
    Scaled,
    Spans,
    keeps_offset,
)
from yingshang.decisions.columns.vectors import CODE, Coded, Raw, Record, Values, Vector, coded_of
from yingshang.decisions.temporal import SECOND, Zone
from yingshang.decisions.values import from_python

_UNITS = {"s": SECOND, "ms": 1_000_000, "us": 1_000, "ns": 1}
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


def vector_of(column: pa.Array | pa.ChunkedArray, memory: dict[Any, Any] | None = None) -> Vector:
    """A column of a batch as a vector.

    Args:
        memory: kept by the caller for one column from batch to batch, so that equal texts keep their codes.

    Raises:
        EvaluationError: a type that FEEL does not have (binary).
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks)
    kept: dict[Any, Any] = {} if memory is None else memory
    kind = column.type
    domain = domain_of(kind)
    if domain is not None:
        vector = Raw(domain, _numbers(column), _valid(column))
        return vector if _is_ordered(vector) else vector.coded()
    if pa.types.is_dictionary(kind):
        return _dictionary(column, kept)
    if pa.types.is_boolean(kind):
        return _booleans(column, kept)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        if pa.types.is_string_view(kind):
            column = column.cast(pa.large_string())
        return _dictionary(column.dictionary_encode(), kept)
    if pa.types.is_struct(kind):
        fields = {
            kind.field(i).name: vector_of(child, kept.setdefault(i, {})) for i, child in enumerate(column.flatten())
        }
        return Record(fields, len(column), _valid(column))
    if pa.types.is_null(kind):
        return coded_of([None] * len(column), kept.setdefault("values", Values(lasting=True)))
    return coded_of(feel_values(column), None)


def feel_values(column: pa.Array) -> list[Any]:
    """The FEEL values of any column, one a row."""
    kind = column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return [None if not item.is_valid else feel_values(item.values) for item in column]
    if domain_of(kind) is not None or pa.types.is_struct(kind) or pa.types.is_dictionary(kind):
        return vector_of(column).feel()
    return [from_python(v) for v in column.to_pylist()]


def domain_of(kind: pa.DataType) -> Domain | None:
    """What the raw numbers of a type stand for; None for types that are no numbers in order."""
    if pa.types.is_integer(kind):
        return Scaled(0)
    if pa.types.is_decimal(kind):
        return Scaled(kind.scale)
    if pa.types.is_floating(kind):
        return Doubles()
    if pa.types.is_date(kind):
        return Days()
    if pa.types.is_timestamp(kind):
        return Instants(_UNITS[kind.unit], zone_of(kind.tz))
    if pa.types.is_duration(kind):
        return Spans(_UNITS[kind.unit])
    if pa.types.is_time(kind):
        return Clocks(_UNITS[kind.unit])
    return None


def zone_of(name: str | None) -> Zone:
    """Arrow's name of a time zone as FEEL has it."""
    if name is None or name == "":
        return None
    if name in ("UTC", "Z", "Etc/UTC"):
        return 0
    offset = _OFFSET.fullmatch(name)
    if offset is None:
        return name
    seconds = int(offset[2]) * 3600 + int(offset[3]) * 60
    return -seconds if offset[1] == "-" else seconds


def _valid(column: pa.Array) -> NDArray[np.bool_] | None:
    return np.asarray(column.is_valid()) if column.null_count else None


def _numbers(column: pa.Array) -> NDArray[Any]:
    kind = column.type
    if pa.types.is_decimal(kind):
        return _decimals(column)
    if pa.types.is_floating(kind):
        return np.asarray(_filled(column, 0.0).to_numpy(zero_copy_only=False), np.float64)
    if pa.types.is_date64(kind):
        column = column.cast(pa.date32())
    elif pa.types.is_uint64(kind):
        numbers: NDArray[Any] = _filled(column, 0).to_numpy(zero_copy_only=False)
        return numbers.astype(object) if numbers.max(initial=0) >> 63 else numbers.astype(np.int64)
    width = column.type.bit_width
    if not pa.types.is_integer(column.type):
        column = column.view(pa.int32() if width == 32 else pa.int64())
    return np.asarray(_filled(column, 0).to_numpy(zero_copy_only=False), np.int64)


def _filled(column: pa.Array, with_: Any) -> pa.Array:
    return pc.fill_null(column, with_) if column.null_count else column


def _decimals(column: pa.Array) -> NDArray[Any]:
    """The unscaled integers of decimals; null is 0."""
    kind = column.type
    words = kind.bit_width // 64
    if words == 0:
        return np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column)].astype(
            np.int64
        )
    raw = np.frombuffer(column.buffers()[1], np.int64)[column.offset * words : (column.offset + len(column)) * words]
    parts = raw.reshape(-1, words)
    low = parts[:, 0]
    if words > 1:
        valid = _valid(column)
        narrow = np.all(parts[:, 1:] == (low >> 63)[:, None], axis=1)
        if not np.all(narrow if valid is None else narrow | ~valid):
            return _wide(parts, valid)
        if valid is not None:
            return np.where(valid, low, 0)
    return np.ascontiguousarray(low)


def _wide(parts: NDArray[np.int64], valid: NDArray[np.bool_] | None) -> NDArray[Any]:
    total = parts[:, -1].astype(object)
    for n in range(parts.shape[1] - 2, -1, -1):
        total = total * (1 << 64) + parts[:, n].view(np.uint64).astype(object)
    if valid is not None:
        total[~valid] = 0
    return total


def _is_ordered(vector: Raw) -> bool:
    """Whether the order of the raw numbers is FEEL's: not where clocks are set back."""
    domain = vector.domain
    if not isinstance(domain, Instants) or not isinstance(domain.zone, str) or not len(vector):
        return True
    numbers = vector.numbers if vector.valid is None else vector.numbers[vector.valid]
    if not len(numbers):
        return True
    seconds = (int(numbers.min()) * domain.unit // SECOND, int(numbers.max()) * domain.unit // SECOND)
    return keeps_offset(domain.zone, seconds[0] // WEEK - 1, seconds[1] // WEEK + 1)


def _dictionary(column: pa.DictionaryArray, memory: dict[Any, Any]) -> Coded:
    values: Values = memory.setdefault("values", Values(lasting=True))
    dictionary = column.dictionary
    held = memory.get("dictionary")
    if held is None or not held[0].equals(dictionary):
        codes = [values.add(v) for v in feel_values(dictionary)]
        memory["dictionary"] = held = (dictionary, np.asarray([*codes, values.add(None)], CODE))
    indices = column.indices
    at = _filled(indices, len(dictionary)) if indices.null_count and _holds(indices.type, len(dictionary)) else None
    if at is not None:
        numbers = at.to_numpy(zero_copy_only=False)
    elif indices.null_count:
        numbers = pc.fill_null(indices.cast(pa.int64()), len(dictionary)).to_numpy(zero_copy_only=False)
    else:
        numbers = indices.to_numpy(zero_copy_only=False)
    # Arrow knows its indices to be places of the dictionary.
    found: NDArray[Any] = np.empty(len(numbers), CODE)
    kernel.look_up(held[1], numbers, found)
    return Coded(found, values)


def _holds(kind: pa.DataType, number: int) -> bool:
    return bool(number < 1 << (kind.bit_width - 1))


def _booleans(column: pa.Array, memory: dict[Any, Any]) -> Coded:
    values: Values = memory.setdefault("values", Values([False, True, None], lasting=True))
    codes = pc.fill_null(column.cast(pa.int8()), 2).to_numpy(zero_copy_only=False).astype(CODE)
    return Coded(codes, values)
