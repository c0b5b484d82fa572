from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.world import World


@pytest.fixture
def world(db: None) -> "Iterator[World]":
    """The small district on a working morning."""
    # Models can be imported only after Django was set up by the session's conftest.
    from tests.support.world import MORNING, build
    from yingshang import timekeeping

    with timekeeping.travel(MORNING):
        yield build()
