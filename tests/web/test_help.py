"""The help page, and a navigation without entries that only refuse."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.support.world import World


def headings(client: Client) -> list[str]:
    """The ids of the parts, in the order of the page."""
    answer = client.get("/help/")
    assert answer.status_code == 200
    return re.findall(r'<h2 class="card-title" id="(enterprise|official|leader)"', answer.content.decode())


@pytest.mark.parametrize(
    ("who", "first"), [("firm1", "enterprise"), ("officer", "official"), ("reform", "leader"), ("leader", "leader")]
)
def test_help_begins_with_the_readers_own_part(world: World, sign_in, who: str, first: str) -> None:
    found = headings(sign_in(getattr(world, who).username))
    assert found[0] == first
    assert sorted(found) == ["enterprise", "leader", "official"]


def test_help_can_be_read_before_signing_in(world: World) -> None:
    assert headings(Client()) == ["enterprise", "official", "leader"]


@pytest.mark.parametrize(
    ("who", "pool", "cockpit"),
    [("officer", False, False), ("dispatcher", True, False), ("commerce_lead", False, True), ("reform", True, True)],
)
def test_desk_navigation_shows_what_the_person_may_open(
    world: World, sign_in, who: str, pool: bool, cockpit: bool
) -> None:
    client = sign_in(getattr(world, who).username)
    side = client.get("/desk/tasks/").content.decode().split('class="ys-side"')[1].split("</nav>")[0]
    for address, shown in (("/desk/pool/", pool), ("/cockpit/", cockpit)):
        assert (f'href="{address}"' in side) is shown
        assert (client.get(address).status_code == 200) is shown
