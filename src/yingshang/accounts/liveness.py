"""Whether the database still holds its end of a connection, told from this end: a request need not ask the server first.

A server that went away has closed its end, and the socket can be read: there is the goodbye, or the end. Only then does
Django's own health check ask. An answer that is no goodbye, a notification for example, costs that one question.
"""

from __future__ import annotations

import select
from collections.abc import Callable

from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Answer = Callable[[HttpRequest], HttpResponseBase]


def middleware(get_response: Answer) -> Answer:
    """Let a request use its connections without asking, where nothing has come from the server meanwhile."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        for connection in connections.all(initialized_only=True):
            held = connection.connection
            if held is not None and not held.closed and _is_silent(held.fileno()):
                connection.health_check_done = True  # type: ignore[attr-defined]
        return get_response(request)

    return answer


def _is_silent(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP | select.POLLERR)
    return not poll.poll(0)
