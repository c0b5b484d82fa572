"""A person's own API tokens; made and revoked on a signed-in page only, never with a token."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema, Status
from pydantic import StringConstraints

from yingshang.exchange import auth, lookups
from yingshang.exchange.models import ApiToken
from yingshang.exchange.routes._common import Body, RowId, answers

router = Router(tags=["令牌 tokens"], auth=auth.SessionAuth())


class NewToken(Body):
    name: Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]


class TokenOut(Schema):
    id: int
    name: str
    created_at: datetime
    last_used_on: date | None
    revoked_at: datetime | None


class IssuedToken(TokenOut):
    token: str


def _plain(t: ApiToken) -> dict[str, Any]:
    return {
        "id": t.pk,
        "name": t.name,
        "created_at": t.created_at,
        "last_used_on": t.last_used_on,
        "revoked_at": t.revoked_at,
    }


@router.get("", response=answers(list[TokenOut]), operation_id="list_tokens", summary="我的令牌")
def list_tokens(request: HttpRequest) -> list[TokenOut]:
    """The caller's tokens, newest first; their text is not kept."""
    rows = ApiToken.objects.filter(person=lookups.caller(request).person).order_by("-id")
    return [TokenOut.model_construct(**_plain(t)) for t in rows]


@router.post("", response=answers(IssuedToken, created=True), operation_id="issue_token", summary="新建令牌")
def issue(request: HttpRequest, body: NewToken) -> Any:
    """Make a token that may do what the caller may. The text is shown this once."""
    token, text = auth.issue(lookups.caller(request).person, body.name)
    return Status(201, IssuedToken.model_construct(**_plain(token), token=text))


@router.delete("/{token_id}", response=answers(TokenOut, 404), operation_id="revoke_token", summary="停用令牌")
def revoke(request: HttpRequest, token_id: RowId) -> TokenOut:
    """Make a token worthless."""
    person = lookups.caller(request).person
    token = ApiToken.objects.filter(pk=token_id, person=person).first()
    if token is None:
        raise Http404
    auth.revoke(token, person)
    token.refresh_from_db()
    return TokenOut.model_construct(**_plain(token))
