"""Records of scenario types on the desk: found, read, registered, corrected, taken away."""

from __future__ import annotations

import csv
import io

import pytest

from tests.support.world import World
from yingshang.accounts.models import AuditEntry
from yingshang.cases import records
from yingshang.registry.models import Record

TYPE = "title_history_solver.missing_document"
LIST = "/desk/records/title_history_solver/missing_document/"


@pytest.fixture
def held(world: World) -> Record:
    return records.create(
        TYPE,
        {"paper": "土地出让合同(1998)", "since": 1998, "property": "=6 号大街 12 号"},
        world.reform,
        key="LS-7",
        business=world.business,
        unit=world.units["dept.commerce"],
    )


def test_a_list_shows_the_titles_of_the_schema_in_the_readers_language(world: World, held: Record, sign_in) -> None:
    page = sign_in("reform").get(LIST)
    assert [h for h, _cell in page.context["rows"][0][1]] == ["坐落", "资料名称", "形成年份", "由谁、依据什么认定"]
    text = page.content.decode()
    assert "缺失的历史资料" in text and "土地出让合同" in text and world.business.name in text
    english = sign_in("reform")
    english.cookies["django_language"] = "en"
    text = english.get(LIST).content.decode()
    assert "Missing historical document" in text and "Recognised by whom, on what basis" in text


def test_types_say_how_many_this_person_may_read(world: World, held: Record, sign_in) -> None:
    def count(username: str) -> dict[str, int]:
        groups = sign_in(username).get("/desk/records/").context["groups"]
        return {kind.id: n for _name, kinds in groups for kind, n in kinds}

    assert count("reform")[TYPE] == count("officer")[TYPE] == 1
    assert count("education_officer")[TYPE] == 0


def test_records_of_other_units_stay_unseen(world: World, held: Record, sign_in) -> None:
    stranger = sign_in("education_officer")
    assert not stranger.get(LIST).context["rows"]
    assert stranger.get(f"{LIST}{held.pk}/").status_code == 404
    assert "土地出让合同" not in b"".join(stranger.get(f"{LIST}export.csv").streaming_content).decode()
    assert sign_in("firm1").get(LIST).status_code == 403


@pytest.mark.parametrize(
    ("q", "found"), [("LS-7", 1), ("出让合同", 1), ("机电", 1), ("商务局", 1), ("没有", 0), ("\0", 1)]
)
def test_looking_for_one(world: World, held: Record, sign_in, q: str, found: int) -> None:
    assert len(sign_in("reform").get(LIST, {"q": q}).context["rows"]) == found


def test_registered_and_corrected_with_every_revision_kept(world: World, sign_in) -> None:
    desk = sign_in("reform")
    refused = desk.post(f"{LIST}new/", {"f_paper": "", "f_since": "1800"})
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"f_paper", "f_since"}
    made = desk.post(
        f"{LIST}new/", {"f_paper": "竣工图", "f_since": "2001", "number": "LS-8", "business": world.business.uscc}
    )
    assert made.status_code == 302
    record = Record.objects.get()
    assert (record.key, record.business, record.data) == ("LS-8", world.business, {"paper": "竣工图", "since": 2001})
    taken = desk.post(f"{LIST}new/", {"f_paper": "竣工图", "number": "LS-8"})
    assert taken.status_code == 409 and "LS-8" in taken.content.decode()

    address = f"{LIST}{record.pk}/"
    right = {"f_paper": "竣工图(补绘)", "f_since": "2001", "seen": "1"}
    assert desk.post(address, {**right, "reason": ""}).status_code == 422
    assert desk.post(address, {**right, "reason": "城建档案馆找到底图"}).status_code == 302
    late = desk.post(address, {**right, "reason": "我也改"})
    assert late.status_code == 409 and "第 2 版" in late.content.decode()
    page = desk.get(address)
    assert [(r.number, dict(said)["资料名称"]) for r, said in page.context["revisions"]] == [
        (2, "竣工图(补绘)"),
        (1, "竣工图"),
    ]
    assert sign_in("education_officer").post(address, {**right, "seen": "2", "reason": "改"}).status_code in (403, 404)


def test_the_table_to_take_away_holds_every_field_and_is_on_record(world: World, held: Record, sign_in) -> None:
    answer = sign_in("reform").get(f"{LIST}export.csv", {"q": "LS"})
    heading, row = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    said = dict(zip(heading, row, strict=True))
    assert said["编号"] == "LS-7" and said["统一社会信用代码"] == world.business.uscc
    assert said["形成年份"] == "1998" and said["资料名称"] == "土地出让合同(1998)"
    assert said["坐落"] == "'=6 号大街 12 号"  # no formula for a spreadsheet
    entry = AuditEntry.objects.get(action="record.export")
    assert (entry.object_type, entry.data) == (TYPE, {"q": "LS"})


def test_no_such_type_or_record(world: World, held: Record, sign_in) -> None:
    desk = sign_in("reform")
    for address in ("/desk/records/nothing/at_all/", "/desk/records/qifu_express/nothing/", f"{LIST}999999/"):
        assert desk.get(address).status_code == 404


def test_a_business_shows_its_records(world: World, held: Record, sign_in) -> None:
    page = sign_in("reform").get(f"/desk/businesses/{world.business.uscc}/")
    assert f"{LIST}{held.pk}/" in page.content.decode()
