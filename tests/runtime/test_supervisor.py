"""Children are kept alive, cleared away and stopped in order; nothing outlives the supervisor."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from yingshang.runtime.postgres import THROWAWAY, Server
from yingshang.runtime.supervisor import AnotherSupervisor, Child, Supervisor


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as status:
            return status.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(condition: object, within: float = 10) -> bool:
    assert callable(condition)
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def script(folder: Path, name: str, code: str) -> list[str]:
    """A child that notes its start (and whatever else ``code`` notes) in ``folder/name``."""
    lines = [
        "import os, signal, subprocess, sys, time",
        f"notes = open({str(folder / name)!r}, 'a', buffering=1)",
        "note = lambda text: notes.write(text + chr(10))",
        "note(f'start {os.getpid()}')",
        code,
    ]
    return [sys.executable, "-c", "\n".join(lines)]


def notes(folder: Path, name: str) -> list[str]:
    file = folder / name
    return file.read_text().splitlines() if file.exists() else []


POLITE = """
def leave(*_):
    note(f'stopped {time.monotonic()}')
    sys.exit()
signal.signal(signal.SIGTERM, leave)
note('ready')
while True: time.sleep(0.05)
"""


def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    with Supervisor(tmp_path, None) as supervisor:
        child = Child("polite", script(tmp_path, "notes", POLITE), grace=5)
        supervisor.add(child)
        assert eventually(lambda: "ready" in notes(tmp_path, "notes"))
        assert child.process is not None
        first = child.process.pid
        os.kill(first, signal.SIGKILL)
        assert supervisor.watch(until=lambda: len([n for n in notes(tmp_path, "notes") if n == "ready"]) == 2)
        assert child.restarts == 1
        assert child.process is not None
        second = child.process.pid
    assert not alive(first) and not alive(second)
    assert notes(tmp_path, "notes")[-1].startswith("stopped")


def test_a_child_that_cannot_live_is_tried_ever_more_rarely(tmp_path: Path) -> None:
    with Supervisor(tmp_path, None) as supervisor:
        child = Child("broken", script(tmp_path, "notes", "sys.exit(3)"), grace=1)
        supervisor.add(child)
        end = time.monotonic() + 3
        supervisor.watch(until=lambda: time.monotonic() > end)
    # 0.2 + 0.4 + 0.8 + 1.6 s of pauses: a handful of starts, not hundreds.
    assert 3 <= len(notes(tmp_path, "notes")) <= 6
    assert child.pause >= 1.6


def test_helpers_of_a_killed_child_are_cleared_away(tmp_path: Path) -> None:
    helper = "p = subprocess.Popen(['sleep', '300'])\nnote(f'helper {p.pid}')\ntime.sleep(300)"
    with Supervisor(tmp_path, None) as supervisor:
        child = Child("parent", script(tmp_path, "notes", helper), grace=1)
        supervisor.add(child)
        assert eventually(lambda: any(n.startswith("helper") for n in notes(tmp_path, "notes")))
        orphan = int(notes(tmp_path, "notes")[1].split()[1])
        assert child.process is not None
        os.kill(child.process.pid, signal.SIGKILL)
        assert supervisor.watch(until=lambda: child.restarts == 1)
        assert eventually(lambda: not alive(orphan))


def test_stops_in_order_and_kills_who_does_not_listen(tmp_path: Path) -> None:
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nnote('ready')\ntime.sleep(300)"
    with Supervisor(tmp_path, None) as supervisor:
        supervisor.add(Child("first", script(tmp_path, "first", POLITE), grace=5))
        stubborn = Child("deaf", script(tmp_path, "deaf", deaf), grace=0.5)
        supervisor.add(stubborn)
        supervisor.add(Child("last", script(tmp_path, "last", POLITE), grace=5))
        assert eventually(lambda: all("ready" in notes(tmp_path, n) for n in ("first", "deaf", "last")))
        assert stubborn.process is not None
        pid = stubborn.process.pid
        os.kill(os.getpid(), signal.SIGTERM)
        assert supervisor.watch() is False
    assert not alive(pid)
    stopped = [float(notes(tmp_path, n)[-1].split()[1]) for n in ("first", "last")]
    assert stopped[1] - stopped[0] >= 0.5


def test_who_died_just_before_the_stop_is_no_trouble(tmp_path: Path) -> None:
    patient = script(tmp_path, "patient", "signal.signal(15, lambda *_: (note('asked'), sys.exit()))\ntime.sleep(60)")
    with Supervisor(tmp_path, None) as supervisor:
        dead = Child("dead", script(tmp_path, "dead", "sys.exit(1)"), grace=5)
        supervisor.add(dead)
        supervisor.add(Child("patient", patient, grace=5))
        # Nobody watches meanwhile: the first has ended and is not cleared away.
        assert eventually(lambda: dead.died() == 1 and notes(tmp_path, "patient"))
    assert notes(tmp_path, "patient")[-1] == "asked"
    assert dead.process is None


def test_one_home_has_one_supervisor(tmp_path: Path) -> None:
    with Supervisor(tmp_path, None), pytest.raises(AnotherSupervisor), Supervisor(tmp_path, None):
        pass
    with Supervisor(tmp_path, None):
        pass


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from yingshang.runtime.supervisor import Child, Supervisor
with Supervisor(Path({str(tmp_path)!r}), None) as s:
    s.add(Child("polite", {script(tmp_path, "notes", POLITE)!r}, grace=5))
    s.watch()
"""
    with subprocess.Popen([sys.executable, "-c", code]) as supervisor:
        assert eventually(lambda: "ready" in notes(tmp_path, "notes"))
        supervisor.kill()
    pid = int(notes(tmp_path, "notes")[0].split()[1])
    assert eventually(lambda: not alive(pid))


def test_the_database_comes_back_after_a_kill(home_for_server: Path) -> None:
    server = Server(home_for_server, THROWAWAY)
    with Supervisor(home_for_server, server) as supervisor:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        before = server.pid()
        assert before is not None
        os.kill(before, signal.SIGKILL)
        assert supervisor.watch(until=lambda: server.pid() not in (None, before))
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
        after = server.pid()
        assert after is not None
    assert not alive(after)


def test_a_database_left_by_a_killed_supervisor_is_taken_over(home_for_server: Path) -> None:
    left = Server(home_for_server, THROWAWAY)
    left.start(tied=True)
    server = Server(home_for_server, THROWAWAY)
    with Supervisor(home_for_server, server):
        assert left.process is not None
        assert left.process.wait() is not None
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
