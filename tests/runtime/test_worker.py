"""The job worker as a process of its own: ready for the first job, and gone when it is asked to go."""

import os
import signal
import subprocess
import sys
import threading
import time

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Json

#: Without a test that says so, no database is made.
pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(django_db_setup: None, database_url: str) -> "subprocess.Popen[str]":
    """A worker at work on the tests' database; its log is its standard error."""
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


JOB = "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'cases.worker_beat', %s) RETURNING id"


def _strike_off(dsn: str, worker: "subprocess.Popen[str]") -> None:
    """Strike the worker off the queue's list while it has a job in hand, and give it another."""
    with psycopg.connect(dsn) as holder, psycopg.connect(dsn, autocommit=True) as queue:

        def ask(query: str, *values: object) -> object:
            row = queue.execute(query, values).fetchone()
            return row and row[0]

        def wait(query: str, *values: object) -> None:
            until = time.monotonic() + 60
            while not ask(query, *values):
                assert worker.poll() is None, "the worker died"
                assert time.monotonic() < until, query
                time.sleep(0.1)

        # The job waits for this lock, as a long one would still be at work.
        holder.execute("LOCK TABLE accounts_heartbeat IN SHARE MODE")
        held = ask(JOB, Json({"timestamp": 1}))
        wait("SELECT status = 'doing' FROM procrastinate_jobs WHERE id = %s", held)
        # In one step, or the worker might be on the list again before there is a job to take.
        with queue.transaction():
            queue.execute("DELETE FROM procrastinate_workers")
            taken = ask(JOB, Json({"timestamp": 2}))
        wait("SELECT status = 'doing' AND worker_id IS NOT NULL FROM procrastinate_jobs WHERE id = %s", taken)
        # Whose it was it is again: nobody else takes it up, and it is done once.
        assert ask("SELECT worker_id IS NOT NULL AND attempts = 0 FROM procrastinate_jobs WHERE id = %s", held)
        holder.rollback()
        wait("SELECT NOT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE id = ANY(%s))", [held, taken])
        assert ask("SELECT count(*) FROM procrastinate_workers") == 1


def test_a_worker_learns_what_the_first_job_needs_outlives_being_struck_off_and_ends_when_told(
    worker: "subprocess.Popen[str]", database_url: str
) -> None:
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
        _strike_off(make_conninfo(database_url, dbname=connection.settings_dict["NAME"]), worker)
        worker.send_signal(signal.SIGTERM)
        _, rest = worker.communicate()
        assert worker.returncode == 0, said + rest
    finally:
        giving_up.cancel()
        worker.kill()
        worker.wait()
