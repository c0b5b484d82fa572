"""Rows of a model on their way into COPY: the model's own defaults, the columns that differ, nothing hidden.

The columns come from the model, so a field added to it is filled with its default here as ``save()`` would.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, models


def as_json(value: Any) -> str:
    """A JSON column's value as text."""
    return json.dumps(value, ensure_ascii=False)


class Table:
    """One model's table: makes rows for it and writes them."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        fields = [f for f in model._meta.concrete_fields if not f.generated]
        #: An automatic key is left to the database unless rows bring one.
        self.fields = [
            f for f in fields if not isinstance(f, models.AutoField) and f.get_internal_type() != "BigAutoField"
        ]
        self.key = next((f for f in fields if f not in self.fields), None)
        self.names = [f.attname for f in self.fields]
        self.position = {name: i for i, name in enumerate(self.names)}
        self._times = [i for i, f in enumerate(self.fields) if isinstance(f, models.DateTimeField) and f.has_default()]
        self._defaults = [self._default(f) for f in self.fields]

    @staticmethod
    def _default(field: Any) -> Any:
        if isinstance(field, models.DateTimeField) or not field.has_default():
            # An empty text is what a text field without a default is saved as.
            return "" if isinstance(field, (models.CharField, models.TextField)) and not field.null else None
        value = field.get_default()
        return as_json(value) if isinstance(field, models.JSONField) else value

    def row(self, now: datetime, **values: Any) -> list[Any]:
        """One row: the defaults, ``now`` for times that default to it, and ``values`` by attribute name (JSON as text)."""
        made = list(self._defaults)
        for i in self._times:
            made[i] = now
        for name, value in values.items():
            made[self.position[name]] = value
        return made

    def reserve(self, count: int) -> list[int]:
        """Take ``count`` keys out of the table's sequence."""
        assert self.key is not None
        with connection.cursor() as c:
            c.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [self.model._meta.db_table, self.key.column, count],
            )
            return [n for (n,) in c.fetchall()]

    def write(self, rows: Iterable[list[Any]], keys: Iterable[int] | None = None) -> None:
        """COPY rows into the table, with their keys where they were reserved."""
        columns = [f.column for f in self.fields]
        if keys is not None:
            assert self.key is not None
            columns = [self.key.column, *columns]
            rows = ([k, *r] for k, r in zip(keys, rows, strict=True))
        quoted = ", ".join(f'"{name}"' for name in columns)
        with (
            connection.cursor() as c,
            c.copy(f'COPY "{self.model._meta.db_table}" ({quoted}) FROM STDIN') as copy,
        ):
            for row in rows:
                copy.write_row(row)
