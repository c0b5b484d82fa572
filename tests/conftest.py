"""The test session: settings in test mode, and a throw-away PostgreSQL unless ``DATABASE_URL`` names one.

The server is started when the first test asks for the database (by the main process when tests run on several), lives
in a temporary folder without syncing to disk, and dies with the session however that ends.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests import spreading

# Failing steps show their values; said here, before any folder imports them.
pytest.register_assert_rewrite(
    "tests.scenarios.steps",
    "tests.scenarios.project_steps",
    "tests.scenarios.project_checks",
    "tests.scenarios.driver",
    "tests.browser.visitor",
    "tests.browser.house",
)

os.environ["YINGSHANG_MODE"] = "test"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yingshang.settings")
_home = tempfile.mkdtemp(prefix="yingshang-test-")
# The database server's user must be able to pass.
os.chmod(_home, 0o755)
os.environ["YINGSHANG_HOME"] = _home
(Path(_home) / "static").mkdir()  # whitenoise warns of a missing one


# The libraries know no Django, and their tests run without it when they run alone.
_LIBRARIES = [Path(__file__).parent / "decisions", Path(__file__).parent / "processes"]


def _only_libraries(config: pytest.Config) -> bool:
    asked = [(config.invocation_params.dir / a.split("::")[0]).resolve() for a in config.args]
    return bool(asked) and all(any(a.is_relative_to(library) for library in _LIBRARIES) for a in asked)


def pytest_configure(config: pytest.Config) -> None:
    if _only_libraries(config):
        return
    import django

    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(spreading.Watch())
        _ensure_server()
    django.setup()


@pytest.hookimpl(trylast=True)  # after pytest-django, which sorts by the database that tests need
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        spreading.spread(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported and collected stays to the end: the garbage collector need not go through it again and again."""
    gc.collect()
    gc.freeze()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> spreading.Spread:
    return spreading.Spread(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _server is not None:
        _server.stop()
        shutil.rmtree(_server.cluster, ignore_errors=True)  # not below _home where the server's user cannot pass
    shutil.rmtree(_home, ignore_errors=True)


_server = None


def _ensure_server() -> str:
    """Return the URL of the session's server, started now if need be."""
    global _server
    if not os.environ.get("DATABASE_URL"):
        from yingshang.runtime.postgres import THROWAWAY, Server

        server = Server(Path(_home) / "server", THROWAWAY)
        server.start(tied=True)
        _server = server
        os.environ["DATABASE_URL"] = server.dsn()
    return os.environ["DATABASE_URL"]


@pytest.fixture(scope="session")
def database_url() -> str:
    """The URL of the session's PostgreSQL server."""
    return _ensure_server()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_url: str, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Point Django, configured before the server was started, to the server."""
    from django.db import connections

    from yingshang import settings

    fresh = settings._database(database_url)
    known = connections["default"].settings_dict
    known.update({k: v for k, v in fresh.items() if k != "TEST"})


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """What every installation holds, once a session: the working calendar and the scenarios' procedures."""
    with django_db_blocker.unblock():
        from django.core.management import call_command
        from django.db import connection

        from yingshang.accounts import calendar

        # Transactional tests are cleaned up by TRUNCATE, which the guards refuse; their own test puts them on again.
        with connection.cursor() as c:
            c.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'not_emptied'")
            for (table,) in c.fetchall():
                c.execute(f"ALTER TABLE {table} DISABLE TRIGGER not_emptied")
        calendar.install()
        call_command("load_scenarios", verbosity=0)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """The session's ``YINGSHANG_HOME``."""
    yield Path(_home)
