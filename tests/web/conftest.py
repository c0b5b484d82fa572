from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from yingshang import timekeeping

# This file is read before Django is set up when tests are named on the command line.
if TYPE_CHECKING:
    from tests.scenarios.driver import Story
    from tests.support.world import World
    from yingshang.accounts.models import Person


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """The small district on a working morning."""
    from tests.support.world import MORNING, build

    with timekeeping.travel(MORNING):
        yield build()


@pytest.fixture
def sign_in() -> Callable[[str], Client]:
    """A browser in which this person is signed in."""
    from yingshang.accounts.models import Person

    def browser(username: str) -> Client:
        client = Client()
        client.force_login(Person.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return browser


@pytest.fixture
def story(db: None) -> Iterator[Story]:
    """The district that stories of projects are told in."""
    from tests.projects.district import told

    with told() as one:
        yield one


@pytest.fixture
def as_() -> Callable[[Person], Client]:
    """A browser in which this person is signed in."""

    def browser(person: Person) -> Client:
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return browser
