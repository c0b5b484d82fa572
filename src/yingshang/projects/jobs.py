"""Background work of projects; doing it twice changes nothing the second time."""

from __future__ import annotations

from procrastinate.contrib.django import app

from yingshang.projects import following


@app.periodic(cron="*/5 * * * *")
@app.task(queue="default", name="projects.keep_up", queueing_lock="projects_keep_up", pass_context=False)
def keep_up(timestamp: int) -> int:
    """Late documents are told, what waited is released."""
    return following.keep_up()
