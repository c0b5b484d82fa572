"""A report on the terminal, in Chinese and English."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from yingshang.insight.report import Report


def show(report: Report, name: str, top: int) -> None:
    """Print the figures of the log and the first rows of each table."""
    console = Console()
    t = report.totals
    figures = Table(title=name, show_header=False, title_justify="left")
    for zh, en, value in (
        ("办件", "cases", f"{t.cases:,}"),
        ("事件", "events", f"{t.events:,}"),
        ("活动", "activities", f"{t.activities:,}"),
        ("路径种数", "variants", f"{t.variants:,}"),
        ("历时中位数(天)", "median days", number(t.median_days)),
        ("历时 90 分位(天)", "90th percentile, days", number(t.p90_days)),
        ("有返工的办件", "cases with repeated steps", f"{t.repeating_cases:,}"),
        ("逾期办件", "overdue cases", _of(t.overdue, t.due_cases)),
        ("逾期事件", "overdue events", _of(t.overdue_events, t.due_events)),
        ("有人在办的时间占比", "share of time at work", "—" if t.working_share is None else f"{t.working_share:.0%}"),
        ("起止", "from, to", f"{t.first:%Y-%m-%d} — {t.last:%Y-%m-%d}" if t.first and t.last else "—"),
    ):
        figures.add_row(f"{zh} {en}", value)
    console.print(figures)
    for zh, en in report.notes:
        console.print(f"{zh} / {en}", markup=False, highlight=False)
    _table(
        console,
        "最耗时的环节 / steps by time",
        ("环节 step", "次数 times", "合计天 days", "中位天 median", "返工 repeats"),
        (
            (s.name, f"{s.count:,}", f"{s.days:,.0f}", number(s.median_days), f"{s.repeats:,}")
            for s in report.steps[:top]
        ),
    )
    _table(console, "最常见的路径 / most frequent variants", ("办件 cases", "中位天 median", "路径 steps"),
           ((f"{v.cases:,}", number(v.median_days), _path(v.steps)) for v in report.variants[:top]))  # fmt: skip


def number(value: float | None) -> str:
    """Days with as many digits as one reads."""
    if value is None:
        return "—"
    return f"{value:,.3f}" if abs(value) < 1 else f"{value:,.2f}"


def _of(part: int | None, whole: int) -> str:
    return "—" if part is None else f"{part:,} / {whole:,}"


def _path(steps: tuple[str, ...]) -> str:
    shown = " → ".join(steps[:8])
    return f"{shown} … ({len(steps)})" if len(steps) > 8 else shown


def _table(console: Console, title: str, heads: tuple[str, ...], rows: Any) -> None:
    table = Table(title=title, title_justify="left")
    for head in heads:
        table.add_column(head, justify="left" if "step" in head else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    if table.row_count:
        console.print(table)
