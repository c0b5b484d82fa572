"""Statements that PostgreSQL plans once a connection and that go to it several in one message.

The driver's own prepared statements go one in a message, or through a pipeline that takes more processor time than the
round trips it saves. ``EXECUTE name(…)`` is plain SQL: any number of them make one text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.adapt import Transformer
from psycopg.pq import TransactionStatus

#: Plans that a connection keeps at most; statements beyond are planned each time they run.
KEPT = 300

_numbers = count()
_named: WeakKeyDictionary[psycopg.Connection[Any], dict[str, str]] = WeakKeyDictionary()


class Message:
    """Statements to be sent together on this thread's connection, in their order."""

    def __init__(self) -> None:
        here = connections[DEFAULT_DB_ALIAS]
        here.ensure_connection()
        self._names = _named.setdefault(here.connection, {})
        self._fresh: dict[str, str] = {}
        self._driver = here.connection
        self._literal: Callable[[Any], bytes] | None = None
        self._parts: list[str] = []

    def add(self, text: str, values: Sequence[Any]) -> None:
        """Add a statement with ``%s`` in the place of each value; PostgreSQL must be able to tell their types."""
        literals = [self._written(value) for value in values]
        name = self._names.get(text) or self._fresh.get(text)
        if name is None and len(self._names) + len(self._fresh) < KEPT:
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
        if value is None:
            return "NULL"
        if kind is int and value >= 0:
            return str(value)
        if kind is str and "\\" not in value and "\0" not in value:
            return "'" + value.replace("'", "''") + "'"
        if kind is bool:
            return "true" if value else "false"
        if self._literal is None:
            self._literal = Transformer(self._driver).as_literal
        return self._literal(value).decode()

    def send(self, each: Callable[[Any], Any] | None = None, *, commit: bool = False) -> list[Any]:
        """Send them; what ``each`` made of the cursor at every result of the added statements, if asked for.

        Args:
            commit: end the transaction with them.
        """
        found = []
        here = connections[DEFAULT_DB_ALIAS]
        begin = here.in_atomic_block and _is_to_begin(here.connection)
        if begin:
            # In a message of its own the driver would begin. Told that nothing is to begin by itself, it leaves what is open
            # alone until it is committed or rolled back, after which Django tells it the same.
            here.connection.autocommit = True
            self._parts.insert(0, "BEGIN")
        if commit:
            self._parts.append("COMMIT")
        with here.cursor() as cursor:
            cursor.execute("; ".join(self._parts))
            self._names.update(self._fresh)
            for _ in range(len(self._fresh) + begin):
                cursor.cursor.nextset()
            while each is not None:
                found.append(each(cursor))
                if not cursor.cursor.nextset():
                    break
        return found


def _is_to_begin(driver: psycopg.Connection[Any]) -> bool:
    return not driver.autocommit and driver.info.transaction_status == TransactionStatus.IDLE


@cache
def _places(number: int) -> tuple[str, ...]:
    return tuple(f"${n}" for n in range(1, number + 1))
