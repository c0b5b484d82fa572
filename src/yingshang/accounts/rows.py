"""Rows as instances, and instances as rows, without what Django asks anew for each of them.

Django makes an instance by its constructor, which offers every one to signals and to fields that are no columns; and has
every field prepare every value. Where a model and its fields are ordinary (no constructor of their own, nobody listening),
the outcome is known without asking: the values as they are. Anything else goes Django's way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import signals
from django.db.models.base import ModelState
from django.db.models.query import get_related_populators

#: What a field of this type writes unchanged.
_UNCHANGED: dict[str, type] = {
    "CharField": str,
    "TextField": str,
    "IntegerField": int,
    "BigIntegerField": int,
    "SmallIntegerField": int,
    "PositiveIntegerField": int,
    "PositiveBigIntegerField": int,
    "PositiveSmallIntegerField": int,
    "AutoField": int,
    "BigAutoField": int,
    "BooleanField": bool,
    "DateTimeField": datetime,
}


class Instances:
    """How the rows of one query become instances.

    Args:
        compiler: of a query of one model whose SQL was written.
    """

    def __init__(self, compiler: Any) -> None:
        fields = compiler.klass_info["select_fields"]
        self._first, self._last = fields[0], fields[-1] + 1
        self._names = [f[0].target.attname for f in compiler.select[self._first : self._last]]
        self._from_db = _maker(compiler.klass_info["model"])
        self._related = [
            _swift(p) for p in get_related_populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS)
        ]
        self._annotations = dict(compiler.annotation_col_map or {})
        self._connection = compiler.connection
        self._converters = compiler.get_converters([f[0] for f in compiler.select[: compiler.col_count]])

    def of(self, row: Sequence[Any]) -> Any:
        """The instance of a row, with what was selected beside it."""
        if self._converters:
            row = list(row)
            for position, (converters, expression) in self._converters.items():
                for convert in converters:
                    row[position] = convert(row[position], expression, self._connection)
        made = self._from_db(DEFAULT_DB_ALIAS, self._names, row[self._first : self._last])
        for populator in self._related:
            populator.populate(row, made)
        for name, position in self._annotations.items():
            setattr(made, name, row[position])
        return made


def _swift(populator: Any) -> Any:
    """Let one of Django's populators make its instances by :func:`_maker`."""
    populator.model_cls = _Made(populator.model_cls)
    for further in populator.related_populators:
        _swift(further)
    return populator


class _Made:
    """What a populator asks of a model: ``from_db``."""

    def __init__(self, model: type[models.Model]) -> None:
        self.from_db = _maker(model)


@cache
def _maker(model: type[models.Model]) -> Any:
    """``model.from_db``, or what comes to the same with less work."""
    ordinary = (
        model.__init__ is models.Model.__init__
        and model.from_db.__func__ is models.Model.from_db.__func__  # type: ignore[attr-defined]
        and model.__setattr__ is object.__setattr__
        and not signals.pre_init.has_listeners(model)
        and not signals.post_init.has_listeners(model)
    )
    if not ordinary:
        return model.from_db
    new = model.__new__

    def from_db(alias: str, names: Sequence[str], values: Sequence[Any]) -> models.Model:
        made = new(model)
        state = ModelState()
        state.adding, state.db = False, alias
        # A column that was not selected is simply absent: reading it asks the database, as after Django's own deferral.
        held = made.__dict__
        held["_state"] = state
        held.update(zip(names, values, strict=True))
        return made

    return from_db


# --- instances as rows --------------------------------------------------------------------------------------------------

#: A field and the type whose values it writes unchanged, if there is one.
Column = tuple[Any, type | None]


@cache
def columns(model: type[models.Model]) -> Sequence[Column]:
    """The columns of a model's table, in the model's order."""
    return [(f, _unchanged(f)) for f in model._meta.concrete_fields if f.column]


@cache
def named(model: type[models.Model], *names: str) -> Sequence[Column]:
    """These columns of it."""
    return [(field, _unchanged(field)) for field in (model._meta.get_field(name) for name in names)]


def _unchanged(field: Any) -> type | None:
    while field.remote_field is not None:
        field = field.target_field
    ours = not type(field).__module__.startswith("django.db.models.fields")
    return None if ours else _UNCHANGED.get(field.get_internal_type())


def values(made: models.Model, wanted: Sequence[Column]) -> list[Any]:
    """What to write into these columns."""
    return [_written(getattr(made, field.attname), field, unchanged) for field, unchanged in wanted]


def given(wanted: Sequence[Column], told: Mapping[str, Any]) -> list[Any]:
    """What to write into these columns, by their names in the model (``case_id``); what is not told is the field's default.

    Raises:
        TypeError: a name is none of theirs.
    """
    found, met = [], 0
    for field, unchanged in wanted:
        if field.attname in told:
            met += 1
            value = told[field.attname]
        else:
            value = field.get_default()
        found.append(_written(value, field, unchanged))
    if met != len(told):
        raise TypeError(f"no columns: {', '.join(sorted(told.keys() - {field.attname for field, _ in wanted}))}")
    return found


def _written(value: Any, field: Any, unchanged: type | None) -> Any:
    if value is None or (type(value) is unchanged and (unchanged is not datetime or value.tzinfo is not None)):
        return value
    return field.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])
