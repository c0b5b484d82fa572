"""The REST API: a whole case, errors as problem documents, idempotency, who may see what."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.exchange.conftest import Api
from tests.support.world import World
from yingshang.cases import actions, workflow
from yingshang.cases.models import Case, Event
from yingshang.exchange.models import ApiToken
from yingshang.exchange.routes.actions import ACTIONS

Callers = Callable[..., Api]


def opened(api: Callers, who: str = "firm1", **body: Any) -> str:
    answer = api(who).post("/cases", {"title": "出口退税迟迟不到账", "text": "三月申报的退税还没有到账。", **body})
    assert answer.status_code == 201, answer.content.decode()
    number: str = answer.json()["number"]
    return number


def test_from_open_to_confirmed(api: Callers, world: World) -> None:
    firm, officer = api("firm1"), api("officer")
    number = opened(api, business=world.business.uscc)
    if Case.objects.get(number=number).status == "pool":
        assert api("dispatcher").act(number, "dispatch", {"lead": "dept.commerce"}).status_code == 200
    assert officer.act(number, "sign_for").json()["status"] == "handling"
    assert officer.act(number, "contact", {"note": "已电话联系"}).json()["first_contact_at"] is not None
    assert officer.act(number, "answer", {"text": "已协调税务部门,款项本周到账。"}).json()["status"] == "answered"
    confirmed = firm.act(number, "confirm", {"solved": True})
    assert confirmed.json()["status"] == "closed" and confirmed.json()["solved"] is True
    whole = firm.get(f"/cases/{number}").json()
    assert whole["answer"].startswith("已协调") and whole["routing"] is None
    assert {c["code"]: c["state"] for c in whole["clocks"]} == {"first_contact": "met", "resolve": "met"}
    assert next(line["kind"] for line in whole["clocks"][0]["ledger"]) == "started"
    kinds = [e["kind"] for e in firm.get(f"/cases/{number}/timeline").json()]
    assert kinds[0] == "opened" and kinds[-1] == "confirmed" and "routed" not in kinds


def test_a_dispatcher_puts_the_category_right(api: Callers) -> None:
    number = opened(api, title="厂区门口道路夜间照明不足", text="员工晚班下班看不清路,希望协调处理。")
    wrong = api("dispatcher").act(number, "dispatch", {"lead": "dept.commerce", "category": "nothing"})
    assert wrong.status_code == 422 and "category" in wrong.content.decode()
    done = api("dispatcher").act(number, "dispatch", {"lead": "dept.commerce", "category": "traffic"})
    assert (done.status_code, done.json()["category"]) == (200, "traffic")


def test_every_action_has_an_address() -> None:
    offered = {function for function, _ in ACTIONS.values()}
    by_task = {actions.complete_task, actions.finish_task, actions.open_case, actions.climb}
    about_causes = {actions.name_root_cause, actions.solve_root_cause}
    assert {getattr(actions, name) for name in actions.__all__} - by_task - about_causes == offered
    assert set(ACTIONS) == set(workflow.RULES) - {"document"}


def test_the_same_key_again_changes_nothing(api: Callers) -> None:
    firm = api("firm1")
    body = {"title": "夜市摊位", "text": "怎么申请"}
    first = firm.post("/cases", body, **{"Idempotency-Key": "k1"}).json()
    again = firm.post("/cases", body, **{"Idempotency-Key": "k1"}).json()
    assert first["number"] == again["number"] and Case.objects.count() == 1
    # Another person's key of the same text is another key.
    assert api("firm2").post("/cases", body, **{"Idempotency-Key": "k1"}).json()["number"] != first["number"]
    for _ in range(2):
        said = firm.act(first["number"], "message", {"text": "补充一句"}, **{"Idempotency-Key": "k1"})
        assert said.status_code == 200
    assert Event.objects.filter(kind="message").count() == 1


@pytest.mark.parametrize(("language", "word"), [("zh-CN,zh;q=0.9", "填写"), ("en", "")])
def test_problems_name_the_field(api: Callers, language: str, word: str) -> None:
    caller = api("firm1", language)
    answer = caller.post("/cases", {"text": "没有标题"})
    assert answer.status_code == 422 and answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:yingshang:problem:invalid" and list(problem["fields"]) == ["title"]
    assert word in problem["fields"]["title"]
    blank = caller.post("/cases", {"title": " ", "category": "nonsense", "data": {"wish": 5, "more": 1}})
    assert set(blank.json()["fields"]) >= {"title", "category", "wish"}


def test_conflict_says_who_was_first(api: Callers) -> None:
    number = opened(api)
    dispatcher = api("dispatcher")
    if Case.objects.get(number=number).status == "pool":
        dispatcher.act(number, "dispatch", {"lead": "dept.commerce"})
    assert api("officer").act(number, "sign_for").status_code == 200
    late = api("officer2").act(number, "sign_for")
    assert late.status_code == 409 and "经办员" in late.json()["detail"]
    assert late.json()["code"] == "conflict"


def test_not_allowed_and_not_visible(api: Callers, world: World) -> None:
    number = opened(api, business=world.business.uscc)
    refused = api("firm1").act(number, "dispatch", {"lead": "dept.commerce"})
    assert refused.status_code == 403 and refused.json()["code"] == "not_allowed"
    # Who may not read it does not learn that it exists.
    for path in ("", "/timeline", "/messages", "/documents"):
        assert api("firm2").get(f"/cases/{number}{path}").status_code == 404
    assert api("firm2").get("/cases").json()["items"] == []
    assert api("firm2").act(number, "message", {"text": "您好"}).status_code == 404
    other = api("firm1").post("/cases", {"title": "替别家问", "business": world.other_business.uscc})
    assert other.status_code == 422 and "business" in other.json()["fields"]
    for place in ("street", "platform"):
        elsewhere = api("firm1").post("/cases", {"title": "想让这个单位看到", place: "dept.hr"})
        assert elsewhere.status_code == 422 and place in elsewhere.json()["fields"]


def test_a_guessed_source_number_tells_nothing(api: Callers, world: World) -> None:
    hotline = {"title": "不便公开的事", "external_source": "12345", "external_id": "H-1"}
    assert api("dispatcher").post("/cases", hotline).status_code == 201
    assert api("dispatcher").post("/cases", hotline).status_code == 201
    guessed = api("officer").post("/cases", {**hotline, "title": "猜一个"})
    assert guessed.status_code == 409 and "不便公开的事" not in guessed.content.decode()


def test_sign_in(world: World, api: Callers) -> None:
    client = Client()
    assert client.get("/api/v1/cases").status_code == 401
    wrong = client.get("/api/v1/cases", headers={"Authorization": "Bearer ys_wrong"})
    assert wrong.status_code == 401 and "Bearer" in wrong["WWW-Authenticate"]
    caller = api("officer")
    assert caller.get("/cases").status_code == 200
    ApiToken.objects.update(revoked_at="2023-04-26T00:00:00Z")
    assert caller.get("/cases").status_code == 401


def test_a_session_writes_with_csrf_only(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.firm1, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/v1/cases").status_code == 200
    refused = client.post("/api/v1/cases", {"title": "停电"}, content_type="application/json")
    assert refused.status_code == 403 and Case.objects.count() == 0
    client.cookies["csrftoken"] = "a" * 32
    good = client.post(
        "/api/v1/cases", {"title": "停电"}, content_type="application/json", headers={"X-CSRFToken": "a" * 32}
    )
    assert good.status_code == 201, good.content


def test_tokens_are_made_on_a_page_only(world: World, api: Callers) -> None:
    assert api("firm1").post("/tokens", {"name": "second"}).status_code == 401
    client = Client()
    client.force_login(world.firm1, backend="django.contrib.auth.backends.ModelBackend")
    made = client.post("/api/v1/tokens", {"name": "财务系统"}, content_type="application/json").json()
    assert made["token"].startswith("ys_")
    assert not ApiToken.objects.filter(digest__contains=made["token"]).exists()
    held = {"Authorization": f"Bearer {made['token']}"}
    assert Client().get("/api/v1/cases", headers=held).status_code == 200
    assert client.delete(f"/api/v1/tokens/{made['id']}").status_code == 200
    assert Client().get("/api/v1/cases", headers=held).status_code == 401


def test_documents_are_downloads(api: Callers, world: World) -> None:
    number = opened(api, business=world.business.uscc)
    firm = api("firm1")
    evil = SimpleUploadedFile("照片 <b>.txt", b"<script>alert(1)</script>")
    made = firm.client.post(f"/api/v1/cases/{number}/documents", {"file": evil})
    assert made.status_code == 201, made.content
    got = firm.get(f"/cases/{number}/documents/{made.json()['id']}")
    assert b"".join(got.streaming_content) == b"<script>alert(1)</script>"
    assert got["Content-Disposition"].startswith("attachment")
    assert got["X-Content-Type-Options"] == "nosniff" and "sandbox" in got["Content-Security-Policy"]
    assert got["Content-Type"] == "application/octet-stream"
    assert api("firm2").get(f"/cases/{number}/documents/{made.json()['id']}").status_code == 404
    html = firm.client.post(f"/api/v1/cases/{number}/documents", {"file": SimpleUploadedFile("a.html", b"<html>")})
    assert html.status_code == 422 and "file" in html.json()["fields"]


def test_internal_files_and_messages_stay_inside(api: Callers, world: World) -> None:
    number = opened(api, business=world.business.uscc)
    dispatcher, firm = api("dispatcher"), api("firm1")
    dispatcher.act(number, "message", {"text": "内部意见", "public": False})
    inside = SimpleUploadedFile("memo.txt", b"internal")
    made = dispatcher.client.post(f"/api/v1/cases/{number}/documents", {"file": inside, "public": "false"})
    assert made.status_code == 201
    assert firm.get(f"/cases/{number}/messages").json() == []
    assert firm.get(f"/cases/{number}/documents").json() == []
    assert firm.get(f"/cases/{number}/documents/{made.json()['id']}").status_code == 404
    assert [m["text"] for m in dispatcher.get(f"/cases/{number}/messages").json()] == ["内部意见"]


def test_pages_by_key(api: Callers) -> None:
    numbers = [opened(api, title=f"第 {i} 件") for i in range(5)]
    firm, seen, after = api("firm1"), [], ""
    while True:
        page = firm.get("/cases", limit=2, after=after).json()
        seen += [c["number"] for c in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == numbers[::-1]
    assert firm.get("/cases", after="!!!").status_code == 422


def test_pool_and_tasks_by_deadline(api: Callers) -> None:
    numbers = [opened(api, title=f"没有把握的事 {i}", text="说不清", category="other") for i in range(3)]
    dispatcher, officer = api("dispatcher"), api("officer")
    first = dispatcher.get("/pool", limit=2).json()
    rest = dispatcher.get("/pool", limit=2, after=first["next"]).json()
    assert [c["number"] for c in first["items"] + rest["items"]] == numbers and rest["next"] is None
    assert officer.get("/pool").status_code == 403
    assert officer.get("/tasks").json()["items"] == []
    for number in numbers:
        dispatcher.act(number, "dispatch", {"lead": "dept.commerce"})
    first = officer.get("/tasks", limit=2).json()
    rest = officer.get("/tasks", limit=2, after=first["next"]).json()
    assert [t["case"] for t in first["items"] + rest["items"]] == numbers and rest["next"] is None
    assert {t["step"] for t in first["items"]} == {"sign"}
    officer.act(numbers[0], "sign_for")
    # Whoever signed has the next step; the unit's other officers no longer see it in their list.
    assert numbers[0] in [t["case"] for t in officer.get("/tasks").json()["items"]]
    assert numbers[0] not in [t["case"] for t in api("officer2").get("/tasks").json()["items"]]
    assert api("firm2").get("/tasks").json()["items"] == []


def test_strict_json(api: Callers) -> None:
    firm = api("firm1")
    bad = [b"{", b'{"title": NaN}', b'{"title": "a\\u0000b"}', b'{"title": "\\ud800"}', b'{"title": "a", "title": "b"}',
           b'{"title": "a", "data": {"wish": 1e999}}', b"[" * 100_000]  # fmt: skip
    for body in bad:
        answer = firm.client.post("/api/v1/cases", body, content_type="application/json")
        assert answer.status_code in (400, 422), body[:40]
        assert answer["Content-Type"] == "application/problem+json"
    assert firm.get("/businesses", q="a\0b").status_code == 400
    assert Case.objects.count() == 0


def test_rate_limit(api: Callers, settings: Any) -> None:
    settings.API_RATE = 48
    firm, other = api("firm1"), api("firm2")
    statuses = [firm.get("/scenarios").status_code for _ in range(60)]
    # A minute may turn while the requests run: then two allowances were used, never more.
    assert statuses.count(429) >= 12 or statuses.count(200) > 48
    limited = firm.get("/scenarios")
    if limited.status_code == 429:
        assert 1 <= int(limited["Retry-After"]) <= 60
    assert other.get("/scenarios").status_code == 200


def test_register(api: Callers, world: World) -> None:
    officer, firm = api("officer"), api("firm1")
    assert [b["uscc"] for b in officer.get("/businesses", q="食品").json()["items"]] == [world.other_business.uscc]
    assert [b["uscc"] for b in firm.get("/businesses").json()["items"]] == [world.business.uscc]
    assert firm.get(f"/businesses/{world.other_business.uscc}").status_code == 404
    assert {u["code"] for u in firm.get("/units", kind="street").json()} == {"street.xiasha", "street.baiyang"}
    assert firm.get("/units/dept.commerce/people").status_code == 403
    assert "officer" in {p["username"] for p in officer.get("/units/dept.commerce/people").json()}
    days = officer.get("/calendar", year=2023).json()
    assert len(days) == 365 and next(d for d in days if d["day"] == "2023-05-06")["working"] is True
    due = officer.get("/calendar/due", start="2023-04-28T16:00:00+08:00", amount=1, basis="working_days").json()
    assert due["due_at"].startswith("2023-05-04")


def test_scenarios(api: Callers) -> None:
    firm = api("firm1")
    demand = firm.get("/scenarios/qifu_express").json()
    assert demand["services"][0]["may_start"] is True
    assert firm.get("/scenarios/qifu_express/forms/demand").json()["type"] == "object"
    assert "policy" in {c["code"] for c in firm.get("/scenarios/qifu_express/categories").json()}
    assert {p["code"] for p in firm.get("/scenarios/qifu_express/promises").json()} >= {"first_contact", "resolve"}
    for path in ("/scenarios/nothing", "/scenarios/qifu_express/forms/nothing", "/scenarios/nothing/categories"):
        assert firm.get(path).status_code == 404
