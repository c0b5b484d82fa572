"""What a person may see is one function per model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models

from tests.support.world import MORNING, World, build
from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import AuditEntry, Person
from yingshang.activities.models import Item
from yingshang.cases import actions
from yingshang.cases.models import Case, Clock, ClockEntry, Document, Escalation, Event, Message, RootCause, Task
from yingshang.exchange.models import ApiToken, ImportRun, RefusedRow, Webhook
from yingshang.registry.models import Fact, ServiceAssignment

#: Machinery that no page and no answer shows row by row.
MACHINERY = {"AuditChain", "Heartbeat", "CaseAccess", "CaseProcess"}
ROOMS = ("accounts", "registry", "rules", "cases", "policies", "projects", "activities", "indicators", "exchange")
MODELS = [m for room in ROOMS for m in apps.get_app_config(room).get_models() if m.__name__ not in MACHINERY]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_model_says_who_sees_it(model: type[models.Model]) -> None:
    said = getattr(model._default_manager, "visible_to", None)
    assert said is not None and said.__doc__


@pytest.fixture
def told(db: None) -> Iterator[tuple[World, Case]]:
    """A case with a bit of everything, of firm1, led by the bureau of commerce."""
    with timekeeping.travel(MORNING):
        world = build()
        case = actions.open_case(
            world.firm1, scenario="qifu_express", service="demand", title="出口退税慢", text="想问出口退税进度",
            category="", business=world.business,
        )  # fmt: skip
        case = Case.objects.get(pk=case.pk)
        if case.lead_unit is None:
            case = actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"])
        elif case.lead_unit != world.units["dept.commerce"]:
            case = actions.hand_over(case, world.reform, to=world.units["dept.commerce"], reason="外贸归口")
        case = actions.sign_for(case, world.officer)
        case = actions.message(case, world.officer, text="企业读得到")
        case = actions.message(case, world.officer, text="只在内部", public=False)
        case = actions.escalate(case, world.officer, reason="需要协调")
        for public, name in ((True, "回执.pdf"), (False, "内部.pdf")):
            Document.objects.create(
                case=case, name=name, media_type="application/pdf", size=1, sha256=name, public=public
            )
        yield world, case


def seen(world: World, rows: models.QuerySet) -> set[str]:  # type: ignore[type-arg]
    """Who sees at least one of the rows."""
    return {n for n in world.people if rows.visible_to(getattr(world, n)).exists()}  # type: ignore[attr-defined]


def test_parts_of_a_case_are_seen_by_who_sees_the_case(told: tuple[World, Case]) -> None:
    world, case = told
    readers = seen(world, Case.objects.filter(pk=case.pk))
    assert {"firm1", "officer", "officer2", "reform"} <= readers
    assert readers.isdisjoint({"firm2", "education_officer", "admin"})
    for rows in (
        Clock.objects.filter(case=case),
        ClockEntry.objects.filter(clock__case=case),
        Document.objects.filter(case=case, public=True),
        Message.objects.filter(case=case, public=True),
        Event.objects.filter(case=case, public=True),
        Escalation.objects.filter(case=case),
    ):
        assert seen(world, rows) == readers, rows.model
    for rows in (
        Document.objects.filter(case=case, public=False),
        Message.objects.filter(case=case, public=False),
        Event.objects.filter(case=case, public=False),
    ):
        assert seen(world, rows) == readers - {"firm1"}, rows.model


def test_tasks_are_seen_by_who_has_them(told: tuple[World, Case]) -> None:
    world, case = told
    actions.ask_supplement(case, world.officer, what="请补充报关单")
    supplement = Task.objects.filter(case=case, kind=Task.Kind.SUPPLEMENT)
    assert {n for n in seen(world, supplement) if n.startswith("firm")} == {"firm1"}


def test_who_is_given_a_task_reads_its_case(told: tuple[World, Case]) -> None:
    """Whatever way a task comes to somebody."""
    world, case = told
    case = actions.co_handle(case, world.officer, units=[world.units["dept.education"]])
    case = actions.contact(case, world.officer, note="已联系")
    case = actions.add_signers(case, world.officer, people=[world.economy_officer])
    case = actions.supervise(case, world.reform, note="抓紧")
    for task in Task.objects.filter(case=case, status__in=[Task.State.OPEN, Task.State.WAITING]):
        principals = {f"p{task.person_id}"} if task.person_id else {f"u{task.unit_id}"} if task.unit_id else set()
        if task.business_id:
            principals = {f"b{task.business_id}"}
        assert principals <= set(case.access.values_list("principal", flat=True)), task
    assert Case.objects.visible_to(world.education_officer).filter(pk=case.pk).exists()
    assert Case.objects.visible_to(world.economy_officer).filter(pk=case.pk).exists()


def test_the_rest(told: tuple[World, Case]) -> None:
    world, _case = told
    officials = {n for n, p in world.people.items() if p.is_official}
    Fact.objects.create(business=world.business, key="patents", value=3, source="自报")
    assert seen(world, Fact.objects.filter(business=world.business)) == officials | {"firm1"}
    assert seen(world, ServiceAssignment.objects.filter(business=world.business)) == officials | {"firm1"}
    RootCause.objects.create(title="共性", owner_unit=world.units["dept.economy"])
    assert seen(world, RootCause.objects.all()) == officials
    audit.record(world.admin, "test", "x", 1)
    assert seen(world, AuditEntry.objects.all()) == {"auditor", "admin"}
    run = ImportRun.objects.create(kind="demands", file_name="a.csv", sha256="0", source="t", by=world.dispatcher)
    RefusedRow.objects.create(run=run, row=2, reason="x")
    importers = {"dispatcher", "commerce_lead", "street_lead", "reform"}
    assert seen(world, ImportRun.objects.all()) == importers
    assert seen(world, RefusedRow.objects.all()) == importers
    ApiToken.objects.create(person=world.officer, name="t", digest="d")
    assert seen(world, ApiToken.objects.all()) == {"officer"}
    Webhook.objects.create(name="w", url="https://example.org", secret="s", created_by=world.admin)
    assert seen(world, Webhook.objects.all()) == {"admin"}
    assert seen(world, Person.objects.filter(username="firm2")) == officials | {"firm2"}
    assert seen(world, Item.objects.all()) == set()
