"""The district's working calendar out of the database, cached until someone edits it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import CalendarDay, Person
from yingshang.processes.calendar import WorkCalendar

_cache: tuple[object, WorkCalendar] | None = None
#: Touched by every edit: looking at it costs the other processes of the machine next to nothing.
_MARK = Path(settings.HOME) / "calendar.edited"
_seen = 0


def _stamp() -> object:
    return CalendarDay.objects.aggregate(edited=Max("edited_at"), last=Max("day"))[
        "edited"
    ], CalendarDay.objects.count()


def _marked() -> int:
    try:
        return _MARK.stat().st_mtime_ns
    except OSError:
        return 0


def _note_edit() -> None:
    _MARK.parent.mkdir(parents=True, exist_ok=True)
    _MARK.touch()


def load(*, fresh: bool = False) -> WorkCalendar:
    """Return the calendar, as it was when a process of this machine edited it last; ``fresh`` asks the database itself."""
    global _cache, _seen
    if (marked := _marked()) != _seen:
        _seen, fresh = marked, True
    if _cache is None or fresh:
        stamp = _stamp()
        if _cache is None or _cache[0] != stamp:
            days = {d.day: d.working for d in CalendarDay.objects.all()}
            _cache = (stamp, WorkCalendar(days))
    return _cache[1]


def install() -> int:
    """Fill an empty table from the State Council arrangement that ``chinesecalendar`` carries; return the rows added."""
    if CalendarDay.objects.exists():
        return 0
    rows = [CalendarDay(day=day, working=working, note=note) for day, working, note in WorkCalendar.arranged_rows()]
    return len(CalendarDay.objects.bulk_create(rows, ignore_conflicts=True, batch_size=4000))


@transaction.atomic
def edit(day: date, working: bool, note: str, actor: Person) -> CalendarDay:
    """Set one day; the caller recomputes the running clocks (``cases.clocks.recompute_all``)."""
    row, _ = CalendarDay.objects.update_or_create(
        day=day,
        defaults={"working": working, "note": note, "edited_by": actor, "edited_at": timekeeping.now()},
    )
    transaction.on_commit(_note_edit)
    audit.record(actor, "calendar.edit", "calendar_day", day.isoformat(), working=working, note=note)
    return row
