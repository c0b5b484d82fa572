"""The first board: each figure equals the list behind it, for everyone who may look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.world import MORNING, World
from tests.web.test_desk_pages import to_pool
from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.cases import actions
from yingshang.cases.models import Case
from yingshang.projects.models import ItemList, Project, ProjectItem
from yingshang.web.views import cockpit_figures

As = Callable[[str], Client]
PERIOD = "since=2023-04-01&until=2023-05-31"


@pytest.fixture
def cases(world: World) -> list[Case]:
    """Seven demands at different stages: one solved, one closed unsolved, two called, one withdrawn, the rest waiting."""
    opened = []
    for n in range(7):
        firm, business = (world.firm1, world.business) if n % 2 else (world.firm2, world.other_business)
        case = actions.open_case(
            firm, scenario="qifu_express", service="demand", title=f"第 {n} 件事", business=business,
            category="storefront" if n < 3 else "",
        )  # fmt: skip
        opened.append(case)
    for n in range(4):
        case = to_pool(world, Case.objects.get(pk=opened[n].pk))
        case = actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"])
        case = actions.sign_for(case, world.officer)
        with timekeeping.travel(MORNING + timedelta(minutes=10 * (n + 1))):
            case = actions.contact(case, world.officer, note="已联系")
        if n < 2:
            case = actions.answer(case, world.officer, text="已办")
            firm = world.firm2 if n == 0 else world.firm1
            actions.confirm(case, firm, solved=True)
    # Closed by an import of history, without anybody having said that it is solved.
    Case.objects.filter(pk=opened[1].pk).update(solved=None)
    actions.withdraw(opened[6], world.firm2, reason="自己解决了")
    return opened


def board(client: Client, query: str = PERIOD):  # type: ignore[no-untyped-def]
    return client.get(f"{reverse('cockpit:board')}?{query}").context


def behind(client: Client, what: str, **more: object) -> list[Case]:
    extra = "".join(f"&{k}={v}" for k, v in more.items())
    return client.get(f"{reverse('cockpit:cases')}?what={what}&{PERIOD}{extra}").context["page"].rows


def test_the_figures(world: World, cases: list[Case], sign_in: As) -> None:
    with timekeeping.travel(MORNING + timedelta(days=20)):
        context = board(sign_in("reform"))
    total = context["total"]
    assert (total.open, total.received, total.closed, total.solved) == (4, 6, 2, 1)
    assert total.closed_rate == pytest.approx(2 / 6)
    assert total.solved_rate == pytest.approx(1 / 6)
    assert total.overdue == 4
    # 10, 20, 30 and 40 minutes of one working morning.
    assert (context["minutes"], context["sample"]) == (25, 4)
    april = next(r for r in context["trend"] if r["month"].month == 4)
    assert (april["received"], april["closed"], april["solved"]) == (6, 2, 1)


def test_every_figure_equals_the_list_behind_it(world: World, cases: list[Case], sign_in: As) -> None:
    with timekeeping.travel(MORNING + timedelta(days=20)):
        for username in ("reform", "leader", "auditor", "commerce_lead", "street_lead"):
            client = sign_in(username)
            context = board(client)
            for what in cockpit_figures.COUNTED:
                assert len(behind(client, what)) == getattr(context["total"], what), (username, what)
                for dimension, rows in context["tables"].items():
                    for row in rows:
                        shown = behind(client, what, **{dimension: row["key"]})
                        assert len(shown) == getattr(row["tally"], what), (username, what, dimension, row["name"])


def test_claims_and_what_a_project_consists_of_are_no_demands(world: World, cases: list[Case], sign_in: As) -> None:
    client = sign_in("reform")
    assert board(client)["total"].received == 6
    open_ones = [c for c in cases if Case.objects.get(pk=c.pk).status != "closed"]
    Case.objects.filter(pk=open_ones[0].pk).update(scenario="policy_delivery", service="correction")
    listed = ItemList.objects.create(version=9_999, digest="0" * 64, document={})
    project = Project.objects.create(
        number="XM1", name="示例厂房", kind="new_land", business=world.business, case=open_ones[1], listed=listed
    )
    Case.objects.filter(pk=open_ones[1].pk).update(scenario="joint_review_center", service="project")
    ProjectItem.objects.create(
        project=project, code="drainage", name="示例事项", case=open_ones[2], state=ProjectItem.State.RUNNING,
        planned_start=MORNING.date(), planned_finish=MORNING.date(), ready_at=MORNING, started_at=MORNING,
    )  # fmt: skip
    total = board(client)["total"]
    assert total.received == len(behind(client, "received")) == 3
    assert total.open == len(behind(client, "open")) == 1


def test_leads_see_their_part_and_others_nothing(world: World, cases: list[Case], sign_in: As) -> None:
    commerce, street = board(sign_in("commerce_lead")), board(sign_in("street_lead"))
    assert commerce["total"].received == 4
    # Odd ones are of the business in Xiasha street; the withdrawn one is not counted.
    assert street["total"].received == 3
    assert not commerce["whole"]
    assert sign_in("commerce_lead").get(reverse("cockpit:published")).status_code == 403
    for username in ("officer", "dispatcher", "admin"):
        assert sign_in(username).get(reverse("cockpit:board")).status_code == 403
    assert sign_in("firm1").get(reverse("cockpit:board")).status_code == 403


def test_published_figures_stand_beside_ours_with_their_source(world: World, cases: list[Case], sign_in: As) -> None:
    answer = sign_in("leader").get(f"{reverse('cockpit:published')}?{PERIOD}")
    handled = next(r for r in answer.context["rows"] if r["indicator"].id == "handled")
    assert (handled["indicator"].published.value, handled["ours"].value) == (270, 2)
    assert "L1008" in answer.content.decode()
    assert reverse("cockpit:published") in sign_in("leader").get(reverse("cockpit:board")).content.decode()
    everything = sign_in("leader").get(f"{reverse('cockpit:indicators')}?{PERIOD}")
    assert everything.status_code == 200


def test_the_board_takes_few_queries_whatever_the_number_of_cases(
    world: World, cases: list[Case], sign_in: As, django_assert_max_num_queries: Callable[..., object]
) -> None:
    client = sign_in("commerce_lead")
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        board(client)


def test_working_seconds_agree_with_the_calendar_around_a_holiday(world: World) -> None:
    known = calendar.load()
    start = datetime(2023, 4, 28, 16, 0, tzinfo=timekeeping.SHANGHAI)
    pairs = [(start + timedelta(minutes=17 * n), start + timedelta(minutes=17 * n + 191 * n)) for n in range(60)]
    expected = [known.working_seconds_between(a, b) for a, b in pairs]
    assert list(cockpit_figures.working_seconds(pairs)) == pytest.approx(expected)


def test_a_period_nobody_asked_for(world: World, sign_in: As) -> None:
    client = sign_in("reform")
    for query in ("since=x&until=y", "since=2023-05-01&until=2023-04-01", "since=0001-01-01&until=9999-12-31"):
        assert client.get(f"{reverse('cockpit:board')}?{query}").status_code == 200, query
    assert client.get(reverse("cockpit:cases") + "?what=x&unit=y&category=z&after=!").status_code == 200
