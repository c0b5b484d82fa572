"""The raw columns of all businesses, kept on disk and mapped into memory, and kept up with the register.

``$YINGSHANG_HOME/rules/snapshot/`` holds one base file (Arrow IPC, not compressed, so that web workers map it and read
nothing they do not use) and patches: whole rows of the businesses that changed since. ``manifest.json`` names the files
that count; it is replaced as a whole, so readers see one state or the next. Triggers note in ``rules_change`` which
businesses changed, in the transaction that changes them; :func:`refresh` reads the notes and writes a patch, and
:func:`settle` throws them away once everything that follows from them is stored. Whoever is killed in between leaves the
notes, and the next one does it again.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from django.conf import settings
from django.db import connection, transaction

from yingshang.rules.gathering import gather
from yingshang.rules.vocabulary import vocabulary
from yingshang.rules.wide import wide

#: Advisory lock of whoever writes here; "rules" in numbers.
LOCK = 0x72756C6573
#: Patched rows, as a share of the base, from which a new base is written.
WORN = 0.1
#: Patches from which a new base is written: each is a file to open.
MOST_PATCHES = 64


#: Among the open columns: all of them, for businesses came or went.
ALL = "*"


class NoSnapshot(RuntimeError):
    """Nothing was gathered yet: the first run does it."""


def folder() -> Path:
    """Where the files lie."""
    return Path(settings.HOME) / "rules" / "snapshot"


@dataclass(frozen=True)
class Manifest:
    """The files that count: the base, the patches from old to new, and the keys that they were gathered for.

    ``open`` are the columns that changed and of which it is not settled yet that everything that follows is stored.
    """

    base: str
    rows: int
    patches: tuple[tuple[str, int], ...]
    keys: str
    open: frozenset[str] = frozenset()

    @property
    def data(self) -> Manifest:
        """The same, as far as it is about what the files say."""
        return replace(self, open=frozenset())

    @property
    def worn(self) -> bool:
        """Whether a new base is due."""
        return len(self.patches) >= MOST_PATCHES or sum(n for _, n in self.patches) > max(self.rows * WORN, 1000)


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did.

    Attributes:
        ids: of the businesses that changed; None where everything was gathered anew.
        notes: ids of the notes that told of it, to be settled.
        raw: the raw columns of the businesses that changed, of those that are there still.
        changed: names of the columns that are not what they were; None where businesses came or went.
    """

    ids: list[int] | None
    notes: list[int]
    raw: pa.Table | None = None
    changed: frozenset[str] | None = None


def manifest() -> Manifest | None:
    """The present state, None where there is none."""
    try:
        told = json.loads((folder() / "manifest.json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    return Manifest(told["base"], told["rows"], tuple((n, r) for n, r in told["patches"]), told["keys"],
                    frozenset(told.get("open", [ALL])))  # fmt: skip


def _write(told: Manifest) -> None:
    text = json.dumps(vars(told) | {"open": sorted(told.open)})
    partial = folder() / f"manifest-{uuid.uuid4().hex}.json"
    partial.write_text(text, "utf-8")
    partial.replace(folder() / "manifest.json")


def _keys() -> str:
    """What the columns depend on besides the register: a vocabulary that asks for other facts needs a new base."""
    return json.dumps(
        sorted((e.key, e.type, e.unit, *sorted(e.values.items())) for e in vocabulary().values()), ensure_ascii=False
    )


def refresh(*, anew: bool = False) -> Refreshed:
    """Bring the snapshot up to the register.

    Args:
        anew: gather everything, whatever changed.
    """
    folder().mkdir(parents=True, exist_ok=True)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        held = manifest()
        cursor.execute("SELECT id, business_id FROM rules_change")
        noted = cursor.fetchall()
        ids, notes = sorted({business for _, business in noted}), [note for note, _ in noted]
        if anew or held is None or held.keys != _keys() or len(ids) > held.rows * WORN + 1000:
            _base(gather(vocabulary()), frozenset({ALL}))
            return Refreshed(None, notes)
        if ids:
            name, table = f"patch-{uuid.uuid4().hex}.arrow", gather(vocabulary(), ids)
            changed = _differing(_rows_of(held, ids), table)
            # What somebody wrote a patch of before being killed is no difference any more, and has to be seen to still.
            waiting = held.open | (frozenset({ALL}) if changed is None else changed)
            gone = sorted(set(ids) - set(table["id"].to_pylist()))
            _file(name, table.replace_schema_metadata({"gone": json.dumps(gone)}))
            _write(Manifest(held.base, held.rows, (*held.patches, (name, len(ids))), held.keys, waiting))
            return Refreshed(ids, notes, table, None if ALL in waiting else waiting)
        return Refreshed(ids, notes)


def settle(refreshed: Refreshed) -> None:
    """Throw away the notes of a refresh, in the transaction that stores what follows from them."""
    if refreshed.notes:
        with connection.cursor() as cursor:
            notes = "{" + ",".join(map(str, refreshed.notes)) + "}"
            cursor.execute("DELETE FROM rules_change WHERE id = ANY(%s::bigint[])", [notes])
    held = manifest()

    def close() -> None:
        if held is not None and held.open and manifest() == held:
            _write(replace(held, open=frozenset()))

    transaction.on_commit(close)


def compact() -> None:
    """Write base and patches as a new base, where that is due."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        held = manifest()
        if held is not None and held.patches and held.worn:
            _base(_raw(held.data), held.open)


def _base(table: pa.Table, waiting: frozenset[str] = frozenset()) -> Manifest:
    before = {p.name for p in folder().glob("*.arrow")}
    made = Manifest(f"base-{uuid.uuid4().hex}.arrow", table.num_rows, (), _keys(), waiting)
    _file(made.base, table.combine_chunks())
    _write(made)
    for name in before:  # who has mapped one keeps it
        (folder() / name).unlink(missing_ok=True)
    return made


def _file(name: str, table: pa.Table) -> None:
    partial = folder() / f"{name}.partial"
    with pa.OSFile(str(partial), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    partial.replace(folder() / name)


@lru_cache(maxsize=2 * MOST_PATCHES)
def _mapped(path: str) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(path)).read_all()


def raw() -> pa.Table:
    """The raw columns of all businesses, in the order of their ids.

    Raises:
        NoSnapshot: nothing was gathered yet.
    """
    while True:
        held = manifest()
        if held is None:
            raise NoSnapshot("尚无企业数据快照,请先运行 yingshang rules run --all")
        try:
            return _raw(held.data)
        except FileNotFoundError:  # somebody wrote a new base meanwhile
            continue


@lru_cache(maxsize=1)
def _raw(held: Manifest) -> pa.Table:
    base = _mapped(str(folder() / held.base))
    if not held.patches:
        return base
    latest: dict[int, tuple[int, int]] = {}
    patches = [_mapped(str(folder() / name)) for name, _ in held.patches]
    dropped: set[int] = set()
    for p, patch in enumerate(patches):
        for r, pk in enumerate(patch["id"].to_pylist()):
            latest[pk] = (p, r)
        for pk in json.loads((patch.schema.metadata or {}).get(b"gone", b"[]")):
            dropped.add(pk)
            latest.pop(pk, None)
    ids = np.asarray(base["id"])
    replaced = np.isin(ids, np.fromiter({*latest, *dropped}, np.int64))
    parts = [base.filter(pa.array(~replaced))]
    for p, patch in enumerate(patches):
        rows = sorted(r for q, r in latest.values() if q == p)
        if rows:
            parts.append(patch.take(pa.array(rows)))
    whole = pa.concat_tables([p.replace_schema_metadata(None) for p in parts], promote_options="default")
    return (
        whole.take(pa.array(np.argsort(np.asarray(whole["id"]), kind="stable"))).unify_dictionaries().combine_chunks()
    )


def _rows_of(held: Manifest, ids: Sequence[int]) -> pa.Table:
    """The raw columns of some businesses as files have them now, in the order of their ids."""
    wanted = np.asarray(ids, np.int64)
    files = [_mapped(str(folder() / n)) for n in (held.base, *(n for n, _ in held.patches))]
    found: list[pa.Table] = []
    for table in reversed(files):
        here = np.asarray(table["id"].combine_chunks())
        gone = json.loads((table.schema.metadata or {}).get(b"gone", b"[]"))
        found.append(table.take(pa.array(np.flatnonzero(np.isin(here, wanted)))).replace_schema_metadata(None))
        wanted = np.setdiff1d(wanted, [*found[-1]["id"].to_pylist(), *gone])
        if not len(wanted):
            break
    return pa.concat_tables(found, promote_options="default").sort_by("id")


def _differing(before: pa.Table, after: pa.Table) -> frozenset[str] | None:
    """Names of the columns that are not the same in two tables; None where they are about other businesses."""
    if before["id"].to_pylist() != after["id"].to_pylist():
        return None
    found = set()
    for name in {*before.column_names, *after.column_names}:
        if name not in before.column_names or name not in after.column_names:
            only = (before if name in before.column_names else after)[name]
            differs = only.null_count < len(only)
        else:
            differs = not _plain(before[name]).equals(_plain(after[name]))
        if differs:
            found.add(name)
    return frozenset(found)


def _plain(column: pa.ChunkedArray) -> pa.Array:
    kind = column.type
    return (column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column).combine_chunks()


@lru_cache(maxsize=2)
def _population(held: Manifest, on: date) -> pa.Table:
    return single(wide(vocabulary(), _raw(held), on))


def single(table: pa.Table) -> pa.Table:
    """A table of one chunk a column."""
    return table.unify_dictionaries().combine_chunks()


def of_all(on: date, names: Collection[str]) -> pa.Table:
    """Some of the vocabulary's columns of all businesses on a day.

    Raises:
        NoSnapshot: nothing was gathered yet.
    """
    return single(wide(vocabulary(), raw(), on, names))


def population(on: date) -> pa.Table:
    """The vocabulary's columns of all businesses on a day; kept in memory for the next who asks.

    Raises:
        NoSnapshot: nothing was gathered yet.
    """
    raw()
    held = manifest()
    assert held is not None
    return _population(held.data, on)


def of_some(some: pa.Table, on: date, names: Collection[str]) -> pa.Table:
    """Some of the vocabulary's columns of some businesses on a day, from their raw columns."""
    return single(wide(vocabulary(), some, on, names))
