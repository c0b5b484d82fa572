"""Tags that every page uses: icons, clocks, status, navigation."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from yingshang import districts, timekeeping
from yingshang.accounts.models import Membership, Person, localized
from yingshang.cases.models import Case, Clock, Promise, Rating, Status
from yingshang.registry.demo import PASSWORD
from yingshang.registry.models import Handler
from yingshang.web import translations

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=1024)
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


#: The stages that a demand passes, and the status in which it stands at each.
_STAGES = (
    (gettext_lazy("提出"), ()),
    (gettext_lazy("派单"), (Status.POOL,)),
    (gettext_lazy("签收"), (Status.ASSIGNED,)),
    (gettext_lazy("办理"), (Status.HANDLING, Status.SUPPLEMENT)),
    (gettext_lazy("确认"), (Status.ANSWERED,)),
)


#: Those of a project's item: its unit is known from the start, and it ends with a result, not with an answer.
_ITEM_STAGES = (
    (gettext_lazy("发起"), ()),
    (gettext_lazy("接件"), (Status.POOL, Status.ASSIGNED)),
    (gettext_lazy("办理"), (Status.HANDLING, Status.SUPPLEMENT)),
    (gettext_lazy("出结果"), (Status.ANSWERED,)),
)


def _is_item(case: Case) -> bool:
    return bool(case.data.get("item") and case.data.get("project"))


def _reached(case: Case) -> int:
    """How many stages lie behind a case that goes on nowhere: it stands at none of them."""
    passed: tuple[object, ...] = (True, case.lead_unit_id, case.first_contact_at, case.answered_at)
    if _is_item(case):
        passed = (True, case.handler_id, False)
    return next((i for i, was in enumerate(passed) if not was), len(passed))


@register.inclusion_tag("web/_stages.html")
def stages(case: Case, bar: bool = False) -> dict[str, Any]:
    """How far a case has come, in its stages: with words, or as a bare bar for lists."""
    passes = _ITEM_STAGES if _is_item(case) else _STAGES
    given_up = case.status in (Status.WITHDRAWN, Status.MERGED)
    at = next((i for i, (_name, held) in enumerate(passes) if case.status in held), len(passes))
    if given_up:
        at = _reached(case)
    rows = []
    for i, (name, _held) in enumerate(passes):
        state = "done" if i < at else "todo"
        if i == at and not given_up:
            state = "paused" if case.status == Status.SUPPLEMENT else "now"
        rows.append({"name": name, "state": state})
    current = passes[at][0] if at < len(passes) and not given_up else case.get_status_display()
    label = _("第 %(at)d 步,共 %(of)d 步:%(name)s") % {
        "at": min(at + 1, len(passes)),
        "of": len(passes),
        "name": current,
    }
    return {"rows": rows, "bar": bar, "label": label}


@register.simple_tag
def stars(level: int | None) -> SafeString | str:
    """A rating as stars and as its word."""
    if not level:
        return ""
    row = format_html_join(
        "", "{}", ((icon("star-filled", "" if i < level else "ys-off"),) for i in range(max(Rating.Level.values)))
    )
    return format_html('<span class="ys-stars" aria-hidden="true">{}</span> {}', row, Rating.Level(level).label)


_PROMISED = {
    Promise.Basis.WORKING_HOURS: gettext_noop("%(n)s 个工作小时"),
    Promise.Basis.WORKING_DAYS: gettext_noop("%(n)s 个工作日"),
    Promise.Basis.CALENDAR_DAYS: gettext_noop("%(n)s 个自然日"),
    Promise.Basis.CALENDAR_HOURS: gettext_noop("%(n)s 个自然小时"),
}


@register.filter
def pairs(given: dict[str, Any]) -> list[tuple[str, Any]]:
    """The entries of what somebody wrote: ``given.items`` would be an entry of that name where there is one."""
    return list(given.items())


@register.filter
def promised(promise: Promise | Clock) -> str:
    """A promised time (of a promise or a clock) in words: its amount without idle zeros, and its basis."""
    words = _PROMISED[Promise.Basis(promise.basis)]
    return ngettext(words, words, 1 if promise.amount == 1 else 2) % {"n": f"{promise.amount.normalize():f}"}


@register.filter
def named(thing: Any) -> str:
    """What a clock or a promise is called in the page's language."""
    return localized(thing.name, thing.name_en)


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


@lru_cache(maxsize=1)
def _demo_names() -> list[str]:
    return [a.username for a in districts.load(settings.DISTRICT).roster.demo]


@register.simple_tag
def demo_sign_ins() -> list[dict[str, Any]]:
    """The demo's sign-ins for the sign-in page, in demo mode only: the person, and what to fill in."""
    if not settings.DEMO:
        return []
    names = _demo_names()
    people = {p.username: p for p in Person.objects.filter(username__in=names, demo=True)}
    held = (
        Membership.objects.filter(person__in=people.values(), until__isnull=True).select_related("unit").order_by("-pk")
    )
    places = {m.person_id: str(m.unit.label) for m in held}
    acts = Handler.objects.filter(person__in=people.values(), until__isnull=True).select_related("business")
    places |= {h.person_id: str(h.business) for h in acts}
    return [
        {
            "person": people[n],
            "at": places.get(people[n].pk, ""),
            "values": json.dumps({"login": n, "password": PASSWORD}),
        }
        for n in names
        if n in people
    ]


@register.filter
def typeset(text: Any) -> str:
    """A sentence out of a table or a vocabulary, which are typed with plain marks, as the page sets Chinese."""
    return translations.typeset(str(text))


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """A value of a mapping (or form field) by a key that is a variable."""
    try:
        return mapping[key]
    except (KeyError, TypeError, IndexError):
        return ""
