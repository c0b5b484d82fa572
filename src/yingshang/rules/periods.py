"""Periods of facts relative to the day on which a rule is asked.

A recorded period is ``""`` (timeless), ``"2022"``, ``"2022Q1"`` or ``"2022-05"``. Of what a vocabulary entry wants there is
at most one, but for ``latest``: the last year that is held and not later than the day's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date

_YEAR = re.compile(r"\d{4}")


def _last_quarter(on: date) -> str:
    quarter = (on.month - 1) // 3
    return f"{on.year}Q{quarter}" if quarter else f"{on.year - 1}Q4"


def _last_month(on: date) -> str:
    return f"{on.year}-{on.month - 1:02}" if on.month > 1 else f"{on.year - 1}-12"


#: The period wanted on a day; None where it depends on what is held.
PERIODS: dict[str, Callable[[date], str] | None] = {
    "none": lambda on: "",
    "latest": None,
    "year": lambda on: f"{on.year}",
    "last_year": lambda on: f"{on.year - 1}",
    "quarter": lambda on: f"{on.year}Q{(on.month - 1) // 3 + 1}",
    "last_quarter": _last_quarter,
    "month": lambda on: f"{on.year}-{on.month:02}",
    "last_month": _last_month,
}


def choices(rule: str, on: date, held: Iterable[str]) -> list[str]:
    """Of the periods that are held, those that a rule accepts on a day, the preferred first."""
    wanted = PERIODS[rule]
    if wanted is not None:
        period = wanted(on)
        return [p for p in set(held) if p == period]
    years = {p for p in held if _YEAR.fullmatch(p) and int(p) <= on.year}
    return sorted(years, reverse=True)


def behind(rule: str, period: str, on: date) -> str:
    """The year that ought to be held on a day, where what a rule takes is of an earlier one; else "".

    Only the latest year that is held can be behind: the other rules take the period they ask for or none.
    """
    if PERIODS.get(rule) is not None or not _YEAR.fullmatch(period):
        return ""
    wanted = f"{on.year - 1}"
    return wanted if period < wanted else ""


def full_years(since: date, on: date) -> int:
    """Full years from one day to another; 0 where it is not reached yet."""
    return max(0, on.year - since.year - ((on.month, on.day) < (since.month, since.day)))
