"""Tags that every page uses: icons, clocks, status, navigation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.cases.models import Clock, Rating, Status

register = template.Library()


@register.simple_tag
def icon(name: str, classes: str = "", label: str = "") -> SafeString:
    """An icon of the sprite; decorative unless it has a label."""
    href = f"{static('ys/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="ys-icon {}" role="img" aria-label="{}"><use href="{}"/></svg>', classes, label, href
        )
    return format_html('<svg class="ys-icon {}" aria-hidden="true"><use href="{}"/></svg>', classes, href)


_TONES = {
    Status.POOL: "orange",
    Status.ASSIGNED: "yellow",
    Status.HANDLING: "blue",
    Status.SUPPLEMENT: "purple",
    Status.ANSWERED: "cyan",
    Status.CLOSED: "green",
    Status.WITHDRAWN: "secondary",
    Status.MERGED: "secondary",
}


@register.simple_tag
def status_badge(case: Any) -> SafeString:
    """The case's status as a word on its colour."""
    tone = _TONES.get(case.status, "secondary")
    return format_html('<span class="badge bg-{}-lt">{}</span>', tone, case.get_status_display())


@register.filter
def duration(value: timedelta) -> str:
    """A time span as people say it: the largest unit, or two."""
    minutes = int(abs(value).total_seconds() // 60)
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    if days:
        return _("%(d)d 天 %(h)d 小时") % {"d": days, "h": hours} if hours else _("%(d)d 天") % {"d": days}
    if hours:
        return _("%(h)d 小时 %(m)d 分") % {"h": hours, "m": minutes} if minutes else _("%(h)d 小时") % {"h": hours}
    return _("%(m)d 分钟") % {"m": max(minutes, 1)}


def _chip(kind: str, name: str, text: str, title: str) -> SafeString:
    return format_html(
        '<span class="ys-clock ys-clock-{}" title="{}">{}<span>{}</span></span>', kind, title, icon(name), text
    )


@register.simple_tag
def clock_chip(clock: Clock) -> SafeString:
    """A clock as a chip: what is left, overdue, paused or how it ended; the due time is in the title and in words."""
    due = f"{timezone.localtime(clock.due_at):%Y-%m-%d %H:%M}"
    left = clock.due_at - timekeeping.now()
    match clock.state:
        case Clock.State.MET:
            return _chip("done", "circle-check", _("按时完成"), due)
        case Clock.State.LATE:
            return _chip("late", "clock-exclamation", _("逾期完成"), due)
        case Clock.State.CANCELLED:
            return _chip("done", "x", _("已取消"), due)
        case Clock.State.PAUSED:
            return _chip("paused", "player-pause", _("计时暂停"), due)
    return deadline_chip(clock.due_at, left)


def deadline_chip(due_at: Any, left: timedelta) -> SafeString:
    due = f"{timezone.localtime(due_at):%m-%d %H:%M}"
    if left < timedelta():
        return _chip("late", "clock-exclamation", _("逾期 %(t)s") % {"t": duration(left)}, due)
    kind = "soon" if left < timedelta(hours=4) else "ok"
    return _chip(kind, "clock", _("%(due)s 前,还剩 %(t)s") % {"due": due, "t": duration(left)}, due)


@register.simple_tag
def due_chip(due_at: Any) -> SafeString | str:
    """A deadline as a chip; nothing when there is none."""
    return deadline_chip(due_at, due_at - timekeeping.now()) if due_at else ""


@register.filter
def rating_label(level: int | None) -> str:
    return str(Rating.Level(level).label) if level else ""


@register.simple_tag(takes_context=True)
def here(context: dict[str, Any], prefix: str, exact: bool = False) -> SafeString | str:
    """``aria-current`` for the navigation entry whose address the page's begins with."""
    path = context["request"].path
    current = path == prefix if exact else path.startswith(prefix)
    return SafeString('aria-current="page"') if current else ""


@register.simple_tag
def demo() -> bool:
    return bool(settings.DEMO)


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """A value of a mapping (or form field) by a key that is a variable."""
    try:
        return mapping[key]
    except (KeyError, TypeError, IndexError):
        return ""
