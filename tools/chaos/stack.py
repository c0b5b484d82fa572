"""The platform under test: a demo in a folder of its own, with its processes known by what they are."""

import collections
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import django
import psutil

# A third of that on an idle machine of two cores.
READY_SECONDS = 180
SETTLE_SECONDS = 90


def free_port() -> int:
    """A port to listen on, again and again: none that the system gives to outgoing connections meanwhile."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(max(1024, lowest - 12_000), lowest), 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


class Stack:
    """A running demo; its children can be killed one by one."""

    VICTIMS = ("web worker", "web main", "job worker", "sweeper", "postgres")

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.home = home
        self.killed: collections.Counter[str] = collections.Counter()
        self._log = home / "supervisor.log"

    def __enter__(self) -> "Stack":
        environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "YINGSHANG_MODE")}
        environment |= {"YINGSHANG_HOME": str(self.home)}
        command = [sys.executable, "-m", "yingshang.runtime.cli", "demo", "--port", str(self.port), "--businesses", "0"]
        with self._log.open("wb") as log:
            self._supervisor = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + READY_SECONDS
        while "ready:" not in (said := self._log.read_text()):
            if self._supervisor.poll() is not None or time.monotonic() > deadline:
                self._supervisor.kill()
                raise RuntimeError(f"the demo did not come up:\n{said}")
            time.sleep(0.2)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        django.db.connections.close_all()
        self._supervisor.send_signal(signal.SIGTERM)
        self._supervisor.wait(60)

    def prepare(self) -> dict[str, list[str]]:
        """Shorten the promises, and return API tokens: by unit code, and under ``enterprise`` and ``dispatcher``."""
        from yingshang.runtime.postgres import Server

        os.environ |= {"YINGSHANG_MODE": "demo", "YINGSHANG_HOME": str(self.home), "YINGSHANG_LOG": "ERROR"}
        os.environ["DATABASE_URL"] = Server(self.home).dsn()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yingshang.settings")
        django.setup()

        from yingshang.accounts.models import Membership, Role
        from yingshang.cases.models import Promise
        from yingshang.exchange.auth import issue
        from yingshang.registry.models import Handler

        Promise.objects.filter(code="first_contact").update(amount="0.01", basis="calendar_hours")
        Promise.objects.exclude(code="first_contact").update(amount="0.02", basis="calendar_hours")
        actors: dict[str, list[str]] = {}
        # Several keys a person: each is counted for itself by the rate limit.
        held = Membership.objects.filter(until__isnull=True).select_related("person", "unit").order_by("unit_id", "id")
        for post in held:
            if post.role == Role.DISPATCHER:
                actors.setdefault("dispatcher", []).extend(issue(post.person, "chaos")[1] for _ in range(4))
            if len(actors.get(post.unit.code, [])) < 2:
                actors.setdefault(post.unit.code, []).append(issue(post.person, "chaos")[1])
        handler = Handler.objects.filter(until__isnull=True).select_related("person", "business").order_by("id").first()
        assert handler is not None
        actors["enterprise"] = [issue(handler.person, "chaos")[1] for _ in range(8)]
        actors["uscc"] = [handler.business.uscc]
        return actors

    def kill(self, victim: str) -> None:
        """Kill the process that is ``victim`` now; waits for it to be there (it may just be starting again)."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            process = self._find(victim)
            if process is not None:
                try:
                    process.kill()
                except psutil.NoSuchProcess:
                    continue
                self.killed[victim] += 1
                return
            time.sleep(0.05)

    def settle(self) -> list[str]:
        """Wait until nothing is left to do; return what still is after that."""
        from django.db import DatabaseError, connection
        from procrastinate.contrib.django.models import ProcrastinateJob

        from yingshang import timekeeping
        from yingshang.cases.models import Clock, Timer
        from yingshang.runtime.serving import healthy

        left: list[str] = []
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            try:
                now = timekeeping.now()
                due = Clock.objects.filter(state=Clock.State.RUNNING, fired_at__isnull=True, due_at__lt=now).count()
                timers = Timer.objects.filter(fired_at__isnull=True, due_at__lte=now).count()
                doing = list(ProcrastinateJob.objects.filter(status="doing").values_list("task_name", flat=True))
            except DatabaseError as problem:
                connection.close()
                left = [f"database: {problem}"]
                time.sleep(1)
                continue
            well, said = healthy(self.url + "/healthz")
            left = [] if well else [f"not healthy: {said}"]
            left += [f"{due} clocks are due and not fired"] * bool(due) + [f"{timers} timers are due"] * bool(timers)
            left += [f"jobs hang: {doing}"] * bool(doing)
            if not left:
                return []
            time.sleep(1)
        return left

    def _find(self, victim: str) -> psutil.Process | None:
        for child in psutil.Process(self._supervisor.pid).children():
            try:
                line = " ".join(child.cmdline())
                if "granian" in line and victim.startswith("web"):
                    workers = [p for p in child.children() if "resource_tracker" not in " ".join(p.cmdline())]
                    if victim == "web main":
                        return child
                    return workers[0] if workers else None
            except psutil.Error:
                continue
            marks = {"job worker": "runtime.worker", "sweeper": "run_sweeper", "postgres": "/bin/postgres"}
            if victim in marks and marks[victim] in line:
                return child
        return None
