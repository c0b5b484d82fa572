"""Addresses with characters that nothing can be looked for by."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.support.world import World

pytestmark = pytest.mark.django_db

LISTS = [
    "/desk/cases/?q=a%00b", "/desk/tasks/?scenario=%00", "/desk/businesses/?q=%00", "/desk/policies/?q=%00", "/cockpit/?street=%00",
    "/desk/records/?type=%00", "/points/?item=%00", "/way/?aim=%00", "/help/?%00=1",
]  # fmt: skip
PATHS = ["/desk/cases/%00/", "/desk/projects/of/QT%00/", "/portal/cases/%00/", "/%00"]


@pytest.mark.parametrize("path", [*LISTS, *PATHS])
def test_they_are_refused_in_words(world: World, path: str) -> None:
    client = Client(raise_request_exception=True)
    client.force_login(world.reform, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(path)
    assert page.status_code == 400
    assert "网址读不懂" in page.content.decode()
    english = client.get(path, headers={"Accept-Language": "en"})
    assert "cannot be read" in english.content.decode()


def test_the_api_says_so_in_its_own_way(world: World) -> None:
    client = Client(raise_request_exception=True)
    client.force_login(world.reform, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/api/v1/cases?after=%00")
    assert answer.status_code == 400 and answer.json()["code"] == "unreadable"
