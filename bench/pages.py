"""What the home pages cost: SQL queries, and bytes over the wire before any chart is loaded."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import brotli
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import ground
from yingshang.cases import actions

QUERIES, BYTES = 12, 150_000


class _Needs(HTMLParser):
    """The files that a browser loads with a page: styles, scripts, pictures, preloaded fonts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = dict(attrs)
        if tag == "link" and a.get("rel") in ("stylesheet", "preload", "modulepreload", "icon"):
            self.found.append(a.get("href") or "")
        elif tag in ("script", "img"):
            self.found.append(a.get("src") or "")
        elif tag == "use":
            # A sprite of icons: one file, however many of them are shown.
            self.found.append((a.get("href") or "").split("#")[0])


def measure() -> Iterator[dict[str, Any]]:
    """One line a page."""
    world = ground.world()
    for i in range(5):
        actions.open_case(
            world.firm1,
            scenario="qifu_express",
            service="demand",
            title=f"第 {i} 件",
            category="other",
            business=world.business,
        )
    for name, who, path in (("portal_home", "firm1", "/portal/"), ("desk_home", "officer", "/desk/")):
        client = Client(headers={"Accept-Encoding": "gzip, br"})
        client.force_login(getattr(world, who), backend="django.contrib.auth.backends.ModelBackend")
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code}")
        needs = _Needs()
        plain = gzip.decompress(answer.content) if answer.get("Content-Encoding") == "gzip" else answer.content
        needs.feed(plain.decode())
        files = {url: _wire(url) for url in dict.fromkeys(needs.found) if url.startswith(settings.STATIC_URL)}
        total = len(answer.content) + sum(files.values())
        yield {
            "page": name,
            "ratio": round(max(len(queries) / QUERIES, total / BYTES), 2),
            "target": f"at most 1 (of {QUERIES} queries, of {BYTES} bytes)",
            "queries": len(queries),
            "bytes": total,
            "html_bytes": len(answer.content),
            "files": {url.removeprefix(settings.STATIC_URL): size for url, size in files.items()},
            "met": len(queries) <= QUERIES and total <= BYTES,
        }


def _wire(url: str) -> int:
    """Bytes of a static file as whitenoise sends it: Brotli where that is smaller."""
    name = url.removeprefix(settings.STATIC_URL).split("?")[0]
    found = finders.find(name)
    if not isinstance(found, str):
        raise RuntimeError(f"no static file {name}: build the bundle first (tools/setup.py)")
    with open(found, "rb") as f:
        content = f.read()
    return min(len(content), len(brotli.compress(content)))
