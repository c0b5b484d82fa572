"""Event logs for process mining, streamed; every reader gets the cases they may read."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from ninja import Query, Router

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.access import scope_of
from yingshang.cases.models import Case, CaseQuerySet
from yingshang.exchange import eventlog, lookups
from yingshang.exchange.models import ANALYSTS
from yingshang.exchange.routes._common import answers

router = Router(tags=["导出 exports"])

Since = Annotated[date | None, Query(description="受理起始日 / opened on or after")]
Until = Annotated[date | None, Query(description="受理截止日(含) / opened on or before")]
Scenario = Annotated[str | None, Query(max_length=60)]


def _cases(
    request: HttpRequest, kind: str, scenario: str | None, since: date | None, until: date | None
) -> CaseQuerySet:
    person = lookups.caller(request).person
    if not scope_of(person).has(*ANALYSTS):
        raise PermissionDenied
    rows = Case.objects.visible_to(person)
    if scenario:
        rows = rows.filter(scenario=scenario)
    if since and since.year > 1:
        rows = rows.filter(opened_at__gte=datetime.combine(since, time.min, timekeeping.SHANGHAI))
    if until and until.year < 9999:
        rows = rows.filter(opened_at__lte=datetime.combine(until, time.max, timekeeping.SHANGHAI))
    audit.record(
        person,
        "eventlog.export",
        "eventlog",
        kind,
        scenario=scenario or "",
        since=str(since or ""),
        until=str(until or ""),
    )
    return rows


def _extra(media: str) -> dict[str, object]:
    return {"responses": {200: {"description": "事件日志", "content": {media: {"schema": {}}}}}}


@router.get(
    "/eventlog.xes",
    response=answers(None, 403),
    operation_id="export_xes",
    summary="事件日志 XES",
    openapi_extra=_extra("application/xml"),
)
def export_xes(
    request: HttpRequest, scenario: Scenario = None, since: Since = None, until: Until = None
) -> HttpResponseBase:
    """The log as XES 2.0 (IEEE 1849)."""
    rows = _cases(request, "xes", scenario, since, until)
    return _stream(eventlog.xes(rows), "application/xml", "eventlog.xes")


@router.get(
    "/eventlog.json",
    response=answers(None, 403),
    operation_id="export_ocel",
    summary="事件日志 OCEL",
    openapi_extra=_extra("application/json"),
)
def export_ocel(
    request: HttpRequest, scenario: Scenario = None, since: Since = None, until: Until = None
) -> HttpResponseBase:
    """The log as OCEL 2.0 JSON."""
    rows = _cases(request, "ocel", scenario, since, until)
    return _stream(eventlog.ocel(rows), "application/json", "eventlog.ocel.json")


def _stream(pieces: object, media: str, name: str) -> HttpResponseBase:
    answer = StreamingHttpResponse(pieces, content_type=media)  # type: ignore[arg-type]
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer
