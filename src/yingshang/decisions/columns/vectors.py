"""A FEEL value for each row of a batch, held as machine numbers.

``Coded``: few distinct values, and a small number a row that says which. ``Raw``: numbers, dates and times as the integers
or doubles of the column. ``Record``: contexts, entry by entry. Everything can be had as ``Coded``, where need be with as
many values as rows: so whatever the faster ways cannot do, the scalar engine does once for every distinct row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yingshang.decisions.columns.domains import Domain
from yingshang.decisions.values import Function, Range

Ints = NDArray[Any]
#: Codes of a batch are of this type; 65,535 values are enough for what is meant to have few.
CODE = np.dtype(np.int32)


def key_of(value: Any) -> Any:
    """What two FEEL values share only if no expression can tell them apart (1.0 and 1.00 differ as texts)."""
    kind = type(value)
    if kind is Decimal:
        return value.as_tuple()
    if kind is list:
        return (list, tuple(map(key_of, value)))
    if kind is dict:
        return (dict, tuple((k, key_of(v)) for k, v in value.items()))
    if kind is Range:
        return (Range, key_of(value.low), key_of(value.high), value.low_in, value.high_in, value.op)
    if kind is Function:
        return (Function, id(value))
    return (kind, value)


class Values:
    """Distinct values in the order of their codes; grows while batches come in.

    Attributes:
        items: the values.
        memory: what others have worked out about them, code by code (bins, Arrow arrays).
        lasting: whether they are kept from batch to batch.
    """

    __slots__ = ("_codes", "items", "lasting", "memory")

    def __init__(self, items: Sequence[Any] = (), lasting: bool = False) -> None:
        self.lasting = lasting
        self.items: list[Any] = []
        self.memory: dict[Any, Any] = {}
        self._codes: dict[Any, int] = {}
        for item in items:
            self.add(item)

    def add(self, value: Any) -> int:
        """The code of a value."""
        key = key_of(value)
        code = self._codes.get(key)
        if code is None:
            code = self._codes[key] = len(self.items)
            self.items.append(value)
        return code

    def append(self, value: Any) -> int:
        """The next code, for a value that may be there already."""
        self.items.append(value)
        return len(self.items) - 1

    def __len__(self) -> int:
        return len(self.items)


class Vector:
    """Values of the rows of a batch."""

    def __len__(self) -> int:
        raise NotImplementedError

    def coded(self) -> Coded:
        raise NotImplementedError

    def take(self, rows: Ints) -> Vector:
        """The values of some rows."""
        raise NotImplementedError

    def feel(self) -> list[Any]:
        """The FEEL values, one a row."""
        coded = self.coded()
        items = coded.values.items
        return [items[c] for c in coded.codes.tolist()]


@dataclass(slots=True)
class Coded(Vector):
    codes: Ints
    values: Values

    def __len__(self) -> int:
        return len(self.codes)

    def coded(self) -> Coded:
        return self

    def take(self, rows: Ints) -> Coded:
        return Coded(self.codes[rows], self.values)

    def mapped(self, key: Any, change: Callable[[Any], Any]) -> Coded:
        """The vector of ``change(value)``; worked out once a value, and kept under ``key``."""
        held: tuple[list[int], Values] | None = self.values.memory.get(key)
        if held is None:
            held = self.values.memory[key] = ([], Values(lasting=self.values.lasting))
        codes, values = held
        for item in self.values.items[len(codes) :]:
            codes.append(values.add(change(item)))
        return Coded(np.asarray(codes, CODE)[self.codes], values)


def constant(value: Any, rows: int) -> Coded:
    return Coded(np.zeros(rows, CODE), Values([value]))


#: The exact FEEL values of some rows, worked out by the scalar engine.
Exact = Callable[[Ints], list[Any]]


@dataclass(slots=True)
class Raw(Vector):
    """Numbers of a domain.

    Attributes:
        numbers: int64 or float64; Python integers (dtype object) where a column of 128 bits needs more.
        valid: which rows have a value; None where all have.
        exact: asked for the values where the numbers do not tell how they are written (2.5 or 2.50).
    """

    domain: Domain
    numbers: Ints
    valid: NDArray[np.bool_] | None = None
    exact: Exact | None = None
    _coded: Coded | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: Ints) -> Raw:
        valid = None if self.valid is None else self.valid[rows]
        return Raw(self.domain, self.numbers[rows], valid, _taken(self.exact, rows))

    def coded(self) -> Coded:
        if self._coded is None:
            if self.exact is not None:
                self._coded = coded_of(self.exact(np.arange(len(self))))
                return self._coded
            # What stands in rows without a value is no value.
            numbers = self.numbers if self.valid is None else self.numbers[self.valid]
            distinct, found = np.unique(numbers, return_inverse=True)
            values = Values()
            for raw in distinct.tolist():
                values.append(self.domain.value(raw))
            codes = found.reshape(-1).astype(CODE)
            if self.valid is not None:
                present, codes = codes, np.full(len(self), values.append(None), CODE)
                codes[self.valid] = present
            self._coded = Coded(codes, values)
        return self._coded


@dataclass(slots=True)
class Between(Vector):
    """Numbers known to lie between two doubles, both included.

    Attributes:
        valid: which rows have a value at all; the others are null.
        exact: asked for the values of rows for which that is not enough.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    valid: NDArray[np.bool_] | None
    exact: Exact
    _coded: Coded | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.low)

    def take(self, rows: Ints) -> Between:
        valid = None if self.valid is None else self.valid[rows]
        exact = _taken(self.exact, rows)
        assert exact is not None
        return Between(self.low[rows], self.high[rows], valid, exact)

    def coded(self) -> Coded:
        if self._coded is None:
            self._coded = coded_of(self.exact(np.arange(len(self))))
        return self._coded


def _taken(exact: Exact | None, rows: Ints) -> Exact | None:
    return None if exact is None else lambda some: exact(rows[some])


@dataclass(slots=True)
class Record(Vector):
    """Contexts; ``valid`` where some are null."""

    fields: dict[str, Vector]
    rows: int
    valid: NDArray[np.bool_] | None = None
    _coded: Coded | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return self.rows

    def entry(self, name: str) -> Vector:
        """An entry in every row; null where there is no context."""
        if name not in self.fields:
            return constant(None, self.rows)
        vector = self.fields[name]
        if self.valid is None:
            return vector
        if isinstance(vector, Raw):
            valid = self.valid if vector.valid is None else vector.valid & self.valid
            return Raw(vector.domain, vector.numbers, valid, vector.exact)
        coded = vector.coded()
        codes = coded.codes.copy()
        codes[~self.valid] = coded.values.add(None)
        return Coded(codes, coded.values)

    def take(self, rows: Ints) -> Record:
        fields = {k: v.take(rows) for k, v in self.fields.items()}
        return Record(fields, len(rows), None if self.valid is None else self.valid[rows])

    def coded(self) -> Coded:
        if self._coded is None:
            columns = {k: v.feel() for k, v in self.fields.items()}
            present = [True] * self.rows if self.valid is None else self.valid.tolist()
            self._coded = coded_of(
                [{k: c[i] for k, c in columns.items()} if there else None for i, there in enumerate(present)]
            )
        return self._coded


@dataclass(slots=True)
class Listing(Vector):
    """Lists of one length, item by item."""

    items: list[Vector]
    rows: int

    def __len__(self) -> int:
        return self.rows

    def take(self, rows: Ints) -> Listing:
        return Listing([i.take(rows) for i in self.items], len(rows))

    def coded(self) -> Coded:
        columns = [i.feel() for i in self.items]
        return coded_of([[c[i] for c in columns] for i in range(self.rows)])


def coded_of(values: Sequence[Any], into: Values | None = None) -> Coded:
    """A vector of FEEL values, one a row."""
    held = Values() if into is None else into
    return Coded(np.fromiter((held.add(v) for v in values), CODE, len(values)), held)


def combine(vectors: Sequence[Coded], rows: int) -> tuple[Ints, Ints]:
    """The distinct combinations of codes: a row that has each, and for each row which it has."""
    if not vectors:
        return np.zeros(1, np.int64), np.zeros(rows, CODE)
    keys = np.zeros(rows, np.int64)
    size = 1
    for v in vectors:
        count = max(len(v.values), 1)
        if size > (1 << 62) // count:
            _, keys = np.unique(keys, return_inverse=True)
            keys = keys.reshape(-1).astype(np.int64)
            size = int(keys.max(initial=0)) + 1
        keys = keys * count + v.codes
        size *= count
    _, first, codes = np.unique(keys, return_index=True, return_inverse=True)
    return first, codes.reshape(-1).astype(CODE)
