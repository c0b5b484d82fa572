"""Event logs made to do harm, through the desk's page: file, line and reason in a moment, and nothing left of them."""

from __future__ import annotations

import gzip
import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.insight.logs import HEAD, event, trace, xes
from tests.support.world import World
from tests.web.test_insight import hand_in
from yingshang.exchange import eventlogs, jobs

As = Callable[[str], Client]
#: Seconds of work that a bad log may cost at most.
PATIENCE = 8.0


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path
    return tmp_path


def packed(*parts: bytes) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6) as file:
        for part in parts:
            file.write(part)
    return out.getvalue()


def zipped(name: str, *parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made, made.open(name, "w") as file:
        for part in parts:
            file.write(part)
    return out.getvalue()


BLANKS = [b" " * (1 << 20)] * 400
#: Names of names of names: three thousand million letters, were they read.
LAUGHS = '<?xml version="1.0"?>\n<!DOCTYPE log [\n<!ENTITY a "ha">\n' + "".join(
    f'<!ENTITY {x} "{f"&{y};" * 10}">\n' for x, y in zip("bcdefghij", "abcdefghi", strict=True)
) + "]>\n<log><trace><string key='concept:name' value='&j;'/></trace></log>"  # fmt: skip
ATTACKS: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "a gzip that unpacks to 400 MB of nothing": (lambda: packed(HEAD.encode(), *BLANKS), 3, "倍以上"),
    "a ZIP that does": (lambda: zipped("log.xes", HEAD.encode(), *BLANKS), 3, "倍以上"),
    "JSON that does": (lambda: packed(b'\n{"events": [', *BLANKS), 2, "倍以上"),
    "entities": (lambda: LAUGHS.encode(), 2, "DOCTYPE"),
    "a file of the server": (
        lambda: b'<?xml version="1.0"?>\n\n<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>', 3, "DOCTYPE"),
    "a list without end": (lambda: b'{"events":\n' + b"[" * 200_000, 2, "不是合法的 JSON"),
    "a day that never was": (
        lambda: xes(trace("c", "\n" + event("a", "2023-02-29T09:00:00+08:00"))).encode(), 5, "2023-02-29"),
    "a word for a day in the last of many events": (
        lambda: xes(*[trace(f"c{n}", event("a", "2023-01-01T00:00:00Z")) + "\n" for n in range(20_000)],
                    trace("d", event("a", "明天"))).encode(), 80_004, "明天"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_told_in_a_moment_and_leaves_nothing(name: str, world: World, sign_in: As, home: Path) -> None:
    made, line, reason = ATTACKS[name]
    client = sign_in("reform")
    log = hand_in(client, made(), "坏日志")
    began = time.process_time()
    jobs.read_event_log(log.pk)
    assert time.process_time() - began < PATIENCE
    log.refresh_from_db()
    assert (log.state, log.cases, log.events) == ("failed", 0, 0)
    page = client.get(reverse("desk:insight_log", args=[log.pk])).content.decode()
    assert f"坏日志 第 {line} 行" in page and reason in page
    assert f"line {line}" in log.error_en
    assert not any(p.is_file() for p in (home / "insight").rglob("*"))


def test_fifty_million_letters_in_one_line_are_a_log_like_any_other(world: World, sign_in: As, home: Path) -> None:
    """A log need not have lines; it is read in pieces, and what is wrong at its end is still told with its place."""
    one = "".join(trace(f"c{n}", event("收件", "2023-01-02T09:00:00+08:00")) for n in range(2_000)).replace("\n", "")
    rest = f"<trace><string key='note' value='{'长' * 16_000_000}'/></trace>"
    client = sign_in("reform")
    log = hand_in(
        client, packed(f"<log>{one}{rest}<trace><event><date key='x' value='昨天'/></event></trace></log>".encode())
    )
    jobs.read_event_log(log.pk)
    log.refresh_from_db()
    assert log.state == "failed" and "第 1 行" in log.error, log.error
    assert not any(p.is_file() for p in (home / "insight").rglob("*"))


def test_every_case_another_way(world: World, sign_in: As) -> None:
    """Three thousand ways of going: the page shows the commonest, and the rest of the table is there page by page."""
    steps = [f"环节{n}" for n in range(12)]
    made = []
    for n in range(3_000):
        way = [steps[(n // 12**k) % 12] for k in range(4)]
        events = "".join(event(s, f"2023-01-02T{9 + k:02}:00:00+08:00") for k, s in enumerate(way))
        made.append(trace(f"c{n}", events))
    client = sign_in("reform")
    log = hand_in(client, packed(xes(*made).encode()))
    jobs.read_event_log(log.pk)
    log.refresh_from_db()
    assert (log.state, log.cases, log.events) == ("done", 3_000, 12_000)
    began = time.process_time()
    page = client.get(reverse("desk:insight_log", args=[log.pk]))
    assert time.process_time() - began < PATIENCE
    assert len(page.context["ways"]) == 10 and page.context["t"].cases == 3_000
    assert len(page.content) < 500_000
    table = client.get(reverse("desk:insight_log_table", args=[log.pk, "variants"]))
    assert table.status_code == 200 and len(table.content) < 1_000_000
    assert eventlogs.folder(log).exists()
