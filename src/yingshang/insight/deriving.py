"""What is worked out once, when a log comes in, so that every measure afterwards is one plain grouping.

A **step** is an event that says that something was completed. Where a log also tells of the scheduling, beginning or
suspending of work, those events are no steps; where a log never says that anything was completed, every event is one.

Everything here is arithmetic on whole columns (microseconds, UTC); a batch holds whole cases, one behind the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: No time, in columns of microseconds.
NEVER = int(np.iinfo(np.int64).min)
#: Shanghai, in microseconds east of UTC.
EAST = 8 * 3600 * 1_000_000
_LATEST = int(np.iinfo(np.int64).max)
#: Transitions of the standard life cycle (XES, extension ``lifecycle``) after which the work goes on.
UNFINISHED = frozenset({"schedule", "assign", "reassign", "start", "suspend", "resume"})
BEGINNINGS = frozenset({"start"})


#: Columns that are derived for cases.
OF_CASES = ("first", "last", "month", "events", "steps", "repeats", "worked", "variant", "path", "late", "untimed",
            "due_events", "overdue_events")  # fmt: skip


@dataclass(frozen=True)
class Batch:
    """Columns of whole cases.

    Attributes:
        case: number of the case, rising.
        activity: code of the activity.
        time: when, or :data:`NEVER`; ``due`` likewise.
        begun: when the work began whose end the event tells, or :data:`NEVER`.
        step: whether the event is a step.
        starts: whether it tells of a beginning.
        instance: code of the run of the activity that it is about.
    """

    case: Ints
    activity: Ints
    time: Ints
    due: Ints
    begun: Ints
    step: Flags
    starts: Flags
    instance: Ints


def derive(batch: Batch) -> tuple[dict[str, npt.NDArray[Any]], dict[str, npt.NDArray[Any]]]:
    """The derived columns of events and of cases.

    Returns:
        Of events: ``position`` in the case; ``begun``; of steps ``previous`` (code of the step before, -1 for the
        first), ``nth`` (how often the case had this activity, from 1), ``since`` (from the step before), ``waited``
        (from the latest end before to the beginning), ``worked``; ``month``.
        Of cases: ``first``, ``last`` (times of the events), ``month`` of the first, ``events``, ``steps``, ``repeats`` (steps that the case
        had before), ``worked`` (time in which somebody was at work, counted once), ``variant`` and ``path``
        (fingerprints of the sequence of all events, of steps); numbers of events: ``late`` (earlier than one before
        them), ``untimed``, ``due_events``, ``overdue_events``.
    """
    case, time, step = batch.case, batch.time, batch.step
    n = len(case)
    first = np.flatnonzero(np.r_[True, case[1:] != case[:-1]])
    sizes = np.diff(np.r_[first, n])
    index = np.repeat(np.arange(len(first)), sizes)
    position = np.arange(n) - np.repeat(first, sizes)
    begun = np.where(step, _begun(batch, index), NEVER)
    at = np.flatnonzero(step)
    follows = np.r_[False, index[at][1:] == index[at][:-1]] if len(at) else np.zeros(0, np.bool_)
    before = np.r_[-1, at[:-1]] if len(at) else at

    previous, since, nth = np.full(n, -1), np.full(n, NEVER), np.zeros(n, np.int64)
    previous[at] = np.where(follows, batch.activity[before], -1)
    since[at] = np.where(follows, _between(time[before], time[at]), NEVER)
    nth[at] = _nth(index[at], batch.activity[at])
    waited = np.full(n, NEVER)
    waited[at] = _between(_latest_before(index[at], time[at]), begun[at])
    worked = _between(begun, time)

    timed = time != NEVER
    earliest = np.minimum.reduceat(np.where(timed, time, _LATEST), first)
    events = {
        "position": position, "begun": begun, "previous": previous, "since": since, "nth": nth, "waited": waited,
        "worked": worked, "month": _month(time),
    }  # fmt: skip
    earliest = np.where(earliest == _LATEST, NEVER, earliest)
    counted = {
        "late": timed & (_latest_before(index, time) > time),
        "untimed": ~timed,
        "due_events": batch.due != NEVER,
        "overdue_events": timed & (batch.due != NEVER) & (time > batch.due),
    }
    cases = {
        "first": earliest,
        "month": _month(earliest),
        "last": np.maximum.reduceat(time, first),
        "events": sizes,
        "steps": np.add.reduceat(step.astype(np.int64), first),
        "repeats": np.add.reduceat((nth > 1).astype(np.int64), first),
        "worked": np.add.reduceat(_busy(index, begun, time), first),
        "variant": _fingerprint(batch.activity, position, np.ones(n, np.bool_), first),
        "path": _fingerprint(batch.activity, _rank(index, step, first), step, first),
        **{name: np.add.reduceat(flag.astype(np.int64), first) for name, flag in counted.items()},
    }
    return events, cases


def _between(start: Ints, end: Ints) -> Ints:
    """From one time to the other; nothing where the order of the log is not that of the times."""
    known = (start != NEVER) & (end != NEVER)
    return np.where(known, np.maximum(np.where(known, end, 0) - np.where(known, start, 0), 0), NEVER)


def _month(time: Ints) -> Ints:
    """The month in Shanghai, counted from January 1970."""
    known = time != NEVER
    local = np.where(known, time, 0) + EAST
    return np.where(known, local.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64), NEVER)


def _nth(index: Ints, activity: Ints) -> Ints:
    """How often the case had this activity up to here."""
    order = np.lexsort((activity, index))
    found = np.empty(len(index), np.int64)
    found[order] = _count(np.r_[True, (np.diff(index[order]) != 0) | (np.diff(activity[order]) != 0)][: len(index)])
    return found


def _count(begins: Flags) -> Ints:
    """1, 2, 3 … anew where a group begins."""
    at: Ints = np.arange(len(begins))
    found: Ints = at - np.maximum.accumulate(np.where(begins, at, 0)) + 1
    return found


def _rank(index: Ints, step: Flags, first: Ints) -> Ints:
    """Position among the steps of the case."""
    upto: Ints = np.cumsum(step)
    found: Ints = upto - np.where(first > 0, upto[first - 1], 0)[index] - 1
    return found


def _latest_before(index: Ints, time: Ints) -> Ints:
    """The latest time of what lies before in the same case, or NEVER."""
    if not len(time):
        return time
    times, rank = np.unique(time, return_inverse=True)
    # The case in front, so that no case looks into the one before it; NEVER has the lowest rank.
    highest = np.maximum.accumulate(index * len(times) + rank)
    before = np.r_[-1, highest[:-1]] - index * len(times)
    return np.where((before >= 0) & (np.r_[-1, index[:-1]] == index), times[np.maximum(before, 0)], NEVER)


def _busy(index: Ints, begun: Ints, time: Ints) -> Ints:
    """Of each interval of work, the part in which nobody else was at work on the case before; 0 where not known."""
    found = np.zeros(len(time), np.int64)
    at = np.flatnonzero((begun != NEVER) & (time != NEVER) & (time > begun))
    at = at[np.lexsort((begun[at], index[at]))]
    before = _latest_before(index[at], time[at])
    found[at] = np.maximum(time[at] - np.maximum(begun[at], before), 0)
    return found


def _begun(batch: Batch, index: Ints) -> Ints:
    """When the work on a step began: the n-th beginning of an activity in a case belongs to its n-th completion."""
    starts, ends = np.flatnonzero(batch.starts & ~batch.step), np.flatnonzero(batch.step & (batch.begun == NEVER))
    if not len(starts) or not len(ends):
        return batch.begun
    _, key = np.unique(np.stack((index, batch.activity, batch.instance)), axis=1, return_inverse=True)
    n = len(index) + 1
    of_start, of_end = (key[at] * n + _nth(key[at], np.zeros(len(at), np.int64)) for at in (starts, ends))
    order = np.argsort(of_start)
    place = np.searchsorted(of_start[order], of_end)
    hit = (place < len(starts)) & (of_start[order][np.minimum(place, len(starts) - 1)] == of_end)
    found = batch.begun.copy()
    began = batch.time[starts[order[np.minimum(place, len(starts) - 1)]]]
    found[ends] = np.where(hit & (began <= batch.time[ends]), began, NEVER)
    return found


def _fingerprint(activity: Ints, position: Ints, counts: Flags, first: Ints) -> Ints:
    """64 bits that tell sequences apart: those of (activity, position), well mixed, taken together."""
    with np.errstate(over="ignore"):
        x = activity.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + position.astype(np.uint64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
        x ^= x >> np.uint64(31)
    return np.bitwise_xor.reduceat(np.where(counts, x, np.uint64(0)), first).view(np.int64)
