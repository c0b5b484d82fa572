from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from yingshang import timekeeping

# This file is read before Django is set up when tests are named on the command line.
if TYPE_CHECKING:
    from tests.support.world import World
    from yingshang.accounts.models import Person


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """The small district on a working morning."""
    from django.core.cache import caches

    from tests.support.world import MORNING, build

    caches["shared"].clear()
    with timekeeping.travel(MORNING):
        yield build()


class Api:
    """A caller of the REST API with a token of their own."""

    def __init__(self, person: Person, language: str = "zh-hans") -> None:
        from tests.support.world import fresh
        from yingshang.exchange import auth

        self.token = auth.issue(fresh(person), "test")[1]
        self.client = Client(headers={"Authorization": f"Bearer {self.token}", "Accept-Language": language})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1{path}", {k: v for k, v in query.items() if v is not None})

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(f"/api/v1{path}", body, content_type="application/json", headers=headers)

    def act(self, number: str, name: str, body: Any = None, **headers: str) -> Any:
        return self.post(f"/cases/{number}/actions/{name}", body if body is not None else {}, **headers)


@pytest.fixture
def api(world: World) -> Callable[..., Api]:
    """``api("dispatcher")``: that person as a caller."""
    return lambda username, language="zh-hans": Api(getattr(world, username), language)
