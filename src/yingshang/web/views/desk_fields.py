"""Form fields of the desk: a unit picked by name, several units, colleagues, a business; with Bootstrap's classes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang import timekeeping
from yingshang.accounts.models import Membership, Person, Role, Unit
from yingshang.registry.models import Business

#: Kinds of unit that take cases; communities and grids are reached through their street.
TAKES_CASES = (Unit.Kind.DISTRICT, Unit.Kind.DEPARTMENT, Unit.Kind.STREET, Unit.Kind.PLATFORM)


def units() -> list[Unit]:
    """The units a case can be given to, in the district's own order."""
    return list(Unit.objects.filter(active=True, kind__in=TAKES_CASES).order_by("sort", "id"))


class DeskForm(forms.Form):
    """A form whose widgets carry Bootstrap's classes and whose fields need no colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.dress()

    def dress(self) -> None:
        """Give the widgets their classes; forms that add fields after they were made call it again."""
        for field in self.fields.values():
            widget = field.widget
            if isinstance(widget, (forms.CheckboxInput, forms.RadioSelect, forms.CheckboxSelectMultiple)):
                css = "form-check-input"
            elif isinstance(widget, forms.Select):
                css = "form-select"
            else:
                css = "form-control"
            widget.attrs.setdefault("class", css)

    def add_error(self, field: str | None, error: Any) -> None:
        """Mark the field red too. Not done when the form is made: it would be cleaned before its choices are set."""
        super().add_error(field, error)
        if field in self.fields:
            attrs = self.fields[field].widget.attrs
            if "is-invalid" not in attrs.get("class", ""):
                attrs["class"] = f"{attrs.get('class', '')} is-invalid".strip()


def words(
    label: Any, *, required: bool = True, rows: int = 3, help_text: Any = "", most: int = 4000
) -> forms.CharField:
    """A text of some lines."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=most,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class DayField(forms.DateField):
    """A day that somebody can mean: one at the edge of the calendar has no day after it, and no time in another zone."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day is not None and not 2000 <= day.year <= 2100:
            raise forms.ValidationError(_("请填写 2000 年至 2100 年之间的日期"))
        return day


class UnitField(forms.CharField):
    """A unit, typed or picked from the page's list ``#units``; by name, short name or code."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget",
            forms.TextInput(
                attrs={"list": "units", "autocomplete": "off", "placeholder": gettext_lazy("输入单位名称")}
            ),
        )
        super().__init__(max_length=80, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = Unit.objects.filter(Q(name=text) | Q(short_name=text) | Q(code=text) | Q(name_en=text), active=True)
        exact = list(found[:2])
        if len(exact) == 1:
            return exact[0]
        near = list(Unit.objects.filter(active=True, kind__in=TAKES_CASES, name__contains=text)[:4])
        if not exact and len(near) == 1:
            return near[0]
        if near:
            names = "、".join(str(u) for u in near)
            raise forms.ValidationError(_("是指哪一个:%(n)s?请选全称。") % {"n": names})
        raise forms.ValidationError(_("没有「%(t)s」这个单位,请从列表中选择。") % {"t": text})


class UnitsField(forms.ModelMultipleChoiceField):
    """Several units, ticked in a list."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(
            queryset=Unit.objects.filter(active=True, kind__in=TAKES_CASES).order_by("sort", "id"), **kwargs
        )

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.label)


class PeopleField(forms.ModelMultipleChoiceField):
    """Several colleagues, ticked in a list that :func:`colleagues` makes."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(queryset=Person.objects.none(), **kwargs)


def colleagues(near: Iterable[Unit | None], without: Person | None = None) -> list[Person]:
    """Who may be asked to sign or to read: members of these units, and the district's leaders and reform office."""
    today = timekeeping.now().date()
    current = Membership.objects.filter(Q(until__isnull=True) | Q(until__gte=today), since__lte=today)
    ids = [u.pk for u in near if u is not None]
    wanted = current.filter(Q(unit_id__in=ids) | Q(role__in=[Role.DISTRICT_LEADER, Role.REFORM_OFFICE]))
    rows = Person.objects.filter(pk__in=wanted.values("person_id"), is_active=True, kind=Person.Kind.OFFICIAL)
    return [p for p in rows.order_by("id")[:80] if without is None or p.pk != without.pk]


class BusinessField(forms.CharField):
    """A business by credit code or by name; several of a like name are offered instead of guessed."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget",
            forms.TextInput(
                attrs={
                    "list": "businesses",
                    "autocomplete": "off",
                    "hx-get": "/desk/businesses/",
                    "hx-trigger": "input changed delay:300ms",
                    "hx-target": "#businesses",
                    "hx-sync": "this:replace",
                }
            ),
        )
        kwargs.setdefault("help_text", gettext_lazy("输入名称中的几个字,或 18 位统一社会信用代码"))
        super().__init__(max_length=160, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = find_businesses(text, 6)
        if len(found) == 1:
            return found[0]
        same = [b for b in found if text in (b.name, b.uscc)]
        if len(same) == 1:
            return same[0]
        if not found:
            raise forms.ValidationError(_("没有找到「%(t)s」,请核对名称或统一社会信用代码。") % {"t": text})
        names = "、".join(b.name for b in found[:5])
        raise forms.ValidationError(_("有几家相近的:%(n)s。请写全称或信用代码。") % {"n": names})


def find_businesses(text: str, most: int) -> list[Business]:
    """Businesses by the start of their credit code or a part of their name (trigram index), nearest name first."""
    text = text.strip().replace("\0", "")
    # The picker writes "name (code)"; the code decides.
    if text.endswith((")", "）")) and (code := text[:-1].replace("（", "(").rpartition("(")[2]).isalnum():
        text = code
    if len(text) < 2:
        return []
    rows = Business.objects.select_related("street")
    code = text.isascii() and text.isalnum() and len(text) >= 6
    if code and (found := list(rows.filter(uscc__startswith=text.upper()).order_by("uscc")[:most])):
        return found
    return list(rows.filter(name__contains=text).order_by("name_key", "id")[:most])
