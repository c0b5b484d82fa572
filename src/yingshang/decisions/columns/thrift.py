"""Thrift's compact protocol, as far as the footers and page headers of Parquet need it.

A struct is a dictionary of field numbers to pairs of a type and a value; a list is a pair of the type of its items and the
items. So whatever stands in a footer is kept as it is, known or not. (Source: Apache Thrift, compact protocol encoding.)
"""

from __future__ import annotations

import struct
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
Struct = dict[int, tuple[int, Any]]


def read_struct(data: bytes, at: int = 0) -> tuple[Struct, int]:
    """A struct that begins at a byte, and the place behind it.

    Raises:
        ValueError: the bytes end too early, or tell of a type that Parquet does not use.
    """
    try:
        return _Reader(data, at).struct()
    except IndexError:
        raise ValueError("the struct is cut off") from None


def written(fields: Struct) -> bytes:
    """The bytes of a struct."""
    out = bytearray()
    _write_struct(out, fields)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def struct(self) -> tuple[Struct, int]:
        return self._struct(), self.at

    def _struct(self) -> Struct:
        fields: Struct = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._signed()
            kind = head & 15
            fields[number] = (kind, kind == TRUE if kind in (TRUE, FALSE) else self._value(kind))
        return fields

    def _value(self, kind: int) -> Any:
        if kind in (TRUE, FALSE):
            return self._byte() == TRUE
        if kind == BYTE:
            return self._byte()
        if kind in (I16, I32, I64):
            return self._signed()
        if kind == DOUBLE:
            return struct.unpack("<d", self._bytes(8))[0]
        if kind == BINARY:
            return self._bytes(self._number())
        if kind in (LIST, SET):
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._number()
            return head & 15, [self._value(head & 15) for _ in range(count)]
        if kind == STRUCT:
            return self._struct()
        raise ValueError(f"a value of the type {kind} has no place in Parquet")

    def _byte(self) -> int:
        value = self.data[self.at]
        self.at += 1
        return value

    def _bytes(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise IndexError
        self.at += count
        return bytes(self.data[self.at - count : self.at])

    def _number(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    def _signed(self) -> int:
        number = self._number()
        return number >> 1 ^ -(number & 1)


def _write_struct(out: bytearray, fields: Struct) -> None:
    before = 0
    for number in sorted(fields):
        kind, value = fields[number]
        if kind in (TRUE, FALSE):
            kind = TRUE if value else FALSE
        if 0 < number - before < 16:
            out.append(number - before << 4 | kind)
        else:
            out.append(kind)
            _write_signed(out, number)
        before = number
        if kind not in (TRUE, FALSE):
            _write_value(out, kind, value)
    out.append(0)


def _write_value(out: bytearray, kind: int, value: Any) -> None:
    if kind in (TRUE, FALSE):
        out.append(TRUE if value else FALSE)
    elif kind == BYTE:
        out.append(value)
    elif kind in (I16, I32, I64):
        _write_signed(out, value)
    elif kind == DOUBLE:
        out += struct.pack("<d", value)
    elif kind == BINARY:
        out += varint(len(value))
        out += value
    elif kind in (LIST, SET):
        of, items = value
        if len(items) < 15:
            out.append(len(items) << 4 | of)
        else:
            out.append(15 << 4 | of)
            out += varint(len(items))
        for item in items:
            _write_value(out, of, item)
    else:
        _write_struct(out, value)


def _write_signed(out: bytearray, number: int) -> None:
    out += varint(number << 1 ^ number >> 63)


def varint(number: int) -> bytes:
    """A number that is not negative, seven bits a byte, the lowest first (also what Parquet begins its runs with)."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
