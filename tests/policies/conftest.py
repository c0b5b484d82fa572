from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.policies.house import House


@pytest.fixture
def house(db: None) -> Iterator[House]:
    """A policy with three clauses and a budget, on a working morning."""
    from tests.policies.house import build_house
    from tests.support.world import MORNING, build
    from yingshang import timekeeping

    with timekeeping.travel(MORNING):
        yield build_house(build())
