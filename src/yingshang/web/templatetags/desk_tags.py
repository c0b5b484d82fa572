"""Words and colours of deadlines, statuses and figures on the desk and the cockpit."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yingshang import timekeeping
from yingshang.cases.models import Status

register = template.Library()

TONES = {
    Status.POOL: "orange",
    Status.ASSIGNED: "yellow",
    Status.HANDLING: "blue",
    Status.SUPPLEMENT: "purple",
    Status.ANSWERED: "cyan",
    Status.CLOSED: "green",
    Status.WITHDRAWN: "secondary",
    Status.MERGED: "secondary",
}


@register.filter
def tone(status: str) -> str:
    """The colour of a case's status (its name is always written beside it)."""
    return TONES.get(Status(status), "secondary") if status in Status.values else "secondary"


def span(seconds: float) -> str:
    """A length of time in the one unit that matters."""
    minutes = int(abs(seconds) // 60)
    if minutes < 60:
        return ngettext("%(n)d 分钟", "%(n)d 分钟", max(minutes, 1)) % {"n": max(minutes, 1)}
    if minutes < 48 * 60:
        return ngettext("%(n)d 小时", "%(n)d 小时", minutes // 60) % {"n": minutes // 60}
    return ngettext("%(n)d 天", "%(n)d 天", minutes // 1440) % {"n": minutes // 1440}


@register.inclusion_tag("web/desk/_due.html")
def due(at: datetime | None, ended: bool = False) -> dict[str, Any]:
    """A deadline as people say it: when, and how long still or how long past."""
    if at is None:
        return {"at": None}
    left = (at - timekeeping.now()).total_seconds()
    if ended:
        return {"at": at, "tone": "secondary", "words": ""}
    if left < 0:
        return {"at": at, "tone": "red", "words": _("已逾期 %(t)s") % {"t": span(left)}}
    today = timezone.localtime(at).date() == timezone.localtime(timekeeping.now()).date()
    return {"at": at, "tone": "orange" if today else "secondary", "words": _("还剩 %(t)s") % {"t": span(left)}}


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
def at(mapping: Any, key: Any) -> Any:
    """A value of a mapping by a key that is a variable."""
    return mapping.get(key) if hasattr(mapping, "get") else None
