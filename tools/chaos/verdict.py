"""What the database says after the storm."""

from collections import Counter
from collections.abc import Iterator, Sequence

# What a case passes through, each exactly once. The dispatch is missing where routing sent it to a unit by itself.
ONCE = ("opened", "signed", "contacted", "answered", "confirmed")
AT_MOST_ONCE = ("dispatched", "closed")
# A clock may be stopped, late, by the step it waited for before the sweeper's next round; not much later, though. The
# sweeper and the database may both be starting again then.
ROUND_SECONDS = 30


def find(numbers: Sequence[str]) -> list[str]:
    """Return everything that is wrong, a sentence each."""
    return [*_cases(numbers), *_events(), *_tasks(), *_processes(), *_clocks(), *_jobs(), *_audit()]


def counts() -> dict[str, int]:
    """Return how much there was to get wrong."""
    from yingshang.cases.models import Case, Clock, ClockEntry, Event, Task

    return {
        "closed": Case.objects.filter(status="closed", solved=True).count(),
        "events": Event.objects.count(),
        "tasks": Task.objects.count(),
        "clocks": Clock.objects.count(),
        "fired": ClockEntry.objects.filter(kind="fired").count(),
    }


def _cases(numbers: Sequence[str]) -> Iterator[str]:
    from yingshang.cases.models import Case

    for number, times in Counter(numbers).items():
        if times > 1:
            yield f"{number}: answered to {times} different openings"
    held = {c.number: c for c in Case.objects.all()}
    yield from (f"{n}: lost" for n in numbers if n not in held)
    yield from (f"{n}: opened twice, nobody asked for it" for n in held if n not in set(numbers))
    for case in held.values():
        if (case.status, case.solved) != ("closed", True):
            yield f"{case.number}: stuck in {case.status} (solved: {case.solved})"


def _events() -> Iterator[str]:
    from yingshang.cases.models import Case

    for case in Case.objects.prefetch_related("events").iterator(chunk_size=500):
        events = list(case.events.all())
        if [e.seq for e in events] != list(range(1, len(events) + 1)) or case.events_count != len(events):
            yield f"{case.number}: events are not numbered without gaps"
        kinds = Counter(e.kind for e in events)
        yield from (f"{case.number}: '{k}' happened {kinds[k]} times" for k in ONCE if kinds[k] != 1)
        yield from (f"{case.number}: '{k}' happened {kinds[k]} times" for k in AT_MOST_ONCE if kinds[k] > 1)


def _tasks() -> Iterator[str]:
    from django.db.models import Count

    from yingshang.cases.models import Task

    steps = Task.objects.filter(kind="step")
    for row in (
        steps.filter(status="done").values("case__number", "run", "step").annotate(n=Count("id")).filter(n__gt=1)
    ):
        yield f"{row['case__number']}: step {row['step']} was done {row['n']} times"
    yield from (
        f"{t.case.number}: step {t.step} is still open" for t in steps.filter(status="open").select_related("case")
    )


def _processes() -> Iterator[str]:
    from yingshang.cases import engine
    from yingshang.cases.models import Case

    for case in Case.objects.select_related("procedure").iterator(chunk_size=500):
        _, instance = engine.load(case)
        if not instance.ended:
            yield f"{case.number}: the diagram has not ended, waits at {[t.step for t in instance.tasks()]}"


def _clocks() -> Iterator[str]:
    from yingshang import timekeeping
    from yingshang.cases.models import Clock

    now = timekeeping.now()
    for clock in Clock.objects.select_related("case").prefetch_related("entries"):
        fired = [e for e in clock.entries.all() if e.kind == "fired"]
        label = f"{clock.case.number} {clock.code}"
        if len(fired) > 1:
            yield f"{label}: fired {len(fired)} times"
        if bool(fired) != (clock.fired_at is not None):
            yield f"{label}: ledger and clock disagree on whether it fired"
        yield from (f"{label}: fired before it was due" for e in fired if e.due_at and e.at < e.due_at)
        if fired:
            continue
        over = ((clock.stopped_at or now) - clock.due_at).total_seconds()
        if clock.state == "running" and over > 0:
            yield f"{label}: fell due and never fired"
        if clock.state == "late" and over > ROUND_SECONDS:
            yield f"{label}: was {over:.0f} s overdue when it was stopped, and had not fired"


def _jobs() -> Iterator[str]:
    from procrastinate.contrib.django.models import ProcrastinateJob

    for job in ProcrastinateJob.objects.filter(status__in=["failed", "aborted", "doing"]):
        yield f"job {job.pk} ({job.task_name}) is {job.status}"


def _audit() -> Iterator[str]:
    from yingshang.accounts import audit

    yield from (f"audit chain: {problem}" for problem in audit.verify().problems)
