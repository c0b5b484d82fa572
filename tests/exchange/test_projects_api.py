"""Investment projects over the API: opened, documents handed in once, items done, asked for and answered, stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

if TYPE_CHECKING:
    from tests.exchange.conftest import Api
    from tests.scenarios.driver import Story
    from yingshang.accounts.models import Person
    from yingshang.registry.models import Business

PDF = b"%PDF-1.4\n%sample of tests\n"
FACTS = {"area": 42000, "environment": "报告表", "energy": 1800, "soil": True, "build_days": 240}


@pytest.fixture
def story(db: None) -> Iterator[Story]:
    from tests.projects.district import told

    with told() as one:
        yield one


@pytest.fixture
def firm(story: Story) -> Business:
    return story.business("示例新材料有限公司", "2008-05-01", "street.linjiang", "platform.linjiang")


@pytest.fixture
def as_() -> Callable[[Person], Api]:
    from tests.exchange.conftest import Api

    return lambda person: Api(person)


def opened(api: Api, firm: Business, key: str = "", **more: Any) -> Any:
    body = {"business": firm.uscc, "name": "示例新材料生产基地", "kind": "new_land", "facts": FACTS} | more
    return api.post("/projects", body, **({"Idempotency-Key": key} if key else {}))


def hand_in(api: Api, number: str, kind: str) -> Any:
    given = {"kind": kind, "file": SimpleUploadedFile(f"{kind}.pdf", PDF + kind.encode(), "application/pdf")}
    return api.client.post(f"/api/v1/projects/{number}/documents", given)


def item(project: dict[str, Any], code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(i for i in project["items"] if i["code"] == code)
    return found


def test_from_opening_to_the_first_case(story: Story, firm: Business, as_: Callable[..., Api]) -> None:
    api = as_(story.handler(firm))
    wrong = opened(api, firm, facts={"area": -1})
    assert wrong.status_code == 422 and "area" in wrong.json()["fields"]
    first = opened(api, firm, contract_number="示例-1", investment="120000000.50")
    assert first.status_code == 201, first.content
    made = first.json()
    assert made["state"] == "running" and made["platform"] == "platform.linjiang" and made["business"] == firm.uscc
    assert item(made, "project_filing")["lacking"] == ["project_info"] and "project_info" in made["to_hand_in"]
    assert item(made, "project_filing")["state"] == "papers" and item(made, "project_filing")["case"] is None
    taken = opened(api, firm, contract_number="示例-1")
    assert taken.status_code == 409 and "已登记在另一个项目里" in taken.json()["detail"]

    number = made["number"]
    assert hand_in(api, number, "nothing").status_code == 422
    paper = hand_in(api, number, "project_info")
    assert paper.status_code == 201 and paper.json()["kind"] == "project_info"
    now = api.get(f"/projects/{number}").json()
    assert item(now, "project_filing")["state"] == "running"
    assert [d["kind"] for d in api.get(f"/projects/{number}/documents").json()] == ["project_info"]
    case = item(now, "project_filing")["case"]
    assert api.get(f"/cases/{case}").json()["scenario"] == "joint_review_center"
    file = api.get(f"/cases/{number}/documents/{paper.json()['document']}")
    assert b"".join(file.streaming_content).startswith(b"%PDF")
    assert sum(s["percent"] for s in now["shares"]) in (0, 100)


def test_the_same_key_opens_one(story: Story, firm: Business, as_: Callable[..., Api]) -> None:
    from yingshang.projects.models import Project

    api = as_(story.handler(firm))
    first, again = (opened(api, firm, key="once") for _ in range(2))
    assert first.json()["number"] == again.json()["number"] and Project.objects.count() == 1


def test_the_list_is_what_one_may_read_page_by_page(story: Story, firm: Business, as_: Callable[..., Api]) -> None:
    api = as_(story.handler(firm))
    numbers = [opened(api, firm, name=f"示例项目{n}").json()["number"] for n in range(3)]
    other = story.business("示例别家有限公司", "2008-05-01", "street.linjiang", "platform.linjiang")
    assert as_(story.handler(other)).get("/projects").json() == {"items": [], "next": None}
    first = api.get("/projects", limit=2).json()
    rest = api.get("/projects", limit=2, after=first["next"]).json()
    assert [p["number"] for p in first["items"] + rest["items"]] == numbers[::-1] and rest["next"] is None
    assert [p["name"] for p in api.get("/projects", q="项目1").json()["items"]] == ["示例项目1"]
    assert api.get("/projects", state="done").json()["items"] == []
    assert api.get("/projects", state="gone").status_code == 422
    assert len(api.get("/projects", business=firm.uscc, kind="new_land").json()["items"]) == 3


def test_a_supplement_is_asked_once_and_answered_once(story: Story, firm: Business, as_: Callable[..., Api]) -> None:
    from tests.projects.district import fresh

    api = as_(story.handler(firm))
    number = opened(api, firm).json()["number"]
    hand_in(api, number, "project_info")
    unit = item(api.get(f"/projects/{number}").json(), "project_filing")["unit"]
    officer = as_(fresh(story.staffed(unit)))
    case = item(officer.get(f"/projects/{number}").json(), "project_filing")["case"]
    assert officer.act(case, "sign_for").status_code == 200
    ask = {"kind": "project_info", "note": "总投资没有写"}
    at = f"/projects/{number}"
    assert api.post(f"{at}/items/project_filing/ask", ask).status_code == 403
    assert officer.post(f"{at}/items/nothing/ask", ask).status_code == 404
    asked = officer.post(f"{at}/items/project_filing/ask", ask)
    assert asked.status_code == 200, asked.content
    assert asked.json()["request"] == {"state": "gathering", "kinds": ["project_info"]}
    assert api.post(f"{at}/actions/answer_request", {"text": "已改"}).status_code == 409
    centre = as_(fresh(story.staffed("dept.approval")))
    sent = centre.post(f"{at}/actions/send_request")
    assert sent.status_code == 200 and sent.json()["request"]["state"] == "sent"
    answered = api.post(f"{at}/actions/answer_request", {"text": "已改"})
    assert answered.status_code == 200 and answered.json()["request"] is None


def test_ways_own_items_and_words(story: Story, firm: Business, as_: Callable[..., Api]) -> None:
    from yingshang.cases.models import Message

    api = as_(story.handler(firm))
    at = f"/projects/{opened(api, firm).json()['number']}"
    committed = api.post(f"{at}/items/environment_form/commit")
    assert committed.status_code == 200 and item(committed.json(), "environment_form")["days"] == 1
    assert api.post(f"{at}/items/scheme_review/commit").status_code in (409, 422)
    staged = api.post(f"{at}/actions/stage", {"code": "pit_permit"})
    assert staged.status_code == 200 and item(staged.json(), "pit_permit")["state"] in ("waiting", "papers")
    early = api.post(f"{at}/items/construction_start/finish", {"note": "已开工"})
    assert early.status_code == 409
    for _each in range(2):
        said = api.post(f"{at}/actions/message", {"text": "图纸下周到"}, **{"Idempotency-Key": "said"})
        assert said.status_code == 200
    assert Message.objects.filter(text="图纸下周到").count() == 1
    assert api.post(f"{at}/actions/message", {"text": "x", "nobody": 1}).status_code == 422


def test_stopping_it(story: Story, firm: Business, as_: Callable[..., Api]) -> None:
    api = as_(story.handler(firm))
    at = f"/projects/{opened(api, firm).json()['number']}"
    assert api.post(f"{at}/actions/withdraw", {"reason": " "}).status_code == 422
    stopped = api.post(f"{at}/actions/withdraw", {"reason": "土地合同解除"}).json()
    assert stopped["state"] == "withdrawn" and {i["state"] for i in stopped["items"]} == {"withdrawn"}
    assert api.post(f"{at}/actions/withdraw", {"reason": "再来"}).status_code == 409


def test_its_end_is_forecast_or_why_not(
    story: Story, firm: Business, as_: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.projects.test_standing import exactly
    from yingshang.projects import forecast

    api = as_(story.handler(firm))
    number = opened(api, firm).json()["number"]
    at = f"/projects/{number}/forecast"
    thin = api.get(at).json()
    assert thin["likely"] is thin["fifty"] is thin["ninety"] is None and thin["history"]["thin"]
    assert (thin["history"]["items"], thin["history"]["least_items"], thin["rounds"]) == (0, 20, 2000)
    # What the list allows needs no history: the same as the page beside the project tells.
    kinds = {o["kind"] for o in thin["options"]}
    assert kinds == {"stage", "commit", "defer", "papers"}
    stage = next(o for o in thin["options"] if o["kind"] == "stage")
    assert (stage["item"], stage["who"], stage["document"]) == ("pit_permit", "applicant", None) and stage["gain"] > 0
    assert stage["end"] < thin["planned_end"] == api.get(f"/projects/{number}").json()["expected_end"]
    gains = [o["gain"] for o in thin["options"]]
    assert gains == sorted(gains, reverse=True)
    codes = [i["code"] for i in api.get(f"/projects/{number}").json()["items"]]
    monkeypatch.setattr(forecast, "history", lambda but: exactly(codes))
    known = api.get(at).json()
    assert known["likely"] == known["planned_end"] and known["fifty"] == known["ninety"] == [known["likely"]] * 2
    assert not known["history"]["thin"] and known == api.get(at).json()
    other = as_(story.handler(story.business("示例他人有限公司", "2012-01-01", "street.xiasha")))
    assert other.get(at).status_code == 404
    api.post(f"/projects/{number}/actions/withdraw", {"reason": "土地合同解除"})
    ended = api.get(at).json()
    assert (ended["state"], ended["likely"], ended["options"]) == ("withdrawn", None, [])


def test_the_whole_project_costs_a_fixed_number_of_queries(
    story: Story, firm: Business, as_: Callable[..., Api], django_assert_max_num_queries: Any
) -> None:
    api = as_(story.handler(firm))
    number = opened(api, firm).json()["number"]
    for kind in ("project_info", "design_scheme", "soil_plan"):
        assert hand_in(api, number, kind).status_code == 201
    api.get(f"/projects/{number}")
    with django_assert_max_num_queries(22):
        assert api.get(f"/projects/{number}").status_code == 200
    with django_assert_max_num_queries(14):
        assert api.get(f"/projects/{number}/forecast").status_code == 200
    with django_assert_max_num_queries(6):
        assert api.get("/projects").status_code == 200
