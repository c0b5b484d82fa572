"""Files of a case: handed in as multipart, given out only as downloads that no browser will run."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from ninja import File, Form, Router, Status, UploadedFile

from yingshang.cases import documents
from yingshang.cases.models import Document
from yingshang.exchange import lookups, schemas
from yingshang.exchange.routes._common import Number, RowId, answers
from yingshang.exchange.schemas import DocumentOut

router = Router(tags=["材料 documents"])


@router.post(
    "/{number}/documents",
    response=answers(DocumentOut, 403, 404, 409, 413, created=True),
    operation_id="upload_document",
    summary="上传材料",
)
def upload(
    request: HttpRequest,
    number: Number,
    file: Annotated[UploadedFile, File()],
    kind: Annotated[str, Form(max_length=40, pattern=r"^[^\x00]*$")] = "",
    public: Annotated[bool, Form()] = True,
) -> Any:
    """Attach a file; the same content under the same name is attached once. Enterprises' files are always public."""
    case = lookups.case_of(request, number)
    document = documents.attach(
        case,
        lookups.caller(request).person,
        name=file.name or "",
        stream=file,  # type: ignore[arg-type]
        kind=kind,
        public=public,
        key=lookups.key_of(request, "document", number),
    )
    return Status(201, schemas.document(document))


@router.get(
    "/{number}/documents", response=answers(list[DocumentOut], 404), operation_id="list_documents", summary="材料清单"
)
def list_documents(request: HttpRequest, number: Number) -> list[DocumentOut]:
    """The files that the caller may read."""
    return [schemas.document(d) for d in _readable(request, number)]


@router.get(
    "/{number}/documents/{document_id}",
    response=answers(None, 404),
    operation_id="download_document",
    summary="下载材料",
    openapi_extra={
        "responses": {200: {"description": "文件内容", "content": {"application/octet-stream": {"schema": {}}}}}
    },
)
def download(request: HttpRequest, number: Number, document_id: RowId) -> HttpResponseBase:
    """The file's bytes, as a download."""
    document = next((d for d in _readable(request, number) if d.pk == document_id), None)
    if document is None:
        raise Http404
    return as_download(document)


def _readable(request: HttpRequest, number: str) -> Any:
    return lookups.case_of(request, number).documents.visible_to(lookups.caller(request).person)


def as_download(document: Document) -> HttpResponseBase:
    """The response with a document's bytes: never shown on the site's own origin, whatever the content claims to be.

    The caller has checked who asks.

    Raises:
        Http404: the bytes are no longer there.
    """
    try:
        stream = open(documents.path_of(document.sha256), "rb")  # noqa: SIM115  (closed by the response)
    except FileNotFoundError:
        raise Http404 from None
    answer = FileResponse(stream, as_attachment=True, filename=document.name, content_type="application/octet-stream")
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer
