"""Service points: found by errand and place by anybody, kept on the desk, read from the district's folder."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from yingshang import districts
from yingshang.districts import service_points

if TYPE_CHECKING:
    from tests.scenarios.driver import Story


@pytest.fixture
def network(db: None) -> Iterator[Story]:
    """The reference district with its service points; people come as they are named."""
    from tests.scenarios.driver import Story
    from tests.support.world import MORNING
    from yingshang import timekeeping
    from yingshang.accounts import calendar, roster

    with timekeeping.travel(MORNING):
        calendar.load(fresh=True)
        roster.install(districts.load("qiantang"), people=False)
        call_command("load_service_points", verbosity=0)
        yield Story()


@pytest.fixture
def firm(network: Story, client: Client) -> Client:
    """A firm of Xiasha at the browser."""
    handler = network.handler(network.business("示例企业", "2018-01-01", "street.xiasha"))
    client.force_login(handler, backend="django.contrib.auth.backends.ModelBackend")
    return client


def shown(page: Any) -> list[str]:
    return [row.found.point.code for row in page.context["rows"]]


# --- the page -----------------------------------------------------------------------------------------------------------


def test_anybody_finds_the_nearest_point_for_an_errand(network: Story, client: Client) -> None:
    page = client.get("/points/", {"item": "法务服务", "near": "street.qianjin"})
    assert shown(page) == ["station.pharma_port"], "only where it is told"
    page = client.get("/points/", {"item": "社保医保", "near": "community.yilong"})
    rows = page.context["rows"]
    assert shown(page)[0] == "community.yilong" and rows[0].found.km == 0
    assert [r.found.km for r in rows] == sorted(r.found.km for r in rows)
    assert "示意图上 0.0 公里" in page.content.decode()


def test_without_a_position_no_distance_is_made_up(network: Story, client: Client) -> None:
    page = client.get("/points/", {"item": "就业", "near": "street.linjiang", "kind": "村社"})
    assert {r.found.km for r in page.context["rows"]} == {None}
    assert all(r.found.same_street for r in page.context["rows"])
    text = page.content.decode()
    assert "同一街道" in text and "公里<" not in text


def test_a_place_on_the_drawing(network: Story, client: Client) -> None:
    page = client.get("/points/", {"x": "31", "y": "9", "kind": "延伸点"})
    assert shown(page)[0] == "extension.self.2"
    assert page.context["drawing"]["place"] == (31.0, 9.0)
    for x, y in (("nan", "1"), ("inf", "1"), ("a", "b"), ("1", "")):
        assert client.get("/points/", {"x": x, "y": y}).context["place"].at is None


def test_both_printed_numbers_of_village_points_stand(network: Story, client: Client) -> None:
    text = client.get("/points/").content.decode()
    assert "1+2+7+6+116+X" in text and "公式写 116，两处不一致，照录" in text
    row = next(s for s in client.get("/points/").context["sizes"] if s["key"] == "村社")
    assert (row["have"], row["printed"].count, row["printed"].formula) == (120, 120, 116)


def test_a_firm_begins_at_its_own_street_and_hands_it_over_online(firm: Client) -> None:
    page = firm.get("/points/")
    assert page.context["chosen"] == "street.xiasha"
    link = re.search(
        r'href="(/portal/services/service_network_1_2_7_6/any_item/\?f_point=[^"]+)"', page.content.decode()
    )
    assert link
    form = firm.get(link[1])
    assert form.status_code == 200
    value = re.search(r'name="f_point" value="([^"]+)"', form.content.decode())
    assert value and f"f_point={value[1]}" in link[1]
    assert '<option value="义隆社区">' in form.content.decode()


def test_a_firms_errand_at_a_community_is_that_communitys(firm: Client) -> None:
    from yingshang.cases.models import Case

    said = {"title": "参保", "f_point": "义隆社区", "f_what": "职工参保登记", "key": "k"}
    sent = firm.post("/portal/services/service_network_1_2_7_6/any_item/", said)
    assert sent.status_code == 302
    assert Case.objects.latest("pk").lead_unit.code == "community.yilong"


def test_the_page_asks_few_queries(network: Story, client: Client, django_assert_max_num_queries: Any) -> None:
    client.get("/points/")
    with django_assert_max_num_queries(4):
        client.get("/points/", {"item": "税务"})


def test_a_real_position_is_not_measured_against_the_drawing(network: Story, client: Client) -> None:
    from yingshang.cases import records
    from yingshang.registry.models import Record

    held = Record.objects.get(type="service_network_1_2_7_6.point", key="centre")
    real = {**held.data, "x": "120.4937", "y": "30.3229", "exact": True}
    records.correct(held, real, None, reason="测绘", seen=1)
    page = client.get("/points/", {"item": "投资项目审批", "x": "10", "y": "12"})
    km = {r.found.point.code: r.found.km for r in page.context["rows"]}
    assert km["centre"] is None and km["station.pharma_port"] is not None
    assert all(p["name"] != "区级行政服务中心" for p in page.context["drawing"]["points"])


# --- the desk -----------------------------------------------------------------------------------------------------------


def test_the_desk_shows_what_is_lacking_and_leads_to_the_record(network: Story, client: Client) -> None:
    from yingshang.accounts.models import Role

    clerk = network.official("dept.reform", Role.REFORM_OFFICE)
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/desk/points/", {"lack": "source"})
    assert {p.kind for p, _, _ in page.context["points"]} == {"延伸点"} and page.context["count"] == 4
    matrix = {row["item"]: row["counts"] for row in page.context["matrix"]}
    assert matrix["法务服务"] == [0, 0, 0, 1, 0, 0]
    assert matrix["税务"][4] == 120, "any item at one window"
    point = page.context["points"][0][0]
    assert client.get(f"/desk/records/service_network_1_2_7_6/point/{point.pk}/").status_code == 200
    assert not client.get("/desk/points/", {"street": "x", "kind": "y"}).context["points"]


# --- loading ------------------------------------------------------------------------------------------------------------


def test_loading_again_changes_nothing_and_keeps_what_was_corrected(network: Story) -> None:
    from yingshang.cases import records
    from yingshang.registry.models import Record
    from yingshang.scenarios.service_network_1_2_7_6 import points

    told = service_points.load(districts.load("qiantang"))
    assert told is not None and points.install(told, samples=True) == {}
    point = Record.objects.get(type=points.POINT, key="centre")
    records.correct(point, {**point.data, "address": "示例路 1 号"}, None, reason="区数据", seen=1)
    assert points.install(told, samples=True) == {points.POINT: 1}, "what no official wrote follows the file"
    point.refresh_from_db()
    assert "address" not in point.data
    clerk = network.official("dept.approval")
    records.correct(point, {**point.data, "address": "示例路 2 号"}, clerk, reason="搬了", seen=3)
    assert points.install(told, samples=True) == {}
    point.refresh_from_db()
    assert point.data["address"] == "示例路 2 号"


def test_samples_stay_out_where_they_are_not_wanted(db: None) -> None:
    from yingshang.accounts import roster
    from yingshang.registry.models import Record
    from yingshang.scenarios.service_network_1_2_7_6 import points

    district = districts.load("qiantang")
    roster.install(district, people=False)
    told = service_points.load(district)
    assert told is not None
    points.install(told, samples=False)
    held = Record.objects.filter(type__in=[points.POINT, points.AGENT])
    assert held.exists() and all(r.data.get("source") for r in held)


def test_the_items_of_the_list_are_the_choices_of_the_record() -> None:
    from yingshang.cases import records
    from yingshang.scenarios.service_network_1_2_7_6 import points

    prop = records.schema_of(points.POINT)["properties"]
    assert [i.name for i in points.items()] == prop["items"]["items"]["enum"]
    assert list(service_points.KINDS) == prop["kind"]["enum"]


def test_mistakes_of_the_file_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "qiantang"
    shutil.copytree(districts.load("qiantang").folder, folder)
    file = folder / service_points.FILE
    text = file.read_text(encoding="utf-8")
    for wrong, right, said in (
        ('kind = "分中心"\nunit', 'kind = "分站"\nunit', "kind"),
        ('street = "street.baiyang"\nat', 'street = "street.nowhere"\nat', "street.nowhere"),
        ('code = "sub_centre.2"', 'code = "sub_centre.1"', "sub_centre.1"),
        ("at = [10.5, 12.6]", 'at = "中间"', "[x, y]"),
        ('point = "centre"', 'point = "nowhere"', "nowhere"),
        ('geometry = "schematic"', 'geometry = "flat"', "geometry"),
        ("outline = [[27, 11.5], [34, 13], [35, 6], [28, 5]]", "outline = [[27, 11.5]]", "outline"),
        ('name = "示例银行网点一（代办政务）"', 'name = "银行网点一"', "示例"),
    ):
        assert wrong in text
        file.write_text(text.replace(wrong, right), encoding="utf-8")
        with pytest.raises(districts.BadDistrict) as bad:
            service_points.load(districts.load(folder))
        assert any(said in str(p) and p.file == service_points.FILE for p in bad.value.problems)
    file.unlink()
    assert service_points.load(districts.load(folder)) is None


def test_a_district_without_points_says_so(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from yingshang.web.views import points

    monkeypatch.setattr(points, "load", lambda _district: None)
    page = client.get("/points/")
    assert page.status_code == 200 and page.context["drawing"] is None
    assert "没有找到" in page.content.decode()


# --- geometry -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 60), st.sampled_from([0, 0.5]))
def test_points_are_spread_inside_the_outline(count: int, shift: float) -> None:
    outline = ((0.0, 12.0), (6.0, 10.0), (9.0, 13.0), (7.0, 19.0), (1.0, 18.0))
    spots = service_points.spread(outline, count, shift)
    assert len(set(spots)) == len(spots) == count
    assert all(service_points.inside(outline, x, y) for x, y in spots)
    assert spots == service_points.spread(outline, count, shift)


place = st.tuples(st.floats(73, 135), st.floats(18, 53))


@given(place, place)
def test_distance_over_the_earth(a: tuple[float, float], b: tuple[float, float]) -> None:
    from yingshang.scenarios.service_network_1_2_7_6.points import distance

    km = distance(a, b, exact=True)
    assert math.isclose(km, distance(b, a, exact=True), abs_tol=1e-9)
    # The spherical law of cosines, another way to the same figure.
    (lon1, lat1), (lon2, lat2) = ([math.radians(v) for v in p] for p in (a, b))
    cosine = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(lon1 - lon2)
    assert math.isclose(km, 6371.0088 * math.acos(min(1, max(-1, cosine))), rel_tol=1e-6, abs_tol=0.2)


def test_distance_between_two_known_towns() -> None:
    from yingshang.scenarios.service_network_1_2_7_6.points import distance

    hangzhou, shanghai = (120.15, 30.28), (121.47, 31.23)
    assert 160 < distance(hangzhou, shanghai, exact=True) < 170
    assert distance((0, 0), (3, 4), exact=False) == 5


def test_the_drawing_is_plain_data(network: Story, client: Client) -> None:
    text = client.get("/points/").content.decode()
    held = re.search(r'<script id="points-drawing" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert held
    drawing = json.loads(held[1])
    assert (len(drawing["areas"]), len(drawing["points"]), drawing["geometry"]) == (7, 140, "schematic")
