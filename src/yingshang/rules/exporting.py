"""Lists of results as files of any size: written by a job, some thousand rows at a time, and thrown away after a week."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import Person
from yingshang.rules import results, storing
from yingshang.rules.errors import RuleRefused
from yingshang.rules.models import PopulationRun, ResultExport, RuleModel
from yingshang.rules.results import Row
from yingshang.rules.verdicts import MONEY, STATES

State = PopulationRun.State
#: Rows that are held in memory at a time.
CHUNK = 20_000
#: Rows of one sheet; Excel opens 1,048,576.
SHEET = 1_000_000
KEPT = timedelta(days=7)
WORDS = {"eligible": "符合", "near": "差一点", "not_eligible": "不符合", "unknown": "尚不能判定"}
HEAD = ("统一社会信用代码", "名称", "街道", "行业代码", "企业规模", "结论", "金额(元)", "差哪一项", "要求", "现值")
#: Before these, where the file is of all rules.
OF = "条款"
WIDTHS = {OF: 30, "统一社会信用代码": 22, "名称": 36, "金额(元)": 16, "差哪一项": 20, "要求": 20, "现值": 16}


def start(
    model: RuleModel | None, by: Person, *, on: date | None = None, states: Collection[str] = ("eligible",), lack: str = "",
    filters: Mapping[str, str] | None = None, format: str = "xlsx",
) -> ResultExport:  # fmt: skip
    """Ask for a list as a file; what it has is told by :func:`yingshang.rules.results.listing`.

    Args:
        model: the rule; None for all rules, one behind the other.
        lack: of near misses of one rule.

    Raises:
        RuleRefused: no official asks, or for what there is not.
    """
    from yingshang.rules import jobs

    if not by.is_official:
        raise RuleRefused(_("只有工作人员可以导出名单。"))
    if format not in ResultExport.Format.values or not {*states} <= {*STATES} or (lack and model is None):
        raise RuleRefused(_("不能这样导出:格式为 xlsx 或 parquet,结论为 %(s)s。") % {"s": _("、").join(STATES)})
    with transaction.atomic():
        made = ResultExport.objects.create(
            model=model, on=on or timekeeping.now().date(), states=sorted(states), lack=lack, filters=dict(filters or {}),
            format=format, by=by,
        )  # fmt: skip
        key, pk = (model.key, model.pk) if model is not None else ("", "")
        audit.record(by, "rule.export", "rule", pk, key=key, states=made.states, format=format)
        transaction.on_commit(lambda: jobs.export.defer(export_id=made.pk))
    return made


def path_of(export: ResultExport) -> Path:
    """Where the file lies once the export is done."""
    return Path(settings.HOME) / "rules" / "exports" / f"{export.pk}.{export.format}"


def work(export: ResultExport) -> None:
    """Write the file of an export; doing it again writes it again."""
    ResultExport.objects.filter(pk=export.pk).update(state=State.RUNNING, progress=0, error="")
    target = path_of(export)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    try:
        write = {"xlsx": _xlsx, "parquet": _parquet}[export.format]
        rows = write(partial, _head(export), _rows(export))
    except Exception as error:
        ResultExport.objects.filter(pk=export.pk).update(
            state=State.FAILED, error=str(error)[:500], finished_at=timekeeping.now()
        )
        raise
    finally:
        if not (partial.exists() and partial.stat().st_size):
            partial.unlink(missing_ok=True)
    partial.replace(target)
    ResultExport.objects.filter(pk=export.pk).update(
        state=State.DONE, progress=100, rows=rows, finished_at=timekeeping.now()
    )


def prune() -> int:
    """Throw away exports that are older than a week; return how many."""
    old = ResultExport.objects.filter(created_at__lt=timekeeping.now() - KEPT)
    count = 0
    for export in old:
        path_of(export).unlink(missing_ok=True)
        export.delete()
        count += 1
    return count


def _head(export: ResultExport) -> tuple[str, ...]:
    return (OF, *HEAD) if export.model is None else HEAD


def _rows(export: ResultExport) -> Iterator[list[list[Any]]]:
    """The cells of the file's rows, some thousand rows at a time."""
    rules: dict[str, tuple[str, ...]]
    if export.model is not None:
        rules = {export.model.key: ()}
    else:
        titles = dict(RuleModel.objects.values_list("key", "title"))
        rules = {key: (titles[key],) for key in sorted(storing.stored())}
    for n, (key, title) in enumerate(rules.items()):
        held = results.current(key, export.on)
        if held is None:
            continue
        chosen = results.chosen(held.results, held.population, export.states, export.lack, **export.filters)
        for start in range(0, len(chosen), CHUNK):
            share = (n + start / len(chosen)) / len(rules)
            ResultExport.objects.filter(pk=export.pk).update(progress=int(100 * share))
            rows = results.told(held.results, held.population, np.asarray(chosen[start : start + CHUNK]))
            yield [[*title, *_cells(row)] for row in rows]


def _cells(row: Row) -> list[Any]:
    lack = (row.lack.label, row.lack.test, _shown(row.value)) if row.lack else ("", "", "")
    return [row.uscc, row.name, row.street, row.industry, row.size, WORDS[row.state], row.amount, *lack]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _parquet(path: Path, head: tuple[str, ...], chunks: Iterator[list[list[Any]]]) -> int:
    count = 0
    schema = pa.schema([(n, MONEY if n == "金额(元)" else pa.string()) for n in head])
    with pq.ParquetWriter(path, schema) as writer:
        for rows in chunks:
            columns = list(zip(*rows, strict=True))
            arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))
            count += len(rows)
    return count


def _xlsx(path: Path, head: tuple[str, ...], chunks: Iterator[list[list[Any]]]) -> int:
    book = Workbook(write_only=True)
    try:
        count = _sheets(book, head, chunks)
        book.save(path)
    except Exception:
        for sheet in book.worksheets:  # each has an open file
            sheet.close()
            sheet._writer.cleanup()
        raise
    return count


def _sheets(book: Any, head: tuple[str, ...], chunks: Iterator[list[list[Any]]]) -> int:
    sheet = _sheet(book, head)
    count = 0
    for rows in chunks:
        for row in rows:
            if count and count % SHEET == 0:
                sheet = _sheet(book, head)
            sheet.append([_plain(sheet, cell) for cell in row])
            count += 1
    return count


def _sheet(book: Any, head: tuple[str, ...]) -> Any:
    sheet = book.create_sheet(f"名单{len(book.worksheets) + 1}")
    for column, name in zip("ABCDEFGHIJK", head, strict=False):
        sheet.column_dimensions[column].width = WIDTHS.get(name, 12)
    sheet.freeze_panes = "A2"
    sheet.append(list(head))
    return sheet


def _plain(sheet: Any, value: Any) -> Any:
    """A text that looks like a formula is written as text."""
    if isinstance(value, str) and value[:1] == "=":
        cell = WriteOnlyCell(sheet, value)
        cell.data_type = "s"
        return cell
    return value
