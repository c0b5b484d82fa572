"""The cockpit: what the district promised, what it kept, where it is stuck. Every figure opens the cases behind it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from yingshang.accounts.models import Unit
from yingshang.cases import catalog as scenarios
from yingshang.cases.models import Case, Category
from yingshang.indicators import catalog
from yingshang.web.views import cockpit_figures as figures
from yingshang.web.views.cockpit_figures import Period, Tally
from yingshang.web.views.desk_support import newest_first, number_of, official, others, person_of, scope, typed

#: Bars of a chart; beyond that nobody reads them, the table has them all.
BARS = 14


def _part(request: HttpRequest) -> Any:
    mine = figures.part(scope(request))
    if mine is None:
        raise PermissionDenied
    return mine & figures.demands()


def _link(period: Period, what: str, **more: object) -> str:
    extra = "".join(f"&{k}={v}" for k, v in more.items())
    return f"{reverse('cockpit:cases')}?what={what}&{period.query}{extra}"


@official
def board(request: HttpRequest) -> HttpResponse:
    """The first board."""
    mine = _part(request)
    period = figures.period_of(request.GET.get("since", ""), request.GET.get("until", ""))
    counted = figures.board(mine, period)
    received = Case.objects.filter(mine).filter(figures.what(period)["received"])
    seconds, sample = figures.first_contact(received)
    units = Unit.objects.in_bulk({i for i in [*counted.units, *counted.streets] if i})
    categories = Category.objects.in_bulk([i for i in counted.categories if i])
    trend = figures.trend(mine)
    tables = {
        "unit": _table(counted.units, units, "code", _("尚未派单")),
        "street": _table(counted.streets, units, "code", _("未登记街道")),
        "category": _table(counted.categories, categories, "pk", _("未分类")),
    }
    whole = scope(request).has(*figures.DISTRICT)
    context = {
        "period": period,
        "presets": [(title, p, p == period) for title, p in figures.presets()],
        "total": counted.total,
        "minutes": None if seconds is None else seconds / 60,
        "sample": sample,
        "tables": tables,
        "trend": trend,
        "whole": whole,
        "charts": {
            "units": _bars(tables["unit"], period, "unit"),
            "streets": _bars(tables["street"], period, "street"),
            "categories": _bars(tables["category"], period, "category"),
            "trend": _lines(trend),
        },
    }
    return render(request, "web/cockpit/board.html", context)


def _table(tallies: dict[int | None, Tally], held: dict[int, Any], key: str, none: str) -> list[dict[str, Any]]:
    """Rows of a breakdown: what it is called, how its cases are found, its counts."""
    rows = []
    for pk, tally in figures.by_open(tallies):
        thing = held.get(pk) if pk else None
        name = getattr(thing, "label", None) or str(thing) if thing else none
        rows.append({"name": str(name), "key": getattr(thing, key) if thing else "none", "tally": tally})
    return rows


def _bars(rows: list[dict[str, Any]], period: Period, dimension: str) -> dict[str, Any]:
    """Open cases as stacked bars: within their time, and overdue; a click opens them."""
    shown = [r for r in rows if r["tally"].open][:BARS][::-1]

    def points(value: str, what: str) -> list[dict[str, Any]]:
        return [
            {
                "value": r["tally"].overdue if value == "overdue" else r["tally"].open - r["tally"].overdue,
                "url": _link(period, what, **{dimension: r["key"]}),
            }
            for r in shown
        ]

    return {
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "grid": {"left": 124, "right": 24, "top": 32, "bottom": 24},
        "legend": {"top": 0, "left": 0},
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {
            "type": "category",
            "data": [r["name"] for r in shown],
            "axisLabel": {"width": 112, "overflow": "truncate", "interval": 0},
        },
        "series": [
            {
                "name": _("时限内"),
                "type": "bar",
                "stack": "open",
                "barMaxWidth": 24,
                "data": points("open", "open"),
                "color": "#0b5f6b",
            },
            {
                "name": _("已逾期"),
                "type": "bar",
                "stack": "open",
                "barMaxWidth": 24,
                "data": points("overdue", "overdue"),
                "color": "#c8502b",
            },
        ],
    }


def _lines(trend: list[dict[str, Any]]) -> dict[str, Any]:
    """Received, closed and solved by month; empty months before the first one are left out, down to half a year."""
    begins = next((i for i, r in enumerate(trend) if r["received"]), len(trend))
    trend = trend[min(begins, len(trend) - 6) :]

    def points(name: str) -> list[dict[str, Any]]:
        return [{"value": r[name], "url": _link(Period(r["month"], r["last"]), name)} for r in trend]

    return {
        "legend": {"top": 0, "left": 0},
        "xAxis": {"type": "category", "data": [f"{r['month']:%Y-%m}" for r in trend]},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            {"name": _("收到"), "type": "bar", "barMaxWidth": 64, "data": points("received"), "color": "#b9d3d6"},
            # Where both are equal, the dashes of the one show on the other.
            {
                "name": _("办结"),
                "type": "line",
                "data": points("closed"),
                "color": "#0b5f6b",
                "lineStyle": {"width": 4},
            },
            {
                "name": _("解决"),
                "type": "line",
                "data": points("solved"),
                "color": "#e0a21b",
                "lineStyle": {"type": "dashed", "width": 2},
            },
        ],
    }


@official
def published(request: HttpRequest) -> HttpResponse:
    """The printed figures beside ours: a fragment, since measuring them takes longer than all the rest of the board."""
    if not scope(request).has(*figures.DISTRICT):
        raise PermissionDenied
    period = figures.period_of(request.GET.get("since", ""), request.GET.get("until", ""))
    rows = _published(period, "qifu_express")
    return render(request, "web/cockpit/_indicators.html", {"rows": rows, "period": period})


def _published(period: Period, *only: str) -> list[dict[str, Any]]:
    """The published figures of some scenarios beside ours for the period."""
    return [
        {"indicator": i, "ours": catalog.measure(i, period.start, period.end)}
        for i in catalog.every()
        if i.published is not None and (not only or i.scenario in only)
    ]


@official
def cases(request: HttpRequest) -> HttpResponse:
    """The cases behind a figure, restricted to those the person may read."""
    mine, person = _part(request), person_of(request)
    period = figures.period_of(request.GET.get("since", ""), request.GET.get("until", ""))
    known = figures.what(period)
    what = request.GET.get("what", "open")
    what = what if what in known else "open"
    rows = Case.objects.visible_to(person).filter(mine).filter(known[what])
    narrowed = []
    for name, column, key in (
        ("unit", "lead_unit", "code"),
        ("street", "street", "code"),
        ("category", "category", "pk"),
    ):
        given = typed(request.GET, name)
        if given == "none":
            rows = rows.filter(**{f"{column}__isnull": True})
        elif given and (key == "code" or number_of(given)):
            rows = rows.filter(**{f"{column}__{key}": given})
            model = Category if name == "category" else Unit
            narrowed.append(str(model.objects.filter(**{key: given}).first() or given))
    page = newest_first(rows.select_related("business", "category", "street", "lead_unit", "handler"), request)
    context = {
        "page": page,
        "what": what,
        "title": titles()[what],
        "narrowed": narrowed,
        "period": period,
        "dated": what not in ("open", "overdue", "uncontacted", "escalated"),
        "query": others(request, "after"),
    }
    return render(request, "web/cockpit/cases.html", context)


def titles() -> dict[str, str]:
    return {
        "open": _("未办结"),
        "overdue": _("已逾期"),
        "received": _("期内收到"),
        "answered": _("期内收到、已答复"),
        "closed": _("期内收到、已办结"),
        "solved": _("期内收到、已解决"),
        "closed_unsolved": _("已办结但未确认解决"),
        "contacted": _("期内收到、已联系"),
        "uncontacted": _("还没有联系企业"),
        "escalated": _("提级协调中"),
        "reopened": _("期内收到、重新办理过"),
    }


@official
def indicators(request: HttpRequest) -> HttpResponse:
    """Every scenario's indicators for a period, with target and published figure; for those who see the district."""
    if not scope(request).has(*figures.DISTRICT):
        raise PermissionDenied
    period = figures.period_of(request.GET.get("since", ""), request.GET.get("until", ""))
    names = {s.id: s.name for s in scenarios.every()}
    groups: dict[str, list[dict[str, Any]]] = {}
    for indicator in catalog.every():
        ours = catalog.measure(indicator, period.start, period.end)
        groups.setdefault(indicator.scenario, []).append(
            {"indicator": indicator, "ours": ours, "met": _met(indicator, ours)}
        )
    return render(
        request,
        "web/cockpit/indicators.html",
        {
            "period": period,
            "presets": [(title, p, p == period) for title, p in figures.presets()],
            "groups": [(names.get(s, s), rows) for s, rows in groups.items()],
        },
    )


def _met(indicator: catalog.Indicator, ours: catalog.Value) -> bool | None:
    """Whether the target is met; None without a target or a value."""
    if indicator.target is None or ours.value is None:
        return None
    return ours.value >= indicator.target if indicator.direction == "up" else ours.value <= indicator.target
