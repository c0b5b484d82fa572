"""Times as the server writes them, read by :meth:`datetime.fromisoformat`: the driver takes each apart in Python."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.psycopg_any import BaseTzLoader


class Loader(BaseTzLoader):  # type: ignore[misc]
    """A ``timestamptz`` in UTC, as the connection has it; what ISO 8601 does not know (infinity, years before Christ) is left
    to the driver, which says why it cannot be held."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        try:
            return datetime.fromisoformat(bytes(data).decode())
        except ValueError:
            found: datetime = super().load(data)
            return found


def install(sender: object, connection: BaseDatabaseWrapper, **_: object) -> None:
    """Let a new connection read times so, where it has them in UTC; for Django's signal ``connection_created``."""
    if connection.timezone == UTC:
        connection.connection.adapters.register_loader("timestamptz", Loader)
