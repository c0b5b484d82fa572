"""The steps before serving are done once, and again when what they depend on has changed."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from yingshang.runtime import preparation
from yingshang.runtime.commands import CommandFailed, Commands
from yingshang.runtime.preparation import PreparationFailed, Step


@pytest.fixture
def dsn(database_url: str) -> Iterator[str]:
    """A database of its own."""
    name = "ys_preparation"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")  # type: ignore[arg-type]
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        yield psycopg.conninfo.make_conninfo(database_url, dbname=name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that were run instead of running them."""
    commands: list[str] = []
    monkeypatch.setenv("YINGSHANG_MODE", "demo")
    monkeypatch.setattr(Commands, "run", lambda self, command, **_: commands.append(command[0]) or "[]")
    return commands


def test_second_time_does_nothing(dsn: str, tmp_path: Path, ran: list[str]) -> None:
    preparation.prepare(dsn, tmp_path)
    everything = [
        "migrate",
        "createcachetable",
        "collectstatic",
        "load_district",
        "load_scenarios",
        "load_service_points",
        "load_policies",
        "load_items",
        "population",
    ]
    assert ran == [*everything, "demo_accounts", "demo_cases", "demo_policies", "demo_projects"]
    assert (tmp_path / preparation.SIGN_INS).read_text() == "[]"
    ran.clear()
    preparation.prepare(dsn, tmp_path)
    assert ran == []


def test_number_of_sample_businesses(monkeypatch: pytest.MonkeyPatch) -> None:
    by_name = {s.name: s for s in preparation.steps(500)}
    assert by_name["population"].command == ["population", "--count", "500"]
    assert {s.name: s for s in preparation.steps(0)}["population"].modes == ()


def test_what_changed_is_done_again(dsn: str, tmp_path: Path, ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    preparation.prepare(dsn, tmp_path)
    ran.clear()
    now = preparation.steps()
    changed = [dataclasses.replace(s, depends="other") if s.name in ("district", "static") else s for s in now]
    monkeypatch.setattr(preparation, "steps", lambda businesses: changed)
    preparation.prepare(dsn, tmp_path)
    assert ran == ["collectstatic", "load_district"]


def test_marks_stay_with_what_they_mark(dsn: str, tmp_path: Path, ran: list[str]) -> None:
    """A new database under an old home is prepared; so is a new home over an old database."""
    for home in ("a", "b"):
        (tmp_path / home).mkdir()
    preparation.prepare(dsn, tmp_path / "a")
    ran.clear()
    preparation.prepare(dsn, tmp_path / "b")
    assert ran == ["collectstatic", "demo_accounts"]
    ran.clear()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE yingshang_prepared")
    preparation.prepare(dsn, tmp_path / "a")
    assert "migrate" in ran and "collectstatic" not in ran


def test_production_gets_no_sample_data(
    dsn: str, tmp_path: Path, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YINGSHANG_MODE", "production")
    preparation.prepare(dsn, tmp_path)
    assert "migrate" in ran
    assert not {"population", "demo_accounts"} & set(ran)


def test_a_failed_step_is_told_and_tried_again(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINGSHANG_MODE", "demo")
    monkeypatch.setattr(preparation, "steps", lambda businesses: [Step("x", "", "", ["no_such_command"], "1")])
    for _ in range(2):
        with pytest.raises(CommandFailed, match="no_such_command"):
            preparation.prepare(dsn, tmp_path)


def test_a_wrong_password_is_told_at_once(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINGSHANG_MODE", "demo")
    wrong = psycopg.conninfo.make_conninfo(dsn, password="wrong")
    with pytest.raises(PreparationFailed, match="does not answer"):
        preparation.prepare(wrong, tmp_path, wait=30)
