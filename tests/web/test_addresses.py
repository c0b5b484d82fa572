"""Addresses with a character that nothing can be looked for by."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.support.world import World

pytestmark = pytest.mark.django_db


def at_a_browser(world: World, who: str) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(getattr(world, who), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    "path", ["/desk/cases/%00/", "/desk/projects/of/QT%00/", "/portal/cases/%00/", "/%00", "/api/v1/cases/%00"]
)
def test_a_path_is_refused_in_words(world: World, path: str) -> None:
    client = at_a_browser(world, "reform")
    page = client.get(path)
    assert page.status_code == 400
    assert "网址读不懂" in page.content.decode()
    assert "cannot be read" in client.get(path, headers={"Accept-Language": "en"}).content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/desk/cases/?q=a%00b", "/desk/cases/?status=%00&category=%00&unit=%00&street=%00", "/desk/tasks/?scenario=%00",
        "/desk/businesses/?q=%00&street=%00&industry=%00", "/desk/policies/?q=%00", "/desk/projects/?state=%00&q=a%00",
        "/desk/records/?type=%00", "/desk/pool/?street=%00", "/desk/escalations/?unit=%00", "/desk/visits/?q=%00",
        "/desk/insight/?scenario=%00", "/cockpit/?street=%00&unit=%00", "/points/?item=%00", "/help/?%00=1",
    ],
)  # fmt: skip
def test_officials_look_for_it_in_vain(world: World, path: str) -> None:
    assert at_a_browser(world, "reform").get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/portal/cases/?q=a%00b&state=%00", "/portal/policies/?q=%00", "/portal/projects/?after=%00"]
)
def test_enterprises_look_for_it_in_vain(world: World, path: str) -> None:
    assert at_a_browser(world, "firm1").get(path).status_code == 200


def test_the_api_says_so_in_its_own_way(world: World) -> None:
    answer = at_a_browser(world, "reform").get("/api/v1/cases?after=%00")
    assert answer.status_code == 400 and answer.json()["code"] == "unreadable"
