"""Who guesses passwords is stopped, by account and by address; the account's owner is not told apart by the answer."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from yingshang.accounts.models import Person

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
ADDRESS = "/accounts/login/"


@pytest.fixture(autouse=True)
def nobody_tried_yet() -> None:
    cache.clear()


@pytest.fixture
def person() -> Person:
    return Person.objects.create_user(username="officer", password=PASSWORD, kind=Person.Kind.OFFICIAL, name="经办员")


def signs_in(client: Client, username: str, password: str, address: str = "192.0.2.1") -> bool:
    client.post(ADDRESS, {"login": username, "password": password}, REMOTE_ADDR=address)
    return "_auth_user_id" in client.session


def test_the_right_password_signs_in(person: Person) -> None:
    assert signs_in(Client(), "officer", PASSWORD)


def test_guessing_one_account_is_stopped_even_from_many_addresses(person: Person) -> None:
    for n in range(6):
        assert not signs_in(Client(), "officer", f"guess {n}", f"192.0.2.{n + 1}")
    assert not signs_in(Client(), "officer", PASSWORD, "192.0.2.99")


def test_guessing_many_accounts_from_one_address_is_stopped(person: Person) -> None:
    for n in range(11):
        signs_in(Client(), f"name{n}", "guess")
    assert not signs_in(Client(), "officer", PASSWORD)
    assert signs_in(Client(), "officer", PASSWORD, "192.0.2.2")


def test_asking_without_end_is_refused(person: Person) -> None:
    answers = [Client().post(ADDRESS, {"login": f"n{n}", "password": "x"}, REMOTE_ADDR="192.0.2.3") for n in range(31)]
    assert answers[-1].status_code == 429


def test_the_answer_does_not_tell_whether_an_account_exists(person: Person) -> None:
    def answer(username: str) -> bytes:
        response = Client().post(ADDRESS, {"login": username, "password": "wrong"}, REMOTE_ADDR="192.0.2.4")
        found = [e for errors in response.context["form"].errors.values() for e in errors]
        return repr((response.status_code, found)).encode()

    assert answer("officer") == answer("nobody")


@pytest.mark.parametrize("address", [ADDRESS, "/healthz", "/nowhere/", "/"])
def test_the_policy_allows_no_inline_script_on_any_answer(client: Client, address: str) -> None:
    policy = client.get(address).headers["Content-Security-Policy"]
    rules = {words[0]: words[1:] for words in (rule.split() for rule in policy.split(";")) if words}
    assert rules["default-src"] == ["'none'"]
    # Data needs nothing of our own either.
    own = ["'none'"] if address == "/healthz" else ["'self'"]
    assert rules.get("script-src", rules["default-src"]) == own
    assert rules["base-uri"] == rules["form-action"] == own
    assert rules["frame-ancestors"] == ["'none'"]
