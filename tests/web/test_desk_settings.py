"""Promises, calendar, categories and the audit log; imports through the page; the pool."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.support.world import World
from tests.web.test_desk_pages import handled, to_pool
from yingshang.accounts import audit, calendar
from yingshang.accounts.models import AuditEntry, CalendarDay
from yingshang.cases import actions, clocks
from yingshang.cases.models import Case, Clock, Promise, Status
from yingshang.exchange.models import ImportRun

As = Callable[[str], Client]


@pytest.fixture
def case(world: World) -> Case:
    return actions.open_case(
        world.firm1, scenario="qifu_express", service="demand", title="厂区路灯不亮", text="", business=world.business
    )


def general(code: str) -> Promise:
    return Promise.objects.get(scenario="qifu_express", code=code, category=None, until=None)


def test_a_promise_is_replaced_and_old_clocks_keep_theirs(world: World, case: Case, sign_in: As) -> None:
    held = general("resolve")
    before = Clock.objects.get(case=case, code="resolve")
    url = reverse("desk:promise", args=[held.pk])
    client = sign_in("reform")
    assert client.post(url, {"amount": "0", "basis": "working_days", "source": "x"}).status_code == 422
    assert client.post(url, {"amount": "3", "basis": "working_days", "source": "专班第三次例会"}).status_code == 302
    new = general("resolve")
    assert (new.amount, new.edited_by, new.pk == held.pk) == (Decimal(3), world.reform, False)
    held.refresh_from_db()
    assert held.until is not None
    later = Clock.objects.get(case=case, code="resolve")
    assert (later.amount, later.due_at) == (before.amount, before.due_at)
    entry = AuditEntry.objects.get(action="promise.edit")
    assert (entry.data["before"], entry.data["after"]) == ("5 working_days", "3 working_days")
    # The old row is history: nobody edits it from a page left open.
    assert client.post(url, {"amount": "9", "basis": "working_days", "source": "x"}).status_code == 404
    fresh = actions.open_case(
        world.firm1, scenario="qifu_express", service="demand", title="另一件", business=world.business
    )
    assert Clock.objects.get(case=fresh, code="resolve").amount == 3


def test_a_day_off_is_entered_and_the_clocks_are_asked_to_move(
    world: World, case: Case, sign_in: As, django_capture_on_commit_callbacks: Any
) -> None:
    case = handled(world, case)
    elsewhere = calendar._cache, calendar._seen
    due = Clock.objects.get(case=case, code="resolve").due_at
    given = {"day": "2023-04-27", "working": "no", "note": "区运动会"}
    assert sign_in("auditor").post(reverse("desk:calendar"), given).status_code == 403
    client = sign_in("reform")
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            assert client.post(reverse("desk:calendar"), given).status_code == 302
    assert CalendarDay.objects.get(day=date(2023, 4, 27)).working is False
    calendar._cache, calendar._seen = elsewhere
    assert not calendar.load().is_working(date(2023, 4, 27)), "another process starts clocks by the new calendar too"
    assert client.post(reverse("desk:calendar"), {**given, "day": "9999-12-31"}).status_code == 422
    assert ProcrastinateJob.objects.filter(task_name="cases.recompute_clocks", status="todo").count() == 1
    clocks.recompute_all()
    assert Clock.objects.get(case=case, code="resolve").due_at > due
    text = client.get(reverse("desk:calendar_year", args=[2023])).content.decode()
    assert "区运动会" in text


def test_a_year_without_arrangement_says_so(world: World, sign_in: As) -> None:
    text = sign_in("reform").get(reverse("desk:calendar_year", args=[2031])).content.decode()
    assert "还没有公布" in text
    assert sign_in("reform").get("/desk/settings/calendar/1500/").status_code == 404


def test_the_audit_log_says_what_is_called_as_a_method(world: World, sign_in: As) -> None:
    audit.record(world.reform, "items.publish", "project_list", 1, items=60)
    page = sign_in("auditor").get(reverse("desk:audit") + "?action=items").content.decode()
    assert "60" in page


def test_the_audit_log_is_searched(world: World, case: Case, sign_in: As) -> None:
    sign_in("reform").post(
        reverse("desk:promise", args=[general("resolve").pk]),
        {"amount": "4", "basis": "working_days", "source": "试行"},
    )
    client = sign_in("auditor")
    page = client.get(reverse("desk:audit") + "?action=promise&who=reform").context["page"]
    assert [a.action for a in page] == ["promise.edit"]
    assert not client.get(reverse("desk:audit") + "?until=2020-01-01").context["page"].rows


def test_the_pool_dispatches_as_proposed_or_otherwise(world: World, case: Case, sign_in: As) -> None:
    to_pool(world, case)
    Case.objects.update(routing={"unit": "dept.commerce", "assisting": ["dept.education"], "sure": False,
                                 "reasons": [{"by": "rule", "zh": "夜间经济归商务局", "en": "Night economy"}]})  # fmt: skip
    client = sign_in("dispatcher")
    text = client.get(reverse("desk:pool")).content.decode()
    assert "夜间经济归商务局" in text
    url = reverse("desk:pool_dispatch", args=[case.number])
    form = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert '<option value="" selected>未分类</option>' in form and '<option value="power">' in form
    wrong = client.post(url, {"lead": "", "note": "请尽快"})
    assert wrong.status_code == 422
    assert "请尽快" in wrong.content.decode()
    assert sign_in("officer").post(url, {"as": "proposed"}).status_code == 403
    assert client.post(url, {"lead": "区教育局", "category": "nothing"}).status_code == 422
    assert client.post(url, {"as": "proposed", "key": "d"}).status_code == 302
    case.refresh_from_db()
    assert (case.status, case.lead_unit) == (Status.ASSIGNED, world.units["dept.commerce"])
    assert case.tasks.filter(kind="cohandle", unit=world.units["dept.education"]).exists()
    # The second dispatcher is told what happened.
    assert client.post(url, {"lead": "区教育局", "key": "d2"}).status_code == 409


def test_a_duplicate_is_found_and_merged(world: World, case: Case, sign_in: As) -> None:
    again = actions.open_case(
        world.firm1, scenario="qifu_express", service="demand", title="厂区门口路灯不亮", business=world.business
    )
    other = actions.open_case(
        world.firm2, scenario="qifu_express", service="demand", title="厂区路灯不亮", business=world.other_business
    )
    for c in (case, again, other):
        to_pool(world, c)
    client = sign_in("dispatcher")
    entries = {e["case"].pk: e for e in client.get(reverse("desk:pool")).context["entries"]}
    assert [c.pk for c in entries[again.pk]["alike"]] == [case.pk]
    assert not entries[other.pk]["alike"]
    client.post(reverse("desk:pool_merge", args=[again.number]), {"into": case.number, "key": "m"})
    again.refresh_from_db()
    assert (again.status, again.merged_into_id) == (Status.MERGED, case.pk)


def test_the_pool_goes_on_page_by_page_by_deadline(world: World, case: Case, sign_in: As) -> None:
    for n in range(34):
        actions.open_case(
            world.firm1, scenario="qifu_express", service="demand", title=f"第 {n} 件", business=world.business
        )
    waiting = Case.objects.filter(status=Status.POOL)
    for n, c in enumerate(waiting):
        Case.objects.filter(pk=c.pk).update(due_at=None if n % 7 == 0 else c.opened_at + timedelta(hours=n % 4))
    client, seen, address = sign_in("dispatcher"), [], reverse("desk:pool")
    while address:
        page = client.get(address).context["page"]
        seen += [c.pk for c in page]
        address = f"{reverse('desk:pool')}?after={page.next}" if page.next else ""
    assert len(seen) == len(set(seen)) == waiting.count() >= 34


def test_an_official_enters_a_demand_once(world: World, sign_in: As) -> None:
    client = sign_in("economy_officer")
    given = {
        "service": "qifu_express.demand",
        "business": "示例食品有限公司",
        "title": "冷库用电增容",
        "text": "旺季前要增容",
        "category": "power",
        "channel": "hotline",
        "contact_name": "",
        "contact_phone": "",
        "f_call_when": "上午",
        "key": "n1",
    }
    assert client.post(reverse("desk:new"), {**given, "business": "示例"}).status_code == 422
    for _ in range(2):
        assert client.post(reverse("desk:new"), given).status_code == 302
    opened = Case.objects.get()
    assert (opened.business, opened.channel, opened.category.code) == (world.other_business, "hotline", "power")
    assert opened.data == {"call_when": "上午"}
    assert sign_in("auditor").post(reverse("desk:new"), given).status_code == 403


def test_a_sheet_is_handed_in_and_its_bad_rows_come_back(
    world: World, sign_in: As, django_capture_on_commit_callbacks: object
) -> None:
    from yingshang.exchange import jobs

    sheet = (
        "标题,内容,统一社会信用代码,来源编号\n路灯不亮,两周了,"
        + world.business.uscc
        + ",A1\n,没有标题,,A2\n=1+1,公式,错误代码,A3\n"
    )
    file = SimpleUploadedFile("台账.csv", sheet.encode(), "text/csv")
    client = sign_in("dispatcher")
    given = {"service": "qifu_express.demand", "source": "热线台账", "file": file}
    answer = client.post(reverse("desk:imports"), given)
    run = ImportRun.objects.get()
    assert answer["Location"] == reverse("desk:import", args=[run.pk])
    poll = {"headers": {"HX-Request": "true"}}
    assert "HX-Refresh" not in client.get(reverse("desk:import", args=[run.pk]), **poll)
    jobs.import_demands(run.pk)
    assert client.get(reverse("desk:import", args=[run.pk]), **poll)["HX-Refresh"] == "true"
    text = client.get(reverse("desk:import", args=[run.pk])).content.decode()
    assert "退回的行" in text
    run.refresh_from_db()
    assert (run.rows, run.accepted) == (3, 1)
    body = b"".join(client.get(reverse("desk:import_refused", args=[run.pk])).streaming_content).decode()
    assert "没有标题" in body
    assert ",=1+1" not in body
    assert sign_in("officer").get(reverse("desk:import", args=[run.pk])).status_code == 403
