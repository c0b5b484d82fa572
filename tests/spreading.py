"""How tests are spread over two processes: a file at a time, the longest first.

``make test`` runs ``pytest -n 2 --dist loadscope``, and :class:`Spread` says what goes together. A file's tests stay
together and in their order, as when one process runs them all: what a file furnishes for all its tests is furnished once,
and no test sees what another file left behind half done. Files that furnish the same costly thing go together. The
longest begin, so that at the end neither process waits for the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadScopeScheduling

#: Files (folders, which then go as one) by their length on an idle machine; everything else follows as collected.
LONGEST = (
    "tests/browser/test_every_page.py",
    "tests/browser/test_stories.py",
    "tests/runtime/test_chaos.py",
    "tests/exchange/test_access_table.py",
    "tests/scenarios/test_stories.py",
    "tests/policies/test_money_machine.py",  # the longest of those that empty the tables
    "tests/insight/test_round_trip.py",
    "tests/decisions/columns/test_spark.py",
    "tests/registry",  # shares the sample population of 120,000
    "tests/cases/test_every_action.py",
    "tests/exchange/test_schema.py",
    "tests/web/test_desk_pages.py",
    "tests/runtime/test_preparation.py",
    "tests/runtime/test_supervisor.py",
    "tests/runtime/test_postgres.py",
)


class Spread(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each process a group at a time. (Marks of groups do not work: they are told by a part of pytest that is gone.)"""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


class Watch:
    """In the process that hands tests out: fails the run when a group was torn apart, which nobody would see otherwise."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if worker := getattr(report, "worker_id", ""):
            self._seen.setdefault(group(report.nodeid), set()).add(worker)

    def torn(self) -> list[str]:
        """The groups whose tests ran in several processes."""
        return sorted(name for name, workers in self._seen.items() if len(workers) > 1)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.torn() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for name in self.torn():
            terminalreporter.write_line(f"ran in several processes: {name}", red=True)


def spread(items: list[pytest.Item]) -> None:
    """Put the groups that take longest first, and last those that empty the database's tables when they have ended."""
    emptying = {group(item.nodeid) for item in items if _empties(item)}
    items.sort(key=lambda item: (group(item.nodeid) in emptying, rank(item.nodeid)))


def _empties(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("django_db")
    return "transactional_db" in getattr(item, "fixturenames", ()) or bool(mark and mark.kwargs.get("transaction"))


def rank(nodeid: str) -> int:
    return next((i for i, path in enumerate(LONGEST) if _within(nodeid, path)), len(LONGEST))


def group(nodeid: str) -> str:
    file = nodeid.split("::")[0]
    return next((path for path in LONGEST if _within(nodeid, path)), file)


def _within(nodeid: str, path: str) -> bool:
    return nodeid.split("::")[0] == path or nodeid.startswith(f"{path}/")


def missing(files: Sequence[str]) -> list[str]:
    """Entries of :data:`LONGEST` that name none of these files."""
    return [path for path in LONGEST if not any(_within(f, path) for f in files)]
