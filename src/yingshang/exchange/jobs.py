"""Background jobs of the exchange; each is idempotent, so a job that runs twice changes nothing the second time."""

from __future__ import annotations

import contextlib
from pathlib import Path

from django.conf import settings
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from yingshang import timekeeping
from yingshang.exchange import eventlogs, imports, posting, webhooks
from yingshang.exchange.models import Delivery, EventLog, ImportRun


class _Backoff(BaseRetryStrategy):
    """Wait twice as long after each failed try; give up after :data:`webhooks.TRIES`."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, posting.Undelivered) and job.attempts < webhooks.TRIES:
            return RetryDecision(retry_in={"seconds": webhooks.FIRST_WAIT * 2**job.attempts})
        return None


@app.periodic(cron="* * * * * */5")
@app.task(queue="default", name="exchange.walk", queueing_lock="exchange.walk", pass_context=False)
def walk(timestamp: int) -> int:
    """Every few seconds: note what is to be told to whom, and hand each delivery to a job of its own."""
    made = webhooks.walk()
    for delivery_id in made:
        deliver.defer(delivery_id=delivery_id)
    return len(made)


@app.task(queue="default", name="exchange.deliver", retry=_Backoff())
def deliver(delivery_id: int) -> None:
    """Tell one subscriber of one event."""
    webhooks.deliver(delivery_id)


@app.periodic(cron="17 * * * *")
@app.task(queue="default", name="exchange.resume", queueing_lock="exchange.resume", pass_context=False)
def resume(timestamp: int) -> int:
    """Once an hour: take up deliveries whose job was lost, e.g. between noting and handing over."""
    waiting = Delivery.objects.filter(delivered_at__isnull=True, attempts__lt=webhooks.TRIES, webhook__active=True)
    ids = list(waiting.order_by("id").values_list("id", flat=True)[:1000])
    for delivery_id in ids:
        deliver.configure(queueing_lock=f"deliver:{delivery_id}").defer(delivery_id=delivery_id)
    return len(ids)


def held_file(run: ImportRun) -> Path:
    """Where the file of an import waits for its job."""
    return Path(settings.HOME) / "imports" / f"{run.pk}-{run.sha256[:16]}"


@app.task(queue="default", name="exchange.import_demands")
def import_demands(run_id: int) -> None:
    """Bring in a file that was handed in on a page or through the API; the file is thrown away when it is done."""
    run = ImportRun.objects.select_related("by").get(pk=run_id)
    path = held_file(run)
    if run.state == ImportRun.State.DONE or not path.exists():
        if run.state == ImportRun.State.RUNNING:
            ImportRun.objects.filter(pk=run.pk).update(
                state=ImportRun.State.FAILED,
                error="文件已不在,请重新上传",
                error_en="the file is gone: upload it again",
                finished_at=timekeeping.now(),
            )
        return
    # A bad file: the run says what is wrong with it; trying again would not mend it.
    with contextlib.suppress(imports.BadFile):
        imports.work(run, path)
    path.unlink(missing_ok=True)


@app.task(queue="default", name="exchange.read_event_log")
def read_event_log(log_id: int) -> None:
    """Read an event log that was handed in; one that was removed meanwhile is nobody's business any more."""
    log = EventLog.objects.filter(pk=log_id).first()
    if log is not None:
        eventlogs.work(log)
