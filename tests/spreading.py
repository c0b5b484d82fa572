"""How tests are spread over two processes: a file at a time, the longest first.

``make test`` runs ``pytest -n 2 --dist loadgroup``. A file's tests stay together and in their order, as when one process
runs them all: what a file furnishes for all its tests is furnished once, and no test sees what another file left behind
half done. Files that furnish the same costly thing go together. The longest begin, so that at the end neither process
waits for the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

#: Files (folders, which then go as one; tests of a file, which then go apart from it) by their length
#: on an idle machine; everything else follows as collected.
LONGEST = (
    "tests/runtime/test_chaos.py",
    "tests/browser/test_every_page.py::test_in_chinese",  # each furnishes a house of its own, and takes ten times as long
    "tests/browser/test_every_page.py::test_in_english_on_a_phone",
    "tests/browser/test_stories.py",
    "tests/exchange/test_access_table.py",
    "tests/scenarios/test_stories.py",
    "tests/decisions/columns/test_spark.py",
    "tests/registry",  # shares the sample population of 120,000
    "tests/cases/test_every_action.py",
    "tests/exchange/test_schema.py",
    "tests/web/test_desk_pages.py",
    "tests/runtime/test_preparation.py",
    "tests/runtime/test_supervisor.py",
    "tests/runtime/test_postgres.py",
)


def spread(items: list[pytest.Item]) -> None:
    """Give every test its group, and put the groups that take longest first."""
    items.sort(key=lambda item: _rank(item.nodeid))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item.nodeid)))


def _rank(nodeid: str) -> int:
    return next((i for i, path in enumerate(LONGEST) if _within(nodeid, path)), len(LONGEST))


def _group(nodeid: str) -> str:
    file = nodeid.split("::")[0]
    return next((path for path in LONGEST if _within(nodeid, path)), file)


def _within(nodeid: str, path: str) -> bool:
    return path in (nodeid.split("::")[0], nodeid.split("[")[0]) or nodeid.startswith(f"{path}/")


def missing(files: Sequence[str]) -> list[str]:
    """Entries of :data:`LONGEST` that name none of these files."""
    return [path for path in LONGEST if not any(_within(f, path.split("::")[0]) for f in files)]
