"""The likely end of a project with its bounds, out of the district's own closed items: a bootstrap over the network.

The exact definition is in docs/projects.md; whoever changes one changes the other.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil

import numpy as np
from django.conf import settings
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from numpy.typing import NDArray

from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.projects import network
from yingshang.projects.models import ProjectItem
from yingshang.projects.projecting import day_of
from yingshang.projects.state import Standing

I = ProjectItem.State  # noqa: E741
Floats = NDArray[np.float64]

#: Rounds of the bootstrap.
ROUNDS = 2000
#: An item draws from its own closed ones if there are so many, else from all.
OWN = 5
#: Below so many closed items, or so many projects, nothing is forecast.
ITEMS, PROJECTS = 20, 5
#: Of each item the newest closed ones count.
NEWEST = 200


@dataclass(frozen=True)
class History:
    """Closed items of the district.

    Attributes:
        ratios: by code, working days taken for each planned working day, of items with planned days.
        days: by code, working days taken, of items without.
        waits: by code, working days from being ready to having the documents.
        items, projects: how many there are in all.
        samples: whether synthetic projects are among them (in the demo).
    """

    ratios: dict[str, Floats]
    days: dict[str, Floats]
    waits: dict[str, Floats]
    items: int
    projects: int
    samples: bool

    @property
    def thin(self) -> bool:
        """Whether there is too little to forecast from."""
        return self.items < ITEMS or self.projects < PROJECTS


@dataclass(frozen=True)
class Forecast:
    """When a project ends.

    Attributes:
        likely: the median. fifty, ninety: the bounds between which half, and nine tenths, of the rounds end.
        borrowed: codes of items that drew from all closed items, for want of enough of their own.
        untold: codes of items that count nothing: neither planned days nor closed ones of their own.
        beyond: codes of items that run longer already than any closed one.
    """

    likely: date
    fifty: tuple[date, date]
    ninety: tuple[date, date]
    history: History
    borrowed: tuple[str, ...]
    untold: tuple[str, ...]
    beyond: tuple[str, ...]


def history(but: int | None = None) -> History:
    """What the district's closed items say.

    Args:
        but: id of a project whose own items do not count.
    """
    rows = ProjectItem.objects.filter(state=I.DONE, took__isnull=False)
    if but is not None:
        rows = rows.exclude(project_id=but)
    if not settings.DEMO:
        rows = rows.filter(project__synthetic=False)
    fields = ("code", "took", "days", "ready_at", "started_at", "project_id", "project__synthetic")
    ratios, days, waits = defaultdict(list), defaultdict(list), defaultdict(list)
    count, projects, samples = 0, set(), False
    kept = calendar.load()
    ranked = rows.annotate(
        rank=Window(RowNumber(), partition_by=[F("code")], order_by=[F("finished_at").desc(), F("id").desc()])
    )
    newest = ranked.filter(rank__lte=NEWEST).order_by("code", "id").values_list(*fields)
    for code, took, planned, ready, started, project, synthetic in newest:
        count += 1
        projects.add(project)
        samples = samples or synthetic
        if planned:
            ratios[code].append(float(took) / planned)
        else:
            days[code].append(float(took))
        if ready and started:
            waits[code].append(kept.working_seconds_between(ready, started) / kept.seconds_a_day)
    arrays = [{c: np.array(v) for c, v in found.items()} for found in (ratios, days, waits)]
    return History(*arrays, count, len(projects), samples)


def forecast(standing: Standing, past: History, now: datetime | None = None) -> Forecast | None:
    """The likely end and its bounds; None where the history is too thin, or nothing is left to be done.

    The same project on the same day gives the same answer.
    """
    now = now or timekeeping.now()
    open_ones = {c: i for c, i in standing.items.items() if i.state not in ProjectItem.ENDED}
    if past.thin or not open_ones:
        return None
    drawing = _Drawing(standing, past, np.random.default_rng([standing.project.pk, day_of(now).toordinal()]), now)
    order = network.in_order({c: a for c, a in standing.network.items() if c in open_ones})
    finish: dict[str, Floats] = {}
    for code in order:
        a = standing.network[code]
        start = np.zeros(ROUNDS)
        for before in a.after:
            if before in finish:
                start = np.maximum(start, finish[before])
        end = start + drawing.wait(open_ones[code]) + drawing.left(open_ones[code], a.days)
        for other in a.ends_after:
            if other in finish:
                end = np.maximum(end, finish[other])
        finish[code] = end
    last = np.max(np.stack(list(finish.values())), axis=0)
    low90, low50, median, high50, high90 = (float(q) for q in np.quantile(last, [0.05, 0.25, 0.5, 0.75, 0.95]))
    kept = calendar.load()
    today = day_of(now)

    def day(after: float) -> date:
        n = ceil(after - 1e-9)
        return today if n <= 0 else kept.add_working_days(today, n)

    return Forecast(
        likely=day(median),
        fifty=(day(low50), day(high50)),
        ninety=(day(low90), day(high90)),
        history=past,
        borrowed=tuple(drawing.borrowed),
        untold=tuple(drawing.untold),
        beyond=tuple(drawing.beyond),
    )


class _Drawing:
    """Working days for each round, and what had to be made do with."""

    def __init__(self, standing: Standing, past: History, chance: np.random.Generator, now: datetime) -> None:
        self.standing, self.past, self.chance, self.now = standing, past, chance, now
        self.all_ratios = np.concatenate(list(past.ratios.values())) if past.ratios else np.array([1.0])
        self.all_waits = np.concatenate(list(past.waits.values())) if past.waits else np.array([0.0])
        self.borrowed: list[str] = []
        self.untold: list[str] = []
        self.beyond: list[str] = []

    def wait(self, item: ProjectItem) -> Floats:
        """Until the enterprise has handed in what the item needs."""
        if item.started_at is not None or not any(
            self.standing.listed.documents[d].applicant for d in self.standing.spec(item).inputs
        ):
            return np.zeros(ROUNDS)
        if item.state == I.WAITING and not self.standing.lacking(item):
            return np.zeros(ROUNDS)
        own = self.past.waits.get(item.code, np.array([]))
        return self.chance.choice(own if len(own) >= OWN else self.all_waits, ROUNDS)

    def left(self, item: ProjectItem, planned: int) -> Floats:
        """From its start, or from now on, to its end; nothing more for what was reviewed ahead."""
        if item.state == I.HELD:
            return np.zeros(ROUNDS)
        values = self._values(item, planned)
        elapsed = self._elapsed(item)
        if elapsed <= 0:
            return self.chance.choice(values, ROUNDS)
        longer = values[values > elapsed]
        if len(longer) == 0:
            # Nothing closed took as long: it ends on the next working day at the earliest.
            self.beyond.append(item.code)
            return np.ones(ROUNDS)
        return self.chance.choice(longer, ROUNDS) - elapsed

    def _values(self, item: ProjectItem, planned: int) -> Floats:
        """Closed items like this one, in working days."""
        ratios = self.past.ratios.get(item.code, np.array([]))
        days = self.past.days.get(item.code, np.array([]))
        if planned and len(ratios) >= OWN:
            return ratios * planned
        if not planned and len(days) >= OWN:
            return days
        if planned:
            self.borrowed.append(item.code)
            return self.all_ratios * planned
        if len(days):
            return days
        self.untold.append(item.code)
        return np.zeros(1)

    def _elapsed(self, item: ProjectItem) -> float:
        if item.started_at is None:
            return 0.0
        kept = calendar.load()
        seconds = kept.working_seconds_between(item.started_at, self.now)
        if item.held_at and item.released_at:
            seconds -= kept.working_seconds_between(item.held_at, item.released_at)
        return seconds / kept.seconds_a_day
