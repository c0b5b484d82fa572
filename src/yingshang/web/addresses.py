"""Addresses that cannot be meant: PostgreSQL holds no NUL, so nothing can be looked for by one."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Answer = Callable[[HttpRequest], HttpResponseBase]


def middleware(get_response: Answer) -> Answer:
    """Refuse them with 400 before a page asks the database; the API says itself what is wrong with a parameter."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path_info or (
            "%00" in request.META.get("QUERY_STRING", "") and not request.path_info.startswith("/api/")
        ):
            raise BadRequest("NUL")
        return get_response(request)

    return answer
