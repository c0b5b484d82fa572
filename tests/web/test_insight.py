"""Pages of process insight: the house's own procedures, logs from elsewhere, and who may look."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.insight.logs import event, file, trace, xes
from tests.support.world import World
from tests.web.test_desk_pages import handled
from yingshang import timekeeping
from yingshang.accounts.models import AuditEntry
from yingshang.cases import actions
from yingshang.cases.models import Case
from yingshang.exchange import eventlogs, houselog, jobs
from yingshang.exchange.models import EventLog
from yingshang.insight.measures import measure
from yingshang.insight.reading import read

As = Callable[[str], Client]
HOUSE = ("desk:insight_house", ["qifu_express", "demand"])


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    """Logs lie in a folder of this test."""
    settings.HOME = tmp_path
    return tmp_path


@pytest.fixture
def case(world: World) -> Case:
    """Handled by the bureau of commerce: two hours to come to it, a day of work, a day for the enterprise's supplement."""
    case = actions.open_case(
        world.firm1, scenario="qifu_express", service="demand", title="厂区路灯不亮", text="", business=world.business
    )
    case = handled(world, case)
    timekeeping.advance(timedelta(days=1))
    case = actions.ask_supplement(case, world.officer, what="请补一张照片")
    timekeeping.advance(timedelta(days=1))
    case = actions.supplement(case, world.firm1, text="已补")
    timekeeping.advance(timedelta(hours=6))
    case = actions.answer(case, world.officer, text="已修好")
    timekeeping.advance(timedelta(hours=12))
    return actions.confirm(case, world.firm1, solved=True)


def hand_in(client: Client, text: str | bytes, name: str = "日志.xes") -> EventLog:
    raw = text.encode() if isinstance(text, str) else text
    answer = client.post(reverse("desk:insight"), {"file": SimpleUploadedFile(name, raw)})
    log = EventLog.objects.latest("id")
    assert answer["Location"] == reverse("desk:insight_log", args=[log.pk])
    return log


def test_a_procedure_of_the_house(world: World, case: Case, sign_in: As) -> None:
    answer = sign_in("reform").get(reverse(HOUSE[0], args=HOUSE[1]))
    report, conformance = answer.context["report"], answer.context["conformance"]
    steps = {s.name: s for s in report.steps}
    assert report.totals.cases == 1
    assert report.totals.median_days == pytest.approx(2.75)
    # The supplement's day is the enterprise's, not work of the unit.
    assert steps["办理答复"].worked_days == pytest.approx(1.25)
    assert steps["企业确认"].worked_days == 0
    assert steps["企业确认"].waited_days == pytest.approx(0.5)
    assert report.totals.working_share == pytest.approx(1.25 / 2.75)
    assert (conformance.cases, conformance.fitting, conformance.beside) == (1, 1, 1)
    assert conformance.deviations == []
    heat = answer.context["heat"]
    # Twelve hours until the enterprise confirmed: a fifth of nothing else is waited for longer.
    assert heat["waiting"]["steps"]["confirm"] == [5, "0.50 天"]
    assert heat["count"]["steps"]["handle"] == [5, "1 次"]
    assert answer.context["diagram"] == reverse("desk:insight_diagram", args=HOUSE[1])
    diagram = sign_in("reform").get(answer.context["diagram"])
    assert b"BPMNDiagram" in diagram.content
    text = answer.content.decode()
    assert "企业经办人" not in text
    assert "经办员" not in text


def test_a_case_that_was_taken_up_again_goes_through_the_diagram_again(world: World, case: Case, sign_in: As) -> None:
    case = actions.reopen(case, world.firm1, reason="又不亮了")
    answer = sign_in("reform").get(reverse(HOUSE[0], args=HOUSE[1]))
    assert answer.context["conformance"].fitting == 1
    timekeeping.advance(timedelta(days=1))
    actions.answer(case, world.officer, text="再修")
    answer = sign_in("reform").get(reverse(HOUSE[0], args=HOUSE[1]))
    # What was done meanwhile is seen at once.
    assert answer.context["report"].totals.repeats == 1
    assert answer.context["conformance"].fitting == 1


def test_everybody_sees_the_cases_they_may_read(world: World, case: Case, sign_in: As) -> None:
    actions.open_case(
        world.firm2, scenario="qifu_express", service="demand", title="另一件", business=world.other_business
    )
    seen = {}
    for username in ("reform", "leader", "auditor", "commerce_lead"):
        answer = sign_in(username).get(reverse(HOUSE[0], args=HOUSE[1]))
        seen[username] = answer.context["report"].totals.cases
    assert seen == {"reform": 2, "leader": 2, "auditor": 2, "commerce_lead": 1}
    for username in ("officer", "dispatcher", "admin", "firm1"):
        for address in (reverse("desk:insight"), reverse(HOUSE[0], args=HOUSE[1])):
            assert sign_in(username).get(address).status_code == 403


def test_the_log_leaves_the_house_in_every_format(world: World, case: Case, sign_in: As, tmp_path: Path) -> None:
    client, found = sign_in("auditor"), {}
    for format, ending in (("xes", "xes"), ("ocel", "json"), ("ocel-xml", "xml")):
        got = client.get(reverse("desk:insight_house_file", args=[*HOUSE[1], format]))
        assert got["Content-Disposition"].startswith("attachment")
        path = file(tmp_path, b"".join(got.streaming_content), f"taken.{ending}")
        found[format] = measure(read(path, tmp_path / format))
    for report in found.values():
        assert report.totals.median_days == pytest.approx(2.75)
        assert report.totals.working_share == pytest.approx(1.25 / 2.75)
        assert {s.name for s in report.steps} >= {"办理答复", "补正", "提出"}
    assert AuditEntry.objects.filter(action="eventlog.export").count() == 3
    assert "企业经办人" not in (tmp_path / "taken.xes").read_text()


def test_a_log_from_elsewhere(world: World, sign_in: As, home: Path) -> None:
    client = sign_in("commerce_lead")
    steps = ("签收", "首次联系", "办理答复", "企业确认")
    good = trace("c1", *[event(s, f"2023-01-0{n}T09:00:00+08:00") for n, s in enumerate(steps, 1)])
    bad = trace("c2", event("签收", "2023-02-01T09:00:00+08:00"), event("盖章", "2023-02-03T09:00:00+08:00"))
    log = hand_in(client, gzip.compress(xes(good, bad).encode()), "他区.xes.gz")
    page = reverse("desk:insight_log", args=[log.pk])
    assert "正在读取" in client.get(page).content.decode()
    assert "HX-Refresh" not in client.get(page, headers={"HX-Request": "true"})
    jobs.read_event_log(log.pk)
    assert client.get(page, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    log.refresh_from_db()
    assert (log.state, log.cases, log.events, log.progress) == ("done", 2, 6, 100)
    assert not list((home / "insight" / "incoming").iterdir())
    answer = client.get(page)
    assert answer.context["t"].median_days == 2.5
    assert "分不出等待和办理" in answer.content.decode()
    answer = client.get(page, {"against": "qifu_express/demand"})
    conformance = answer.context["conformance"]
    assert (conformance.cases, conformance.fitting, conformance.strangers) == (2, 1, [("盖章", 1)])
    assert answer.context["heat"]["count"]["steps"]["sign"] == [5, "2 次"]
    assert [(d.kind, name) for d, name in answer.context["deviations"]] == [("extra", "盖章")]
    for table in ("variants", "steps", "flows", "places"):
        assert client.get(reverse("desk:insight_log_table", args=[log.pk, table])).status_code == 200
    assert client.get(reverse("desk:insight_log_table", args=[log.pk, "people"])).status_code == 404
    told = json.loads(b"".join(client.get(reverse("desk:insight_log_file", args=[log.pk, "ocel"])).streaming_content))
    assert len(told["events"]) == 6
    assert client.post(reverse("desk:insight_remove", args=[log.pk])).status_code == 302
    assert not EventLog.objects.exists()


def test_a_removed_log_leaves_no_files(
    world: World, sign_in: As, home: Path, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    log = hand_in(sign_in("reform"), xes(trace("c", event("a", "2023-01-01T00:00:00Z"))))
    jobs.read_event_log(log.pk)
    assert eventlogs.folder(log).exists()
    with django_capture_on_commit_callbacks(execute=True):
        sign_in("reform").post(reverse("desk:insight_remove", args=[log.pk]))
    assert not any(p.is_file() for p in (home / "insight").rglob("*"))
    jobs.read_event_log(log.pk)  # the job that comes too late


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (xes(trace("c", event("a", "2023-01-01T00:00:00Z")))[:-30], 4, "断了"),
        (xes(trace("c", event("a", "明天"))), 4, "明天"),
        ("<!DOCTYPE log [<!ENTITY a 'b'>]><log/>", 1, "DOCTYPE"),
    ],
)
def test_a_bad_log_says_where_and_why_and_leaves_nothing(
    text: str, line: int, reason: str, world: World, sign_in: As, home: Path
) -> None:
    client = sign_in("reform")
    log = hand_in(client, text)
    jobs.read_event_log(log.pk)
    page = client.get(reverse("desk:insight_log", args=[log.pk])).content.decode()
    assert f"日志.xes 第 {line} 行" in page
    assert reason in page
    log.refresh_from_db()
    assert (log.state, log.cases, log.events) == ("failed", 0, 0)
    assert "line" in log.error_en
    assert not any(p.is_file() for p in (home / "insight").rglob("*"))


def test_a_job_that_was_killed_is_done_again(world: World, sign_in: As, monkeypatch: pytest.MonkeyPatch) -> None:
    log = hand_in(sign_in("reform"), xes(trace("c", event("a", "2023-01-01T00:00:00Z"))))

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(eventlogs, "_count", killed)
    with pytest.raises(KeyboardInterrupt):
        jobs.read_event_log(log.pk)
    monkeypatch.undo()
    jobs.read_event_log(log.pk)
    log.refresh_from_db()
    assert (log.state, log.cases) == ("done", 1)


def test_what_cannot_be_handed_in(world: World, sign_in: As, settings: Any) -> None:
    client = sign_in("reform")
    assert client.post(reverse("desk:insight"), {}).status_code == 422
    settings.UPLOAD_MAX_BYTES = 10
    answer = client.post(reverse("desk:insight"), {"file": SimpleUploadedFile("a.xes", b"x" * 11)})
    assert answer.status_code == 422
    assert not EventLog.objects.exists()


def test_a_period_that_is_too_much(world: World, case: Case, sign_in: As, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(houselog, "MOST_TASKS", 1)
    answer = sign_in("reform").get(reverse(HOUSE[0], args=HOUSE[1]))
    assert answer.status_code == 422
    assert "期间改短" in answer.content.decode()


def test_an_empty_period_says_so(world: World, sign_in: As) -> None:
    answer = sign_in("reform").get(reverse(HOUSE[0], args=HOUSE[1]), {"since": "2020-01-01", "until": "2020-02-01"})
    assert "没有可看的办件" in answer.content.decode()
    assert sign_in("reform").get(reverse("desk:insight_house", args=["qifu_express", "nothing"])).status_code == 404


def test_the_report_asks_the_database_a_few_times(
    world: World, case: Case, sign_in: As, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = sign_in("reform")
    with django_assert_max_num_queries(18):
        client.get(reverse(HOUSE[0], args=HOUSE[1]))
    with django_assert_max_num_queries(12):
        client.get(reverse(HOUSE[0], args=HOUSE[1]))
