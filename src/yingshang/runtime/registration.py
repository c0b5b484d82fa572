"""The queue as a worker sees it that is not crossed off its list for good.

While a machine stands still, a worker's sign of life grows old, and whoever looks at the list (another worker, or the same
one as it wakes) strikes it off; its jobs are then nobody's, and the next job it takes names a worker that is not there.
This one enters itself again, under its number, with the jobs it has in hand.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.manager import JobManager

log = logging.getLogger("yingshang.worker")

# The jobs in hand are struck off with their worker: nobody else may have taken them up in between.
_SHOW_ITSELF = """
WITH shown AS (
    INSERT INTO procrastinate_workers (id) OVERRIDING SYSTEM VALUE VALUES (%(worker_id)s)
    ON CONFLICT (id) DO UPDATE SET last_heartbeat = NOW()
    RETURNING xmax = 0 AS anew
), held AS (
    UPDATE procrastinate_jobs SET worker_id = %(worker_id)s
    WHERE id = ANY(%(jobs)s::bigint[]) AND status = 'doing' AND worker_id IS NULL
)
SELECT anew FROM shown
"""


class LastingManager(JobManager):
    """The manager of one worker's jobs; remembers its number and the jobs in its hand."""

    def __init__(self, connector: Any) -> None:
        """Args: ``connector`` is the open connector of the worker's app."""
        super().__init__(connector)
        self._number: int | None = None
        self._in_hand: set[int] = set()

    async def register_worker(self) -> int:
        """Enter the worker for the first time."""
        self._number = await super().register_worker()
        return self._number

    async def unregister_worker(self, worker_id: int) -> None:
        """Leave for good."""
        self._number = None
        await super().unregister_worker(worker_id)

    async def update_heartbeat(self, worker_id: int) -> None:
        """Give a sign of life, on the list again if need be."""
        rows = await self.connector.execute_query_all_async(
            query=_SHOW_ITSELF, worker_id=worker_id, jobs=list(self._in_hand)
        )
        if rows[0]["anew"]:
            log.warning("worker %d had been struck off while it stood still; it is entered again", worker_id)

    async def prune_stalled_workers(self, seconds_since_heartbeat: float) -> list[int]:
        """Strike off the workers that show no sign of life; who does so lives."""
        if self._number is not None:
            await self.update_heartbeat(self._number)
        return await super().prune_stalled_workers(seconds_since_heartbeat)

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Take the next job; a worker that was struck off meanwhile enters itself and takes it then."""
        try:
            job = await super().fetch_job(queues, worker_id)
        except ConnectorException as problem:
            if not isinstance(problem.__cause__, psycopg.errors.ForeignKeyViolation):
                raise
            await self.update_heartbeat(worker_id)
            job = await super().fetch_job(queues, worker_id)
        if job is not None and job.id is not None:
            self._in_hand.add(job.id)
        return job

    async def finish_job(self, job: Job, *args: Any, **options: Any) -> None:
        """The job is out of hand, whatever becomes of the note of it."""
        self._put_down(job)
        await super().finish_job(job, *args, **options)

    async def retry_job(self, job: Job, *args: Any, **options: Any) -> None:
        """The job goes back into the queue."""
        self._put_down(job)
        await super().retry_job(job, *args, **options)

    def _put_down(self, job: Job) -> None:
        if job.id is not None:
            self._in_hand.discard(job.id)
