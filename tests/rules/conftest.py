"""A small district, and the rule C01 as its folder has it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.world import World
    from yingshang.registry.models import Business


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


@pytest.fixture
def people(world: World, settings: object, tmp_path: Path) -> list[Business]:
    """Businesses of which much is known, gathered, and one rule in force."""
    from tests.rules.documents import TAX
    from tests.rules.people import populate
    from tests.support.world import MORNING
    from yingshang import timekeeping
    from yingshang.registry.models import Business
    from yingshang.rules import publishing, snapshot

    settings.HOME = tmp_path  # type: ignore[attr-defined]
    with timekeeping.travel(MORNING):
        populate(world, 150)
        publishing.install(publishing.make_model("a.tax", title="纳税奖励"), TAX, MORNING.date().replace(month=1))
        snapshot.refresh()
    return list(Business.objects.select_related("street").order_by("pk"))
