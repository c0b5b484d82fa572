"""What both sides of a case load beside its page: the diagram, where it stands on it, and files."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from yingshang.accounts import audit
from yingshang.cases import engine
from yingshang.cases.models import ENDED, Case, Document
from yingshang.exchange.routes.documents import as_download


def visible_case(request: HttpRequest, number: str) -> Case:
    """The case, if the person may read it; else 404, which does not tell that it exists."""
    cases = Case.objects.visible_to(request.user)  # type: ignore[arg-type]
    return get_object_or_404(
        cases.select_related("business", "category", "lead_unit", "handler", "street", "platform", "merged_into"),
        number=number,
    )


@login_required
@require_GET
def diagram(request: HttpRequest, number: str) -> HttpResponse:
    """The diagram of the version the case runs on, with its layout."""
    case = visible_case(request, number)
    response = HttpResponse(case.procedure.diagram, content_type="application/xml")
    # A published version never changes.
    response["Cache-Control"] = "private, max-age=86400"
    return response


@login_required
@require_GET
def trail(request: HttpRequest, number: str) -> HttpResponse:
    """Element ids: done, active, and the flows taken."""
    case = visible_case(request, number)
    found = engine.load(case)[1].trail().as_dict()
    if case.status in ENDED:
        # Withdrawn or merged half way: the diagram stands still there, and nobody is asked for anything.
        found["active"] = []
    return JsonResponse(found)


@login_required
@require_GET
def document(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """A file of the case, as a download; internal ones only for officials. Each download is on record."""
    case = visible_case(request, number)
    found = get_object_or_404(Document.objects.visible_to(request.user), pk=pk, case=case)  # type: ignore[arg-type]
    answer = as_download(found)
    audit.record(request.user, "document.download", "document", found.pk, case=case.number, name=found.name)  # type: ignore[arg-type]
    return answer
