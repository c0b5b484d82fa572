"""Facts as fields of a form: what the vocabulary says of an entry decides how an enterprise is asked for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from yingshang.accounts.models import localized
from yingshang.rules.vocabulary import Entry, vocabulary
from yingshang.web.translations import typeset
from yingshang.web.views.desk_fields import DeskForm
from yingshang.web.views.portal_policies import words

#: Before the name of a fact, so that none is taken for another field of the form.
PREFIX = "fact_"
#: Digits of a number: what :data:`yingshang.rules.vocabulary` can hold.
DIGITS = 18


def question(entry: Entry) -> str:
    """How an enterprise is asked for it, with the unit of the answer."""
    asked = typeset(localized(entry.ask.label, entry.ask.label_en))
    unit = words.unit_name(entry.unit)
    if not unit or entry.type != "number" or unit in asked or (entry.unit == "元" and asked.endswith("(yuan)")):
        return asked
    return f"{asked}({unit})"


def field_of(entry: Entry, required: bool = True) -> forms.Field:
    """The field for one fact."""
    given: dict[str, Any] = {
        "label": question(entry),
        "help_text": typeset(localized(entry.ask.help, entry.ask.help_en)),
        "required": required,
    }
    if entry.type == "boolean":
        choices = [("true", _("是")), ("false", _("否"))]
        return forms.TypedChoiceField(
            choices=choices, coerce=lambda v: v == "true", empty_value=None, widget=forms.RadioSelect, **given
        )
    if entry.type == "number":
        return forms.DecimalField(max_digits=DIGITS, decimal_places=entry.scale, min_value=Decimal(0), **given)
    if entry.type == "date":
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return forms.DateField(widget=widget, **given)
    if entry.values:
        said = list(dict.fromkeys(entry.values.values()))
        return forms.ChoiceField(choices=[(v, v) for v in said], widget=forms.RadioSelect, **given)
    return forms.CharField(max_length=120, **given)


class FactsForm(DeskForm):
    """Some facts, each asked in the words of the vocabulary."""

    def __init__(self, names: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = vocabulary()
        self.names = [n for n in names if n in known and known[n].computed is None]
        for name in self.names:
            self.fields[f"{PREFIX}{name}"] = field_of(known[name])
        self.dress()

    def told(self) -> dict[str, Any]:
        """What was filled in, by name: bool, Decimal, date or str."""
        found = {n: self.cleaned_data.get(f"{PREFIX}{n}") for n in self.names}
        return {n: v for n, v in found.items() if v is not None and v != ""}


def storable(value: Any) -> Any:
    """A filled-in value as facts are recorded: dates as text, numbers exact."""
    return value.isoformat() if isinstance(value, date) else value
