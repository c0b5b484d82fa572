"""The clerk's task list and the pool with many cases: p95 of the real pages and of the API, few cases against many."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django.conf import settings
from django.test import Client

from bench import crowd, ground
from yingshang.accounts.models import Membership, Person, Role
from yingshang.cases.warming import warm

#: What is asked, by whom.
ASKED = [
    ("tasks_page", "clerk", "/desk/tasks/"),
    ("pool_page", "dispatcher", "/desk/pool/"),
    ("tasks_api", "clerk", "/api/v1/tasks"),
    ("pool_api", "dispatcher", "/api/v1/pool"),
    ("cases_api", "clerk", "/api/v1/cases"),
]


def measure(few: int, many: int, rounds: int) -> Iterator[dict[str, Any]]:
    """One line a list: p95 with ``few`` cases, with ``many``, and their ratio.

    The few are in a database beside the many, and every round asks both, so that a busy moment of the machine is shared.
    """
    world = ground.world()
    settings.API_RATE = 1_000_000
    warm()  # as a serving process is
    ground.empty_cases()
    unit = crowd.prepare()
    clerk = Person.objects.create_user(username=f"clerk{time.time_ns()}", kind=Person.Kind.OFFICIAL, name="经办员")
    Membership.objects.create(person=clerk, unit=unit, role=Role.OFFICER, since=date(2020, 1, 1))
    # Sessions lie in the database: signed in before it is copied, the same browser asks both.
    clients = {"clerk": _signed_in(clerk), "dispatcher": _signed_in(world.dispatcher)}
    crowd.grow(few)
    with ground.beside(f"{ground.NAME}_few") as use:
        crowd.grow(many)
        for name, who, path in ASKED:
            small, large = _p95s(clients[who], path, rounds, use)
            yield {
                "list": name,
                "path": path,
                "ratio": round(large / small, 2),
                "target": "at most 1.5",
                f"p95_ms_{few}": round(small * 1000, 1),
                f"p95_ms_{many}": round(large * 1000, 1),
                "rounds": rounds,
                "met": large <= 1.5 * small,
            }


def _signed_in(person: Person) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _p95s(client: Client, path: str, rounds: int, use: Callable[[bool], None]) -> tuple[float, float]:
    """The 95th percentile of both databases in seconds: the few, the many."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for i in range(rounds + 5):
        for few in (True, False) if i % 2 else (False, True):
            use(few)
            took = _once(client, path)
            if i >= 5:
                times[few].append(took)
    few_p95, many_p95 = (statistics.quantiles(times[few], n=20)[-1] for few in (True, False))
    return few_p95, many_p95


def _once(client: Client, path: str) -> float:
    began = time.perf_counter()
    answer = client.get(path)
    took = time.perf_counter() - began
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")
    return took
