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
