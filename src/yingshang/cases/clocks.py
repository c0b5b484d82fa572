"""The promises of a case: starting, pausing, extending, stopping and recomputing clocks, with their ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import calendar, statements
from yingshang.cases import promises
from yingshang.cases.errors import Conflict, Invalid
from yingshang.cases.models import Case, Clock, ClockEntry, Promise, Task
from yingshang.processes import clocks as rules

K = ClockEntry.Kind
S = Clock.State


def _live_where(field: str, kind: object) -> statements.Prepared[Clock]:
    paused = ClockEntry.objects.filter(clock=OuterRef("pk"), kind=K.PAUSED).order_by("-id").values("at")[:1]
    return statements.Prepared(
        lambda value: (
            Clock.objects.filter(state__in=[S.RUNNING, S.PAUSED], **{field: value})
            .annotate(paused_at=Subquery(paused))
            .order_by("id")
        ),
        kind,
    )


#: Asked with the lock of a case, see :func:`live`.
LIVE, LIVE_OF_NUMBER = _live_where("case", -1), _live_where("case__number", "‹number›")


def live(case: Case) -> list[Clock]:
    """The running and paused clocks, oldest first; inside an action read once, and kept in step by what is below."""
    held = statements.memo()
    if held is None:
        return LIVE(case.pk)
    key = ("clocks", case.pk)
    if key not in held:
        held[key] = LIVE(case.pk)
    found: list[Clock] = held[key]
    return found


def begin(case: Case, known: list[Promise]) -> None:
    """Say that the case was only just made, and what is promised to it, so that nobody looks for its clocks."""
    held = statements.memo()
    if held is not None:
        held["clocks", case.pk] = []
    promises.keep(case, known)


def _ticks(case: Case, clock: Clock) -> None:
    held = statements.memo()
    if held is not None and clock not in (known := live(case)):
        known.append(clock)


def _compute(clock: Clock, entries: Iterable[ClockEntry]) -> None:
    """Set ``due_at`` and the notes from the promise, the pauses in the ledger and the extension."""
    pauses: list[tuple[datetime, datetime | None]] = []
    for e in entries:
        if e.kind in (K.PAUSED, K.STOPPED):
            # A stopped clock that is revived did not count in between, like a paused one.
            if not pauses or pauses[-1][1] is not None:
                pauses.append((e.at, None))
        elif e.kind == K.RESUMED and pauses and pauses[-1][1] is None:
            pauses[-1] = (pauses[-1][0], e.at)
    due = rules.compute(
        rules.Promise(clock.amount, clock.basis),
        started=clock.started_at,
        pauses=pauses,
        extension=clock.extension,
        calendar=calendar.load(),
    )
    clock.due_at = due.at
    clock.note, clock.note_en = due.note_zh[:200], due.note_en[:200]


def _enter(clock: Clock, kind: str, at: datetime, reason: str = "") -> None:
    statements.insert_row_later(
        ClockEntry, clock_id=clock.pk, kind=kind, at=at, due_at=clock.due_at, reason=reason[:200]
    )


def start(case: Case, code: str, *, at: datetime | None = None) -> Clock | None:
    """Start the clock of promise ``code`` unless one is running; None when the scenario makes no such promise."""
    if any(clock.code == code for clock in live(case)):
        return None
    promise = promises.in_force(case.scenario, code, case.category_id)
    if promise is None:
        return None
    clock = Clock(
        case=case,
        code=code,
        name=promise.name,
        name_en=promise.name_en,
        amount=promise.amount,
        basis=promise.basis,
        started_at=at or timekeeping.now(),
    )
    return _set_going(case, clock, tasks=False)


def start_for(case: Case, code: str, amount: Decimal, basis: str, *, name: str, name_en: str = "") -> Clock:
    """Start a clock whose promise is the case's own, not its scenario's: so many days for this item of a project.

    The caller holds the case and saves it. One of the same code that runs already goes on if it promises the same; else
    it gives way.
    """
    if running := next((c for c in live(case) if c.code == code), None):
        if (running.amount, running.basis) == (amount, basis):
            return running
        stop(case, [code], cancel=True)
    clock = Clock(
        case=case,
        code=code,
        name=name[:80],
        name_en=name_en[:120],
        amount=amount,
        basis=basis,
        started_at=timekeeping.now(),
    )
    return _set_going(case, clock)


def start_given(case: Case, code: str, due: datetime, *, name: str, name_en: str = "", note: str = "") -> Clock:
    """Start a clock whose due time another system gave: calendar hours back from ``due``, in steps of 36 seconds.

    A clock's amount has two decimals, so it starts up to 36 seconds after the case was opened; its due time is exact.

    Raises:
        Invalid: due before the case was opened, or further away than a clock can hold.
    """
    # In one zone without summer time: subtracting hours is then the same by the wall and by the clock.
    due = due.astimezone(timekeeping.SHANGHAI)
    hours = Decimal(int((due - case.opened_at).total_seconds()) // 36) / 100
    if not 0 < hours < 100_000:
        raise Invalid(_("时限应晚于受理时间。"), fields={"due": _("应晚于受理时间")})
    clock = Clock(
        case=case,
        code=code,
        name=name,
        name_en=name_en,
        amount=hours,
        basis=Promise.Basis.CALENDAR_HOURS,
        started_at=due - timedelta(seconds=int(hours * 3600)),
    )
    return _set_going(case, clock, note)


def _set_going(case: Case, clock: Clock, note: str = "", *, tasks: bool = True) -> Clock:
    _compute(clock, [])
    _ticks(case, clock)
    clock.pk = statements.take_id(Clock)
    statements.insert_later(clock)
    _enter(clock, K.STARTED, clock.started_at, note)
    _reflect(case, clock, tasks=tasks)
    return clock


def stop(case: Case, codes: Iterable[str], *, at: datetime | None = None, cancel: bool = False) -> list[Clock]:
    """Stop the running clocks of these codes: met or late by their due time, or cancelled."""
    at = at or timekeeping.now()
    wanted, running = set(codes), live(case)
    stopped = [clock for clock in running if clock.code in wanted]
    for clock in stopped:
        running.remove(clock)
        # What was done before the pause was done in time or not; the pause itself does not count.
        counted_to = (getattr(clock, "paused_at", None) or at) if clock.state == S.PAUSED else at
        clock.state = S.CANCELLED if cancel else (S.MET if counted_to <= clock.due_at else S.LATE)
        clock.stopped_at = at
        statements.update_later(clock, "state", "stopped_at")
        _enter(clock, K.STOPPED, at)
    return stopped


def stop_all(case: Case, *, cancel: bool) -> None:
    stop(case, [clock.code for clock in live(case)], cancel=cancel)


def pause(case: Case, reason: str) -> None:
    """Pause the running clocks while the enterprise has the word (supplement, confirmation); the ledger says so."""
    now = timekeeping.now()
    for clock in live(case):
        if clock.state == S.RUNNING and clock.code != FIRST_CONTACT:
            clock.state, clock.paused_at = S.PAUSED, now  # type: ignore[attr-defined]
            statements.update_later(clock, "state")
            _enter(clock, K.PAUSED, now, reason)


def rest(case: Case) -> None:
    """Nothing but the first call is due of a paused case: no list shows it as late while somebody else has the word.

    :func:`resume` brings the due times back.
    """
    if any(c.code == RESOLVE and c.state == S.PAUSED for c in live(case)):
        case.due_at = None
        _tell_tasks(case)


def resume(case: Case, reason: str) -> None:
    """Resume the paused clocks; the due time moves by the time that did not count."""
    now = timekeeping.now()
    for clock in live(case):
        if clock.state != S.PAUSED:
            continue
        clock.state = S.RUNNING
        entries = [*clock.entries.all(), ClockEntry(kind=K.RESUMED, at=now)]
        _compute(clock, entries)
        statements.update_later(clock, "state", "due_at", "note", "note_en")
        _enter(clock, K.RESUMED, now, reason)
        _reflect(case, clock)


def revive(case: Case, code: str, reason: str) -> Clock | None:
    """Let the stopped clock of a reopened case run on from where it stood; its history is kept."""
    clock = (
        Clock.objects.filter(case=case, code=code, state__in=[S.MET, S.LATE])
        .order_by("-id")
        .prefetch_related("entries")
        .first()
    )
    if clock is None:
        return start(case, code)
    now = timekeeping.now()
    clock.state, clock.stopped_at = S.RUNNING, None
    _compute(clock, [*clock.entries.all(), ClockEntry(kind=K.RESUMED, at=now)])
    _ticks(case, clock)
    statements.update_later(clock, "state", "stopped_at", "due_at", "note", "note_en")
    _enter(clock, K.RESUMED, now, reason)
    _reflect(case, clock)
    return clock


def promise_anew(case: Case, clock: Clock, promise: Promise, reason: str) -> None:
    """Let a live clock keep another promise from its start on, with the same pauses; a broken one stays broken."""
    now = timekeeping.now()
    late = clock.state == S.RUNNING and clock.due_at < now
    if late or (clock.amount, clock.basis) == (promise.amount, promise.basis):
        return
    clock.amount, clock.basis, clock.name, clock.name_en = promise.amount, promise.basis, promise.name, promise.name_en
    _compute(clock, clock.entries.all())
    statements.update_later(clock, "amount", "basis", "name", "name_en", "due_at", "note", "note_en")
    _enter(clock, K.PROMISED, now, reason)
    _reflect(case, clock)


def extend(case: Case, code: str, amount: Decimal, reason: str) -> Clock:
    """Extend a clock once, with a reason.

    Raises:
        Invalid: no reason, or an amount that is not positive.
        Conflict: no such running clock, it was extended before, or it is late already.
    """
    if not reason.strip():
        raise Invalid(_("延期须写明理由。"), fields={"reason": _("请写明延期理由")})
    if amount <= 0:
        raise Invalid(_("延长的时间应大于 0。"), fields={"amount": _("应大于 0")})
    clock = next((c for c in live(case) if c.code == code and c.state == S.RUNNING), None)
    if clock is None:
        raise Conflict(_("这个时限没有在计时,无需延期。"))
    if clock.extension:
        raise Conflict(_("时限只能延长一次,此前已延长。可以提请督办或提级协调。"))
    # A broken promise is not made a kept one afterwards.
    if clock.due_at < timekeeping.now():
        raise Conflict(_("时限已过,不能再延期。可以提请督办或提级协调。"))
    clock.extension = amount
    _compute(clock, clock.entries.all())
    statements.update_later(clock, "extension", "due_at", "note", "note_en")
    _enter(clock, K.EXTENDED, timekeeping.now(), reason)
    _reflect(case, clock)
    return clock


def _reflect(case: Case, clock: Clock, *, tasks: bool = True) -> None:
    """Keep the due times that lists sort by in step with the clock that governs them."""
    if clock.code == RESOLVE:
        case.due_at = clock.due_at
        if clock.due_at > timekeeping.now():
            case.overdue = False
    if tasks:
        _tell_tasks(case)


def _tell_tasks(case: Case) -> None:
    due = task_due(case)
    Task.objects.filter(case=case, status=Task.State.OPEN, kind=Task.Kind.STEP).update(due_at=due)


def task_due(case: Case) -> datetime | None:
    """The due time of the case's current step: the first call while it is outstanding, else the case's own."""
    if case.first_contact_at is None:
        for clock in live(case):
            if clock.code == FIRST_CONTACT and clock.state == S.RUNNING:
                return clock.due_at
    return case.due_at


#: The clock that governs the case's own deadline, and the one of the first call to the enterprise.
RESOLVE, FIRST_CONTACT, ESCALATION = "resolve", "first_contact", "escalation"


#: Clocks recomputed in one transaction: actions wait for as long as it takes.
BATCH = 500


def recompute_all() -> int:
    """Recompute every running clock after the calendar was edited; return how many due times moved.

    A batch is one transaction, so a run that was broken off is simply run again.
    """
    calendar.load(fresh=True)
    moved = 0
    running = Clock.objects.filter(state=S.RUNNING).order_by("case_id", "id").values_list("case_id", flat=True)
    last = -1
    while batch := list(running.filter(case_id__gt=last).distinct()[:BATCH]):
        moved += _recompute(batch)
        last = batch[-1]
    return moved


@transaction.atomic
def _recompute(cases: list[int]) -> int:
    # The cases first, as every action does: the other way round the two would block each other.
    locked = {c.pk: c for c in Case.objects.select_for_update(no_key=True).filter(pk__in=cases).order_by("pk")}
    moved = 0
    for clock in Clock.objects.filter(case__in=locked, state=S.RUNNING).prefetch_related("entries").order_by("id"):
        case, before = locked[clock.case_id], clock.due_at
        _compute(clock, clock.entries.all())
        if clock.due_at == before:
            continue
        moved += 1
        clock.save(update_fields=["due_at", "note", "note_en"])
        _enter(clock, K.RECOMPUTED, timekeeping.now(), _("工作日历有调整"))
        _reflect(case, clock)
        case.save(update_fields=["due_at", "overdue"])
    return moved
