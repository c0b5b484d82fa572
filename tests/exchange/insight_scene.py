"""An event log that came in, for asking the addresses of process insight."""

from __future__ import annotations

from io import BytesIO

from tests.exchange.probes import Scene
from tests.insight.logs import event, trace, xes
from yingshang.exchange import eventlogs


def furnish(scene: Scene) -> None:
    """Put the log, and the words of its addresses, into the scene."""
    raw = xes(trace("c", event("a", "2023-01-01T00:00:00Z"), event("b", "2023-01-02T00:00:00Z"))).encode()
    log = eventlogs.hand_in(BytesIO(raw), name="log.xes", actor=scene.world.auditor)
    eventlogs.work(log)
    scene.values |= {"log_id": log.pk, "table": "variants", "format": "xes"}
