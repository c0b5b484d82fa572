"""Dates, times and durations of FEEL (DMN 1.5, 10.3.2.3.4 to 10.3.2.3.8).

Python's own types end at the year 9999 and at microseconds, and know no time with a zone's name; these do not. Values
leave the library as Python's types where those can hold them exactly (:func:`yingshang.decisions.values.to_python`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

SECOND = 1_000_000_000
DAY_SECONDS = 86_400
DAY = DAY_SECONDS * SECOND
MOST_YEAR = 999_999_999

#: A zone is none, an offset from UTC in seconds, or the IANA name of a zone.
Zone = None | int | str


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def ordinal_of(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar."""
    y = year - (month <= 2)
    era = y // 400
    year_of_era = y - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def civil_of(ordinal: int) -> tuple[int, int, int]:
    """Year, month, day of the days since 1970-01-01."""
    z = ordinal + 719_468
    era = z // 146_097
    doe = z - era * 146_097
    yoe = (doe - doe // 1460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + (3 if mp < 10 else -9)
    return yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) // 5 + 1


@dataclass(frozen=True, slots=True, order=True)
class Date:
    """A day of the proleptic Gregorian calendar, years -999,999,999 to 999,999,999."""

    year: int
    month: int
    day: int

    @staticmethod
    def make(year: int, month: int, day: int) -> Date | None:
        """The day, or None where the calendar has none."""
        if abs(year) > MOST_YEAR or not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month):
            return None
        return Date(year, month, day)

    @staticmethod
    def from_ordinal(ordinal: int) -> Date | None:
        year, month, day = civil_of(ordinal)
        return Date(year, month, day) if abs(year) <= MOST_YEAR else None

    @property
    def ordinal(self) -> int:
        return ordinal_of(self.year, self.month, self.day)

    @property
    def weekday(self) -> int:
        """1 Monday to 7 Sunday."""
        return (self.ordinal + 3) % 7 + 1

    def plus_months(self, months: int) -> Date | None:
        """The same day some months on, or the last of that month where it is shorter."""
        total = self.year * 12 + self.month - 1 + months
        year, month = divmod(total, 12)
        return Date.make(year, month + 1, min(self.day, days_in_month(year, month + 1)))

    def __str__(self) -> str:
        sign = "-" if self.year < 0 else ""
        return f"{sign}{abs(self.year):04d}-{self.month:02d}-{self.day:02d}"


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day: nanoseconds since midnight, and a zone. FEEL compares times by whole seconds."""

    nanos: int
    zone: Zone = None

    @property
    def hour(self) -> int:
        return self.nanos // (3600 * SECOND)

    @property
    def minute(self) -> int:
        return self.nanos // (60 * SECOND) % 60

    @property
    def second(self) -> int:
        return self.nanos // SECOND % 60

    @property
    def offset(self) -> int | None:
        """Seconds east of UTC; a named zone has its standard time, for a time has no date."""
        return self.zone if not isinstance(self.zone, str) else standard_offset(self.zone)

    @property
    def key(self) -> int:
        """What the order goes by: whole seconds, in UTC where there is a zone."""
        return self.nanos // SECOND - (self.offset or 0)

    def __str__(self) -> str:
        fraction = self.nanos % SECOND
        tail = f".{fraction:09d}".rstrip("0") if fraction else ""
        return f"{self.hour:02d}:{self.minute:02d}:{self.second:02d}{tail}{zone_text(self.zone)}"


@dataclass(frozen=True, slots=True)
class DateTime:
    """A date and a time of day."""

    date: Date
    time: Time

    @property
    def offset(self) -> int | None:
        zone = self.time.zone
        if not isinstance(zone, str):
            return zone
        return offset_of(zone, self.date.ordinal * DAY_SECONDS + self.time.nanos // SECOND)

    @property
    def instant(self) -> int:
        """Nanoseconds since 1970-01-01T00:00, in UTC where there is a zone."""
        return self.date.ordinal * DAY + self.time.nanos - (self.offset or 0) * SECOND

    @property
    def key(self) -> int:
        """What the order goes by: whole seconds (DMN 1.5, 10.3.2.3.6)."""
        return self.instant // SECOND

    def plus_nanos(self, nanos: int) -> DateTime | None:
        """That much later as time passes, also where the zone's offset changes in between (10.3.2.3.6)."""
        zone = self.time.zone
        if isinstance(zone, str):
            moment = self.instant + nanos
            local = moment + offset_at(zone, moment // SECOND) * SECOND
        else:
            local = self.date.ordinal * DAY + self.time.nanos + nanos
        days, rest = divmod(local, DAY)
        date = Date.from_ordinal(days)
        return DateTime(date, Time(rest, zone)) if date else None

    def plus_months(self, months: int) -> DateTime | None:
        date = self.date.plus_months(months)
        return DateTime(date, self.time) if date else None

    def __str__(self) -> str:
        return f"{self.date}T{self.time}"


@dataclass(frozen=True, slots=True, order=True)
class DaysDuration:
    """A *days and time duration*: exact nanoseconds."""

    nanos: int

    @property
    def parts(self) -> tuple[int, int, int, int, int]:
        """Days, hours, minutes, seconds and nanoseconds, all with the sign of the whole."""
        sign = -1 if self.nanos < 0 else 1
        rest = abs(self.nanos)
        days, rest = divmod(rest, DAY)
        hours, rest = divmod(rest, 3600 * SECOND)
        minutes, rest = divmod(rest, 60 * SECOND)
        seconds, nanos = divmod(rest, SECOND)
        return sign * days, sign * hours, sign * minutes, sign * seconds, sign * nanos

    def __str__(self) -> str:
        days, hours, minutes, seconds, nanos = (abs(p) for p in self.parts)
        if not self.nanos:
            return "PT0S"
        text = ("-" if self.nanos < 0 else "") + "P" + (f"{days}D" if days else "")
        if hours or minutes or seconds or nanos:
            fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
            text += "T" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
            text += f"{seconds}{fraction}S" if seconds or nanos else ""
        return text


@dataclass(frozen=True, slots=True, order=True)
class MonthsDuration:
    """A *years and months duration*."""

    months: int

    def __str__(self) -> str:
        years, months = divmod(abs(self.months), 12)
        if not self.months:
            return "P0M"
        sign = "-" if self.months < 0 else ""
        return sign + "P" + (f"{years}Y" if years else "") + (f"{months}M" if months else "")


def zone_text(zone: Zone) -> str:
    """The zone as it is written behind a time."""
    if zone is None:
        return ""
    if isinstance(zone, str):
        return f"@{zone}"
    if zone == 0:
        return "Z"
    hours, rest = divmod(abs(zone), 3600)
    minutes, seconds = divmod(rest, 60)
    tail = f":{seconds:02d}" if seconds else ""
    return f"{'-' if zone < 0 else '+'}{hours:02d}:{minutes:02d}{tail}"


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def offset_of(zone: str, local_seconds: int) -> int:
    """Seconds east of UTC in ``zone`` at a local time, given as seconds since 1970-01-01T00:00 local time.

    Beyond the years that Python knows, the rules of its last and first years apply.
    """
    return _seconds(_moment(local_seconds).replace(tzinfo=ZoneInfo(zone)))


#: A January and a July of a year whose rules are those of today.
_WINTER, _SUMMER = 1_704_067_200, 1_719_792_000


@lru_cache(maxsize=1024)
def standard_offset(zone: str) -> int:
    """Seconds east of UTC in ``zone`` without summer time, by the rules of today.

    Not by the earliest rules: London kept summer time throughout 1970. Nor by what calls itself standard: Ireland's law
    has standard time in summer, and the hour less in winter.
    """
    return min(offset_at(zone, _WINTER), offset_at(zone, _SUMMER))


def offset_at(zone: str, seconds: int) -> int:
    """Seconds east of UTC in ``zone`` at a moment, given as seconds since 1970-01-01T00:00 UTC."""
    return _seconds(_moment(seconds).astimezone(ZoneInfo(zone)))


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(min(max(seconds, -62_135_424_000), 253_402_128_000), UTC)


def _seconds(moment: datetime) -> int:
    offset = moment.utcoffset() or timedelta()
    return offset.days * DAY_SECONDS + offset.seconds


_DATE = re.compile(r"(-?)(\d{4}|[1-9]\d{4,8})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(
    r"(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:(Z|z)|([+-])(\d\d):(\d\d)(?::(\d\d))?|@([A-Za-z][\w+-]*(?:/[\w+-]+)*))?",
    re.ASCII,
)
_DAYS = re.compile(r"(-?)P(?:(\d+)D)?(T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?)?", re.ASCII)
_MONTHS = re.compile(r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?", re.ASCII)
#: Digits of a number in a duration; more are no duration that anything lasts.
_MOST_DIGITS = 18


def parse_date(text: str) -> Date | None:
    m = _DATE.fullmatch(text)
    if m is None:
        return None
    return Date.make(int(m[1] + m[2]), int(m[3]), int(m[4]))


def parse_time(text: str) -> Time | None:
    m = _TIME.fullmatch(text)
    if m is None:
        return None
    hour, minute, second = int(m[1]), int(m[2]), int(m[3])
    if hour > 23 or minute > 59 or second > 59:
        return None
    zone: Zone = None
    if m[5]:
        zone = 0
    elif m[6]:
        minutes, seconds = int(m[8]), int(m[9] or 0)
        zone = int(m[7]) * 3600 + minutes * 60 + seconds
        if zone > 18 * 3600 or minutes > 59 or seconds > 59:
            return None
        zone = -zone if m[6] == "-" else zone
    elif m[10]:
        if m[10] not in _zones():
            return None
        zone = m[10]
    nanos = int((m[4] or "0")[:9].ljust(9, "0"))
    return Time((hour * 3600 + minute * 60 + second) * SECOND + nanos, zone)


def parse_date_time(text: str) -> DateTime | None:
    """A date and time; a date alone is its midnight; ``24:00:00`` is the next day's."""
    day, separator, clock = text.partition("T")
    date = parse_date(day)
    if date is None or not separator:
        return DateTime(date, Time(0)) if date and not separator else None
    if clock.startswith("24:00:00"):
        time = parse_time("00" + clock[2:])
        following = Date.from_ordinal(date.ordinal + 1)
        return DateTime(following, time) if time and following and time.nanos == 0 else None
    time = parse_time(clock)
    return DateTime(date, time) if time else None


def parse_duration(text: str) -> DaysDuration | MonthsDuration | None:
    """Either kind of duration; ISO 8601 without weeks, and without years beside days."""
    m = _DAYS.fullmatch(text)
    if m and (m[2] or m[3]) and m[3] != "T":
        if any(len(g or "") > _MOST_DIGITS for g in (m[2], m[4], m[5], m[6])):
            return None
        seconds = (int(m[2] or 0) * 24 + int(m[4] or 0)) * 3600 + int(m[5] or 0) * 60 + int(m[6] or 0)
        nanos = seconds * SECOND + int((m[7] or "0")[:9].ljust(9, "0"))
        return DaysDuration(-nanos if m[1] else nanos)
    m = _MONTHS.fullmatch(text)
    if m and (m[2] or m[3]) and all(len(g or "") <= _MOST_DIGITS for g in (m[2], m[3])):
        months = int(m[2] or 0) * 12 + int(m[3] or 0)
        return MonthsDuration(-months if m[1] else months)
    return None
