"""Where the measurements run: a database of their own on an embedded server, or on the one of ``DATABASE_URL``.

The server has the product's own settings (durable writes): the ratios hold for what people run.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NAME = "yingshang_bench"


@contextmanager
def ground(*, keep: bool = False) -> Iterator[None]:
    """Django on an empty, migrated bench database; thrown away afterwards unless ``keep``."""
    import psycopg
    from psycopg import sql
    from psycopg.conninfo import make_conninfo

    home = Path(os.environ.get("YINGSHANG_BENCH_HOME") or tempfile.mkdtemp(prefix="yingshang-bench-"))
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    server = None
    url = os.environ.get("DATABASE_URL")
    if not url:
        from yingshang.runtime.postgres import Server

        server = Server(home)
        server.start(tied=True)
        url = server.dsn()
    try:
        with psycopg.connect(url, autocommit=True) as c:
            held = c.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
            if held and not keep:
                c.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))
                held = None
            if not held:
                c.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        os.environ.update(
            DATABASE_URL=make_conninfo(url, dbname=NAME),
            YINGSHANG_MODE="test",
            YINGSHANG_HOME=str(home),
            DJANGO_SETTINGS_MODULE="yingshang.settings",
        )
        (home / "static").mkdir(exist_ok=True)
        _django(fresh=not held)
        yield
    finally:
        from django.db import connection

        connection.close()
        if not keep:
            with psycopg.connect(url, autocommit=True) as c:
                c.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
        if server is not None:
            server.stop()
        if not keep:
            shutil.rmtree(home, ignore_errors=True)


def _django(*, fresh: bool) -> None:
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.core.management import call_command

    if fresh:
        call_command("migrate", verbosity=0)


def world() -> Any:
    """The small district of the tests, made once a database."""
    from tests.support import world as small
    from yingshang.accounts.models import Person, Unit
    from yingshang.registry.models import Business

    if Unit.objects.exists():
        return small.World(
            {u.code: u for u in Unit.objects.all()},
            {p.username: p for p in Person.objects.all()},
            *Business.objects.order_by("id")[:2],
        )
    return small.build()


def empty_cases() -> None:
    """Throw away all cases of the bench database and what hangs on them."""
    empty("cases_case", "accounts_auditchain")


def empty(*tables: str) -> None:
    """Throw away all rows of some tables of the bench database and what hangs on them."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as c:
        # The guards of the history stand aside while a bench starts afresh.
        c.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'not_emptied'")
        guarded = [table for (table,) in c.fetchall()]
        for table in guarded:
            c.execute(f"ALTER TABLE {table} DISABLE TRIGGER not_emptied")
        c.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
        for table in guarded:
            c.execute(f"ALTER TABLE {table} ENABLE TRIGGER not_emptied")


@contextmanager
def beside(name: str) -> Iterator[Any]:
    """A copy of the bench database as it is now; yields a function that makes one of the two Django's default.

    ``use(True)`` is the copy, ``use(False)`` the original.
    """
    from django.db import connections

    original = connections["default"]
    original.close()
    admin = original.get_connection_params() | {"dbname": "postgres", "autocommit": True}
    import psycopg

    with psycopg.connect(**admin) as c:
        c.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        c.execute(f'CREATE DATABASE "{name}" TEMPLATE "{original.settings_dict["NAME"]}"')
    copy = type(original)(original.settings_dict | {"NAME": name}, "default")

    def use(other: bool) -> None:
        connections["default"] = copy if other else original

    try:
        yield use
    finally:
        use(False)
        copy.close()
        with psycopg.connect(**admin) as c:
            c.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
