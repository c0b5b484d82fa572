"""Process insight: which ways cases took, where they waited, what came back, and whether that is what the diagram says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L
from django.views.decorators.http import require_GET, require_POST

from yingshang.accounts import audit
from yingshang.cases.errors import ActionError
from yingshang.cases.models import Case
from yingshang.exchange import eventlogs, houselog
from yingshang.exchange.models import ANALYSTS, EventLog
from yingshang.insight import ocel_writing, xes_writing
from yingshang.insight.measures import Report, Variant, measure, top_variants
from yingshang.web.views import insight_charts as charts
from yingshang.web.views.cockpit_figures import presets
from yingshang.web.views.desk_fields import DeskForm
from yingshang.web.views.desk_support import newest_first, others, person_of, requires, tell
from yingshang.web.views.insight_source import Source, chosen_period, house, procedures, uploaded

analyst = requires(*ANALYSTS)
#: Rows of the tables of a report, and of a page of them.
ROWS, PAGE = 10, 50
#: Steps of a way that are shown in a list.
STEPS = 12
FORMATS = {"xes": ("application/xml", "xes"), "ocel": ("application/json", "ocel.json")}


class Upload(DeskForm):
    file = forms.FileField(label=L("日志文件"), help_text=L("XES(可压缩为 .xes.gz),或 OCEL 2.0 的 JSON、SQLite"))
    activity = forms.CharField(
        label=L("哪个属性是环节名称"), max_length=200, required=False, help_text=L("只对 XES;不填用 concept:name")
    )
    object_type = forms.CharField(
        label=L("哪类对象算一个办件"),
        max_length=200,
        required=False,
        help_text=L("只对 OCEL;不填用 case 或事件最多的一类"),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                _("文件超过 %(m)d MB,请压缩为 .gz 再传,或请管理员用命令 yingshang insight 查看。")
                % {"m": settings.UPLOAD_MAX_BYTES >> 20}
            )
        return file


@analyst
def index(request: HttpRequest) -> HttpResponse:
    """Choose a procedure of the house, or hand in a log."""
    posted = request.method == "POST"
    form, status = Upload(request.POST if posted else None, request.FILES if posted else None), 200
    if posted:
        status = 422
        if form.is_valid():
            d = form.cleaned_data
            try:
                log = eventlogs.hand_in(
                    d["file"].file,
                    name=d["file"].name,
                    actor=person_of(request),
                    activity=d["activity"],
                    object_type=d["object_type"],
                )
            except ActionError as error:
                status = tell(form, error)
            else:
                return redirect("desk:insight_log", log.pk)
    period = chosen_period(request.GET)
    seen = Case.objects.visible_to(person_of(request)).filter(opened_at__gte=period.start, opened_at__lt=period.end)
    counts = {
        (s, n): c
        for s, n, c in seen.order_by().values_list("procedure__scenario", "procedure__name").annotate(c=Count("pk"))
    }
    rows = [(s, n, title, counts.get((s, n), 0)) for s, n, title in procedures()]
    logs = newest_first(EventLog.objects.select_related("by"), request)
    return render(
        request,
        "web/desk/insight/index.html",
        {
            "form": form,
            "used": sorted((r for r in rows if r[3]), key=lambda r: -r[3]),
            "unused": [r for r in rows if not r[3]],
            "period": period,
            "logs": logs,
            "query": others(request, "after"),
        },
        status=status,
    )


@analyst
@require_GET
def of_house(request: HttpRequest, scenario: str, name: str) -> HttpResponse:
    """How a procedure of this house ran."""
    try:
        source = house(request, scenario, name)
    except houselog.TooMuch:
        return _too_much(request)
    return _report(request, source)


@analyst
@require_GET
def of_log(request: HttpRequest, log_id: int) -> HttpResponse:
    """A log from elsewhere: how far it is, what is wrong with it, or its report."""
    log = get_object_or_404(EventLog.objects.select_related("by"), pk=log_id)
    running = log.state == EventLog.State.RUNNING
    if request.headers.get("HX-Request"):
        answer = render(request, "web/desk/insight/_progress.html", {"log": log, "running": running})
        if not running:
            answer["HX-Refresh"] = "true"
        return answer
    if log.state != EventLog.State.DONE:
        return render(request, "web/desk/insight/log.html", {"log": log, "running": running})
    return _report(request, uploaded(request, log))


@analyst
@require_POST
def remove(request: HttpRequest, log_id: int) -> HttpResponse:
    """Throw a log away."""
    eventlogs.remove(get_object_or_404(EventLog, pk=log_id), person_of(request))
    return redirect("desk:insight")


def _report(request: HttpRequest, source: Source) -> HttpResponse:
    report = measure(source.store, variants=ROWS)
    conformance = source.conformance()
    names = source.step_names()
    says = source.says
    backs = sorted((f for f in report.flows if f.back), key=lambda f: -f.back)
    return render(
        request,
        "web/desk/insight/report.html",
        {
            "source": source,
            "report": report,
            "t": report.totals,
            "ways": _ways(report.variants, source, report.totals.cases - report.totals.empty_cases),
            "steps": [(says(s.name), s) for s in report.steps[:ROWS]],
            "backs": [(says(f.source), says(f.target), f) for f in backs[:ROWS]],
            "places": [(says(p.unit), says(p.step), p) for p in report.places if p.unit][:ROWS],
            "conformance": conformance,
            "deviations": [
                (d, names.get(d.step, says(d.step))) for d in (conformance.deviations if conformance else [])[:ROWS]
            ],
            "procedures": procedures() if source.log else [],
            "against": request.GET.get("against", ""),
            "presets": [(title, p, p == source.period) for title, p in presets()] if source.period else [],
            "period": source.period,
            "links": {part: source.url("_table", part) for part in ("variants", "steps", "flows", "places")},
            "files": {name: source.url("_file", name) for name in FORMATS},
            "charts": _charts(report, source),
        },
    )


def _charts(report: Report, source: Source) -> dict[str, Any]:
    return {
        "variants": charts.variants(report),
        "waiting": charts.waiting(report, source.says),
        "rework": charts.rework(report, source.says),
        "months": charts.months(report),
        "shifts": charts.shifts(report),
    }


def _ways(found: Iterable[Variant], source: Source, cases: int, first: int = 1) -> list[dict[str, Any]]:
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
def house_table(request: HttpRequest, scenario: str, name: str, table: str) -> HttpResponse:
    """One table of a procedure's report in full, page by page."""
    try:
        source = house(request, scenario, name)
    except houselog.TooMuch:
        return _too_much(request)
    return _table(request, source, table)


@analyst
@require_GET
def log_table(request: HttpRequest, log_id: int, table: str) -> HttpResponse:
    """One table of a log's report in full, page by page."""
    return _table(request, uploaded(request, _done(log_id)), table)


def _done(log_id: int) -> EventLog:
    return get_object_or_404(EventLog, pk=log_id, state=EventLog.State.DONE)


def _table(request: HttpRequest, source: Source, table: str) -> HttpResponse:
    after = request.GET.get("after", "")
    skip = min(int(after), 10_000_000) if after.isascii() and after.isdigit() else 0
    says, rows = source.says, []
    if table == "variants":
        with source.store.connect() as log:
            row = log.execute("SELECT count(*) FILTER (steps > 0) FROM cases").fetchone()
            rows = _ways(top_variants(log, source.store, PAGE + 1, skip), source, row[0] if row else 0, skip + 1)
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
def house_file(request: HttpRequest, scenario: str, name: str, format: str) -> Any:
    """The log of a procedure as a file."""
    try:
        source = house(request, scenario, name)
    except houselog.TooMuch:
        return _too_much(request)
    return _file(request, source, format)


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
        pieces = ocel_writing.write(store.rows, store.note.activities)
    audit.record(person_of(request), "eventlog.export", "eventlog", format, file=source.file_name)
    answer = StreamingHttpResponse(pieces, content_type=f"{media}; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(True, f"{source.file_name}.{ending}")
    return answer


def _too_much(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "web/desk/insight/too_much.html",
        {
            "period": chosen_period(request.GET),
            "presets": [(title, p, p == chosen_period(request.GET)) for title, p in presets()],
            "most": houselog.MOST_TASKS,
        },
        status=422,
    )
