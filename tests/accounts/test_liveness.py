"""A request after the server went away is answered, and one after nothing happened asks the server nothing first."""

from __future__ import annotations

import psycopg
import pytest
from django.core.signals import request_finished, request_started
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse

from yingshang.accounts.liveness import middleware

pytestmark = pytest.mark.django_db(transaction=True)


def request() -> int:
    """A request that asks the database something: which process of the server answers."""
    told: list[int] = []

    def view(asked: HttpRequest) -> HttpResponse:
        with connection.cursor() as c:
            c.execute("SELECT pg_backend_pid()")
            told.append(int(c.fetchone()[0]))
        return HttpResponse()

    request_started.send(sender=None)
    middleware(view)(HttpRequest())
    request_finished.send(sender=None)
    return told[0]


def test_requests_find_a_connection_that_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    ask = connection.is_usable
    monkeypatch.setattr(connections["default"], "is_usable", lambda: asked.append(ask()) or asked[-1])
    first = request()
    assert (request(), asked) == (first, [])
    named = {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor, "autocommit": True}
    with psycopg.connect(**named) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert request() != first
    assert asked == [False]
