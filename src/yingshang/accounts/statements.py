"""Two ways to ask PostgreSQL less often and with less work, for what every request and every action does.

:class:`Prepared` is a query set whose SQL Django writes once a process and PostgreSQL plans once a connection; a call only
fills in values. Inside :func:`gathered` the writes that nobody waits for are sent together, in one round trip, when the
block ends, or before the next statement of any other kind: a later read sees them, an error of theirs stops the block.

Everything else stays plain Django; these are for the path that a bench measures (``make bench``: ``api_case``).
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Generic, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db.models import Lookup

from yingshang.accounts import rows
from yingshang.accounts.plans import Message

M = TypeVar("M", bound=models.Model)


@models.Field.register_lookup
class AnyOf(Lookup):  # type: ignore[type-arg]
    """``field__any_of=[…]``: like ``in``, with the whole list as one parameter, so that its length is no part of the SQL."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, params = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s)", [*params, self.rhs]


class Prepared(Generic[M]):
    """A query set as a function of values that are compared with (``=``, ``<=``, ``any_of``).

    Args:
        make: builds the query set from as many values as ``kinds``. It is called once, with stand-ins; it must not look
            at them. Values are given later as the column stores them (ids, text, dates; lists for ``any_of``).
        kinds: a value of the type of each, unlike any constant in the query.
        apart: it reads nothing that an action writes, so that what waits may go on waiting.
    """

    def __init__(
        self, make: Callable[..., models.QuerySet[M]], *kinds: Hashable | list[Any], apart: bool = False
    ) -> None:
        self._make, self._kinds, self.apart = make, kinds, apart
        self._known: _Known | None = None

    def __call__(self, *values: Any) -> list[M]:
        """The rows for these values."""
        return together((self, values))[0]

    def first(self, *values: Any) -> M | None:
        """The first row, if there is one; the query set itself says how many are fetched."""
        return next(iter(self(*values)), None)

    def _written(self) -> _Known:
        here = connections[DEFAULT_DB_ALIAS]
        here.ensure_connection()
        compiler = self._make(*self._kinds).query.get_compiler(connection=here)
        text, params = compiler.as_sql()
        parts, slots = text.split("%s"), []
        written = parts[0]
        for param, rest in zip(params, parts[1:], strict=True):
            number = next(
                (n for n, kind in enumerate(self._kinds) if type(kind) is type(param) and kind == param), None
            )
            if number is None:
                # Constants stay in the text: a partial index is found by them.
                written += psycopg.sql.Literal(param).as_string(here.connection).replace("%", "%%")
            else:
                slots.append(number)
                written += "%s"
            written += rest
        if set(slots) != set(range(len(self._kinds))):
            raise TypeError(f"the query does not compare with every value: {written}")
        self._known = _Known(written, slots, compiler)
        return self._known


def together(*asked: tuple[Prepared[Any], Sequence[Any]]) -> list[list[Any]]:
    """The rows of several prepared queries, asked in one round trip."""
    held: list[_Write] = []
    if _waiting.writes:
        if all(query.apart for query, _ in asked):
            held, _waiting.writes = _waiting.writes, []
        else:
            _send()
    message, plans = Message(), []
    for query, values in asked:
        plans.append(known := query._known or query._written())
        message.add(known.text, [values[n] for n in known.slots])
    found = message.send()
    _waiting.writes = held
    return [[known.instance(row) for row in told] for known, told in zip(plans, found, strict=True)]


class _Known:
    """The SQL of a prepared query, and how its rows become instances."""

    def __init__(self, text: str, slots: list[int], compiler: Any) -> None:
        self.text, self.slots = text, slots
        self.instance = rows.Instances(compiler).of


# --- writes that wait ---------------------------------------------------------------------------------------------------


@dataclass
class _Write:
    """A statement, or an INSERT of several rows: its text up to the rows, and what follows them."""

    text: str
    rows: list[list[Any]]
    end: str = ""
    #: The table it writes; ``""`` where that is unknown.
    table: str = ""

    @property
    def is_insert(self) -> bool:
        return bool(self.table) and self.text.startswith("INSERT")


class _Waiting(threading.local):
    """What the block of this thread has not sent yet, and what it remembers."""

    def __init__(self) -> None:
        self.inside = False
        self.writes: list[_Write] = []
        self.memo: dict[Hashable, Any] = {}


_waiting = _Waiting()


@contextmanager
def one_transaction() -> Iterator[None]:
    """``transaction.atomic`` and :func:`gathered`; the last writes and COMMIT are one message."""
    outermost = not connection.in_atomic_block and connection.get_autocommit()
    with transaction.atomic(), gathered(commit=outermost):
        yield


@contextmanager
def gathered(*, commit: bool = False) -> Iterator[None]:
    """Hold back :func:`later` writes of the block and send them together; to be used inside ``transaction.atomic``.

    Blocks nest: the outermost sends. When the block raises, what still waits is dropped, as the transaction is.

    Args:
        commit: end the transaction with the last writes; nothing may follow in it. Django's own COMMIT then finds none
            open and sends nothing.
    """
    if _waiting.inside:
        yield
        return
    _waiting.inside = True
    try:
        with connection.execute_wrapper(_send_first):
            yield
            _send(commit=commit)
    finally:
        _waiting.inside = False
        _waiting.writes, _waiting.memo = [], {}


def _send_first(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """No statement overtakes a write that waits."""
    if _waiting.writes:
        _send()
    return execute(sql, params, many, context)


_send_first.is_ours = True  # type: ignore[attr-defined]


def _send(*, commit: bool = False) -> None:
    writes, _waiting.writes = _waiting.writes, []
    if not writes:
        return
    message = Message()
    for write in writes:
        if write.is_insert:
            for part in _even(write.rows):
                message.add(_with_places(write.text, len(part[0]), len(part), write.end), list(chain(*part)))
        else:
            message.add(write.text, write.rows[0])
    message.send(commit=commit)


def _even(lines: list[list[Any]]) -> Iterator[list[list[Any]]]:
    """The rows in portions of a few sizes, so that there are few different statements to plan."""
    done = 0
    for size in (64, 8, 4, 3, 2, 1):
        while len(lines) - done >= size:
            yield lines[done : done + size]
            done += size


@cache
def _with_places(start: str, columns: int, rows: int, end: str) -> str:
    row = "(" + ", ".join(["%s"] * columns) + ")"
    return start + ", ".join([row] * rows) + end


def memo() -> dict[Hashable, Any] | None:
    """What the current block of :func:`gathered` has read and keeps in step with its writes; None outside of one."""
    return _waiting.memo if _waiting.inside else None


def later(sql: str, params: Iterable[Any] = ()) -> None:
    """Execute a statement whose result nobody needs, when the block ends or another statement comes."""
    _add(_Write(sql, [list(params)]))


def _add(write: _Write) -> None:
    if write.is_insert:
        # Rows of one table go in together, unless something done to that table stands between.
        for held in reversed(_waiting.writes):
            if (held.text, held.end) == (write.text, write.end):
                held.rows += write.rows
                return
            if not held.is_insert and held.table in ("", write.table):
                break
    _waiting.writes.append(write)
    if not _waiting.inside:
        _send()


def insert_later(made: models.Model, *, once: bool = False) -> None:
    """Insert a new row whose id nobody needs; ``once`` passes over one that is there already."""
    start, columns = _insertion(type(made), with_id=made.pk is not None)
    end = " ON CONFLICT DO NOTHING" if once else ""
    _add(_Write(start, [rows.values(made, columns)], end, type(made)._meta.db_table))
    made._state.adding, made._state.db = False, DEFAULT_DB_ALIAS


def insert_row_later(model: type[models.Model], *, once: bool = False, **values: Any) -> None:
    """Insert a row that nobody needs as an instance, its columns by their names in the model (``case_id=3``).

    Raises:
        TypeError: there is no such column.
    """
    start, columns = _insertion(model, with_id=False)
    end = " ON CONFLICT DO NOTHING" if once else ""
    _add(_Write(start, [rows.given(columns, values)], end, model._meta.db_table))


def numbered(**wanted: int) -> dict[str, list[int]]:
    """Draw numbers from sequences, in one question: ``numbered(cases_case_id_seq=1)``."""
    drawn = ", ".join(
        f"ARRAY(SELECT nextval('{connection.ops.quote_name(name)}') FROM generate_series(1, {int(count)}))"
        for name, count in wanted.items()
    )
    if _waiting.writes:
        _send()
    message = Message()
    message.add(f"SELECT {drawn}", [])
    ((found,),) = message.send()
    return dict(zip(wanted, found, strict=True))


def keep_ids(model: type[models.Model], ids: list[int]) -> None:
    """Have :func:`take_id` use these inside the present block."""
    if _waiting.inside:
        _waiting.memo.setdefault(("ids", model), []).extend(ids)


def take_id(model: type[models.Model]) -> int:
    """An id for a new row: one that was kept, else one drawn now."""
    kept = _waiting.memo.get(("ids", model))
    if kept:
        found: int = kept.pop(0)
        return found
    name = f"{model._meta.db_table}_id_seq"
    return numbered(**{name: 1})[name][0]


def update_later(held: models.Model, *names: str) -> None:
    """Write these fields of a row."""
    model = type(held)
    columns = rows.named(model, *names)
    _add(_Write(_updating(model, names), [[*rows.values(held, columns), held.pk]], table=model._meta.db_table))


@cache
def _updating(model: type[models.Model], names: tuple[str, ...]) -> str:
    meta = model._meta
    assert meta.pk is not None
    sets = ", ".join(f"{_quoted(field.column)} = %s" for field, _ in rows.named(model, *names))
    return f"UPDATE {_quoted(meta.db_table)} SET {sets} WHERE {_quoted(meta.pk.column)} = %s"


def remember(held: models.Model) -> None:
    """Note how a row reads now, for :func:`changes_later`."""
    # Only what JSON holds can change without being assigned.
    held._as_read = {  # type: ignore[attr-defined]
        name: copy.deepcopy(value) if isinstance(value, dict | list) else value
        for name, value in ((f.attname, getattr(held, f.attname)) for f, _ in rows.columns(type(held)))
    }


def changes_later(held: models.Model) -> None:
    """Write what was changed since :func:`remember`."""
    before: dict[str, Any] = held._as_read  # type: ignore[attr-defined]
    changed = [f.name for f, _ in rows.columns(type(held)) if before[f.attname] != getattr(held, f.attname)]
    if changed:
        update_later(held, *changed)


@cache
def _insertion(model: type[models.Model], *, with_id: bool) -> tuple[str, Sequence[rows.Column]]:
    columns = [(f, unchanged) for f, unchanged in rows.columns(model) if with_id or f is not model._meta.auto_field]
    names = ", ".join(_quoted(f.column) for f, _ in columns)
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({names}) VALUES ", columns


@cache
def _quoted(name: str) -> str:
    quoted: str = connection.ops.quote_name(name)
    return quoted
