"""Imports: every row as if opened by hand; bad rows kept with reasons; the same file again changes nothing."""

import re
import shutil
from pathlib import Path
from typing import Any
from unittest import mock

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import translation

from tests.exchange import sheets
from tests.support.world import World
from yingshang.accounts import audit
from yingshang.accounts.models import Unit
from yingshang.cases import actions, catalog
from yingshang.cases.errors import NotAllowed
from yingshang.cases.models import Case, CaseAccess, CaseProcess, Category, Clock, ClockEntry, Event, Task, Timer
from yingshang.exchange import imports
from yingshang.exchange.imports import columns, runs
from yingshang.exchange.imports.checking import Checker
from yingshang.exchange.imports.problems import Line
from yingshang.exchange.models import ImportRun
from yingshang.processes import bpmn

HEAD = [
    "标题",
    "内容",
    "分类",
    "统一社会信用代码",
    "联系人",
    "联系电话",
    "街道",
    "产业平台",
    "来源编号",
    "希望怎么解决",
]


def bring_in(path: Path, world: World, **kwargs: Any) -> ImportRun:
    run = imports.begin(
        path, name=path.name, actor=world.dispatcher, scenario="qifu_express", service="demand", **kwargs
    )
    return imports.work(run, path)


def refusals(run: ImportRun) -> dict[tuple[int, str], str]:
    return {(r.row, r.column): r.reason for r in run.refused_rows.all()}


# --- exactly the rows of open_case ---------------------------------------------------------------------------------------

#: Columns that name the row itself; everything else has to be equal.
OWN = {"id", "case_id", "clock_id", "number", "external_id", "process_task", "process_timer", "state"}


def everything(case: Case) -> dict[str, list[dict[str, Any]]]:
    """All rows of a case, column by column, without what names the row itself."""

    def plain(rows: Any) -> list[dict[str, Any]]:
        return [{k: v for k, v in row.items() if k not in OWN} for row in rows.values()]

    found = {
        "case": plain(Case.objects.filter(pk=case.pk)),
        "access": sorted(plain(CaseAccess.objects.filter(case=case)), key=lambda r: r["principal"]),
        "task": plain(Task.objects.filter(case=case).order_by("id")),
        "timer": plain(Timer.objects.filter(case=case).order_by("id")),
        "clock": plain(Clock.objects.filter(case=case).order_by("id")),
        "entry": plain(ClockEntry.objects.filter(clock__case=case).order_by("id")),
        "event": plain(Event.objects.filter(case=case).order_by("seq")),
        "process": plain(CaseProcess.objects.filter(case=case)),
    }
    process = CaseProcess.objects.get(case=case)
    instance = bpmn.Definition.from_spec_bytes(bytes(case.procedure.spec)).load(bytes(process.state))
    found["instance"] = [
        {
            "data": dict(instance.data),
            "waits": [(t.step, t.name, dict(t.attributes)) for t in instance.tasks()],
            "timers": [(t.step, t.due) for t in instance.timers()],
            "trail": instance.trail().as_dict(),
            "tasks": [t.id for t in instance.tasks()]
            == list(Task.objects.filter(case=case).values_list("process_task", flat=True)),
        }
    ]
    return found


DEMANDS = [
    # title, text, category, business?, street, platform, form
    ("出口退税迟迟不到账", "三月申报的退税还没有到账。", "tax", True, "", "", {"wish": "尽快到账"}),
    ("员工孩子想在附近入学", "有三位员工的孩子今年上小学。", "schooling", True, "", "", {}),
    ("说不清的一件事", "", "", False, "street.xiasha", "", {}),
    ("医药港小镇食堂排队太久", "中午要排四十分钟", "other", False, "", "platform.pharma", {"others_too": True}),
    ("有什么补贴可以申报", "小微企业,十人", "policy", True, "street.baiyang", "platform.pharma", {}),
    ("没有分类的停车问题", "货车没处停", "", True, "", "", {}),
]


def test_an_imported_case_equals_an_opened_one(world: World, tmp_path: Path) -> None:
    names = {c.code: c.name for c in Category.objects.all()}
    rows: list[list[object]] = [[*HEAD, "周边企业也有同样的问题"]]
    for i, (title, text, category, business, street, platform, form) in enumerate(DEMANDS):
        rows.append(
            [title, text, names.get(category, ""), world.business.uscc if business else "", "王女士", "13800000000",
             world.units[street].name if street else "", world.units[platform].name if platform else "", f"N{i}",
             form.get("wish", ""), "是" if form.get("others_too") else ""]
        )  # fmt: skip
    run = bring_in(sheets.xlsx(tmp_path / "a.xlsx", rows), world)
    assert (run.state, run.accepted, run.refused) == ("done", len(DEMANDS), 0), refusals(run)
    for i, (title, text, category, business, street, platform, form) in enumerate(DEMANDS):
        by_hand = actions.open_case(
            world.dispatcher,
            scenario="qifu_express",
            service="demand",
            title=title,
            text=text,
            category=category,
            business=world.business if business else None,
            channel="import",
            street=world.units.get(street),
            platform=world.units.get(platform),
            contact_name="王女士",
            contact_phone="13800000000",
            data=form,
            external_source="sheet",
            external_id=f"by hand {i}",
        )
        imported = Case.objects.get(external_source="sheet", external_id=f"N{i}")
        assert everything(imported) == everything(by_hand), title
    with connection.cursor() as c:
        # The chain is made at commit; this test's transaction has none.
        c.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert audit.verify().problems == []


def test_an_imported_case_can_be_worked_to_the_end(world: World, tmp_path: Path) -> None:
    rows = [HEAD, *[[t, x, "", world.business.uscc, "", "", "", "", "", ""] for t, x, *_ in DEMANDS]]
    bring_in(sheets.text(tmp_path / "a.csv", rows), world)
    assert len(set(Task.objects.values_list("process_task", flat=True))) == len(DEMANDS)
    for case in Case.objects.all():
        if case.status == "pool":
            actions.dispatch(case, world.dispatcher, lead=world.units["dept.commerce"])
        case.refresh_from_db()
        lead = {"dept.commerce": "officer", "dept.economy": "economy_officer", "dept.education": "education_officer"}
        assert case.lead_unit is not None
        officer = getattr(world, lead[case.lead_unit.code])
        actions.sign_for(case, officer)
        actions.contact(case, officer, note="已联系")
        actions.answer(case, officer, text="已办")
        assert actions.confirm(case, world.firm1, solved=True).status == "closed"


# --- what goes in, what does not ----------------------------------------------------------------------------------------------


def test_bad_rows_are_kept_and_good_ones_go_in(world: World, tmp_path: Path) -> None:
    Unit.objects.filter(kind=Unit.Kind.STREET).update(name_en="Some Street")
    good = world.business.uscc
    wrong_digit = good[:-1] + ("1" if good[-1] != "1" else "2")
    rows = [
        HEAD,
        ["路灯不亮", "两周了", "用电", good, "", "", "", "", "1", ""],
        ["", "没有标题", "", "", "", "", "", "", "2", ""],
        ["长" * 121, "", "", "", "", "", "", "", "3", ""],
        ["代码抄错", "", "", wrong_digit, "", "", "", "", "4", ""],
        ["代码少一位", "", "", good[:-1], "", "", "", "", "5", ""],
        ["没有的分类", "", "天文", "", "", "", "", "", "6", ""],
        ["没有的街道", "", "", "", "", "", "上城街道", "", "7", ""],
        ["话太长", "", "", "", "", "", "", "", "8", "愿" * 501],
        ["=1+1", "公式", "", "", "", "", "", "", "9", ""],
        ["两处都错", "", "天文", wrong_digit, "", "", "", "", "10", ""],
    ]
    run = bring_in(sheets.xlsx(tmp_path / "a.xlsx", rows), world)
    assert (run.rows, run.accepted, run.known, run.refused) == (10, 1, 0, 9)
    said = refusals(run)
    assert set(said) == {(3, "标题"), (4, "标题"), (5, "统一社会信用代码"), (6, "统一社会信用代码"), (7, "分类"),
                         (8, "街道"), (9, "希望怎么解决"), (10, "标题"), (11, "分类"), (11, "统一社会信用代码")}  # fmt: skip
    assert "校验位" in said[5, "统一社会信用代码"] and "18 位" in said[6, "统一社会信用代码"]
    assert "121 字" in said[4, "标题"] and "公式" in said[10, "标题"] and "下沙街道" in said[8, "街道"]
    # Kept in both languages, each whole; quoted is only what the sheet says.
    for r in run.refused_rows.all():
        assert " / " not in r.reason
        with translation.override("en"):
            assert not re.search(r"[\u4e00-\u9fff]", r.where + re.sub("“[^”]*”", "", r.why)), (r.where, r.why)
        with translation.override("zh-hans"):
            assert (r.where, r.why) == (r.column, r.reason)
    row = run.refused_rows.get(row=7)
    assert row.content == {"title": "没有的分类", "category": "天文", "external_id": "6"}
    assert [c.title for c in Case.objects.all()] == ["路灯不亮"]


@pytest.mark.parametrize("numbered", [True, False])
def test_the_same_file_again_changes_nothing(world: World, tmp_path: Path, numbered: bool) -> None:
    rows = [["标题", "内容", "来源编号"], *[[f"第 {i} 件", "说明", f"A{i}" if numbered else ""] for i in range(30)]]
    rows.append(["", "坏的一行", ""])
    path = sheets.text(tmp_path / "a.csv", rows)
    first = bring_in(path, world)
    state = list(Case.objects.values()), list(Event.objects.values()), list(Task.objects.values())
    again = bring_in(path, world)
    assert (first.accepted, first.known, first.refused) == (30, 0, 1)
    assert (again.accepted, again.known, again.refused) == (0, 30, 1)
    assert state == (list(Case.objects.values()), list(Event.objects.values()), list(Task.objects.values()))
    # Under another source name it is another file.
    assert bring_in(path, world, source="hotline").accepted == 30


def test_the_same_row_twice_goes_in_once(world: World, tmp_path: Path) -> None:
    path = sheets.text(tmp_path / "a.csv", [["标题", "内容"], *[["一样的事", "一样的话"]] * 3])
    run = bring_in(path, world)
    assert (run.accepted, run.known) == (1, 2)


def test_an_import_goes_on_after_a_batch_that_failed(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH", 10)
    path = sheets.text(tmp_path / "a.csv", [["标题", "来源编号"], *[[f"第 {i} 件", str(i)] for i in range(25)]])
    run = imports.begin(path, name="a.csv", actor=None, scenario="qifu_express", service="demand")

    def killed(r: ImportRun) -> None:
        if r.rows == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imports.work(run, path, progress=killed)
    assert run.state == "failed" and Case.objects.count() == 20
    imports.work(run, path)
    assert (run.state, run.accepted, run.known) == ("done", 5, 20) and Case.objects.count() == 25


def test_who_may_import(world: World, tmp_path: Path) -> None:
    path = sheets.text(tmp_path / "a.csv", [["标题"], ["一件事"]])
    for refused in ("officer", "firm1", "admin", "auditor"):
        with pytest.raises(NotAllowed, match="只有"):
            imports.begin(path, name="a", actor=getattr(world, refused), scenario="qifu_express", service="demand")
    for allowed in ("dispatcher", "reform", "commerce_lead", "street_lead"):
        imports.begin(path, name="a", actor=getattr(world, allowed), scenario="qifu_express", service="demand")


# --- files of all kinds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_files(world: World, tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [["诉求标题*", "问题描述(选填)", "电话"], ["路灯不亮", '第一行\n第二行,有"引号"', "0571-1"]]
    run = bring_in(sheets.text(tmp_path / "a.csv", rows, encoding, delimiter), world)
    assert run.accepted == 1, refusals(run)
    case = Case.objects.get()
    assert (case.title, case.text, case.contact_phone) == ("路灯不亮", '第一行\n第二行,有"引号"', "0571-1")


def test_a_heading_below_a_title_line(world: World, tmp_path: Path) -> None:
    rows = [["一季度企业诉求汇总表"], [], ["标题", "联系电话"], ["路灯不亮", 13800000000], [], ["没水", 5.0]]
    run = bring_in(sheets.xlsx(tmp_path / "a.xlsx", rows), world)
    assert run.accepted == 2
    assert Case.objects.get(title="路灯不亮").contact_phone == "13800000000"
    rows[3][0] = ""
    again = bring_in(sheets.xlsx(tmp_path / "b.xlsx", rows), world)
    assert [r.row for r in again.refused_rows.all()] == [4]


def test_a_heading_of_two_lines_with_merged_cells(world: World, tmp_path: Path) -> None:
    """“联系方式” stands over two columns, the other headings over two lines, as people draw tables."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [
        ["一季度企业诉求汇总表", None, None, None],
        ["标题", "内容", "联系方式", None],
        [None, None, "联系人", "联系电话"],
        ["路灯不亮", "两周了", "王女士", "13800000000"],
    ]:
        sheet.append(row)
    for area in ("A1:D1", "A2:A3", "B2:B3", "C2:D2"):
        sheet.merge_cells(area)
    book.save(tmp_path / "a.xlsx")
    run = bring_in(tmp_path / "a.xlsx", world)
    assert (run.rows, run.accepted) == (1, 1), refusals(run)
    case = Case.objects.get()
    assert (case.title, case.text, case.contact_name, case.contact_phone) == (
        "路灯不亮",
        "两周了",
        "王女士",
        "13800000000",
    )


def test_a_bomb_is_not_unpacked(world: World, tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("xl/workbook.xml", b"\0" * (64 << 20))
    with pytest.raises(imports.BadFile, match="展开"), mock.patch.object(zipfile.ZipFile, "testzip") as unpacks:
        bring_in(path, world)
    assert not unpacks.called


def _macro(path: Path) -> Path:
    import zipfile

    sheets.xlsx(path, [["标题"], ["x"]])
    with zipfile.ZipFile(path, "a") as z:
        z.writestr("xl/vbaProject.bin", b"macro")
    return path


def _cut(path: Path) -> Path:
    whole = sheets.xlsx(path, [["标题"], *[[f"第 {i} 件事"] for i in range(500)]]).read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    return path


def _bytes(content: bytes) -> Any:
    def write(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_bytes(b""), "空的"),
        (_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600), "另存为"),
        (_bytes(b"%PDF-1.7 ..."), "PDF"),
        (_bytes(bytes(range(256)) * 8), "无法识别"),
        (_bytes(b"PK\x03\x04 not a zip at all"), "不完整"),
        (_macro, "宏"),
        (_cut, "不完整"),
        (lambda p: sheets.text(p, [["内容", "联系人"], ["x", "y"]]), "缺少这些列:标题"),
        (lambda p: sheets.text(p, [["标题", "标题"], ["x", "y"]]), "两次"),
        (lambda p: sheets.text(p, [["标题"], ["x" * 200_000]]), "第 2 行"),
    ],
)
def test_files_that_are_none(world: World, tmp_path: Path, make: Any, says: str) -> None:
    with pytest.raises(imports.BadFile, match=says) as raised:
        bring_in(make(tmp_path / "a.xlsx"), world)
    assert " / " in str(raised.value)
    run = ImportRun.objects.get()
    assert (run.state, run.error, run.error_en) == ("failed", raised.value.zh, raised.value.en)
    assert says in run.error and Case.objects.count() == 0


def test_the_template_can_be_imported(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "模板.xlsx"
    call_command("import_demands", str(path), "--template")
    shutil.copy(path, tmp_path / "填好.xlsx")
    call_command("import_demands", str(tmp_path / "填好.xlsx"), "--as", "dispatcher")
    assert "导入 1" in capsys.readouterr().out
    case = Case.objects.get()
    assert case.submitter == world.dispatcher and case.title in {c.example for c in columns.BASE}


def test_columns_follow_the_form() -> None:
    keys = {c.key for c in columns.for_service(catalog.get("qifu_express"), "demand")}
    assert {"title", "uscc", "form.wish", "form.needed_by"} <= keys


@pytest.mark.parametrize("mark", ["\0", "\ud800", "\udfff"])
def test_what_cannot_be_stored_is_refused_cell_by_cell(world: World, mark: str) -> None:
    checker = Checker(catalog.get("qifu_express"), "demand")
    checker.look_up([])
    bad = Line(2, {"title": "路灯不亮", "text": f"门口{mark}"}, [])
    assert checker.demand(bad) is None
    assert [p.column.zh for p in bad.problems] == ["内容"]
    # Characters beyond the basic plane are whole, and stay.
    good = Line(3, {"title": "路灯不亮", "text": "门口𠮷\ue000\ud7ff"}, [])
    assert checker.demand(good) is not None
