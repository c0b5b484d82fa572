"""Handing in spreadsheets, watching them come in, and the rows that did not."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from ninja import File, Form, Query, Router, Schema, Status, UploadedFile

from yingshang.accounts.models import Person
from yingshang.cases import catalog, documents
from yingshang.cases.errors import Invalid
from yingshang.cases.models import Category
from yingshang.exchange import imports, lookups, paging
from yingshang.exchange.imports.columns import template
from yingshang.exchange.models import ImportRun, RefusedRow
from yingshang.exchange.routes._common import PAGE, After, Limit, RowId, answers

router = Router(tags=["导入 imports"])

ID = r"^[a-z][a-z0-9_]*$"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RunOut(Schema):
    id: int
    file_name: str
    scenario: str
    source: str
    state: str
    rows: int
    accepted: int
    known: int
    refused: int
    error: str
    started_at: datetime
    finished_at: datetime | None


class RefusedOut(Schema):
    row: int
    column: str
    reason: str
    content: dict[str, str]


class RefusedPage(Schema):
    items: list[RefusedOut]
    next: str | None


def _out(run: ImportRun) -> RunOut:
    return RunOut.model_construct(
        **{name: getattr(run, name) for name in RunOut.model_fields if name not in ("id", "error")},
        id=run.pk,
        error=run.problem,
    )


def _importer(request: HttpRequest) -> Person:
    person = lookups.caller(request).person
    if not imports.may_import(person):
        raise PermissionDenied
    return person


@router.get(
    "/template",
    response=answers(None, 403, 404),
    operation_id="import_template",
    summary="导入模板",
    openapi_extra={"responses": {200: {"description": "工作簿", "content": {XLSX: {"schema": {}}}}}},
)
def get_template(
    request: HttpRequest,
    scenario: Annotated[str, Query(max_length=60)] = "qifu_express",
    service: Annotated[str, Query(max_length=60)] = "demand",
) -> HttpResponseBase:
    """The workbook to fill in, with the columns of the service and the categories in use."""
    _importer(request)
    spec = catalog.get(scenario)
    if service not in spec.services:
        raise Http404
    out = BytesIO()
    names = list(Category.objects.filter(scenario=scenario, active=True).values_list("name", flat=True))
    template(spec, service, names, out)
    out.seek(0)
    return FileResponse(
        out, as_attachment=True, filename=f"{spec.services[service].name.zh}导入模板.xlsx", content_type=XLSX
    )


@router.post("", response=answers(RunOut, 403, 404, 413, created=True), operation_id="begin_import", summary="导入表格")
def begin(
    request: HttpRequest,
    file: Annotated[UploadedFile, File()],
    # Not one shared annotation: ninja would give both the default of the last.
    scenario: Annotated[str, Form(max_length=60, pattern=ID)] = "qifu_express",
    service: Annotated[str, Form(max_length=60, pattern=ID)] = "demand",
    source: Annotated[str, Form(min_length=1, max_length=40, pattern=r"^[^\x00]*$")] = "sheet",
) -> Any:
    """Hand in a spreadsheet; it comes in in the background. Watch it with ``GET /imports/{id}``."""
    person = _importer(request)
    if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
        raise Invalid(
            _("文件超过 %(m)d MB,请拆成几个文件,或请管理员用命令行导入。") % {"m": settings.UPLOAD_MAX_BYTES >> 20},
            fields={"file": _("文件过大")},
        )
    return Status(
        201, _out(hand_in(file, name=file.name or "", actor=person, scenario=scenario, service=service, source=source))
    )


def hand_in(stream: Any, *, name: str, actor: Person, scenario: str, service: str, source: str) -> ImportRun:
    """Keep the file, make its run and let a job bring it in (used by page and API).

    Raises:
        NotAllowed, Invalid: see :func:`yingshang.exchange.imports.begin`.
    """
    from yingshang.exchange import jobs

    folder = Path(settings.HOME) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as out:
        shutil.copyfileobj(stream, out, 1 << 20)
    kept = Path(out.name)
    try:
        with transaction.atomic():
            run = imports.begin(
                kept, name=documents.clean_name(name), actor=actor, scenario=scenario, service=service, source=source
            )
            kept.rename(jobs.held_file(run))
            jobs.import_demands.defer(run_id=run.pk)
    except BaseException:
        kept.unlink(missing_ok=True)
        raise
    return run


def _readable(request: HttpRequest, run_id: int) -> ImportRun:
    """Importers read every run: the next person has to be able to go on with it."""
    _importer(request)
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None:
        raise Http404
    return run


@router.get("", response=answers(list[RunOut], 403), operation_id="list_imports", summary="导入记录")
def list_runs(request: HttpRequest) -> list[RunOut]:
    """The newest hundred imports."""
    _importer(request)
    return [_out(r) for r in ImportRun.objects.order_by("-id")[:100]]


@router.get("/{run_id}", response=answers(RunOut, 403, 404), operation_id="read_import", summary="导入进度")
def read_run(request: HttpRequest, run_id: RowId) -> RunOut:
    """How far an import has come."""
    return _out(_readable(request, run_id))


@router.get(
    "/{run_id}/refused", response=answers(RefusedPage, 403, 404), operation_id="refused_rows", summary="退回的行"
)
def refused(request: HttpRequest, run_id: RowId, after: After = "", limit: Limit = PAGE) -> RefusedPage:
    """The rows that did not go in: where, why, how to mend it, and what they said."""
    rows = RefusedRow.objects.filter(run=_readable(request, run_id)).order_by("id")
    if after:
        (last,) = paging.decode(after, int)
        rows = rows.filter(id__gt=last)
    found = list(rows[: limit + 1])
    more = paging.encode(found[limit - 1].pk) if len(found) > limit else None
    items = [
        RefusedOut.model_construct(row=r.row, column=r.where, reason=r.why, content=r.content) for r in found[:limit]
    ]
    return RefusedPage.model_construct(items=items, next=more)
