"""What each policy may spend in a year, what is gone of it, and the ledger line by line."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang import timekeeping
from yingshang.accounts.models import Unit
from yingshang.cases.errors import ActionError
from yingshang.policies import actions
from yingshang.policies.models import Budget, Clause, Policy
from yingshang.registry.names import name_key
from yingshang.web.views.desk_fields import DeskForm
from yingshang.web.views.desk_policies.common import CLERKS, number_of
from yingshang.web.views.desk_support import newest_first, official, others, person_of, scope, tell


class _ByTitle(forms.models.ModelChoiceIterator):
    """Policies in the order of their titles, by the sound of Chinese ones: the database cannot sort those."""

    def __iter__(self) -> Iterator[tuple[Any, str]]:
        yield "", str(self.field.empty_label)
        for policy in sorted(self.queryset, key=lambda p: (name_key(str(p)), p.pk)):
            yield self.choice(policy)


class PolicyField(forms.ModelChoiceField):
    iterator = _ByTitle


class BudgetForm(DeskForm):
    policy = PolicyField(Policy.objects.all(), label=L("政策"))
    year = forms.IntegerField(label=L("年度"), min_value=2000, max_value=2100)
    amount = forms.DecimalField(label=L("金额(元)"), max_digits=16, decimal_places=2, min_value=0)
    source = forms.CharField(label=L("依据"), max_length=200, help_text=L("预算批复的名称和文号;示例数据请注明"))


def finance_units(request: HttpRequest) -> list[int]:
    """Units of this person that pay for some clause."""
    mine = scope(request)
    if not mine.has(*CLERKS):
        return []
    units = mine.unit_ids | mine.led_unit_ids
    paying = Clause.objects.filter(finance_unit__in=units).values_list("finance_unit", flat=True).distinct()
    named = Unit.objects.filter(pk__in=units, code="dept.finance").values_list("pk", flat=True)
    return sorted({*paying, *named})


@official
def budgets(request: HttpRequest) -> HttpResponse:
    """The budgets of a year; the finance department sets them here."""
    year = _year(request)
    finance = bool(finance_units(request))
    form, status = (BudgetForm(request.POST or None, initial={"year": year}) if finance else None), 200
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        status = 422
        if form.is_valid():
            d = form.cleaned_data
            try:
                actions.set_budget(person_of(request), d["policy"], d["year"], d["amount"], source=d["source"])
            except ActionError as error:
                status = tell(form, error)
            else:
                messages.success(request, _("预算已下达。"))
                return redirect(f"{request.path}?year={d['year']}")
    rows = list(Budget.objects.filter(year=year).select_related("policy").order_by("policy__code"))
    total = {name: sum((getattr(b, name) for b in rows), Decimal(0)) for name in ("amount", "left", "paid", "reserved")}
    years = set(Budget.objects.values_list("year", flat=True).distinct()) | {year, timekeeping.now().year}
    context = {
        "tab": "budgets",
        "budgets": rows,
        "total": total,
        "year": year,
        "years": sorted(years, reverse=True),
        "form": form,
    }
    return render(request, "web/desk/policies/budgets.html", context, status=status)


def _year(request: HttpRequest) -> int:
    year = number_of(request.GET.get("year", ""))
    return year if 2000 <= year <= 2100 else timekeeping.now().year


@official
def budget(request: HttpRequest, budget_id: int) -> HttpResponse:
    """A budget's ledger, newest first."""
    held = get_object_or_404(Budget.objects.select_related("policy"), pk=budget_id)
    page = newest_first(held.entries.select_related("claim", "by"), request)
    context: dict[str, Any] = {"b": held, "page": page, "query": others(request, "after"), "tab": "budgets"}
    return render(request, "web/desk/policies/budget.html", context)
