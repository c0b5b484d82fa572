"""The working calendar: which days and hours count, and arithmetic over them.

Working days follow the State Council's yearly arrangement (holidays and make-up working days, 调休). A year without an
arrangement falls back to Monday–Friday, and :meth:`WorkCalendar.note` says so. Office hours are the district's.

All arithmetic goes through one number: the working seconds since the first day of the table. Adding time is adding to
that number, so adding and measuring are exact inverses. Long spans cost no more than short ones.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from threading import Lock
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE_HOURS: tuple[tuple[time, time], ...] = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 30)))
#: Nothing before this day is reckoned with.
FIRST_DAY = date(1990, 1, 1)
#: Years are laid out ahead of the last date asked for, this many at a time.
AHEAD = 10


def _seconds(t: time) -> int:
    return t.hour * 3600 + t.minute * 60 + t.second


class WorkCalendar:
    """Working days from a table of arranged days, working hours within each. Threads may share it.

    Args:
        days: arranged days; True is a working day. Days not in the table fall back to Monday–Friday.
        hours: office hours as (opening, closing) pairs in order, the same every working day.
        arranged_years: the years whose arrangement the table holds. By default those whose National Day (1 October) it
            holds: every arrangement has it, and somebody who corrects a single day does not touch it.

    Raises:
        ValueError: office hours that are empty, out of order or overlapping.
    """

    def __init__(
        self,
        days: Mapping[date, bool],
        hours: Sequence[tuple[time, time]] = OFFICE_HOURS,
        arranged_years: Iterable[int] | None = None,
    ) -> None:
        if not hours or any(a >= b for a, b in hours) or any(x[1] > y[0] for x, y in pairwise(hours)):
            raise ValueError("office hours must be pairs (opening, closing), in order and without overlap")
        self.days = dict(days)
        self.hours = [(_seconds(a), _seconds(b)) for a, b in hours]
        self.seconds_a_day = sum(b - a for a, b in self.hours)
        if arranged_years is None:
            arranged_years = (d.year for d in self.days if (d.month, d.day) == (10, 1))
        self.arranged_years = frozenset(arranged_years)
        self._lock = Lock()
        #: Ordinals of working days, and the last day that was looked at; replaced together.
        self._laid: tuple[list[int], int] = ([], FIRST_DAY.toordinal() - 1)
        self._lay(max([date(2026, 1, 1), *self.days]).year + 1)

    @classmethod
    def arranged_rows(cls) -> Iterator[tuple[date, bool, str]]:
        """All days of 2004–2026 as ``chinesecalendar`` has them: day, working, name of the holiday or make-up day."""
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
        """The calendar of :meth:`arranged_rows`."""
        return cls({day: working for day, working, _ in cls.arranged_rows()}, hours)

    # --- days ---------------------------------------------------------------------------------------------------------

    def is_working(self, day: date) -> bool:
        """Whether people work on this day."""
        held = self.days.get(day)
        return day.weekday() < 5 if held is None else held

    def note(self, first: date, last: date | None = None) -> tuple[str, str]:
        """A remark in Chinese and English on years from ``first`` to ``last`` that are not arranged; else two blanks."""
        years = [y for y in range(first.year, (last or first).year + 1) if y not in self.arranged_years]
        if not years:
            return "", ""
        return (
            f"{'、'.join(map(str, years))} 年放假安排尚未公布，按周一至周五推算",
            f"The holidays of {', '.join(map(str, years))} are not arranged yet; Monday to Friday assumed",
        )

    def _lay(self, year: int) -> tuple[list[int], int]:
        with self._lock:
            working, until = self._laid
            last = date(min(year, date.max.year), 12, 31).toordinal()
            if last > until:
                found = [n for n in range(until + 1, last + 1) if self.is_working(date.fromordinal(n))]
                self._laid = (working + found, last)
            return self._laid

    def _reach(self, day: date) -> list[int]:
        if day < FIRST_DAY:
            raise ValueError(f"{day} lies before {FIRST_DAY}, the first day of the working calendar")
        working, until = self._laid
        return working if day.toordinal() <= until else self._lay(day.year + AHEAD)[0]

    def working_days_until(self, day: date) -> int:
        """Number of working days from the start of the table up to and including ``day``."""
        return bisect_right(self._reach(day), day.toordinal())

    def nth_working_day(self, n: int) -> date:
        """The ``n``-th working day of the table (1-based).

        Raises:
            ValueError: outside the table.
        """
        working, until = self._laid
        while n > len(working):
            if until == date.max.toordinal():
                raise ValueError("that lies beyond the end of the calendar")
            # A working day is at least every few days: reach far enough at once.
            years = (n - len(working)) // 200 + AHEAD
            working, until = self._lay(date.fromordinal(until).year + years)
        if n < 1:
            raise ValueError(f"that lies before {FIRST_DAY}, the first day of the working calendar")
        return date.fromordinal(working[n - 1])

    def add_working_days(self, day: date, n: int) -> date:
        """The ``n``-th working day after ``day``, which is itself not counted (Civil Code, art. 201); before it for n < 0.

        Raises:
            ValueError: ``n`` is 0, or the calendar ends before.
        """
        if n == 0:
            raise ValueError("no working days to add")
        if n > 0:
            return self.nth_working_day(self.working_days_until(day) + n)
        return self.nth_working_day(bisect_left(self._reach(day), day.toordinal()) + 1 + n)

    def working_days_between(self, a: date, b: date) -> int:
        """Working days after ``a`` up to and including ``b``; negative when ``b`` is earlier."""
        return self.working_days_until(b) - self.working_days_until(a)

    # --- hours --------------------------------------------------------------------------------------------------------

    def position(self, at: datetime) -> int:
        """Working seconds from the start of the table to ``at`` (parts of a second do not count).

        Raises:
            ValueError: ``at`` has no zone, or lies before the table.
        """
        if at.tzinfo is None:
            raise ValueError("the working calendar needs aware datetimes")
        local = at.astimezone(SHANGHAI)
        ordinal = local.toordinal()
        working = self._reach(local.date())
        index = bisect_left(working, ordinal)
        total = index * self.seconds_a_day
        if index < len(working) and working[index] == ordinal:
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

    def add_working_hours(self, at: datetime, hours: Decimal | int) -> datetime:
        """The earliest moment that lies ``hours`` working hours after ``at``."""
        return self.add_working_seconds(at, int((Decimal(hours) * 3600).to_integral_value()))

    def close_of_business(self, day: date) -> datetime:
        """When the office closes on ``day``."""
        return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(seconds=self.hours[-1][1])
