"""A scenario's form (JSON Schema plus layout) as fields of a page, and what was filled in as the data it describes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from yingshang.accounts.models import Unit, localized
from yingshang.cases import catalog
from yingshang.cases import forms as schemas
from yingshang.web.views.desk_fields import DeskForm, UnitField, UnitsField

#: A text that may be longer than this is written in several lines.
LONG = 120
#: Rows offered for a list of small tables (an errand list); empty rows are left out.
ROWS = 5


def order(schema: Mapping[str, Any]) -> list[str]:
    """The fields in the order of ``x-layout`` (names, or groups of names), then those it forgot."""
    named: list[str] = []
    for entry in schema.get("x-layout", []):
        named += entry.get("fields", []) if isinstance(entry, Mapping) else [entry]
    properties = schema.get("properties", {})
    return [n for n in dict.fromkeys([*named, *properties]) if n in properties]


def title(prop: Mapping[str, Any], name: str) -> str:
    """What a field is called, in the reader's language."""
    return localized(str(prop.get("title", name)), str(prop.get("x-title-en", "")))


def _choices(prop: Mapping[str, Any]) -> list[tuple[str, str]]:
    english = list(prop.get("x-enum-en", []))
    return [
        (str(v), localized(str(v), str(english[i]) if i < len(english) else "")) for i, v in enumerate(prop["enum"])
    ]


def _field(name: str, prop: Mapping[str, Any], required: bool) -> forms.Field:
    given: dict[str, Any] = {
        "label": title(prop, name),
        "required": required,
        "help_text": localized(str(prop.get("description", "")), str(prop.get("x-description-en", ""))),
    }
    if "default" in prop:
        given["initial"] = prop["default"]
    items = prop.get("items", {})
    match prop.get("type"):
        case "boolean":
            return forms.BooleanField(**{**given, "required": False})
        case "integer":
            return forms.IntegerField(min_value=prop.get("minimum"), max_value=prop.get("maximum"), **given)
        case "number":
            return forms.DecimalField(min_value=prop.get("minimum"), max_value=prop.get("maximum"), **given)
        case "array" if items.get("x-widget") == "unit":
            return UnitsField(**given)
        case "array" if "enum" in items:
            return forms.MultipleChoiceField(choices=_choices(items), widget=forms.CheckboxSelectMultiple, **given)
        case "array" if items.get("type") == "object":
            return _TableField(items, **given)
        case "array":
            given["help_text"] = given["help_text"] or _("一行一项")
            return _LinesField(widget=forms.Textarea(attrs={"rows": 4}), **given)
    if "enum" in prop:
        choices = _choices(prop)
        if not required:
            choices = [("", "—"), *choices]
        widget = forms.RadioSelect if required and len(choices) <= 5 else forms.Select
        return forms.ChoiceField(choices=choices, widget=widget, **given)
    if prop.get("format") == "date":
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **given)
    if prop.get("x-widget") == "unit":
        return UnitField(**given)
    most = prop.get("maxLength")
    if prop.get("x-widget") == "hidden":
        return forms.CharField(max_length=most, widget=forms.HiddenInput(), **given)
    long = most is None or most > LONG
    return forms.CharField(
        max_length=most,
        min_length=prop.get("minLength"),
        widget=forms.Textarea(attrs={"rows": 3}) if long else forms.TextInput(),
        **given,
    )


class _LinesField(forms.CharField):
    """A list of texts, one a line."""

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in (super().clean(value) or "").splitlines() if line.strip()]


class _TableWidget(forms.MultiWidget):
    """Some rows of small inputs; every row is a group of its own for those who cannot see the table."""

    template_name = "web/desk/_table_widget.html"

    def __init__(self, columns: list[tuple[str, str, bool]], attrs: Any = None) -> None:
        self.columns = columns
        inputs = {}
        for row in range(ROWS):
            for name, title, is_unit in columns:
                given = {"class": "form-control", "aria-label": f"{row + 1}. {title}", "placeholder": title}
                if is_unit:
                    given |= {"list": "units", "autocomplete": "off"}
                inputs[f"{row}_{name}"] = forms.TextInput(attrs=given)
        super().__init__(inputs, attrs)

    def decompress(self, value: Any) -> list[Any]:
        rows = value or []
        return [rows[r].get(name, "") if r < len(rows) else "" for r in range(ROWS) for name, _t, _u in self.columns]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, {k: v for k, v in (attrs or {}).items() if k != "class"})
        cells = context["widget"]["subwidgets"]
        width = len(self.columns)
        context["widget"]["table"] = [cells[i : i + width] for i in range(0, len(cells), width)]
        context["widget"]["titles"] = [title for _n, title, _u in self.columns]
        return context


class _TableField(forms.MultiValueField):
    """A list of objects of plain texts."""

    def __init__(self, items: Mapping[str, Any], **kwargs: Any) -> None:
        properties = items.get("properties", {})
        self.columns = [(n, title(p, n), p.get("x-widget") == "unit") for n, p in properties.items()]
        inner = [forms.CharField(required=False) for _r in range(ROWS) for _c in self.columns]
        super().__init__(
            inner, widget=_TableWidget(self.columns), require_all_fields=False, **{**kwargs, "required": False}
        )

    def compress(self, data_list: Any) -> list[dict[str, str]]:
        width, values = len(self.columns), list(data_list or [])
        rows: list[dict[str, str]] = []
        for start in range(0, len(values), width):
            row = {}
            for (name, _t, is_unit), text in zip(self.columns, values[start : start + width], strict=True):
                text = (text or "").strip()
                if is_unit and text:
                    text = UnitField().clean(text).code
                if text:
                    row[name] = text
            if row:
                rows.append(row)
        return rows


def form_for(spec: catalog.ScenarioSpec, name: str) -> type[DeskForm]:
    """The form class of one form of a scenario; an unknown name gives a form without fields."""
    return form_of(spec.forms[name] if name and name in spec.forms else {})


def form_of(schema: Mapping[str, Any]) -> type[_SchemaForm]:
    """The form class of a schema."""
    required = set(schema.get("required", []))
    fields = {f"f_{n}": _field(n, schema["properties"][n], n in required) for n in order(schema)}
    return type("SchemaForm", (_SchemaForm,), {**fields, "schema_fields": [n[2:] for n in fields]})


class _SchemaForm(DeskForm):
    schema_fields: Iterable[str] = ()

    def data_for_schema(self) -> dict[str, Any]:
        """What was filled in, as the schema describes it; empty fields are left out."""
        filled: dict[str, Any] = {}
        for name in self.schema_fields:
            value = plain(self.cleaned_data.get(f"f_{name}"))
            # A box that was never ticked says nothing; one that was unticked says no.
            if value is False and not self.get_initial_for_field(self.fields[f"f_{name}"], f"f_{name}"):
                continue
            if value not in (None, "", []):
                filled[name] = value
        return filled


def plain(value: Any) -> Any:
    """A cleaned value as JSON holds it."""
    if isinstance(value, Unit):
        return value.code
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)) or hasattr(value, "iterator"):
        return [plain(v) for v in value]
    return float(value) if type(value).__name__ == "Decimal" else value


def read(spec: catalog.ScenarioSpec, name: str, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a filled form says, as titles and words, for reading."""
    return read_by(spec.forms[name] if name and name in spec.forms else {}, data)


def read_by(schema: Mapping[str, Any], data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What data of a schema say, as titles and words, for reading."""
    known = schema.get("properties", {})
    lines = []
    for field in [*[n for n in order(schema) if n in data], *[n for n in data if n not in known]]:
        if field.startswith("_") or data[field] in (None, "", []):
            continue
        prop = known.get(field, {})
        lines.append((title(prop, field), words(prop, data[field])))
    return lines


def read_all(spec: catalog.ScenarioSpec, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Like :func:`read` for data that several forms of the scenario have filled, each field named by its own form."""
    lines, done = [], set()
    for name in spec.forms:
        mine = {k: v for k, v in data.items() if k in spec.forms[name].get("properties", {}) and k not in done}
        done |= mine.keys()
        lines += read(spec, name, mine)
    lines += read(spec, "", {k: v for k, v in data.items() if k not in done})
    return lines


def words(prop: Mapping[str, Any], value: Any) -> str:
    """A value in words: those of the schema, names for codes of units."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return "；".join(words(prop.get("items", {}), v) for v in value)
    if isinstance(value, Mapping):
        return " · ".join(str(v) for v in value.values())
    if "enum" in prop:
        return dict(_choices(prop)).get(str(value), str(value))
    if prop.get("x-widget") == "unit":
        unit = Unit.objects.filter(code=value).first()
        return str(unit) if unit else str(value)
    return str(value) if not isinstance(value, dict) else json.dumps(value, ensure_ascii=False)


def errors_into(form: forms.Form, problems: Mapping[str, str]) -> None:
    """Write schema errors (``field`` or ``field.0.what``) beside the fields they belong to."""
    for path, message in problems.items():
        field = f"f_{path.split('.')[0]}"
        form.add_error(field if field in form.fields else None, message)


__all__ = ["errors_into", "form_for", "form_of", "order", "read", "read_all", "read_by", "schemas", "title", "words"]
