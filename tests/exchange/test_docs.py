"""The API's page of the documentation names everything that the API can do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from yingshang.exchange.routes.actions import ACTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_described(action: str) -> None:
    assert f"`{action}`" in PAGE


def test_no_action_is_described_that_does_not_exist() -> None:
    table = PAGE.partition("| action |")[2].partition("\n\n")[0]
    first_cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    assert first_cells
    assert {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)} == set(ACTIONS)
