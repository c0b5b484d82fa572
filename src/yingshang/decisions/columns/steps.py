"""Bins: the steps that a column's values take between the constants they are compared with.

Two values in one bin fare alike in every comparison with those constants, so whatever is known of one is known of all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yingshang.decisions.columns import kernel
from yingshang.decisions.columns.domains import Domain
from yingshang.decisions.columns.masks import Ladder
from yingshang.decisions.columns.vectors import CODE, Between, Coded, Raw, coded_of
from yingshang.decisions.values import DECIMAL

Array = NDArray[Any]
#: Stretches that a search over a column's cuts can start from.
_STRETCHES = 1 << 14
_INT64 = (-(1 << 63), (1 << 63) - 1)


class RawSteps:
    """Bins between the cuts of a domain: 0 for null, then from the lowest values upwards.

    Attributes:
        cuts: the first raw number of every bin but the lowest.
    """

    def __init__(self, domain: Domain, points: Iterable[Any]) -> None:
        self.domain = domain
        self.cuts: list[Any] = sorted({c for p in points for c in domain.cuts(p)})
        self._type = np.dtype(np.uint16 if len(self.cuts) < 65_534 else np.int32)
        if domain.whole:
            self._prepare()
        else:
            self._narrow = np.asarray(self.cuts, np.float64)

    def __len__(self) -> int:
        return len(self.cuts) + 2

    @property
    def samples(self) -> list[Any]:
        """A FEEL value of each bin."""
        lowest = self.domain.before(self.cuts[0]) if self.cuts else 0
        return [None, *(self.domain.value(raw) for raw in (lowest, *self.cuts))]

    def _prepare(self) -> None:
        """What the search over 64-bit integers needs."""
        inside = [c for c in self.cuts if _INT64[0] < c <= _INT64[1]]
        self._below = bisect_left(self.cuts, _INT64[0] + 1)
        self._narrow = np.asarray(inside, np.int64)
        if not inside:
            return
        low, high = inside[0], inside[-1]
        self._shift = max((high - low).bit_length() - (_STRETCHES.bit_length() - 1), 0)
        edges = [min(low + (n << self._shift), _INT64[1]) for n in range(((high - low) >> self._shift) + 2)]
        self._starts = np.searchsorted(self._narrow, np.asarray(edges, np.int64)).astype(np.int32)

    def bin(self, vector: Raw) -> Array:
        """The bin of each row."""
        out = np.empty(len(vector), self._type)
        numbers = vector.numbers
        if numbers.dtype == object:
            # Beyond 64 bits: compared as Python's integers.
            out[:] = np.searchsorted(np.asarray(self.cuts, object), numbers, "right") + 1
        elif not self.domain.whole:
            kernel.bin_floats(numbers, self._narrow, out)
        elif len(self._narrow):
            kernel.bin_values(numbers, self._narrow, int(self._narrow[0]), self._shift, self._starts, out)
            if self._below:
                out += self._type.type(self._below)
        else:
            out[:] = self._below + 1
        if vector.valid is not None:
            out[~vector.valid] = 0
        return out


class ValueSteps:
    """Bins of values that are told apart as they turn up.

    Attributes:
        samples: a FEEL value of each bin there is so far.
    """

    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        self.samples: list[Any] = []
        self._bins: dict[Any, int] = {}
        keys = ladder.keys("number")
        self._keys = keys
        #: Doubles certainly not above, and certainly not below, each number on the ladder.
        near = np.asarray([float(k) for k in keys], np.float64)
        self._low, self._high = np.nextafter(near, -np.inf), np.nextafter(near, np.inf)
        self._gaps: Array | None = None

    def __len__(self) -> int:
        return len(self.samples)

    def of(self, value: Any) -> int:
        """The bin of a value."""
        step = self.ladder.step(value)
        at = self._bins.get(step)
        if at is None:
            at = self._bins[step] = len(self.samples)
            self.samples.append(value)
        return at

    def bin(self, vector: Coded | Between) -> Array:
        """The bin of each row."""
        if isinstance(vector, Between) and vector._coded is None:
            return self._between(vector)
        coded = vector.coded()
        held: list[int] = coded.values.memory.setdefault(self, [])
        held += [self.of(v) for v in coded.values.items[len(held) :]]
        bins = np.empty(len(coded.codes), self._type())
        kernel.look_up(np.asarray(held, bins.dtype), coded.codes, bins)
        return bins

    def _type(self) -> Any:
        return np.uint16 if len(self.samples) < 65_536 else np.int32

    def _between(self, vector: Between) -> Array:
        """Most rows lie between two constants for certain; of the others the scalar engine tells the value."""
        if self._gaps is None:
            self._gaps = np.asarray([self.of(v) for v in self._inside()], CODE)
        above = np.searchsorted(self._high, vector.low, "left")
        bins = self._gaps[above]
        undecided = above != np.searchsorted(self._low, vector.high, "right")
        if vector.valid is not None:
            bins[~vector.valid] = self.of(None)
            undecided &= vector.valid
        rows = np.nonzero(undecided)[0]
        if len(rows):
            bins[rows] = self.bin(coded_of(vector.exact(rows)))
        return bins.astype(self._type(), copy=False)

    def _inside(self) -> list[Decimal]:
        """A number below all numbers on the ladder, one between each two, one above."""
        keys = self._keys
        if not keys:
            return [Decimal(0)]
        between = [DECIMAL.divide(DECIMAL.add(a, b), Decimal(2)) for a, b in pairwise(keys)]
        return [DECIMAL.next_minus(keys[0]), *between, DECIMAL.next_plus(keys[-1])]
