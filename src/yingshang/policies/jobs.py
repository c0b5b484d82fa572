"""Background jobs of policies; each is idempotent, so a job that is run twice changes nothing the second time."""

from __future__ import annotations

from procrastinate.contrib.django import app

from yingshang.policies import telling
from yingshang.policies.actions import revising
from yingshang.rules.models import PopulationRun

#: The newest finished run that this worker process looked at: nothing changes between two runs.
_looked_at = 0


@app.periodic(cron="*/2 * * * *")
@app.task(queue="default", name="policies.tell", queueing_lock="policies.tell", pass_context=False)
def tell(timestamp: int) -> int:
    """After a run: tell subscribers which verdicts of their businesses have changed."""
    global _looked_at
    done = PopulationRun.objects.filter(state=PopulationRun.State.DONE).order_by("-id")
    newest = done.values_list("id", flat=True).first() or 0
    if newest == _looked_at:
        return 0
    changed = telling.of_runs()
    _looked_at = newest
    return changed


@app.periodic(cron="*/5 * * * *")
@app.task(queue="default", name="policies.editions", queueing_lock="policies.editions", pass_context=False)
def editions(timestamp: int) -> int:
    """Clauses that were revised from today on say so from today on."""
    return revising.apply_due()
