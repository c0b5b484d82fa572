"""What only pages need (a session, who is signed in, messages, the tokens of forms) is passed over where a token speaks.

In ``MIDDLEWARE``, :func:`begin` and :func:`end` stand around those that only pages need.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Answer = Callable[[HttpRequest], HttpResponseBase]

#: Below this, a bearer token alone decides who asks; a wrong one is refused, whatever cookie comes with it.
API = "/api/v1/"

#: What lies behind the last :func:`end`. Django makes middleware from the inside out, so its ``begin`` comes next.
_behind: list[Answer] = []


def is_by_token(request: HttpRequest) -> bool:
    """Whether this is a request of a program, which has neither session nor form."""
    return request.path_info.startswith(API) and request.META.get("HTTP_AUTHORIZATION", "")[:7].lower() == "bearer "


def end(get_response: Answer) -> Answer:
    """The inner end of what only pages need."""
    _behind.append(get_response)
    return get_response


def begin(get_response: Answer) -> Answer:
    """The outer end of what only pages need: from here a request with a token goes on behind :func:`end`.

    Raises:
        ImproperlyConfigured: there is no end.
    """
    if not _behind:
        raise ImproperlyConfigured("MIDDLEWARE has for_pages.begin without for_pages.end behind it")
    behind = _behind.pop()

    def answer(request: HttpRequest) -> HttpResponseBase:
        return behind(request) if is_by_token(request) else get_response(request)

    return answer
