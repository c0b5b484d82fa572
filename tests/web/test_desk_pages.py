"""Every page of the desk and the cockpit opens for those it is for, and is refused to others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.world import World
from yingshang import timekeeping
from yingshang.activities import actions as activities
from yingshang.activities.models import Activity
from yingshang.cases import actions
from yingshang.cases.models import Case, Category, Escalation, Procedure, Promise, Task

As = Callable[[str], Client]


@pytest.fixture
def case(world: World) -> Case:
    """A demand in the pool with a proposal."""
    return actions.open_case(
        world.firm1,
        scenario="qifu_express",
        service="demand",
        title="厂区门口道路夜间照明不足",
        text="员工晚班下班看不清路,希望协调处理。",
        business=world.business,
    )


def handled(world: World, case: Case) -> Case:
    """Dispatched to commerce, signed for, the enterprise called."""
    case = to_pool(world, case)
    case = actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"])
    case = actions.sign_for(case, world.officer)
    return actions.contact(case, world.officer, note="已电话联系")


def to_pool(world: World, case: Case) -> Case:
    from yingshang.accounts.models import Membership

    if case.status == "pool":
        return case
    member = Membership.objects.filter(unit=case.lead_unit).first()
    assert member is not None
    return actions.return_case(case, member.person, reason="不属本单位")


def visit_of(world: World) -> Activity:
    return activities.plan(
        world.economy_officer,
        scenario="service_officer",
        kind="visit",
        title="走访",
        starts_at=timekeeping.now() + timedelta(hours=1),
        unit=world.units["dept.economy"],
        business=world.business,
    )


def pages(world: World, case: Case) -> dict[str, set[str]]:
    """Address → who may open it (of the small district's people)."""
    actions.escalate(case, world.firm1, reason="等了很久")
    escalation = Escalation.objects.get(case=case, settled_at__isnull=True)
    meeting = activities.convene(
        world.reform,
        escalations=[escalation],
        title="专题协调会",
        starts_at=timekeeping.now() + timedelta(days=1),
        unit=world.units["district"],
    )
    root = actions.name_root_cause(world.reform, title="路灯管养不清", owner=world.units["dept.commerce"], cases=[case])
    officials = {p for p in world.people if not p.startswith("firm")}
    settings = {"reform", "admin", "auditor"}
    editors = {"reform", "admin"}
    promise, category = Promise.objects.filter(until=None).first(), Category.objects.first()
    procedure = Procedure.objects.first()
    assert promise and category and procedure
    leads = {"commerce_lead", "street_lead", "reform", "leader", "auditor"}
    district = {"reform", "leader", "auditor"}
    # The street reads it by its place; the administrator as a member of the district's own unit, to which it climbed.
    readers = {
        "reform",
        "leader",
        "auditor",
        "dispatcher",
        "officer",
        "officer2",
        "commerce_lead",
        "street_lead",
        "admin",
    }
    return {
        reverse("desk:home"): officials,
        reverse("desk:tasks"): officials,
        reverse("desk:pool"): {"dispatcher", "reform"},
        reverse("desk:pool_dispatch", args=[case.number]): {"dispatcher", "reform"},
        reverse("desk:new"): officials - {"admin", "auditor"},
        reverse("desk:businesses") + "?q=示例": officials,
        reverse("desk:cases"): officials,
        reverse("desk:cases") + "?q=路灯&status=open&since=2023-01-01": officials,
        reverse("desk:case", args=[case.number]): readers,
        reverse("desk:visits"): officials,
        reverse("desk:visit_plan"): officials,
        reverse("desk:visit_history") + "?whose=all": officials,
        reverse("desk:campaigns"): officials,
        reverse("desk:visit", args=[visit_of(world).pk]): {
            "economy_officer",
            "economy_officer2",
            "dispatcher",
            *district,
        },
        reverse("desk:escalations"): officials,
        reverse("desk:escalations") + "?list=common&level=1": officials,
        reverse("desk:root_causes"): officials,
        reverse("desk:root_cause", args=[root.pk]): officials,
        reverse("desk:meetings"): officials,
        reverse("desk:meeting_plan"): officials,
        reverse("desk:unit"): officials,
        reverse("desk:unit_of", args=["dept.commerce"]): {"officer", "officer2", "commerce_lead", *district},
        reverse("desk:unit_cases", args=["dept.commerce", "overdue"]): {
            "officer",
            "officer2",
            "commerce_lead",
            *district,
        },
        reverse("desk:settings"): officials,
        reverse("desk:promises"): settings,
        reverse("desk:promise", args=[promise.pk]): editors,
        reverse("desk:categories"): settings,
        reverse("desk:category", args=[category.pk]): editors,
        reverse("desk:calendar"): settings,
        reverse("desk:calendar_year", args=[2030]): settings,
        reverse("desk:procedures"): settings,
        reverse("desk:procedure", args=[procedure.pk]): settings,
        reverse("desk:procedure_diagram", args=[procedure.pk]): settings,
        reverse("desk:imports"): {"dispatcher", "reform", "commerce_lead", "street_lead"},
        reverse("desk:import_template"): {"dispatcher", "reform", "commerce_lead", "street_lead"},
        reverse("desk:audit"): {"auditor", "admin"},
        reverse("desk:meeting", args=[meeting.pk]): set(district)
        | {"dispatcher", "admin", "officer", "officer2", "commerce_lead"},
        reverse("cockpit:board"): leads,
        reverse("cockpit:cases") + "?what=overdue": leads,
        reverse("cockpit:published"): district,
        reverse("cockpit:indicators"): district,
    }


def test_every_page_opens_for_those_it_is_for_and_for_nobody_else(world: World, case: Case, sign_in: As) -> None:
    case = handled(world, case)
    wrong = []
    for address, allowed in pages(world, case).items():
        for username in world.people:
            answer = sign_in(username).get(address)
            expected = answer.status_code in (200, 302) if username in allowed else answer.status_code in (403, 404)
            if not expected:
                wrong.append(f"{address} as {username}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_a_stranger_is_led_to_sign_in(world: World, client: Client) -> None:
    for name in ("desk:home", "desk:pool", "cockpit:board"):
        answer = client.get(reverse(name))
        assert answer.status_code == 302
        assert "login" in answer["Location"]


def test_the_home_page_asks_the_database_at_most_twelve_times(
    world: World, case: Case, sign_in: As, django_assert_max_num_queries: Callable[..., object]
) -> None:
    handled(world, case)
    visit_of(world)
    for username in ("officer", "commerce_lead", "economy_officer", "dispatcher", "reform"):
        client = sign_in(username)
        with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
            answer = client.get(reverse("desk:home"))
        assert len(answer.content) < 150_000


def test_the_home_page_puts_what_is_late_first(world: World, case: Case, sign_in: As) -> None:
    handled(world, case)
    with timekeeping.travel(timekeeping.now() + timedelta(days=30)):
        groups = sign_in("officer").get(reverse("desk:home")).context["groups"]
    assert [str(g.title) for g in groups] == ["已逾期"]
    assert groups[0].tasks[0].case_id == case.pk


def test_tasks_page_by_page_miss_none_and_repeat_none(world: World, case: Case, sign_in: As) -> None:
    case = handled(world, case)
    due = timekeeping.now()
    unit = world.units["dept.commerce"]
    # Ties in the deadline, tasks without one, addressed to the person and to the unit at large.
    Task.objects.bulk_create(
        Task(
            case=case,
            kind=Task.Kind.COHANDLE,
            name=f"协办{i}",
            unit=unit,
            person=world.officer if i % 3 == 0 else None,
            due_at=None if i % 5 == 0 else due + timedelta(hours=i // 10),
        )
        for i in range(95)
    )
    client, seen, address = sign_in("officer"), [], reverse("desk:tasks")
    while address:
        answer = client.get(address)
        page = answer.context["page"]
        seen += [t.pk for t in page]
        address = f"{reverse('desk:tasks')}?after={page.next}" if page.next else ""
    expected = Task.objects.waiting_for(world.officer)
    assert sorted(seen) == sorted(expected.values_list("pk", flat=True))
    assert len(seen) == len(set(seen)) == 96
    dues = [Task.objects.get(pk=i).due_at for i in seen]
    dated = [d for d in dues if d is not None]
    assert dated == sorted(dated)
    assert None not in dues[: len(dated)]


def test_filters_of_the_task_list(world: World, case: Case, sign_in: As) -> None:
    handled(world, case)
    client = sign_in("officer")
    assert len(client.get(reverse("desk:tasks") + "?kind=step").context["page"].rows) == 1
    assert not client.get(reverse("desk:tasks") + "?kind=sign").context["page"].rows
    assert not client.get(reverse("desk:tasks") + "?due=overdue").context["page"].rows
    assert not client.get(reverse("desk:tasks") + "?scenario=title_history_solver").context["page"].rows
    # A cursor or a filter that nobody gave is no error.
    assert client.get(reverse("desk:tasks") + "?after=%00x&kind=x&scenario=y&due=z").status_code == 200
