"""The critical path: when each activity can begin and must end, its slack, and the longest chain. Pure functions.

Time is a whole number of working days from the start of the plan. An activity begins when all it comes *after* have ended,
lasts its days, and does not end before those it *ends after* have: reviewed ahead, given out once the other is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Activity:
    """Something that takes a number of working days.

    Attributes:
        after: codes of those that have to end before it begins.
        ends_after: codes of those that have to end before it ends.
        not_before: it begins no earlier than this day.
    """

    code: str
    days: int
    after: tuple[str, ...] = ()
    ends_after: tuple[str, ...] = ()
    not_before: int = 0


@dataclass(frozen=True)
class Timing:
    """When an activity begins and ends at the earliest, and when at the latest without moving the end of the whole.

    Attributes:
        group: its layer, below all that it waits for in either way: those of one group wait for none of each other, and can
            be in hand at the same time; the first is 0.
    """

    early_start: int
    early_finish: int
    late_start: int
    late_finish: int
    group: int

    @property
    def slack(self) -> int:
        """Working days by which its end may slip."""
        return self.late_finish - self.early_finish

    @property
    def critical(self) -> bool:
        """Whether each day of delay delays the whole."""
        return self.slack == 0


class Cycle(ValueError):
    """Activities that wait for each other in a circle; ``codes`` names them in order, the first again at the end."""

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(" → ".join(codes))
        self.codes = tuple(codes)


def schedule(activities: Iterable[Activity]) -> dict[str, Timing]:
    """The timing of each activity, in an order in which all come after what they wait for.

    Codes in ``after`` and ``ends_after`` that are no activity are ignored: they are done, or not part of the plan.

    Raises:
        Cycle: some wait for each other; shows the circle.
    """
    known = {a.code: a for a in activities}
    order = in_order(known)
    start: dict[str, int] = {}
    finish: dict[str, int] = {}
    group: dict[str, int] = {}
    for code in order:
        a = known[code]
        before = [b for b in a.after if b in known]
        ends = [b for b in a.ends_after if b in known]
        start[code] = max([a.not_before, *(finish[b] for b in before)])
        finish[code] = max([start[code] + a.days, *(finish[b] for b in ends)])
        group[code] = max((group[b] + 1 for b in (*before, *ends)), default=0)
    end = max(finish.values(), default=0)
    late_finish = dict.fromkeys(order, end)
    for code in reversed(order):
        a = known[code]
        for b in a.after:
            if b in known:
                late_finish[b] = min(late_finish[b], late_finish[code] - a.days)
        for b in a.ends_after:
            if b in known:
                late_finish[b] = min(late_finish[b], late_finish[code])
    return {c: Timing(start[c], finish[c], late_finish[c] - known[c].days, late_finish[c], group[c]) for c in order}


def in_order(activities: Mapping[str, Activity]) -> list[str]:
    """The codes, each after all that it waits for.

    Raises:
        Cycle: there is no such order; shows the shortest circle from the first activity that is in one.
    """
    waits = {c: [b for b in dict.fromkeys((*a.after, *a.ends_after)) if b in activities] for c, a in activities.items()}
    left = {c: len(w) for c, w in waits.items()}
    follows: dict[str, list[str]] = {c: [] for c in waits}
    for code, waited in waits.items():
        for b in waited:
            follows[b].append(code)
    ready = [c for c, n in left.items() if n == 0]
    order: list[str] = []
    for code in ready:
        order.append(code)
        for after in follows[code]:
            left[after] -= 1
            if left[after] == 0:
                ready.append(after)
    if len(order) < len(waits):
        raise Cycle(_circle({c: w for c, w in waits.items() if left[c]}))
    return order


def _circle(waits: Mapping[str, Sequence[str]]) -> list[str]:
    """The shortest circle among these, in the order in which the work would go."""
    best: list[str] = []
    for begin in waits:
        # Breadth first from one back to itself.
        came: dict[str, str] = {}
        queue = [begin]
        for code in queue:
            for b in waits[code]:
                if b == begin:
                    found = [begin]
                    while code != begin:
                        found.append(code)
                        code = came[code]
                    if not best or len(found) + 1 < len(best):
                        best = [*found, begin]
                    queue = []
                    break
                if b in waits and b not in came:
                    came[b] = code
                    queue.append(b)
            if not queue:
                break
    return best


def direct(activities: Iterable[Activity]) -> dict[str, tuple[str, ...]]:
    """What each activity waits for directly: what it comes after anyway, because of another, is left out.

    Raises:
        Cycle: some wait for each other.
    """
    known = {a.code: a for a in activities}
    before: dict[str, set[str]] = {}
    found = {}
    for code in in_order(known):
        waits = [b for b in dict.fromkeys(known[code].after) if b in known]
        implied = {c for b in waits for c in before[b]}
        found[code] = tuple(b for b in waits if b not in implied)
        before[code] = implied | set(waits)
    return found


def critical_path(activities: Iterable[Activity], timings: Mapping[str, Timing]) -> list[str]:
    """One longest chain, from the first activity to the last."""
    known = {a.code: a for a in activities}
    if not timings:
        return []
    code = max(timings, key=lambda c: timings[c].early_finish)
    path = [code]
    while True:
        a, t = known[code], timings[code]
        held = [b for b in a.ends_after if b in timings and timings[b].early_finish == t.early_finish]
        if t.early_start + a.days < t.early_finish:
            following = held
        else:
            following = [b for b in a.after if b in timings and timings[b].early_finish == t.early_start]
        if not following:
            return path[::-1]
        code = following[0]
        path.append(code)
