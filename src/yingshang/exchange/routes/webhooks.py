"""Subscriptions to case events, kept by administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field, StringConstraints

from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Role
from yingshang.exchange import lookups, webhooks
from yingshang.exchange.models import Webhook
from yingshang.exchange.routes._common import Body, RowId, answers

router = Router(tags=["推送 webhooks"])


class NewWebhook(Body):
    """``kinds`` are event kinds (``dispatched``, ``answered`` …); none means all."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]
    url: Annotated[str, StringConstraints(max_length=200)]
    kinds: Annotated[list[Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]], Field(max_length=60)] = []


class WebhookOut(Schema):
    id: int
    name: str
    url: str
    kinds: list[str]
    active: bool
    waiting: int
    last_delivered_at: datetime | None


class MadeWebhook(Schema):
    id: int
    name: str
    url: str
    secret: str


def _administrator(request: HttpRequest) -> Person:
    person = lookups.caller(request).person
    if not scope_of(person).has(Role.ADMINISTRATOR):
        raise PermissionDenied
    return person


@router.get("", response=answers(list[WebhookOut], 403), operation_id="list_webhooks", summary="推送订阅")
def list_webhooks(request: HttpRequest) -> list[WebhookOut]:
    """The subscriptions, with how many events each has still to be told."""
    _administrator(request)
    rows = Webhook.objects.order_by("id").annotate(
        waiting=Count("deliveries", filter=Q(deliveries__delivered_at__isnull=True)),
        last=Max("deliveries__delivered_at"),
    )
    return [
        WebhookOut.model_construct(
            id=w.pk, name=w.name, url=w.url, kinds=w.kinds, active=w.active, waiting=w.waiting, last_delivered_at=w.last
        )
        for w in rows
    ]


@router.post("", response=answers(MadeWebhook, 403, created=True), operation_id="subscribe", summary="新建订阅")
def subscribe(request: HttpRequest, body: NewWebhook) -> Any:
    """Subscribe an https address of a public host. The secret that signs each delivery is shown this once."""
    hook = webhooks.subscribe(_administrator(request), name=body.name, url=body.url, kinds=body.kinds)
    return Status(201, MadeWebhook.model_construct(id=hook.pk, name=hook.name, url=hook.url, secret=hook.secret))


@router.delete("/{webhook_id}", response=answers(None, 403, 404), operation_id="unsubscribe", summary="停用订阅")
def unsubscribe(request: HttpRequest, webhook_id: RowId) -> None:
    """Stop telling a subscriber."""
    person = _administrator(request)
    hook = Webhook.objects.filter(pk=webhook_id).first()
    if hook is None:
        raise Http404
    webhooks.unsubscribe(hook, person)
