"""Promised against actual as bars on one scale, and who goes before whom: what the project's pages draw, as plain data.

Positions are percentages of the drawing's width, as text: SVG takes them as they are, whatever the page's language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from yingshang.projects import network
from yingshang.projects.models import ProjectItem
from yingshang.projects.plan import Plan
from yingshang.projects.standing import Overview, Row

I = ProjectItem.State  # noqa: E741
#: A project that takes longer is drawn around today at first.
LONG = 150
#: Days before and after today that are drawn then.
BEFORE, AFTER = 45, 75
#: Bars and months are told apart down to so many percent of the width.
LEAST = 0.6
#: State of an item → colour of its badge.
TONES = {
    I.WAITING: "secondary",
    I.PAPERS: "purple",
    I.RUNNING: "blue",
    I.HELD: "cyan",
    I.DONE: "green",
    I.REFUSED: "red",
    I.WITHDRAWN: "secondary",
}


@dataclass(frozen=True)
class Bar:
    """A stretch of time: ``kind`` is ``plan``, ``done``, ``run``, ``late`` or ``ahead``."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True)
class Line:
    """One item of the drawing."""

    row: Row
    bars: tuple[Bar, ...]
    tone: str
    outside: bool


@dataclass(frozen=True)
class Scale:
    """What the drawing spans.

    Attributes:
        ticks: position and name of each month that begins in it. today: position, "" where it lies outside.
        whole: it spans the whole project.
    """

    first: date
    last: date
    ticks: tuple[tuple[str, str], ...]
    today: str
    whole: bool

    @property
    def days(self) -> int:
        return max((self.last - self.first).days, 1)

    def at(self, day: date) -> float:
        return 100 * (day - self.first).days / self.days

    def bar(self, kind: str, start: date, end: date) -> Bar | None:
        """The stretch from the beginning of one day to the end of another, as far as it lies within; else None."""
        a, b = max(self.at(start), 0), min(self.at(end + timedelta(days=1)), 100)
        if b <= 0 or a >= 100:
            return None
        return Bar(kind, _percent(a), _percent(max(b - a, LEAST)))


def _percent(value: float) -> str:
    return f"{value:.2f}%"


def scale(first: date, last: date, today: date, *, whole: bool) -> Scale:
    """The span of a drawing with its months; of a long project the weeks around today, unless ``whole``."""
    last = max(last, first + timedelta(days=6))
    near = not whole and (last - first).days > LONG
    if near:
        middle = min(max(today, first), last)
        begin = max(first, middle - timedelta(days=BEFORE))
        first, last = begin, min(last, begin + timedelta(days=BEFORE + AFTER))
    drawn = Scale(first, last + timedelta(days=1), (), "", not near)
    step = 1 + drawn.days // 400
    ticks, month = [], first.replace(day=1)
    while month <= last:
        if month >= first and (month.month - 1) % step == 0:
            ticks.append((_percent(drawn.at(month)), f"{month:%y-%m}" if step > 1 else f"{month:%m-%d}"))
        month = (month + timedelta(days=32)).replace(day=1)
    now = _percent(drawn.at(today)) if first <= today <= last else ""
    return Scale(first, last + timedelta(days=1), tuple(ticks), now, not near)


def of_overview(seen: Overview, today: date, *, whole: bool) -> tuple[Scale, list[Line]]:
    """Each item's promised, actual and expected time on one scale, in order of its expected start."""
    rows = in_order(seen.rows)
    dates = [d for r in rows for d in (*r.planned, *r.expected, *r.actual) if d]
    drawn = scale(min(dates), max([*dates, today] if seen.project.state == "running" else dates), today, whole=whole)
    return drawn, [_line(r, drawn, today) for r in rows]


def in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda r: (r.actual[0] or r.expected[0], r.expected[1], r.item.pk))


def _line(row: Row, drawn: Scale, today: date) -> Line:
    bars = [drawn.bar("plan", *row.planned)]
    began, ended = row.actual
    state = row.item.state
    if began and ended:
        bars.append(drawn.bar("late" if row.late > 0 else "done", began, ended))
    elif began:
        bars.append(drawn.bar("late" if row.late > 0 or row.overdue else "run", began, max(today, began)))
        if row.expected[1] > today:
            bars.append(drawn.bar("ahead", today + timedelta(days=1), row.expected[1]))
    elif state not in ProjectItem.ENDED:
        bars.append(drawn.bar("ahead", *row.expected))
    kept = tuple(b for b in bars if b)
    return Line(row, kept, TONES[I(state)], not kept)


def of_plan(planned: Plan, *, whole: bool) -> tuple[Scale, list[tuple[str, Bar | None]]]:
    """A plan's items on one scale: code and bar."""
    drawn = scale(planned.start, planned.end, planned.start, whole=whole)
    return drawn, [(c, drawn.bar("plan", s.starts, s.finishes)) for c, s in planned.steps.items()]


# --- before and after -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """Items that can run at the same time."""

    number: int
    rows: tuple[Row, ...]
    done: int
    state: str


def stages(seen: Overview) -> list[Stage]:
    """The network in rows: what stands in one row can run at the same time, what stands below waits for some above.

    Unlike the projection, which knows no order among what is done, this is the order of the plan.
    """
    groups = {c: t.group for c, t in network.schedule(seen.standing.network.values()).items()}
    levels: dict[int, list[Row]] = {}
    for row in in_order(seen.rows):
        levels.setdefault(groups[row.item.code], []).append(row)
    found = []
    for number, level in enumerate(sorted(levels), 1):
        rows = levels[level]
        done = sum(r.item.state == I.DONE for r in rows)
        moving = any(r.item.state in ProjectItem.OPEN for r in rows)
        state = "done" if done == len(rows) else "now" if moving or done else "todo"
        found.append(Stage(number, tuple(rows), done, state))
    return found


# --- words ----------------------------------------------------------------------------------------------------------------


def headline(seen: Overview) -> str:
    """Where the project stands, as one would say it on the phone."""
    project = seen.project
    if project.state == "done":
        return _("全部办完。")
    if project.state == "withdrawn":
        return _("项目已终止:%(r)s") % {"r": project.reason}
    running = [r for r in seen.rows if r.item.state == I.RUNNING and r.item.unit_id]
    own = [r for r in seen.rows if r.item.state == I.RUNNING and not r.item.unit_id]
    papers = [r for r in seen.rows if r.item.state == I.PAPERS and r.lacking]
    said = []
    if running:
        said.append(_("%(n)d 件正在由单位办理") % {"n": len(running)})
    if own:
        said.append(_("企业正在:%(i)s") % {"i": "、".join(r.item.label for r in own)})
    if papers:
        said.append(_("%(n)d 件等企业交材料") % {"n": len(papers)})
    return _("、").join(said) + _("。") if said else _("正在等前面的事项。")
