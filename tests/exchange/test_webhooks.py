"""Webhooks: what is told, signed how, to whom never; tried again; nothing missed."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.db import connection

from tests.exchange.conftest import Api
from tests.support.world import World
from yingshang.cases import actions
from yingshang.cases.errors import Invalid
from yingshang.cases.models import Event
from yingshang.exchange import jobs, posting, webhooks
from yingshang.exchange.models import Delivery, Webhook


class Receiver:
    """A subscriber on loopback that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.told.append((dict(self.headers), body))
                self.send_response(receiver.status)
                if receiver.status in (301, 302):
                    self.send_header("Location", "http://169.254.169.254/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    r = Receiver()
    yield r
    r.close()


def chained() -> None:
    """Make the chain as a commit would."""
    with connection.cursor() as c:
        c.execute("SET CONSTRAINTS ALL IMMEDIATE")
        c.execute("SET CONSTRAINTS ALL DEFERRED")


def a_case(world: World) -> Any:
    return actions.open_case(
        world.firm1, scenario="qifu_express", service="demand", title="秘密的事", text="不外传", business=world.business
    )


def test_each_event_is_told_once_and_signed(world: World, receiver: Receiver) -> None:
    a_case(world)
    chained()
    hook = webhooks.subscribe(world.admin, name="市平台", url=receiver.url)
    assert webhooks.walk() == [], "what happened before the subscription is not told"
    case = a_case(world)
    actions.message(case, world.firm1, text="还在等")
    chained()
    made = webhooks.walk()
    assert webhooks.walk() == []
    events = list(Event.objects.filter(case=case).order_by("seq"))
    assert len(made) == len(events) >= 2
    for delivery in [*made, *made]:
        assert webhooks.deliver(delivery)
    assert len(receiver.told) == len(events)
    for event, (head, body) in zip(events, receiver.told, strict=True):
        told = json.loads(body)
        assert told["specversion"] == "1.0" and told["id"] == str(event.pk)
        assert told["type"] == f"cn.yingshang.case.{event.kind}" and told["subject"] == case.number
        assert told["data"]["seq"] == event.seq
        assert "秘密" not in body.decode() and "还在等" not in body.decode(), "what was said stays inside"
        assert head["Content-Type"].startswith("application/cloudevents+json")
        key = base64.b64decode(hook.secret.removeprefix("whsec_"))
        said = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + body
        mac = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
        assert head["webhook-signature"] == f"v1,{mac}"


def test_only_the_kinds_asked_for(world: World, receiver: Receiver) -> None:
    webhooks.walk()
    webhooks.subscribe(world.admin, name="留言", url=receiver.url, kinds=["message"])
    ended = webhooks.subscribe(world.admin, name="停用", url=receiver.url)
    webhooks.unsubscribe(ended, world.admin)
    actions.message(a_case(world), world.firm1, text="您好")
    chained()
    made = webhooks.walk()
    assert [Event.objects.get(pk=d.event_id).kind for d in Delivery.objects.filter(pk__in=made)] == ["message"]


@pytest.mark.parametrize("status", [500, 302, 404])
def test_a_failed_delivery_says_why_and_is_tried_again(world: World, receiver: Receiver, status: int) -> None:
    webhooks.walk()
    webhooks.subscribe(world.admin, name="坏的", url=receiver.url, kinds=["opened"])
    a_case(world)
    chained()
    (delivery,) = webhooks.walk()
    receiver.status = status
    for attempt in (1, 2):
        with pytest.raises(posting.Undelivered, match=str(status)):
            webhooks.deliver(delivery)
        row = Delivery.objects.get(pk=delivery)
        assert row.attempts == attempt and str(status) in row.last_error and row.delivered_at is None
    receiver.status = 200
    assert webhooks.deliver(delivery)
    assert Delivery.objects.get(pk=delivery).delivered_at is not None
    assert len(receiver.told) == 3


def test_waits_grow_and_end() -> None:
    class Job:
        attempts = 0

    strategy = jobs._Backoff()
    waits = []
    for Job.attempts in range(webhooks.TRIES + 1):
        decision = strategy.get_retry_decision(exception=posting.Undelivered("x"), job=Job())  # type: ignore[arg-type]
        waits.append(decision is not None)
        assert strategy.get_retry_decision(exception=posting.Refused("x"), job=Job()) is None  # type: ignore[arg-type]
    assert waits == [True] * webhooks.TRIES + [False]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://user:secret@example.com/",
        "https://example.com:22/",
        "https://example.com\\@10.0.0.1/",
        "https://exa mple.com/",
        "https:///path",
        "https://[::1/",
        "//example.com/",
        "",
    ],
)
def test_addresses_that_are_refused_unasked(url: str) -> None:
    with pytest.raises(posting.Refused):
        posting.check(url)


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",  # noqa: S104
     "fe80::1", "fc00::1", "::ffff:10.0.0.1", "2002:0a00:0001::", "::", "127.0.0.1", "::1", "198.18.0.1"],
)  # fmt: skip
def test_internal_addresses_are_refused(address: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.MODE = "production"
    kind = socket.AF_INET6 if ":" in address else socket.AF_INET
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))
    inside = (kind, socket.SOCK_STREAM, 6, "", (address, 443))
    # One bad address among good ones is enough: the next look-up may return it first.
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [public, inside])
    with pytest.raises(posting.Refused, match="内部地址"):
        posting.address_of("innocent.example", 443)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [public])
    assert posting.address_of("innocent.example", 443) == "93.184.215.14"


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.MODE = "production"
    asked, connected = [], []

    def look_up(host: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]

    def connect(address: tuple[str, int], timeout: float) -> Any:
        connected.append(address)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(posting.Undelivered):
        posting.post("https://hooks.example/x", b"{}", {})
    assert asked == ["hooks.example"] and connected == [("93.184.215.14", 443)]


def test_in_production_loopback_is_refused(world: World, receiver: Receiver, settings: Any) -> None:
    settings.MODE = "production"
    for url in (receiver.url, receiver.url.replace("http:", "https:")):
        with pytest.raises(Invalid):
            webhooks.subscribe(world.admin, name="x", url=url)


def test_over_the_api(api: Callable[..., Api], receiver: Receiver) -> None:
    admin = api("admin")
    made = admin.post("/webhooks", {"name": "市平台", "url": receiver.url, "kinds": ["opened"]})
    assert made.status_code == 201 and made.json()["secret"].startswith("whsec_")
    (listed,) = admin.get("/webhooks").json()
    assert "secret" not in listed and listed["waiting"] == 0
    bad = admin.post("/webhooks", {"name": "x", "url": "http://10.0.0.1/"})
    assert bad.status_code == 422 and "url" in bad.json()["fields"]
    assert api("reform").get("/webhooks").status_code == 403
    assert admin.client.delete(f"/api/v1/webhooks/{listed['id']}").status_code == 200
    assert Webhook.objects.get().active is False
