"""How figures and times are written on the desk and the cockpit."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms, template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from yingshang import timekeeping
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Role
from yingshang.cases.models import Task
from yingshang.exchange.models import ANALYSTS
from yingshang.projects import moving, phases
from yingshang.web.views import cockpit_figures

register = template.Library()


@register.simple_tag(takes_context=True)
def opens(context: dict[str, Any]) -> dict[str, bool]:
    """Which entries of the desk's navigation this person's roles open; the others would only refuse."""
    scope = scope_of(context["request"].user)
    return {
        "pool": scope.has(Role.DISPATCHER, Role.REFORM_OFFICE),
        "cockpit": cockpit_figures.part(scope) is not None,
        "insight": scope.has(*ANALYSTS),
    }


@register.filter
def is_phase(task: Task) -> bool:
    """Whether a task is a phase of an investment project's own case."""
    case = task.case
    of_project = (case.scenario, case.service) == (moving.SCENARIO, moving.SERVICE)
    return of_project and task.kind == Task.Kind.STEP and task.step in phases.PHASES


@register.filter
def when(at: datetime | date | None) -> str:
    """A time of this year without the year, of another with it."""
    if at is None:
        return "—"
    year = timekeeping.now().year
    if isinstance(at, datetime):
        local = timezone.localtime(at)
        return f"{local:%m-%d %H:%M}" if local.year == year else f"{local:%Y-%m-%d %H:%M}"
    return f"{at:%m-%d}" if at.year == year else f"{at:%Y-%m-%d}"


@register.filter
def figure(value: Decimal | int | float | None, digits: int = 0) -> str:
    """A number with thousands separated; a dash where there is none."""
    if value is None:
        return "—"
    return f"{Decimal(str(value)):,.{int(digits)}f}"


@register.filter
def share(value: Decimal | float | None) -> str:
    """A share between 0 and 1 as a percentage with one place."""
    return "—" if value is None else f"{float(value) * 100:.1f}%"


@register.filter
def atmost(value: int, cap: int = 999) -> str:
    """A count that was cut off: ``999+``."""
    return f"{cap}+" if value > cap else str(value)


@register.filter
def amount(value: Decimal | None) -> str:
    """A promised amount without idle zeros."""
    return "—" if value is None else f"{value.normalize():f}"


@register.filter
def said(value: Any) -> str:
    """A value of an audit entry as people read it: a list as its members, not as a program writes it."""
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


@register.filter
def trim(value: Decimal | None) -> str:
    """A measured figure with thousands separated and at most two places, without idle zeros."""
    if value is None:
        return "—"
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.simple_tag
def checkboxes(field: forms.BoundField) -> SafeString:
    """The boxes of a field of several choices, in one go: Django's widget renders a template for every single box."""
    held = field.value() or []
    chosen = {str(getattr(v, "pk", v)) for v in held}
    css = field.field.widget.attrs.get("class", "form-check-input")
    boxes = format_html_join(
        "",
        '<label class="col-6 form-check mb-0"><input type="checkbox" name="{}" value="{}" class="{}"{}>'
        '<span class="form-check-label">{}</span></label>',
        (
            (field.html_name, value, css, SafeString(" checked") if str(value) in chosen else "", label)
            for value, label in field.field.choices  # type: ignore[attr-defined]
        ),
    )
    return format_html('<div class="row g-1" id="{}_list">{}</div>', field.auto_id, boxes)
