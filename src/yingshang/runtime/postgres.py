"""A PostgreSQL server of our own: made once, started, stopped, and brought back after a crash.

The cluster lies in ``$YINGSHANG_HOME/postgres`` (or, when root starts it and the server's user cannot get there, below
``/var/lib/yingshang``) and listens on a unix socket only, with SCRAM passwords that are kept in ``$YINGSHANG_HOME/postgres.json``,
readable by its owner alone. Nothing outside these places is read, changed or signalled: other servers of the machine,
their ports, sockets, users and environment variables are left alone.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from . import pgbinaries
from .errors import Told
from .unprivileged import SHARED_STATE, Account, account_for, dies_with_parent

PORT = 5432  # only part of the socket's file name: nothing listens on TCP
ROLE = DATABASE = "yingshang"
ADMIN = "postgres"
# A unix socket's path holds 107 bytes on Linux and 103 on macOS.
_LONGEST_SOCKET_FOLDER = 103 - len(f"/.s.PGSQL.{PORT}.lock")
_NO_PROCESS = str(2**31 - 1)  # above every system's largest process id
_LOG_LIMIT = 20 * 1024 * 1024
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "timezone": "Asia/Shanghai",
    "log_timezone": "Asia/Shanghai",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",  # our queries are many and short
}
# For tests and development only: a crash of the machine (not of the server) may lose the data.
# What was committed survives a kill of the server all the same, as it has been handed to the operating system.
THROWAWAY: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off"}


class PostgresError(Told):
    """The server could not be made, started or stopped; the message ends with what it logged."""


class AlreadyRunning(PostgresError):
    """A server of this very data folder is running; ``pid`` is its postmaster."""

    def __init__(self, pid: int, data: Path) -> None:
        super().__init__(f"PostgreSQL already runs on {data} as process {pid}")
        self.pid = pid


@dataclass
class _Record:
    """What ``postgres.json`` holds. ``cluster`` is relative when it lies inside the home, so that the home can move."""

    cluster: str
    sockets: str
    password: str
    admin_password: str


class Server:
    """The embedded server of one home folder."""

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        """Args: ``home`` is the data folder; ``settings`` override :data:`SETTINGS`."""
        self.home = home.resolve()
        self.settings = {**SETTINGS, **(settings or {})}
        self.process: subprocess.Popen[bytes] | None = None

    # Places

    @property
    def cluster(self) -> Path:
        """The folder of the server's files: ``data``, ``run`` and ``server.log``."""
        return self.home / self._record().cluster

    @property
    def data(self) -> Path:
        return self.cluster / "data"

    @property
    def log(self) -> Path:
        return self.cluster / "server.log"

    @property
    def record_file(self) -> Path:
        return self.home / "postgres.json"

    def dsn(self, database: str = DATABASE, *, admin: bool = False) -> str:
        """Return the connection URL of ``database``; ``admin`` signs in as superuser instead of the application's role."""
        record = self._record()
        user, password = (ADMIN, record.admin_password) if admin else (ROLE, record.password)
        return f"postgresql://{user}:{quote(password)}@/{quote(database)}?host={quote(record.sockets, safe='')}&port={PORT}"

    # Life

    def prepare(self) -> None:
        """Make the cluster with its role and database unless it is there; a half-made one is begun anew.

        Raises:
            PostgresError: initdb or the first statements failed.
            AccountError, BinariesMissing: see there.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        if not self.record_file.exists():
            place = self._choose_place(account_for())
            self._save(_Record(place, "", secrets.token_urlsafe(24), secrets.token_urlsafe(24)))
        if (self.data / "PG_VERSION").exists():
            return
        account = account_for(self.cluster)
        self.cluster.mkdir(mode=0o700, parents=True, exist_ok=True)
        account.own(self.cluster)
        draft = self.cluster / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._initdb(account, draft)
        draft.rename(self.data)

    def start(self, *, tied: bool = False, timeout: float = 60) -> subprocess.Popen[bytes]:
        """Start the server and wait until it accepts connections.

        Args:
            tied: the server stops when the calling process dies, however that comes about (Linux).
            timeout: seconds, crash recovery and the wait for a killed server's last children included.

        Returns:
            the postmaster's process.

        Raises:
            AlreadyRunning: a server of this data folder is running.
            PostgresError: it did not come up in time.
        """
        self.prepare()
        account = account_for(self.data)
        binaries = pgbinaries.find(account)
        sockets = self._sockets(account)
        if self.process is not None:
            self.process.poll()  # reaps a killed one, which would seem alive until then
        deadline = time.monotonic() + timeout
        while True:
            self._clear_stale_locks(Path(sockets))
            self._trim_log()
            with self.log.open("ab") as log:
                account.own(self.log)
                logged = log.tell()
                command = [binaries.program("postgres"), "-D", str(self.data), "-k", sockets, "-p", str(PORT)]
                for name, value in self.settings.items():
                    command += ["-c", f"{name}={value}"]
                process: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=_environment(),
                    umask=0o077,
                    start_new_session=True,  # Ctrl-C in the terminal is for the supervisor, which stops us in order
                    preexec_fn=dies_with_parent(signal.SIGINT) if tied else None,
                    **account.spawn_options(),
                )
            if self._wait_until_ready(process, deadline):
                self.process = process
                return process
            said = self._logged_since(logged)
            # Backends of a killed postmaster hold its shared memory until they notice; a moment later all is well.
            if "shared memory block" not in said or time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL on {self.data} did not start:\n{said}")
            time.sleep(0.3)

    def stop(self, timeout: float = 30) -> None:
        """Stop the server: open transactions are rolled back, everything committed is on disk.

        Falls back to an immediate stop, then to a kill, each after a third of ``timeout`` seconds. Does nothing when no
        server of this data folder runs.
        """
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            pid = self.pid()
            if pid is None:
                break
            os.kill(pid, number)
            deadline = time.monotonic() + timeout / 3
            while self.pid() is not None and time.monotonic() < deadline:
                if self.process is not None:
                    self.process.poll()  # reaps it
                time.sleep(0.05)
        if self.pid() is not None:
            raise PostgresError(f"PostgreSQL on {self.data} does not stop")
        if self.process is not None:
            self.process.wait()
            self.process = None

    def pid(self) -> int | None:
        """Return the process id of the postmaster running on this data folder, or ``None``."""
        if not self.record_file.exists():
            return None
        pid = self._locked_by()
        return pid if pid is not None and _is_postmaster_of(pid, self.data) else None

    # Inside

    def _record(self) -> _Record:
        try:
            return _Record(**json.loads(self.record_file.read_text()))
        except FileNotFoundError:
            raise PostgresError(f"{self.home} holds no database server yet") from None

    def _save(self, record: _Record) -> None:
        draft = self.record_file.with_suffix(".new")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(asdict(record), out, indent=1)
        draft.replace(self.record_file)

    def _choose_place(self, account: Account) -> str:
        inside = self.home / "postgres"
        if account.can_enter(self.home):
            return inside.name
        SHARED_STATE.mkdir(parents=True, exist_ok=True)
        # A name never used before: a home that was thrown away and begun anew must not meet its old database.
        return tempfile.mkdtemp(dir=SHARED_STATE, prefix="cluster-") if account.can_enter(SHARED_STATE) else inside.name

    def _initdb(self, account: Account, draft: Path) -> None:
        binaries = pgbinaries.find(account)
        record = self._record()
        password_file = self.cluster / "password.new"
        with open(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(record.admin_password + "\n")
        account.own(password_file)
        try:
            # Without C.UTF-8 (in plain C, say) no Chinese character counts as a letter and pg_trgm finds nothing.
            made = account.run(
                [binaries.program("initdb"), "-D", str(draft), "-U", ADMIN, "--pwfile", str(password_file)]
                + ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
                + (["--no-sync"] if self.settings.get("fsync") == "off" else []),
                env=_environment(),
            )
        finally:
            password_file.unlink()
        if made.returncode != 0:
            raise PostgresError(f"initdb failed in {draft}:\n{made.stdout}{made.stderr}")
        first = account.run(
            [binaries.program("postgres"), "--single", "-D", str(draft), "postgres"],
            env=_environment(),
            input=f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{record.password}'\n"
            f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n",
        )
        if first.returncode != 0 or "ERROR" in first.stderr or "FATAL" in first.stderr:
            raise PostgresError(f"the database could not be made in {draft}:\n{first.stderr}")

    def _sockets(self, account: Account) -> str:
        folder = self.cluster / "run"
        record = self._record()
        if len(os.fsencode(folder)) > _LONGEST_SOCKET_FOLDER:
            known = Path(record.sockets) if record.sockets else None
            if known and known.parent == Path(tempfile.gettempdir()) and _owned_by(known, account.uid):
                return record.sockets
            folder = Path(tempfile.mkdtemp(prefix="yingshang-"))
        folder.mkdir(mode=0o700, exist_ok=True)
        account.own(folder)
        if record.sockets != str(folder):
            record.sockets = str(folder)
            self._save(record)
        return str(folder)

    def _locked_by(self) -> int | None:
        try:
            return abs(int((self.data / "postmaster.pid").read_text().split("\n", 1)[0]))
        except (FileNotFoundError, ValueError):
            return None

    def _clear_stale_locks(self, sockets: Path) -> None:
        """Disarm lock files of a dead server whose process id now belongs to somebody else (or to a zombie).

        PostgreSQL would not dare to. In ``postmaster.pid`` only the process id is replaced, by one that cannot live: the
        rest of it lets the new server make sure that no child of the dead one still writes to the data. The socket's
        lock guards nothing more than that, in a folder of our own.
        """
        pid = self._locked_by()
        if pid is not None and _is_postmaster_of(pid, self.data):
            raise AlreadyRunning(pid, self.data)
        for leftover in sockets.glob(f".s.PGSQL.{PORT}*"):
            leftover.unlink(missing_ok=True)
        if pid is not None and _lives(pid):
            lock = self.data / "postmaster.pid"
            lock.write_text("\n".join([_NO_PROCESS, *lock.read_text().split("\n")[1:]]))

    def _wait_until_ready(self, process: subprocess.Popen[bytes], deadline: float) -> bool:
        while process.poll() is None:
            try:
                lines = (self.data / "postmaster.pid").read_text().splitlines()
            except FileNotFoundError:
                lines = []
            if len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
                return True
            if time.monotonic() > deadline:
                process.send_signal(signal.SIGQUIT)
                process.wait()
                return False
            time.sleep(0.02)
        return False

    def _trim_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _logged_since(self, offset: int) -> str:
        with self.log.open("rb") as log:
            log.seek(offset)
            return log.read()[-4000:].decode(errors="replace")


def _environment() -> dict[str, str]:
    """Return an environment without the PG* variables of other servers."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}


def _owned_by(folder: Path, uid: int) -> bool:
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return False
    return folder.is_dir() and not folder.is_symlink() and status.st_uid == uid


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_postmaster_of(pid: int, data: Path) -> bool:
    """Tell whether the live process ``pid`` is the postmaster of ``data``: the working folder of one is its data folder."""
    try:
        return os.path.samefile(os.readlink(f"/proc/{pid}/cwd"), data)
    except FileNotFoundError:
        if os.path.isdir("/proc/self"):
            return False
    except OSError:
        return False
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], text=True, capture_output=True).stdout
    return "postgres" in listed and str(data) in listed
