"""Forms of meetings: planning one, its agenda, what was decided, who came, what was raised on the spot."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang.accounts.models import Person
from yingshang.activities.models import Activity, Item
from yingshang.cases import catalog
from yingshang.cases.actions._base import unit_of
from yingshang.cases.models import Case, Category
from yingshang.registry.models import Business
from yingshang.web.views import desk_fields
from yingshang.web.views.desk_fields import (
    BusinessField,
    DayField,
    DeskForm,
    PeopleField,
    UnitField,
    UnitsField,
    words,
)
from yingshang.web.views.desk_support import OURS

#: Scenarios whose own event a meeting can be; each gives the meeting its name.
MEETINGS = (
    "escalation_coordination",
    "listening_meeting",
    "breakfast_meeting",
    "qinqing_through_train",
    "night_market_coordination",
    "title_history_solver",
    "bottom_line_handling",
)


def meeting_scenarios() -> list[tuple[str, str]]:
    known = {s.id: str(s.name) for s in catalog.every()}
    return [(s, known[s]) for s in MEETINGS if s in known]


class PlanForm(DeskForm):
    scenario = forms.ChoiceField(label=L("会议类型"))
    title = forms.CharField(label=L("会议名称"), max_length=120)
    day = DayField(label=L("日期"))
    at = forms.TimeField(label=L("时间"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    place = forms.CharField(label=L("地点"), required=False, max_length=120)
    people = PeopleField(label=L("参加领导和同事"), required=False)
    units = UnitsField(label=L("参加单位"), required=False)
    businesses = words(L("参加企业"), required=False, rows=3, help_text=L("一行一家,写全称或统一社会信用代码"))

    def __init__(self, *args: Any, host: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scenario"].choices = meeting_scenarios()  # type: ignore[attr-defined]
        near = [p.pk for p in desk_fields.colleagues([unit_of(host)], without=host)]
        self.fields["people"].queryset = Person.objects.filter(pk__in=near)  # type: ignore[attr-defined]

    def clean_businesses(self) -> list[Business]:
        found = []
        for line in self.cleaned_data["businesses"].splitlines():
            if line.strip():
                found.append(BusinessField().clean(line.strip()))
        return list(dict.fromkeys(found))


class CasesField(forms.ModelMultipleChoiceField):
    """Cases by what they ask and who asks."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.title} · {obj.business}" if obj.business else str(obj.title)


class AgendaForm(DeskForm):
    cases = CasesField(
        label=L("等着上会的办件"),
        required=False,
        queryset=Case.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    number = forms.CharField(label=L("办件编号"), required=False, max_length=24)
    title = forms.CharField(label=L("议题"), required=False, max_length=160, help_text=L("填了办件编号可不填"))

    def __init__(self, *args: Any, activity: Activity, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = waiting(activity)
        if rows.exists():
            self.fields["cases"].queryset = rows  # type: ignore[attr-defined]
        else:
            del self.fields["cases"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("number") and not given.get("title") and not given.get("cases"):
            self.add_error("title", _("请填写议题或办件编号"))
        return given


def waiting(activity: Activity) -> QuerySet[Case]:
    """Open cases of the meeting's kind that its unit handles and that stand on no agenda of a meeting to come."""
    planned = Item.objects.filter(activity__state=Activity.State.PLANNED, case__isnull=False).values("case_id")
    rows = Case.objects.filter(scenario=activity.scenario, lead_unit=activity.unit, status__in=OURS)
    return rows.exclude(pk__in=planned).select_related("business").order_by("pk")


class HoldForm(DeskForm):
    minutes = words(L("会议纪要"), rows=6)
    present = forms.MultipleChoiceField(label=L("到会"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, attendances: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["present"].choices = [(str(a.pk), str(a)) for a in attendances]  # type: ignore[attr-defined]


class DecideForm(DeskForm):
    decision = words(L("议定意见"), rows=3)
    owner_unit = UnitField(label=L("责任单位"))
    due = DayField(label=L("完成日期"))


class CarryOutForm(DeskForm):
    result = words(L("落实情况"), rows=3)


class CancelForm(DeskForm):
    reason = forms.CharField(label=L("取消原因"), max_length=200)


class RaiseForm(DeskForm):
    """A question raised on the spot, for one of the enterprises present."""

    title = forms.CharField(label=L("什么问题"), max_length=120)
    text = words(L("具体情况"), required=False, rows=2)
    business = forms.ModelChoiceField(
        label=L("哪家企业"), required=False, queryset=Business.objects.none(), empty_label=L("未列明企业")
    )
    category = forms.ModelChoiceField(
        label=L("分类"), required=False, queryset=Category.objects.none(), to_field_name="code", empty_label=L("说不清")
    )

    def __init__(self, *args: Any, activity: Activity, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = Q(pk__in=activity.attendances.filter(business__isnull=False).values("business_id"))
        self.fields["business"].queryset = Business.objects.filter(here)  # type: ignore[attr-defined]
        self.fields["category"].queryset = Category.objects.filter(scenario="qifu_express", active=True)  # type: ignore[attr-defined]
