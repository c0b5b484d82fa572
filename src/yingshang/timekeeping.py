"""The one clock of the platform: every "now" in the kernel comes from here.

Deadlines, ledgers and stories need a time that tests can move; nothing else in the code base calls ``datetime.now``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_travelled: ContextVar[datetime | None] = ContextVar("travelled", default=None)


def now() -> datetime:
    """Return the current time, aware, in Asia/Shanghai (or the time travelled to)."""
    return _travelled.get() or datetime.now(SHANGHAI)


@contextmanager
def travel(to: datetime) -> Iterator[None]:
    """Hold the clock at ``to`` (aware) inside the block; blocks nest."""
    if to.tzinfo is None:
        raise ValueError("travel() needs an aware datetime")
    token = _travelled.set(to.astimezone(SHANGHAI))
    try:
        yield
    finally:
        _travelled.reset(token)


def advance(by: timedelta) -> None:
    """Move an already held clock forward; for stories told step by step inside :func:`travel`."""
    held = _travelled.get()
    if held is None:
        raise RuntimeError("advance() is only for use inside travel()")
    _travelled.set(held + by)
