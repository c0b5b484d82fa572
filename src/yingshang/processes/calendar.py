"""The working calendar: which days and hours count, and arithmetic over them.

Working days follow the State Council's yearly arrangement (holidays and make-up working days, 调休). A year without an
arrangement falls back to Monday–Friday, and :meth:`WorkCalendar.note` says so. Office hours are the district's.

All arithmetic goes through one number: the working seconds since the first day of the table. Adding time is adding to
that number, so adding and measuring are exact inverses.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE_HOURS: tuple[tuple[time, time], ...] = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 30)))
FIRST_DAY = date(2004, 1, 1)
#: Years are laid out ahead of the last date asked for, this many at a time.
AHEAD = 5


def _seconds(t: time) -> int:
    return t.hour * 3600 + t.minute * 60 + t.second


class WorkCalendar:
    """Working days from a table of arranged days, working hours within each.

    Args:
        days: arranged days; True is a working day. Days not in the table fall back to Monday–Friday.
        hours: office hours as (opening, closing) pairs in order, the same every working day.
    """

    def __init__(self, days: Mapping[date, bool], hours: Sequence[tuple[time, time]] = OFFICE_HOURS) -> None:
        if not hours or any(a >= b for a, b in hours) or any(x[1] > y[0] for x, y in pairwise(hours)):
            raise ValueError("office hours must be pairs (opening, closing), in order and without overlap")
        self.days = dict(days)
        self.hours = [(_seconds(a), _seconds(b)) for a, b in hours]
        self.seconds_a_day = sum(b - a for a, b in self.hours)
        self.arranged_years = {d.year for d in self.days}
        self.first = min([FIRST_DAY, *self.days])
        self._working: list[int] = []
        self._until = self.first.toordinal() - 1
        self._extend(max([self.first, *self.days]).year)

    @classmethod
    def arranged_rows(cls) -> Iterator[tuple[date, bool, str]]:
        """All days that ``chinesecalendar`` has an arrangement for: day, working, name of the holiday or make-up day."""
        from chinese_calendar import constants
        from chinese_calendar.utils import is_workday

        years = sorted({d.year for d in constants.holidays})
        day, last = date(years[0], 1, 1), date(years[-1], 12, 31)
        while day <= last:
            named = constants.holidays.get(day) or constants.workdays.get(day)
            note = constants.Holiday(named).chinese if named else ""
            if day in constants.workdays:
                note = f"{note}调休上班"
            yield day, bool(is_workday(day)), note
            day += timedelta(days=1)

    @classmethod
    def from_chinesecalendar(cls, hours: Sequence[tuple[time, time]] = OFFICE_HOURS) -> WorkCalendar:
        return cls({day: working for day, working, _ in cls.arranged_rows()}, hours)

    # --- days ---------------------------------------------------------------------------------------------------------

    def is_working(self, day: date) -> bool:
        """Whether people work on this day."""
        held = self.days.get(day)
        return day.weekday() < 5 if held is None else held

    def note(self, day: date) -> tuple[str, str]:
        """A remark in Chinese and English if the day's year is not arranged yet, else two empty strings."""
        if day.year in self.arranged_years:
            return "", ""
        return (
            f"{day.year} 年放假安排尚未公布，按周一至周五推算",
            f"The holidays of {day.year} are not arranged yet; Monday to Friday assumed",
        )

    def _extend(self, year: int) -> None:
        last = date(year, 12, 31).toordinal()
        for n in range(self._until + 1, last + 1):
            if self.is_working(date.fromordinal(n)):
                self._working.append(n)
        self._until = max(self._until, last)

    def _reach(self, day: date) -> None:
        if day.toordinal() > self._until:
            self._extend(day.year + AHEAD)

    def working_days_until(self, day: date) -> int:
        """Number of working days from the start of the table up to and including ``day``."""
        self._reach(day)
        return bisect_right(self._working, day.toordinal())

    def nth_working_day(self, n: int) -> date:
        """The ``n``-th working day of the table (1-based)."""
        while n > len(self._working):
            self._extend(date.fromordinal(self._until).year + AHEAD)
        return date.fromordinal(self._working[n - 1])

    def add_working_days(self, day: date, n: int) -> date:
        """The ``n``-th working day after ``day``, which is itself not counted (Civil Code, art. 201)."""
        return self.nth_working_day(self.working_days_until(day) + n)

    # --- hours --------------------------------------------------------------------------------------------------------

    def position(self, at: datetime) -> int:
        """Working seconds from the start of the table to ``at`` (aware; parts of a second do not count)."""
        local = at.astimezone(SHANGHAI)
        day = local.date()
        self._reach(day)
        ordinal = day.toordinal()
        index = bisect_left(self._working, ordinal)
        total = index * self.seconds_a_day
        if index < len(self._working) and self._working[index] == ordinal:
            now = _seconds(local.time())
            total += sum(min(now, b) - a for a, b in self.hours if now > a)
        return total

    def moment(self, position: int) -> datetime:
        """The earliest moment at which ``position`` working seconds have passed; a full day ends at close of business."""
        if position <= 0:
            n, rest = 1, 0
        else:
            n, rest = divmod(position - 1, self.seconds_a_day)
            n, rest = n + 1, rest + 1
        day = self.nth_working_day(n)
        for a, b in self.hours:
            if rest <= b - a:
                at = a + rest
                break
            rest -= b - a
        return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(seconds=at)

    def working_seconds_between(self, a: datetime, b: datetime) -> int:
        """Working seconds from ``a`` to ``b``; negative when ``b`` is earlier."""
        return self.position(b) - self.position(a)

    def add_working_seconds(self, at: datetime, seconds: int) -> datetime:
        """The earliest moment that lies ``seconds`` working seconds after ``at``."""
        return self.moment(self.position(at) + seconds)

    def close_of_business(self, day: date) -> datetime:
        """When the office closes on ``day``."""
        return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(seconds=self.hours[-1][1])
