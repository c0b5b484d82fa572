"""The plan of a project: its items as a network, dates in working days of the district's calendar, the critical path.

Assembled from the list, the codes that apply and the ways chosen (staged, committed, deferred); no database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from yingshang.processes.calendar import WorkCalendar
from yingshang.projects import network
from yingshang.projects.items import ItemSpec, ListOfItems


@dataclass(frozen=True)
class Ways:
    """What was chosen of what the list allows.

    Attributes:
        staged: codes of first stages that are taken (基坑先行).
        committed: codes of items granted on a commitment (告知承诺).
        deferred: (item, document) pairs whose document follows later (容缺).
    """

    staged: frozenset[str] = frozenset()
    committed: frozenset[str] = frozenset()
    deferred: frozenset[tuple[str, str]] = frozenset()


#: Nothing chosen: each item as the list says.
AS_LISTED = Ways()


@dataclass(frozen=True)
class Step:
    """An item in the plan.

    Attributes:
        days: working days that the plan reckons with; 0 where nothing is told (then ``told`` is False).
        after, ends_after: codes of the items of this plan it waits for, and waits for before its result is given out.
        starts, finishes: the earliest dates. latest: the last date to finish without moving the end.
        ready: when its own days are over; it ends later where its result waits for others (reviewed ahead).
    """

    spec: ItemSpec
    days: int
    told: bool
    after: tuple[str, ...]
    ends_after: tuple[str, ...]
    timing: network.Timing
    starts: date
    finishes: date
    latest: date
    ready: date

    @property
    def code(self) -> str:
        return self.spec.code


@dataclass(frozen=True)
class Plan:
    """All steps in an order in which each comes after what it waits for.

    Attributes:
        total: working days from start to end.
        critical: codes of one longest chain.
        papers: codes of the documents that the applicant brings, in the order in which they are first needed.
        untold: codes of the items whose time is not published; they count 0 days.
    """

    start: date
    end: date
    total: int
    steps: Mapping[str, Step]
    critical: tuple[str, ...]
    papers: tuple[str, ...]
    untold: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...] = field(default=())


def chosen(listed: ListOfItems, codes: Iterable[str], ways: Ways) -> list[str]:
    """The codes that take part: those that apply, and the first stages that are taken of items that do."""
    applying = set(codes)
    stages = {s for s in ways.staged if listed.items[s].stands_for in applying}
    untaken = {i.code for i in listed.items.values() if i.stands_for} - stages
    return [c for c in listed.items if c in (applying | stages) - untaken]


def activities(
    listed: ListOfItems, codes: Iterable[str], ways: Ways = AS_LISTED, facts: Mapping[str, Any] | None = None
) -> list[network.Activity]:
    """The network of a project: who waits for whom, and the days each takes.

    What is brought forth by an item that does not apply is not asked for; the rule of a first stage: what comes before
    an item it stands before, instead of the item it stands for.
    """
    part = chosen(listed, codes, ways)
    held = set(part)
    instead = {
        (listed.items[s].stands_for, later): s for s in part if listed.items[s].stands_for
        for later in listed.items[s].stands_before
    }  # fmt: skip
    made = []
    for code in part:
        item = listed.items[code]
        before, ends = listed.waits(item)
        after = tuple(dict.fromkeys(instead.get((b, code), b) for b in before if b in held))
        late = tuple(dict.fromkeys(instead.get((b, code), b) for b in ends if b in held))
        days = days_of(item, ways, facts or {})
        made.append(network.Activity(code, days or 0, after, tuple(b for b in late if b not in after)))
    return made


def days_of(item: ItemSpec, ways: Ways, facts: Mapping[str, Any]) -> int | None:
    """Working days that an item is planned with; None where neither promise, law nor the project's facts tell."""
    if item.days_fact and facts.get(item.days_fact) is not None:
        return int(facts[item.days_fact])
    if item.commit and item.code in ways.committed:
        return item.commit.days
    return item.days


def assemble(
    listed: ListOfItems,
    codes: Iterable[str],
    start: date,
    calendar: WorkCalendar,
    *,
    ways: Ways = AS_LISTED,
    facts: Mapping[str, Any] | None = None,
) -> Plan:
    """The plan of a project that begins on ``start``.

    Args:
        codes: what applies, see :func:`yingshang.projects.applying.applicable`.
        facts: of the project; the applicant's own work takes the days that they say.

    Raises:
        network.Cycle: items wait for each other; a published list has none.
    """
    facts = facts or {}
    made = activities(listed, codes, ways, facts)
    timings = network.schedule(made)
    by_code = {a.code: a for a in made}
    day = Days(start, calendar)
    steps = {}
    for code, t in timings.items():
        a, spec = by_code[code], listed.items[code]
        told = days_of(spec, ways, facts) is not None
        steps[code] = Step(
            spec, a.days, told, a.after, a.ends_after, t, day(t.early_start), day(t.early_finish), day(t.late_finish),
            day(t.early_start + a.days),
        )  # fmt: skip
    total = max((t.early_finish for t in timings.values()), default=0)
    groups: dict[int, list[str]] = {}
    for code, t in timings.items():
        groups.setdefault(t.group, []).append(code)
    return Plan(
        start=start,
        end=day(total),
        total=total,
        steps=steps,
        critical=tuple(network.critical_path(made, timings)),
        papers=tuple(papers(listed, steps, ways.deferred)),
        untold=tuple(c for c, s in steps.items() if not s.told),
        groups=tuple(tuple(groups[n]) for n in sorted(groups)),
    )


def papers(listed: ListOfItems, codes: Iterable[str], deferred: Collection[tuple[str, str]] = ()) -> list[str]:
    """The documents that the applicant brings for these items, each once; those deferred everywhere are left out."""
    asked: dict[str, None] = {}
    for code in codes:
        item = listed.items[code]
        for document in (*item.inputs, *item.at_issue):
            if listed.documents[document].applicant and (code, document) not in deferred:
                asked[document] = None
    return list(asked)


class Days:
    """From days of a plan to dates: day 0 is the first date itself, day n the n-th working day after it."""

    def __init__(self, start: date, calendar: WorkCalendar) -> None:
        self._start, self._calendar = start, calendar
        self._known: dict[int, date] = {0: start}

    def __call__(self, n: int) -> date:
        if n not in self._known:
            self._known[n] = self._calendar.add_working_days(self._start, n)
        return self._known[n]
