"""The command line: quick to start, clear when something is wrong."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yingshang.runtime import environment, serving
from yingshang.runtime.cli import app
from yingshang.runtime.serving import Address, CannotServe


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The environment of a fresh shell, restored afterwards."""
    for name in [n for n in os.environ if n.startswith("YINGSHANG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("YINGSHANG_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("YINGSHANG_MODE", "")
    return tmp_path / "var"


def test_help_needs_neither_django_nor_a_database() -> None:
    code = "import sys; import yingshang.runtime.cli; print([m for m in ('django', 'psycopg', 'SpiffWorkflow') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_command_is_listed() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    for name in "demo serve migrate worker sweeper audit population healthcheck dmn manage".split():
        assert name in shown


def test_manage_passes_everything_on(no_settings: Path, database_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "yingshang.runtime.cli", "manage", "showmigrations", "--help"],
        env={**os.environ, "DATABASE_URL": database_url, "YINGSHANG_MODE": "demo"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "--plan" in done.stdout  # Django's own help, not ours


class _Answer(BaseHTTPRequestHandler):
    status = 200
    seen_host = ""

    def do_GET(self) -> None:
        type(self).seen_host = self.headers["Host"]
        body = json.dumps({"path": self.path}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answering() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), _Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_healthcheck_tells_by_exit_code(
    answering: HTTPServer, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    monkeypatch.setattr(_Answer, "status", status)
    monkeypatch.setenv("PORT", str(answering.server_port))
    monkeypatch.setenv("YINGSHANG_ALLOWED_HOSTS", "yingshang.example,other.example")
    done = CliRunner().invoke(app, ["healthcheck"])
    assert done.exit_code == code
    assert json.loads(done.output) == {"path": "/healthz"}
    assert _Answer.seen_host == "yingshang.example"


def test_healthcheck_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        assert CliRunner().invoke(app, ["healthcheck"]).exit_code == 1


def test_a_taken_port_is_told_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotServe, match=f"PORT={port + 1}"):
            Address("127.0.0.1", port).check_free()
    Address("127.0.0.1", port).check_free()


def test_addresses() -> None:
    assert Address("127.0.0.1", 8000).url == "http://127.0.0.1:8000"
    assert Address("::1", 443, tls=True).url == "https://[::1]:443"


def test_sign_ins_line_up_in_chinese() -> None:
    rows = [
        {"role": "企业经办人", "username": "lin", "unit": "杭州某某公司"},
        {"role": "派单员", "username": "zhao", "unit": "区政务办"},
    ]
    table = serving.sign_ins(rows).splitlines()
    assert len(table) == 3
    columns = {
        serving._width(line[: line.index(word)]) for line, word in zip(table, ("账号", "lin", "zhao"), strict=True)
    }
    assert len(columns) == 1


def test_a_home_keeps_its_mode(no_settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.enter("demo") == no_settings
    assert os.environ["YINGSHANG_MODE"] == "demo"
    monkeypatch.delenv("YINGSHANG_MODE")
    environment.enter()
    assert os.environ["YINGSHANG_MODE"] == "demo"  # what the home was made for, not the default
    with pytest.raises(environment.ModeConflict, match="demo"):
        environment.enter("production")
    monkeypatch.setenv("YINGSHANG_MODE", "prod")
    with pytest.raises(environment.ModeConflict, match="choose one of"):
        environment.enter()


def test_a_command_brings_its_database_along(home_for_server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with environment.database(home_for_server) as url:
        assert os.environ["DATABASE_URL"] == url
        del os.environ["DATABASE_URL"]
        with environment.database(home_for_server) as same:  # runs already: used, and left running
            assert same == url
        os.environ["DATABASE_URL"] = url
        import psycopg

        psycopg.connect(url).close()
    assert "DATABASE_URL" not in os.environ
    assert not list((home_for_server / "postgres" / "run").glob(".s.PGSQL*"))
