"""Statements that PostgreSQL plans once a connection and that go to it several in one message.

The driver's own prepared statements go one in a message, or through a pipeline that takes more processor time than the
round trips it saves. ``EXECUTE name(…)`` is plain SQL: any number of them make one text. The results are taken from the
driver as they come, without its cursor and Django's around it, unless somebody watches what is executed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import errors, generators
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, TransactionStatus

#: Plans that a connection keeps at most; statements beyond are planned each time they run.
KEPT = 300

Rows = list[tuple[Any, ...]]

_numbers = count()


class _Plans:
    """What was prepared on a connection of the driver, by its text, and how values are written to and read from it."""

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self.driver = driver
        self.names: dict[str, str] = {}
        self.values = Transformer(driver)
        # What is written here and read is text as Python encodes it.
        self.is_utf8 = driver.info.encoding == "utf-8"


_plans: WeakKeyDictionary[BaseDatabaseWrapper, _Plans] = WeakKeyDictionary()


def _plans_of(here: BaseDatabaseWrapper) -> _Plans:
    here.ensure_connection()
    held = _plans.get(here)
    if held is None or held.driver is not here.connection:
        held = _plans[here] = _Plans(here.connection)
    return held


class Message:
    """Statements to be sent together on this thread's connection, in their order."""

    def __init__(self) -> None:
        self._here = connections[DEFAULT_DB_ALIAS]
        self._here.close_if_health_check_failed()
        self._plans = _plans_of(self._here)
        self._fresh: dict[str, str] = {}
        self._parts: list[str] = []

    def add(self, text: str, values: Sequence[Any]) -> None:
        """Add a statement with ``%s`` in the place of each value; PostgreSQL must be able to tell their types."""
        literals = [self._written(value) for value in values]
        names = self._plans.names
        name = names.get(text) or self._fresh.get(text)
        if name is None and len(names) + len(self._fresh) < KEPT:
            # Never a name of before: one whose message failed half-way may be taken all the same.
            name = self._fresh[text] = f"ys_{next(_numbers)}"
            self._parts.insert(0, f"PREPARE {name} AS {text % _places(len(values))}")
        if name is None:
            self._parts.append(text % tuple(literals))
        else:
            self._parts.append(f"EXECUTE {name}({', '.join(literals)})" if literals else f"EXECUTE {name}")

    def _written(self, value: Any) -> str:
        # Nearly all of what is written; the driver would look for how each is.
        kind = type(value)
        if kind is str and "\\" not in value and "\0" not in value:
            return "'" + value.replace("'", "''") + "'"
        if value is None:
            return "NULL"
        if kind is int and value >= 0:
            return str(value)
        if kind is bool:
            return "true" if value else "false"
        return self._plans.values.as_literal(value).decode()

    def send(self, *, commit: bool = False) -> list[Rows]:
        """Send them; the rows of every added statement, none for one that returns no rows.

        Args:
            commit: end the transaction with them.

        Raises:
            django.db.Error: as for any statement; those before the one that failed count as the transaction does.
        """
        here, driver = self._here, self._plans.driver
        begin = here.in_atomic_block and _is_to_begin(driver)
        if begin:
            # In a message of its own the driver would begin. Told that nothing is to begin by itself, it leaves what is open
            # alone until it is committed or rolled back, after which Django tells it the same.
            driver.autocommit = True
            self._parts.insert(0, "BEGIN")
        if commit:
            self._parts.append("COMMIT")
        text = "; ".join(self._parts)
        watched = here.queries_logged or any(not getattr(w, "is_ours", False) for w in here.execute_wrappers)
        # Where the driver has to begin a transaction by itself, its cursor knows how.
        ordinary = watched or not self._plans.is_utf8 or _is_to_begin(driver)
        results = self._by_cursor(text) if ordinary else self._by_driver(text)
        self._plans.names.update(self._fresh)
        skipped = len(self._fresh) + begin
        return results[skipped : len(results) - commit]

    def _by_cursor(self, text: str) -> list[Rows]:
        results = []
        with self._here.cursor() as cursor:
            cursor.execute(text)
            while True:
                results.append(cursor.fetchall() if cursor.description else [])
                if not cursor.cursor.nextset():
                    return results

    def _by_driver(self, text: str) -> list[Rows]:
        here, driver = self._here, self._plans.driver
        here.validate_thread_sharing()
        here.validate_no_broken_transaction()
        with here.wrap_database_errors, driver.lock:
            driver.pgconn.send_query(text.encode())
            results = driver.wait(generators.execute(driver.pgconn))
            return [self._rows(result) for result in results]

    def _rows(self, result: Any) -> Rows:
        status = result.status
        if status == ExecStatus.TUPLES_OK:
            values = self._plans.values
            values.set_pgresult(result)
            found = values.load_rows(0, result.ntuples, tuple)
            values.set_pgresult(None)
            return found
        if status == ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(result)
        return []


def _is_to_begin(driver: psycopg.Connection[Any]) -> bool:
    return not driver.autocommit and driver.info.transaction_status == TransactionStatus.IDLE


@cache
def _places(number: int) -> tuple[str, ...]:
    return tuple(f"${n}" for n in range(1, number + 1))
