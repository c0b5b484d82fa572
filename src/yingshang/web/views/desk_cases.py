"""Searching the cases I may read, and entering a demand for an enterprise."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang import timekeeping
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Unit
from yingshang.cases import actions, catalog
from yingshang.cases.errors import ActionError
from yingshang.cases.models import ENDED, Case, Category, Channel, Status
from yingshang.registry.models import Business
from yingshang.web.views import desk_fields, desk_schema
from yingshang.web.views.desk_fields import BusinessField, DayField, DeskForm, words
from yingshang.web.views.desk_support import (
    key_of,
    new_key,
    newest_first,
    official,
    others,
    overdue,
    person_of,
    tell,
    typed,
)

RELATED = ("business", "category", "street", "lead_unit", "handler")


class Search(DeskForm):
    """The filters of the list; all optional."""

    q = forms.CharField(label=L("编号、标题或企业"), required=False, max_length=120)
    status = forms.ChoiceField(
        label=L("状态"),
        required=False,
        choices=[("", L("全部状态")), ("open", L("未办结")), ("overdue", L("已逾期")), *Status.choices],
    )
    unit = forms.ModelChoiceField(
        label=L("承办单位"),
        required=False,
        queryset=Unit.objects.none(),
        to_field_name="code",
        empty_label=L("全部单位"),
    )
    street = forms.ModelChoiceField(
        label=L("街道"), required=False, queryset=Unit.objects.none(), to_field_name="code", empty_label=L("全部街道")
    )
    category = forms.ModelChoiceField(
        label=L("分类"), required=False, queryset=Category.objects.none(), empty_label=L("全部分类")
    )
    since = DayField(label=L("提出日期从"), required=False)
    until = DayField(label=L("到"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        takes = Unit.objects.filter(active=True, kind__in=desk_fields.TAKES_CASES).order_by("sort", "id")
        self.fields["unit"].queryset = takes  # type: ignore[attr-defined]
        self.fields["street"].queryset = Unit.objects.filter(kind=Unit.Kind.STREET).order_by("sort", "id")  # type: ignore[attr-defined]
        self.fields["category"].queryset = Category.objects.filter(active=True)  # type: ignore[attr-defined]


def matching(rows: QuerySet[Case], given: dict[str, Any]) -> QuerySet[Case]:
    """Narrow ``rows`` by the filters that were given."""
    text = (given.get("q") or "").strip()
    if text:
        if text.upper().startswith("QT") and any(c.isdigit() for c in text):
            rows = rows.filter(number__startswith=text.upper())
        else:
            named = list(Business.objects.filter(name__contains=text).values_list("pk", flat=True)[:200])
            titled = Q(title__contains=text)
            if len(text) < 3:
                # Two characters make no trigram: the index would be read from end to end. Walking back from the newest
                # case stops as soon as the page is full, and the concatenation keeps the planner from the index.
                rows = rows.alias(_title=Concat("title", Value("")))
                titled = Q(_title__contains=text)
            rows = rows.filter(titled | Q(business_id__in=named)) if named else rows.filter(titled)
    match given.get("status"):
        case "open":
            rows = rows.exclude(status__in=ENDED)
        case "overdue":
            rows = rows.filter(overdue())
        case str(status) if status in Status.values:
            rows = rows.filter(status=status)
    for name, column in (("unit", "lead_unit"), ("street", "street"), ("category", "category")):
        if given.get(name):
            rows = rows.filter(**{column: given[name]})
    if since := given.get("since"):
        rows = rows.filter(opened_at__gte=datetime.combine(since, time.min, timekeeping.SHANGHAI))
    if until := given.get("until"):
        rows = rows.filter(opened_at__lt=datetime.combine(until + timedelta(days=1), time.min, timekeeping.SHANGHAI))
    return rows


@official
def cases(request: HttpRequest) -> HttpResponse:
    """The cases I may read, newest first, by what I remember of them."""
    person = person_of(request)
    form = Search(request.GET or None)
    rows = Case.objects.visible_to(person)
    if form.is_bound and form.is_valid():
        text = form.cleaned_data["q"].strip()
        exact = rows.filter(number=text.upper()).only("number").first() if text else None
        if exact:
            return redirect("desk:case", number=exact.number)
        rows = matching(rows, form.cleaned_data)
    page = newest_first(rows.select_related(*RELATED), request)
    return render(
        request,
        "web/desk/cases.html",
        {"form": form, "page": page, "query": others(request, "after"), "searched": bool(request.GET)},
    )


@official
def businesses(request: HttpRequest) -> HttpResponse:
    """Options for the business picker while typing: an HTML fragment of a data list."""
    found = desk_fields.find_businesses(request.GET.get("business", "") or request.GET.get("q", ""), 12)
    return render(request, "web/desk/_businesses.html", {"businesses": found})


# --- a demand entered for an enterprise ------------------------------------------------------------------------------


class New(DeskForm):
    business = BusinessField(label=L("哪家企业"), required=False)
    title = forms.CharField(label=L("要办的事"), max_length=120, help_text=L("一句话说清,如:厂区门口路灯不亮"))
    text = words(L("详细情况"), required=False, rows=4, most=8000)
    category = forms.ModelChoiceField(
        label=L("分类"), required=False, queryset=Category.objects.none(), to_field_name="code",
        empty_label=L("说不清,由系统和派单员判断"),
    )  # fmt: skip
    channel = forms.ChoiceField(
        label=L("从哪里来"),
        choices=[(c, Channel(c).label) for c in (Channel.HOTLINE, Channel.VISIT, Channel.MEETING)],
        widget=forms.RadioSelect,
        initial=Channel.HOTLINE,
    )
    contact_name = forms.CharField(label=L("联系人"), required=False, max_length=60)
    contact_phone = forms.CharField(label=L("联系电话"), required=False, max_length=40)

    def __init__(self, *args: Any, scenario: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = Category.objects.filter(scenario=scenario, active=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("business") and not given.get("contact_phone") and "business" not in self.errors:
            self.add_error("business", _("请选择企业;还没有登记的企业,请留下联系电话。"))
        return given


def startable(person: Person) -> list[tuple[catalog.ScenarioSpec, catalog.Service]]:
    """The services this person's roles may start for an enterprise."""
    roles = scope_of(person).roles
    return [(s, v) for s in catalog.every() for v in s.services.values() if roles & set(v.start_by)]


@official
def new(request: HttpRequest) -> HttpResponse:
    """Enter a demand that came by telephone, at a visit or at a meeting."""
    person = person_of(request)
    services = startable(person)
    asked = request.POST.get("service") or request.GET.get("service") or "qifu_express.demand"
    chosen = next(((s, v) for s, v in services if f"{s.id}.{v.id}" == asked), services[0] if services else None)
    if chosen is None:
        return render(request, "web/desk/new.html", {"services": []}, status=403)
    spec, service = chosen
    schema = desk_schema.form_for(spec, service.form)
    posted = request.method == "POST"
    form = New(request.POST if posted else None, scenario=spec.id, initial=_initial(request))
    extra = schema(request.POST if posted else None)
    status = 200
    if posted:
        status = 422
        if form.is_valid() & extra.is_valid():
            given = dict(form.cleaned_data)
            category = given.pop("category")
            try:
                case = actions.open_case(
                    person,
                    scenario=spec.id,
                    service=service.id,
                    category=category.code if category else "",
                    data=extra.data_for_schema(),
                    key=key_of(request, "open", f"{spec.id}.{service.id}"),
                    **given,
                )
            except ActionError as error:
                status = tell(form, error)
                fields = error.details.get("fields")
                if isinstance(fields, dict):
                    desk_schema.errors_into(extra, {k: str(v) for k, v in fields.items() if k not in form.fields})
            else:
                messages.success(request, _("已提交,编号 %(n)s。") % {"n": case.number})
                return redirect("desk:case", number=case.number)
    context = {
        "form": form,
        "extra": extra,
        "service": service,
        "spec": spec,
        "services": [(f"{s.id}.{v.id}", v.name, s.name) for s, v in services],
        "chosen": f"{spec.id}.{service.id}",
        "key": request.POST.get("key") or new_key(),
        "units": desk_fields.units(),
    }
    return render(request, "web/desk/new.html", context, status=status)


def _initial(request: HttpRequest) -> dict[str, Any]:
    initial: dict[str, Any] = {"channel": request.GET.get("channel", Channel.HOTLINE)}
    if uscc := typed(request.GET, "business"):
        found = Business.objects.filter(uscc=uscc).first()
        initial["business"] = f"{found.name}({found.uscc})" if found else ""
    return initial
