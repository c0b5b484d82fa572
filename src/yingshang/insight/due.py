"""Which attributes say when something was due, and when a case ended.

There is no standard extension for it. Known are the names that the permit systems of Dutch municipalities write, those
that other logs use, and our own; upper and lower case, blanks and underscores mean nothing. A case that has several is
due by the first of them in the order below: a legal deadline before a planned end.
"""

from __future__ import annotations

from functools import lru_cache

OF_CASE = ("deadline", "duedate", "due", "enddateplanned", "plannedenddate", "plannedend", "截止时间", "办结时限")
OF_EVENT = ("duedate", "deadline", "due", "截止时间")
CLOSED = ("enddate", "closedat", "closed", "办结时间")


@lru_cache(maxsize=4096)
def plain(key: str) -> str:
    """An attribute's key without what does not matter."""
    return key.rpartition(":")[2].lower().replace("_", "").replace(" ", "")


def of_event(key: str) -> bool:
    """Whether an attribute of an event says when it was due."""
    return plain(key) in OF_EVENT


def of_case(key: str) -> bool:
    """Whether an attribute of a case says when it was due."""
    return plain(key) in OF_CASE


def rank(key: str) -> int:
    """How much an attribute of a case counts among those that say when it was due; less is more."""
    return OF_CASE.index(plain(key))


def closes(key: str) -> bool:
    """Whether an attribute of a case says when it ended."""
    return plain(key) in CLOSED
