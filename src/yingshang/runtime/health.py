"""``GET /healthz``: is the platform able to keep its promises right now?

200 means that the database answers and that both the job worker and the clock sweeper gave a sign of life within
:data:`FRESH`; 503 means that one of them did not. The answer holds no data of any case and needs no sign-in, so that a
load balancer or a watchdog can ask.
"""

import time
from datetime import timedelta

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from yingshang import timekeeping

# Both beat every few seconds; half a minute allows for a long round of the sweeper and for a restart after a crash.
FRESH = timedelta(seconds=30)
WATCHED = ("worker", "sweeper")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer with the state of database, worker and sweeper as JSON; 200 when all are alive, else 503."""
    report = check()
    return JsonResponse(report, status=200 if report["status"] == "ok" else 503)


def check() -> dict[str, object]:
    """Return what ``/healthz`` shows: ``status`` (``ok`` or ``failing``) and one entry for each part."""
    from yingshang.accounts.models import Heartbeat

    asked = time.monotonic()
    try:
        beats = {beat.name: beat for beat in Heartbeat.objects.filter(name__in=WATCHED)}
    except DatabaseError as problem:
        dead: dict[str, object] = {"alive": False, "last_heartbeat": None}
        database: dict[str, object] = {"alive": False, "problem": type(problem).__name__}
        return {"status": "failing", "database": database, **dict.fromkeys(WATCHED, dead)}
    now = timekeeping.now()
    parts: dict[str, object] = {
        "database": {"alive": True, "milliseconds": round((time.monotonic() - asked) * 1000, 1)}
    }
    healthy = True
    for name in WATCHED:
        beat = beats.get(name)
        age = now - beat.beat_at if beat else None
        alive = age is not None and age <= FRESH
        healthy = healthy and alive
        parts[name] = {
            "alive": alive,
            "last_heartbeat": beat.beat_at.astimezone(timekeeping.SHANGHAI).isoformat() if beat else None,
            "age_seconds": round(age.total_seconds(), 1) if age is not None else None,
        }
    return {"status": "ok" if healthy else "failing", **parts}
