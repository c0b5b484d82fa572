"""The charts of a log's report, as options of ECharts; beside each stands the same as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from yingshang.insight.heat import Warmth, levels
from yingshang.insight.report import Report
from yingshang.web.templatetags.insight_tags import days

#: Bars of a chart; beyond that nobody reads them, the table has them all.
BARS = 12
WORK, WAIT, PLAIN, LATE, LINE = "#0b5f6b", "#e0a21b", "#b9d3d6", "#c8502b", "#5b5ea6"
Says = Callable[[str], str]


def variants(report: Report) -> dict[str, Any]:
    """How many cases took each of the most frequent ways."""
    shown = list(enumerate(report.variants[:BARS], 1))[::-1]
    return _bars(
        [_("路径 %(n)d") % {"n": n} for n, _v in shown],
        [{"name": _("办件"), "data": [v.cases for _n, v in shown], "color": WORK}],
        left=72,
        whole=True,
    )


def waiting(report: Report, says: Says) -> dict[str, Any]:
    """Where the time goes, step by step: waiting and work, or both together where the log does not tell them apart."""
    shown = [s for s in report.steps if s.days > 0][:BARS][::-1]
    names = [says(s.name) for s in shown]
    if report.totals.working_share is None:
        return _bars(names, [{"name": _("历时(天)"), "data": [_round(s.days) for s in shown], "color": PLAIN}])
    return _bars(
        names,
        [
            {"name": _("等待(天)"), "stack": "t", "data": [_round(s.waited_days) for s in shown], "color": WAIT},
            {"name": _("办理(天)"), "stack": "t", "data": [_round(s.worked_days) for s in shown], "color": WORK},
        ],
    )


def rework(report: Report, says: Says) -> dict[str, Any]:
    """Steps that cases had again."""
    shown = sorted((s for s in report.steps if s.repeats), key=lambda s: s.repeats)[-BARS:]
    return _bars(
        [says(s.name) for s in shown],
        [{"name": _("重复次数"), "data": [s.repeats for s in shown], "color": LATE}],
        whole=True,
    )


def months(report: Report) -> dict[str, Any]:
    """Cases by the month in which they began, and how long they took."""
    shown = report.months[-36:]
    return {
        "legend": {"top": 0, "left": 0},
        "grid": {"left": 8, "right": 8, "top": 84, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "category", "data": [f"{m.month:%Y-%m}" for m in shown]},
        "yAxis": [
            {"type": "value", "name": _("件"), "minInterval": 1, "nameTextStyle": {"align": "right"}},
            {"type": "value", "name": _("天"), "splitLine": {"show": False}, "nameTextStyle": {"align": "left"}},
        ],
        "series": [
            {"name": _("办件"), "type": "bar", "barMaxWidth": 32, "data": [m.cases for m in shown], "color": PLAIN},
            _line(_("历时中位数(天)"), [_round(m.median_days) for m in shown], WORK),
            {
                **_line(_("历时 90 分位(天)"), [_round(m.p90_days) for m in shown], LATE),
                "lineStyle": {"type": "dashed"},
            },
        ],
    }


def shifts(report: Report) -> dict[str, Any]:
    """By how much the mix of steps differs from the month before."""
    shown = report.months[-36:]
    return {
        "xAxis": {"type": "category", "data": [f"{m.month:%Y-%m}" for m in shown]},
        "yAxis": {"type": "value", "min": 0, "max": 100, "axisLabel": {"formatter": "{value}%"}},
        "series": [
            {
                **_line(
                    _("环节构成与上月不同的部分"),
                    [None if m.shift is None else _round(m.shift * 100) for m in shown],
                    LINE,
                ),
                "yAxisIndex": 0,
            }
        ],
    }


def warmth(found: list[Warmth], apart: bool) -> dict[str, Any]:
    """The shades of a diagram by two measures: what each is called, its least and most, and each step's shade and figure."""

    def waited(value: float) -> str:
        return _("%(d)s 天") % {"d": days(value) if value else 0}

    def done(value: float) -> str:
        return _("%(d)s 次") % {"d": f"{value:,.0f}"}

    return {
        "waiting": _shades(_("平均等多久") if apart else _("平均历时"), {w.step: w.days for w in found}, waited),
        "count": _shades(_("办了多少次"), {w.step: w.count for w in found}, done),
    }


def _shades(title: str, values: Mapping[str, float | None], say: Callable[[float], str]) -> dict[str, Any]:
    told = [(step, value) for step, value in values.items() if value is not None]
    shades = levels(value for _step, value in told)
    return {
        "title": title,
        "least": say(0),
        "most": say(max((value for _step, value in told), default=0)),
        "steps": {step: [shade, say(value)] for (step, value), shade in zip(told, shades, strict=True)},
    }


def _line(name: str, data: list[Any], color: str) -> dict[str, Any]:
    return {"name": name, "type": "line", "yAxisIndex": 1, "data": data, "color": color, "symbolSize": 6}


def _bars(names: list[str], series: list[dict[str, Any]], left: int = 156, whole: bool = False) -> dict[str, Any]:
    return {
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "grid": {"left": left, "right": 24, "top": 32 if len(series) > 1 else 8, "bottom": 24},
        "legend": {"top": 0, "left": 0, "show": len(series) > 1},
        "xAxis": {"type": "value", "axisLabel": {"hideOverlap": True}} | ({"minInterval": 1} if whole else {}),
        "yAxis": {
            "type": "category",
            "data": names,
            "axisLabel": {"width": left - 28, "overflow": "truncate", "interval": 0},
        },
        "series": [{"type": "bar", "barMaxWidth": 22, **s} for s in series],
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
