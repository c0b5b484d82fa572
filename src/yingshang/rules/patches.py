"""What changed since the base was written, laid over it.

A patch has whole rows of some businesses, or, where it is known which facts changed, the columns of those facts alone. Its
file's metadata says which: ``keys`` are the facts that it knows everything about (null: all), ``gone`` are businesses
that are not in the register any more. What a patch knows about and has no value of is not known.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from yingshang.rules import files

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bits = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Patch:
    """One patch; ``ids`` in ascending order, as its rows are."""

    table: pa.Table
    ids: Ints
    keys: frozenset[str] | None
    gone: Ints

    def knows(self, column: str) -> bool:
        """Whether the patch says what the column has of its businesses."""
        return self.keys is None or column.partition("@")[0] in self.keys


@lru_cache(maxsize=2 * files.MOST_PATCHES)
def opened(path: str) -> Patch:
    """A patch's file.

    Raises:
        FileNotFoundError: somebody wrote a new base meanwhile.
    """
    table = files.mapped(path)
    told = table.schema.metadata or {}
    keys = json.loads(told.get(b"keys", b"null"))
    gone = np.asarray(sorted(json.loads(told.get(b"gone", b"[]"))), np.int64)
    return Patch(table, ids_of(table), None if keys is None else frozenset(keys), gone)


def ids_of(table: pa.Table) -> Ints:
    """The ids of a table's rows."""
    return np.asarray(one_array(table["id"]))


def laid_over(
    base: pa.Table, patches: Sequence[Patch], ids: Ints | None = None, names: Collection[str] | None = None
) -> pa.Table:
    """The columns of businesses with all patches, in the order of their ids.

    Args:
        ids: in ascending order, of the businesses that are wanted; those that are not there are left out. By default all.
        names: of the columns that are wanted besides the id; by default all.
    """
    own = ids_of(base)
    wanted = _candidates(own, patches) if ids is None else ids
    at = _places(own, wanted)
    there = at >= 0
    for patch in patches:
        there &= ~_within(wanted, patch.gone)
        if patch.keys is None:
            there |= _within(wanted, patch.ids)
    if not there.all():
        wanted, at = wanted[there], at[there]
    laid = [(p, *_common(p.ids, wanted)) for p in patches]
    found = {"id": pa.array(wanted)}
    kinds = {f.name: f.type for table in (base, *(p.table for p in patches)) for f in table.schema}
    for name in kinds if names is None else names:
        if name != "id":
            held = _from_base(name, kinds[name], base, at)
            found[name] = _with(name, held, [part for part in laid if part[0].knows(name) and len(part[1])])
    return pa.table(found)


def _candidates(own: Ints, patches: Sequence[Patch]) -> Ints:
    """Everybody who is in some file."""
    come = [p.ids for p in patches if p.keys is None and not _within(p.ids, own).all()]
    return np.union1d(own, np.concatenate(come)) if come else own


def _within(ids: Ints, others: Ints) -> Bits:
    """Which of some ids are among others in ascending order."""
    return _places(others, ids) >= 0


def _places(held: Ints, ids: Ints) -> Ints:
    """Where ids stand among others in ascending order; -1 for nowhere."""
    if not len(held):
        return np.full(len(ids), -1, np.int64)
    if held is ids:
        return np.arange(len(ids))
    places = np.minimum(np.searchsorted(held, ids), len(held) - 1)
    return np.where(held[places] == ids, places, -1)


def _common(ids: Ints, wanted: Ints) -> tuple[Ints, Ints]:
    """Rows of a patch that are wanted, and where they belong."""
    places = _places(wanted, ids)
    rows = np.flatnonzero(places >= 0)
    return rows, places[rows]


def _with(name: str, held: pa.Array, laid: Sequence[tuple[Patch, Ints, Ints]]) -> pa.Array:
    """A column with what patches say of it."""
    if not laid:
        return held
    parts, index, unknown, end = [held], np.arange(len(held)), np.zeros(len(held), np.bool_), len(held)
    for patch, rows, places in laid:
        has = name in patch.table.column_names
        unknown[places] = not has
        if has:
            parts += patch.table[name].chunks
            index[places] = end + rows
            end += patch.table.num_rows
    whole = one_array(pa.chunked_array(parts, held.type))
    return whole.take(pa.array(index, mask=unknown))


def _from_base(name: str, kind: pa.DataType, base: pa.Table, at: Ints) -> pa.Array:
    """A column of the wanted businesses; ``at`` are their rows in the base, -1 for none."""
    if name not in base.column_names:
        return pa.nulls(len(at), kind)
    column = one_array(base[name])
    if len(at) == len(column) and (not len(at) or (at[0] == 0 and at[-1] == len(at) - 1 and (at >= 0).all())):
        return column
    return column.take(pa.array(at, mask=at < 0))


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """A column of one piece."""
    if column.num_chunks == 1:
        return column.chunk(0)
    joined = column.unify_dictionaries().combine_chunks()
    return joined if isinstance(joined, pa.Array) else pa.concat_arrays(joined.chunks)
