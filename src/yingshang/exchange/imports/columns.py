"""The columns of a demand sheet: their headings, what they may hold, and the template with both."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from yingshang.cases import sheets
from yingshang.cases.catalog import ScenarioSpec, Text
from yingshang.exchange.imports.problems import BadFile, Cell, Line


@dataclass(frozen=True)
class Column:
    """One column: ``key`` inside, headings outside; ``form`` ones belong to the service's own form."""

    key: str
    zh: str
    en: str
    required: bool = False
    hint: str = ""
    example: str = ""
    width: int = 18
    form: Mapping[str, Any] | None = None
    also: tuple[str, ...] = ()

    @property
    def heading(self) -> Text:
        return Text(self.zh, self.en)


BASE: tuple[Column, ...] = (
    Column("title", "标题", "Title", True, "一句话说明要办的事,120 字以内", "厂区门口路灯不亮", 30, also=("诉求标题", "事项")),
    Column("text", "内容", "Text", False, "经过和具体情况,8000 字以内", "6 号大街三盏路灯两周未亮", 50, also=("诉求内容", "问题描述")),
    Column("category", "分类", "Category", False, "分类名称或编号,可留空由派单员判断", "", 18, also=("诉求分类", "类别")),
    Column("uscc", "统一社会信用代码", "Credit code", False, "18 位,企业提出的诉求请填写", "", 24, also=("信用代码",)),
    Column("business", "企业名称", "Business", False, "信用代码为空时,按全称查找企业", "", 30, also=("单位名称", "企业")),
    Column("contact_name", "联系人", "Contact", False, "60 字以内", "王女士", 12),
    Column("contact_phone", "联系电话", "Phone", False, "40 字以内", "13800000000", 16, also=("电话", "手机")),
    Column("street", "街道", "Street", False, "街道名称或编号,填了信用代码可留空", "", 14, also=("所属街道",)),
    Column("platform", "产业平台", "Platform", False, "平台名称或编号", "", 18, also=("平台", "所属平台")),
    Column("external_id", "来源编号", "Source number", False, "原系统里的编号;同一编号只导入一次", "", 18, also=("编号", "工单编号")),
)  # fmt: skip


def for_service(spec: ScenarioSpec, service: str) -> list[Column]:
    """The columns of a service: the common ones, and one a field of its form."""
    form = spec.forms.get(spec.services[service].form) or {}
    columns = list(BASE)
    for name, prop in form.get("properties", {}).items():
        columns.append(
            Column(
                f"form.{name}",
                str(prop.get("title", name)),
                str(prop.get("x-title-en", name)),
                name in form.get("required", ()),
                str(prop.get("description", "")) or "、".join(map(str, prop.get("enum", ()))),
                form=prop,
                also=(name,),
            )
        )
    return columns


def plain_heading(text: str) -> str:
    """A heading as it is compared: full width is half width, without blanks, case, ``*`` and what stands in brackets."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"\(.*?\)|[\s*:_]", "", folded)


def lines(path: Path, columns: list[Column]) -> Iterator[Line]:
    """The rows of the file under its heading, by column key.

    Raises:
        BadFile: the file cannot be read, or columns are missing or occur twice; names them and shows what is expected.
    """
    found: dict[int, Column] | None = None
    first = False
    names = {plain_heading(h): c for c in columns for h in (c.zh, c.en, c.key, *c.also)}
    for seen, (number, texts, wrong) in enumerate(sheets.rows(path)):
        if found is None:
            found = _heading(texts, names, columns, last=seen + 1 >= sheets.HEADING_WITHIN)
            first = found is not None
            continue
        if first:
            first = False
            if below := _second_line(texts, names, found):
                found |= below
                continue
        values = {c.key: texts[i] for i, c in found.items() if i < len(texts) and texts[i]}
        problems = [Cell(c.heading, wrong[i]) for i, c in found.items() if i in wrong]
        if values or problems:
            yield Line(number, values, problems)
    if found is None:
        raise _missing([c for c in columns if c.required], columns)


def _heading(
    texts: list[str], names: Mapping[str, Column], columns: list[Column], *, last: bool
) -> dict[int, Column] | None:
    """Which position holds which column, if this row is the heading; None if it is a line above it."""
    found: dict[int, Column] = {}
    for i, text in enumerate(texts):
        column = names.get(plain_heading(text)) if text else None
        if column is None:
            continue
        if column in found.values():
            raise BadFile(f"「{column.zh}」列出现了两次,请删去一列。", f"the column “{column.en}” occurs twice")
        found[i] = column
    missing = [c for c in columns if c.required and c not in found.values()]
    if not missing:
        return found
    # A heading is a row that knows at least two columns, or the last chance to be one.
    if len(found) >= 2 or last:
        raise _missing(missing, columns)
    return None


def _second_line(texts: list[str], names: Mapping[str, Column], found: Mapping[int, Column]) -> dict[int, Column]:
    """Further columns of a heading whose cells are merged over two lines; none if this row is data already."""
    below = {i: names.get(plain_heading(text)) for i, text in enumerate(texts) if text}
    known = {i: c for i, c in below.items() if c is not None}
    keys = [c.key for c in (*found.values(), *known.values())]
    return known if known and len(known) == len(below) and len(keys) == len(set(keys)) else {}


def _missing(missing: list[Column], columns: list[Column]) -> BadFile:
    expected = " | ".join(f"{c.zh}{'*' if c.required else ''}" for c in columns)
    return BadFile(
        f"缺少这些列:{'、'.join(c.zh for c in missing)}。表头应为:{expected}(* 必填,顺序不限)。可下载模板填写。",
        f"columns missing: {', '.join(c.en for c in missing)}; expected any of: "
        + ", ".join(f"{c.en}{'*' if c.required else ''}" for c in columns),
    )


def template(spec: ScenarioSpec, service: str, categories: list[str], out: IO[bytes]) -> None:
    """Write the workbook to fill in: headings with hints, one example row, the categories on a second sheet."""
    columns = for_service(spec, service)
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "诉求"
    sheet.append([f"{c.zh}{'*' if c.required else ''}" for c in columns])
    sheet.append([c.example for c in columns])
    sheet.freeze_panes = "A2"
    for i, c in enumerate(columns, start=1):
        cell = sheet.cell(row=1, column=i)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DCE6F7")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        cell.comment = Comment(f"{c.hint}\n{c.en}", "营商")
        sheet.column_dimensions[get_column_letter(i)].width = c.width
        if c.key in ("uscc", "contact_phone", "external_id"):
            # As text: a spreadsheet would otherwise round long numbers.
            for row in range(2, 502):
                sheet.cell(row=row, column=i).number_format = "@"
    notes = book.create_sheet("填写说明")
    notes.append(["列", "是否必填", "说明", "Column"])
    for c in columns:
        notes.append([c.zh, "必填" if c.required else "选填", c.hint, c.en])
    notes.append([])
    notes.append(["可用的分类"])
    for name in categories:
        notes.append([name])
    notes.column_dimensions["A"].width = 24
    notes.column_dimensions["C"].width = 60
    book.save(out)
