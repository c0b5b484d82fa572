"""One rule over many businesses: what it says of each, why, and what is lacking, as columns of :mod:`.verdicts`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yingshang.decisions.columns import Job, Options, Shared
from yingshang.rules import verdicts
from yingshang.rules.documents import AMOUNT, ELIGIBLE
from yingshang.rules.engines import Engine, fen
from yingshang.rules.verdicts import MONEY, SCHEMA, STATE_WORDS

#: Rows that are evaluated at a time; their bins fit in a processor's cache.
BLOCK = 1 << 17
#: Engines that are kept ready.
PREPARED = 512


class Columns:
    """A rule's engine, ready for columns of one schema; one thread at a time."""

    def __init__(self, engine: Engine, schema: pa.Schema) -> None:
        self.engine = engine
        self._job = Job(engine.threefold, engine.decision, schema, Options(explain=True, near_misses=True))
        self._lock = threading.Lock()
        table = engine.form.table
        self._rule, self._near = f"{table}.rule", f"{table}.near"
        self._published = np.asarray([0, *engine.form.rules], np.int16)
        #: What a dictionary's entries mean, by what is asked; a job's batches mostly share theirs.
        self._meant: dict[str, tuple[pa.Array, Any]] = {}

    @property
    def reads(self) -> list[str]:
        """The columns that are read."""
        return self._job.columns

    def evaluate(self, population: pa.Table) -> pa.Table:
        """What the rule says of each business."""
        batches = population.select(self.reads).to_batches(max_chunksize=BLOCK)
        with self._lock:
            found = [self._told(self._job.process(b)) for b in batches]
        table = pa.Table.from_batches(found, SCHEMA)
        return table if len(found) == 1 else table.unify_dictionaries()

    def parts(self, batch: pa.RecordBatch, shared: Shared) -> _Said:
        """What the rule says of one batch that other rules are asked about, too."""
        with self._lock:
            return self._parts(self._job.process(batch, shared))

    def _told(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        return _joined(batch.column(0), [self._parts(batch)])

    def _parts(self, batch: pa.RecordBatch) -> _Said:
        granted = _granted(batch.column(ELIGIBLE))
        known = _known(granted)
        yes = np.asarray(granted.fill_null(False) if granted.null_count else granted)
        amount = _money(batch.column(AMOUNT)) if self.engine.pays else pa.nulls(batch.num_rows, MONEY)
        if self.engine.pays and amount.null_count:
            # Eligible, but for how much depends on what is not known.
            known = known & ~(yes & ~_known(amount))
            yes = yes & known
        near = batch.column(self._near)
        return _Said(yes, known, _known(near), amount, self._numbers(batch.column(self._rule)), *self._lacks(near))

    def _meaning(self, of: str, dictionary: pa.Array, make: Callable[[list[Any]], Any]) -> Any:
        """What ``make`` makes of a dictionary's entries, made once."""
        held = self._meant.get(of)
        if held is None or not held[0].equals(dictionary):
            held = self._meant[of] = (dictionary, make(dictionary.to_pylist()))
        return held[1]

    def _numbers(self, rule: pa.Array) -> np.ndarray[Any, Any]:
        """The rules that decided as the published table numbers them; 0 for none."""
        coded = rule if pa.types.is_dictionary(rule.type) else rule.dictionary_encode()
        # Behind the rules' numbers stands that of none.
        numbers = self._meaning(
            "rules", coded.dictionary, lambda rules: self._published[np.asarray([*rules, 0], np.int64)]
        )
        codes = np.asarray(coded.indices.fill_null(0) if coded.null_count else coded.indices)
        if rule.null_count:
            codes = np.where(np.asarray(coded.is_valid()), codes, len(numbers) - 1)
        found: np.ndarray[Any, Any] = numbers[codes]
        return found

    def _lacks(self, near: pa.Array) -> tuple[np.ndarray[Any, Any], pa.Array]:
        """Near misses in terms of the published table: codes and words."""
        coded = near if pa.types.is_dictionary(near.type) else near.cast(pa.string()).dictionary_encode()
        places, words = self._meaning("lacks", coded.dictionary, self._words)
        codes = np.asarray(coded.indices.fill_null(0) if coded.null_count else coded.indices)
        return places[codes], words

    def _words(self, nears: list[str]) -> tuple[np.ndarray[Any, Any], pa.Array]:
        """Where each near miss stands among the distinct texts, and those."""
        texts = [self.text(t) for t in nears]
        places = {text: n for n, text in enumerate(dict.fromkeys(texts))}
        return np.asarray([places[t] for t in texts] or [0], np.int32), pa.array([*places], pa.string())

    def text(self, near: str) -> str:
        """The engine's text of a near miss as that of the published table's condition."""
        lack = self.engine.form.lacks[near]
        return "\t".join(" ".join(part.split()) for part in (str(lack.rule), lack.label, lack.test))


@dataclass(frozen=True)
class _Said:
    """What a rule says of some businesses, a value each.

    Attributes:
        yes, known: whether it grants, and whether that is known. near: whether one condition alone is lacking.
        amount: of :data:`MONEY`. rule: the published table's. lack: codes of ``words``.
    """

    yes: np.ndarray[Any, Any]
    known: np.ndarray[Any, Any]
    near: np.ndarray[Any, Any]
    amount: pa.Array
    rule: np.ndarray[Any, Any]
    lack: np.ndarray[Any, Any]
    words: pa.Array


def _joined(ids: pa.Array, said: Sequence[_Said]) -> pa.RecordBatch:
    """What rules say of the same businesses as one batch, one rule's rows behind the other's."""
    yes, known, near, rule = (_end_to_end([getattr(s, n) for s in said]) for n in ("yes", "known", "near", "rule"))
    nearly = known & ~yes & near
    state = np.where(nearly, verdicts.NEAR, verdicts.NOT_ELIGIBLE).astype(np.int8)
    state[yes] = verdicts.ELIGIBLE
    state[~known] = verdicts.UNKNOWN
    plain = ids if ids.type == pa.int64() else ids.cast(pa.int64())
    amount = said[0].amount if len(said) == 1 else pa.concat_arrays([s.amount for s in said])
    lack, words = said[0].lack, said[0].words
    if len(said) > 1:
        texts = [s.words.to_pylist() for s in said]
        places = {text: n for n, text in enumerate(dict.fromkeys(chain.from_iterable(texts)))}
        meant = [np.asarray([places[t] for t in part] or [0], np.int32) for part in texts]
        lack = _end_to_end([m[s.lack] for m, s in zip(meant, said, strict=True)])
        words = pa.array([*places], pa.string())
    return pa.RecordBatch.from_arrays(
        [
            plain if len(said) == 1 else pa.concat_arrays([plain] * len(said)),
            pa.DictionaryArray.from_arrays(pa.array(state), STATE_WORDS),
            amount if yes.all() else pc.if_else(pa.array(yes), amount, pa.scalar(None, MONEY)),
            pa.array(rule, mask=~yes),
            pa.DictionaryArray.from_arrays(pa.array(lack, mask=~nearly), words),
        ],
        schema=SCHEMA,
    )


def _end_to_end(parts: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _granted(column: pa.Array) -> pa.Array:
    """Whether the rule grants, null for unknown.

    Raises:
        ValueError: it says something else.
    """
    if pa.types.is_null(column.type):  # unknown of everybody
        return pa.nulls(len(column), pa.bool_())
    if not pa.types.is_boolean(column.type):
        raise ValueError(f"{ELIGIBLE} has to be true or false")
    return column


def _known(column: pa.Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which values are there."""
    return np.asarray(column.is_valid()) if column.null_count else np.ones(len(column), np.bool_)


def _decoded(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _money(column: pa.Array) -> pa.Array:
    """Amounts to the fen, half up, as :meth:`Engine.outcome` rounds them."""
    plain = _decoded(column)
    if pa.types.is_null(plain.type):
        return pa.nulls(len(plain), MONEY)
    if pa.types.is_string(plain.type):  # digits without a bound
        return pa.array([None if t is None else fen(Decimal(t)) for t in plain.to_pylist()], MONEY)
    if pa.types.is_decimal(plain.type) and plain.type.scale > 2:
        plain = pc.round(plain, 2, round_mode="half_towards_infinity")
    if pa.types.is_integer(plain.type):  # Arrow makes room for every number of 64 bits
        plain = plain.cast(pa.decimal128(21, 2))
    return plain.cast(MONEY)


@lru_cache(maxsize=PREPARED)
def prepared(engine: Engine, schema: pa.Schema) -> Columns:
    """An engine ready for columns of a schema, prepared once a process."""
    return Columns(engine, schema)


def evaluate(engine: Engine, population: pa.Table) -> pa.Table:
    """What a rule says of each business of a population (:data:`SCHEMA`).

    Args:
        population: ``id`` and the vocabulary's columns.

    Raises:
        ColumnsError: a fact that the rule reads is not among the columns, or of another type.
    """
    # Of the same columns, whatever else a population has: an engine is prepared once.
    there = {*population.column_names}
    needed = population.select(["id", *(n for n in engine.inputs if n in there)])
    return prepared(engine, needed.schema.remove_metadata()).evaluate(needed)


class _Together:
    """Engines that are asked about the same few businesses, each column read once for all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._prepared: dict[tuple[Engine, pa.Schema], Columns] = {}
        self._shared = Shared()

    def evaluate(self, engines: Sequence[Engine], population: pa.Table) -> pa.RecordBatch:
        (batch,) = population.to_batches()
        fields = {field.name: field for field in batch.schema}
        with self._lock:
            if len(self._prepared) > PREPARED:
                self._forget()
            said = []
            for engine in engines:
                key = engine, pa.schema([fields["id"], *(fields[n] for n in engine.inputs if n in fields)])
                if key not in self._prepared:
                    self._prepared[key] = Columns(*key)
                said.append(self._prepared[key].parts(batch, self._shared))
        return _joined(batch.column("id"), said)


_together = _Together()


def evaluate_each(engines: Sequence[Engine], population: pa.Table) -> pa.Table:
    """What some rules say of the same few businesses, one rule's rows behind the other's.

    Raises:
        ColumnsError: as of :func:`evaluate`.
    """
    return pa.Table.from_batches([_together.evaluate(engines, population)], SCHEMA)
