"""Addresses that cannot be meant: PostgreSQL holds no NUL, so nothing can be looked for by one."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Answer = Callable[[HttpRequest], HttpResponseBase]


def middleware(get_response: Answer) -> Answer:
    """Refuse paths with one before a page asks the database; what is wrong with a parameter, pages and API say themselves."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path_info:
            raise BadRequest("NUL")
        return get_response(request)

    return answer
