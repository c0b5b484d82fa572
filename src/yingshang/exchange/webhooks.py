"""Telling subscribers what happened to cases: CloudEvents 1.0, signed, retried, none forgotten.

Events are found by walking the audit chain, whose numbers are given in the order of commits: whatever the pages, the API,
a bulk import or a job wrote, it is in the chain, and nothing that commits late is skipped. What is told is that something
happened, not what was said; a subscriber reads the case through the API, with its own token and its own rights.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import AuditChain, Heartbeat, Person
from yingshang.cases.errors import Invalid
from yingshang.cases.models import Event
from yingshang.exchange import posting
from yingshang.exchange.models import Delivery, Webhook

#: Heartbeat row that remembers how far the chain has been walked.
WALKER = "webhooks"
#: Chain numbers of one round.
STRIDE = 5_000
#: Tries before a delivery is given up, and the seconds before the second one; each further wait is twice as long.
TRIES, FIRST_WAIT = 10, 15


def subscribe(actor: Person, *, name: str, url: str, kinds: list[str] | None = None) -> Webhook:
    """Make a subscription; its secret is in the returned row, to be shown once.

    Raises:
        Invalid: an address that we do not post to, or no name.
    """
    if not name.strip():
        raise Invalid(_("请填写名称。"), fields={"name": _("请填写名称")})
    try:
        parts = posting.check(url)
        posting.address_of(parts.hostname or "", parts.port or 443)
    except (posting.Refused, posting.Undelivered) as e:
        raise Invalid(str(e), fields={"url": str(e)}) from None
    hook = Webhook.objects.create(
        name=name.strip()[:60],
        url=url,
        kinds=sorted(set(kinds or [])),
        secret=f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}",
        created_by=actor,
    )
    audit.record(actor, "webhook.create", "webhook", hook.pk, name=hook.name, host=parts.hostname or "")
    return hook


def unsubscribe(hook: Webhook, actor: Person) -> None:
    """Stop telling; what is still waiting is dropped."""
    Webhook.objects.filter(pk=hook.pk).update(active=False)
    Delivery.objects.filter(webhook=hook, delivered_at__isnull=True).delete()
    audit.record(actor, "webhook.end", "webhook", hook.pk, name=hook.name)


@transaction.atomic
def walk() -> list[int]:
    """Walk on along the chain and note a delivery for each new event and subscriber; returns their ids.

    One walker at a time; the place reached and the deliveries are one transaction.
    """
    Heartbeat.objects.get_or_create(name=WALKER, defaults={"beat_at": timekeeping.now(), "info": {"seq": _last_link()}})
    place = Heartbeat.objects.select_for_update().get(name=WALKER)
    reached = int(place.info["seq"])
    upto = min(_last_link(), reached + STRIDE)
    made: list[int] = []
    if upto > reached and Webhook.objects.filter(active=True).exists():
        with connection.cursor() as c:
            c.execute(
                """
                INSERT INTO exchange_delivery (webhook_id, event_id, attempts, last_error)
                SELECT w.id, e.id, 0, ''
                FROM accounts_auditchain ch
                JOIN cases_event e ON e.id = ch.source_id
                JOIN exchange_webhook w ON w.active AND (w.kinds = '[]'::jsonb OR w.kinds ? e.kind)
                WHERE ch.source = 'cases_event' AND ch.seq > %s AND ch.seq <= %s
                ORDER BY ch.seq, w.id
                ON CONFLICT DO NOTHING
                RETURNING id
                """,
                [reached, upto],
            )
            made = [i for (i,) in c.fetchall()]
    place.info, place.beat_at = {"seq": upto}, timekeeping.now()
    place.save(update_fields=["info", "beat_at"])
    return made


def _last_link() -> int:
    return AuditChain.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def deliver(delivery_id: int) -> bool:
    """Try one delivery; True when it has been made (now or before) or its subscription has ended.

    Raises:
        posting.Undelivered, posting.Refused: not this time; the row says why.
    """
    row = Delivery.objects.select_related("webhook").filter(pk=delivery_id, delivered_at__isnull=True).first()
    if row is None or not row.webhook.active:
        return True
    event = Event.objects.select_related("case").get(pk=row.event_id)
    body = cloud_event(event)
    try:
        posting.post(row.webhook.url, body, headers(row.webhook.secret, event.pk, body, timekeeping.now()))
    except (posting.Undelivered, posting.Refused) as e:
        Delivery.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1, last_error=str(e)[:300])
        raise
    Delivery.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1, last_error="", delivered_at=timekeeping.now())
    return True


def cloud_event(event: Event) -> bytes:
    """The event as a CloudEvent in JSON (structured mode)."""
    case = event.case
    document = {
        "specversion": "1.0",
        "id": str(event.pk),
        "source": f"/districts/{settings.DISTRICT}/cases/{case.number}",
        "type": f"cn.yingshang.case.{event.kind}",
        "subject": case.number,
        "time": localtime(event.at).isoformat(),
        "datacontenttype": "application/json",
        # A gap in the numbers of a case tells a subscriber that it has missed something.
        "sequence": f"{event.seq:08d}",
        "data": {
            "number": case.number,
            "scenario": case.scenario,
            "service": case.service,
            "kind": event.kind,
            "seq": event.seq,
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def headers(secret: str, event_id: int, body: bytes, now: datetime) -> dict[str, str]:
    """The request's headers: media type, and the signature as in Standard Webhooks (HMAC-SHA256 over id.time.body)."""
    stamp = str(int(now.timestamp()))
    return {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "User-Agent": "yingshang-webhooks/1",
        "webhook-id": str(event_id),
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{signature(secret, str(event_id), stamp, body)}",
    }


def signature(secret: str, event_id: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 of ``id.timestamp.body`` under the secret (``whsec_`` + base64), base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
