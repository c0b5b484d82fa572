"""What the register says of all businesses, as columns on disk that are mapped into memory, and kept up with it.

These columns are what runs begin with. Triggers note in ``rules_change`` which facts of which businesses changed, in the
transaction that changes them; :func:`refresh` reads those facts alone and writes a patch, and :func:`settle` throws the
notes away once everything that follows from them is stored. Whoever is killed in between leaves the notes, and the next
one does it again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pyarrow as pa
from django.db import connection, transaction
from django.utils.translation import gettext as _

from yingshang.rules import files
from yingshang.rules.files import Manifest, folder, manifest
from yingshang.rules.gathering import gather, gather_facts
from yingshang.rules.patches import Ints, Patch, laid_over, opened
from yingshang.rules.vocabulary import Vocabulary, vocabulary
from yingshang.rules.wide import sources, wide

__all__ = [
    "LOCK", "Manifest", "NoSnapshot", "Refreshed", "compact", "folder", "manifest", "of_all", "of_some", "population", "raw",
    "refresh", "settle",
]  # fmt: skip

#: Advisory lock of whoever writes here; "rules" in numbers.
LOCK = 0x72756C6573


class NoSnapshot(RuntimeError):
    """Nothing was gathered yet: the first run does it."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did.

    Attributes:
        ids: of the businesses that changed, in ascending order; None where everything was gathered anew.
        keys: of the facts that changed; None where it may be anything.
        notes: what told of it, to be settled.
    """

    ids: list[int] | None
    keys: frozenset[str] | None
    notes: str = ""


def refresh(
    *, anew: bool = False, taking: bool = False, meanwhile: Callable[[Refreshed], object] | None = None
) -> Refreshed:
    """Bring the snapshot up to the register.

    Args:
        anew: gather everything, whatever changed.
        taking: settle at once, in the caller's transaction.
        meanwhile: called with what changed, before it is read.
    """
    folder().mkdir(parents=True, exist_ok=True)
    with _writing():
        held = manifest()
        told = _noted(taking)
        many = held is not None and len(told.whole) + len(told.partly) > held.rows * files.WORN + 1000
        if anew or held is None or held.keys != files.keys() or many:
            _base(gather(vocabulary()))
            return Refreshed(None, None, told.notes)
        keys = told.keys & {*vocabulary().keys_of_facts()}
        partly = told.partly if keys else []
        if not told.whole and not partly:
            return Refreshed([], frozenset(), told.notes)
        found = Refreshed(sorted({*told.whole, *partly}), None if told.whole else keys, told.notes)
        if meanwhile is not None:
            meanwhile(found)
        patches = list(held.patches)
        if told.whole:
            table = gather(vocabulary(), told.whole)
            gone = sorted({*told.whole} - {*table["id"].to_pylist()})
            patches.append((files.write("patch", table, {"gone": gone}), len(told.whole)))
        if partly:
            table = gather_facts(vocabulary(), partly, sorted(keys))
            patches.append((files.write("patch", table, {"keys": sorted(keys)}), len(partly)))
        files.write_manifest(Manifest(held.base, held.rows, tuple(patches), held.keys))
        return found


@contextmanager
def _writing() -> Iterator[None]:
    """Alone, in a transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        yield


@dataclass(frozen=True)
class _Noted:
    """What the notes say: businesses of which anything may have changed, those of which some facts did, and which."""

    notes: str
    whole: list[int]
    partly: list[int]
    keys: frozenset[str]


#: As texts: the driver would look at each number.
_NOTES = """
SELECT coalesce(string_agg({ids}, ','), ''),
       coalesce(string_agg(array_to_string(businesses, ','), ',') FILTER (WHERE keys IS NULL), ''),
       coalesce(string_agg(array_to_string(businesses, ','), ',') FILTER (WHERE keys IS NOT NULL), ''),
       coalesce(string_agg(array_to_string(keys, ','), ','), '')
FROM noted
"""
_READ = f"WITH noted AS MATERIALIZED (SELECT id, businesses, keys FROM rules_change) {_NOTES.format(ids='id::text')}"
_TAKE = f"WITH noted AS (DELETE FROM rules_change RETURNING businesses, keys) {_NOTES.format(ids='NULL')}"


def _noted(taking: bool) -> _Noted:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE if taking else _READ)
        notes, whole, partly, keys = cursor.fetchone()
    anything = _numbers(whole)
    some = sorted({*_numbers(partly)} - {*anything}) if anything else _numbers(partly)
    return _Noted(notes, anything, some, frozenset(keys.split(",")) - {""})


def _numbers(text: str) -> list[int]:
    return sorted({*map(int, text.split(","))}) if text else []


def settle(refreshed: Refreshed) -> None:
    """Throw away the notes of a refresh, in the transaction that stores what follows from them."""
    if refreshed.notes:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM rules_change WHERE id = ANY(%s::bigint[])", [f"{{{refreshed.notes}}}"])


def compact() -> None:
    """Write base and patches as a new base, where that is due."""
    with _writing():
        held = manifest()
        if held is not None and held.patches and held.worn:
            _base(_raw(held))


def _base(table: pa.Table) -> None:
    before = {p.name for p in folder().glob("*.arrow")}
    name = files.write("base", table.combine_chunks())
    files.write_manifest(Manifest(name, table.num_rows, (), files.keys()))
    for old in before:  # who has mapped one keeps it
        (folder() / old).unlink(missing_ok=True)


# --- reading ------------------------------------------------------------------------------------------------------------


def _present() -> Manifest:
    held = manifest()
    if held is None:
        raise NoSnapshot(_("还没有企业数据,请先运行 yingshang rules run --all。"))
    return held


def raw() -> pa.Table:
    """The raw columns of all businesses, in the order of their ids.

    Raises:
        NoSnapshot: nothing was gathered yet.
    """
    while True:
        try:
            return _raw(_present())
        except FileNotFoundError:  # somebody wrote a new base meanwhile
            continue


def _files(home: str, held: Manifest) -> tuple[pa.Table, list[Patch]]:
    return files.mapped(f"{home}/{held.base}"), [opened(f"{home}/{name}") for name, _rows in held.patches]


@lru_cache(maxsize=1)
def _raw(held: Manifest) -> pa.Table:
    base, patches = _files(str(folder()), held)
    return laid_over(base, patches) if patches else base


@lru_cache(maxsize=2)
def _population(held: Manifest, on: date) -> pa.Table:
    return _single(wide(vocabulary(), _raw(held), on))


def _single(table: pa.Table) -> pa.Table:
    return table.unify_dictionaries().combine_chunks()


def of_all(on: date, names: Collection[str]) -> pa.Table:
    """Some of the vocabulary's columns of all businesses on a day.

    Raises:
        NoSnapshot: nothing was gathered yet.
    """
    return _single(wide(vocabulary(), raw(), on, names))


def population(on: date) -> pa.Table:
    """The vocabulary's columns of all businesses on a day; kept in memory for the next who asks.

    Raises:
        NoSnapshot: nothing was gathered yet.
    """
    while True:
        try:
            return _population(_present(), on)
        except FileNotFoundError:
            continue


def of_some(ids: Collection[int], on: date, names: Collection[str]) -> pa.Table:
    """Some of the vocabulary's columns of some businesses on a day, in the order of their ids; only they are read.

    Raises:
        NoSnapshot: nothing was gathered yet.
    """
    words = vocabulary()
    wanted: Ints = np.unique(np.asarray([*ids], np.int64))
    while True:
        held = _present()
        try:
            base, patches = _files(str(folder()), held)
        except FileNotFoundError:
            continue
        columns = {n for table in (base, *(p.table for p in patches)) for n in table.column_names}
        needed = _columns(words, names)
        kept = [n for n in columns if n.partition("@")[0] in needed]
        return _single(wide(words, laid_over(base, patches, wanted, sorted(kept)), on, names))


def _columns(words: Vocabulary, names: Collection[str]) -> set[str]:
    """What of the raw columns some names are made from: facts, and columns of the register."""
    return {source for name in names for source in sources(words, name)}
