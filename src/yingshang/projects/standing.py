"""Where a project stands, for its page: each item promised and actual, what is late or silent, who took which share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import Unit, localized
from yingshang.cases.models import ClockEntry, Status, Task
from yingshang.projects import process, shares
from yingshang.projects.models import FollowUp, Project, ProjectItem
from yingshang.projects.projecting import Projection, day_of, project_on
from yingshang.projects.shares import APPLICANT, NOBODY, Span
from yingshang.projects.state import Standing

I = ProjectItem.State  # noqa: E741
#: Working days after which a unit that has not taken an item on is told to be silent (the district's own).
SILENT = Decimal(1)


@dataclass(frozen=True)
class Row:
    """One item: what was planned, what happened, what is expected.

    Attributes:
        used: working days from its start until its end or now, waiting for others' results left out; None before.
        late: working days by which it took, or takes, longer than promised, the day it starts not counted as everywhere; 0
            where it is in time or has no planned days.
        slack: working days that its end may still slip without moving the end of the whole.
        silent: the unit had it for a working day or more and has not taken it on yet.
        doubt: why the enterprise's own part can hardly be done yet, where it is so.
        overdue: its promise fell due.
        waits_for: names of the items it waits for. lacking: names of documents that the enterprise has yet to hand in.
    """

    item: ProjectItem
    unit: str
    planned: tuple[date, date]
    actual: tuple[date | None, date | None]
    expected: tuple[date, date]
    days: int | None
    used: Decimal | None
    late: Decimal
    slack: int
    critical: bool
    silent: bool
    overdue: bool
    waits_for: tuple[str, ...]
    lacking: tuple[str, ...]
    doubt: str = ""


@dataclass(frozen=True)
class Share:
    """A party's share of the elapsed time.

    Attributes:
        party: a unit's code, ``applicant``, or ``""`` for time in which nobody was waited for.
        days: working days. percent: whole percent; all add up to 100.
    """

    party: str
    name: str
    days: Decimal
    percent: int


@dataclass(frozen=True)
class Overview:
    """Everything that a project's page shows, and the rows it was made from."""

    project: Project
    standing: Standing
    rows: tuple[Row, ...]
    projection: Projection
    shares: tuple[Share, ...]
    elapsed: Decimal
    late: tuple[Row, ...]
    silent: tuple[Row, ...]
    to_hand_in: tuple[tuple[str, str], ...]
    follow_ups: tuple[FollowUp, ...]


def overview(project: Project, now: datetime | None = None) -> Overview:
    """Where the project stands at ``now``, in a fixed number of questions to the database."""
    now = now or timekeeping.now()
    standing = Standing(project)
    ahead = project_on(standing, day_of(now))
    pauses, tasks = _pauses(project), _tasks(project)
    rows = tuple(_row(standing, item, ahead, now) for item in standing.items.values())
    until = project.finished_at or now
    seconds = shares.divide(
        spans(standing, tasks, pauses, until), project.opened_at, until, calendar.load().working_seconds_between
    )
    elapsed = sum(seconds.values(), Fraction())
    return Overview(
        project=project,
        standing=standing,
        rows=rows,
        projection=ahead,
        shares=tuple(_shares(seconds)),
        elapsed=_days(elapsed),
        late=tuple(r for r in rows if r.late > 0 or r.overdue),
        silent=tuple(r for r in rows if r.silent),
        to_hand_in=tuple(to_hand_in(standing)),
        follow_ups=tuple(f for f in standing.follow_ups if f.settled_at is None),
    )


def to_hand_in(standing: Standing) -> Iterator[tuple[str, str]]:
    """Code and name of each document that the enterprise has yet to hand in, those that something waits for first."""
    now = {kind for kinds in standing.stuck.values() for kind in kinds}
    later = [
        kind
        for item in standing.items.values()
        if item.state not in ProjectItem.ENDED
        for kind in standing.lacking(item, at_issue=True)
    ]
    for kind in sorted(dict.fromkeys(later), key=lambda k: k not in now):
        yield kind, _document(standing, kind)


def _document(standing: Standing, kind: str) -> str:
    named = standing.listed.documents[kind].name
    return localized(named.zh, named.en)


def _row(standing: Standing, item: ProjectItem, ahead: Projection, now: datetime) -> Row:
    timing = ahead.timings[item.code]
    used = _used(item, now)
    waits = [standing.items[c] for c in standing.network[item.code].after if standing.items[c].state != I.DONE]
    waits += standing.awaited(item)
    case = item.case
    return Row(
        item=item,
        unit=str(item.unit) if item.unit else "",
        planned=(item.planned_start, item.planned_finish),
        actual=(
            day_of(item.started_at) if item.started_at else None,
            day_of(item.finished_at) if item.finished_at else None,
        ),
        expected=(ahead.date_of(timing.early_start), ahead.date_of(timing.early_finish)),
        days=item.days,
        used=used,
        late=_late(item, used),
        slack=timing.slack,
        critical=item.code in ahead.critical and item.state not in ProjectItem.ENDED,
        silent=item.state == I.RUNNING
        and case is not None
        and case.status == Status.ASSIGNED
        and used is not None
        and used >= SILENT,
        overdue=item.state not in ProjectItem.ENDED and case is not None and case.overdue,
        waits_for=tuple(i.label for i in waits) if item.state not in ProjectItem.ENDED else (),
        lacking=tuple(_document(standing, k) for k in standing.lacking(item)) if item.state == I.PAPERS else (),
        doubt=process.so_soon(standing, item),
    )


def _used(item: ProjectItem, now: datetime) -> Decimal | None:
    if item.took is not None:
        return item.took
    if item.started_at is None or item.state in ProjectItem.ENDED:
        return None
    kept = calendar.load()
    seconds = kept.working_seconds_between(item.started_at, now)
    if item.held_at:
        seconds -= kept.working_seconds_between(item.held_at, item.released_at or now)
    return _days(Fraction(max(seconds, 0)))


def _late(item: ProjectItem, used: Decimal | None) -> Decimal:
    """What was used beyond the close of business of the last promised day."""
    if used is None or not item.days or item.started_at is None:
        return Decimal(0)
    kept = calendar.load()
    until = kept.close_of_business(kept.add_working_days(day_of(item.started_at), item.days))
    return max(used - _days(Fraction(kept.working_seconds_between(item.started_at, until))), Decimal(0))


def _days(seconds: Fraction) -> Decimal:
    a_day = calendar.load().seconds_a_day
    return (Decimal(seconds.numerator) / Decimal(seconds.denominator) / a_day).quantize(Decimal("0.01"))


# --- who was waited for ---------------------------------------------------------------------------------------------------


def _pauses(project: Project) -> dict[int, list[tuple[datetime, datetime | None]]]:
    """Times in which clocks of the project's cases stood still, by case, in order, out of their ledgers."""
    kinds = ClockEntry.Kind
    rows = ClockEntry.objects.filter(
        clock__case__project_item__project=project, clock__code="resolve", kind__in=[kinds.PAUSED, kinds.RESUMED]
    ).order_by("id")
    found: dict[int, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for case, kind, at in rows.values_list("clock__case", "kind", "at"):
        if kind == kinds.PAUSED:
            found[case].append((at, None))
        elif found[case] and found[case][-1][1] is None:
            found[case][-1] = (found[case][-1][0], at)
    return found


def _tasks(project: Project) -> dict[int, list[Task]]:
    """The steps of the project's cases, by case."""
    found: dict[int, list[Task]] = defaultdict(list)
    rows = Task.objects.filter(case__project_item__project=project, kind=Task.Kind.STEP).select_related("unit")
    for task in rows.order_by("id"):
        found[task.case_id].append(task)
    return found


def spans(
    standing: Standing,
    tasks: dict[int, list[Task]],
    pauses: dict[int, list[tuple[datetime, datetime | None]]],
    until: datetime,
) -> list[Span]:
    """Who was waited for, from when to when.

    From being ready to having its documents an item waits for the enterprise; then for the units of the steps that are open
    in its case, for the enterprise while it supplements; held for another's result it waits for nobody of its own.
    """
    found: list[Span] = []
    for item in standing.items.values():
        end = item.finished_at or until
        if item.ready_at:
            found.append(Span(APPLICANT, item.ready_at, item.started_at or end))
        if item.started_at is None:
            continue
        if item.case_id is None:
            found.append(Span(APPLICANT, item.started_at, end))
            continue
        still = [(a, b or end) for a, b in pauses.get(item.case_id, ())]
        held = (item.held_at, item.released_at or end) if item.held_at else None
        found += [Span(APPLICANT, a, b) for a, b in still if not (held and a >= held[0] and b <= held[1])]
        for task in tasks.get(item.case_id, ()):
            party = task.unit.code if task.unit else APPLICANT
            closed = min(task.done_at or end, end)
            for a, b in without(task.opened_at, closed, [*still, *([held] if held else [])]):
                found.append(Span(party, a, b))
    return found


def without(
    start: datetime, end: datetime, holes: list[tuple[datetime, datetime]]
) -> Iterator[tuple[datetime, datetime]]:
    """What is left of a time when others are taken out of it."""
    for a, b in sorted(holes):
        if a >= end or b <= start:
            continue
        if start < a:
            yield start, a
        start = max(start, b)
    if start < end:
        yield start, end


def _shares(seconds: dict[str, Fraction]) -> Iterator[Share]:
    percents = shares.percents(seconds)
    units = {u.code: str(u) for u in Unit.objects.filter(code__in=seconds)}
    names = {
        APPLICANT: localized("项目单位自己", "The enterprise itself"),
        NOBODY: localized("无人在办", "Nobody"),
        **units,
    }
    for party in sorted(seconds, key=lambda p: (-seconds[p], p)):
        yield Share(party, names.get(party, party), _days(seconds[party]), percents[party])
