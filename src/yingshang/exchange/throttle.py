"""How often one caller may ask: counted across all worker processes, without a query on every request.

Each process takes a small block of the caller's allowance out of the shared cache and spends it in memory. The total over
all processes can therefore never exceed the rate; a block that a process does not use up is lost when its minute ends.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from django.conf import settings
from django.core.cache import caches
from django.db import connection, transaction
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

#: Seconds of one counting window.
WINDOW = 60
#: Requests a minute of one token or one signed-in person; ``settings.API_RATE`` overrides it.
RATE = 1200
#: Parts into which an allowance is divided; the shared cache is asked at most this often a minute and caller.
BLOCKS = 24
#: Callers remembered by one process.
KEPT = 10_000


class CallerThrottle(BaseThrottle):
    """A fixed window a minute for each caller (:class:`yingshang.exchange.auth.Caller`)."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, int] = OrderedDict()
        self._guard = threading.Lock()
        self._wait = float(WINDOW)

    def allow_request(self, request: HttpRequest) -> bool:
        rate = int(getattr(settings, "API_RATE", RATE))
        now = time.time()
        window = int(now // WINDOW)
        key = f"api:{request.auth}:{window}"  # type: ignore[attr-defined]
        self._wait = WINDOW - now % WINDOW
        with self._guard:
            left = self._left.pop(key, 0)
            if left == 0:
                left = take(key, max(1, rate // BLOCKS), rate)
            if left == 0:
                return False
            self._left[key] = left - 1
            while len(self._left) > KEPT:
                self._left.popitem(last=False)
        return True

    def wait(self) -> float:
        """Seconds until the caller's next window begins."""
        return self._wait


def take(key: str, block: int, rate: int) -> int:
    """Take up to ``block`` requests out of the shared allowance of ``key``; 0 when it is used up."""
    shared = caches["shared"]
    with transaction.atomic():
        with connection.cursor() as c:
            # The cache's own increment is a read and a write; two processes must not read the same number.
            c.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 8214002))", [key])
        used = int(shared.get(key, 0))
        granted = max(0, min(block, rate - used))
        if granted:
            shared.set(key, used + granted, 2 * WINDOW)
    return granted
