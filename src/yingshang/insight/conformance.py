"""Whether cases went as a diagram allows, and where they did not.

Each different sequence of steps is aligned with the diagram: the way through it that fits best, where a step that the
diagram does not allow at that place (``extra``) and a step that it requires and the case does not have (``missing``) cost
one each. Of a case that is known to have ended the end of the diagram is required; of others only that they are on a way
(see :mod:`net` for what is not asked).
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from yingshang.insight.net import Marking, Net
from yingshang.insight.rows import RAISED
from yingshang.insight.store import Store

#: Seconds after which what was not aligned yet is given up: a page waits for this. Frequent sequences come first.
MOST_SECONDS = 8.0
#: States that are looked at for one sequence before it is given up.
MOST_STATES = 50_000


@dataclass(frozen=True)
class Alignment:
    """How well a sequence fits: 1 is a way of the diagram. ``extra`` and ``missing`` are ids of steps."""

    fitness: float
    extra: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Deviation:
    """A step that was extra or missing, and in how many cases."""

    kind: str
    step: str
    cases: int


@dataclass(frozen=True)
class Conformance:
    """The log against the diagram.

    Attributes:
        cases: those that were compared.
        fitting: those that went as the diagram allows.
        fitness: mean of the cases', 0 to 1; None where nothing was compared.
        given_up: cases whose sequence took too long to align.
        beside: steps of the log that no diagram has (co-handling, supplements …); they are not compared.
        strangers: names of steps that this diagram does not have, with their numbers; each counts as extra.
    """

    cases: int
    fitting: int
    fitness: float | None
    given_up: int
    beside: int
    deviations: list[Deviation] = field(default_factory=list)
    strangers: list[tuple[str, int]] = field(default_factory=list)


def check(log: duckdb.DuckDBPyConnection, store: Store, net: Net) -> Conformance:
    """Compare a log with a diagram.

    Steps are known by the element that the log names, else by their name: that of the element, or its id.
    """
    house = store.note.format == "house"
    rows = log.execute(
        "SELECT told, ended, count(*) FROM (SELECT case_no, list({'e': element, 'a': activity, 'i': instance}"
        " ORDER BY position) AS told FROM events WHERE step GROUP BY case_no) JOIN cases USING (case_no)"
        " GROUP BY ALL ORDER BY 3 DESC, 1"
    ).fetchall()
    aligned = _Aligned(net)
    deviations: Counter[tuple[str, str]] = Counter()
    strangers: Counter[str] = Counter()
    cases = fitting = given_up = beside = 0
    total = 0.0
    for told, ended, count in rows:
        runs: dict[str, list[str]] = {}
        for event in told:
            name, element = store.note.activities[event["a"]], event["e"]
            if element == RAISED:
                continue
            step = element if element in net.names else "" if house else net.step_of(element) or net.step_of(name)
            if not step and house and not element:
                beside += count
                continue
            if not step:
                strangers[name] += count
            # A case that is taken up again goes through the diagram again.
            runs.setdefault(event["i"] if house else "", []).append(step or f"?{name}")
        found = [aligned(run, bool(ended) or n < len(runs) - 1) for n, run in enumerate(runs.values())]
        known = [f for f in found if f is not None]
        if not found or len(known) < len(found):
            given_up += count if found else 0
            continue
        cases += count
        total += count * sum(f.fitness for f in known) / len(known)
        fitting += count * all(f.fitness == 1 for f in known)
        differ = {
            (kind, step)
            for f in known
            for kind, steps in (("extra", f.extra), ("missing", f.missing))
            for step in steps
        }
        for kind, step in differ:
            deviations[kind, step.removeprefix("?")] += count
    return Conformance(
        cases, fitting, total / cases if cases else None, given_up, beside,
        [Deviation(kind, step, n) for (kind, step), n in sorted(deviations.items(), key=lambda d: (-d[1], d[0]))],
        strangers.most_common(),
    )  # fmt: skip


class _Aligned:
    """Aligns each sequence once, until the time that a page can wait is used up."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._held: dict[tuple[tuple[str, ...], bool], Alignment | None] = {}
        self._shortest: dict[bool, int] = {}
        self._until = time.monotonic() + MOST_SECONDS

    def __call__(self, run: list[str], whole: bool) -> Alignment | None:
        key = (tuple(run), whole)
        if key not in self._held:
            late = time.monotonic() > self._until
            self._held[key] = None if late else align(self._net, run, whole=whole, shortest=self._shortest)
        return self._held[key]


def align(
    net: Net, sequence: Sequence[str], *, whole: bool, shortest: dict[bool, int] | None = None
) -> Alignment | None:
    """The best way of the diagram for a sequence of steps; None where it would take too long to find.

    Args:
        whole: the end of the diagram has to be reached.
        shortest: where the number of steps of the shortest way is kept, which is the same for every sequence.
    """
    # What no way of the diagram has is extra wherever it stands.
    strangers = [s for s in sequence if s not in net.names]
    found = _search(net, [s for s in sequence if s in net.names], whole)
    if found is None:
        return None
    extra, missing = [*strangers, *found[0]], found[1]
    known = shortest if shortest is not None else {}
    if whole and whole not in known:
        least = _search(net, (), True)
        known[whole] = len(least[1]) if least is not None else 0
    most = len(sequence) + known.get(whole, 0)
    return Alignment(1 - (len(extra) + len(missing)) / most if most else 1.0, tuple(extra), tuple(missing))


def _search(net: Net, sequence: Sequence[str], whole: bool) -> tuple[list[str], list[str]] | None:
    """The cheapest way from the start to the end of sequence and diagram, by width first with costs 0 and 1."""
    State = tuple[Marking, int]
    first: State = (net.start, 0)
    came: dict[State, tuple[State, str, str] | None] = {first: None}
    costs: dict[State, int] = {first: 0}
    queue: deque[tuple[State, int]] = deque([(first, 0)])
    while queue:
        state, cost = queue.popleft()
        if cost > costs[state]:
            continue
        marking, at = state
        if at == len(sequence) and (not whole or not marking):
            return _way(came, state)
        if len(costs) > MOST_STATES:
            return None
        steps: list[tuple[State, int, str, str]] = []
        for move in net.enabled(marking):
            after = move.after(marking)
            if not move.step:
                steps.append(((after, at), 0, "", ""))
                continue
            if at < len(sequence) and move.step == sequence[at]:
                steps.append(((after, at + 1), 0, "", ""))
            steps.append(((after, at), 1, "missing", move.step))
        if at < len(sequence):
            # Last: of two ways that cost the same, the one that names what is missing says more.
            steps.append(((marking, at + 1), 1, "extra", sequence[at]))
        for target, price, kind, step in steps:
            if cost + price < costs.get(target, MOST_STATES):
                costs[target] = cost + price
                came[target] = (state, kind, step)
                (queue.append if price else queue.appendleft)((target, cost + price))
    return None


def _way(
    came: dict[tuple[Marking, int], tuple[tuple[Marking, int], str, str] | None], state: tuple[Marking, int]
) -> tuple[list[str], list[str]]:
    found: dict[str, list[str]] = {"extra": [], "missing": [], "": []}
    while (step := came[state]) is not None:
        state, kind, name = step
        found[kind].append(name)
    return found["extra"][::-1], found["missing"][::-1]
