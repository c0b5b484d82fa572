from collections.abc import Iterator

import pytest

from tests.support.world import MORNING, World, build
from yingshang import timekeeping


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """The small district on a working morning."""
    with timekeeping.travel(MORNING):
        yield build()
