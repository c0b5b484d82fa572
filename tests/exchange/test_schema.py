"""The OpenAPI document, and what schemathesis finds when it makes requests from it: no 5xx, no answer it does not name."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import schemathesis
from django.db import transaction

if TYPE_CHECKING:
    from tests.support.world import World

#: Requests made of one operation by one caller.
EXAMPLES = 4
CALLERS = ("firm1", "dispatcher")


def document() -> dict[str, Any]:
    from yingshang.exchange.api import api

    return copy.deepcopy(dict(api.get_openapi_schema(path_prefix="/api/v1/")))


def test_the_document(world: World) -> None:
    from django.test import Client

    found = Client().get("/api/v1/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    names = [o["operationId"] for path in found["paths"].values() for o in path.values()]
    assert len(names) == len(set(names)) > 50
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"] and operation["description"], (method, path)
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], (method, path, status)
            headers = {p["name"] for p in operation.get("parameters", []) if p["in"] == "header"}
            assert ("Idempotency-Key" in headers) == (method != "get")


class _Undo(Exception):
    pass


@pytest.mark.parametrize("username", CALLERS)
def test_no_request_breaks_it(world: World, username: str, settings: Any, tmp_path: Any) -> None:
    from tests.exchange.probes import Scene, close

    settings.API_RATE, settings.HOME = 1_000_000, tmp_path
    scene = Scene(world)
    schema = schemathesis.openapi.from_dict(document())
    browser = _signed_in(world, username)
    asked = 0

    for result in schema.get_all_operations():
        operation = result.ok()

        @hypothesis.settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(), ours=hypothesis.strategies.booleans())
        def probe(case: Any, ours: bool) -> None:
            nonlocal asked
            # Half of the requests are about things that exist: past the door is where things break.
            values = {k: v for k, v in scene.values.items() if k in (case.path_parameters or {})} if ours else {}
            path = case.operation.path
            for name, value in {**(case.path_parameters or {}), **values}.items():
                path = path.replace("{" + name + "}", str(value))
            try:
                with transaction.atomic():
                    answer = _send(browser, case, path)
                    asked += 1
                    assert answer.status_code < 500, (case.method, path, case.body, answer.content)
                    if answer.status_code in (400, 403, 404, 409, 422):
                        assert answer["Content-Type"] == "application/problem+json", (path, answer.content[:200])
                        named = case.operation.definition.raw["responses"]
                        assert str(answer.status_code) in named, (case.method, path, answer.status_code)
                    close(answer)
                    raise _Undo
            except _Undo:
                pass

        probe()
    assert asked >= len(list(schema.get_all_operations())) * EXAMPLES // 2


def _signed_in(world: World, username: str) -> Any:
    from django.test import Client

    browser = Client(raise_request_exception=True)
    browser.force_login(getattr(world, username), backend="django.contrib.auth.backends.ModelBackend")
    return browser


def _send(browser: Any, case: Any, path: str) -> Any:
    from urllib.parse import quote

    from django.core.files.uploadedfile import SimpleUploadedFile
    from schemathesis.core import NOT_SET

    query = {k: v for k, v in (case.query or {}).items() if v is not None}
    query = {k: [str(x) for x in v] if isinstance(v, list) else str(v) for k, v in query.items()}
    url = quote(path, safe="/:")
    if case.method == "GET":
        return browser.get(url, query)
    if case.method == "DELETE":
        return browser.delete(url)
    if case.media_type == "multipart/form-data":
        body = case.body if isinstance(case.body, dict) else {}
        said = {k: str(v) for k, v in body.items() if k != "file" and v is not None}
        raw = body.get("file", b"x")
        content = raw if isinstance(raw, bytes) else str(raw).encode()
        return browser.post(url, {"file": SimpleUploadedFile("a.txt", content), **said})
    body = {} if case.body is NOT_SET else case.body
    return browser.post(url, body, content_type="application/json")
