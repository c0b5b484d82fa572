"""Spreadsheets and CSV files as a stream of rows: nothing is ever held but the row at hand.

What a file is, is decided by its bytes; a wrong extension is named, not trusted. Formulas are refused cell by cell: their
values are whatever some program computed last, not what the sender sees.
"""

from __future__ import annotations

import codecs
import csv
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from yingshang.cases.catalog import Text

#: One row: its number in the file, its cells as text, and what is wrong with single cells by position.
Row = tuple[int, list[str], dict[int, Text]]

#: Rows above the heading that may be a title or blank.
HEADING_WITHIN = 10
#: Uncompressed bytes of a workbook, and how much denser than that it may be packed: beyond it is a trap, not a table.
UNPACKED_MOST, RATIO_MOST = 1 << 30, 400
#: Uncompressed bytes of its texts, which are in memory as long as it is read.
TEXTS_MOST = 128 << 20
#: Cells of a row; a cell in the last column of a sheet makes its row 16,384 cells long.
COLUMNS_MOST = 500
#: Blank rows in the midst of a table: a row may call itself the 2,000,000,000th.
BLANK_MOST = 100_000
#: Longest text of one CSV cell, in characters.
CELL_MOST = 100_000

_XLSX, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: What is raised where the parts of a workbook are not what they should be.
_BROKEN = (
    InvalidFileException, zipfile.BadZipFile, zlib.error, EOFError, OSError, SyntaxError, ValueError, LookupError,
    TypeError, AttributeError, ArithmeticError, NotImplementedError,
)  # fmt: skip
_FORMULA = Text("单元格是公式,请选中后「选择性粘贴 → 数值」再导入", "a formula: paste it as a value")
_FAULT = Text("单元格显示错误值(如 #N/A),请改为实际内容", "an error value: replace it by what it should be")


class BadFile(ValueError):
    """The file cannot be read at all; the message (Chinese first, then English) says why and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


def rows(path: Path) -> Iterator[Row]:
    """The file's rows, heading included, blank rows left out.

    Raises:
        BadFile: what is wrong with the file and what to do about it.
    """
    with open(path, "rb") as f:
        head = f.read(8)
    if not head:
        raise BadFile("文件是空的。", "the file is empty")
    if head.startswith(_OLE):
        raise BadFile(
            "这是旧版 Excel(.xls)或加了密码的文件,请在 Excel 中「另存为 → Excel 工作簿(.xlsx)」,去掉密码后再导入。",
            "an old .xls or password-protected workbook: save it as .xlsx without a password",
        )
    if head.startswith(_XLSX):
        return _workbook(path)
    if head[:4] == b"%PDF" or head[:3] == b"\xff\xd8\xff" or head[:4] == b"\x89PNG":
        raise BadFile("这是 PDF 或图片,无法读取表格,请导入 .xlsx 或 .csv。", "a PDF or an image: import .xlsx or .csv")
    return _text(path)


def _workbook(path: Path) -> Iterator[Row]:
    try:
        with zipfile.ZipFile(path) as z:
            members = z.infolist()
            names = {m.filename for m in members}
            unpacked = sum(m.file_size for m in members)
            # Before anything is unpacked.
            if unpacked > UNPACKED_MOST or unpacked > RATIO_MOST * max(path.stat().st_size, 1 << 16):
                raise BadFile("文件展开后过大,请拆成几个文件。", "the workbook unpacks to too much: split it")
            if sum(m.file_size for m in members if m.filename.lower().endswith("sharedstrings.xml")) > TEXTS_MOST:
                raise BadFile("文件里的文字过多,请拆成几个文件。", "the workbook holds too much text: split it")
            if damaged := z.testzip():
                raise BadFile(
                    f"文件已损坏({damaged}),请重新下载或另存后再导入。", f"damaged inside ({damaged}): save it again"
                )
    except BadFile:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError):
        raise BadFile(
            "文件不完整,可能没有传完,请重新下载或另存后再导入。", "the file is cut off or damaged: save it again"
        ) from None
    if "xl/workbook.xml" not in names:
        raise BadFile("这不是 Excel 工作簿,请导入 .xlsx 或 .csv。", "not an Excel workbook: import .xlsx or .csv")
    if any(n.lower().endswith("vbaproject.bin") for n in names):
        raise BadFile(
            "文件带有宏。为安全起见不接受,请另存为不带宏的 .xlsx。", "the workbook holds macros: save it as plain .xlsx"
        )
    return _cells(path)


def _cells(path: Path) -> Iterator[Row]:
    number = 0
    # As a file, since by its name openpyxl would refuse what is a workbook by its bytes.
    with open(path, "rb") as file:
        try:
            for number, texts, wrong in _cells_of(file):
                yield number, texts, wrong
        except BadFile:
            raise
        except _BROKEN as error:
            where = (f"第 {number} 行之后", f"after row {number}") if number else ("", "")
            raise BadFile(
                f"这个工作簿{where[0]}无法读取,请在 Excel 中另存后再导入。",
                f"cannot read the workbook {where[1]} ({type(error).__name__}): save it again",
            ) from None


def _cells_of(file: IO[bytes]) -> Iterator[Row]:
    book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    try:
        sheet = next((s for s in book.worksheets if s.sheet_state == "visible"), None)
        if sheet is None:
            raise BadFile("工作簿里没有可见的工作表。", "the workbook has no visible sheet")
        # Programs write wrong dimensions; the rows themselves are the truth.
        sheet.reset_dimensions()
        last = 0
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            if len(cells) > COLUMNS_MOST:
                raise BadFile(
                    f"第 {number} 行超过 {COLUMNS_MOST} 列,请删去表格右边多余的内容。",
                    f"row {number} has more than {COLUMNS_MOST} columns: remove what stands beside the table",
                )
            texts: list[str] = []
            wrong: dict[int, Text] = {}
            for i, cell in enumerate(cells):
                texts.append(_plain(cell.value))
                if cell.data_type == "f":
                    wrong[i] = _FORMULA
                elif cell.data_type == "e":
                    wrong[i] = _FAULT
            if wrong or any(texts):
                last = number
                yield number, texts, wrong
            elif number - last > BLANK_MOST:
                raise BadFile(
                    f"第 {last} 行之后有 {BLANK_MOST} 个以上的空行,请删去空行。",
                    f"more than {BLANK_MOST} blank rows after row {last}: remove them",
                )
    finally:
        book.close()


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        # Workbooks can hold the character that databases cannot.
        return value.replace("\0", "").strip()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if (value.hour, value.minute, value.second) == (0, 0, 0) else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()


def encoding_of(path: Path) -> str:
    """``utf-8-sig``, ``utf-16`` or ``gb18030``: the first in which the whole file can be read.

    Raises:
        BadFile: none of them, so it is no text.
    """
    with open(path, "rb") as f:
        wide = f.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    for name in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(name)()
        try:
            with open(path, "rb") as f:
                while chunk := f.read(1 << 20):
                    if "\0" in decoder.decode(chunk):
                        raise UnicodeDecodeError(name, b"", 0, 1, "binary")
                decoder.decode(b"", final=True)
            return name
        except UnicodeDecodeError:
            continue
    raise BadFile(
        "无法识别这个文件的内容。请导入 .xlsx,或编码为 UTF-8、GB18030 的 .csv。",
        "neither a workbook nor text in UTF-8 or GB18030: import .xlsx or .csv",
    )


def _text(path: Path) -> Iterator[Row]:
    encoding = encoding_of(path)
    csv.field_size_limit(CELL_MOST)
    with open(path, encoding=encoding, newline="") as f:
        first = f.readline()
        f.seek(0)
        delimiter = max(",\t;", key=first.count)
        reader = csv.reader(f, delimiter=delimiter)
        number = 1
        try:
            for cells in reader:
                # Some programs write the mark of UTF-8 twice.
                texts = [c.strip().strip("\ufeff") for c in cells]
                if len(texts) > COLUMNS_MOST:
                    raise BadFile(
                        f"第 {number} 行超过 {COLUMNS_MOST} 列,不像表格。",
                        f"row {number} has more than {COLUMNS_MOST} columns",
                    )
                if any(texts):
                    yield number, texts, {}
                # A quoted cell may span lines: people look the row up by its first line.
                number = reader.line_num + 1
        except csv.Error as e:
            raise BadFile(
                f"第 {number} 行无法读取:多半是引号没有配对,或一个单元格超过 {CELL_MOST} 字。",
                f"row {number} cannot be read ({e}): an unpaired quote, or a cell that is too long",
            ) from None
