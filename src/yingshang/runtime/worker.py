"""The job worker: procrastinate's, with a heartbeat for ``/healthz`` and a second chance for jobs of a worker that died.

Run as ``python -m yingshang.runtime.worker``. Jobs are idempotent, so running one again after its worker was killed half
way is safe.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

BEAT_SECONDS = 5.0
# A worker that has not shown itself to the queue for this long is dead, and its jobs are taken up again.
DEAD_AFTER_SECONDS = 15.0
# A job during which the worker died this often is not tried again: it is likely what kills it.
MOST_ATTEMPTS = 5
CONCURRENCY = 4

log = logging.getLogger("yingshang.worker")


def main() -> None:
    """Work until SIGTERM or SIGINT; ends with an error when the database goes away (the supervisor starts it anew)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yingshang.settings")
    # Until the queue has set up its own way to end: who is told so early has nothing to finish.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    django.setup()
    asyncio.run(_work())


async def _work() -> None:
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    from yingshang.cases.warming import warm_in_background
    from yingshang.runtime.registration import LastingManager

    warm_in_background()
    assert isinstance(app.connector, DjangoConnector)
    with app.replace_connector(app.connector.get_worker_connector()) as working:
        async with working.open_async():
            working.job_manager = LastingManager(working.connector)
            side: asyncio.Future[Any] = asyncio.gather(_beat(), _rescue(working))
            worker: asyncio.Future[Any] = asyncio.create_task(
                working.run_worker_async(
                    concurrency=CONCURRENCY,
                    delete_jobs="successful",
                    update_heartbeat_interval=BEAT_SECONDS,
                    stalled_worker_timeout=DEAD_AFTER_SECONDS,
                    fetch_job_polling_interval=2.0,
                    shutdown_graceful_timeout=20.0,
                    task_middleware=[_with_live_connection],
                )
            )
            # Whichever ends first ends both: a worker without a heartbeat would look dead, and the reverse alive.
            done, _ = await asyncio.wait({side, worker}, return_when=asyncio.FIRST_COMPLETED)
            if worker not in done:
                worker.cancel()
            side.cancel()
            await asyncio.gather(side, worker, return_exceptions=True)
            for task in done:
                task.result()


async def _beat() -> None:
    from asgiref.sync import sync_to_async

    from yingshang.cases import sweep

    @sync_to_async
    def beat() -> None:
        from django.db import close_old_connections

        close_old_connections()
        sweep.beat("worker")

    while True:
        await beat()
        await asyncio.sleep(BEAT_SECONDS)


async def _rescue(app: Any) -> None:
    """Take up the jobs whose worker died without finishing them."""
    from procrastinate.jobs import Status

    manager = app.job_manager
    while True:
        await manager.prune_stalled_workers(seconds_since_heartbeat=DEAD_AFTER_SECONDS)
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS):
            if job.attempts >= MOST_ATTEMPTS:
                log.error("job %s (%s) failed: its worker died %d times", job.id, job.task_name, job.attempts)
                await manager.finish_job(job, status=Status.FAILED, delete_job=False)
            else:
                log.warning("job %s (%s) is taken up again: its worker died", job.id, job.task_name)
                await manager.retry_job(job)
        await asyncio.sleep(BEAT_SECONDS)


def _with_live_connection(call: Callable[[], Any], context: Any, worker: Any) -> Any:
    """Give each job a connection that works: the server may have been restarted since the last one."""
    from django.db import close_old_connections

    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()


if __name__ == "__main__":
    main()
