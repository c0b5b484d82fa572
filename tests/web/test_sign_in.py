"""The sign-in page of a demonstration offers somebody of every unit; outside a demonstration it offers nobody."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from yingshang.accounts.models import Unit

pytestmark = pytest.mark.django_db
PAGE = "/accounts/login/"


@pytest.fixture
def district() -> None:
    call_command("load_district", verbosity=0)
    call_command("demo_accounts", verbosity=0)


def offered(page: str) -> list[dict[str, str]]:
    return [json.loads(html.unescape(v)) for v in re.findall(r'data-values="([^"]+)"', page)]


def test_somebody_of_every_unit_can_sign_in(
    district: None, settings: Any, client: Client, django_assert_max_num_queries: Any
) -> None:
    settings.DEMO = True
    client.get(PAGE)  # what is read from the district's folder is read once
    with django_assert_max_num_queries(8):
        page = client.get(PAGE).content.decode()
    values = offered(page)
    assert {"enterprise1", "dispatcher", "power.officer1", "power.unitlead1", "human-resources.officer1"} <= {
        v["login"] for v in values
    }
    kinds = [Unit.Kind.DEPARTMENT, Unit.Kind.STREET, Unit.Kind.PLATFORM]
    colleagues = page.split('id="colleagues"')[1]
    for unit in Unit.objects.filter(kind__in=kinds):
        assert f"<span>{html.escape(unit.label)}</span>" in colleagues, unit.code
    power = next(v for v in values if v["login"] == "power.officer1")
    answer = client.post(PAGE, power)
    assert answer.status_code == 302 and answer["Location"] in ("/", "/desk/")


def test_nobody_is_offered_outside_a_demonstration(district: None, settings: Any, client: Client) -> None:
    settings.DEMO = False
    assert offered(client.get(PAGE).content.decode()) == []
