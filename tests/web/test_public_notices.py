"""公示: open to everybody, with a way to object."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

if TYPE_CHECKING:
    from tests.policies.house import House


@pytest.fixture
def house(db: None) -> Iterator[House]:
    from tests.policies.house import build_house
    from tests.support.world import MORNING, build
    from yingshang import timekeeping

    with timekeeping.travel(MORNING):
        yield build_house(build(), notice=7)


def test_everybody_reads_and_may_object(house: House, client: Client) -> None:
    from yingshang import timekeeping
    from yingshang.policies.models import Objection, PublicNotice

    assert "现在没有正在公示的" in client.get("/notices/").content.decode()
    claim = house.passed()
    notice = PublicNotice.objects.get(claim=claim)
    page = client.get("/notices/").content.decode()
    assert "示例机电有限公司" in page and "100,000.02 元" in page
    address = f"/notices/{notice.pk}/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"name": "", "contact": "", "text": ""}).status_code == 422
    said = {"name": "王某", "contact": "13800000000", "text": "合同是关联企业之间的"}
    done = client.post(address, said, follow=True).content.decode()
    assert "异议已收到" in done and "王某" not in done
    assert Objection.objects.get().text == said["text"]
    later = timekeeping.now() + timedelta(days=8)
    with timekeeping.travel(later):
        assert client.post(address, said).status_code == 409
        over = client.get("/notices/").content.decode()
        assert "现在没有正在公示的" in over and "公示过的" in over


def test_every_shell_opens_it(house: House, client: Client) -> None:
    from yingshang.policies.models import PublicNotice

    notice = PublicNotice.objects.get(claim=house.passed())
    for person in (house.world.firm1, house.world.officer):
        client.force_login(person)
        for path in ("/notices/", f"/notices/{notice.pk}/"):
            page = client.get(path)
            assert page.status_code == 200 and page.content.decode().count('id="messages"') == 1
