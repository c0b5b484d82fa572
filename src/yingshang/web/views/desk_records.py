"""Records of the types that scenarios define: which there are, a list and one of them, new ones, corrections, a table to take away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang.accounts import audit
from yingshang.accounts.models import Unit, localized
from yingshang.cases import catalog, records
from yingshang.cases.errors import ActionError, Invalid
from yingshang.registry.models import Record
from yingshang.web.views import csvs, desk_fields, desk_schema
from yingshang.web.views.desk_fields import BusinessField, DeskForm
from yingshang.web.views.desk_support import newest_first, number_of, official, others, person_of, scope, tell, typed

#: Fields of a record that its row in a list shows; the page of the record shows all.
SHOWN = 4


class Type:
    """A record type as pages speak of it."""

    def __init__(self, scenario: str, stem: str) -> None:
        self.id = f"{scenario}.{stem}"
        try:
            self.schema: Mapping[str, Any] = records.schema_of(self.id)
        except Invalid:
            raise Http404 from None
        self.scenario, self.stem = scenario, stem
        self.spec = catalog.get(scenario)
        self.fields = desk_schema.order(self.schema)

    @property
    def title(self) -> str:
        return localized(str(self.schema.get("title", self.stem)), str(self.schema.get("x-title-en", "")))

    @property
    def summary(self) -> str:
        return localized(str(self.schema.get("description", "")), str(self.schema.get("x-description-en", "")))

    def headings(self, fields: Iterable[str] | None = None) -> list[str]:
        properties = self.schema.get("properties", {})
        return [desk_schema.title(properties.get(f, {}), f) for f in (self.fields if fields is None else fields)]

    def cells(self, row: Record, units: Mapping[str, str], fields: Iterable[str] | None = None) -> list[str]:
        """What a record says in these fields (all by default); ``units`` are names by code."""
        properties, shown = self.schema.get("properties", {}), []
        for field in self.fields if fields is None else fields:
            prop, value = properties.get(field, {}), row.data.get(field)
            if value in (None, "", []):
                shown.append("")
            elif prop.get("x-widget") == "unit":
                shown.append(units.get(str(value), str(value)))
            else:
                shown.append(desk_schema.words(prop, value))
        return shown


def _visible(request: HttpRequest, kind: Type) -> QuerySet[Record]:
    rows = Record.objects.visible_to(person_of(request)).filter(type=kind.id, deleted_at__isnull=True)
    if q := typed(request.GET, "q").strip():
        rows = rows.filter(
            Q(key__icontains=q) | Q(business__name__icontains=q) | Q(unit__name__icontains=q) | Q(data__icontains=q)
        )
    return rows.select_related("business", "unit")


def _units() -> dict[str, str]:
    return {u.code: str(u) for u in Unit.objects.only("code", "name", "name_en")}


@official
def types(request: HttpRequest) -> HttpResponse:
    """Every type of record by scenario, with how many of them this person may read."""
    rows = Record.objects.visible_to(person_of(request)).filter(deleted_at__isnull=True).order_by()
    held = dict(rows.values_list("type").annotate(n=Count("pk")))
    groups = []
    for spec in catalog.every():
        kinds = [Type(spec.id, stem) for stem in sorted(spec.records)]
        if kinds:
            groups.append((spec.name, [(k, held.get(k.id, 0)) for k in kinds]))
    # Where there is something to read comes first.
    groups.sort(key=lambda group: not any(n for _kind, n in group[1]))
    return render(request, "web/desk/record_types.html", {"groups": groups})


@official
def listing(request: HttpRequest, scenario: str, stem: str) -> HttpResponse:
    """Records of one type, newest first."""
    kind = Type(scenario, stem)
    page, units, fields = newest_first(_visible(request, kind), request), _units(), kind.fields[:SHOWN]
    headings = kind.headings(fields)
    return render(
        request,
        "web/desk/records.html",
        {
            "kind": kind,
            "headings": headings,
            "rows": [(r, list(zip(headings, kind.cells(r, units, fields), strict=True))) for r in page],
            "page": page,
            "q": request.GET.get("q", ""),
            "query": others(request, "after"),
            "may_write": records.may_write(person_of(request), kind.id),
        },
    )


@official
def export(request: HttpRequest, scenario: str, stem: str) -> HttpResponse:
    """The same list as a table to take away, with every field; on record."""
    kind = Type(scenario, stem)
    rows, units = _visible(request, kind).order_by("id"), _units()
    audit.record(person_of(request), "record.export", kind.id, "", q=typed(request.GET, "q"))
    heading = [_("编号"), _("企业"), _("统一社会信用代码"), _("单位"), *kind.headings(), _("登记时间"), _("第几版")]

    def line(r: Record) -> list[object]:
        firm = (r.business.name, r.business.uscc) if r.business else ("", "")
        return [
            r.key,
            *firm,
            str(r.unit or ""),
            *kind.cells(r, units),
            r.created_at.isoformat("T", "minutes"),
            r.revision,
        ]

    return csvs.response(f"{kind.id}.csv", heading, (line(r) for r in rows.iterator(chunk_size=2000)))


class _Whose(DeskForm):
    """What a new record belongs to."""

    number = forms.CharField(label=L("编号"), required=False, max_length=120, help_text=L("有编号的填,同类里不重复"))
    business = BusinessField(label=L("企业"), required=False)


class _Reason(DeskForm):
    reason = forms.CharField(label=L("更正理由"), max_length=200)


@official
def new(request: HttpRequest, scenario: str, stem: str) -> HttpResponse:
    """Register a record of this type."""
    kind, person, status = Type(scenario, stem), person_of(request), 200
    if not records.may_write(person, kind.id):
        raise PermissionDenied
    posted = request.POST if request.method == "POST" else None
    whose, form = _Whose(posted), desk_schema.form_of(kind.schema)(posted)
    if posted is not None:
        status = 422
        if whose.is_valid() & form.is_valid():
            mine = scope(request).unit_ids
            unit = Unit.objects.filter(pk__in=mine).order_by("id").first()
            d = whose.cleaned_data
            try:
                made = records.create(
                    kind.id, form.data_for_schema(), person, key=d["number"], business=d["business"], unit=unit
                )
            except ActionError as error:
                status = _tell(form, error)
            else:
                messages.success(request, _("已登记。"))
                return redirect("desk:record", scenario, stem, made.pk)
    context = {"kind": kind, "whose": whose, "form": form, "units": desk_fields.units()}
    return render(request, "web/desk/record_new.html", context, status=status)


@official
def record(request: HttpRequest, scenario: str, stem: str, record_id: int) -> HttpResponse:
    """One record with every revision; who may, corrects it with a reason."""
    kind, person, status = Type(scenario, stem), person_of(request), 200
    found = get_object_or_404(_visible(request, kind), pk=record_id)
    may_write = records.may_write(person, kind.id, found)
    posted = request.POST if request.method == "POST" else None
    why = _Reason(posted)
    form = desk_schema.form_of(kind.schema)(posted, initial={f"f_{k}": v for k, v in found.data.items()})
    if posted is not None:
        if not may_write:
            raise PermissionDenied
        status = 422
        if form.is_valid() & why.is_valid():
            try:
                records.correct(
                    found,
                    form.data_for_schema(),
                    person,
                    reason=why.cleaned_data["reason"],
                    seen=number_of(posted.get("seen", "")),
                )
            except ActionError as error:
                status = _tell(form, error)
            else:
                messages.success(request, _("已更正,以前的内容保留在下面。"))
                return redirect("desk:record", scenario, stem, found.pk)
    revisions = found.revisions.select_related("by").order_by("-number")[:50]
    context = {
        "kind": kind,
        "record": found,
        "lines": desk_schema.read_by(kind.schema, found.data),
        "revisions": [(r, desk_schema.read_by(kind.schema, r.data)) for r in revisions],
        "may_write": may_write,
        "form": form,
        "why": why,
        "units": desk_fields.units() if may_write else [],
    }
    return render(request, "web/desk/record.html", context, status=status)


def _tell(form: forms.Form, error: ActionError) -> int:
    """The action's error in the form; what the schema objects to beside its fields."""
    fields = error.details.get("fields")
    if isinstance(fields, Mapping):
        desk_schema.errors_into(form, {str(k): str(v) for k, v in fields.items()})
        return 422
    return tell(form, error)
