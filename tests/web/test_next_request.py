"""One fact of one business changes: the very next request says what follows, whatever runs stored before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client

if TYPE_CHECKING:
    from tests.policies.house import House

PAGES = ("/portal/policies/", "/portal/policies/sample/C02/")


@pytest.fixture
def house(db: None, settings: object, tmp_path: Path) -> Iterator[House]:
    from tests.policies.house import build_house
    from tests.support.world import MORNING, build
    from yingshang import timekeeping
    from yingshang.rules import runs

    settings.HOME = tmp_path  # type: ignore[attr-defined]
    with timekeeping.travel(MORNING):
        house = build_house(build())
        runs.run()
        yield house


def said(client: Client, house: House) -> tuple[str, ...]:
    """The state of the grant over the API, and whether each page says that the business qualifies for 50,000 yuan."""
    told = client.get(f"/api/v1/businesses/{house.business.uscc}/verdicts").json()["items"]
    state = next(v["state"] for v in told if v["clause"] == "sample/C02")
    pages = [client.get(path).content.decode() for path in PAGES]
    return (state, *("5 万元" in page and "免申即享" in page for page in pages[:1]), "您符合" in pages[1])  # type: ignore[return-value]


def test_the_next_request_shows_what_follows_from_a_changed_fact(house: House, client: Client) -> None:
    from yingshang.registry.facts import correct_fact

    client.force_login(house.world.firm1)
    for value, expected in ((5, ("near", False, False)), (120, ("eligible", True, True)), (19, ("near", False, False))):
        assert said(client, house)[0] != expected[0]
        correct_fact(house.business, "employees", value, source="人社", reason="更正", period="2022", by=None)
        assert said(client, house) == expected


def test_the_next_request_knows_a_rule_that_was_published(house: House, client: Client) -> None:
    from tests.policies.house import GRANT
    from yingshang import timekeeping
    from yingshang.rules import publishing

    client.force_login(house.world.firm1)
    assert said(client, house) == ("eligible", True, True)
    rule, w = house.grant.rule, house.world
    assert rule is not None
    version = publishing.submit(publishing.draft(rule, GRANT.replace("&gt;= 20", "&gt;= 500"), w.officer), w.officer)
    version = publishing.review(version, w.officer2, ok=True)
    today = timekeeping.now().date()
    publishing.publish(version, w.officer, today + timedelta(days=1))
    assert said(client, house)[0] == "eligible"  # not before its day
    with timekeeping.travel(timekeeping.now() + timedelta(days=1)):
        assert said(client, house) == ("near", False, False)
