"""The enterprise's pages: few queries, nothing of others, errors that keep what was typed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from yingshang import timekeeping


@pytest.fixture
def world(db: None) -> Iterator[object]:
    from tests.support.world import MORNING, build

    with timekeeping.travel(MORNING):
        yield build()


@pytest.fixture
def firm(world, client: Client) -> Client:  # type: ignore[no-untyped-def]
    client.force_login(world.firm1)
    return client


def test_ask_to_rating_through_the_pages(world, firm: Client, settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    from yingshang.cases import actions, documents
    from yingshang.cases.models import Case, Status

    settings.HOME = tmp_path
    photo = SimpleUploadedFile("现场.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 64)
    page = firm.post(
        "/portal/ask/", {"key": "a", "title": "厂门口积水", "text": "雨后半天不退", "files": [photo]}, follow=True
    )
    assert page.status_code == 200
    case = Case.objects.get()
    assert case.number in page.content.decode()
    held = case.documents.get()
    assert held.name == "现场.png"
    file = f"/cases/{case.number}/documents/{held.pk}/"
    download = firm.get(file)
    assert download.status_code == 200 and b"".join(download.streaming_content)  # type: ignore[arg-type]
    documents.path_of(held.sha256).unlink()
    assert firm.get(file).status_code == 404, "what the disk has lost is missing, not a fault"
    assert firm.post("/portal/ask/", {"key": "a", "title": "厂门口积水"}).status_code == 302
    assert Case.objects.count() == 1
    if case.status == Status.POOL:
        actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"])
    else:
        case = actions.hand_over(case, person_of(case), to=world.units["dept.commerce"], reason="归口")
    actions.sign_for(case, world.officer)
    actions.contact(case, world.officer, note="已联系")
    actions.answer(case, world.officer, text="已疏通。")
    address = f"/portal/cases/{case.number}/"
    refused = firm.post(f"{address}confirm/", {"key": "b", "solved": "no"})
    assert refused.status_code == 422
    assert "请告诉我们还有什么没解决" in refused.content.decode()
    assert firm.post(f"{address}confirm/", {"key": "c", "solved": "yes"}).status_code == 302
    assert firm.post(f"{address}rate/", {"key": "d", "level": "5"}).status_code == 302
    case.refresh_from_db()
    assert (case.status, case.solved, case.rating) == (Status.CLOSED, True, 5)
    again = firm.post(f"{address}confirm/", {"key": "e", "solved": "yes"})
    assert again.status_code == 409


def person_of(case):  # type: ignore[no-untyped-def]
    from yingshang.accounts.models import Membership

    return Membership.objects.filter(unit=case.lead_unit).first().person


def test_errors_keep_what_was_typed(firm: Client) -> None:
    page = firm.post("/portal/ask/", {"key": "a", "title": "", "text": "只写了内容"})
    assert page.status_code == 422
    assert "只写了内容" in page.content.decode()
    assert "请用一句话说明要办的事" in page.content.decode()


def test_another_firm_sees_nothing(world, firm: Client, client: Client) -> None:  # type: ignore[no-untyped-def]
    from yingshang.cases.models import Case

    firm.post("/portal/ask/", {"key": "a", "title": "路灯不亮"})
    number = Case.objects.get().number
    other = Client()
    other.force_login(world.firm2)
    for path in ("", "urge/"):
        assert other.get(f"/portal/cases/{number}/{path}").status_code in (404, 405)
    assert other.post(f"/portal/cases/{number}/urge/").status_code == 404
    assert other.get(f"/cases/{number}/trail.json").status_code == 404
    assert number not in other.get("/portal/cases/").content.decode()


def test_home_and_cases_take_few_queries(world, firm: Client, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for n in range(12):
        firm.post("/portal/ask/", {"key": str(n), "title": f"事项 {n}"})
    with django_assert_max_num_queries(12):
        assert firm.get("/portal/").status_code == 200
    with django_assert_max_num_queries(8):
        assert firm.get("/portal/cases/").status_code == 200


def test_every_service_of_an_enterprise_opens_and_refuses_an_empty_form(firm: Client) -> None:
    from yingshang.web.views.portal_services import offered

    assert len(offered()) >= 4
    for spec, service in offered():
        address = f"/portal/services/{spec.id}/{service.id}/"
        assert firm.get(address).status_code == 200
        refused = firm.post(address, {"key": "k", "title": ""})
        assert refused.status_code == 422, address


def test_officials_are_refused(world, client: Client) -> None:  # type: ignore[no-untyped-def]
    client.force_login(world.officer)
    assert client.get("/portal/").status_code == 403
    assert client.get("/").status_code == 302


def test_what_was_withdrawn_half_way_stands_nowhere(world, firm: Client) -> None:  # type: ignore[no-untyped-def]
    """Neither all stages done nor a step that still waits for somebody."""
    from yingshang.cases import actions
    from yingshang.web.templatetags.ui import stages

    case = actions.open_case(
        world.firm1, scenario="qifu_express", service="demand", title="停水", category="policy", business=world.business
    )
    assert [r["state"] for r in stages(case)["rows"]].count("now") == 1
    assert firm.get(f"/cases/{case.number}/trail.json").json()["active"]
    case = actions.withdraw(case, world.firm1, reason="来水了")
    states = [r["state"] for r in stages(case)["rows"]]
    assert states == ["done", "done" if case.lead_unit_id else "todo", "todo", "todo", "todo"]
    assert "已撤回" in stages(case)["label"]
    trail = firm.get(f"/cases/{case.number}/trail.json").json()
    assert trail["active"] == [] and trail["completed"]
