"""Forms of the project pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MinLengthValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang import timekeeping
from yingshang.accounts.models import Unit
from yingshang.cases import catalog
from yingshang.projects import applying, moving
from yingshang.projects.standing import Overview
from yingshang.web.views import desk_schema
from yingshang.web.views.desk_fields import BusinessField, DeskForm, words
from yingshang.web.views.projects.papers import name_of

#: Facts that only the bigger part of projects know from the start; the first ones are asked for on top.
FIRST = ("kind", "area", "environment")


def schema() -> dict[str, Any]:
    """The facts of a project as the scenario's form describes them."""
    held: dict[str, Any] = catalog.get(moving.SCENARIO).forms["project"]
    return held


class PlaceField(forms.ModelChoiceField):
    """Where a project is built: an industry platform or a street."""

    def __init__(self, **kwargs: Any) -> None:
        kinds = (Unit.Kind.PLATFORM, Unit.Kind.STREET)
        super().__init__(queryset=Unit.objects.filter(active=True, kind__in=kinds).order_by("sort", "id"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.label)


class OpenForm(DeskForm):
    """What a project is called and where it is; its facts are asked by :func:`schema`."""

    name = forms.CharField(label=L("项目名称"), max_length=120, validators=[MinLengthValidator(2)])
    place = PlaceField(
        label=L("在哪个平台或街道"), required=False, empty_label=L("和企业登记的一样"), to_field_name="code"
    )
    site = forms.CharField(label=L("建设地点"), max_length=120, required=False)
    parcel = forms.CharField(label=L("地块编号"), max_length=60, required=False)
    investment = forms.DecimalField(label=L("总投资(元)"), max_digits=16, decimal_places=2, min_value=0, required=False)


class DeskOpenForm(OpenForm):
    """The same, entered by an official for an enterprise."""

    business = BusinessField(label=L("企业"))
    contract_number = forms.CharField(label=L("土地出让合同编号"), max_length=60, required=False)

    field_order = ("business", "name", "place", "site", "parcel", "contract_number", "investment")


def facts_form(data: Any = None, initial: dict[str, Any] | None = None) -> Any:
    """The facts, required ones marked."""
    return desk_schema.form_of(schema())(data, initial=initial or {})


def kind_of(said: str) -> str:
    """The code of a kind of project by its Chinese name; as it is where it is none."""
    return next((code for code, zh in applying.KINDS.items() if zh == said), said)


class WayForm(DeskForm):
    """An aim, and what the asker knows of it; nothing need be filled in."""

    aim = forms.CharField(
        label=L("想做什么"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": L("例:在这里开一家疫苗厂")}),
    )
    place = PlaceField(label=L("在哪个平台或街道"), required=False, empty_label=L("不说"), to_field_name="code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whole = schema()
        self.names = desk_schema.order(whole)
        for name in self.names:
            self.fields[f"f_{name}"] = self._field(name, whole["properties"][name])
        self.dress()

    def _field(self, name: str, prop: dict[str, Any]) -> forms.Field:
        label = desk_schema.title(prop, name)
        if prop["type"] == "boolean":
            return forms.TypedChoiceField(
                label=label,
                required=False,
                choices=[("", _("不说")), ("yes", _("是")), ("no", _("否"))],
                coerce=lambda v: v == "yes",
                empty_value=None,
            )
        if "enum" in prop:
            said = [(v, desk_schema.words(prop, v)) for v in prop["enum"]]
            return forms.ChoiceField(label=label, required=False, choices=[("", _("不说")), *said])
        return forms.IntegerField(
            label=label, required=False, min_value=prop.get("minimum"), max_value=prop.get("maximum")
        )

    def first(self) -> list[forms.BoundField]:
        return [self["place"], *(self[f"f_{n}"] for n in self.names if n in FIRST)]

    def rest(self) -> list[forms.BoundField]:
        return [self[f"f_{n}"] for n in self.names if n not in FIRST]

    def facts(self) -> dict[str, Any]:
        """What was said, by name; the place by its code."""
        found = {n: self.cleaned_data.get(f"f_{n}") for n in self.names}
        found["place"] = self.cleaned_data["place"].code if self.cleaned_data.get("place") else None
        return {n: v for n, v in found.items() if v is not None and v != ""}


# --- of one project ---------------------------------------------------------------------------------------------------------


class Answer(DeskForm):
    text = words(L("说明"), required=False, rows=2, help_text=L("材料已经上传的,说明可以不写"))


class Own(DeskForm):
    """The enterprise's own part is done."""

    item = forms.CharField(widget=forms.HiddenInput)
    note = forms.CharField(label=L("完成情况"), max_length=300)
    sure = forms.BooleanField(label=L("确已完成"), required=False)


class MoveVisit(DeskForm):
    """All go to the site on another day."""

    item = forms.CharField(widget=forms.HiddenInput)
    day = forms.DateField(label=L("改到"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class Item(DeskForm):
    """Something about one item, without words."""

    item = forms.CharField(widget=forms.HiddenInput)


class Defer(Item):
    document = forms.CharField(widget=forms.HiddenInput)


class Stage(DeskForm):
    code = forms.CharField(widget=forms.HiddenInput)


class Withdraw(DeskForm):
    reason = words(L("终止原因"), rows=2, most=300)
    sure = forms.BooleanField(label=L("我已看过上面的清单,确认终止"))


class AskFor(DeskForm):
    """A unit needs a document, or its correction."""

    item = forms.ChoiceField(label=L("为哪个事项"))
    kind = forms.ChoiceField(label=L("哪份材料"))
    note = words(L("缺什么、哪里要改"), rows=2, most=500)

    def __init__(self, *args: Any, seen: Overview, items: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        standing = seen.standing
        self.fields["item"].choices = [(i.code, i.label) for i in items]  # type: ignore[attr-defined]
        kinds = [k for k, d in standing.listed.documents.items() if d.applicant]
        first = {k for i in items for k in (*standing.spec(i).inputs, *standing.spec(i).at_issue)}
        kinds.sort(key=lambda k: k not in first)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (k, name_of(standing, k) if k in standing.held else f"{name_of(standing, k)}({_('还没有')})") for k in kinds
        ]


class Call(DeskForm):
    """One meeting or visit for all units that have a part in it."""

    kind = forms.ChoiceField(
        label=L("方式"), choices=[("visit", L("一起到现场")), ("meeting", L("开一次会"))], widget=forms.RadioSelect
    )
    title = forms.CharField(label=L("事由"), max_length=120, validators=[MinLengthValidator(2)])
    starts_at = forms.DateTimeField(
        label=L("时间"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    place = forms.CharField(label=L("地点"), max_length=120, required=False, help_text=L("不填就是项目现场"))

    def clean_starts_at(self) -> Any:
        at = self.cleaned_data["starts_at"]
        if at < timekeeping.now():
            raise forms.ValidationError(_("请填以后的时间。"))
        return at


class Talk(DeskForm):
    text = words(L("给各单位留言"), rows=2)


class Comment(DeskForm):
    text = words(L("意见"), rows=2)
    public = forms.BooleanField(label=L("企业也能看到"), required=False, initial=True)


class Review(DeskForm):
    """Send something to several units for one opinion."""

    subject = forms.CharField(label=L("审查什么"), max_length=200, validators=[MinLengthValidator(2)])
    units = forms.MultipleChoiceField(label=L("哪些单位"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, seen: Overview, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = {i.unit.code: i.unit.label for i in seen.standing.items.values() if i.unit}
        self.fields["units"].choices = list(units.items())  # type: ignore[attr-defined]


class Settle(DeskForm):
    follow = forms.IntegerField(widget=forms.HiddenInput)
    kept = forms.ChoiceField(
        label=L("核查结论"), choices=[("yes", L("属实")), ("no", L("不实"))], widget=forms.RadioSelect
    )
    result = words(L("核查情况"), rows=2, most=500)


class Notice(DeskForm):
    notice = forms.IntegerField(widget=forms.HiddenInput)
