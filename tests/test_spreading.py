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
    for name in spreading.LONGEST:
        file, _, test = name.partition("::")
        assert not test or f"def {test}(" in (HERE.parent / file).read_text()


def test_a_file_stays_together_and_the_longest_come_first() -> None:
    class Item:
        def __init__(self, nodeid: str) -> None:
            self.nodeid = nodeid

    names = [
        "tests/cases/a.py::x",
        "tests/registry/b.py::y",
        "tests/runtime/test_chaos.py::z",
        "tests/registry/c.py::w[a@b]",
        "tests/browser/test_every_page.py::test_in_chinese[home]",
        "tests/browser/test_every_page.py::test_the_pages_are_not_looked_at_in_vain",
    ]
    items = [Item(n) for n in names]
    spreading.spread(items)  # type: ignore[arg-type]
    assert [(i.nodeid, spreading.group(i.nodeid)) for i in items] == [
        ("tests/runtime/test_chaos.py::z", "tests/runtime/test_chaos.py"),
        (
            "tests/browser/test_every_page.py::test_in_chinese[home]",
            "tests/browser/test_every_page.py::test_in_chinese",
        ),
        ("tests/registry/b.py::y", "tests/registry"),
        ("tests/registry/c.py::w[a@b]", "tests/registry"),
        ("tests/cases/a.py::x", "tests/cases/a.py"),
        (
            "tests/browser/test_every_page.py::test_the_pages_are_not_looked_at_in_vain",
            "tests/browser/test_every_page.py",
        ),
    ]


def test_this_run_is_in_that_order(request: pytest.FixtureRequest) -> None:
    """What another version of a plugin does with our order would otherwise go unnoticed."""
    ranks = [spreading.rank(item.nodeid) for item in request.session.items]
    assert ranks == sorted(ranks) or not hasattr(request.config, "workerinput")


def test_a_group_in_two_processes_is_told() -> None:
    watch = spreading.Watch()
    for nodeid, worker in [("tests/a.py::x", "gw0"), ("tests/a.py::y", "gw0"), ("tests/registry/b.py::x", "gw0")]:
        watch.pytest_runtest_logreport(SimpleNamespace(nodeid=nodeid, worker_id=worker))  # type: ignore[arg-type]
    assert watch.torn() == []
    watch.pytest_runtest_logreport(SimpleNamespace(nodeid="tests/registry/c.py::x", worker_id="gw1"))  # type: ignore[arg-type]
    assert watch.torn() == ["tests/registry"]
