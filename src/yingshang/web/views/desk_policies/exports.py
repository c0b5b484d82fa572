"""Lists of who a clause reaches, as files of any size: asked for here, written by a job, fetched when they are done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang.accounts.models import Unit
from yingshang.policies.models import Clause
from yingshang.rules import exporting
from yingshang.rules.errors import RuleRefused
from yingshang.rules.models import PopulationRun, ResultExport
from yingshang.web.views.desk_fields import DeskForm
from yingshang.web.views.desk_policies.latest import counts_by_rule
from yingshang.web.views.desk_support import newest_first, official, others, person_of

State = PopulationRun.State
UNDER_WAY = (State.QUEUED, State.RUNNING)
#: Stands for all clauses in the form.
ALL = "*"
#: Whom a list has, by the word that the form uses.
WHOM = {
    "eligible": ("eligible",),
    "near": ("near",),
    "unknown": ("unknown",),
    "all": ("eligible", "near", "not_eligible", "unknown"),
}
WORDS = {
    "eligible": L("符合的"),
    "near": L("只差一个条件的(培育名单)"),
    "unknown": L("缺数据、算不了的"),
    "all": L("全部企业,各写结论"),
}


class ExportForm(DeskForm):
    clause = forms.ChoiceField(label=L("条款"))
    whom = forms.ChoiceField(label=L("哪些企业"), choices=list(WORDS.items()), initial="eligible")
    street = forms.ChoiceField(label=L("街道"), required=False)
    format = forms.ChoiceField(
        label=L("文件"),
        choices=[("xlsx", L("Excel 表格")), ("parquet", L("Parquet(数据分析用)"))],
        widget=forms.RadioSelect,
        initial="xlsx",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        streets = Unit.objects.filter(kind=Unit.Kind.STREET, active=True).order_by("sort", "id")
        clauses = [(c.ref, f"{c} · {c.code}") for c in evaluated()]
        self.fields["clause"].choices = [*clauses, (ALL, _("全部条款"))] if clauses else []  # type: ignore[attr-defined]
        self.fields["street"].choices = [("", _("全区")), *((u.name, str(u.label)) for u in streets)]  # type: ignore[attr-defined]


def evaluated() -> list[Clause]:
    """Clauses of which a run has said something: only of them is there a list."""
    rules = counts_by_rule()
    rows = Clause.objects.filter(rule__in=rules, subject=Clause.Subject.BUSINESS).select_related("policy", "rule")
    return list(rows.order_by("policy__code", "order", "id"))


@official
def exports(request: HttpRequest) -> HttpResponse:
    """Ask for a list; those asked for this week, with how far they are."""
    form, status = ExportForm(request.POST or None, initial={"clause": request.GET.get("clause", "")}), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _start(request, form.cleaned_data)
            except RuleRefused as error:
                form.add_error(None, error.message)
            else:
                messages.success(request, _("名单正在生成,好了就能下载。"))
                return redirect("desk:policy_exports")
    rows = ResultExport.objects.visible_to(person_of(request)).select_related("model")
    page = newest_first(rows, request)
    titles = _titles(page)
    context = {
        "tab": "runs",
        "form": form,
        "page": page,
        "rows": [_row(one, titles) for one in page],
        "query": others(request, "after"),
    }
    return render(request, "web/desk/policies/exports.html", context, status=status)


def _start(request: HttpRequest, given: dict[str, Any]) -> ResultExport:
    clause = next((c for c in evaluated() if c.ref == given["clause"]), None)
    return exporting.start(
        clause.rule if clause is not None else None,
        person_of(request),
        states=WHOM[given["whom"]],
        filters={"street": given["street"]} if given["street"] else {},
        format=given["format"],
    )


def _titles(page: Iterable[ResultExport]) -> dict[int, str]:
    """What the clauses of some exports are called, by their rule."""
    clauses = Clause.objects.filter(rule__in={e.model_id for e in page if e.model_id}).order_by("-order")
    return {c.rule_id: str(c) for c in clauses if c.rule_id}


def _row(export: ResultExport, titles: dict[int, str]) -> dict[str, Any]:
    whom = next((WORDS[name] for name, states in WHOM.items() if set(states) == set(export.states)), "")
    return {
        "export": export,
        "title": titles.get(export.model_id, str(export.model)) if export.model_id else _("全部条款"),
        "all": export.model_id is None,
        "whom": whom,
        "street": export.filters.get("street", ""),
        "running": export.state in UNDER_WAY,
        "done": export.state == State.DONE,
    }


@official
def export(request: HttpRequest, export_id: int) -> HttpResponse:
    """One line of the list: asked for again and again while the file is being written."""
    held = _mine(request, export_id)
    return render(request, "web/desk/policies/_export.html", {"x": _row(held, _titles([held]))})


@official
def export_file(request: HttpRequest, export_id: int) -> HttpResponseBase:
    """The file; as long as there is none, the list says so."""
    held = _mine(request, export_id)
    path = exporting.path_of(held)
    if held.state != State.DONE or not path.exists():
        messages.info(request, _("这个文件还没有生成好,或已过 7 天被清掉,请重新生成。"))
        return redirect("desk:policy_exports")
    name = f"{_row(held, _titles([held]))['title']}-{held.on:%Y%m%d}.{held.format}"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)


def _mine(request: HttpRequest, export_id: int) -> ResultExport:
    rows = ResultExport.objects.visible_to(person_of(request)).select_related("model")
    found: ResultExport = get_object_or_404(rows, pk=export_id)
    return found
