"""Handing a spreadsheet in through the API, and what its job does."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.exchange import sheets
from tests.exchange.conftest import Api
from yingshang.cases.models import Case
from yingshang.exchange import jobs
from yingshang.exchange.models import ImportRun

Callers = Callable[..., Api]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, settings: Any) -> None:
    settings.HOME = tmp_path / "home"


def hand_in(caller: Api, content: bytes, name: str = "诉求.csv", **data: str) -> Any:
    return caller.client.post("/api/v1/imports", {"file": SimpleUploadedFile(name, content), **data})


def test_from_upload_to_cases(api: Callers, tmp_path: Path) -> None:
    content = sheets.text(tmp_path / "a.csv", [["标题", "分类"], ["路灯不亮", ""], ["", "x"]]).read_bytes()
    dispatcher = api("dispatcher")
    made = hand_in(dispatcher, content)
    assert made.status_code == 201, made.content
    number = made.json()["id"]
    assert made.json()["state"] == "running" and Case.objects.count() == 0
    (job,) = ProcrastinateJob.objects.filter(task_name="exchange.import_demands")
    jobs.import_demands(**job.args)
    seen = dispatcher.get(f"/imports/{number}").json()
    assert (seen["state"], seen["accepted"], seen["refused"]) == ("done", 1, 1)
    assert seen["file_name"] == "诉求.csv"
    refused = dispatcher.get(f"/imports/{number}/refused").json()["items"]
    assert [r["row"] for r in refused] == [3, 3] and refused[0]["content"] == {"category": "x"}
    assert not jobs.held_file(ImportRun.objects.get()).exists(), "the file is thrown away"
    jobs.import_demands(**job.args)
    assert Case.objects.count() == 1
    assert [r["id"] for r in api("reform").get("/imports").json()] == [number]


def test_a_bad_file_is_told_by_its_run(api: Callers) -> None:
    made = hand_in(api("dispatcher"), b"%PDF-1.7", "a.pdf")
    jobs.import_demands(made.json()["id"])
    seen = api("dispatcher").get(f"/imports/{made.json()['id']}").json()
    assert seen["state"] == "failed" and "PDF" in seen["error"]


def test_who_may(api: Callers) -> None:
    for refused in ("officer", "firm1", "auditor", "admin"):
        assert hand_in(api(refused), "标题\n事\n".encode()).status_code == 403
        assert api(refused).get("/imports").status_code == 403
        assert api(refused).get("/imports/template").status_code == 403
    assert ImportRun.objects.count() == 0


def test_what_nobody_starts_comes_in_by_no_sheet(api: Callers) -> None:
    sheet = "标题\n一件申报\n".encode()
    for scenario, service in (("policy_delivery", "claim"), ("joint_acceptance", "acceptance")):
        assert hand_in(api("commerce_lead"), sheet, scenario=scenario, service=service).status_code == 403
    assert not ImportRun.objects.exists()


def test_wrong_service_and_size(api: Callers, settings: Any) -> None:
    dispatcher = api("dispatcher")
    assert hand_in(dispatcher, b"x", service="nothing").status_code == 422
    assert hand_in(dispatcher, b"x", scenario="nothing").status_code == 404
    settings.UPLOAD_MAX_BYTES = 3
    assert "file" in hand_in(dispatcher, b"xxxx").json()["fields"]
    assert not list((settings.HOME / "imports").glob("*")) if (settings.HOME / "imports").exists() else True


def test_template(api: Callers) -> None:
    got = api("dispatcher").get("/imports/template")
    book = openpyxl.load_workbook(BytesIO(b"".join(got.streaming_content)))
    assert book["诉求"]["A1"].value == "标题*"
    assert "填写说明" in book.sheetnames
    assert api("dispatcher").get("/imports/template", service="nothing").status_code == 404
