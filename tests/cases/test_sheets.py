"""Hostile and broken spreadsheets and CSV files: refused in a moment, with the row and the reason."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

from yingshang.cases import sheets
from yingshang.cases.errors import Invalid
from yingshang.policies import bankfiles

SHEET, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
HEADING = ("付款流水号", "结果", "金额")
Change = Callable[[bytes], bytes]


def book(*rows: Sequence[object]) -> bytes:
    made, out = Workbook(), io.BytesIO()
    assert made.active is not None
    for row in (HEADING, *rows):
        made.active.append(list(row))
    made.save(out)
    return out.getvalue()


GOOD = book(("P1", "成功", 1))


def changed(part: str, change: Change, raw: bytes = GOOD) -> bytes:
    """The workbook with one of its parts changed; what is not there is added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        new.writestr(part, change(old.read(part) if part in old.namelist() else b""))
    return out.getvalue()


def more(rows: str) -> bytes:
    return changed(SHEET, lambda x: x.replace(b"</sheetData>", f"{rows}</sheetData>".encode()))


def entity(declared: bytes) -> bytes:
    return changed(SHEET, lambda x: b"<!DOCTYPE x [" + declared + b"]>" + x.replace(b"P1", b"&z;"))


LAUGHS = b'<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + i, (b"&%c;" % (97 + i)) * 10) for i in range(25)
)
BAD = {
    "cut off": (GOOD[: len(GOOD) // 2], "cut off"),
    "cut off at the end": (GOOD[:-30], "cut off"),
    "a sheet that is cut off": (changed(SHEET, lambda x: x[: len(x) // 2]), "cannot read the workbook"),
    "a sheet that is no XML": (changed(SHEET, lambda _: b"hello"), "cannot read the workbook"),
    "a book that is no XML": (changed(BOOK, lambda _: b"<a"), "cannot read the workbook"),
    "no sheets": (changed(BOOK, lambda x: re.sub(rb"<sheets>.*</sheets>", b"<sheets/>", x)), "no visible sheet"),
    "entities that blow up": (entity(LAUGHS), "cannot read the workbook"),
    "an entity from elsewhere": (entity(b'<!ENTITY z SYSTEM "file:///etc/passwd">'), "cannot read the workbook"),
    "a number that is none": (more('<row r="3"><c r="A3"><v>1x</v></c></row>'), "after row 2 (ValueError)"),
    "a date that is none": (more('<row r="3"><c r="A3" t="d"><v>soon</v></c></row>'), "after row 2 (ValueError)"),
    "a place that is none": (more('<row r="3"><c r="??3"><v>1</v></c></row>'), "after row 2 (ValueError)"),
    "the last column": (more('<row r="3"><c r="XFD3"><v>1</v></c></row>' * 5000), "row 3 has more than"),
    "the last row": (more('<row r="2000000000"><c r="A2000000000"><v>1</v></c></row>'), "blank rows after row 2"),
    "many columns of text": (b"a," * 1000, "more than 500 columns"),
    "a cell without end": ("付款流水号\nP1\n".encode() + b"x" * 200_000, "row 3 cannot be read"),
    "a quote without end": ("付款流水号\nP1\n".encode() + b'"' + b"P2\n" * 90_000, "row 3 cannot be read"),
    "half of a pair in UTF-16": (b"\xff\xfea\x00\x00\xd8", "neither a workbook nor text"),
    "a character that databases cannot hold": (b"a,b\n\0,c\n", "neither a workbook nor text"),
    "nothing": (b"", "empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_files_say_where_and_why_at_once(name: str, tmp_path: Path) -> None:
    raw, reason = BAD[name]
    path = tmp_path / "表"
    path.write_bytes(raw)
    began = time.process_time()
    with pytest.raises(sheets.BadFile) as caught:
        list(sheets.rows(path))
    assert reason in caught.value.en
    assert time.process_time() - began < 2
    with pytest.raises(Invalid):
        bankfiles.answers(raw)


def test_texts_that_would_fill_the_memory_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "TEXTS_MOST", 1 << 20)
    path = tmp_path / "表.xlsx"
    path.write_bytes(changed("xl/sharedStrings.xml", lambda _: b"<sst>" + b"<si><t>a</t></si>" * 100_000 + b"</sst>"))
    with pytest.raises(sheets.BadFile, match="too much text"):
        list(sheets.rows(path))


def test_what_a_file_is_its_bytes_decide(tmp_path: Path) -> None:
    wanted = [(1, list(HEADING), {}), (2, ["P1", "成功", "1"], {})]
    text = "付款流水号,结果,金额\nP1,成功,1\n"
    for name, raw in (
        ("a.csv", GOOD),
        ("a.xlsx", text.encode("utf-8-sig")),
        ("b.xlsx", b"\xef\xbb\xbf" + text.encode("utf-8-sig")),
        ("c", text.encode("gb18030")),
        ("d", text.encode("utf-16")),
    ):
        path = tmp_path / name
        path.write_bytes(raw)
        assert list(sheets.rows(path)) == wanted, name


def test_amounts_of_the_bank() -> None:
    said = ["1e999999999", "NaN", "Infinity", "١٢", "1_0", "12.50", "1,234.5", ""]
    told = bankfiles.answers(("付款流水号,结果,金额\n" + "".join(f'P,成功,"{a}"\n' for a in said)).encode())
    assert [a.problem.code if a.problem else a.amount for a in told] == [
        *["amount"] * 5, Decimal("12.50"), Decimal("1234.5"), "no_amount",
    ]  # fmt: skip
    # What was not paid needs none, nor does a bank that tells no amounts.
    for table in ("付款流水号,结果,金额\nP,失败,\n", "付款流水号,结果\nP,成功\n"):
        (answer,) = bankfiles.answers(table.encode())
        assert (answer.amount, answer.problem) == (None, None)
    assert [a.row for a in told] == list(range(2, 10))
    # What a formula says is what some program computed last.
    (answer,) = bankfiles.answers(book(("P1", "成功", "=1+1")))
    assert answer.problem == bankfiles.Problem("formula")
