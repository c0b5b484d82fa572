"""Promised against actual as bars on one scale, and who goes before whom: what the project's pages draw, as plain data.

Positions are percentages of the drawing's width, as text: SVG takes them as they are, whatever the page's language.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _

from yingshang.projects import network
from yingshang.projects.forecast import Forecast
from yingshang.projects.models import ProjectItem
from yingshang.projects.plan import Plan
from yingshang.projects.standing import Overview, Row
from yingshang.web.templatetags.desk_tags import trim, when

I = ProjectItem.State  # noqa: E741
#: A project that takes longer can be looked at in parts as well; one that takes longer than ``WHOLE`` is drawn around today first.
LONG, WHOLE = 150, 400
#: Days before and after today that are drawn then, and after the start of building where the time before it is.
BEFORE, AFTER, BUILDING = 45, 75, 7
#: Right of so many percent there is no room for a name; so many names have room on a phone.
NAMED, NAMES = 93, 6
#: Bars and months are told apart down to so many percent of the width.
LEAST = 0.6
#: Working days of lateness from which it is told as a number.
TENTH = Decimal("0.1")
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
    """One item of the drawing.

    Attributes:
        unit, state: in the reader's language. tone: colour of the state's badge.
        told: when it was, or will be, done, as a sentence. faults: what is wrong with it, if anything.
    """

    row: Row
    bars: tuple[Bar, ...]
    label: str
    unit: str
    state: str
    tone: str
    told: str
    faults: tuple[str, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        """What the table says of it behind its label."""
        r = self.row
        began, ended = r.actual
        return (
            self.unit, self.state, f"{when(r.planned[0])} – {when(r.planned[1])}",
            f"{when(began)} – {when(ended)}" if began else when(began),
            f"{when(r.expected[0])} – {when(r.expected[1])}",
            _("未公布标准") if r.days is None else str(r.days), trim(r.used), str(r.slack),
        )  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """What the drawing spans.

    Attributes:
        ticks: position and name of each month that begins in it. today: position, "" where it lies outside.
    """

    first: date
    last: date
    ticks: tuple[tuple[str, str], ...]
    today: str

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


def scale(first: date, last: date, today: date) -> Scale:
    """The span of a drawing, a week at least, with its months; with its weeks where there are few months."""
    last = max(last, first + timedelta(days=6))
    drawn = Scale(first, last + timedelta(days=1), (), "")
    days = list(_marks(first, last, drawn.days))
    form, step = "%y-%m" if drawn.days > LONG else "%m-%d", 1 + (len(days) - 1) // NAMES
    ticks = tuple(
        (_percent(drawn.at(d)), f"{d:{form}}" if n % step == 0 and drawn.at(d) < NAMED else "")
        for n, d in enumerate(days)
    )
    now = _percent(drawn.at(today)) if first <= today <= last else ""
    return Scale(first, last + timedelta(days=1), ticks, now)


def _marks(first: date, last: date, days: int) -> Iterator[date]:
    """The days that are named: Mondays, every other one, beginnings of months, of every second or more months."""
    if days <= LONG // 2:
        monday = first + timedelta(days=-first.weekday() % 7)
        for n in range(0, (last - monday).days + 1, 7 if days <= LONG // 4 else 14):
            yield monday + timedelta(days=n)
        return
    step, month = 1 + days // WHOLE, first.replace(day=1)
    while month <= last:
        if month >= first and (month.month - 1) % step == 0:
            yield month
        month = (month + timedelta(days=32)).replace(day=1)


def windows(seen: Overview, today: date) -> dict[str, tuple[date, date]]:
    """What can be drawn of a project, by name: ``all`` of it; of a long one ``early``, until building starts, and ``near``."""
    dates = [d for r in seen.rows for d in (*r.planned, *r.expected, *r.actual) if d]
    running = seen.project.state == "running"
    first, last = min(dates), max([*dates, today] if running else dates)
    found = {"all": (first, last)}
    if (last - first).days <= LONG:
        return found
    listed = seen.standing.listed.items
    starts = [r.actual[1] or r.expected[1] for r in seen.rows if listed[r.item.code].milestone == "start"]
    if starts and (early := max(starts) + timedelta(days=BUILDING)) < last:
        found["early"] = (first, early)
    if running:
        begin = max(first, today - timedelta(days=BEFORE))
        found["near"] = (begin, min(last, max(today, first) + timedelta(days=AFTER)))
    return found


def of_overview(seen: Overview, today: date, span: str = "") -> tuple[Scale, list[Line], dict[str, bool]]:
    """Each item's promised, actual and expected time on one scale, in order of its expected start; and the windows, which of
    them is drawn."""
    held = windows(seen, today)
    if span not in held:
        first, last = held["all"]
        span = "near" if "near" in held and (last - first).days > WHOLE else "all"
    drawn = scale(*held[span], today)
    return drawn, [_line(r, drawn, today) for r in in_order(seen.rows)], {name: name == span for name in held}


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
    unit, state = row.unit or _("企业自己"), I(row.item.state)
    return Line(row, kept, row.item.label, unit, str(state.label), TONES[state], _told(row), tuple(_faults(row)))


def _told(row: Row) -> str:
    (began, ended), (start, end) = row.actual, row.expected
    if ended:
        return _("实际 %(a)s 到 %(b)s") % {"a": when(began), "b": when(ended)}
    if began:
        return _("%(a)s 开始,预计 %(b)s 办好") % {"a": when(began), "b": when(end)}
    return "" if row.item.state == I.WITHDRAWN else _("预计 %(a)s 到 %(b)s") % {"a": when(start), "b": when(end)}


def _faults(row: Row) -> Iterator[str]:
    if row.late >= TENTH:
        yield _("超 %(d)s 个工作日") % {"d": floatformat(row.late, "-1")}
    elif row.late > 0 or row.overdue:
        yield _("已逾期")
    if row.silent:
        yield _("单位还没有接件")


def of_plan(planned: Plan) -> tuple[Scale, dict[str, list[Bar]]]:
    """A plan's items on one scale, by code: the item's own days, and the days that its result waits for others."""
    drawn = scale(planned.start, planned.end, planned.start)
    found: dict[str, list[Bar]] = {}
    for code, step in planned.steps.items():
        own = drawn.bar("critical" if code in planned.critical else "run", step.starts, step.ready)
        rest = drawn.bar("wait", step.ready, step.finishes) if step.finishes > step.ready else None
        found[code] = [b for b in (rest, own) if b]
    return drawn, found


@dataclass(frozen=True)
class Ahead:
    """A forecast as drawn: the central 90 % and 50 % of the ends as bars, positions of the likely and the planned end."""

    scale: Scale
    ninety: Bar
    fifty: Bar
    likely: str
    planned: str


def of_forecast(found: Forecast, planned: date, today: date) -> Ahead:
    """A forecast on a scale of its own, from a little before the first of its ends, or the planned one, to after the last."""
    first, last = min(found.ninety[0], planned), max(found.ninety[1], planned)
    room = timedelta(days=2 + (last - first).days // 8)
    drawn = scale(max(first - room, min(today, first)), last + room, today)
    ninety, fifty = drawn.bar("ninety", *found.ninety), drawn.bar("fifty", *found.fifty)
    assert ninety and fifty, "both lie within"
    return Ahead(drawn, ninety, fifty, _percent(drawn.at(found.likely)), _percent(drawn.at(planned)))


# --- before and after -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Node:
    """An item in the drawn network: arrows come to it from the items ``after``; from ``ends_after`` those that its result
    waits for. ``waits``: their names, for where no arrows are drawn."""

    line: Line
    after: str
    ends_after: str
    waits: tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """Items that can run at the same time."""

    number: int
    nodes: tuple[Node, ...]
    done: int
    state: str


def stages(seen: Overview, lines: Iterable[Line]) -> list[Stage]:
    """The network in rows: what stands in one row waits for none of it, every arrow comes from above.

    Unlike the projection, which knows no order among what is done, this is the order of the plan; an item that is reviewed
    ahead stands below those that its result waits for. Within a row an item stands below what it waits for, so that few
    arrows cross; what is implied by other arrows is not drawn.
    """
    known, items = seen.standing.network, seen.standing.items
    whole = [replace(a, after=(*a.after, *a.ends_after), ends_after=()) for a in known.values()]
    groups = {c: t.group for c, t in network.schedule(whole).items()}
    direct = network.direct(whole)
    levels: dict[int, list[Line]] = {}
    for line in lines:
        levels.setdefault(groups[line.row.item.code], []).append(line)
    at: dict[str, float] = {}
    found = []
    for number, level in enumerate(sorted(levels), 1):
        row = levels[level]
        if number > 1:
            row.sort(key=lambda line: _middle([at[b] for b in direct[line.row.item.code]]))
        at |= {line.row.item.code: (n + 0.5) / len(row) for n, line in enumerate(row)}
        codes = [line.row.item.code for line in row]
        nodes = tuple(
            _node(line, [items[b] for b in direct[c]], known[c].ends_after) for c, line in zip(codes, row, strict=True)
        )
        done = sum(items[c].state == I.DONE for c in codes)
        moving = any(items[c].state in ProjectItem.OPEN for c in codes)
        state = "done" if done == len(row) else "now" if moving or done else "todo"
        found.append(Stage(number, nodes, done, state))
    return found


def _middle(places: list[float]) -> float:
    return sum(places) / len(places) if places else 0.5


def _node(line: Line, waits: list[ProjectItem], ends_after: Collection[str]) -> Node:
    codes = [i.code for i in waits]
    first, late = [c for c in codes if c not in ends_after], [c for c in codes if c in ends_after]
    return Node(line, " ".join(first), " ".join(late), tuple(i.label for i in waits))


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
    stuck = seen.standing.stuck
    said = []
    if running:
        said.append(_("%(n)d 件正在由单位办理") % {"n": len(running)})
    if own:
        said.append(_("企业正在:%(i)s") % {"i": "、".join(r.item.label for r in own)})
    if stuck:
        kinds = {kind for wanted in stuck.values() for kind in wanted}
        said.append(_("%(n)d 件等企业交材料(%(m)d 份)") % {"n": len(stuck), "m": len(kinds)})
    return _("、").join(said) + _("。") if said else _("正在等前面的事项。")
