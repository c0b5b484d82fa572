"""Instances made of rows, and rows made of instances, are what Django makes; literals are what the driver writes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.models.signals import post_init
from hypothesis import given
from hypothesis import strategies as st
from psycopg import DataError
from psycopg.adapt import Transformer

from yingshang.accounts import rows
from yingshang.accounts.models import Unit
from yingshang.accounts.plans import Message

EVERY = [m for m in apps.get_models() if m.__module__.startswith("yingshang")]


def shown(made: models.Model) -> dict[str, Any]:
    held = dict(made.__dict__)
    state = held.pop("_state")
    return held | {"adding": state.adding, "db": state.db, "cached": state.fields_cache}


@pytest.mark.parametrize("model", EVERY, ids=lambda m: m._meta.label)
def test_an_instance_of_a_row_is_the_one_that_django_makes(model: type[models.Model]) -> None:
    names = [f.attname for f in model._meta.concrete_fields]
    values = [f"value of {name}" for name in names]
    for known in (names, names[:1], names[::2]):
        ours = rows._maker(model)("default", known, values[: len(known)])
        assert type(ours) is model
        assert shown(ours) == shown(model.from_db("default", known, values[: len(known)]))


def test_a_model_that_somebody_listens_to_goes_the_ordinary_way() -> None:
    def heard(**told: Any) -> None:
        pass

    class Watched(models.Model):
        class Meta:
            app_label = "accounts"
            managed = False

    class Own(models.Model):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)

        class Meta:
            app_label = "accounts"
            managed = False

    try:
        post_init.connect(heard, sender=Watched)
        assert rows._maker(Watched) == Watched.from_db
        assert rows._maker(Own) == Own.from_db
        assert rows._maker(Unit) != Unit.from_db
    finally:
        post_init.disconnect(heard, sender=Watched)
        for name in ("watched", "own"):
            del apps.all_models["accounts"][name]
        apps.clear_cache()


SAMPLES = [
    None,
    True,
    0,
    7,
    2**40,
    "字",
    "",
    Unit.Kind.STREET,
    datetime(2026, 1, 2, 3, tzinfo=UTC),
    "2026-01-02 03:00+00",
    "12",
]


@pytest.mark.parametrize("model", EVERY, ids=lambda m: m._meta.label)
def test_a_row_of_an_instance_is_what_django_would_save(model: type[models.Model]) -> None:
    for column in rows.columns(model):
        for sample in SAMPLES:
            made = model()
            made.__dict__[column[0].attname] = sample
            assert attempt(lambda c=column, m=made: rows.values(m, [c])[0]) == attempt(
                lambda c=column, s=sample: c[0].get_db_prep_save(s, connection)
            ), (column, sample)


def attempt(make: Any) -> Any:
    try:
        made = make()
    except Exception as error:
        return type(error)
    # The driver's small integers are integers; a JSON value is wrapped, and every wrapping is an object of its own.
    if isinstance(made, int) and not isinstance(made, bool):
        return int, int(made)
    return type(made), getattr(made, "obj", made)


@pytest.mark.django_db
@given(st.one_of(st.text(), st.integers(), st.booleans(), st.none(), st.text("'\\\"%$;\0")))
def test_a_value_is_written_as_the_driver_writes_it(value: Any) -> None:
    connection.ensure_connection()
    driver = connection.connection
    try:
        expected = Transformer(driver).as_literal(value).decode()
    except (DataError, UnicodeEncodeError) as error:
        with pytest.raises(type(error)):
            Message()._written(value)
        return
    assert Message()._written(value).strip() == expected.strip()
