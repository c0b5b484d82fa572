"""The board of projects: permits by month and class, what is printed beside ours, samples told apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from yingshang.web.views.cockpit_projects import Permit


def permit(number: int, contract: date, days: int) -> Permit:
    from yingshang.web.views.cockpit_projects import Permit

    return Permit(f"QT{number}", f"示例项目{number}", contract, contract + timedelta(days=days), "", False)


@pytest.fixture
def leader(db: None) -> Iterator[Client]:
    from tests.scenarios.driver import Story
    from tests.support.world import MORNING
    from yingshang import districts, timekeeping
    from yingshang.accounts import calendar, roster
    from yingshang.accounts.models import Role

    with timekeeping.travel(MORNING):
        calendar.load(fresh=True)
        roster.install(districts.load("qiantang"), people=False)
        client = Client()
        person = Story().official("district.qiantang", Role.DISTRICT_LEADER)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        yield client


@pytest.mark.parametrize(
    ("days", "group"),
    [
        (0, "same_day"), (1, "two"), (2, "two"), (3, "eighteen"), (18, "eighteen"),
        (19, "mean"), (79, "mean"), (80, "longer"), (115, "longer"),
    ],
)  # fmt: skip
def test_classes_are_bounded_by_what_is_printed(days: int, group: str) -> None:
    assert permit(1, date(2023, 1, 1), days).group == group


def test_months_are_those_of_the_permit() -> None:
    from yingshang.web.views.cockpit_figures import Period
    from yingshang.web.views.cockpit_projects import by_month

    period = Period(date(2022, 12, 15), date(2023, 2, 10))
    held = [permit(1, date(2022, 12, 30), 2), permit(2, date(2023, 1, 3), 0), permit(3, date(2022, 11, 1), 100)]
    rows = {r["month"]: r for r in by_month(held, period)}
    assert list(rows) == ["2022-12", "2023-01", "2023-02"]
    assert (rows["2023-01"]["count"], rows["2023-01"]["counts"]) == (2, [1, 1, 0, 0, 0])
    assert rows["2023-01"]["mean"] == 1
    assert (rows["2022-12"]["count"], rows["2022-12"]["mean"]) == (0, None)
    assert rows["2023-02"]["count"] == 1


def test_no_project_is_no_data_and_the_printed_figures_stand(leader: Client) -> None:
    page = leader.get("/cockpit/projects/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "还没有数" in text and page.context["mean"] is None
    for printed in ("79.5", "115", "94", "55.55", "61.54", "39.99", "47.82", "当天开工，全省最快"):
        assert printed in text, printed
    rates = page.context["charts"]["rates"]["series"]
    assert rates[0]["data"] == [None] * 5 and rates[1]["data"] == [39.99, 100, 55.55, 47.82, 61.54]


def told(monkeypatch: pytest.MonkeyPatch, *held: Permit) -> None:
    from yingshang.web.views import cockpit_projects

    monkeypatch.setattr(cockpit_projects, "permits", lambda _period, samples: list(held))


def test_a_month_and_a_class_list_their_projects(leader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    told(
        monkeypatch,
        permit(1, date(2023, 3, 1), 0),
        permit(2, date(2023, 3, 1), 18),
        permit(3, date(2023, 1, 9), 79),
    )

    def listed(**query: str) -> list[str]:
        return [p.number for p, _group in leader.get("/cockpit/projects/", query).context["listed"]]

    assert listed() == ["QT1", "QT2", "QT3"]
    assert listed(month="2023-03") == ["QT1", "QT2", "QT3"]
    assert listed(month="2023-03", group="eighteen") == ["QT2"]
    assert listed(group="longer") == []
    page = leader.get("/cockpit/projects/", {"since": "2023-01-01"})
    assert (page.context["mean"], page.context["median"], page.context["fastest"]) == (pytest.approx(97 / 3), 18, 0)
    month = next(s for s in page.context["charts"]["months"]["series"] if s["type"] == "line")["data"][2]
    assert month["value"] == pytest.approx(32.3) and "month=2023-03" in month["url"]
    assert leader.get(month["url"].split("#")[0]).status_code == 200


@pytest.mark.django_db
def test_only_real_projects_count_outside_the_demo(django_assert_num_queries: Any) -> None:
    from yingshang.web.views.cockpit_figures import Period
    from yingshang.web.views.cockpit_projects import permits

    period = Period(date(2023, 1, 1), date(2023, 12, 31))
    with django_assert_num_queries(1) as asked:
        assert permits(period, samples=False) == []
    assert "synthetic" in asked.captured_queries[0]["sql"].split("WHERE")[1]


def test_only_those_who_see_the_district(leader: Client) -> None:
    from tests.scenarios.driver import Story

    officer = Story().official("dept.approval")
    leader.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    assert leader.get("/cockpit/projects/").status_code == 403
