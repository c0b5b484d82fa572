"""Times as logs write them, as whole microseconds since 1970 UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from yingshang import timekeeping

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST_KNOWN = 200_000
#: Between these a time can be told in every zone.
EARLIEST = datetime(1, 1, 3, tzinfo=UTC)
LATEST = datetime(9999, 12, 29, tzinfo=UTC)
_MIDNIGHT = re.compile(r"T24:00(:00(\.0+)?)?(?=$|[Zz+-])")


class Moments:
    """Reads ``2014-04-11T00:00:00+02:00`` and the like; the same text is read once.

    A time without a zone is taken to be that of Shanghai: that is where a log of this country was written.
    """

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        #: Whether any of them had no zone.
        self.any_local = False

    def read(self, text: str) -> int:
        """The moment.

        Raises:
            ValueError: the text is no date and time of ISO 8601, or none between the years 1 and 9999.
        """
        found = self._known.get(text)
        if found is None:
            found, local = _read(text.strip())
            self.any_local |= local
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[text] = found
        return found


def _read(text: str) -> tuple[int, bool]:
    day, end = _MIDNIGHT.subn("T00:00:00", text)
    when = datetime.fromisoformat(day)
    local = when.tzinfo is None
    when = when.replace(tzinfo=timekeeping.SHANGHAI) if local else when
    if not EARLIEST <= when <= LATEST:
        raise ValueError(text)
    return of(when + timedelta(days=end)), local


def of(at: datetime) -> int:
    """The microseconds of a time."""
    return ((at if at.tzinfo else at.replace(tzinfo=timekeeping.SHANGHAI)) - EPOCH) // _MICROSECOND


def at(moment: int) -> datetime:
    """The time of these microseconds, in Shanghai."""
    return (EPOCH + timedelta(microseconds=moment)).astimezone(timekeeping.SHANGHAI)


def text(moment: int) -> str:
    """The time as the standard writes it; microseconds only where there are any."""
    told = at(moment)
    return told.isoformat(timespec="microseconds" if told.microsecond % 1000 else "milliseconds")
