"""How durations are written in reports on procedures."""

from __future__ import annotations

from django import template

from yingshang.accounts.models import localized

register = template.Library()


@register.filter
def days(value: float | None) -> str:
    """Days with as many digits as one reads; a dash where there are none."""
    if value is None:
        return "—"
    if 0 < abs(value) < 0.01:
        return "<0.01"
    return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}" if abs(value) < 1000 else f"{value:,.0f}"


@register.filter
def either(told: tuple[str, str]) -> str:
    """A remark that is held in Chinese and English, in the reader's language."""
    return localized(*told)
