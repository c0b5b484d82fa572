"""Who is calling the API: a bearer token, or the signed-in session of a page (then with CSRF)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from ninja.errors import AuthenticationError, HttpError
from ninja.security import APIKeyCookie, HttpBearer

from yingshang import timekeeping
from yingshang.accounts import access, audit
from yingshang.accounts.models import Person
from yingshang.accounts.statements import Prepared, together
from yingshang.exchange.models import ApiToken
from yingshang.registry import access as handling

#: Marks a token of this platform, so that secret scanners can find one that was committed somewhere.
PREFIX = "ys_"


@dataclass(frozen=True)
class Caller:
    """The person behind a request, and the name its rate is counted under."""

    person: Person
    ident: str

    def __str__(self) -> str:
        return self.ident


class ApiRequest(HttpRequest):
    """A request after authentication (for type checkers; ninja sets ``auth``)."""

    auth: Caller


def digest_of(token: str) -> str:
    """SHA-256 of a token, hexadecimal: all that is stored of it. Tokens are random, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue(person: Person, name: str) -> tuple[ApiToken, str]:
    """Make a token for a person; returns the row and the text, which cannot be shown a second time."""
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(person=person, name=name.strip()[:60], digest=digest_of(text))
    audit.record(person, "token.issue", "api_token", token.pk, name=token.name)
    return token, text


def revoke(token: ApiToken, actor: Person) -> None:
    """Make a token worthless; doing it twice is doing it once."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timekeeping.now()):
        audit.record(actor, "token.revoke", "api_token", token.pk, name=token.name)


#: What the API reads of its caller; anything else is asked for when it is wanted.
OF_PERSON = ("username", "kind", "name", "name_en", "phone", "language", "is_active", "demo")

_held = Prepared(
    lambda digest: (
        ApiToken.objects.select_related("person")
        .filter(digest=digest, revoked_at__isnull=True, person__is_active=True)
        .only("last_used_on", *(f"person__{name}" for name in OF_PERSON))
    ),
    "‹digest›",
)
_rights = Prepared(
    lambda digest, today: access.memberships_on(today).filter(
        person_id__in=ApiToken.objects.filter(digest=digest).values("person_id")
    ),
    "‹digest›",
    date.max,
)
_handled = Prepared(
    lambda digest, today: handling.handled_on(today).filter(
        person_id__in=ApiToken.objects.filter(digest=digest).values("person_id")
    ),
    "‹digest›",
    date.max,
)


class TokenAuth(HttpBearer):
    """``Authorization: Bearer ys_…``; the token and what its person may do, in one round trip."""

    openapi_bearerFormat = "ys_…"

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        if not token.startswith(PREFIX):
            raise AuthenticationError
        digest, today = digest_of(token), timekeeping.now().date()
        tokens, memberships, handled = together(
            (_held, [digest]), (_rights, [digest, today]), (_handled, [digest, today])
        )
        if not tokens:
            # A wrong token is an error of its own: never fall back to a session that happens to be there.
            raise AuthenticationError
        held = tokens[0]
        if held.person.is_official:
            access.scope_of(held.person, memberships)
        else:
            handling.knows(held.person, handled)
        if held.last_used_on != today:
            ApiToken.objects.filter(pk=held.pk).update(last_used_on=today)
        return Caller(held.person, f"t{held.pk}")


class _CsrfCheck(CsrfViewMiddleware):
    """Django's check, answering with its reason instead of a page."""

    def _reject(self, request: HttpRequest, reason: str) -> str:  # type: ignore[override]
        return reason


def _unmarked(request: HttpRequest) -> HttpResponse:
    """A view that is not exempt from the check; ninja's own are."""
    return HttpResponse()


class SessionAuth(APIKeyCookie):
    """The session cookie of the site; writing needs the CSRF token as on any page."""

    param_name = settings.SESSION_COOKIE_NAME

    def _get_key(self, request: HttpRequest) -> str | None:
        check = _CsrfCheck(lambda r: HttpResponse())
        check.process_request(request)
        if check.process_view(request, _unmarked, (), {}) is not None:
            raise HttpError(403, "csrf")
        return request.COOKIES.get(self.param_name)

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        # Beside a token, no session is looked for.
        person = getattr(request, "user", None)
        if not key or person is None or not person.is_authenticated:
            return None
        return Caller(person, f"p{person.pk}")
