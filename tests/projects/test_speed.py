"""A plan of sixty items is made in a moment: the page draws it, and nobody waits for it."""

from __future__ import annotations

import time
from datetime import date

from tests.projects.test_list import item
from yingshang.processes.calendar import WorkCalendar
from yingshang.projects import plan
from yingshang.projects.items import ListOfItems, Time


def test_sixty_items_are_planned_quickly() -> None:
    """Well below what a page takes; generous, since tests share their machine."""
    items = {
        f"i{n}": item(f"i{n}", promised=Time(n % 7 + 1, "o"), after=tuple(f"i{m}" for m in range(max(n - 9, 0), n - 2)))
        for n in range(60)
    }
    listed = ListOfItems({}, items)
    kept = WorkCalendar.from_chinesecalendar()
    took = []
    for _each in range(5):
        start = time.process_time()
        made = plan.assemble(listed, items, date(2022, 9, 5), kept)
        took.append(time.process_time() - start)
    assert len(made.steps) == 60 and len(made.critical) > 10
    assert min(took) < 0.05
