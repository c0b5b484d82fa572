"""Times are read as Django reads them."""

from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from django.db import DataError, connection
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from hypothesis import given
from hypothesis import strategies as st
from psycopg.pq import Format

from yingshang.accounts.timestamps import Loader

pytestmark = pytest.mark.django_db


class Plain(BaseTzLoader):  # type: ignore[misc]
    timezone = UTC


def test_the_connection_reads_so() -> None:
    connection.ensure_connection()
    oid = psycopg.adapters.types["timestamptz"].oid
    assert connection.connection.adapters.get_loader(oid, Format.TEXT) is Loader


zones = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))


@given(st.datetimes(timezones=zones).filter(lambda at: 1 < at.year < 9999))
def test_as_django_does(given_at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz, %s::timestamptz::text", [given_at, given_at])
        found, text = cursor.fetchone()
    assert found == given_at and found.tzinfo is UTC
    assert Plain(0, connection.connection).load(text.encode()) == found


@pytest.mark.parametrize("text", ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "10000-01-01 00:00:00+00"])
def test_what_cannot_be_held_is_told(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT '{text}'::timestamptz")
        with pytest.raises(DataError):
            cursor.fetchone()
