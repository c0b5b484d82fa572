"""From rows of the register to Arrow: one COPY of businesses, one of facts, and a column for each fact and period.

The columns are *raw*: ``<key>@<period>`` for facts, ``business.<column>`` for the register, ``id``, ``uscc``, ``name``. Which
of them a name of the vocabulary means depends on the day; :mod:`yingshang.rules.wide` knows. Values are converted by
:func:`yingshang.rules.vocabulary.converted`, or by what gives the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from django.db import connection

from yingshang.rules.vocabulary import Entry, Vocabulary, converted

_LABEL = "COALESCE(NULLIF({0}.short_name, ''), {0}.name)"
_BUSINESSES = (
    f"SELECT b.id, b.uscc, b.name, b.industry_code, b.kind, b.status, {_LABEL.format('s')}, {_LABEL.format('p')},"
    " b.founded, b.capital, b.foreign_invested, b.leading_industry FROM registry_business b"
    " JOIN accounts_unit s ON s.id = b.street_id LEFT JOIN accounts_unit p ON p.id = b.platform_id"
)
_BUSINESS_COLUMNS = (
    "id", "uscc", "name", "industry_code", "kind", "status", "street", "platform", "founded", "capital",
    "foreign_invested", "leading_industry",
)  # fmt: skip
_FACTS = (
    "SELECT business_id, key || '@' || period, value FROM registry_fact WHERE superseded_at IS NULL AND key = ANY(%s)"
)
#: Digits of a number's column.
PRECISION = 18


def gather(words: Vocabulary, ids: Sequence[int] | None = None) -> pa.Table:
    """The raw columns of all businesses, or of some, in the order of their ids."""
    where = "" if ids is None else " WHERE b.id = ANY(%s)"
    some = [] if ids is None else [list(ids)]
    firms = _copied(f"{_BUSINESSES}{where} ORDER BY b.id", some, _BUSINESS_COLUMNS, {"id": pa.int64()})
    where = "" if ids is None else " AND business_id = ANY(%s)"
    facts = _copied(
        _FACTS + where, [words.keys_of_facts(), *some], ("id", "key", "value"),
        {"id": pa.int64(), "key": pa.dictionary(pa.int32(), pa.string())},
    )  # fmt: skip
    columns: dict[str, pa.Array | pa.ChunkedArray] = {n: firms[n] for n in ("id", "uscc")}
    columns["name"] = _unescaped(firms["name"].combine_chunks())
    for entry in words.values():
        if entry.column and entry.column != "age":
            columns[entry.key] = _registered(entry, firms[entry.column])
    columns |= _recorded(words, np.asarray(firms["id"]), facts)
    return pa.table(columns)


def _copied(sql: str, params: list[Any], names: Sequence[str], types: dict[str, pa.DataType]) -> pa.Table:
    """What a query gives, by COPY; every column a string unless said otherwise."""
    buffer = BytesIO()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT", params) as copy:
        for part in copy:
            buffer.write(part)
    wanted = {n: types.get(n, pa.string()) for n in names}
    if not buffer.tell():
        return pa.schema(wanted).empty_table()
    return pacsv.read_csv(
        pa.BufferReader(buffer.getbuffer()),
        read_options=pacsv.ReadOptions(column_names=list(names), block_size=1 << 24),
        parse_options=pacsv.ParseOptions(delimiter="\t", quote_char=False, double_quote=False, escape_char=False),
        convert_options=pacsv.ConvertOptions(
            column_types=wanted, null_values=["\\N"], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )


def _unescaped(texts: pa.Array) -> pa.Array:
    """Texts as they were before COPY escaped them; it doubles backslashes and names tabs and line breaks."""
    if not pc.any(pc.match_substring(texts, "\\")).as_py():
        return texts
    known = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r", "\\b": "\b", "\\f": "\f", "\\v": "\v"}

    def plain(text: str | None) -> str | None:
        if text is None or "\\" not in text:
            return text
        out, i = [], 0
        while i < len(text):
            pair = text[i : i + 2]
            out.append(known.get(pair, text[i]))
            i += 2 if pair in known else 1
        return "".join(out)

    return pa.array([plain(t) for t in texts.to_pylist()], pa.string())


def _registered(entry: Entry, column: pa.ChunkedArray) -> pa.Array:
    texts = column.combine_chunks()
    if entry.type == "date":
        return texts.cast(pa.date32())
    if entry.type == "boolean":
        return pc.equal(texts, "t")
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
    plain = _unescaped(coded.dictionary)
    values = pa.array(
        [None if t is None else convert(t) for t in plain.to_pylist()],
        kind.value_type if pa.types.is_dictionary(kind) else kind,
    )
    found = values.take(coded.indices)
    return found.dictionary_encode() if pa.types.is_dictionary(kind) else found
