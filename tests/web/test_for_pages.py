"""A request with a token goes past what only pages need, and past nothing else; a page cannot be had that way."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.test import Client

from yingshang.accounts.models import Person
from yingshang.exchange import auth
from yingshang.web import for_pages

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> Person:
    return Person.objects.create(username="clerk", kind=Person.Kind.OFFICIAL, name="小陈")


def test_a_token_needs_no_session_and_keeps_the_headers_of_safety(client: Client, clerk: Person) -> None:
    token = auth.issue(clerk, "试")[1]
    answer = client.get("/api/v1/tasks", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert not hasattr(answer.wsgi_request, "session") and not hasattr(answer.wsgi_request, "user")
    assert not answer.cookies
    for header in ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"):
        assert answer.headers[header], header


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_beside_a_wrong_token_a_session_is_worth_nothing(client: Client, clerk: Person, scheme: str) -> None:
    client.force_login(clerk)
    assert client.get("/api/v1/tasks").status_code == 200
    for path in ("/api/v1/tasks", "/api/v1/tokens"):
        assert client.get(path, headers={"Authorization": f"{scheme} nonsense"}).status_code == 401


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/", "/api/v1/cases/%00", "/api/v1/tasks/../x"])
def test_what_is_not_there_is_told_without_a_session(client: Client, clerk: Person, path: str) -> None:
    token = auth.issue(clerk, "试")[1]
    for given in ({}, {"Accept-Language": "en"}):
        answer = client.get(path, headers={"Authorization": f"Bearer {token}", **given})
        assert answer.status_code in (400, 404) and answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code and answer.json()["detail"]


def test_a_token_does_not_pass_the_check_of_a_form(clerk: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(clerk)
    token = auth.issue(clerk, "试")[1]
    for path in ("/accounts/logout/", "//api/v1/../../accounts/logout/"):
        answer = client.post(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (403, 404), path
    assert client.get("/api/v1/tasks").status_code == 200


def test_a_beginning_wants_an_end() -> None:
    def nothing(request: HttpRequest) -> None: ...

    with pytest.raises(ImproperlyConfigured, match="without"):
        for_pages.begin(nothing)
