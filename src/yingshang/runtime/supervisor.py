"""Keeps the platform alive: PostgreSQL, the web server, the job worker and the clock sweeper as children.

A child that dies is started again, PostgreSQL after ``kill -9`` included. Stopping goes from the outside in: first nobody
is let in any more, then work in hand is finished, last the database is shut. Should the supervisor itself be killed, the
kernel ends its children. One supervisor serves one home folder.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from .environment import say
from .errors import Told
from .postgres import AlreadyRunning, PostgresError, Server
from .unprivileged import dies_with_parent

_STEADY_SECONDS = 10.0  # who lived that long is started again at once; who did not, after a growing pause
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0
_LOG_LIMIT = 20 * 1024 * 1024


class AnotherSupervisor(Told):
    """The home folder is served already."""


@dataclass
class Child:
    """A program that is kept running. ``grace``: seconds it may take to stop before it is killed."""

    name: str
    command: Sequence[str]
    grace: float
    environment: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    retry_at: float = 0.0
    pause: float = 0.0
    restarts: int = 0

    def start(self) -> None:
        """Start the program; from the main thread, to whose death the kernel ties the child's life."""
        out: IO[bytes] | None = None
        if self.log is not None:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
                self.log.replace(self.log.with_suffix(".log.1"))
            out = self.log.open("ab")
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=out or sys.stderr,
            stderr=out or sys.stderr,
            env={**os.environ, **self.environment, "YINGSHANG_SUPERVISED": "1"},
            # A group of its own: Ctrl-C in the terminal is for the supervisor alone, and helpers of a child can be found.
            start_new_session=True,
            preexec_fn=dies_with_parent(),
        )
        if out is not None:
            out.close()
        self.started_at = time.monotonic()

    def died(self) -> int | None:
        """Return the exit code (negative: the signal) when the program has ended, else ``None``.

        It is not reaped yet: while it is not, its process group cannot be anybody else's.
        """
        assert self.process is not None
        state = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if state is None:
            return None
        return state.si_status if state.si_code == os.CLD_EXITED else -state.si_status

    def plan_restart(self) -> None:
        """Clear away what is left of a dead child and settle when it is started again."""
        self._clear_away()
        steady = time.monotonic() - self.started_at > _STEADY_SECONDS
        self.pause = _FIRST_PAUSE if steady or not self.pause else min(self.pause * 2, _LONGEST_PAUSE)
        self.retry_at = time.monotonic() + self.pause
        self.restarts += 1

    def stop(self, hurry: Callable[[], bool]) -> None:
        """Ask the program to end, then make it; at once when ``hurry()`` says so."""
        if self.process is None:
            return
        # Not by `terminate`, which reaps who is dead already: then nobody could be asked any more how it ended.
        os.kill(self.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + self.grace
        while self.died() is None and time.monotonic() < deadline and not hurry():
            time.sleep(0.05)
        self._clear_away()

    def _clear_away(self) -> None:
        """Kill what is left of the child and its helpers, then reap it."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


class Supervisor:
    """Starts what the platform needs, in order, and keeps it running until told to stop."""

    def __init__(self, home: Path, server: Server | None) -> None:
        """Args: ``home`` is the home folder; ``server`` is the embedded database, or ``None`` when one is given."""
        self.home = home
        self.server = server
        self.children: list[Child] = []
        self.stops_asked = 0
        self._lock: IO[str] | None = None

    def __enter__(self) -> "Supervisor":
        """Take the home folder and start the database.

        Raises:
            AnotherSupervisor: somebody else serves this home.
            PostgresError: the database does not start.
        """
        self._lock = (self.home / "supervisor.lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise AnotherSupervisor(f"{self.home} is served already by another process") from None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked_to_stop)
        if self.server is not None:
            self._start_database()
            os.environ["DATABASE_URL"] = self.server.dsn()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything that was started, the database last."""
        already = self.stops_asked
        try:
            for child in self.children:
                child.stop(hurry=lambda: self.stops_asked > already)
        finally:
            if self.server is not None:
                self.server.stop()
            if self._lock is not None:
                self._lock.close()

    def add(self, child: Child) -> None:
        """Start ``child`` and keep it running from now on; children are stopped in the order they were added."""
        self.children.append(child)
        child.start()

    def watch(self, until: Callable[[], bool] | None = None) -> bool:
        """Start again whatever dies, until told to stop (returns ``False``) or ``until()`` holds (returns ``True``)."""
        while not self.stops_asked:
            if until is not None and until():
                return True
            self._revive_database()
            now = time.monotonic()
            for child in self.children:
                if child.process is None:
                    if now >= child.retry_at:
                        child.start()
                elif (code := child.died()) is not None:
                    child.plan_restart()
                    say(f"{child.name} 退出({code}),即将重启", f"{child.name} ended ({code}) and is started again")
            time.sleep(0.1)
        return False

    def _revive_database(self) -> None:
        process = self.server.process if self.server is not None else None
        if self.server is None or process is None or process.poll() is None:
            return
        say(f"PostgreSQL 退出({process.returncode}),正在恢复", f"PostgreSQL ended ({process.returncode}), recovering")
        try:
            self.server.start(tied=True)
        except PostgresError as problem:
            # Its process is still the dead one, so the next round tries again.
            print(problem, file=sys.stderr, flush=True)
            time.sleep(1)

    def _start_database(self) -> None:
        """Start the database; one that outlived a killed supervisor is ours by the lock, and is stopped first."""
        assert self.server is not None
        try:
            self.server.start(tied=True)
        except AlreadyRunning:
            self.server.stop()
            self.server.start(tied=True)

    def _asked_to_stop(self, *_: object) -> None:
        self.stops_asked += 1
