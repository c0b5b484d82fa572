"""A small district, and the rule C01 as its folder has it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.world import World


@pytest.fixture(scope="session")
def reward() -> str:
    """The document of C01."""
    import yingshang.scenarios

    return (Path(yingshang.scenarios.__file__).parent / "mah_policy" / "reward.dmn").read_text("utf-8")


@pytest.fixture
def world(db: None) -> World:
    from tests.support.world import MORNING, build
    from yingshang import timekeeping

    with timekeeping.travel(MORNING):
        return build()
