"""The board of projects: from land contract to permit by month and class, programmes' progress, the published figures beside.

Catalogue A030, A080, A116, A183. A class is bounded by what the source prints (same day, 2 and 18 days, the mean of 79.5).
"""

from __future__ import annotations

import statistics
import textwrap
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yingshang.accounts.models import localized
from yingshang.cases import catalog as scenarios
from yingshang.indicators import catalog
from yingshang.projects.models import Project
from yingshang.web.views import cockpit_figures as figures
from yingshang.web.views.cockpit_figures import Period
from yingshang.web.views.desk_support import official, scope

#: Systems whose indicators stand on this board, in this order.
SYSTEMS = (
    "land_to_start", "phased_construction_permit", "joint_acceptance", "project_progress_board", "industrial_complex",
    "low_efficiency_land", "land_quota_priority", "invest_horse_race",
)  # fmt: skip
PROGRAMMES = "project_progress_board"
#: Projects listed below the charts; a month or a class narrows them.
LISTED = 60
COLORS = ("#0b5f6b", "#3f8f8a", "#9cc5b8", "#e0a21b", "#c8502b")


@dataclass(frozen=True)
class Permit:
    """A project that has got its first permit: natural days since the land contract was signed."""

    number: str
    name: str
    contract_on: date
    permit_on: date
    platform: str
    sample: bool

    @property
    def days(self) -> int:
        return (self.permit_on - self.contract_on).days

    @property
    def month(self) -> str:
        return f"{self.permit_on:%Y-%m}"

    @property
    def group(self) -> str:
        return next(code for code, _name, most in groups() if most is None or self.days <= most)


def groups() -> list[tuple[str, str, int | None]]:
    """The classes: code, name, and the most days (None: no bound)."""
    return [
        ("same_day", _("签约当天"), 0),
        ("two", _("1-2 天"), 2),
        ("eighteen", _("3-18 天"), 18),
        ("mean", _("19-79 天"), 79),
        ("longer", _("80 天以上"), None),
    ]


@dataclass(frozen=True)
class Printed:
    """A duration as printed; what it is of differs from row to row, so they are never compared with one another."""

    days: Decimal
    average: bool
    what: str
    text: str
    source: str


@cache
def _told() -> list[dict[str, Any]]:
    file = scenarios.get(PROGRAMMES).folder / "permits.toml"
    held: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))["printed"]
    return held


def printed() -> list[Printed]:
    return [
        Printed(
            Decimal(str(p["days"])),
            bool(p.get("average")),
            localized(p["what"]["zh"], p["what"]["en"]),
            p["text"],
            p["source"],
        )
        for p in _told()
    ]


def permits(period: Period, *, samples: bool) -> list[Permit]:
    """Projects whose first permit came in the period, newest first; one query."""
    rows = Project.objects.filter(
        contract_on__isnull=False, permit_on__gte=period.since, permit_on__lte=period.until
    ).select_related("platform")
    if not samples:
        rows = rows.filter(synthetic=False)
    return [
        Permit(p.number, p.name, p.contract_on, p.permit_on, p.platform.label if p.platform else "", p.synthetic)
        for p in rows.order_by("-permit_on", "-id")
    ]


def _months(period: Period) -> list[str]:
    """Every month that the period touches."""
    found, at = [], period.since.replace(day=1)
    while at <= period.until:
        found.append(f"{at:%Y-%m}")
        at = (at + timedelta(days=32)).replace(day=1)
    return found


def mean(some: Sequence[Permit]) -> float | None:
    return statistics.fmean(p.days for p in some) if some else None


@official
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """For those who see the district."""
    if not scope(request).has(*figures.DISTRICT):
        raise PermissionDenied
    today = figures.period_of("", "").until
    since = request.GET.get("since", "") or str(today - timedelta(days=364))
    period = figures.period_of(since, request.GET.get("until", ""))
    held = permits(period, samples=settings.DEMO)
    month, group = request.GET.get("month", ""), request.GET.get("group", "")
    names = {code: name for code, name, _most in groups()}
    listed = [p for p in held if month in ("", p.month) and group in ("", p.group)]
    rows = {s: _rows(period, s) for s in SYSTEMS}
    return render(
        request,
        "web/cockpit/projects.html",
        {
            "period": period,
            "presets": [(title, p, p == period) for title, p in _presets(today)],
            "count": len(held),
            "samples": sum(p.sample for p in held),
            "mean": mean(held),
            "median": statistics.median(p.days for p in held) if held else None,
            "same_day": sum(p.days == 0 for p in held),
            "fastest": min((p.days for p in held), default=None),
            "printed": printed(),
            "printed_mean": next(
                (r["indicator"].published.value for r in rows["land_to_start"] if r["indicator"].id == "days"), None
            ),
            "by_month": by_month(held, period),
            "group_names": list(names.values()),
            "charts": {
                "months": _month_chart(held, period),
                "groups": _group_chart(held, period),
                "rates": _rate_chart(rows[PROGRAMMES]),
            },
            "listed": [(p, names[p.group]) for p in listed[:LISTED]],
            "listed_count": len(listed),
            "narrowed": [n for n in (month, names.get(group, "")) if n],
            "systems": [(str(scenarios.get(s).name), found) for s, found in rows.items() if found],
        },
    )


def _presets(today: date) -> list[tuple[str, Period]]:
    year = date(today.year, 1, 1)
    return [
        (_("近一年"), Period(today - timedelta(days=364), today)),
        (_("近两年"), Period(today - timedelta(days=729), today)),
        (_("今年"), Period(year, today)),
        (_("去年"), Period(date(today.year - 1, 1, 1), year - timedelta(days=1))),
    ]


def _rows(period: Period, system: str) -> list[dict[str, Any]]:
    """A system's indicators for the period, each with what is printed."""
    return [
        {"indicator": i, "ours": catalog.measure(i, period.start, period.end)}
        for i in catalog.every()
        if i.scenario == system
    ]


def by_month(held: Sequence[Permit], period: Period) -> list[dict[str, Any]]:
    """Each month of the period: how many permits, by class, and their mean days."""
    rows = []
    for month in _months(period):
        mine = [p for p in held if p.month == month]
        counted = Counter(p.group for p in mine)
        counts = [counted[code] for code, _name, _most in groups()]
        rows.append({"month": month, "count": len(mine), "counts": counts, "mean": mean(mine)})
    return rows


def _link(period: Period, **more: str) -> str:
    extra = "".join(f"&{k}={v}" for k, v in more.items())
    return f"{reverse('cockpit:projects')}?{period.query}{extra}#projects"


def _month_chart(held: Sequence[Permit], period: Period) -> dict[str, Any]:
    """Permits by month, stacked by class, and the mean days as a line; a click lists the projects."""
    rows = by_month(held, period)
    series: list[dict[str, Any]] = [
        {
            "name": name,
            "type": "bar",
            "stack": "permits",
            "barMaxWidth": 28,
            "color": COLORS[n],
            "data": [
                {"value": r["counts"][n], "url": _link(period, month=r["month"], group=code)} if r["counts"][n] else 0
                for r in rows
            ],
        }
        for n, (code, name, _most) in enumerate(groups())
    ]
    line = [
        {"value": round(r["mean"], 1), "url": _link(period, month=r["month"])} if r["count"] else None for r in rows
    ]
    series.append(
        {"name": _("平均天数"), "type": "line", "yAxisIndex": 1, "connectNulls": True, "color": "#14363c", "data": line}
    )
    return {
        "legend": {"top": 0, "left": 0, "itemWidth": 16},
        "grid": {"left": 8, "right": 8, "top": 84, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "category", "data": [r["month"] for r in rows]},
        "yAxis": [
            {"type": "value", "name": _("个"), "minInterval": 1},
            {"type": "value", "name": _("天"), "splitLine": {"show": False}},
        ],
        "series": series,
    }


def _group_chart(held: Sequence[Permit], period: Period) -> dict[str, Any]:
    counted = Counter(p.group for p in held)
    data = [
        {"value": counted[code], "url": _link(period, group=code), "itemStyle": {"color": COLORS[n]}}
        for n, (code, _name, _most) in enumerate(groups())
    ]
    return {
        "xAxis": {
            "type": "category",
            "data": [name for _code, name, _most in groups()],
            "axisLabel": {"interval": 0, "width": 56, "overflow": "break"},
        },
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [{"name": _("投资项目"), "type": "bar", "barMaxWidth": 48, "label": {"show": True, "position": "top"}, "data": data}],
    }  # fmt: skip


def _rate_chart(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Programmes: ours beside the printed rate; what nobody reported has no bar."""
    ours = [None if r["ours"].value is None else round(float(r["ours"].value), 2) for r in rows]
    told = [float(r["indicator"].published.value) if r["indicator"].published else None for r in rows]
    return {
        "legend": {"top": 0, "left": 0, "itemWidth": 16},
        "grid": {"left": 8, "right": 48, "top": 32, "bottom": 24, "containLabel": True},
        "xAxis": {"type": "value", "max": 100},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": ["\n".join(_lines(str(r["indicator"].name))) for r in rows],
            "axisLabel": {"interval": 0, "lineHeight": 15},
        },
        "series": [_bar(_("本系统"), "#0b5f6b", ours), _bar(_("原文刊出"), "#c9a227", told)],
    }


def _lines(name: str) -> list[str]:
    """A name in lines that have room beside the bars on a phone too: nine characters, where words are spaced twice as many."""
    if " " in name:
        return textwrap.wrap(name, 18)
    return [name[n : n + 9] for n in range(0, len(name), 9)]


def _bar(name: str, color: str, data: list[float | None]) -> dict[str, Any]:
    label = {"show": True, "position": "right"}
    return {"name": name, "type": "bar", "barMaxWidth": 14, "color": color, "data": data, "label": label}
