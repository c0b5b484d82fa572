"""A house of its own for every browser test: a copy of a furnished database and its files, a server here, a held clock.

The tests commit, as in production: deferred triggers, ``on_commit`` hooks and the locks of two people at once are part of
what they test. Nothing is rolled back; the copy is thrown away.
"""

from __future__ import annotations

import os
import shutil
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from django.core.cache import caches
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.signals import got_request_exception
from django.db import connection, connections
from django.test import override_settings
from django.test.testcases import QuietWSGIRequestHandler

from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.cases import procedures, routing, sweep, timeline
from yingshang.projects import listing

# --- databases --------------------------------------------------------------------------------------------------------


def _execute(statement: str, *given: str) -> None:
    # CREATE DATABASE needs a connection to another database, outside any transaction.
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement, given or None)


@contextmanager
def pointed_to(name: str) -> Iterator[None]:
    """Inside the block every new connection of this process goes to the database ``name``, and files to its home."""
    known = connections["default"].settings_dict  # shared by the connections of all threads
    before = known["NAME"]
    connections.close_all()
    known["NAME"] = name
    _forget()
    try:
        with override_settings(HOME=_home(name)):
            yield
    finally:
        connections.close_all()
        known["NAME"] = before
        _forget()


def _home(name: str) -> Path:
    return Path(os.environ["YINGSHANG_HOME"]) / "houses" / name


def _forget() -> None:
    """Drop what this process remembers of a database: the next one may hold other things under the same codes and ids."""
    listing.read.cache_clear()
    procedures.definition.cache_clear()
    timeline._unit_names.cache_clear()
    routing.forget()
    caches["default"].clear()  # sign-in attempts


@contextmanager
def copied(name: str, source: str) -> Iterator[str]:
    """A copy of the database ``source`` (which nobody may be connected to) and its files, thrown away at the end."""
    connections.close_all()
    _drop(name)
    _execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    if _home(source).exists():
        shutil.copytree(_home(source), _home(name))
    else:
        _home(name).mkdir(parents=True)
    try:
        yield name
    finally:
        _drop(name)


def _drop(name: str) -> None:
    # Not WITH (FORCE): that is refused while the server's own vacuum looks in.
    _execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = user", name)
    _execute(f'DROP DATABASE IF EXISTS "{name}"')
    shutil.rmtree(_home(name), ignore_errors=True)


@contextmanager
def furnished(kind: str, furnish: Callable[[], object]) -> Iterator[str]:
    """The session's database with what ``furnish`` puts in, for :func:`copied`."""
    source = connections["default"].settings_dict["NAME"]
    with copied(f"{source}_{kind}", source) as name:
        with pointed_to(name):
            furnish()
        yield name


# --- the server -------------------------------------------------------------------------------------------------------


#: Threads that answer requests.
HANDS = 4


class House:
    """A served database: its address, its clock, and what went wrong in its views."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.errors: list[str] = []
        self._answering = 0
        self._idle = threading.Condition()
        # Few, which keep their database connections as in production: a thread for each request would open one each time.
        self._hands = ThreadPoolExecutor(HANDS)
        self._server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler, allow_reuse_address=False)
        self._server.set_app(self._answer)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self._hands.submit(self._answer_here, environ, start_response).result()

    def _answer_here(self, environ: dict[str, Any], start_response: Any) -> Any:
        # The held clock is a context variable of the test's thread.
        with self._counted(), timekeeping.travel(self.now):
            return _application()(environ, start_response)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._idle:
            self._answering += 1
        try:
            yield
        finally:
            with self._idle:
                self._answering -= 1
                self._idle.notify_all()

    def _note(self, **_given: object) -> None:
        self.errors.append(traceback.format_exc())

    def __enter__(self) -> House:
        got_request_exception.connect(self._note)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        with self._idle:
            # The last page's own requests, which nobody waited for: their database is about to go.
            assert self._idle.wait_for(lambda: not self._answering, timeout=30)
        self._server.server_close()
        self._thread.join()
        # Each of them closes its connections: those who are done wait for the others.
        together = threading.Barrier(HANDS)
        for _ in range(HANDS):
            self._hands.submit(lambda: (together.wait(), connections.close_all()))
        self._hands.shutdown()
        got_request_exception.disconnect(self._note)

    # --- time (for the server and for the test) -------------------------------------------------------------------------

    def go_to(self, when: datetime) -> None:
        """Let time pass up to ``when``; the sweeper does what falls due on the way."""
        self.now = when
        timekeeping.advance(when - timekeeping.now())
        sweep.sweep()

    def wait(self, **span: float) -> None:
        """Let a ``timedelta`` pass."""
        self.go_to(self.now + timedelta(**span))


_handler: WSGIHandler | None = None
_houses = count(1)


def _application() -> WSGIHandler:
    """The site, set up once: WhiteNoise looks for the static files when it starts."""
    global _handler
    if _handler is None:
        _handler = WSGIHandler()
    return _handler


@contextmanager
def opened(template: str, now: datetime) -> Iterator[House]:
    """A house on a fresh copy of ``template``, at the moment ``now``."""
    # A name of its own: files are remembered by their paths.
    with copied(f"{template}_copy{next(_houses)}", template) as name, pointed_to(name), timekeeping.travel(now):
        calendar.load(fresh=True)
        with House(now) as house:
            yield house
    assert not house.errors, "\n".join(house.errors)
