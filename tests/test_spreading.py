"""The order in which files go to the two test processes names files that exist, and keeps each file together."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import spreading

HERE = Path(__file__).parent


def test_every_entry_names_tests() -> None:
    files = [f"tests/{p.relative_to(HERE).as_posix()}" for p in HERE.rglob("test_*.py")]
    assert len(files) > 100
    assert spreading.missing(files) == []
    assert spreading.missing(["tests/registry/test_codes.py"]) == [
        p for p in spreading.LONGEST if p != "tests/registry"
    ]


def test_a_file_stays_together_and_the_longest_come_first() -> None:
    class Item:
        def __init__(self, nodeid: str) -> None:
            self.nodeid = nodeid
            self.fixturenames = ["transactional_db"] if nodeid == "tests/cases/a.py::x" else []

        def get_closest_marker(self, name: str) -> None:
            return None

    names = [
        "tests/cases/a.py::x",
        "tests/registry/b.py::y",
        "tests/runtime/test_chaos.py::z",
        "tests/registry/c.py::w[a@b]",
        "tests/browser/test_every_page.py::test_in_chinese[home]",
        "tests/web/d.py::v",
    ]
    items = [Item(n) for n in names]
    spreading.spread(items)  # type: ignore[arg-type]
    assert [(i.nodeid, spreading.group(i.nodeid)) for i in items] == [
        (names[4], "tests/browser/test_every_page.py"),
        (names[2], "tests/runtime/test_chaos.py"),
        (names[1], "tests/registry"),
        (names[3], "tests/registry"),
        (names[5], "tests/web/d.py"),
        (names[0], "tests/cases/a.py"),
    ]


def test_this_run_is_in_that_order(request: pytest.FixtureRequest) -> None:
    """What another version of a plugin does with our order would otherwise go unnoticed."""
    again = list(request.session.items)
    spreading.spread(again)
    assert again == request.session.items or not hasattr(request.config, "workerinput")


def test_a_group_in_two_processes_is_told() -> None:
    watch = spreading.Watch()
    for nodeid, worker in [("tests/a.py::x", "gw0"), ("tests/a.py::y", "gw0"), ("tests/registry/b.py::x", "gw0")]:
        watch.pytest_runtest_logreport(SimpleNamespace(nodeid=nodeid, worker_id=worker))  # type: ignore[arg-type]
    assert watch.torn() == []
    watch.pytest_runtest_logreport(SimpleNamespace(nodeid="tests/registry/c.py::x", worker_id="gw1"))  # type: ignore[arg-type]
    assert watch.torn() == ["tests/registry"]
