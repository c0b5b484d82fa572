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
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


def test_a_foreign_host_is_refused_under_the_policy(world: World) -> None:
    page = at_a_browser(world, "reform").get("/", headers={"Host": "evil.example"})
    assert page.status_code == 400 and "script-src 'self'" in page["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/desk/cases/?q=a%00b", "/desk/cases/?status=%00&category=%00&unit=%00&street=%00", "/desk/tasks/?scenario=%00",
        "/desk/businesses/?q=%00&street=%00&industry=%00", "/desk/policies/?q=%00", "/desk/projects/?state=%00&q=a%00",
        "/desk/records/?type=%00", "/desk/pool/?street=%00", "/desk/escalations/?unit=%00", "/desk/visits/?q=%00",
        "/desk/insight/?scenario=%00", "/cockpit/?street=%00&unit=%00", "/points/?item=%00", "/help/?%00=1",
        "/desk/visits/history/?business=%00", "/desk/visits/plan/?business=%00", "/desk/new/?business=%00&channel=%00",
        "/cockpit/cases/?unit=%00&category=²", "/desk/escalations/?level=²", "/desk/unit/district/open/?handler=²",
        "/desk/cases/?since=0001-01-01&until=9999-12-31", "/desk/records/embedded_service_station/station/export.csv?q=%00",
    ],
)  # fmt: skip
def test_officials_look_for_it_in_vain(world: World, path: str) -> None:
    assert at_a_browser(world, "reform").get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/portal/cases/?q=a%00b&state=%00", "/portal/policies/?q=%00", "/portal/projects/?after=%00"]
)
def test_enterprises_look_for_it_in_vain(world: World, path: str) -> None:
    assert at_a_browser(world, "firm1").get(path).status_code == 200


def test_what_an_enterprise_writes_is_kept_without_it(world: World) -> None:
    client = at_a_browser(world, "firm1")
    asked = client.post("/portal/ask/", {"title": "路灯\0不亮", "text": "\0", "category": "\0", "key": "\0k"})
    assert asked.status_code == 302
    case = world.business.cases.get()
    assert case.title == "路灯不亮"
    for action, field in (("urge", "note"), ("message", "text"), ("escalate", "reason"), ("withdraw", "reason")):
        said = {field: "催\0一下", "key": "\0k", "level": "²"}
        assert client.post(f"/portal/cases/{case.number}/{action}/", said).status_code == 302
    long = client.post("/portal/ask/", {"title": "事", "contact_name": "名" * 61, "contact_phone": "1" * 41})
    assert long.status_code == 422


def test_the_administrators_log_is_searched_for_it_in_vain(world: World) -> None:
    assert at_a_browser(world, "admin").get("/desk/settings/audit/?action=%00&who=%00&object=%00").status_code == 200


def test_the_api_says_so_in_its_own_way(world: World) -> None:
    answer = at_a_browser(world, "reform").get("/api/v1/cases?after=%00")
    assert answer.status_code == 400 and answer.json()["code"] == "unreadable"
