"""Background jobs of rules; each is idempotent, so a job that is run twice changes nothing the second time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db import transaction
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from yingshang.accounts.models import Person
from yingshang.rules import deltas, exporting, runs
from yingshang.rules.models import Change, PopulationRun, ResultExport


class _Later(BaseRetryStrategy):
    """Try again in some seconds while another run is under way."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        return RetryDecision(retry_in={"seconds": 5}) if isinstance(exception, runs.Busy) else None


def start(on: date | None = None, only: Collection[str] = (), by: Person | None = None) -> PopulationRun:
    """Queue a full run; its row tells how far it is."""
    with transaction.atomic():
        record = runs.queued(on, only, by)
        transaction.on_commit(lambda: run.defer(run_id=record.pk))
    return record


@app.task(queue="default", name="rules.run", retry=_Later())
def run(run_id: int) -> None:
    """Do a run that was queued."""
    record = PopulationRun.objects.get(pk=run_id)
    if record.state != PopulationRun.State.DONE:
        runs.run(record=record)


@app.task(queue="default", name="rules.export")
def export(export_id: int) -> None:
    """Write a list that was asked for."""
    asked = ResultExport.objects.select_related("model").filter(pk=export_id).first()
    if asked is not None and asked.state != PopulationRun.State.DONE:
        exporting.work(asked)


@app.periodic(cron="10 2 * * *")
@app.task(queue="default", name="rules.nightly", queueing_lock="rules.nightly", pass_context=False)
def nightly(timestamp: int) -> int:
    """Every night: all rules over all businesses, for ages and periods move with the day; old exports go."""
    exporting.prune()
    return int(start().pk)


@app.periodic(cron="* * * * *")
@app.task(queue="default", name="rules.follow", queueing_lock="rules.follow", retry=_Later(), pass_context=False)
def follow(timestamp: int) -> None:
    """Every minute: evaluate what changed, and rules that came into force and that nobody evaluated yet."""
    waiting = PopulationRun.objects.filter(
        kind=PopulationRun.Kind.FULL, state__in=(PopulationRun.State.QUEUED, PopulationRun.State.RUNNING)
    )
    if waiting.exists():
        return
    fresh = runs.due()
    if fresh:
        # A run of all rules settles the changes that were noted, one of some leaves them.
        first = not PopulationRun.objects.filter(kind=PopulationRun.Kind.FULL, state=PopulationRun.State.DONE).exists()
        start(only=() if first else fresh)
    elif Change.objects.exists():
        deltas.recompute()
