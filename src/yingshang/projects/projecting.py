"""What the plan says from here on: what is done as it was, what runs and waits by its planned days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.projects import network
from yingshang.projects.models import ProjectItem
from yingshang.projects.plan import Days
from yingshang.projects.state import Standing

I = ProjectItem.State  # noqa: E741


def day_of(at: datetime) -> date:
    """The district's day of a moment."""
    return at.astimezone(timekeeping.SHANGHAI).date()


@dataclass(frozen=True)
class Projection:
    """The network from the project's start: actual where there is an actual, planned from today on.

    Attributes:
        end: when the last item ends, if all keep to their days from now on.
    """

    start: date
    end: date
    days: int
    activities: Mapping[str, network.Activity]
    timings: Mapping[str, network.Timing]
    critical: tuple[str, ...]
    date_of: Days


def project_on(standing: Standing, today: date | None = None) -> Projection:
    """Where a project is heading.

    Args:
        today: the day from which on the plan holds; today where left out.
    """
    today = today or day_of(timekeeping.now())
    start = day_of(standing.project.opened_at)
    kept = calendar.load()

    def index(day: date) -> int:
        return max(kept.working_days_between(start, day), 0)

    now = index(today)
    made = [_activity(standing, item, index, now) for item in standing.items.values()]
    timings = network.schedule(made)
    total = max((t.early_finish for t in timings.values()), default=0)
    dates = Days(start, kept)
    return Projection(
        start,
        dates(total),
        total,
        {a.code: a for a in made},
        timings,
        tuple(network.critical_path(made, timings)),
        dates,
    )


def _activity(standing: Standing, item: ProjectItem, index: object, now: int) -> network.Activity:
    assert callable(index)
    planned = standing.network[item.code]
    if item.state in ProjectItem.ENDED and item.finished_at:
        began = index(day_of(item.started_at or item.finished_at))
        return network.Activity(item.code, max(index(day_of(item.finished_at)) - began, 0), not_before=began)
    if item.started_at:
        began = index(day_of(item.started_at))
        # What has taken longer than planned ends today at the earliest.
        days = max(planned.days if item.state == I.RUNNING else 0, now - began)
        return network.Activity(item.code, days, ends_after=planned.ends_after, not_before=began)
    return network.Activity(item.code, planned.days, planned.after, planned.ends_after, not_before=now)
