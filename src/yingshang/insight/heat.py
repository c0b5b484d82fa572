"""How often each step of a diagram was done and how long cases waited for it, for colouring the diagram."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from yingshang.insight.measures import DAY
from yingshang.insight.net import Net
from yingshang.insight.store import Store

#: Shades of a scale.
LEVELS = 5


@dataclass(frozen=True)
class Warmth:
    """A step of the diagram as the log has it.

    Attributes:
        step: id of the element of the diagram.
        count: how often it was done.
        days: mean days that a case waited for it each time, or, where the log does not tell waiting from work, mean days
            from the step before to its end; None where nothing is known of that.
    """

    step: str
    count: int
    days: float | None


def heat(log: duckdb.DuckDBPyConnection, store: Store, net: Net, *, apart: bool) -> list[Warmth]:
    """The steps of the diagram that occur in the log, in the order of the diagram.

    Args:
        log: the log's tables.
        store: the log.
        net: the diagram; a log of this house names its steps, others are known by what their steps are called.
        apart: whether the log tells waiting from work.
    """
    by_name = {n: net.step_of(name) for n, name in enumerate(store.note.activities)}
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    column = "waited" if apart else "since"
    for element, activity, *told in log.execute(
        f"SELECT element, activity, count(*), count({column}), coalesce(sum({column}::DOUBLE), 0)"
        " FROM events WHERE step GROUP BY 1, 2"
    ).fetchall():
        step = element if element in net.names else by_name[activity] if store.note.format != "house" else ""
        if step:
            sums[step] = [a + b for a, b in zip(sums[step], told, strict=True)]
    return [
        Warmth(step, int(count), days / timed / DAY if timed else None)
        for step in net.names
        if step in sums
        for count, timed, days in [sums[step]]
    ]


def levels(values: Iterable[float]) -> list[int]:
    """Each value's shade, 1 to :data:`LEVELS`, by its share of the largest."""
    told = list(values)
    most = max(told, default=0)
    return [min(max(math.ceil(LEVELS * value / most), 1), LEVELS) if most > 0 else 1 for value in told]
