"""Background jobs of the kernel; each is idempotent, so a job that is run twice changes nothing the second time."""

from __future__ import annotations

from procrastinate.contrib.django import app

from yingshang.cases import clocks, sweep


@app.task(queue="default", name="cases.recompute_clocks", queueing_lock="recompute_clocks")
def recompute_clocks() -> int:
    """After the calendar was edited: recompute every running clock."""
    return clocks.recompute_all()


@app.periodic(cron="* * * * * */5")
@app.task(queue="default", name="cases.worker_beat", queueing_lock="worker_beat", pass_context=False)
def worker_beat(timestamp: int) -> None:
    """Prove that the worker takes jobs from the queue: a heartbeat that travels through it."""
    sweep.beat("worker", asked=timestamp)
