"""Every address × every role: the table says who may; a new address that is missing there fails the test.

The tables are ``access.txt`` and ``access_policies.txt``, ``access_insight.txt``, ``access_projects.txt``: method, address, the
letters of the roles that may (``probes.ROLES``), or ``-`` for nobody.
What an address lets through is asked of the site itself; the table is what was agreed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.world import World

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


@pytest.mark.parametrize("group", GROUPS)
def test_who_may(world: World, group: str, settings: object) -> None:
    from django.test import Client

    from tests.exchange import insight_scene, policy_scene, probes, project_scene

    settings.API_RATE = 1_000_000  # type: ignore[attr-defined]
    agreed = table()
    scene = probes.Scene(world)
    policy_scene.furnish(scene)
    insight_scene.furnish(scene)
    project_scene.furnish(scene)
    clients = {}
    for letter, (_, username) in probes.ROLES.items():
        clients[letter] = Client(raise_request_exception=True)
        if username:
            clients[letter].force_login(getattr(world, username), backend="django.contrib.auth.backends.ModelBackend")
    wrong = []
    for route in (r for r in probes.routes() if group_of(r.pattern) == group):
        for method in probes.METHODS if route.api else probes.METHODS[:2]:
            statuses = {letter: probes.ask(scene, client, method, route) for letter, client in clients.items()}
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


@pytest.mark.django_db
def test_the_table_names_no_address_that_is_gone() -> None:
    from tests.exchange import probes

    patterns = {r.pattern for r in probes.routes()}
    assert [p for _, p in table() if p not in patterns] == []
