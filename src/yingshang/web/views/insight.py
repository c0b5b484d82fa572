"""Process insight: which ways cases took, where they waited, what came back, and whether that is what the diagram says."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L
from django.views.decorators.http import require_GET, require_POST

from yingshang.cases.errors import ActionError
from yingshang.cases.models import Case
from yingshang.exchange import eventlogs
from yingshang.exchange.models import EventLog
from yingshang.insight.measures import measure
from yingshang.insight.report import Report
from yingshang.web.views import insight_charts as charts
from yingshang.web.views.cockpit_figures import presets
from yingshang.web.views.desk_fields import DeskForm
from yingshang.web.views.desk_support import newest_first, others, person_of, tell
from yingshang.web.views.insight_parts import TITLES, ways
from yingshang.web.views.insight_source import (
    Source,
    analyst,
    chosen_period,
    current,
    house,
    patient,
    procedures,
    uploaded,
)

#: Rows of the tables of a report.
ROWS = 10


class Upload(DeskForm):
    file = forms.FileField(
        label=L("日志文件"), help_text=L("XES,或 OCEL 2.0 的 JSON、XML、SQLite;可压缩为 .gz 或 .zip(里面只放一个文件)")
    )
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
@patient
def of_house(request: HttpRequest, scenario: str, name: str) -> HttpResponse:
    """How a procedure of this house ran."""
    return _report(request, house(request, scenario, name))


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


@analyst
@require_GET
def diagram(request: HttpRequest, scenario: str, name: str) -> HttpResponse:
    """The diagram in force of a procedure as BPMN 2.0 XML."""
    answer = HttpResponse(current(scenario, name).diagram, content_type="application/xml; charset=utf-8")
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _report(request: HttpRequest, source: Source) -> HttpResponse:
    report = measure(source.store, variants=ROWS)
    conformance = source.conformance()
    names, apart = source.step_names(), report.totals.working_share is not None
    found = source.heat(apart)
    says = source.says
    backs = sorted((f for f in report.flows if f.back), key=lambda f: -f.back)
    return render(
        request,
        "web/desk/insight/report.html",
        {
            "source": source,
            "report": report,
            "t": report.totals,
            "ways": ways(report.variants, source, report.totals.cases),
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
            "files": [(title, source.url("_file", name)) for name, title in TITLES.items()],
            "charts": _charts(report, source),
            "heat": charts.warmth(found, apart) if found else None,
            "diagram": source.diagram(),
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
