"""The job worker as a process of its own: ready for the first job, and gone when it is asked to go."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from psycopg.conninfo import make_conninfo

#: Without a test that says so, no database is made.
pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(django_db_setup: None, database_url: str) -> "subprocess.Popen[str]":
    """A worker at work on the tests' database; its log is its standard error."""
    from django.db import connection

    return subprocess.Popen(
        [sys.executable, "-m", "yingshang.runtime.worker"],
        env={
            **os.environ,
            "DATABASE_URL": make_conninfo(database_url, dbname=connection.settings_dict["NAME"]),
            "YINGSHANG_LOG": "INFO",
        },
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_worker_learns_what_the_first_job_needs_and_ends_when_told(worker: "subprocess.Popen[str]") -> None:
    assert worker.stderr is not None
    giving_up = threading.Timer(120, worker.kill)
    giving_up.start()
    try:
        said = ""
        for line in worker.stderr:
            said += line
            if "warm" in line:
                break
        assert "warmed up in" in said, said
        worker.send_signal(signal.SIGTERM)
        _, rest = worker.communicate()
        assert worker.returncode == 0, said + rest
    finally:
        giving_up.cancel()
        worker.kill()
        worker.wait()
