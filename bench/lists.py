"""The clerk's task list and the pool with many cases: p95 of the real pages and of the API, few cases against many."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.conf import settings
from django.test import Client

from bench import crowd, ground
from yingshang.accounts.models import Membership, Person, Role

#: What is asked, by whom.
ASKED = [
    ("tasks_page", "clerk", "/desk/tasks/"),
    ("pool_page", "dispatcher", "/desk/pool/"),
    ("tasks_api", "clerk", "/api/v1/tasks"),
    ("pool_api", "dispatcher", "/api/v1/pool"),
    ("cases_api", "clerk", "/api/v1/cases"),
]


def measure(few: int, many: int, rounds: int) -> Iterator[dict[str, Any]]:
    """One line a list: p95 with ``few`` cases, with ``many``, and their ratio."""
    world = ground.world()
    settings.API_RATE = 1_000_000
    unit = crowd.prepare()
    clerk = Person.objects.create_user(username=f"clerk{time.time_ns()}", kind=Person.Kind.OFFICIAL, name="经办员")
    Membership.objects.create(person=clerk, unit=unit, role=Role.OFFICER, since=date(2020, 1, 1))
    clients = {"clerk": _signed_in(clerk), "dispatcher": _signed_in(world.dispatcher)}
    found: dict[int, dict[str, float]] = {}
    for size in (few, many):
        crowd.grow(size)
        found[size] = {name: _p95(clients[who], path, rounds) for name, who, path in ASKED}
    for name, _, path in ASKED:
        small, large = found[few][name], found[many][name]
        yield {
            "list": name,
            "path": path,
            "ratio": round(large / small, 2),
            "target": "at most 1.5",
            f"p95_ms_{few}": round(small * 1000, 1),
            f"p95_ms_{many}": round(large * 1000, 1),
            "met": large <= 1.5 * small,
        }


def _signed_in(person: Person) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _p95(client: Client, path: str, rounds: int) -> float:
    times = []
    for i in range(rounds + 5):
        began = time.perf_counter()
        answer = client.get(path)
        took = time.perf_counter() - began
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code}")
        if i >= 5:
            times.append(took)
    return statistics.quantiles(times, n=20)[-1]
