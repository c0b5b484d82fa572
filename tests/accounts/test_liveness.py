"""A request after the server went away is answered, and one after nothing happened asks the server nothing first."""

from __future__ import annotations

import psycopg
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.test import RequestFactory

pytestmark = pytest.mark.django_db(transaction=True)


def status(site: WSGIHandler) -> str:
    told: list[str] = []
    environ = RequestFactory().get("/accounts/login/").environ
    answer = site(environ, lambda status, headers, exc_info=None: told.append(status))  # type: ignore[arg-type]
    b"".join(answer)
    answer.close()
    return told[0]


def backend() -> int:
    return int(connections["default"].connection.info.backend_pid)


def test_requests_find_a_connection_that_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    ask = connection.is_usable
    monkeypatch.setattr(connections["default"], "is_usable", lambda: asked.append(ask()) or asked[-1])
    site = WSGIHandler()
    assert status(site) == "200 OK"
    before = backend()
    assert status(site) == "200 OK"
    assert backend() == before
    assert asked == []
    with psycopg.connect(
        **{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}, autocommit=True
    ) as other:  # type: ignore[arg-type]
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    assert status(site) == "200 OK"
    assert asked == [False]
    assert backend() != before
