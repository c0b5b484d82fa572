"""Bringing in a sheet of demands: hand it in, watch it come in, mend the rows that were refused."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang.accounts.models import Person
from yingshang.cases import catalog
from yingshang.cases.errors import ActionError
from yingshang.cases.models import Category
from yingshang.exchange import imports as importing
from yingshang.exchange.imports.columns import template
from yingshang.exchange.models import ImportRun
from yingshang.exchange.routes.imports import hand_in
from yingshang.web.views import csvs
from yingshang.web.views.desk_fields import DeskForm
from yingshang.web.views.desk_support import View, new_key, newest_first, official, others, person_of, tell

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def importer(view: View) -> View:
    """Those who may bring in demands by the thousand."""

    @official
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not importing.may_import(person_of(request)):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def services(person: Person) -> list[tuple[str, str]]:
    """What this person may bring in sheets for."""
    return [
        (f"{s.id}.{v.id}", f"{s.name} · {v.name}")
        for s in catalog.every()
        for v in s.services.values()
        if importing.importable(person, v)
    ]


class Upload(DeskForm):
    service = forms.ChoiceField(label=L("导入到"), initial="qifu_express.demand")
    source = forms.CharField(
        label=L("来源"), max_length=40, help_text=L("如:12345 热线 4 月台账;同一来源、同一编号只导入一次")
    )
    file = forms.FileField(label=L("表格"), help_text=L("XLSX 或 CSV,第一行是表头;可先下载模板"))

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].choices = services(person)  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                _("文件超过 %(m)d MB,请拆成几个文件,或请管理员用命令行导入。") % {"m": settings.UPLOAD_MAX_BYTES >> 20}
            )
        return file


@importer
def imports(request: HttpRequest) -> HttpResponse:
    """Hand in a sheet; those handed in before."""
    posted = request.method == "POST"
    form, status = (
        Upload(request.POST if posted else None, request.FILES if posted else None, person=person_of(request)),
        200,
    )
    if posted:
        status = 422
        if form.is_valid():
            d = form.cleaned_data
            scenario, _dot, service = d["service"].partition(".")
            try:
                run = hand_in(
                    d["file"].file,
                    name=d["file"].name,
                    actor=person_of(request),
                    scenario=scenario,
                    service=service,
                    source=d["source"],
                )
            except ActionError as error:
                status = tell(form, error)
            else:
                return redirect("desk:import", run.pk)
    page = newest_first(ImportRun.objects.select_related("by"), request)
    return render(
        request,
        "web/desk/imports.html",
        {"form": form, "page": page, "query": others(request, "after"), "key": new_key()},
        status=status,
    )


@importer
def import_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """How far one has come, and the rows that did not go in; asks again by itself while it runs."""
    run = get_object_or_404(ImportRun.objects.select_related("by"), pk=run_id)
    context = {"run": run, "running": run.state == ImportRun.State.RUNNING}
    if request.headers.get("HX-Request"):
        answer = render(request, "web/desk/_import_progress.html", context)
        if not context["running"]:
            answer["HX-Refresh"] = "true"  # it is over: the whole page lists what was refused
        return answer
    refused = run.refused_rows.order_by("id")[:200]
    return render(request, "web/desk/import.html", {**context, "refused": list(refused)})


@importer
def import_template(request: HttpRequest) -> FileResponse:
    """The workbook to fill in."""
    scenario, _dot, service = request.GET.get("service", "qifu_express.demand").partition(".")
    if f"{scenario}.{service}" not in dict(services(person_of(request))):
        raise Http404
    spec, out = catalog.get(scenario), BytesIO()
    names = list(Category.objects.filter(scenario=scenario, active=True).values_list("name", flat=True))
    template(spec, service, names, out)
    out.seek(0)
    name = f"{spec.services[service].name.zh}导入模板.xlsx"
    return FileResponse(out, as_attachment=True, filename=name, content_type=XLSX)


@importer
def import_refused(request: HttpRequest, run_id: int) -> StreamingHttpResponse:
    """All refused rows as CSV, to be mended and handed in again."""
    run = get_object_or_404(ImportRun, pk=run_id)
    first = run.refused_rows.order_by("id").first()
    columns = list(first.content) if first else []
    rows = (
        [row.row, row.where, row.why, *(row.content.get(c, "") for c in columns)]
        for row in run.refused_rows.order_by("id").iterator(chunk_size=2000)
    )
    return csvs.response(f"refused-{run.pk}.csv", [_("行号"), _("列"), _("原因"), *columns], rows)
