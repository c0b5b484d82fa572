"""The order in which files go to the two test processes names files that exist, and keeps each file together."""

from __future__ import annotations

from pathlib import Path

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
            self.group = ""

        def add_marker(self, marker: object) -> None:
            self.group = marker.args[0]  # type: ignore[attr-defined]

    names = [
        "tests/cases/a.py::x",
        "tests/registry/b.py::y",
        "tests/runtime/test_chaos.py::z",
        "tests/registry/c.py::w",
        "tests/browser/test_every_page.py::test_in_chinese[home]",
        "tests/browser/test_every_page.py::test_the_pages_are_not_looked_at_in_vain",
    ]
    items = [Item(n) for n in names]
    spreading.spread(items)  # type: ignore[arg-type]
    assert [(i.nodeid, i.group) for i in items] == [
        ("tests/runtime/test_chaos.py::z", "tests/runtime/test_chaos.py"),
        (
            "tests/browser/test_every_page.py::test_in_chinese[home]",
            "tests/browser/test_every_page.py::test_in_chinese",
        ),
        ("tests/registry/b.py::y", "tests/registry"),
        ("tests/registry/c.py::w", "tests/registry"),
        ("tests/cases/a.py::x", "tests/cases/a.py"),
        (
            "tests/browser/test_every_page.py::test_the_pages_are_not_looked_at_in_vain",
            "tests/browser/test_every_page.py",
        ),
    ]
