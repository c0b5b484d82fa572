"""One vector from parts: the branches of an ``if``, the rules of a table whose results are expressions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from yingshang.decisions.columns.domains import Scaled
from yingshang.decisions.columns.numbers import as_raw, to_scale
from yingshang.decisions.columns.vectors import CODE, Coded, Exact, Ints, Raw, Record, Values, Vector

Parts = Sequence[tuple[Ints, Vector]]


def assemble(parts: Parts, rows: int, exact: Exact, values: Values) -> Vector:
    """The rows of all parts in their places.

    Args:
        parts: rows and their values; every row is in one part.
        exact: the scalar engine's values of the whole.
        values: where distinct values are kept, if those of all parts are kept, too.
    """
    filled = [(at, v) for at, v in parts if len(at)] or list(parts[:1])
    if len(filled) == 1 and len(filled[0][0]) == rows:
        return filled[0][1]
    found = _records(filled, rows, exact) or _numbers(filled, rows, exact)
    return _codes(filled, rows, values) if found is None else found


def _records(parts: Parts, rows: int, exact: Exact) -> Record | None:
    records = [(at, v) for at, v in parts if isinstance(v, Record)]
    if len(records) < len(parts):
        return None
    names = list(records[0][1].fields)
    if any(list(r.fields) != names for _, r in records):
        return None
    valid = None
    if any(r.valid is not None for _, r in records):
        valid = np.ones(rows, np.bool_)
        for at, r in records:
            valid[at] = True if r.valid is None else r.valid
    entries = {}
    for name in names:
        entries[name] = assemble([(at, r.fields[name]) for at, r in records], rows, _entry(exact, name), Values())
    return Record(entries, rows, valid)


def _entry(exact: Exact, name: str) -> Exact:
    return lambda rows: [None if v is None else v.get(name) for v in exact(rows)]


def _numbers(parts: Parts, rows: int, exact: Exact) -> Raw | None:
    first = parts[0][1]
    if all(isinstance(v, Coded) for _, v in parts):
        return None
    if isinstance(first, Raw) and all(isinstance(v, Raw) and v.domain == first.domain for _, v in parts):
        raws = [(at, v) for at, v in parts if isinstance(v, Raw)]
    else:
        raws = [(at, r) for at, v in parts if (r := as_raw(v)) is not None]
        if len(raws) < len(parts):
            return None
    uneven = any(r.exact is not None for _, r in raws)
    domain = raws[0][1].domain
    if isinstance(domain, Scaled):
        scales = {r.domain.scale for _, r in raws if isinstance(r.domain, Scaled)}
        uneven = uneven or len(scales) > 1
        domain = Scaled(max(scales))
        numbers = [to_scale(r, max(scales)) for _, r in raws]
    else:
        numbers = [r.numbers for _, r in raws]
    wide = any(n.dtype == object for n in numbers)
    result = np.zeros(rows, object if wide else numbers[0].dtype)
    valid = np.ones(rows, np.bool_)
    for (at, raw), part in zip(raws, numbers, strict=True):
        result[at] = part
        if raw.valid is not None:
            valid[at] = raw.valid
    return Raw(domain, result, None if valid.all() else valid, exact if uneven else None)


def _codes(parts: Parts, rows: int, values: Values) -> Coded:
    coded = [(at, v.coded()) for at, v in parts]
    if not all(c.values.lasting for _, c in coded):
        values = Values()
    result = np.empty(rows, CODE)
    for at, c in coded:
        places = np.asarray([values.add(v) for v in c.values.items], CODE)
        result[at] = places[c.codes]
    return Coded(result, values)
