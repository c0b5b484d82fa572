"""Every address × every role: the table says who may; a new address that is missing there fails the test.

The tables are ``access.txt`` and ``access_policies.txt``, ``access_insight.txt``, ``access_projects.txt``: method, address, the
letters of the roles that may (``probes.ROLES``), or ``-`` for nobody.
What an address lets through is asked of the site itself; the table is what was agreed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from yingshang import timekeeping

# This file is read before Django is set up when tests are named on the command line.
if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

    from tests.exchange.probes import Scene

TABLES = [Path(__file__).with_name(f"access{of}.txt") for of in ("", "_policies", "_insight", "_projects")]
GROUPS = (
    "api/v1/cases",
    "api/v1/",
    "desk/cases",
    "desk/policies",
    "desk/insight",
    "desk/",
    "cockpit/",
    "portal/",
    "accounts/",
    "",
)


def table() -> dict[tuple[str, str], str]:
    """(method, address) → letters."""
    found = {}
    for line in "\n".join(t.read_text(encoding="utf-8") for t in TABLES).splitlines():
        if line and not line.startswith("#"):
            method, pattern, letters = line.split(" ")
            found[method, pattern.removeprefix("/")] = "" if letters == "-" else letters
    return found


def group_of(pattern: str) -> str:
    return next(g for g in GROUPS if pattern.startswith(g))


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    """One of everything, for all groups: what a request does is undone at once (``probes.ask``)."""
    from django.core.cache import caches
    from django.db import transaction

    from tests.exchange import insight_scene, policy_scene, probes, project_scene
    from tests.support.world import MORNING, build

    with django_db_blocker.unblock(), timekeeping.travel(MORNING), transaction.atomic():
        caches["shared"].clear()
        scene = probes.Scene(build())
        policy_scene.furnish(scene)
        insight_scene.furnish(scene)
        project_scene.furnish(scene)
        yield scene
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("group", GROUPS)
def test_who_may(scene: Scene, group: str, settings: object) -> None:
    from django.test import Client

    from tests.exchange import probes

    settings.API_RATE = 1_000_000  # type: ignore[attr-defined]
    agreed = table()
    clients = {}  # of this group alone: one of the addresses signs out
    for letter, (_, username) in probes.ROLES.items():
        clients[letter] = Client(raise_request_exception=True)
        if username:
            person = getattr(scene.world, username)
            clients[letter].force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    wrong = []
    for route in (r for r in probes.routes() if group_of(r.pattern) == group):
        for method in probes.METHODS if route.api else probes.METHODS[:2]:
            statuses = {}
            for letter, client in clients.items():
                statuses[letter] = probes.ask(scene, client, method, route)
                if statuses[letter] == 405:
                    break
            if 405 in statuses.values():
                continue
            # The one address that answers 5xx on purpose: no worker runs in the tests.
            assert max(statuses.values()) < 500 or route.pattern == "healthz", (method, route.pattern, statuses)
            letters = "".join(x for x, s in statuses.items() if probes.allowed(s))
            expected = agreed.get((method, route.pattern))
            if expected != letters:
                said = "missing" if expected is None else f"agreed {expected or '-'}"
                wrong.append(f"{method} /{route.pattern} {letters or '-'}    # {said}; answers {statuses}")
    assert not wrong, "the table and the site differ:\n" + "\n".join(wrong)


def test_the_table_names_no_address_that_is_gone() -> None:
    from tests.exchange import probes

    patterns = {r.pattern for r in probes.routes()}
    assert [p for _, p in table() if p not in patterns] == []
