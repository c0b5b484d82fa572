"""What the first board counts. A figure and the list of cases behind it use one definition: the same ``Q``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.access import Scope
from yingshang.accounts.models import Role
from yingshang.cases import catalog
from yingshang.cases.models import ENDED, Case, Status
from yingshang.projects.models import ProjectItem
from yingshang.web.views.desk_support import OURS, overdue

#: Who sees the whole district's board.
DISTRICT = (Role.REFORM_OFFICE, Role.DISTRICT_LEADER, Role.AUDITOR)
#: Newest first calls that the median is taken over.
SAMPLE = 10_000


@dataclass(frozen=True)
class Period:
    """Days from ``since`` up to and including ``until``."""

    since: date
    until: date

    @property
    def start(self) -> datetime:
        return datetime.combine(self.since, time.min, timekeeping.SHANGHAI)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.until + timedelta(days=1), time.min, timekeeping.SHANGHAI)

    @property
    def query(self) -> str:
        return f"since={self.since}&until={self.until}"


def period_of(since: str, until: str) -> Period:
    """The period asked for; by default the last 90 days."""
    today = timekeeping.now().astimezone(timekeeping.SHANGHAI).date()
    last = _date(until) or today
    first = _date(since) or last - timedelta(days=89)
    return Period(min(first, last), last)


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def presets() -> list[tuple[str, Period]]:
    """Periods that people ask for."""
    today = timekeeping.now().astimezone(timekeeping.SHANGHAI).date()
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    return [
        (_("近 30 天"), Period(today - timedelta(days=29), today)),
        (_("近 90 天"), Period(today - timedelta(days=89), today)),
        (_("本季度"), Period(quarter, today)),
        (_("今年"), Period(date(today.year, 1, 1), today)),
    ]


def part(scope: Scope) -> Q | None:
    """The part of the district whose board this person sees: all (empty ``Q``), their units', or none (None)."""
    if scope.has(*DISTRICT):
        return Q()
    led = sorted(scope.led_unit_ids)
    return Q(lead_unit_id__in=led) | Q(street_id__in=led) | Q(platform_id__in=led) if led else None


def demands() -> Q:
    """What enterprises asked of the district. Claims, corrections and what a project consists of are cases too, but nobody
    is asked whether they are solved: they have boards of their own, and would only blur this one."""
    by_the_house = Q()
    for scenario in catalog.every():
        if own := [s.id for s in scenario.services.values() if not s.start_by]:
            by_the_house |= Q(scenario=scenario.id, service__in=own)
    return ~by_the_house & ~Exists(ProjectItem.objects.filter(case=OuterRef("pk")))


def what(period: Period) -> dict[str, Q]:
    """The figures of the board, as conditions on a case."""
    now = timekeeping.now()
    received = Q(opened_at__gte=period.start, opened_at__lt=period.end) & ~Q(
        status__in=[Status.MERGED, Status.WITHDRAWN]
    )
    return {
        "open": ~Q(status__in=ENDED),
        "overdue": overdue(now),
        "received": received,
        "answered": received & Q(answered_at__isnull=False),
        "closed": received & Q(status=Status.CLOSED),
        "solved": received & Q(status=Status.CLOSED, solved=True),
        "closed_unsolved": received & Q(status=Status.CLOSED) & ~(Q(solved__isnull=False) & Q(solved=True)),
        "contacted": received & Q(first_contact_at__isnull=False),
        "uncontacted": Q(status__in=OURS, first_contact_at__isnull=True),
        "escalated": ~Q(status__in=ENDED) & Q(level__gt=0),
        "reopened": received & Q(reopened__gt=0),
    }


COUNTED = ("open", "overdue", "received", "answered", "closed", "solved", "escalated", "uncontacted", "reopened")


@dataclass
class Tally:
    """Counts of one unit, street or category, or of all."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))

    def add(self, row: dict[str, Any]) -> None:
        for name in COUNTED:
            self.counts[name] += row[name]

    def __getattr__(self, name: str) -> int:
        try:
            return int(self.__dict__["counts"][name])
        except KeyError:
            raise AttributeError(name) from None

    @property
    def closed_rate(self) -> float | None:
        return self.closed / self.received if self.received else None

    @property
    def solved_rate(self) -> float | None:
        return self.solved / self.received if self.received else None


@dataclass(frozen=True)
class Board:
    """One board: totals, and the same by unit, street and category (by id, None for cases without one)."""

    total: Tally
    units: dict[int | None, Tally]
    streets: dict[int | None, Tally]
    categories: dict[int | None, Tally]


def board(mine: Q, period: Period) -> Board:
    """Count everything in one pass over the cases that are open or were received in the period."""
    conditions = what(period)
    rows = (
        Case.objects.filter(mine)
        .filter(conditions["open"] | conditions["received"])
        .order_by()
        .values("lead_unit_id", "street_id", "category_id")
        .annotate(**{name: Count("pk", filter=conditions[name]) for name in COUNTED})
    )
    result = Board(Tally(), {}, {}, {})
    for row in rows:
        result.total.add(row)
        result.units.setdefault(row["lead_unit_id"], Tally()).add(row)
        result.streets.setdefault(row["street_id"], Tally()).add(row)
        result.categories.setdefault(row["category_id"], Tally()).add(row)
    return result


def trend(mine: Q, months: int = 12) -> list[dict[str, Any]]:
    """Received, closed and solved by month of receipt, oldest first; months without cases are zero."""
    today = timekeeping.now().astimezone(timekeeping.SHANGHAI).date()
    firsts = [_month_before(today, n) for n in range(months - 1, -1, -1)]
    period = Period(firsts[0], today)
    conditions = what(period)
    rows = (
        Case.objects.filter(mine)
        .filter(conditions["received"])
        .order_by()
        .annotate(month=TruncMonth("opened_at", tzinfo=timekeeping.SHANGHAI))
        .values("month")
        .annotate(
            received=Count("pk"),
            closed=Count("pk", filter=Q(status=Status.CLOSED)),
            solved=Count("pk", filter=Q(status=Status.CLOSED, solved=True)),
        )
    )
    held = {r["month"].date(): r for r in rows}
    nothing = {"received": 0, "closed": 0, "solved": 0}
    return [{"month": m, "last": _month_end(m), **{k: held.get(m, nothing)[k] for k in nothing}} for m in firsts]


def _month_before(day: date, n: int) -> date:
    at = day.year * 12 + day.month - 1 - n
    return date(at // 12, at % 12 + 1, 1)


def _month_end(first: date) -> date:
    return _month_before(first, -1) - timedelta(days=1)


def first_contact(cases: QuerySet[Case]) -> tuple[float | None, int]:
    """Median working seconds from asking to the first call over the newest calls, and over how many."""
    pairs = list(
        cases.filter(first_contact_at__isnull=False)
        .order_by("-opened_at")
        .values_list("opened_at", "first_contact_at")[:SAMPLE]
    )
    if not pairs:
        return None, 0
    return float(np.median(working_seconds(pairs))), len(pairs)


def working_seconds(pairs: Iterable[tuple[datetime, datetime]]) -> np.ndarray:
    """Working seconds within each pair, by the district's calendar."""
    cal = calendar.load()
    ends = np.array([[a.timestamp(), b.timestamp()] for a, b in pairs], dtype=float)
    # Shanghai has had one offset, without summer time, since 1991.
    local = ends + 8 * 3600
    days = np.floor(local / 86400).astype(np.int64)
    seconds = local - days * 86400
    low, high = int(days.min()), int(days.max())
    working = np.array(
        [cal.is_working(date(1970, 1, 1) + timedelta(days=int(d))) for d in range(low, high + 1)], dtype=bool
    )
    before = np.concatenate([[0], np.cumsum(working)])[days - low] * cal.seconds_a_day
    within = sum(np.clip(seconds, a, b) - a for a, b in cal.hours) * working[days - low]
    position = before + within
    return position[:, 1] - position[:, 0]


def by_open(tallies: dict[int | None, Tally]) -> list[tuple[int | None, Tally]]:
    """Groups with the most overdue and the most open cases first."""
    return sorted(tallies.items(), key=lambda e: (-e[1].overdue, -e[1].open, -e[1].received, e[0] or 0))


__all__ = [
    "Board",
    "Period",
    "Tally",
    "board",
    "by_open",
    "demands",
    "first_contact",
    "part",
    "period_of",
    "presets",
    "trend",
    "what",
]
