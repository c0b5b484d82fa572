"""``/healthz`` tells the truth about each part."""

import json
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory

from yingshang import timekeeping
from yingshang.accounts.models import Heartbeat
from yingshang.runtime import health

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=timekeeping.SHANGHAI)


def beat(name: str, ago: timedelta = timedelta(0)) -> None:
    Heartbeat.objects.create(name=name, beat_at=NOW - ago)


@pytest.mark.django_db
def test_all_alive(rf: RequestFactory) -> None:
    beat("worker")
    beat("sweeper", timedelta(seconds=4))
    with timekeeping.travel(NOW):
        answer = health.healthz(rf.get("/healthz"))
    assert answer.status_code == 200
    shown = json.loads(answer.content)
    assert shown["status"] == "ok"
    assert shown["database"]["alive"] is True
    assert shown["sweeper"] == {"alive": True, "last_heartbeat": "2026-03-04T09:29:56+08:00", "age_seconds": 4.0}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("dead", health.WATCHED)
def test_one_stale(rf: RequestFactory, dead: str) -> None:
    for name in health.WATCHED:
        beat(name, health.FRESH + timedelta(seconds=1) if name == dead else timedelta(0))
    with timekeeping.travel(NOW):
        answer = health.healthz(rf.get("/healthz"))
    assert answer.status_code == 503
    assert [n for n in health.WATCHED if not json.loads(answer.content)[n]["alive"]] == [dead]


@pytest.mark.django_db
def test_never_started(rf: RequestFactory) -> None:
    answer = health.healthz(rf.get("/healthz"))
    assert answer.status_code == 503
    assert json.loads(answer.content)["worker"]["last_heartbeat"] is None


@pytest.mark.django_db
def test_database_down(rf: RequestFactory) -> None:
    def refuse(*_: object) -> None:
        raise DatabaseError("gone")

    with connection.execute_wrapper(refuse):
        answer = health.healthz(rf.get("/healthz"))
    assert answer.status_code == 503
    assert json.loads(answer.content)["database"] == {"alive": False, "problem": "DatabaseError"}


def test_only_reads(rf: RequestFactory) -> None:
    assert health.healthz(rf.post("/healthz")).status_code == 405


@pytest.mark.django_db
def test_needs_no_sign_in(client: Client) -> None:
    assert client.get("/healthz").json().keys() == {"status", "database", "worker", "sweeper"}
