"""From rows of the register to Arrow: one query of businesses, one of facts, and a column for each fact and period.

The columns are *raw*: ``<key>@<period>`` for facts, ``business.<column>`` for the register, ``id``, ``uscc``, ``name``. Which
of them a name of the vocabulary means depends on the day; :mod:`yingshang.rules.wide` knows. Values are converted by
:func:`yingshang.rules.vocabulary.converted`, or by what gives the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from django.db import connection

from yingshang.rules.vocabulary import Entry, Vocabulary, converted

_LABEL = "COALESCE(NULLIF({0}.short_name, ''), {0}.name)"
_BUSINESS_COLUMNS = {
    "id": "b.id", "uscc": "b.uscc", "name": "regexp_replace(b.name, '[[:cntrl:]]', ' ', 'g')",
    "industry_code": "b.industry_code", "kind": "b.kind", "status": "b.status", "street": _LABEL.format("s"),
    "platform": _LABEL.format("p"), "founded": "b.founded", "capital": "b.capital",
    "foreign_invested": "b.foreign_invested", "leading_industry": "b.leading_industry",
}  # fmt: skip
_BUSINESSES = (
    "registry_business b JOIN accounts_unit s ON s.id = b.street_id LEFT JOIN accounts_unit p ON p.id = b.platform_id"
)
_FACT_COLUMNS = {"id": "f.business_id", "key": "f.key || '@' || f.period", "value": "f.value"}
_FACTS = "registry_fact f WHERE f.superseded_at IS NULL AND f.key = ANY(%s)"
#: Rows in one row of what is fetched.
_LINES = 4096
#: Digits of a number's column.
PRECISION = 18


def gather(words: Vocabulary, ids: Sequence[int] | None = None) -> pa.Table:
    """The raw columns of all businesses, or of some, in the order of their ids."""
    # As one text: the driver would look at each number.
    some = [] if ids is None else ["{" + ",".join(map(str, ids)) + "}"]
    where = " WHERE b.id = ANY(%s::bigint[])" if some else ""
    firms = _fetched(_BUSINESS_COLUMNS, _BUSINESSES + where, some, {"id": pa.int64()})
    firms = firms.take(pa.array(np.argsort(np.asarray(firms["id"]), kind="stable")))
    where = " AND f.business_id = ANY(%s::bigint[])" if some else ""
    types = {"id": pa.int64(), "key": pa.dictionary(pa.int32(), pa.string())}
    facts = _fetched(_FACT_COLUMNS, _FACTS + where, [words.keys_of_facts(), *some], types)
    columns: dict[str, pa.Array | pa.ChunkedArray] = {n: firms[n] for n in ("id", "uscc", "name")}
    for entry in words.values():
        if entry.column and entry.column != "age":
            columns[entry.key] = _registered(entry, firms[entry.column])
    columns |= _recorded(words, np.asarray(firms["id"]), facts)
    return pa.table(columns)


def gather_facts(words: Vocabulary, ids: Sequence[int], keys: Sequence[str]) -> pa.Table:
    """The columns of some facts alone, of some businesses; ``ids`` in ascending order."""
    params = [list(keys), "{" + ",".join(map(str, ids)) + "}"]
    types = {"id": pa.int64(), "key": pa.dictionary(pa.int32(), pa.string())}
    facts = _fetched(_FACT_COLUMNS, _FACTS + " AND f.business_id = ANY(%s::bigint[])", params, types)
    held = np.asarray(ids, np.int64)
    return pa.table({"id": pa.array(held), **_recorded(words, held, facts)})


def _fetched(columns: Mapping[str, str], source: str, params: list[Any], types: dict[str, pa.DataType]) -> pa.Table:
    """What a query gives, every column a string unless said otherwise.

    The server puts thousands of lines into each row: the driver would take longer for single ones than it does for all
    the rest. No value has a tab or a line break: JSON writes them otherwise, names are fetched without.
    """
    line = " || E'\\t' || ".join(f"COALESCE(({sql})::text, '\\N')" for sql in columns.values())
    numbered = f"SELECT {line} AS line, row_number() OVER () / {_LINES} AS block FROM {source}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg(line, E'\\n') FROM ({numbered}) t GROUP BY block", params)
        text = "\n".join(row[0] for row in cursor.fetchall())
    wanted = {n: types.get(n, pa.string()) for n in columns}
    if not text:
        return pa.schema(wanted).empty_table()
    return pacsv.read_csv(
        pa.py_buffer(text.encode()),
        read_options=pacsv.ReadOptions(column_names=list(columns), block_size=1 << 24),
        parse_options=pacsv.ParseOptions(delimiter="\t", quote_char=False, double_quote=False, escape_char=False),
        convert_options=pacsv.ConvertOptions(
            column_types=wanted, null_values=["\\N"], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )


def _registered(entry: Entry, column: pa.ChunkedArray) -> pa.Array:
    texts = column.combine_chunks()
    if entry.type == "date":
        return texts.cast(pa.date32())
    if entry.type == "boolean":
        return pc.equal(texts, "true")
    if entry.type == "number":
        return _numbers(entry, texts)
    return _listed(entry, texts, lambda t: converted(entry, t or None))


def _recorded(words: Vocabulary, ids: np.ndarray[Any, Any], facts: pa.Table) -> dict[str, pa.Array]:
    """A column for each key and period that is held; rows are found by their place among the ids."""
    keys = facts["key"].combine_chunks() if facts.num_rows else pa.array([], pa.dictionary(pa.int32(), pa.string()))
    if isinstance(keys, pa.ChunkedArray):
        keys = keys.unify_dictionaries().combine_chunks()
    codes = np.asarray(keys.indices)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(keys.dictionary) + 1))
    owners = np.asarray(facts["id"].combine_chunks() if facts.num_rows else pa.array([], pa.int64()))
    rows = np.minimum(np.searchsorted(ids, owners), max(len(ids) - 1, 0))
    values = facts["value"].combine_chunks() if facts.num_rows else pa.array([], pa.string())
    by_key: dict[str, list[Entry]] = {}
    for entry in words.values():
        by_key.setdefault(entry.key, []).append(entry)
    found: dict[str, pa.Array] = {}
    for code, name in enumerate(keys.dictionary.to_pylist()):
        at = order[bounds[code] : bounds[code + 1]]
        # A business may have come between the two queries.
        at = at[ids[rows[at]] == owners[at]] if len(ids) else at[:0]
        column = _column(by_key[name.partition("@")[0]][0], values.take(pa.array(at)))
        places = np.full(len(ids), -1, np.int64)
        places[rows[at]] = np.arange(len(at))
        found[name] = column.take(pa.array(places, mask=places < 0))
    return found


def type_of(entry: Entry) -> pa.DataType:
    """The type of an entry's column."""
    if entry.type == "number":
        return pa.decimal128(PRECISION, entry.scale) if entry.scale else pa.int64()
    return {"boolean": pa.bool_(), "date": pa.date32(), "string": pa.dictionary(pa.int32(), pa.string())}[entry.type]


def _column(entry: Entry, texts: pa.Array) -> pa.Array:
    """JSON texts as values of an entry's type."""
    if entry.type == "number":
        return _numbers(entry, texts)
    return _listed(entry, texts, lambda t: converted(entry, json.loads(t)))


def _numbers(entry: Entry, texts: pa.Array) -> pa.Array:
    kind = type_of(entry)
    try:
        return pc.utf8_trim(texts, '"').cast(kind)
    except pa.ArrowInvalid:
        # Some value is none of the entry's type: each is asked.
        return _listed(entry, texts, lambda t: converted(entry, json.loads(t, parse_float=Decimal)))


def _listed(entry: Entry, texts: pa.Array, convert: Callable[[str], Any]) -> pa.Array:
    """Values converted once for each distinct text."""
    kind = type_of(entry)
    coded = texts.dictionary_encode()
    values = pa.array(
        [None if t is None else convert(t) for t in coded.dictionary.to_pylist()],
        kind.value_type if pa.types.is_dictionary(kind) else kind,
    )
    found = values.take(coded.indices)
    return found.dictionary_encode() if pa.types.is_dictionary(kind) else found
