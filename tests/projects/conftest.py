from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.scenarios.driver import Story


@pytest.fixture
def story(db: None) -> Iterator[Story]:
    """The reference district with its real units, its scenarios and the list of items; people as they are named."""
    # Imported here: this file is read before Django is set up.
    from tests.projects.district import told

    with told() as one:
        yield one
