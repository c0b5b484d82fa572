"""``yingshang demo`` and ``yingshang serve``: everything from an empty folder to an address that answers."""

import json
import os
import socket
import subprocess
import sys
import time
import unicodedata
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from . import environment, preparation, refusals
from .errors import Told
from .postgres import Server
from .supervisor import Child, Supervisor

READY_WITHIN_SECONDS = 120


class CannotServe(Told):
    """Something that the person who started us has to change; the message says what."""


@dataclass(frozen=True)
class Address:
    """Where the web server listens, and how it is asked for its health."""

    host: str
    port: int
    tls: bool = False

    @property
    def url(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{shown}:{self.port}"

    def check_free(self) -> None:
        """Raise CannotServe when the port is taken; found out here it can be told, found out by a child it cannot."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as problem:
                raise CannotServe(
                    f"{self.host}:{self.port} 不能使用({problem.strerror}),请换一个端口,如 PORT={self.port + 1}\n"
                    f"{self.host}:{self.port} cannot be used ({problem.strerror}); choose another port, e.g. PORT={self.port + 1}"
                ) from problem


def demo(address: Address, businesses: int | None = None) -> int:
    """Run the demo until Ctrl-C or SIGTERM; returns the exit code. ``businesses``: see :func:`preparation.steps`."""
    _check_bundle()
    home = environment.enter("demo")
    address.check_free()
    with Supervisor(home, _embedded(home)) as supervisor:
        preparation.prepare(os.environ["DATABASE_URL"], home, businesses=businesses)
        accounts = json.loads((home / preparation.SIGN_INS).read_text())
        _add_children(supervisor, address, logs=home / "logs", workers=1)
        if _wait_until_ready(supervisor, address, logs=home / "logs"):
            print(f"ready: {address.url}", flush=True)
            print(sign_ins(accounts), flush=True)
            supervisor.watch()
        environment.say("正在停止…", "stopping …")
    return 0


def serve(address: Address, workers: int) -> int:
    """Run for production until SIGTERM or Ctrl-C; returns the exit code (2: refused, with the list of reasons)."""
    if found := refusals.of_environment():
        return _refuse("\n\n".join(map(str, found)))
    _check_bundle()
    home = environment.enter("production")
    address.check_free()
    with Supervisor(home, _embedded(home)) as supervisor:
        preparation.prepare(os.environ["DATABASE_URL"], home)
        checked = subprocess.run(
            [sys.executable, "-m", "yingshang.runtime.refusals"], text=True, stdout=subprocess.PIPE
        )
        if checked.returncode != 0:
            return _refuse(checked.stdout.strip())
        _add_children(supervisor, address, logs=None, workers=workers)
        if _wait_until_ready(supervisor, address, logs=None):
            print(f"ready: {address.url}", flush=True)
            supervisor.watch()
    return 0


def healthy(url: str, host: str | None = None, timeout: float = 5) -> tuple[bool, str]:
    """Ask ``url`` for the health and return whether all is well, with the body of the answer or the problem."""
    import ssl

    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    # The certificate is made out for the site's name, and we ask by loopback address.
    trust = ssl._create_unverified_context() if url.startswith("https") else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
    try:
        with opener.open(request, timeout=timeout) as answer:
            return answer.status == 200, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return False, answer.read().decode(errors="replace")
    except (OSError, ValueError) as problem:
        return False, str(problem)


def sign_ins(accounts: list[dict[str, str]]) -> str:
    """Return the demo sign-ins as a table, one line a role; Chinese characters count as two columns."""
    columns = [k for k in ("role", "role_en", "username", "password", "unit", "where") if any(k in a for a in accounts)]
    titles = dict(
        role="角色", role_en="Role", username="账号 user", password="口令 password", unit="单位 unit", where="页面 page"
    )
    rows = [titles, *accounts]
    widths = {c: max(_width(str(r.get(c, ""))) for r in rows) for c in columns}
    lines = [
        "  ".join(str(r.get(c, "")) + " " * (widths[c] - _width(str(r.get(c, "")))) for c in columns) for r in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def _check_bundle() -> None:
    if not any((preparation.PACKAGE / "web" / "static_build").glob("*")):
        raise CannotServe(
            "前端尚未构建,请执行 python3 tools/setup.py demo / the front end is not built: run python3 tools/setup.py demo"
        )


def _embedded(home: Path) -> Server | None:
    return None if os.environ.get("DATABASE_URL") else Server(home)


def _add_children(supervisor: Supervisor, address: Address, logs: Path | None, workers: int) -> None:
    python = [sys.executable, "-m"]
    web = [*python, "granian", "--interface", "wsgi", "--host", address.host, "--port", str(address.port)]
    # More than one thread a worker, so that a slow page does not hold up the quick ones.
    web += ["--workers", str(workers), "--blocking-threads", "4", "--respawn-failed-workers", "--no-ws"]
    web += ["--workers-kill-timeout", "8", "--log-level", "warning"]
    if address.tls:
        web += ["--ssl-certificate", os.environ["YINGSHANG_TLS_CERT"], "--ssl-keyfile", os.environ["YINGSHANG_TLS_KEY"]]
    programs = [
        ("web", [*web, "yingshang.wsgi:application"], 10.0),
        ("sweeper", [*python, "yingshang.manage", "run_sweeper"], 10.0),
        ("worker", [*python, "yingshang.runtime.worker"], 25.0),
    ]
    for name, command, grace in programs:
        supervisor.add(Child(name, command, grace, log=logs / f"{name}.log" if logs else None))


def _wait_until_ready(supervisor: Supervisor, address: Address, logs: Path | None) -> bool:
    """Watch the children until ``/healthz`` says 200; ``False`` when asked to stop before."""
    hosts = os.environ.get("YINGSHANG_ALLOWED_HOSTS", "").split(",")
    listening = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host)  # noqa: S104
    url = Address(listening, address.port, address.tls).url + "/healthz"
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    next_ask = 0.0

    def ready() -> bool:
        nonlocal next_ask
        if time.monotonic() < next_ask:
            return False
        well, said = healthy(url, hosts[0].lstrip(".") or None)
        next_ask = time.monotonic() + 0.3
        if not well and time.monotonic() > deadline:
            where = f";日志 / logs: {logs}" if logs else ""
            raise CannotServe(f"启动超时:{said} / did not come up: {said}{where}")
        return well

    return supervisor.watch(until=ready)


def _refuse(reasons: str) -> int:
    print("拒绝启动,请先处理: / refused to start; set right first:\n", file=sys.stderr)
    print(reasons, file=sys.stderr, flush=True)
    return 2


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
