"""The tables of a report in full, and its log as a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yingshang.accounts import audit
from yingshang.exchange.models import EventLog
from yingshang.insight import ocel_writing, ocel_xml_writing, xes_writing
from yingshang.insight.measures import measure, top_variants
from yingshang.insight.report import Variant
from yingshang.web.views.desk_support import others, person_of
from yingshang.web.views.insight_source import Source, analyst, house, patient, uploaded

#: Rows of a page.
PAGE = 50
#: Steps of a way that are shown in a list.
STEPS = 12
FORMATS = {
    "xes": ("application/xml", "xes"),
    "ocel": ("application/json", "ocel.json"),
    "ocel-xml": ("application/xml", "ocel.xml"),
}
#: What the buttons say.
TITLES = {"xes": "XES", "ocel": "OCEL (JSON)", "ocel-xml": "OCEL (XML)"}


def ways(found: Iterable[Variant], source: Source, cases: int, first: int = 1) -> list[dict[str, Any]]:
    return [
        {
            "number": n,
            "steps": [source.says(s) for s in v.steps[:STEPS]],
            "more": max(len(v.steps) - STEPS, 0),
            "cases": v.cases,
            "share": v.cases / cases if cases else None,
            "days": v.median_days,
        }
        for n, v in enumerate(found, first)
    ]


# --- tables in full ----------------------------------------------------------------------------------------------------


@analyst
@require_GET
@patient
def house_table(request: HttpRequest, scenario: str, name: str, table: str) -> HttpResponse:
    """One table of a procedure's report in full, page by page."""
    return _table(request, house(request, scenario, name), table)


@analyst
@require_GET
def log_table(request: HttpRequest, log_id: int, table: str) -> HttpResponse:
    """One table of a log's report in full, page by page."""
    return _table(request, uploaded(request, _done(log_id)), table)


def _done(log_id: int) -> EventLog:
    return get_object_or_404(EventLog, pk=log_id, state=EventLog.State.DONE)


def _table(request: HttpRequest, source: Source, table: str) -> HttpResponse:
    after = request.GET.get("after", "")
    skip = int(after) if len(after) < 9 and after.isascii() and after.isdigit() else 0
    says, rows = source.says, []
    if table == "variants":
        with source.store.connect() as log:
            row = log.execute("SELECT count(*) FILTER (steps > 0) FROM cases").fetchone()
            rows = ways(top_variants(log, source.store, PAGE + 1, skip), source, row[0] if row else 0, skip + 1)
    elif table in ("steps", "flows", "places"):
        report = measure(source.store, variants=1)
        rows = {
            "steps": [(says(s.name), s) for s in report.steps],
            "flows": [(says(f.source), says(f.target), f) for f in report.flows],
            "places": [(says(p.unit), says(p.step), p) for p in report.places],
        }[table][skip : skip + PAGE + 1]
    else:
        raise Http404
    return render(
        request,
        "web/desk/insight/table.html",
        {
            "source": source,
            "back": source.url(),
            "table": table,
            "title": {
                "variants": _("全部路径"),
                "steps": _("全部环节"),
                "flows": _("环节先后"),
                "places": _("单位与环节"),
            }[table],
            "rows": rows[:PAGE],
            "next": str(skip + PAGE) if len(rows) > PAGE else "",
            "query": others(request, "after"),
        },
    )


# --- files -------------------------------------------------------------------------------------------------------------


@analyst
@require_GET
@patient
def house_file(request: HttpRequest, scenario: str, name: str, format: str) -> Any:
    """The log of a procedure as a file."""
    return _file(request, house(request, scenario, name), format)


@analyst
@require_GET
def log_file(request: HttpRequest, log_id: int, format: str) -> Any:
    """A log from elsewhere as a file, in either format."""
    return _file(request, uploaded(request, _done(log_id)), format)


def _file(request: HttpRequest, source: Source, format: str) -> StreamingHttpResponse:
    if format not in FORMATS:
        raise Http404
    media, ending = FORMATS[format]
    store = source.store
    if format == "xes":
        pieces = xes_writing.write(store.rows(), whole=store.note.format == "house")
    else:
        written = ocel_xml_writing if format == "ocel-xml" else ocel_writing
        pieces = written.write(store.rows, store.note.activities)
    audit.record(person_of(request), "eventlog.export", "eventlog", format, file=source.file_name)
    answer = StreamingHttpResponse(pieces, content_type=f"{media}; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(True, f"{source.file_name}.{ending}")
    return answer
