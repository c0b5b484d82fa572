"""What would bring a project forward: each thing that could be done, with the working days it gains by the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from yingshang import timekeeping
from yingshang.accounts.models import localized
from yingshang.projects import network, plan
from yingshang.projects.forecast import OWN, History
from yingshang.projects.models import ProjectItem
from yingshang.projects.projecting import Projection, day_of, project_on
from yingshang.projects.state import Standing

I = ProjectItem.State  # noqa: E741


@dataclass(frozen=True)
class Option:
    """One thing that could be done.

    Attributes:
        kind: ``stage``, ``commit``, ``defer``, ``papers``, ``faster``.
        item: the item's code. document: what would be deferred, or is missing.
        gain: working days by which the end comes forward; 0 where it only keeps the end from slipping.
        starts_now: the item could begin today.
        end: the end then.
        who: ``applicant`` or the unit's code: whose move it is.
    """

    kind: str
    item: str
    name: str
    document: str
    gain: int
    starts_now: bool
    end: date
    who: str


def options(standing: Standing, past: History | None = None, today: date | None = None) -> list[Option]:
    """All that the list allows and history shows to be possible, what gains most first."""
    today = today or day_of(timekeeping.now())
    ahead = project_on(standing, today)
    found = [
        *_stages(standing, ahead, today),
        *_commitments(standing, ahead),
        *_documents(standing, ahead),
        *(_faster(standing, ahead, past, today) if past else ()),
    ]
    return sorted(found, key=lambda o: (-o.gain, not o.starts_now, o.kind, o.item, o.document))


def _end(ahead: Projection, changed: Mapping[str, network.Activity]) -> int:
    timings = network.schedule({**ahead.activities, **changed}.values())
    return max((t.early_finish for t in timings.values()), default=0)


def _stages(standing: Standing, ahead: Projection, today: date) -> Iterator[Option]:
    for spec in standing.listed.items.values():
        whole = standing.items.get(spec.stands_for)
        if whole is None or spec.code in standing.items or whole.state in ProjectItem.ENDED:
            continue
        before = [standing.items[c] for c in spec.stands_before if c in standing.items]
        if not before or all(i.started_at for i in before):
            continue
        taken = plan.Ways(standing.ways.staged | {spec.code}, standing.ways.committed, standing.ways.deferred)
        made = {
            a.code: a
            for a in plan.activities(standing.listed, [*standing.items, spec.code], taken, standing.project.facts)
        }
        now = max(ahead.activities[c].not_before for c in (i.code for i in before))
        done = {c for c, i in standing.items.items() if i.state == I.DONE}
        stage = replace(made[spec.code], not_before=now, after=tuple(c for c in made[spec.code].after if c not in done))
        changed = {spec.code: stage}
        for item in before:
            changed[item.code] = replace(
                ahead.activities[item.code], after=made[item.code].after, ends_after=made[item.code].ends_after
            )
        total = _end(ahead, changed)
        yield Option(
            "stage", spec.code, localized(spec.name.zh, spec.name.en), "", max(ahead.days - total, 0),
            all(c in done for c in made[spec.code].after), ahead.date_of(total), "applicant",
        )  # fmt: skip


def _commitments(standing: Standing, ahead: Projection) -> Iterator[Option]:
    for code, item in standing.items.items():
        allowed = standing.spec(item).commit
        if allowed is None or item.committed or item.state not in (I.WAITING, I.PAPERS):
            continue
        total = _end(ahead, {code: replace(ahead.activities[code], days=allowed.days)})
        yield Option(
            "commit", code, item.label, "", max(ahead.days - total, 0), False, ahead.date_of(total), "applicant"
        )


def _documents(standing: Standing, ahead: Projection) -> Iterator[Option]:
    """Documents that something waits for now: to be handed in, or to be deferred where the list allows it."""
    for code, item in standing.items.items():
        if item.state != I.PAPERS:
            continue
        lacking = standing.lacking(item)
        for kind in lacking:
            deferrable = kind in standing.spec(item).defer
            yield Option(
                "defer" if deferrable else "papers",
                code,
                item.label,
                kind,
                0,
                len(lacking) == 1,
                ahead.end,
                "applicant",
            )


def _faster(standing: Standing, ahead: Projection, past: History, today: date) -> Iterator[Option]:
    """A unit's item done as fast as its fastest quarter; only where that is less than planned and was done before."""
    for code, item in standing.items.items():
        ratios = past.ratios.get(code)
        if item.unit is None or item.state in ProjectItem.ENDED or not item.days or ratios is None or len(ratios) < OWN:
            continue
        fast = int(np.ceil(np.quantile(ratios, 0.25) * item.days - 1e-9))
        activity = ahead.activities[code]
        if fast >= activity.days:
            continue
        began = ahead.activities[code].not_before
        least = 0 if item.started_at is None else min(activity.days, max(fast, _since(standing, began, today)))
        total = _end(ahead, {code: replace(activity, days=max(fast, least) if item.started_at else fast)})
        if total < ahead.days:
            yield Option(
                "faster", code, item.label, "", ahead.days - total, False, ahead.date_of(total), item.unit.code
            )


def _since(standing: Standing, began: int, today: date) -> int:
    """Working days from the start of an item, in days of the plan, to today."""
    from yingshang.accounts import calendar

    return max(calendar.load().working_days_between(day_of(standing.project.opened_at), today) - began, 0)
